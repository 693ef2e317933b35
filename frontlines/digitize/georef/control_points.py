"""Ground control points: places of a scan whose longitude and latitude are known.

Pixels are counted as everywhere in this package: the centre of the first pixel is column 0, row 0, and rows
grow downwards. QGIS ``.points`` counts from the corner of the first pixel, and its y grows upwards: its pixel
centre (0.5, -0.5) is our (0, 0), and it is brought to this. Georeference annotations of IIIF, as Allmaps
writes them, and lists of Map Warper count from the corner too, with rows downwards.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS
from pyproj.exceptions import CRSError, ProjError

from frontlines.arguments import checked
from frontlines.arrays import Floats
from frontlines.crs.geodesic import WGS84, way
from frontlines.errors import DigitizeError, SourceError
from frontlines.limits import within

Affine = tuple[float, float, float, float, float, float]

_LINES = 6


@checked()
def read_world_file(path: str | Path) -> Affine:
    r"""Read a world file (``.wld``, ``.jgw``, ``.pgw``, ``.tfw``).

    Parameters
    ----------
    path
        Six numbers, one a line: A, D, B, E, C, F.

    Returns
    -------
    affine
        (a, b, c, d, e, f) with ``x = a*column + b*row + c`` and ``y = d*column + e*row + f``; the centre of
        the first pixel lies at (c, f). The file does not name the CRS of x and y.

    Raises
    ------
    SourceError
        If the file is not there or cannot be read.
    DigitizeError
        If it does not hold six numbers that span a plane.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "scan.jgw").write_text("30\n0\n0\n-30\n500015\n4499985\n")
    ...     read_world_file(Path(folder) / "scan.jgw")
    (30.0, 0.0, 500015.0, 0.0, -30.0, 4499985.0)
    """
    path = Path(path)
    try:
        words = path.read_text(encoding="utf-8-sig").split()
    except FileNotFoundError as error:
        raise SourceError(f"{path} is not a file: check the path of the world file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read as a world file: {error}") from error
    try:
        values = [float(word.replace(",", ".")) for word in words]
    except ValueError:
        values = []
    if len(values) != _LINES or not all(map(math.isfinite, values)):
        raise DigitizeError(f"{path.name} is no world file: it must hold six numbers, one a line")
    a, d, b, e, c, f = values
    if a * e - b * d == 0:
        raise DigitizeError(f"{path.name} presses the map into a line: its numbers A, D, B, E span no plane")
    return (a, b, c, d, e, f)


def crs_of(text: CRS | str | int, what: str) -> CRS:
    """Understand a CRS given as an EPSG code, a PROJ string or WKT."""
    try:
        crs = CRS(int(str(text)) if str(text).isdecimal() else text)
    except (CRSError, OverflowError) as error:
        raise DigitizeError(
            f"{what} is {str(text)[:60]!r}, which PROJ does not know: give an EPSG code such as "
            '"EPSG:32638", a PROJ string or WKT'
        ) from error
    if crs.is_geographic or crs.is_projected:
        _refuse_no_way(crs, what)
        return crs
    raise DigitizeError(
        f"{what} is {crs.name[:60]!r}, which is no plane of a map: give a projected CRS, or a geographic one"
    )


def _refuse_no_way(crs: CRS, what: str) -> None:
    try:
        way(crs, WGS84)
    except ProjError as error:
        raise DigitizeError(
            f"{what} is {crs.name[:60]!r}, from which PROJ knows no way to longitude and latitude on WGS 84: "
            "give a CRS of the Earth with a datum"
        ) from error


_ON, _OFF = {"", "1", "true", "yes", "on"}, {"0", "false", "no", "off"}
_HALF_PX = 0.5
_LEAST_SPAN = 1000.0  # of a map in the unit of its grid: smaller numbers that can be degrees are degrees
_LAST_LONGITUDE, _LAST_LATITUDE = 360.0, 90.0
_SHOWN = 6
_COLUMNS = ("id", "col", "row", "lon", "lat")
_MAP_WARPER = {"x", "y", "lon", "lat", "name"}  # columns of its lists, and no others


@checked()
@dataclass(frozen=True)
class GroundControl:
    """Control points of a scan.

    Attributes
    ----------
    points
        One row a point: `id` (text, unique), `col`, `row` (pixel centres at whole numbers, rows grow
        downwards [px]), `lon`, `lat` (WGS 84 [degrees]).
    source
        Where they come from.
    left_out
        Ids that the file switches off.
    read_as_degrees
        Whether the file names no CRS, and its coordinates were read as degrees because they can be.
    size_px
        Width and height of the image that they were read on, if the file says so.
    """

    points: pd.DataFrame
    source: str = ""
    left_out: tuple[str, ...] = ()
    read_as_degrees: bool = False
    size_px: tuple[int, int] | None = None

    def __len__(self) -> int:
        """Count the points."""
        return len(self.points)

    @property
    def pixels(self) -> Floats:
        """Column and row of each point, (n, 2) [px]."""
        return self.points[["col", "row"]].to_numpy(dtype=float)

    @property
    def lonlat(self) -> Floats:
        """Longitude and latitude of each point, (n, 2) [degrees]."""
        return self.points[["lon", "lat"]].to_numpy(dtype=float)

    def refuse_faults(self) -> None:
        """Refuse columns that are absent, and places that are no numbers or nowhere on Earth."""
        absent = [name for name in _COLUMNS if name not in self.points]
        if absent:
            raise DigitizeError(
                f"the control points have no column {_listed(absent)}: they need {', '.join(_COLUMNS)}"
            )
        numbers = self.points[[*_COLUMNS[1:]]].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
        reach = [np.inf, np.inf, _LAST_LONGITUDE, _LAST_LATITUDE]
        wrong = ~(np.isfinite(numbers) & (np.abs(numbers) <= reach)).all(axis=1)
        if wrong.any():
            ids = _listed(self.points["id"].to_numpy()[wrong])
            raise DigitizeError(
                f"control points {ids} lie nowhere: col and row must be numbers, lon and lat degrees"
            )

    def on_scan(self, size_px: tuple[int, int]) -> GroundControl:
        """Bring points that were read on a larger or smaller copy of the image to this one."""
        if self.size_px is None or self.size_px == size_px:
            return self
        (wide, high), (width, height) = self.size_px, size_px
        if abs(wide * height - high * width) > max(wide, high, width, height):  # sides are rounded to a pixel
            raise DigitizeError(
                f"{self.source} was read on an image of {wide} × {high} px, of which the scan of {width} × "
                f"{height} px is no copy: take the whole image, uncut and unturned"
            )
        corner = (self.points[["col", "row"]] + _HALF_PX) * [width / wide, height / high] - _HALF_PX
        return replace(self, points=self.points.assign(col=corner["col"], row=corner["row"]), size_px=size_px)

    def without(self, ids: Iterable[str]) -> GroundControl:
        """Leave points out, by their ids."""
        ids = tuple(map(str, ids))
        own = self.points["id"].astype(str)
        unknown = [name for name in ids if name not in set(own)]
        if unknown:
            raise DigitizeError(
                f"leave_out names {_listed(unknown)}, which {self.source or 'the file'} does not hold: "
                f"its points are {_listed(self.points['id'])}"
            )
        kept = self.points[~own.isin(ids)].reset_index(drop=True)
        return replace(self, points=kept, left_out=(*self.left_out, *ids))


@checked()
def read_control_points(path: str | Path, *, crs: CRS | str | None = None) -> GroundControl:
    r"""Read control points from a CSV, a ``.points`` file of QGIS, or an annotation of IIIF.

    Parameters
    ----------
    path
        A CSV with columns `id`, `col`, `row` and either `lon`, `lat` or `x`, `y`, and if wanted `enable`
        (1 or 0, on or off, yes or no, true or false; 0 switches a point off); a CSV of Map Warper (`x`, `y`,
        `lon`, `lat`, `name`); a ``.points`` file; or a ``.json`` with one georeference annotation, as Allmaps
        writes it, whose points are brought to the size of the scan.
    crs
        CRS of the coordinates on the ground, if it is not WGS 84, such as ``EPSG:4284`` for a graticule on
        Pulkovo 1942. For `x`, `y` it must be given. A ``.points`` file that names its own CRS keeps to it.

    Returns
    -------
    control
        The points that are switched on, in the order of the file, in WGS 84.

    Raises
    ------
    SourceError
        If the file is not there or cannot be read.
    DigitizeError
        If columns or numbers are missing, ids are repeated, or coordinates cannot be; rows are named as
        an editor numbers them, the header being line 1.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "points.csv"
    ...     _ = file.write_text("id,col,row,lon,lat\na,10,20,46.5,40\nb,90,20,47,40\n")
    ...     read_control_points(file).lonlat.tolist()
    [[46.5, 40.0], [47.0, 40.0]]
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise SourceError(f"{path} is not a file: check the path of the control points") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read as control points: {error}") from error
    if path.suffix.lower() == ".points":
        return _from_qgis(text, path.name, crs)
    if path.suffix.lower() == ".json":
        return _from_annotation(text, path.name)
    return _from_csv(text, path.name, crs)


