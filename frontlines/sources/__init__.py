"""Where layers come from: files of any format, and the publishers' own ways of writing them."""

from frontlines.sources.publishers import PUBLISHERS, read_published

__all__ = ["PUBLISHERS", "read_published"]
