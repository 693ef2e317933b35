"""What a recipe gave: layers on the ground, what they rest on, and the manifest of the run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from frontlines.arrays import Floats
from frontlines.digitize.colour.scan import Scan
from frontlines.digitize.georef.cautions import Caution, grid_over
from frontlines.digitize.georef.georeference import Georeference
from frontlines.digitize.lines import Tracing, rows_of
from frontlines.digitize.recipe import LineRecipe, Recipe
from frontlines.digitize.settings import as_record
from frontlines.manifest import Manifest, versions


@dataclass(frozen=True, kw_only=True)
class Digitized:
    """What a recipe gave.

    Attributes
    ----------
    recipe
        What was asked for.
    inputs
        Role, name, size and SHA-256 of each file that was read.
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
    """

    recipe: Recipe
    inputs: tuple[dict[str, Any], ...]
    scan: Scan
    georeference: Georeference
    tracing: Tracing | None
    traced_areas: gpd.GeoDataFrame | None
    frontlines: gpd.GeoDataFrame | None
    control: gpd.GeoDataFrame | None
    cautions: tuple[Caution, ...]

    @property
    def residuals(self) -> pd.DataFrame:
        """Residual and leave-one-out error of every control point."""
        return self.georeference.residuals

    @cached_property
    def manifest(self) -> Manifest:
        """All of it as plain data."""
        width_px, height_px = self.georeference.size_px
        return {
            "source": self.recipe.source,
            "inputs": list(self.inputs),
            "scan": {"width_px": width_px, "height_px": height_px},
            "georeference": _georeference(self.georeference),
            "source_m": self.recipe.source_m,
            "lines": _lines(self),
            "areas": _areas(self),
            "warnings": [caution.as_dict() for caution in self.cautions],
            "settings": as_record(),
            "versions": versions(),
        }


def _georeference(georef: Georeference) -> dict[str, Any]:
    grid = grid_over(georef.size_px)
    inside = grid[np.isfinite(georef.lonlat(grid)).all(axis=1)]
    pixel_m = georef.pixel_m(inside)
    return {
        "plane": georef.choice.plane,
        "crs": georef.crs.to_string() if georef.crs.to_authority() else georef.crs.to_wkt(),
        "transformation": georef.choice.family,
        "why": georef.choice.reason,
        "left_out_rmse_px_of_all_weighed": georef.choice.left_out_px,
        **georef.figures,
        "pixel_m": _spread(pixel_m),
        "sigma_m": _spread(georef.sigma_px(inside) * pixel_m),
        "left_out": list(georef.control.left_out),
        "control_points": georef.residuals.round(4).replace({np.nan: None}).to_dict("records"),
    }


def _spread(values: Floats) -> dict[str, float | None]:
    return {
        "median": _figure(np.median(values)),
        "least": _figure(values.min()),
        "most": _figure(values.max()),
    }


def _figure(value: float, digits: int = 3) -> float | None:
    return round(float(value), digits) if np.isfinite(value) else None


def _lines(found: Digitized) -> list[dict[str, Any]]:
    if found.tracing is None or found.frontlines is None:
        return []
    rows = dict(tuple(found.frontlines.groupby("line")))
    return [_line(line, found.tracing, rows[line.name], found.recipe) for line in found.recipe.lines]


def _line(line: LineRecipe, tracing: Tracing, rows: gpd.GeoDataFrame, recipe: Recipe) -> dict[str, Any]:
    seen = rows[rows["seen"]]
    knobs = tracing.knobs.get(line.name)
    typical = seen if len(seen) else rows
    return {
        "line": line.name,
        "date": f"{line.date:%Y-%m-%d}",
        "colour_asked": line.colour,
        "colour_found": tracing.colours.get(line.name),
        "stroke_px": _figure(tracing.stroke_px.get(line.name, np.nan)),
        "knobs": asdict(knobs) if knobs else {},
        "stretches": len(seen),
        "length_km": _figure(seen["length_km"].sum()),
        "unseen_km": _figure(rows.loc[~rows["seen"], "length_km"].sum()),
        "hidden_followed": recipe.follow_hidden,
        "dropped": rows_of(tracing.dropped, line.name, (knobs.min_length_px if knobs else None) or 0.0),
        # root mean square along what was seen of the line
        "sigma_m": _figure(np.sqrt(np.average(typical["sigma_m"] ** 2, weights=typical["length_km"]))),
    }


def _areas(found: Digitized) -> list[dict[str, Any]]:
    if found.control is None or found.traced_areas is None:
        return []
    colours: dict[str, list[dict[str, str]]] = {}
    for area, colour in zip(found.recipe.areas, found.traced_areas["colour"], strict=True):
        colours.setdefault(area.side, []).append({"colour_asked": area.colour, "colour_found": colour})
    return [
        {
            "side": row["side"],
            "date": f"{row['date']:%Y-%m-%d}",
            "colours": colours[row["side"]],
            **{name: _figure(row[name], 6) for name in ("area_km2", "sigma_km2")},  # to the square metre
            **{name: _figure(row[name]) for name in ("sigma_m", "unsure_share")},
        }
        for row in found.control.to_dict("records")
    ]