def control_inside(gcps: Sequence[Any], crs: Any, name: str) -> GroundControl | None:
    """Take the control points that an image file holds."""
    if not gcps or crs is None:
        return None
    rows = [
        (
            k,
            {
                "id": str(k),
                "col": f"{one.col!r}",
                "row": f"{one.row!r}",
                "x": f"{one.x!r}",
                "y": f"{one.y!r}",
            },
        )
        for k, one in enumerate(gcps, start=1)
    ]
    control = _control(rows, name, ("col", "row"), ("x", "y"), crs_of(CRS(crs), f"the CRS of {name}"))
    return replace(control, points=_from_corner(control.points))


def _from_corner(points: pd.DataFrame) -> pd.DataFrame:
    """Count from the centre of the first pixel what was counted from its corner."""
    return points.assign(col=points["col"] - _HALF_PX, row=points["row"] - _HALF_PX)


def _from_annotation(text: str, name: str) -> GroundControl:
    try:
        held = json.loads(text)
        maps = held["items"] if held.get("type") == "AnnotationPage" else [held]
        sizes = [_size_of(one["target"]) for one in maps]
        rows = [
            [(k, _row_of_feature(k, p)) for k, p in enumerate(one["body"]["features"], 1)] for one in maps
        ]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DigitizeError(
            f"{name} is no georeference annotation of IIIF: its points must stand in the features of "
            f"its body, each with resourceCoords and coordinates ({type(error).__name__}: {error})"
        ) from error
    if len(maps) != 1:
        raise DigitizeError(f"{name} holds {len(maps)} maps: keep the annotation of one of them")
    if not rows[0]:
        raise DigitizeError(f"{name} holds no control point: give one with features in its body")
    read = _control(rows[0], name, ("col", "row"), ("lon", "lat"), WGS84)
    return replace(read, points=_from_corner(read.points), size_px=sizes[0])


