"""A recipe carried out, from a scan to frontlines and control with their errors. No files are written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from frontlines.arguments import checked
from frontlines.digitize.areas.trace import trace_areas
from frontlines.digitize.colour.sheet import open_sheet
from frontlines.digitize.digitized import Digitized
from frontlines.digitize.georef.cautions import Caution
from frontlines.digitize.georef.georeference import Georeference
from frontlines.digitize.inputs import (
    fingerprints,
    georeference_of,
    masks_of,
    naming,
    open_image,
    refuse_larger,
)
from frontlines.digitize.layers import area_cautions, class_colours, control_of, frontlines_of, held_pixels
from frontlines.digitize.lines import trace_lines
from frontlines.digitize.recipe import Recipe, read_recipe
from frontlines.progress import Progress, reporting


@checked()
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
    >>> import geopandas as gpd
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
    tracing = frontlines = areas = control = None
    with naming(recipe.path, recipe), reporting(progress) as report:
        report(0.0, "reading the scan")
        scan = open_image(recipe)
        refuse_larger(recipe, scan)
        masks = masks_of(recipe, scan)
        georef = georeference_of(recipe, scan)
        for line in recipe.lines:
            held_pixels(line.sides, georef, line.name)  # refuses places that are off the map, before the work
        cautions = [Caution("image", f"{recipe.image.name}: {note}") for note in scan.notes]
        cautions += georef.cautions
        report(0.02, "paper and colours")
        sheet = open_sheet(scan)
        if recipe.lines:
            tracing = trace_lines(
                sheet, {line.name: line.colour for line in recipe.lines}, masks=masks,
                knobs={line.name: line.knobs for line in recipe.lines},
                progress=lambda share, what: report(0.05 + 0.55 * share, f"lines: {what}"),
            )  # fmt: skip
            frontlines, doubts = frontlines_of(tracing, recipe, georef)
            cautions += [_placed(one, georef) for one in doubts]
        if recipe.areas:
            areas = trace_areas(
                sheet, class_colours(recipe), masks=masks, min_area_px=recipe.min_area_px,
                border_px=recipe.border_px, coast=recipe.coast,
                progress=lambda share, what: report(0.6 + 0.35 * share, f"areas: {what}"),
            )  # fmt: skip
            control = control_of(areas, recipe, georef)
            cautions += [_placed(one, georef) for one in area_cautions(areas, recipe)]
    return Digitized(
        recipe=recipe, inputs=fingerprints(recipe), scan=scan, georeference=georef, tracing=tracing,
        traced_areas=areas, frontlines=frontlines, control=control, cautions=tuple(cautions),
    )  # fmt: skip


def _placed(caution: Caution, georef: Georeference) -> Caution:
    """Add to a caution where on Earth its place lies."""
    if caution.pixel is None:
        return caution
    lon, lat = georef.lonlat(np.array([caution.pixel]))[0]
    where = f" (longitude {lon:.4f}, latitude {lat:.4f})" if np.isfinite(lon + lat) else ""
    return replace(caution, text=f"{caution.text}{where}")
