"""Publishers whose maps are read as they come: one TOML file a publisher, and one reader for all of them."""

from frontlines.sources.publishers.published import read_published
from frontlines.sources.publishers.publisher import PUBLISHERS

__all__ = ["PUBLISHERS", "read_published"]
