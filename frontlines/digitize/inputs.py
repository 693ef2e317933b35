"""What a recipe names, opened: the image, where it lies on Earth, and what of it is not looked at."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import CRS

from frontlines._optional import require
from frontlines.arrays import Pixels
from frontlines.digitize.colour.scan import Scan, open_scan
from frontlines.digitize.georef.control_points import Affine, crs_of, read_control_points, read_world_file
from frontlines.digitize.georef.georeference import (
    Georeference,
    georeference,
    georeference_from_affine,
    refuse_slips,
)
from frontlines.digitize.georef.graticule import with_graticule
from frontlines.digitize.recipe import Recipe
from frontlines.digitize.settings import SCANS
from frontlines.errors import DigitizeError
from frontlines.limits import within
from frontlines.manifest import fingerprint

_PDF_DPI = 300  # at which a page of a PDF is drawn [dots per inch]


def open_image(recipe: Recipe) -> Scan:
    """Open the image that a recipe names; pixels read on a copy of another size lie elsewhere."""
    if recipe.image.suffix.lower() == ".pdf":
        scan = open_scan(_pdf_page(recipe.image, recipe.page or 1))
    else:
        scan = open_scan(recipe.image, page=recipe.page)
    if recipe.image_size is not None:
        _refuse_other_size(recipe.image.name, (scan.width_px, scan.height_px), recipe.image_size)
    return scan


def _refuse_other_size(name: str, size: tuple[int, int], read_on: tuple[int, int]) -> None:
    if size == read_on:
        return
    times = [mine / theirs for mine, theirs in zip(size, read_on, strict=True)]
    alike = abs(size[1] - times[0] * read_on[1]) <= 1 or abs(size[0] - times[1] * read_on[0]) <= 1
    mend = (
        f"multiply col and row of every point, frame, masks and places in pixels by {max(times):.6g}, and "
        f"write image_size = [{size[0]}, {size[1]}]"
        if alike
        else "read points, frame and masks on this one, which is another cut"
    )
    raise DigitizeError(
        f"{name} has {size[0]} × {size[1]} px, and image_size says that points were read on "
        f"{read_on[0]} × {read_on[1]} px: take that image, or {mend}"
    )


def _pdf_page(path: Path, page: int) -> Pixels:
    """Draw a page of a PDF."""
    if not path.is_file():
        raise DigitizeError(f"{path}: no such file")
    pdfium = require("pypdfium2", extra="pdf")
    try:
        with pdfium.PdfDocument(path) as document:
            if page > len(document):
                raise DigitizeError(f"{path} has {len(document)} pages, not {page}: page counts from 1")
            scale, sheet = _PDF_DPI / 72, document[page - 1]
            width, height = (math.ceil(scale * points) for points in sheet.get_size())
            within("pixels", width * height, f"{path} of {width} × {height} px at {_PDF_DPI} dpi")
            return np.array(sheet.render(scale=scale, rev_byteorder=True).to_numpy()[..., :3])
    except pdfium.PdfiumError as error:
        raise DigitizeError(f"{path}: cannot be read as a PDF ({error}): save the page as PNG") from error


def georeference_of(recipe: Recipe, scan: Scan) -> Georeference:
    """Find where the image lies: by control points, a world file, or what the image brings itself."""
    size = (scan.width_px, scan.height_px)
    crs = crs_of(recipe.crs, "crs") if recipe.crs else None
    _refuse_turned(recipe, scan)
    control = scan.control if recipe.world_file is None else None
    if recipe.points is not None:
        points_crs = crs_of(recipe.points_crs, "points_crs") if recipe.points_crs else None
        control = read_control_points(recipe.points, crs=points_crs)
    if control is None:
        affine, own_crs, source = _affine(recipe, scan, crs)
        return georeference_from_affine(affine, own_crs, size, source)
    with naming(recipe.points or recipe.image, recipe):
        if recipe.graticule:
            control = with_graticule(control.on_scan(size), scan.bands())
        control = control.without(recipe.leave_out)
        found = georeference(control, size, crs=crs, transformation=recipe.transformation)
        refuse_slips(found.cautions)
        return found


@contextmanager
def naming(path: Path | None, recipe: Recipe) -> Iterator[None]:
    """Name a file in an error that names no file of a recipe."""
    try:
        yield
    except DigitizeError as error:
        held = (recipe.path, recipe.image, recipe.points, recipe.world_file)
        if path is None or any(one.name in str(error) for one in held if one is not None):
            raise
        raise type(error)(f"{path.name}: {error}") from error


def _affine(recipe: Recipe, scan: Scan, crs: CRS | None) -> tuple[Affine, CRS, str]:
    """Six numbers of a world file or of the image itself, their CRS, and where they come from."""
    if recipe.world_file is not None:
        name = recipe.world_file.name
        if crs is None:
            raise DigitizeError(f'{name} does not say in which CRS it is: give crs, such as "EPSG:32638"')
        return read_world_file(recipe.world_file), crs, name
    own = crs or scan.crs
    if scan.transform is None or own is None:
        unnamed = " that names its CRS" * (scan.transform is not None)
        raise DigitizeError(
            f"{recipe.image.name} brings no georeference of its own{unnamed}: "
            'give points = "points.csv" with columns id, col, row, lon, lat'
        )
    return scan.transform, own, recipe.image.name


def _refuse_turned(recipe: Recipe, scan: Scan) -> None:
    """Refuse pixels that were counted on the image as it is before it is turned."""
    given = recipe.world_file or recipe.points
    if (
        scan.turned
        and given is not None
        and (recipe.world_file or given.suffix.lower() in {".points", ".json"})
    ):
        raise DigitizeError(
            f"{recipe.image.name} carries a tag that turns it (EXIF orientation), which {given.name} does "
            "not heed: save the image upright, without the tag, and take the georeference anew"
        )


def masks_of(recipe: Recipe, scan: Scan) -> list[shapely.Geometry]:
    """Give what is not to be looked at, in pixels: the masks, and all outside the frame; all on the scan."""
    sheet = shapely.box(-1, -1, scan.width_px, scan.height_px)
    frame = sheet if recipe.frame is None else shapely.box(*recipe.frame)
    for name, shape in [("the frame", frame), *((f"mask {k}", m) for k, m in enumerate(recipe.masks, 1))]:
        _refuse_off_scan(name, shape, scan)
    masks = shapely.intersection([*recipe.masks, sheet.difference(frame)], sheet)
    if sheet.difference(shapely.union_all(masks)).area < SCANS.least_px:
        raise DigitizeError("masks and frame leave nothing of the scan: give them in pixels of this image")
    return [mask for mask in masks if not mask.is_empty]


def _refuse_off_scan(name: str, shape: shapely.Geometry, scan: Scan) -> None:
    """Refuse what lies off the scan, or reaches farther beyond its edge than it is large."""
    width, height = scan.width_px, scan.height_px
    near = shapely.box(-width, -height, 2 * width, 2 * height)
    if not shape.intersects(shapely.box(-1, -1, width, height)) or not shape.within(near):
        left, top, right, bottom = shape.bounds
        raise DigitizeError(
            f"{name} lies outside the scan of {width} × {height} px, or far beyond it (left {left:g}, top "
            f"{top:g}, right {right:g}, bottom {bottom:g}): give pixels of this image, not of a larger copy"
        )


def refuse_larger(recipe: Recipe, scan: Scan) -> None:
    """Refuse lengths and areas in pixels that the scan does not have."""
    side, pixels = max(scan.width_px, scan.height_px), scan.width_px * scan.height_px
    held = [("border_px", recipe.border_px, side), ("min_area_px", recipe.min_area_px, pixels - 1)]
    held += [(name, value, side) for one in recipe.lines for name, value in asdict(one.knobs).items()]
    for name, value, most in held:
        if value is not None and value > most:
            raise DigitizeError(
                f"{name} = {value:g} is more than the scan of {scan.width_px} × {scan.height_px} px has: "
                "leave it out, or give pixels of this image"
            )


def fingerprints(recipe: Recipe) -> tuple[dict[str, Any], ...]:
    """Describe the files that a recipe reads, so that they can be recognized."""
    files = {
        "recipe": recipe.path,
        "image": recipe.image,
        "points": recipe.points,
        "world file": recipe.world_file,
    }
    return tuple(
        fingerprint(path, role) for role, path in files.items() if path is not None and path.is_file()
    )
