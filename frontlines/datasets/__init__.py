"""Data to begin with: studies that come with the library, a made-up war with known figures, made-up scans."""

from frontlines.datasets.bundled import CHECKSUMS, available, locate
from frontlines.datasets.natural_earth import countries
from frontlines.datasets.scans import MapScan, ScanLook, SyntheticScan, render_scan, scan_of_map
from frontlines.datasets.synthetic import SyntheticWar, synthetic_war

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
