"""What the page asks: places read, towns found, colours picked, the georeference, and saving."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import CRS
from skimage.measure import find_contours

from frontlines.arrays import Floats
from frontlines.crs.geodesic import WGS84, way
from frontlines.datasets.natural_earth import towns_named
from frontlines.digitize import Georeference, Recipe, georeference
from frontlines.digitize.georef.cautions import turned_over
from frontlines.digitize.georef.control_points import crs_of, read_place
from frontlines.digitize.inputs import georeference_of, open_image
from frontlines.digitize.recipe import refuse_faults
from frontlines.digitize.settings import GRATICULES
from frontlines.errors import DigitizeError
from frontlines.points.draft import Draft, Point, control_of, crossings_from, open_draft
from frontlines.points.pictures import TILE_PX, Pictures

Answer = dict[str, Any]

_NET = 60  # nodes of the grid over the scan along which a graticule is followed
_MOST_LINES = 9  # of a graticule along an axis
_ON_LINE = 1e-4  # of a step: a point that lies so near to a line was read on it
_LEAVE_OUT = re.compile(r"leave it out with leave_out = \[[^\]]*\]")  # what the page has a box for
_TEXT = 200  # letters of what was typed that are kept


class Desk:
    """A scan, the recipe in the making, and answers to the page."""

    def __init__(self, image: Path, recipe: Path, *, page: int | None) -> None:
        self.draft: Draft = open_draft(image, recipe)
        if page is not None:
            self.draft.entries["page"] = page
        size = self.draft.entries.get("image_size")
        self.scan = open_image(Recipe(
            image=image, page=self.draft.entries.get("page"), image_size=None if size is None else tuple(size)
        ))  # fmt: skip
        self.draft.entries["image_size"] = [self.scan.width_px, self.scan.height_px]
        self.draft.take_points((self.scan.width_px, self.scan.height_px))
        self.pictures = Pictures(self.scan)
        self.answers = {
            "read": self.read, "find": self.find, "pick": self.pick, "weigh": self.weigh, "save": self.save,
            "cross": self.cross,
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

    def cross(self, asked: Mapping[str, Any]) -> Answer:
        """Find the crossings of the graticule from the two that are set."""
        points = _points(asked)
        if len(points) > 2:  # noqa: PLR2004
            raise DigitizeError(
                f"the search begins with exactly two crossings, not {len(points)}: untick “Use” of the others"
            )
        with self.pictures.lock:
            return {"points": crossings_from(points, self.scan.bands())}

    def weigh(self, asked: Mapping[str, Any]) -> Answer:
        """Georeference the scan as `frontlines digitize` would, and say how well it fits."""
        entries, points = _table(asked, "entries"), _points(asked)
        grid = _crs(_text(asked, "grid")) or WGS84
        axes = ["Longitude", "Latitude"] if grid.is_geographic else ["East (x)", "North (y)"]
        found = None if sum(one["enable"] for one in points) == 1 else self._georeference(entries, points)
        if found is None:
            return {"words": [], "axes": axes}
        rivals = sorted(found.choice.left_out_px.items(), key=lambda one: one[1])
        return {
            "axes": axes,
            "words": list(found.words),
            "pixel_m": _known(float(found.pixel_m(np.array([found.size_px]) / 2)[0])),
            "rivals": [[name, _known(px)] for name, px in rivals],
            "points": _residuals(found),
            "cautions": [_LEAVE_OUT.sub("untick its box “Use”", one.text) for one in found.cautions],
            "graticule": graticule(found, grid),
        }

    def _georeference(self, entries: Mapping[str, Any], points: Sequence[Point]) -> Georeference | None:
        named = {name: entries[name] for name in ("crs", "transformation") if name in entries}
        refuse_faults(named, "this cannot be computed", whole=False)
        crs, family = _crs(named.get("crs")), named.get("transformation")
        if any(one["enable"] for one in points):
            size = (self.scan.width_px, self.scan.height_px)
            return georeference(control_of(points), size, crs=crs, transformation=family)
        if not self._placed:
            return None
        world = self.draft.entries.get("world_file")
        own = {} if world is None else {"world_file": self.draft.recipe.parent / world}
        code = None if crs is None else str(named["crs"])
        return georeference_of(
            Recipe(image=self.draft.image, crs=code, transformation=family, **own), self.scan
        )

    @property
    def _placed(self) -> bool:
        """Tell whether the scan brings a georeference of its own."""
        own = (self.scan.control, self.scan.transform, self.draft.entries.get("world_file"))
        return any(one is not None for one in own)

    def save(self, asked: Mapping[str, Any]) -> Answer:
        """Write recipe and points; say what a run still lacks, and how it is started."""
        entries, points = _table(asked, "entries"), _points(asked)
        entries["image_size"] = self.draft.entries["image_size"]
        lacking = self.draft.save(entries, points)
        if not lacking and not self._placed and not any(one["enable"] for one in points):
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
    middle = float(np.degrees(np.angle(np.nanmean(np.exp(1j * np.radians(lonlat[:, 0]))))))
    values, known = (_in_grid(places, crs, middle) for places in (lonlat, found.control.lonlat.astype(float)))
    cells, lines = np.array([across[1], down[1]]), []
    step = _step(values, known, geographic=crs.is_geographic)
    for axis, field in enumerate(values.T.reshape(2, _NET, _NET)):
        first, last = math.ceil(np.nanmin(field) / step), math.floor(np.nanmax(field) / step)
        for level in step * np.arange(first, last + 1):
            label = _label(level, axis) if crs.is_geographic else f"{'xy'[axis]} {level:,.0f}"
            lines += [
                {"label": label, "line": np.round(line[:, ::-1] * cells, 1).tolist()}
                for line in find_contours(field, level)
            ]
    return lines


def _in_grid(lonlat: Floats, crs: CRS, middle: float) -> Floats:
    """Take places to a grid; longitudes go on across 180 degrees."""
    values = np.column_stack(way(WGS84, crs).transform(lonlat[:, 0], lonlat[:, 1]))
    values = np.where(np.isfinite(values), values, np.nan)
    if crs.is_geographic:
        values[:, 0] = (values[:, 0] - middle + 180) % 360 - 180 + middle
    return values


def _step(values: Floats, known: Floats, *, geographic: bool) -> float:
    """Choose how far lines are apart: as on the map, if its points lie on crossings, or as few as it has."""
    wide = float(np.nanmax(np.ptp(values[~np.isnan(values).any(axis=1)], axis=0)))
    power = 10.0 ** math.floor(math.log10(max(wide, 1e-9)))
    steps = (
        np.array(GRATICULES.steps_min) / 60
        if geographic
        else power * np.array([0.02, 0.05, 0.1, 0.2, 0.5, 1.0])
    )
    fine = [float(one) for one in steps if wide / one <= _MOST_LINES]
    of_map = [
        float(one)
        for one in steps
        if wide / one <= 2 * _MOST_LINES and (np.abs(known / one - np.round(known / one)) < _ON_LINE).all()
    ]
    return of_map[-1] if of_map and len(known) > 1 else (fine or [float(steps[-1])])[0]


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
