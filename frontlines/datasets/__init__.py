"""Data to begin with: studies that come with the library, and a made-up war with known figures."""

from frontlines.datasets.bundled import CHECKSUMS, available, locate
from frontlines.datasets.synthetic import SyntheticWar, synthetic_war

__all__ = ["CHECKSUMS", "SyntheticWar", "available", "locate", "synthetic_war"]
