"""Where layers come from: files of any format, and the publishers' own ways of writing them."""

from frontlines.sources.publishers.deepstate import read_deepstate

__all__ = ["read_deepstate"]
