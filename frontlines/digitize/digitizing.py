"""A recipe carried out: from a scan to frontlines and control, with the errors. No files are written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from frontlines._optional import require
from frontlines.digitize.areas import trace_areas
from frontlines.digitize.cautions import Caution
from frontlines.digitize.control_points import read_control_points
from frontlines.digitize.doubtful_areas import doubtful_areas
from frontlines.digitize.georef import Georeference, georeference, georeference_from_affine
from frontlines.digitize.images import Scan, open_scan
from frontlines.digitize.lines import trace_lines
from frontlines.digitize.map_crs import crs_of
from frontlines.digitize.other_colours import other_colours
from frontlines.digitize.palette import palette_of
from frontlines.digitize.paper import paper_of
from frontlines.digitize.recipe import Recipe, read_recipe
from frontlines.digitize.record import record_of
from frontlines.digitize.stretches import Tracing
from frontlines.digitize.traced_areas import class_colours, control_of
from frontlines.digitize.traced_lines import frontlines_of
from frontlines.digitize.world_files import read_world_file
from frontlines.errors import DigitizeError
from frontlines.manifest import Manifest
from frontlines.progress import Progress, reporting

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
        paper = paper_of(scan)
        looked = (paper, palette_of(scan, paper))
        if recipe.lines:
            tracing = trace_lines(
                scan, {line.name: line.colour for line in recipe.lines}, masks=masks,
                knobs={line.name: line.knobs for line in recipe.lines},
                looked=looked,
                progress=lambda share, what: report(0.05 + 0.55 * share, f"lines: {what}"),
            )  # fmt: skip
            frontlines, told = frontlines_of(tracing, recipe, lies)
            cautions += told
        if recipe.areas:
            traced = trace_areas(
                scan, class_colours(recipe), masks=masks, min_area_px=recipe.min_area_px,
                border_px=recipe.border_px, looked=looked,
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
    """Draw a page of a PDF.

    Parameters
    ----------
    path
        The file.
    page
        Counted from 1.

    Returns
    -------
    pixels
        At `PDF_DPI`, (height, width, 3).

    Raises
    ------
    DigitizeError
        If the file cannot be read or has no such page.
    MissingExtraError
        If pypdfium2 is not installed.

    Examples
    --------
    >>> pdf_page(Path("absent.pdf"), 1)
    Traceback (most recent call last):
    frontlines.errors.DigitizeError: absent.pdf: no such file
    """
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
