"""A recipe carried out: from a scan to frontlines and control, with the errors. No files are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from frontlines._optional import require
from frontlines.digitize.areas.checks import doubtful_areas
from frontlines.digitize.areas.trace import trace_areas
from frontlines.digitize.colour.colours import lab_of, rgb_of, unlikeness
from frontlines.digitize.colour.scan import Scan, open_scan
from frontlines.digitize.colour.sheet import open_sheet
from frontlines.digitize.georef.cautions import Caution, grid_over
from frontlines.digitize.georef.control_points import crs_of, read_control_points, read_world_file
from frontlines.digitize.georef.georeference import Georeference, georeference, georeference_from_affine
from frontlines.digitize.layers import class_colours, control_of, frontlines_of
from frontlines.digitize.lines import Tracing, rows_of, trace_lines
from frontlines.digitize.recipe import Recipe, read_recipe
from frontlines.digitize.settings import as_record
from frontlines.errors import DigitizeError
from frontlines.manifest import Manifest, fingerprint, versions
from frontlines.progress import Progress, reporting


def record_of(
    recipe: Recipe,
    georeference: Georeference,
    tracing: Tracing | None,
    frontlines: gpd.GeoDataFrame | None,
    control: gpd.GeoDataFrame | None,
    cautions: Sequence[Caution],
    traced_areas: gpd.GeoDataFrame | None = None,
) -> Manifest:
    """Write down what was digitized and how."""
    files = {
        "recipe": recipe.path,
        "image": recipe.image,
        "points": recipe.points,
        "world file": recipe.world_file,
    }
    return {
        "source": recipe.source,
        "inputs": [
            fingerprint(path, role) for role, path in files.items() if path is not None and path.is_file()
        ],
        "scan": {"width_px": georeference.size_px[0], "height_px": georeference.size_px[1]},
        "georeference": _georeference(georeference),
        "source_m": recipe.source_m,
        "lines": _lines(recipe, tracing, frontlines),
        "areas": _areas(recipe, control, traced_areas),
        "warnings": [caution.as_dict() for caution in cautions],
        "settings": as_record(),
        "versions": versions(),
    }


def _georeference(lies: Georeference) -> dict[str, Any]:
    grid = grid_over(lies.size_px)
    inside = grid[np.isfinite(lies.lonlat(grid)).all(axis=1)]
    pixel_m = lies.pixel_m(inside)
    sigma_m = lies.sigma_px(inside) * pixel_m
    points = lies.residuals.round(4).replace({np.nan: None}).to_dict("records")
    return {
        "plane": lies.choice.plane,
        "crs": lies.crs.to_string() if lies.crs.to_authority() else lies.crs.to_wkt(),
        "transformation": lies.choice.family,
        "why": lies.choice.reason,
        "left_out_rmse_px_of_all_weighed": lies.choice.left_out_px,
        **lies.figures,
        "pixel_m": {
            "median": _figure(np.median(pixel_m)),
            "least": _figure(pixel_m.min()),
            "most": _figure(pixel_m.max()),
        },
        "sigma_m": {
            "median": _figure(np.median(sigma_m)),
            "least": _figure(sigma_m.min()),
            "most": _figure(sigma_m.max()),
        },
        "left_out": list(lies.control.left_out),
        "control_points": points,
    }


def _figure(value: float) -> float | None:
    return round(float(value), 3) if np.isfinite(value) else None


def _lines(
    recipe: Recipe, tracing: Tracing | None, frontlines: gpd.GeoDataFrame | None
) -> list[dict[str, Any]]:
    if tracing is None or frontlines is None:
        return []
    record = []
    for line in recipe.lines:
        rows = frontlines[frontlines["line"] == line.name]
        seen = rows[rows["seen"]]
        record.append(
            {
                "line": line.name,
                "date": f"{line.date:%Y-%m-%d}",
                "colour_asked": line.colour,
                "colour_found": tracing.colours.get(line.name),
                "stroke_px": _figure(tracing.stroke_px.get(line.name, np.nan)),
                "knobs": asdict(tracing.knobs[line.name]) if line.name in tracing.knobs else {},
                "stretches": len(seen),
                "length_km": _figure(seen["length_km"].sum()),
                "unseen_km": _figure(rows.loc[~rows["seen"], "length_km"].sum()),
                "hidden_followed": recipe.follow_hidden,
                "dropped": rows_of(tracing.dropped, line.name, _least_px(tracing, line.name)),
                "sigma_m": _typical(seen if len(seen) else rows),
            }
        )
    return record


def _typical(rows: gpd.GeoDataFrame) -> float | None:
    """Root mean square of the standard errors along a line [m]."""
    return _figure(np.sqrt(np.average(rows["sigma_m"] ** 2, weights=rows["length_km"])))


def _least_px(tracing: Tracing, line: str) -> float:
    knobs = tracing.knobs.get(line)
    return (knobs.min_length_px if knobs else None) or 0.0


def _areas(
    recipe: Recipe, control: gpd.GeoDataFrame | None, traced: gpd.GeoDataFrame | None
) -> list[dict[str, Any]]:
    if control is None or traced is None:
        return []
    figures = ["area_km2", "sigma_m", "unsure_share"]
    colours = {
        side: [
            {"colour_asked": area.colour, "colour_found": colour}
            for area, colour in zip(recipe.areas, traced["colour"], strict=True)
            if area.side == side
        ]
        for side in control["side"]
    }
    return [
        {
            "side": row["side"],
            "date": f"{row['date']:%Y-%m-%d}",
            "colours": colours[row["side"]],
            **{name: _figure(row[name]) for name in figures},
        }
        for row in control.to_dict("records")
    ]


FAR = 13.0
"""Colours farther from what was asked for than this are told [ΔE]."""

FAR_FROM_NAME = 20.0
"""The same of fills asked for by a name, which stands for many."""


def other_colours(recipe: Recipe, tracing: Tracing | None, areas: gpd.GeoDataFrame | None) -> list[Caution]:
    """Tell which lines and areas were traced in a colour rather unlike the one asked for."""
    found = []
    for line in recipe.lines if tracing else ():
        ink = tracing.colours.get(line.name) if tracing else None
        if ink and (off := float(unlikeness(line.colour, lab_of(rgb_of(ink)[None]))[0])) > FAR:
            found.append(_told(f"line {line.name!r}", line.colour, f"ink {ink}", off))
    if areas is not None:
        for area, fill, off in zip(recipe.areas, areas["colour"], areas["colour_off"], strict=True):
            if off > (FAR_FROM_NAME if area.colour.strip().isalpha() else FAR):
                found.append(_told(f"area of {area.side}", area.colour, f"fill {fill}", off))
    return found


def _told(what: str, asked: str, found: str, off: float) -> Caution:
    text = (
        f"{what}: of what the scan has, the {found} is most like {asked!r}, but {off:.0f} ΔE off: look at "
        "the overlay, and give the colour as it is on the scan"
    )
    return Caution("colour", text)


PDF_DPI = 300
"""Resolution at which a page of a PDF is drawn [dots per inch]."""


@dataclass(frozen=True, kw_only=True)
class Digitized:
    """What a recipe gave.

    Attributes
    ----------
    recipe
        What was asked for.
    scan
        The image.
    georeference
        Where it lies, with residuals and errors by place.
    tracing, traced_areas
        Lines and areas in pixels, or None if none were asked for.
    frontlines, control
        The same on the ground, in WGS 84, for `as_frontlines` and `as_control`; or None.
    cautions
        What a reader must know, by name.
    manifest
        All of it as plain data.
    """

    recipe: Recipe
    scan: Scan
    georeference: Georeference
    tracing: Tracing | None
    traced_areas: gpd.GeoDataFrame | None
    frontlines: gpd.GeoDataFrame | None
    control: gpd.GeoDataFrame | None
    cautions: tuple[Caution, ...]
    manifest: Manifest

    @property
    def residuals(self) -> pd.DataFrame:
        """Residual and leave-one-out error of every control point."""
        return self.georeference.residuals


def digitize(recipe: Recipe | str | Path, *, progress: Progress = None) -> Digitized:
    """Trace a scanned map as a recipe says, and carry it to the ground.

    Parameters
    ----------
    recipe
        A recipe, or the path of a ``digitize.toml``.
    progress
        See `frontlines.progress.reporting`.

    Returns
    -------
    digitized
        Frontlines and control in WGS 84, each stretch with `sigma_m` and `source`; residuals, cautions and a
        manifest.

    Raises
    ------
    SourceError
        If the control points or the world file cannot be read.
    DigitizeError
        If the recipe, the image, its georeference or its colours do not give what is asked for.
    MissingExtraError
        If the extra ``digitize`` is not installed.

    Notes
    -----
    Lines are traced in pixels and carried to the ground afterwards, vertex by vertex. ``sigma_m`` is the root
    of the sum of three squares: of the georeference at the place, of the tracing, and `source_m` of the map.

    Examples
    --------
    >>> import tempfile
    >>> from shapely import LineString
    >>> from PIL import Image
    >>> from frontlines.datasets import render_scan
    >>> drawn = gpd.GeoDataFrame({"colour": ["#1f4fb4"], "width_px": [4.0]},
    ...                          geometry=[LineString([(20, 60), (200, 90), (380, 60)])])
    >>> text = '''
    ... image = "scan.png"
    ... world_file = "scan.wld"
    ... crs = "EPSG:32638"
    ... [[line]]
    ... colour = "blue"
    ... date = 1994-05-12
    ... sides = {NORTH = {col = 200, row = 10}, SOUTH = {col = 200, row = 140}}
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.fromarray(render_scan(drawn, size_px=(400, 150)).pixels).save(Path(folder) / "scan.png")
    ...     _ = (Path(folder) / "scan.wld").write_text("100 0 0 -100 600000 4400000")
    ...     _ = (Path(folder) / "digitize.toml").write_text(text)
    ...     found = digitize(Path(folder) / "digitize.toml")
    >>> sorted(found.frontlines[["side_left", "side_right"]].values.tolist()[0])
    ['NORTH', 'SOUTH']
    """
    recipe = recipe if isinstance(recipe, Recipe) else read_recipe(recipe)
    with reporting(progress) as report:
        report(0.0, "reading the scan")
        scan = _opened(recipe)
        lies = _georeferenced(recipe, scan)
        cautions = [
            *(Caution("image", f"{recipe.image.name}: {note}") for note in scan.notes),
            *lies.cautions,
        ]
        masks = _masks(recipe, scan)
        tracing, frontlines, traced, control = None, None, None, None
        report(0.02, "paper and colours")
        sheet = open_sheet(scan)
        if recipe.lines:
            tracing = trace_lines(
                sheet, {line.name: line.colour for line in recipe.lines}, masks=masks,
                knobs={line.name: line.knobs for line in recipe.lines},
                progress=lambda share, what: report(0.05 + 0.55 * share, f"lines: {what}"),
            )  # fmt: skip
            frontlines, told = frontlines_of(tracing, recipe, lies)
            cautions += told
        if recipe.areas:
            traced = trace_areas(
                sheet, class_colours(recipe), masks=masks, min_area_px=recipe.min_area_px,
                border_px=recipe.border_px,
                progress=lambda share, what: report(0.6 + 0.35 * share, f"areas: {what}"),
            )  # fmt: skip
            control = control_of(traced, recipe, lies)
    cautions += [*other_colours(recipe, tracing, traced), *doubtful_areas(recipe, traced)]
    manifest = record_of(recipe, lies, tracing, frontlines, control, cautions, traced)
    return Digitized(
        recipe=recipe, scan=scan, georeference=lies, tracing=tracing, traced_areas=traced,
        frontlines=frontlines, control=control, cautions=tuple(cautions), manifest=manifest,
    )  # fmt: skip


def _opened(recipe: Recipe) -> Scan:
    if recipe.image.suffix.lower() == ".pdf":
        return open_scan(pdf_page(recipe.image, recipe.page or 1))
    return open_scan(recipe.image, page=recipe.page)


def pdf_page(path: Path, page: int) -> npt.NDArray[np.uint8]:
    """Draw a page of a PDF."""
    if not path.is_file():
        raise DigitizeError(f"{path}: no such file")
    pdfium = require("pypdfium2", extra="pdf")
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        raise DigitizeError(f"{path}: cannot be read as a PDF ({error})") from error
    try:
        if page > len(document):
            raise DigitizeError(f"{path} has {len(document)} pages, not {page}: page counts from 1")
        drawn = document[page - 1].render(scale=PDF_DPI / 72, rev_byteorder=True)
        return np.array(drawn.to_numpy()[..., :3])
    finally:
        document.close()


def _georeferenced(recipe: Recipe, scan: Scan) -> Georeference:
    size = (scan.width_px, scan.height_px)
    crs = crs_of(recipe.crs, "crs") if recipe.crs else None
    _refuse_unturned(recipe, scan)
    if recipe.points is not None:
        points_crs = crs_of(recipe.points_crs, "points_crs") if recipe.points_crs else None
        control = read_control_points(recipe.points, crs=points_crs).without(recipe.leave_out)
        return georeference(control, size, crs=crs, transformation=recipe.transformation)
    if recipe.world_file is not None:
        if crs is None:
            raise DigitizeError(
                f'{recipe.world_file.name} does not say in which CRS it is: give crs, such as "EPSG:32638"'
            )
        return georeference_from_affine(read_world_file(recipe.world_file), crs, size, recipe.world_file.name)
    if scan.control is not None:
        inside = scan.control.without(recipe.leave_out)
        return georeference(inside, size, crs=crs, transformation=recipe.transformation)
    own = crs or scan.crs
    if scan.transform is None or own is None:
        unnamed = " that names its CRS" * (scan.transform is not None)
        raise DigitizeError(
            f"{recipe.image.name} brings no georeference of its own{unnamed}: "
            'give points = "points.csv" with columns id, col, row, lon, lat'
        )
    return georeference_from_affine(scan.transform, own, size, recipe.image.name)


def _refuse_unturned(recipe: Recipe, scan: Scan) -> None:
    """Refuse pixels that were counted on the image as it is before it is turned."""
    given = recipe.world_file or recipe.points
    if (
        scan.turned
        and given is not None
        and (given == recipe.world_file or given.suffix.lower() == ".points")
    ):
        raise DigitizeError(
            f"{recipe.image.name} carries a tag that turns it (EXIF orientation), which {given.name} does "
            "not heed: save the image upright, without the tag, and take the georeference anew"
        )


def _masks(recipe: Recipe, scan: Scan) -> list[shapely.Geometry]:
    masks: list[Any] = list(recipe.masks)
    if recipe.frame is not None:
        sheet = shapely.box(-1, -1, scan.width_px, scan.height_px)
        inside = shapely.box(*recipe.frame)
        if not inside.intersects(sheet):
            raise DigitizeError(
                f"the frame lies outside the scan of {scan.width_px} × {scan.height_px} px: give left, top, "
                "right and bottom in pixels"
            )
        masks.append(sheet.difference(inside))
    return [mask for mask in masks if not mask.is_empty]
