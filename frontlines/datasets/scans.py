"""Made-up scans whose truth is known: of a drawing in pixels, or of layers on the ground drawn as a map."""

from __future__ import annotations

import io
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from PIL import Image, ImageFilter
from pyproj import CRS, Transformer

from frontlines.arguments import checked
from frontlines.arrays import Floats, Floats32, Geometries, Pixels
from frontlines.errors import FrontlinesError

_VISIBLE = 60.0  # farthest that a colour may be from its line's for the line to be seen there [sRGB]
_STEP_PX = 1.0  # between the places of a line that are looked at
_MARGIN = 0.04  # of the width of a map, around what is drawn
_GRATICULE, _BORDER = ("#9a9a9a", 1.0), ("#b0a99a", 1.2)  # colour and width [px]
_TEXT_PX, _HALO_PX = 17.0, 2.5
_STEP_DEG = 0.02  # edges are cut to this length before they go to the map's plane
_NET_POINTS = 80  # of each meridian and parallel
_FEWEST_CROSSINGS = 4  # the fewest control points that leave one to spare


@checked()
@dataclass(frozen=True)
class ScanLook:
    """What paper, printing and scanning do to a map.

    Attributes
    ----------
    paper
        Colour of the paper, hex.
    unevenness
        Share by which the paper's lightness wanders from place to place.
    vignette
        Share of light lost in the corners.
    grain
        Noise of each pixel [sRGB steps of 255].
    blur_px
        Standard deviation of the blur [px].
    rotation_deg
        Turn of the sheet on the scanner, anticlockwise as seen [°].
    jpeg_quality
        Quality of the JPEG, or ``None`` for no compression.
    """

    paper: str = "#ffffff"
    unevenness: float = 0.02
    vignette: float = 0.05
    grain: float = 2.0
    blur_px: float = 0.6
    rotation_deg: float = 1.5
    jpeg_quality: int | None = 85


@dataclass(frozen=True)
class SyntheticScan:
    """A scan, and what is drawn on it.

    Attributes
    ----------
    pixels
        The scan, (height, width, 3) sRGB.
    lines
        The lines given, at their true place on the scan, with `visible`: the part that nothing covers.
    areas
        The areas given, at their true place on the scan.
    transform
        From the map's pixels to the scan's: ``x' = a*x + b*y + c``, ``y' = d*x + e*y + f``.
    """

    pixels: Pixels
    lines: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    transform: tuple[float, float, float, float, float, float]


@checked(lines="lines colour width_px", labels="rows x y text size_px")
def render_scan(
    lines: gpd.GeoDataFrame,
    *,
    size_px: tuple[int, int],
    areas: gpd.GeoDataFrame | None = None,
    labels: pd.DataFrame | None = None,
    look: ScanLook | None = None,
    rng: np.random.Generator | int = 0,
) -> SyntheticScan:
    """Draw a map and scan it.

    Parameters
    ----------
    lines
        LineStrings in pixels of the map (x column, y row, the centre of the first pixel is (0, 0)), with
        `colour` (hex), `width_px`, and if wanted `dashes_px` ((on, off) or ``None``). Later rows are drawn
        over earlier ones.
    size_px
        Width and height.
    areas
        Polygons under the lines, with `colour`, and if wanted `alpha` (1), `hatch` (as in matplotlib: lines
        in the colour instead of a fill) and `edge_px` (width of a black outline).
    labels
        `text`, `x`, `y` (centre), `size_px`, and if wanted `colour`, `halo_px` (width of a paper-coloured
        outline), `turn_deg`.
    look
        Paper and scanner.
    rng
        Seed, or generator, of paper and grain.

    Returns
    -------
    scan
        Pixels and truth.

    Raises
    ------
    FrontlinesError
        If the size is below 16 pixels.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> line = gpd.GeoDataFrame({"colour": ["#0044cc"], "width_px": [4.0]},
    ...                         geometry=[LineString([(10, 20), (90, 60)])])
    >>> scan = render_scan(line, size_px=(100, 80), look=ScanLook(rotation_deg=0.0))
    >>> scan.pixels.shape, round(scan.lines.visible.iloc[0].length)
    ((80, 100, 3), 87)
    """
    if min(size_px) < 16:  # noqa: PLR2004 - the smallest image that JPEG codes in whole blocks
        raise FrontlinesError(f"a scan of {size_px[0]} × {size_px[1]} px is too small: 16 px at least")
    look = look or ScanLook()
    areas = gpd.GeoDataFrame({"colour": []}, geometry=[]) if areas is None else areas
    clean = _drawn(lines, areas, labels, size_px, look.paper)
    visible = _visible(lines, clean)
    picture = Image.fromarray(clean).rotate(
        look.rotation_deg, resample=Image.Resampling.BICUBIC, fillcolor=look.paper
    )
    pixels = _scanned(picture, look, np.random.default_rng(rng))
    move = _turned(look.rotation_deg, size_px)
    moved = lines.set_geometry(lines.geometry.affine_transform(move))
    moved["visible"] = gpd.GeoSeries(visible, index=lines.index).affine_transform(move)
    a, b, d, e, c, f = move
    return SyntheticScan(
        pixels, moved, areas.set_geometry(areas.geometry.affine_transform(move)), (a, b, c, d, e, f)
    )


