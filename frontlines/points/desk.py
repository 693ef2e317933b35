"""What the page asks: places read, towns found, colours picked, the georeference, and saving."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import CRS
from skimage.measure import find_contours

from frontlines.crs.geodesic import way
from frontlines.datasets.places import towns_named
from frontlines.digitize import Georeference, Recipe, georeference
from frontlines.digitize.georef.cautions import turned_over
from frontlines.digitize.georef.control_points import WGS84, crs_of, read_place
from frontlines.digitize.inputs import georeference_of, open_image
from frontlines.errors import DigitizeError
from frontlines.names import Floats
from frontlines.points.draft import Draft, Point, control_of, open_draft
from frontlines.points.pictures import TILE_PX, Pictures

Answer = dict[str, Any]

_NET = 60  # nodes of the grid over the scan along which a graticule is followed
_MOST_LINES = 9  # of a graticule along an axis
_MINUTES = (
    1,
    2,
    5,
    10,
    15,
    20,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
)  # between lines of a graticule ['], as maps have them
_TEXT = 200  # letters of what was typed that are kept


class Desk:
    """A scan, the recipe in the making, and answers to the page."""

    def __init__(self, image: Path, recipe: Path, *, page: int | None, force: bool) -> None:
        self.draft: Draft = open_draft(image, recipe, force=force)
        if page is not None:
            self.draft.entries["page"] = page
        self.scan = open_image(Recipe(image=image, page=self.draft.entries.get("page")))
        self.pictures = Pictures(self.scan)
        self.answers = {
            "read": self.read, "find": self.find, "pick": self.pick, "weigh": self.weigh, "save": self.save,
        }  # fmt: skip

    def state(self) -> Answer:
        """Give what the page starts with."""
        return {
            "name": self.draft.image.name,
            "recipe": self.draft.recipe.name,
            "table": self.draft.table.name,
            "size": [self.scan.width_px, self.scan.height_px],
            "factor": self.pictures.factor,
            "levels": self.pictures.levels,
            "tile": TILE_PX,
            "points": self.draft.points,
            "entries": {name: _plain(value) for name, value in self.draft.entries.items()},
            "notes": list(self.scan.notes),
        }

    def read(self, asked: Mapping[str, Any]) -> Answer:
        """Read what was typed as a place on the ground."""
        first, second, name = (_text(asked, key) for key in ("lon", "lat", "crs"))
        lon, lat = read_place(first, second, _crs(name) or WGS84)
        return {"lon": lon, "lat": lat, "given": " ".join(filter(None, (first, second, name)))}

    def find(self, asked: Mapping[str, Any]) -> Answer:
        """List the towns that a name may mean."""
        return {"towns": [town._asdict() for town in towns_named(_text(asked, "name"))]}

    def pick(self, asked: Mapping[str, Any]) -> Answer:
        """Give the colour at a place of the scan."""
        column, row = _number(asked, "col"), _number(asked, "row")
        return {"colour": self.pictures.colour_at(column, row, of_line=asked.get("kind") == "line")}

    def weigh(self, asked: Mapping[str, Any]) -> Answer:
        """Georeference the scan as `frontlines digitize` would, and say how well it fits."""
        entries, points = _table(asked, "entries"), _points(asked)
        found = self._georeference(entries, points)
        if found is None:
            return {"words": []}
        grid = _crs(_text(asked, "grid")) or WGS84
        rivals = sorted(found.choice.left_out_px.items(), key=lambda one: one[1])
        return {
            "words": list(found.words),
            "pixel_m": _known(float(found.pixel_m(np.array([found.size_px]) / 2)[0])),
            "rivals": [[name, _known(px)] for name, px in rivals],
            "points": _residuals(found),
            "cautions": [caution.text for caution in found.cautions],
            "graticule": graticule(found, grid),
        }

    def _georeference(self, entries: Mapping[str, Any], points: Sequence[Point]) -> Georeference | None:
        size, named = (self.scan.width_px, self.scan.height_px), entries.get("transformation")
        if any(one["enable"] for one in points):
            return georeference(control_of(points), size, crs=_crs(entries.get("crs")), transformation=named)
        own = self.scan.control is not None or self.scan.transform is not None
        if not own and "world_file" not in entries:
            return None
        held = {name: self.draft.recipe.parent / entries[name] for name in ("world_file",) if name in entries}
        recipe = Recipe(image=self.draft.image, crs=entries.get("crs"), transformation=named, **held)
        return georeference_of(recipe, self.scan)

    def save(self, asked: Mapping[str, Any]) -> Answer:
        """Write recipe and points; say what a run still lacks, and how it is started."""
        entries, points = _table(asked, "entries"), _points(asked)
        lacking = self.draft.save(entries, points)
        if not lacking and self._georeference(entries, points) is None:
            lacking = "the scan lies nowhere yet: give control points"
        return {
            "files": [self.draft.recipe.name, *[self.draft.table.name] * bool(points)],
            "lacking": lacking,
        }


def _residuals(found: Georeference) -> list[Answer]:
    """Give how far each control point is off, and where the others and it put its place on the scan."""
    put = found.pixels_of(found.control.lonlat) if len(found.control) else np.empty((0, 2))
    rows = found.residuals.to_dict("records")
    return [
        {
            "id": str(row["id"]),
            "put": [_known(float(one)) for one in place],
            "bad": bool(row["bad"]),
            **{
                name: _known(float(row[name]))
                for name in ("residual_px", "residual_m", "left_out_px", "left_out_m")
            },
        }
        for row, place in zip(rows, put, strict=True)
    ]


def graticule(found: Georeference, crs: CRS) -> list[Answer]:
    """Draw lines of equal longitude and latitude, or x and y, over a scan: labels, and places [px]."""
    across, down = (np.linspace(0, side - 1, _NET) for side in found.size_px)
    nodes = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
    lonlat = np.where(turned_over(found.transformation, nodes)[:, None], np.nan, found.lonlat(nodes))
    values = np.column_stack(way(WGS84, crs).transform(lonlat[:, 0], lonlat[:, 1]))
    values = np.where(np.isfinite(values), values, np.nan)
    if crs.is_geographic:
        middle = float(np.degrees(np.angle(np.nanmean(np.exp(1j * np.radians(values[:, 0]))))))
        values[:, 0] = (values[:, 0] - middle + 180) % 360 - 180 + middle
    steps, lines = np.array([across[1], down[1]]), []
    for axis, field in enumerate(values.T.reshape(2, _NET, _NET)):
        for level in _levels(field, geographic=crs.is_geographic):
            for line in find_contours(field, level):
                label = _label(level, axis) if crs.is_geographic else f"{'xy'[axis]} {level:,.0f}"
                lines.append({"label": label, "line": np.round(line[:, ::-1] * steps, 1).tolist()})
    return lines


def _levels(field: Floats, *, geographic: bool) -> Floats:
    """Choose round numbers, as few as a map has."""
    low, high = float(np.nanmin(field)), float(np.nanmax(field))
    power = 10.0 ** math.floor(math.log10(max(high - low, 1e-9)))
    steps = np.array(_MINUTES) / 60 if geographic else power * np.array([0.1, 0.2, 0.5, 1.0])
    step = next((one for one in steps if (high - low) / one <= _MOST_LINES), steps[-1])
    return np.asarray(np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step)


def _label(level: float, axis: int) -> str:
    """Write degrees and minutes as maps do."""
    level = (level + 180) % 360 - 180 if axis == 0 else level
    degrees, minutes = divmod(round(abs(level) * 60), 60)
    letter = ("EW" if axis == 0 else "NS")[int(level < 0)]
    return f"{degrees}°{minutes:02d}′{letter}" if minutes else f"{degrees}°{letter}"


# --- what comes from the page is checked before it is used


def _text(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name) or ""
    if not isinstance(value, str) or len(value) > _TEXT:
        raise DigitizeError(f"{name} must be a text of at most {_TEXT} letters")
    value.encode()
    return value.strip()


def _number(asked: Mapping[str, Any], name: str) -> float:
    value = asked.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise DigitizeError(f"{name} must be a number")
    return float(value)


def _table(asked: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = asked.get(name)
    if not isinstance(value, dict):
        raise DigitizeError(f"{name} must be a table")
    return value


def _points(asked: Mapping[str, Any]) -> list[Point]:
    held = asked.get("points")
    if not isinstance(held, list) or not all(isinstance(one, dict) for one in held):
        raise DigitizeError("points must be a list of points")
    return [
        {"id": _text(one, "id"), "enable": one.get("enable") is not False, "given": _text(one, "given")}
        | {name: _number(one, name) for name in ("col", "row", "lon", "lat")}
        for one in held
    ]


def _crs(name: Any) -> CRS | None:
    return crs_of(name, "the CRS") if name else None


def _plain(value: Any) -> Any:
    """Give what TOML holds as JSON can: days are texts."""
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float) else str(value)


def _known(number: float) -> float | None:
    return round(number, 3) if math.isfinite(number) else None