def _size_of(target: Any) -> tuple[int, int] | None:
    """Give the size of the image of an annotation, if it says so."""
    image = target.get("source", target) if isinstance(target, dict) else None
    if not isinstance(image, dict) or "width" not in image:
        return None
    width, height = int(image["width"]), int(image["height"])
    if min(width, height) < 1:
        raise LookupError(f"an image of {width} × {height} px")
    return width, height


def _row_of_feature(k: int, feature: Mapping[str, Any]) -> dict[str, str]:
    """Write a point of an annotation as a row; older ones of Allmaps call its pixels pixelCoords."""
    about = feature["properties"]
    column, row = about["resourceCoords"] if "resourceCoords" in about else about["pixelCoords"]
    lon, lat, *_ = feature["geometry"]["coordinates"]
    return {"id": str(k), "col": str(column), "row": str(row), "lon": str(lon), "lat": str(lat)}


def _from_csv(text: str, name: str, crs: CRS | str | None) -> GroundControl:
    rows = _rows(text, name, first_line=1)
    held = set(rows[0][1])
    if held == _MAP_WARPER:
        read = _control(rows, name, ("x", "y"), ("lon", "lat"), WGS84)
        return replace(read, points=_from_corner(read.points))
    lonlat = bool({"lon", "lat"} & held)  # one of them, the other misspelt or forgotten, is what is meant
    ground = ("x", "y") if {"x", "y"} <= held and not lonlat else ("lon", "lat")
    if ground == ("x", "y"):
        _refuse_absent(("col", "row"), rows[0][1], name)
    if ground == ("x", "y") and crs is None:
        raise DigitizeError(f"{name} gives x and y: say in which CRS they are (points_crs in the recipe)")
    return _control(rows, name, ("col", "row"), ground, crs_of(crs or WGS84, "points_crs"))