def _turned(angle_deg: float, size_px: tuple[int, int]) -> list[float]:
    """Affine coefficients, as shapely wants them, of a turn about the image's middle as pillow does it."""
    cos, sin = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    x, y = (size_px[0] - 1) / 2, (size_px[1] - 1) / 2
    return [cos, sin, -sin, cos, x - cos * x - sin * y, y + sin * x - cos * y]


def _drawn(
    lines: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    labels: pd.DataFrame | None,
    size_px: tuple[int, int],
    paper: str,
) -> Pixels:
    """Draw the map with anti-aliasing, a point of matplotlib being a pixel."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - loaded when it is needed
    from matplotlib.figure import Figure  # noqa: PLC0415

    width, height = size_px
    figure = Figure(figsize=(width / 72, height / 72), dpi=72, facecolor=paper)
    canvas = FigureCanvasAgg(figure)
    ax = figure.add_axes((0, 0, 1, 1), xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    ax.axis("off")
    _draw_areas(ax, areas)
    _draw_lines(ax, lines)
    if labels is not None:
        _draw_labels(ax, labels, paper)
    canvas.draw()  # type: ignore[no-untyped-call]
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])  # type: ignore[no-untyped-call]


def _given(row: dict[Hashable, Any], key: str) -> Any:
    """Value of a column that may be absent or empty."""
    value = row.get(key)
    return None if value is None or pd.isna(value) else value


def _draw_areas(ax: Any, areas: gpd.GeoDataFrame) -> None:
    from matplotlib.patches import PathPatch  # noqa: PLC0415
    from matplotlib.path import Path  # noqa: PLC0415

    for row in areas.to_dict("records"):
        rings = [
            Path(shapely.get_coordinates(ring), closed=True)
            for part in shapely.get_parts(row["geometry"])
            for ring in [part.exterior, *part.interiors]
        ]
        path, hatch, edge = (
            Path.make_compound_path(*rings),
            _given(row, "hatch"),
            _given(row, "edge_px") or 0.0,
        )
        face = "none" if hatch else row["colour"]
        alpha = _given(row, "alpha")
        drawn = PathPatch(
            path, facecolor=face, edgecolor=row["colour"], linewidth=0.0, hatch=hatch, alpha=alpha, snap=False
        )
        ax.add_patch(drawn)
        if edge:
            ax.add_patch(PathPatch(path, facecolor="none", edgecolor="black", linewidth=edge, snap=False))


def _draw_lines(ax: Any, lines: gpd.GeoDataFrame) -> None:
    for row in lines.to_dict("records"):
        dashes = row.get("dashes_px")
        given = isinstance(dashes, (tuple, list))
        style = (0, tuple(length / row["width_px"] for length in dashes)) if given else "solid"
        for part in shapely.get_parts(row["geometry"]):
            x, y = shapely.get_coordinates(part).T
            ax.plot(
                x, y, color=row["colour"], linewidth=row["width_px"], linestyle=style, snap=False,
                solid_joinstyle="round", dash_capstyle="butt", solid_capstyle="butt",
                scalex=False, scaley=False,
            )  # fmt: skip


def _draw_labels(ax: Any, labels: pd.DataFrame, paper: str) -> None:
    from matplotlib.patheffects import withStroke  # noqa: PLC0415

    for row in labels.to_dict("records"):
        halo = _given(row, "halo_px") or 0.0
        effects = [withStroke(linewidth=halo, foreground=paper)] if halo else None
        ax.text(
            row["x"], row["y"], row["text"], fontsize=row["size_px"], color=_given(row, "colour") or "black",
            ha="center", va="center", rotation=_given(row, "turn_deg") or 0.0, parse_math=False,
            path_effects=effects, clip_on=True,
        )  # fmt: skip


def _visible(lines: gpd.GeoDataFrame, clean: Pixels) -> list[shapely.Geometry]:
    """Keep of each line the parts where the drawn map has its colour."""
    from matplotlib.colors import to_rgb  # noqa: PLC0415

    height, width = clean.shape[:2]
    shown = []
    for line, colour in zip(lines.geometry, lines["colour"], strict=True):
        dense = shapely.segmentize(line, _STEP_PX)
        xy = shapely.get_coordinates(dense)
        column, row = np.rint(xy).astype(int).T
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        ink = np.array(to_rgb(colour)) * 255
        found = clean[row.clip(0, height - 1), column.clip(0, width - 1)].astype(float)
        thin = np.linalg.norm(found - ink, axis=1) < _VISIBLE
        seen = inside & thin
        both = seen[:-1] & seen[1:]
        pieces = shapely.linestrings(np.stack([xy[:-1][both], xy[1:][both]], axis=1))
        shown.append(
            shapely.line_merge(shapely.multilinestrings(pieces)) if both.any() else shapely.MultiLineString()
        )
    return shown


def _scanned(picture: Image.Image, look: ScanLook, rng: np.random.Generator) -> Pixels:
    """Blur, uneven paper and light, grain, and JPEG."""
    if look.blur_px:
        picture = picture.filter(ImageFilter.GaussianBlur(look.blur_px))
    pixels = np.asarray(picture, dtype=np.float32)
    pixels = pixels * _light(picture.size, look, rng)[..., None]
    if look.grain:
        pixels = pixels + rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(look.grain)
    image = Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
    if look.jpeg_quality is None:
        return np.asarray(image)
    coded = io.BytesIO()
    image.save(coded, "JPEG", quality=look.jpeg_quality)
    return np.asarray(Image.open(coded))


def _light(size_px: tuple[int, int], look: ScanLook, rng: np.random.Generator) -> Floats32:
    """Share of light at each pixel: blotches of the paper, and a fall towards the corners."""
    width, height = size_px
    blotches = rng.standard_normal((9, 9)).astype(np.float32)
    smooth = np.asarray(Image.fromarray(blotches).resize(size_px, Image.Resampling.BICUBIC))
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    corner = (x[None, :] ** 2 + y[:, None] ** 2) / 2
    return np.asarray(1 + look.unevenness * smooth / 2 - look.vignette * corner, dtype=np.float32)


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


@checked(lines="lines colour width_px")
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
        If there is no line, or fewer than four crossings of the graticule lie on the map.

    Examples
    --------
    >>> from shapely import LineString
    >>> line = gpd.GeoDataFrame({"colour": ["#1f4fb4"], "width_px": [4.0]},
    ...                         geometry=[LineString([(46.2, 39.2), (47.8, 40.8)])], crs="EPSG:4326")
    >>> scan = scan_of_map(line, crs=CRS("EPSG:32638"), width_px=400)
    >>> scan.pixels.shape[1], len(scan.control_points)
    (400, 9)
    """
    if lines.empty:
        raise FrontlinesError("lines has no row: give the lines to draw")
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
    if len(points) < _FEWEST_CROSSINGS:
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

    def placed(lon: Floats, lat: Floats) -> Floats:
        x, y = to_plane(lon, lat)
        return np.column_stack([np.asarray(x) * ax + cx, np.asarray(y) * ey + cy])

    run_lat, run_lon = (
        np.linspace(min(parallels), max(parallels), _NET_POINTS),
        np.linspace(min(meridians), max(meridians), _NET_POINTS),
    )
    net = [shapely.linestrings(placed(np.full(_NET_POINTS, one), run_lat)) for one in meridians]
    net += [shapely.linestrings(placed(run_lon, np.full(_NET_POINTS, one))) for one in parallels]
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


def _thin(lines: Geometries, look: tuple[str, float]) -> gpd.GeoDataFrame:
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
            "halo_px": _HALO_PX,
        }
    )
