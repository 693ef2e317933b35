"""What was picked, as files: a recipe and its control points, written together and read back as they are.

The first line of the recipe holds the checksums of the rest and of the points. By it we know files that we
wrote and nobody changed: of others a copy is kept, with ``.bak`` behind its name, before they are replaced.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from frontlines.arrays import Pixels
from frontlines.digitize import GroundControl, read_control_points, read_recipe
from frontlines.digitize.georef.control_points import crs_of
from frontlines.digitize.georef.graticule import with_graticule
from frontlines.digitize.recipe import TOP, Entries, read_entries, refuse_faults
from frontlines.errors import DigitizeError, FrontlinesError, SourceError
from frontlines.sources.formats import plain_cell
from frontlines.sources.toml import as_toml
from frontlines.sources.writing import is_one_of, staged

Point = dict[str, Any]

COLUMNS = ("id", "col", "row", "lon", "lat", "enable", "given")
"""Of the control points: `given` keeps what was typed, or the town that was chosen."""

_MARK = "# written by `frontlines points`; edit it as you like: it goes on with what you write"
_DEGREES = 9  # decimals of longitude and latitude: a tenth of a millimetre


@dataclass
class Draft:
    """A recipe in the making, and where it stands."""

    recipe: Path
    image: Path
    entries: Entries = field(default_factory=dict)
    points: list[Point] = field(default_factory=list)
    seen: dict[Path, str | None] = field(default_factory=dict)  # checksums of both files when last looked at
    saved: bool = False

    @property
    def table(self) -> Path:
        """Where the control points stand: beside the recipe, and each recipe has its own."""
        stem = "" if self.recipe.stem == "digitize" else f"{self.recipe.stem}-"
        return self.recipe.with_name(f"{stem}points.csv")

    def take_points(self, size_px: tuple[int, int]) -> None:
        """Take over the control points of the recipe, for a scan of this size."""
        self.points = _points_of(self, size_px)

    def look(self) -> None:
        """Remember the files as they are."""
        self.seen = {path: _digest(path) for path in (self.recipe, self.table)}

    def save(self, entries: Entries, points: Sequence[Point]) -> str:
        """Write recipe and points, whole or not at all; say what a run would still lack, if anything."""
        for path, digest in self.seen.items():
            if _digest(path) != digest:
                raise SourceError(
                    f"{path.name} was changed by somebody else while the page was open: nothing was saved; "
                    "put it aside, and save again"
                )
        image = os.path.relpath(self.image, self.recipe.parent) if self._near() else str(self.image.resolve())
        entries = {**entries, "image": Path(image).as_posix()}
        entries.pop("points", None)
        written = entries | ({"points": self.table.name} if points else {})
        refuse_faults(written, "nothing was saved", whole=False)
        theirs = [] if _is_ours(self) else [path for path in self.seen if path.is_file()]
        with staged(self.recipe.parent, stale=[self.table.name] * (not points)) as folder:
            for path in theirs:
                shutil.copyfile(path, folder / _spare(path).name)
            table, body = folder / self.table.name, "\n".join(lines_of(written)) + "\n"
            odd = [one["id"] for one in points if plain_cell(one["id"]) != one["id"] or not one["id"]]
            if odd:
                raise DigitizeError(f"{odd[0]!r} is no name of a point: begin with a letter or a figure")
            if points:
                table.write_text(_csv(points), encoding="utf-8")
                read_control_points(table)
            sums = f"# {hashlib.sha256(body.encode()).hexdigest()} {_digest(table) or '-'}"
            (folder / self.recipe.name).write_text(f"{_MARK}\n{sums}\n{body}", encoding="utf-8")
            lacking = _lacking(folder / self.recipe.name)
        self.entries, self.points = entries, list(points)
        self.saved = True
        self.look()
        return lacking

    def _near(self) -> bool:
        return self.image.resolve().is_relative_to(self.recipe.parent.resolve())


def open_draft(image: Path, recipe: Path) -> Draft:
    """Begin a recipe, or go on with one, whoever wrote it."""
    draft = Draft(recipe, image)
    if not os.access(recipe.parent, os.W_OK):
        raise SourceError(f"nothing can be written into {recipe.parent}: pass --recipe in another folder")
    if is_one_of(recipe, [image]) or is_one_of(draft.table, [image]):
        raise SourceError(f"{recipe} is the scan itself: pass another --recipe")
    if os.path.lexists(recipe):
        draft.entries = read_entries(recipe, whole=False)
        _refuse_other_image(draft)
    if os.path.lexists(draft.table) and draft.entries.get("points") != draft.table.name:
        raise SourceError(
            f"{recipe.parent} holds {draft.table.name}, which no {recipe.name} names: write "
            f'points = "{draft.table.name}" into {recipe.name} to begin with it, or pass another --recipe'
        )
    draft.look()
    return draft


def _spare(path: Path) -> Path:
    """Name a file that keeps what stood in another before we wrote it."""
    names = (path.with_name(f"{path.name}.bak{k}") for k in itertools.chain([""], itertools.count(2)))
    return next(one for one in names if not os.path.lexists(one))


def _is_ours(draft: Draft) -> bool:
    try:
        mark, sums, body = draft.recipe.read_text(encoding="utf-8").split("\n", 2)
    except (OSError, ValueError):
        return False
    told = f"# {hashlib.sha256(body.encode()).hexdigest()} {_digest(draft.table) or '-'}"
    return mark == _MARK and sums == told


def _refuse_other_image(draft: Draft) -> None:
    named = draft.recipe.parent / draft.entries.get("image", draft.image.name)
    if not is_one_of(named, [draft.image]):
        raise SourceError(
            f"{draft.recipe} is the recipe of {named.name}, not of {draft.image.name}: pass another --recipe"
        )


def _points_of(draft: Draft, size_px: tuple[int, int]) -> list[Point]:
    """Read the control points of a recipe; those that are switched off only from a file of ours."""
    named, left_out = draft.entries.pop("points", None), draft.entries.pop("leave_out", [])
    crs = draft.entries.pop("points_crs", None)
    if named is None:
        return []
    path = draft.recipe.parent / named
    control = read_control_points(path, crs=None if crs is None else crs_of(str(crs), "points_crs"))
    points: list[Point] = [
        {str(name): value for name, value in row.items()}
        | {"enable": row["id"] not in map(str, left_out), "given": ""}
        for row in control.on_scan(size_px).points.to_dict("records")
    ]
    if path.suffix.lower() == ".csv" and crs is None:
        return list(_ours(path, points))
    return points


def _ours(path: Path, points: list[Point]) -> Iterator[Point]:
    """Add what our own file says beside the places, and its points that are switched off."""
    known = {str(one["id"]): one for one in points}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if set(COLUMNS) <= set(row)]
    if not rows:
        yield from points
    for row in rows:
        one = known.get(row["id"]) or {"id": row["id"], "enable": False}
        try:
            numbers = {name: float(row[name]) for name in COLUMNS[1:5] if name not in one}
        except ValueError as error:
            raise DigitizeError(f"{path.name}: point {row['id']}, which is switched off: {error}") from error
        yield one | numbers | {"given": row["given"]}


def control_of(points: Sequence[Point]) -> GroundControl:
    """Take the points that are switched on for control points."""
    return GroundControl(pd.DataFrame([one for one in points if one["enable"]]), "the page")


def crossings_from(points: Sequence[Point], bands: Iterable[tuple[int, Pixels]]) -> list[Point]:
    """Find the crossings of a graticule on a scan from two points."""
    found = with_graticule(control_of(points), bands).points
    return [{str(name): value for name, value in row.items()} for row in found.to_dict("records")]


def lines_of(entries: Mapping[str, Any]) -> Iterator[str]:
    """Write a recipe line by line."""
    for name in TOP:
        if name in entries:
            yield f"{name} = {as_toml(entries[name])}"
    for table, held in entries.items():
        for one in held if table in {"line", "area"} else [held] if table == "knobs" else []:
            yield ""
            yield f"[{table}]" if table == "knobs" else f"[[{table}]]"
            yield from (f"{name} = {as_toml(value)}" for name, value in one.items())


def _csv(points: Sequence[Point]) -> str:
    store = io.StringIO()
    writer = csv.writer(store, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in points:
        numbers = [_short(one[name], 2 if name in {"col", "row"} else _DEGREES) for name in COLUMNS[1:5]]
        writer.writerow([one["id"], *numbers, int(one["enable"]), plain_cell(one["given"])])
    return store.getvalue()


def _short(number: float, decimals: int) -> str:
    return f"{number:.{decimals}f}".rstrip("0").rstrip(".")


def _lacking(recipe: Path) -> str:
    try:
        read_recipe(recipe)
    except FrontlinesError as error:
        return str(error)
    return ""


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
