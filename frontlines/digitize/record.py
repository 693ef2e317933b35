"""What was digitized and how, as plain data: everything that a reader may ask later, in one record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import geopandas as gpd
import numpy as np

from frontlines.digitize.cautions import Caution, grid_over
from frontlines.digitize.georef import Georeference
from frontlines.digitize.leavings import rows_of
from frontlines.digitize.recipe import Recipe
from frontlines.digitize.stretches import Tracing
from frontlines.manifest import Manifest, fingerprint, versions


def record_of(
    recipe: Recipe,
    georeference: Georeference,
    tracing: Tracing | None,
    frontlines: gpd.GeoDataFrame | None,
    control: gpd.GeoDataFrame | None,
    cautions: Sequence[Caution],
    traced_areas: gpd.GeoDataFrame | None = None,
) -> Manifest:
    """Write down what was digitized and how.

    Parameters
    ----------
    recipe, georeference, tracing, frontlines, control, cautions, traced_areas
        See `frontlines.digitize.Digitized`.

    Returns
    -------
    record
        `source`, `inputs` (with SHA-256), `scan`, `georeference` (plane, transformation and why, RMSEs with
        their formulas, residuals point by point), `lines` (with what was dropped, and why), `areas`,
        `warnings`, `versions`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from pyproj import CRS
    >>> from frontlines.digitize.georef import georeference_from_affine
    >>> lies = georeference_from_affine((0.1, 0, 46, 0, -0.1, 41), CRS("EPSG:4326"), (20, 20), "a file")
    >>> record_of(Recipe(image=Path("map.png")), lies, None, None, None, [])["source"]
    'map.png'
    """
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