def _from_qgis(text: str, name: str, crs: CRS | str | None) -> GroundControl:
    head, _, body = text.partition("\n")
    named = head.removeprefix("#CRS:").strip() if head.startswith("#CRS:") else ""
    rows = _rows(body if head.startswith("#") else text, name, first_line=2 if head.startswith("#") else 1)
    old = bool(rows) and "pixelx" in rows[0][1]
    pixel = ("pixelx", "pixely") if old else ("sourcex", "sourcey")
    ground = ("mapx", "mapy")
    given = named or crs or _guessed_lonlat(rows, name)
    control = _control(rows, name, pixel, ground, crs_of(given, f"the CRS of {name}"))
    points = control.points.assign(
        col=control.points["col"] - _HALF_PX, row=-control.points["row"] - _HALF_PX
    )
    above = points["row"] < -1
    if above.mean() > 1 / 2:
        raise DigitizeError(
            f"{name} counts its y upwards above 0: these are no pixels of an image; "
            "take the points on the bare image, without a georeference of its own"
        )
    return replace(control, points=points, read_as_degrees=not (named or crs))


def _guessed_lonlat(rows: list[tuple[int, dict[str, str]]], name: str) -> CRS:
    """Take coordinates that can be degrees as such; a file with others must name its CRS."""
    values = [(_number(row.get("mapx")), _number(row.get("mapy"))) for _, row in rows]
    if all(abs(x) <= _LAST_LONGITUDE and abs(y) <= _LAST_LATITUDE for x, y in values if x == x and y == y):  # noqa: PLR0124
        return WGS84
    raise DigitizeError(
        f"{name} does not name the CRS of mapX and mapY, and they are no degrees: "
        'give points_crs in the recipe, such as "EPSG:3857"'
    )


def _rows(text: str, name: str, *, first_line: int) -> list[tuple[int, dict[str, str]]]:
    """Give each row with its line number, its columns in lower case."""
    body = text.lstrip()
    first_line += text[: len(text) - len(body)].count("\n")
    mark = max(",;\t", key=body.split("\n", 1)[0].count)
    read = csv.reader(io.StringIO(body), delimiter=mark)
    rows = []
    try:
        columns = [one.strip().lower() for one in next(read, [])]
        for row in read:
            values = [one.strip() for one in row]
            line = first_line + read.line_num - 1
            if any(values[len(columns) :]):
                raise DigitizeError(
                    f"{name}: line {line} has more values than there are columns: quote a text with {mark!r} "
                    "in it, and write numbers with a point, or part the columns with semicolons"
                )
            if any(values):
                values += [""] * (len(columns) - len(values))
                rows.append((line, dict(zip(columns, values, strict=False))))
    except csv.Error as error:
        raise SourceError(f"{name} cannot be read as control points: {error}") from error
    twice = {one for one in columns if one and columns.count(one) > 1}
    if twice:
        raise DigitizeError(f"{name} has the column {_listed(sorted(twice))} twice: keep one")
    if not rows:
        raise DigitizeError(f"{name} holds no control point: give rows of id, col, row, lon, lat")
    return rows


def _control(
    rows: list[tuple[int, dict[str, str]]],
    name: str,
    pixel: tuple[str, str],
    ground: tuple[str, str],
    crs: CRS,
) -> GroundControl:
    wanted = (*pixel, *ground)
    within("control_points", len(rows), name)
    _refuse_absent(wanted, rows[0][1], name)
    ends = ("", "", *(("EW", "NS") if crs.is_geographic else ("", "")))
    columns = list(zip(wanted, ends, strict=True))
    values = np.array([[_number(row[column], letters) for column, letters in columns] for _, row in rows])
    _refuse_no_numbers(wanted, values, rows, name)
    ids = [row.get("id") or str(k) for k, (_, row) in enumerate(rows, start=1)]
    _refuse_repeated(ids, rows, name)
    on = _switched_on(rows, name)
    lonlat = _in_wgs84(values[:, 2:], crs, rows, name)
    points = pd.DataFrame(
        {"id": ids, "col": values[:, 0], "row": values[:, 1], "lon": lonlat[:, 0], "lat": lonlat[:, 1]}
    )
    off = tuple(name for name, kept in zip(ids, on, strict=True) if not kept)
    return GroundControl(points[on].reset_index(drop=True), name, off)


