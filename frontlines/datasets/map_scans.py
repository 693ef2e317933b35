"""A made-up scan of layers on the ground: drawn on a map's plane with its graticule, printed and scanned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from frontlines.datasets.scans import ScanLook, SyntheticScan, render_scan
from frontlines.errors import FrontlinesError
from frontlines.names import Pixels

_MARGIN = 0.04
_GRATICULE = ("#9a9a9a", 1.0)
_BORDER = ("#b0a99a", 1.2)
_TEXT_PX = 17.0
_STEP_DEG = 0.02


@dataclass(frozen=True)
class MapScan:
    """A scan of a map whose truth is known.

    Attributes
    ----------
    pixels
        The scan, (height, width, 3) sRGB.
    control_points
        Crossings of the graticule: `id`, `col`, `row` [px], `lon`, `lat` [degrees].
    truth
        The scan before it was put on paper, see `render_scan`.
    crs
        The map's plane.
    """

    pixels: Pixels
    control_points: pd.DataFrame
    truth: SyntheticScan
    crs: CRS


def scan_of_map(  # noqa: PLR0913 - one call that draws it all
    lines: gpd.GeoDataFrame,
    *,
    crs: CRS,
    width_px: int,
    areas: gpd.GeoDataFrame | None = None,
    borders: gpd.GeoDataFrame | None = None,
    places: gpd.GeoDataFrame | None = None,
    graticule_deg: float = 0.5,
    look: ScanLook | None = None,
    rng: np.random.Generator | int = 0,
) -> MapScan:
    """Draw layers as a map and scan it, to try a recipe where the truth is known.

    Parameters
    ----------
    lines
        LineStrings with `colour` (hex), `width_px` and if wanted `dashes_px`, in any CRS; later rows over
        earlier ones.
    crs
        The map's plane, such as a conic one.
    width_px
        Width of the scan; its height follows.
    areas
        Polygons under the lines, with `colour`, in any CRS.
    borders
        Polygons whose outlines are drawn thin and grey.
    places
        Points with `name`, written over the lines.
    graticule_deg
        Distance of the graticule's lines [degrees]; their crossings are the control points.
    look, rng
        See `render_scan`.

    Returns
    -------
    scan
        Pixels, control points to a tenth of a pixel, and truth.

    Raises
    ------
    FrontlinesError
        If fewer than four crossings of the graticule lie on the map.

    Examples
    --------
    >>> from shapely import LineString
    >>> line = gpd.GeoDataFrame({"colour": ["#1f4fb4"], "width_px": [4.0]},
    ...                         geometry=[LineString([(46.2, 39.2), (47.8, 40.8)])], crs="EPSG:4326")
    >>> scan = scan_of_map(line, crs=CRS("EPSG:32638"), width_px=400)
    >>> scan.pixels.shape[1], len(scan.control_points)
    (400, 9)
    """
    layers = [layer for layer in (lines, areas, borders) if layer is not None]
    on_plane = [_cut_and_moved(layer, crs) for layer in layers]
    bounds = shapely.total_bounds(np.concatenate([layer.geometry.values for layer in on_plane]))
    pixel = (bounds[2] - bounds[0]) * (1 + 2 * _MARGIN) / width_px
    height_px = int((bounds[3] - bounds[1]) / pixel + 2 * _MARGIN * width_px)
    left, top = bounds[0] / pixel - _MARGIN * width_px, bounds[3] / pixel + _MARGIN * width_px
    move = [1 / pixel, 0, 0, -1 / pixel, -left - 0.5, top - 0.5]
    drawn = [layer.set_geometry(layer.geometry.affine_transform(move)) for layer in on_plane]
    drawn_lines, *rest = drawn
    drawn_areas = rest.pop(0) if areas is not None else None
    net, crossings = _graticule(crs, move, (width_px, height_px), graticule_deg)
    thin = [net] if borders is None else [net, _outlines(rest.pop(0))]
    everything = pd.concat([*thin, drawn_lines], ignore_index=True)
    scan = render_scan(
        everything,
        size_px=(width_px, height_px),
        areas=drawn_areas,
        labels=_labels(places, crs, move),
        look=look,
        rng=rng,
    )
    a, b, c, d, e, f = scan.transform
    points = crossings.assign(
        col=(a * crossings["col"] + b * crossings["row"] + c).round(1),
        row=(d * crossings["col"] + e * crossings["row"] + f).round(1),
    )
    points = points[points["col"].between(0, width_px - 1) & points["row"].between(0, height_px - 1)]
    if len(points) < 4:  # noqa: PLR2004 - the fewest that leave one to spare
        raise FrontlinesError(
            f"{len(points)} crossings of the graticule lie on the scan: make graticule_deg smaller"
        )
    return MapScan(scan.pixels, points.reset_index(drop=True), scan, crs)


def _cut_and_moved(layer: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    lonlat = layer.to_crs("EPSG:4326")
    moved = lonlat.set_geometry(lonlat.geometry.segmentize(_STEP_DEG)).to_crs(crs)
    return moved.set_crs(None, allow_override=True)


def _graticule(
    crs: CRS, move: list[float], size_px: tuple[int, int], step: float
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Meridians and parallels in pixels, and their crossings on the map."""
    width, height = size_px
    ax, _, _, ey, cx, cy = move
    ring = shapely.segmentize(shapely.box(0, 0, width - 1, height - 1).exterior, max(size_px) / 50)
    xy = (shapely.get_coordinates(ring) - [cx, cy]) / [ax, ey]
    to_lonlat, to_plane = (
        Transformer.from_crs(a, b, always_xy=True).transform
        for a, b in ((crs, "EPSG:4326"), ("EPSG:4326", crs))
    )
    lon, lat = to_lonlat(xy[:, 0], xy[:, 1])
    meridians = np.arange(np.floor(min(lon) / step), np.ceil(max(lon) / step) + 1) * step
    parallels = np.arange(np.floor(min(lat) / step), np.ceil(max(lat) / step) + 1) * step

    def placed(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        x, y = to_plane(lon, lat)
        return np.column_stack([np.asarray(x) * ax + cx, np.asarray(y) * ey + cy])

    run_lat, run_lon = (
        np.linspace(min(parallels), max(parallels), 80),
        np.linspace(min(meridians), max(meridians), 80),
    )
    net = [shapely.linestrings(placed(np.full(80, one), run_lat)) for one in meridians]
    net += [shapely.linestrings(placed(run_lon, np.full(80, one))) for one in parallels]
    inner = shapely.box(0, 0, width - 1, height - 1)
    frame = _thin(shapely.intersection(net, inner), _GRATICULE)
    where = np.array([(one, other) for other in parallels[::-1] for one in meridians])
    spots = placed(where[:, 0], where[:, 1])
    inside = (spots > 0).all(axis=1) & (spots < np.array([width - 1, height - 1])).all(axis=1)
    points = pd.DataFrame(np.hstack([spots, where])[inside], columns=["col", "row", "lon", "lat"])
    points.insert(0, "id", [f"{one:g}E {other:g}N" for one, other in where[inside]])
    return frame[~frame.is_empty], points


def _outlines(polygons: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return _thin(polygons.geometry.boundary.explode(ignore_index=True).to_numpy(), _BORDER)


def _thin(lines: npt.NDArray[Any], look: tuple[str, float]) -> gpd.GeoDataFrame:
    colour, width_px = look
    return gpd.GeoDataFrame({"colour": [colour] * len(lines), "width_px": width_px}, geometry=lines)


def _labels(places: gpd.GeoDataFrame | None, crs: CRS, move: list[float]) -> pd.DataFrame | None:
    if places is None:
        return None
    at = shapely.get_coordinates(places.to_crs(crs).geometry.values)
    ax, _, _, ey, cx, cy = move
    return pd.DataFrame(
        {
            "text": places["name"].to_numpy(),
            "x": at[:, 0] * ax + cx,
            "y": at[:, 1] * ey + cy,
            "size_px": _TEXT_PX,
            "halo_px": 2.5,
        }
    )
