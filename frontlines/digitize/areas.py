"""Areas of a scan, by colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
from shapely.geometry.base import BaseGeometry

from frontlines.digitize.images import Scan
from frontlines.progress import Progress


def trace_areas(
    scan: Scan,
    colours: Mapping[str, str],
    *,
    masks: Sequence[BaseGeometry] = (),
    min_area_px: float | None = None,
    border_px: float | None = None,
    progress: Progress = None,
) -> gpd.GeoDataFrame:
    """Trace filled areas of a scan by their colours.

    Parameters
    ----------
    scan
        From `open_scan`.
    colours
        Name of each class and its colour.
    masks
        Polygons in pixels whose ground is left out.
    min_area_px
        Smaller areas fall to their neighbours [px²]. ``None``: 0.02 % of the image.
    border_px
        Widest border line or label stroke drawn over the fills that is closed up [px].

    Returns
    -------
    areas
        `area_class`, `sigma_px` (of its edge), `unsure_share` (of its pixels), and (Multi)Polygons in pixels without a CRS: a valid
        coverage, ground of no class left out.
    """
    raise NotImplementedError