def _switched_on(rows: list[tuple[int, dict[str, str]]], name: str) -> npt.NDArray[np.bool_]:
    words = [row.get("enable", "1").lower() for _, row in rows]
    odd = [k for k, word in enumerate(words) if word not in _ON | _OFF]
    if odd:
        raise DigitizeError(
            f"{name}: line {_listed([rows[k][0] for k in odd])} has {words[odd[0]]!r} as enable: write 1 or 0"
        )
    on = np.array([word in _ON for word in words])
    if not on.any():
        raise DigitizeError(f"{name} switches all its points off (enable): switch some on")
    return on


def _refuse_absent(wanted: tuple[str, ...], row: Mapping[str, str], name: str) -> None:
    absent = [column for column in wanted if column not in row]
    if not absent:
        return
    others = [repr(column) for column in row if column and column not in (*wanted, "id", "enable")]
    held = f"; what it has beside is {_listed(others)}" if others else ""
    raise DigitizeError(
        f"{name} has no column {_listed(absent)}{held}: it needs id, col, row, lon, lat "
        f"(or mapX, mapY, sourceX, sourceY, as QGIS writes them){_pixels_meant(absent, row)}"
    )


def _pixels_meant(absent: list[str], row: Mapping[str, str]) -> str:
    if not ({"col", "row"} <= set(absent) and {"x", "y"} <= set(row)):
        return ""
    return "; if x and y are the pixels, call them col and row, and the degrees lon and lat"


def _refuse_no_numbers(
    wanted: tuple[str, ...], values: Floats, rows: list[tuple[int, dict[str, str]]], name: str
) -> None:
    wrong = [
        (line, row[column])
        for (line, row), value in zip(rows, values, strict=True)
        for column, number in zip(wanted, value, strict=True)
        if not math.isfinite(number)
    ]
    if not wrong:
        return
    lines = dict.fromkeys(line for line, _ in wrong)
    remedy = ": write 46.5, or degrees as 46°30′15″E or 46 30 15 E, with no comma between thousands"
    raise DigitizeError(
        f"{name}: no number in {', '.join(wanted)} of line {_listed(lines)} "
        f"(line {wrong[0][0]} has {wrong[0][1]!r}){remedy}"
    )


def _refuse_repeated(ids: list[str], rows: list[tuple[int, dict[str, str]]], name: str) -> None:
    twice = [
        f"{one!r} (line {line})"
        for k, (one, (line, _)) in enumerate(zip(ids, rows, strict=True))
        if one in ids[:k]
    ]
    if twice:
        raise DigitizeError(f"{name} repeats the id {_listed(twice)}: give every point its own")


def _in_wgs84(xy: Floats, crs: CRS, rows: list[tuple[int, dict[str, str]]], name: str) -> Floats:
    degrees = [_LAST_LONGITUDE, _LAST_LATITUDE]
    if crs.is_projected and (np.abs(xy) <= degrees).all() and np.ptp(xy, axis=0).max() < _LEAST_SPAN:
        raise DigitizeError(
            f"{name} gives degrees, as it seems (the first {xy[0, 0]:g}, {xy[0, 1]:g}), but {crs.name} is "
            'not in degrees: leave points_crs out, or give their geographic CRS, such as "EPSG:4284"'
        )
    if crs.is_geographic:
        far = (np.abs(xy[:, 0]) > _LAST_LONGITUDE) | (np.abs(xy[:, 1]) > _LAST_LATITUDE)
        if far.any():
            lines = [str(line) for (line, _), out in zip(rows, far, strict=True) if out]
            lon, lat = xy[int(far.argmax())]
            raise DigitizeError(
                f"{name}: line {_listed(lines)} is no longitude and latitude in degrees (line {lines[0]} has "
                f"lon {lon:g}, lat {lat:g}): check their order, write decimals with a point (a decimal "
                "comma may part columns), or, if they are coordinates of a grid, call their "
                'columns x and y and give points_crs, such as "EPSG:32638"'
            )
    lonlat = np.column_stack(way(crs, WGS84).transform(xy[:, 0], xy[:, 1]))
    lost = ~np.isfinite(lonlat).all(axis=1)
    if lost.any():
        lines = [str(line) for (line, _), out in zip(rows, lost, strict=True) if out]
        raise DigitizeError(f"{name}: line {_listed(lines)} lies nowhere in {crs.name}: check points_crs")
    return lonlat


