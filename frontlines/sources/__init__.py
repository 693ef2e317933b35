"""Where layers come from: files of any format, and the publishers' own ways of writing them."""

from frontlines.names import PUBLISHERS
from frontlines.sources.publishers import read_published

__all__ = ["PUBLISHERS", "read_published"]
