"""Data to begin with: studies that come with the library, a made-up war with known figures, made-up scans."""

import typing as _typing

from frontlines.datasets.bundled import CHECKSUMS, available, locate
from frontlines.datasets.natural_earth import countries
from frontlines.datasets.synthetic import SyntheticWar, synthetic_war

if _typing.TYPE_CHECKING:
    from frontlines.datasets.scans import MapScan, ScanLook, SyntheticScan, render_scan, scan_of_map

__all__ = [
    "CHECKSUMS",
    "MapScan",
    "ScanLook",
    "SyntheticScan",
    "SyntheticWar",
    "available",
    "countries",
    "locate",
    "render_scan",
    "scan_of_map",
    "synthetic_war",
]


def __getattr__(name: str) -> _typing.Any:
    """Load made-up scans, and pillow with them, when one is asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'frontlines.datasets' has no attribute {name!r}")
    from frontlines.datasets import scans  # noqa: PLC0415

    return getattr(scans, name)