_MINUTES = 60.0  # in a degree, and seconds in a minute
_DEGREES = re.compile(  # 46.5°E, 46°30′15″E, 46 30 15 E, E 46:30.25
    r"([NSEW]?)\s*([-+]?)(\d{1,3}(?:\.\d+)?)(?:(?:\s*[°º:]\s*|\s+)(?:([0-5]?\d(?:\.\d+)?)"
    r"(?:(?:\s*['′’:]\s*|\s+)([0-5]?\d(?:\.\d+)?))?\s*['′’\"″”]*)?)?\s*([NSEW]?)",
    re.IGNORECASE,
)


def _number(text: str | None, letters: str = "") -> float:
    """Read a number; with letters, of the positive end of an axis and of the other one, one of degrees."""
    text = str(text).replace("−", "-").strip()
    text = text.replace(",", ".") if text.count(",") == 1 else text
    try:
        return float(text)
    except ValueError:
        found = _DEGREES.fullmatch(text) if letters else None
    if found is None:
        return math.nan
    first, sign, *parts, last = found.groups()
    end = f"{first}{last}".upper()
    broken = any("." in part and later for part, later in itertools.pairwise(part or "" for part in parts))
    if len(end) > 1 or end not in letters or (end and sign) or broken:
        return math.nan
    size = math.fsum(float(part or 0) / _MINUTES**power for power, part in enumerate(parts))
    return -size if sign == "-" or end == letters[1] else size


def read_place(first: str, second: str, crs: CRS) -> tuple[float, float]:
    """Read the longitude and latitude, or x and y, that somebody typed, and take them to WGS 84 [degrees].

    Both may stand in the first text if letters say which is which: 39°10′N 46°30′E.
    """
    ends = ("EW", "NS") if crs.is_geographic else ("", "")
    pairs = [(first, second), (second, first)]
    if not second.strip():
        gaps = [found.span() for found in re.finditer(r"[\s,;]+", first.strip())]
        parted = [(first.strip()[:start], first.strip()[end:]) for start, end in gaps]
        pairs = [pair for one, other in parted for pair in ((one, other), (other, one))]
    for one, other in pairs:
        told = bool(ends[0]) and _ends_with(one, ends[0]) and _ends_with(other, ends[1])
        lon, lat = _number(one, ends[0]), _number(other, ends[1])
        if math.isfinite(lon + lat) and (told or (one, other) == (first, second)):
            return _one_in_wgs84(lon, lat, crs)
    ways = "46.5, 46°30′15″E or 46 30 15 E" if crs.is_geographic else "a number of the grid, such as 8540000"
    both = "; both in one box only with their letters, as 39°10′N 46°30′E" if crs.is_geographic else ""
    raise DigitizeError(f"{f'{first} {second}'.strip()[:60]!r} is no place: write {ways}{both}")


def _ends_with(text: str, letters: str) -> bool:
    """Tell whether a letter of an axis stands in a text."""
    return any(letter in text.upper() for letter in letters)


def _one_in_wgs84(lon: float, lat: float, crs: CRS) -> tuple[float, float]:
    if crs.is_geographic and (abs(lon) > _LAST_LONGITUDE or abs(lat) > _LAST_LATITUDE):
        raise DigitizeError(
            f"longitude {lon:g}, latitude {lat:g} is nowhere: check their order, and that they are degrees"
        )
    x, y = way(crs, WGS84).transform(lon, lat)
    if not math.isfinite(x + y):
        raise DigitizeError(f"{lon:g}, {lat:g} lies nowhere in {crs.name}: check the CRS of the coordinates")
    return float(x), float(y)


def _listed(names: Iterable[object] | Mapping[str, object]) -> str:
    shown = [str(name) for name in names]
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more
