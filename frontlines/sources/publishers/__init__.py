"""Publishers whose maps are read as they come: one TOML file a publisher, and one reader for all of them."""

from frontlines.names import PUBLISHERS
from frontlines.sources.publishers.published import read_published

__all__ = ["PUBLISHERS", "read_published"]
