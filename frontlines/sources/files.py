"""Layers from and to files; the format follows from the name.

===================================  =============================================
``.geojson``, ``.json``              GeoJSON (RFC 7946: longitude and latitude)
``.gpkg``                            GeoPackage
``.parquet``, ``.geoparquet``        GeoParquet
``.shp``, ``.zip``, ``.shp.zip``     shapefile, also zipped
``.kml``, ``.kmz``                   KML (longitude and latitude)
``.csv``                             tables; read as points, or as shapes in WKT
``.topojson``, ``.json``             TopoJSON; read, not written
===================================  =============================================
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import pandas as pd

from frontlines.arguments import checked
from frontlines.errors import SourceError
from frontlines.layers.days import days_in_names, first_of, without_day
from frontlines.manifest import fingerprint, fingerprint_of_frame
from frontlines.names import RESERVED, counted, listed, one_spelling
from frontlines.sources import formats
from frontlines.sources.description import (
    USUAL,
    Description,
    described,
    has_days,
    is_of_lines,
    one_form,
    require_no_spans,
    require_values,
    values_of_sides,
)
from frontlines.sources.formats import read_layer
from frontlines.sources.population import PopulationRaster, read_population
from frontlines.sources.publishers.published import Published, published, read_published, recognized
from frontlines.sources.read_before import ReadBefore
from frontlines.sources.writing import whole_or_not

_SHOWN = 5
_OF_DRIVERS = (TypeError, ValueError, RuntimeError)  # what cannot be written in a format
_SEVERAL = ("districts", "between", "source")  # layers that may be lists

FORMATS = formats.FORMATS
"""File name endings that can be read and written."""

Layer: TypeAlias = str | Path | gpd.GeoDataFrame
"""A layer as users give it: a file, or a frame with its CRS."""


@checked()
def read_control(
    path: str | Path,
    *,
    date: str | None = None,
    side: str | None = None,
    source: str | None = None,
    description: Description = USUAL,
) -> gpd.GeoDataFrame:
    """Read polygons of control, and fill in what the file leaves unsaid.

    Parameters
    ----------
    path
        A file of polygons (see `read_layer`). Labels (points) of a KML are left out.
    date
        The day wanted: rows of that day are taken; if the file holds one other day or none, its rows are
        taken as of this day. By default all rows, or the day in the file's name if it has no column
        `date`.
    side
        Who holds all its polygons, if nothing in the file tells sides apart.
    source
        Where it comes from, if the file has no column `source`; by default the file's name.
    description
        Which columns and values say whose ground it is and when.

    Returns
    -------
    frame
        A raw frame for `as_control`.

    Raises
    ------
    SourceError
        If the file cannot be read, or has no column of sides where something in it may tell them apart.

    Examples
    --------
    >>> import tempfile
    >>> from shapely import box
    >>> frame = gpd.GeoDataFrame(geometry=[box(46, 39, 47, 40)], crs="EPSG:4326")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(frame, Path(folder) / "front_1994-05-12.geojson")
    ...     raw = read_control(Path(folder) / "front_1994-05-12.geojson", side="ARM")
    >>> raw[["date", "side", "source"]].values.tolist()
    [['1994-05-12', 'ARM', 'front_1994-05-12.geojson']]
    """
    return _read_front(path, description, date=date, side=side, source=source)


@checked()
def read_frontlines(
    path: str | Path, *, date: str | None = None, source: str | None = None, description: Description = USUAL
) -> gpd.GeoDataFrame:
    """Read frontlines, and fill in what the file leaves unsaid.

    Parameters
    ----------
    path
        A file of lines (see `read_layer`).
    date, source, description
        As for `read_control`; values of `side_left` and `side_right` become sides. Lines that name no sides
        get those of the description, or by places with `frontlines.lines_with_sides`.

    Returns
    -------
    frame
        A raw frame for `as_frontlines`.

    Raises
    ------
    SourceError
        If the file cannot be read.

    Examples
    --------
    >>> import frontlines.datasets
    >>> folder = frontlines.datasets.locate("karabakh-1994").parent
    >>> sorted(read_frontlines(folder / "frontlines.geojson")["side_left"].unique())
    ['AZE']
    """
    return _read_front(path, description, date=date, source=source)


@checked()
def read_districts(
    path: str | Path, *, vintage: str | None = None, description: Description = USUAL
) -> gpd.GeoDataFrame:
    """Read districts.

    Parameters
    ----------
    path
        A file of polygons (see `read_layer`).
    vintage
        Which version of the districts this is, if the file has no column `vintage`; by default the
        file's name.
    description
        What the file does not say itself (see `read_layer`).

    Returns
    -------
    frame
        A raw frame for `as_districts`.

    Raises
    ------
    SourceError
        If the file cannot be read.

    Examples
    --------
    >>> import frontlines.datasets
    >>> folder = frontlines.datasets.locate("karabakh-1994").parent
    >>> "Laçın" in set(read_districts(folder / "districts.geojson")["district"])
    True
    """
    return fill_in(
        without_labels(read_layer(path, description=description), path), vintage=vintage or Path(path).name
    )


@checked()
def read_settlements(path: str | Path, *, description: Description = USUAL) -> gpd.GeoDataFrame:
    """Read settlements from a file of points, or from a CSV with longitudes and latitudes [degrees].

    Parameters
    ----------
    path
        A file (see `read_layer`).
    description
        What the file does not say itself (see `read_layer`).

    Returns
    -------
    frame
        A raw frame for `as_settlements`; places without coordinates have no geometry.

    Raises
    ------
    SourceError
        If the file cannot be read.

    Examples
    --------
    >>> import frontlines.datasets
    >>> folder = frontlines.datasets.locate("karabakh-1994").parent
    >>> bool(read_settlements(folder / "settlements.csv").geometry.isna().any())
    True
    """
    return read_layer(path, description=description)


def day_in_name(
    path: str | Path, description: Description = USUAL, *, among: Sequence[str | Path] = ()
) -> str | None:
    """Find a day such as 2024-07-08 in a file's name; names `among` which it stands settle their order."""
    day = _days_named(tuple(among) or (path,), description.date_format)[Path(path).name]
    shift = timedelta(days=description.shift_days)
    return None if day is None else (date.fromisoformat(day) + shift).isoformat()


def own_day(
    path: str | Path, description: Description = USUAL, *, among: Sequence[str | Path] = ()
) -> str | None:
    """Find the day in a file's name, if there is one and it can be read in one way only."""
    with suppress(SourceError):
        return day_in_name(path, description, among=among)
    return None


def no_day(path: Path) -> str:
    """Say that a file names no day, and what to do."""
    told = f"{path.name} has no column 'date' and no day in its name: say which day it shows"
    return f"{told}; or {meant}" if (meant := without_day(path.stem)) else told


@lru_cache(maxsize=8)
def _days_named(paths: tuple[str | Path, ...], date_format: str | None) -> dict[str, str | None]:
    names = [Path(path).name for path in paths]
    return dict(zip(names, days_in_names(names, date_format), strict=True))


@checked()
def write(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a layer or a table to a file, whole or not at all.

    Parameters
    ----------
    frame
        A GeoDataFrame in any CRS, or a table (CSV and Parquet only).
    path
        Where to; its ending says the format (see `FORMATS`). A file that is there is replaced.
        GeoJSON and KML are written in longitude and latitude. Days are written as 1994-05-12.

    Raises
    ------
    SourceError
        If the format is not known, or the file cannot be written.

    Notes
    -----
    A shapefile's ending ``.zip`` writes all its parts into one archive. Shapefiles cut column names
    at ten characters.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(pd.DataFrame({"district": ["Ağdam"], "net_km2": [1.5]}), Path(folder) / "balance.csv")
    ...     print((Path(folder) / "balance.csv").read_text(encoding="utf-8"))
    district,net_km2
    Ağdam,1.5
    <BLANKLINE>
    """
    path = formats.path_of(path)
    writer = formats.writer_for(frame, path)
    with whole_or_not(path, *_OF_DRIVERS) as temporary:
        writer(frame, temporary)
        formats.require_whole(temporary, len(frame))


def write_layers(layers: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write several layers, and tables beside them, into one GeoPackage, whole or not at all."""
    with whole_or_not(path, *_OF_DRIVERS) as temporary:
        for name, frame in layers.items():
            formats.add_layer(frame, temporary, name)
            formats.require_whole(temporary, len(frame), name)


def fill_in(frame: gpd.GeoDataFrame, **given: str | None) -> gpd.GeoDataFrame:
    """Add the columns that a frame does not have, in any case of letters; None adds nothing."""
    present = {str(column).strip().lower() for column in frame.columns}
    absent = {name: value for name, value in given.items() if value is not None and name not in present}
    return frame.assign(**absent)


def together(frames: Sequence[gpd.GeoDataFrame], paths: Sequence[Path]) -> gpd.GeoDataFrame:
    """Join the layers of several files, in the CRS of the first; rows are called by their files."""
    if len(frames) == 1:
        return frames[0]
    require_crs(frames, paths)
    parts = []
    for frame, path in zip(frames, paths, strict=True):
        own = frame.to_crs(frames[0].crs).set_axis([f"{row} of {path.name}" for row in frame.index])
        parts.append(own if own.geometry.name == "geometry" else own.rename_geometry("geometry"))
    return gpd.GeoDataFrame(pd.concat(parts), geometry="geometry", crs=frames[0].crs)


def require_crs(frames: Sequence[gpd.GeoDataFrame], paths: Sequence[Path]) -> None:
    """Refuse layers that do not name their CRS, by their files."""
    if bare := [path.name for frame, path in zip(frames, paths, strict=True) if frame.crs is None]:
        told = listed(bare, _SHOWN)
        raise SourceError(f"{told}: no CRS: say which it is with frame.set_crs('EPSG:4326')")


def without_labels(
    frame: gpd.GeoDataFrame, path: str | Path, notes: list[str] | None = None
) -> gpd.GeoDataFrame:
    """Leave out the points of a KML that stand beside its polygons: they are labels."""
    points = frame.geom_type.isin(["Point", "MultiPoint"]).to_numpy()
    polygons = frame.geom_type.isin(["Polygon", "MultiPolygon", "GeometryCollection"])
    if Path(path).suffix.lower() not in (".kml", ".kmz") or not (points.any() and polygons.any()):
        return frame
    if notes is not None:
        notes.append(f"{Path(path).name}: {counted(int(points.sum()), 'label')} (points) left out")
    return frame[~points].reset_index(drop=True)


def control_columns(
    frame: gpd.GeoDataFrame,
    path: str | Path,
    *,
    date: str | None = None,
    side: str | None = None,
    source: str | None = None,
    description: Description = USUAL,
    among: Sequence[str | Path] = (),
    notes: list[str] | None = None,
) -> gpd.GeoDataFrame:
    """Fill in what a file of control or frontlines leaves unsaid, as `read_control` does."""
    name = Path(path).name
    day = date
    if date is None and description.of_spans:
        day = day_in_name(path, description, among=among)
    elif date is not None and notes is not None and not has_days(frame, description, name):
        named = own_day(path, description, among=among)
        if named not in (None, date):
            notes.append(f"{name} is read as of {date}, as asked, though its name says {named}")
    if notes is not None and description.date_format and (whole := first_of(description.date_format)):
        notes.append(
            f"where no day is written, it is the first of the {whole} "
            f"(date_format={description.date_format!r})"
        )
    frame = without_labels(frame, path, notes)
    frame = described(frame, description, name=name, day=day, side=side, notes=notes)
    if "date" not in {str(column).strip().lower() for column in frame.columns}:
        named = day_in_name(path, description, among=among)
        if named is not None and not frame.empty:
            require_no_spans(frame, description, name, named)
        frame = fill_in(frame, date=named)
    return fill_in(frame, source=source or name)


def _read_front(path: str | Path, description: Description, **given: Any) -> gpd.GeoDataFrame:
    if description.publisher is not None:
        frame = read_published(path, description.publisher, description=description)
        return _of_day(frame, path, **given)
    frame = read_layer(path, description=description)
    if description.sides:
        name = Path(path).name
        require_values(description.sides, values_of_sides(frame, description, name), name)
    return control_columns(frame, path, description=description, **given)


def _of_day(
    frame: gpd.GeoDataFrame,
    path: str | Path,
    *,
    date: str | None = None,
    source: str | None = None,
    notes: list[str] | None = None,
    **_given: Any,
) -> gpd.GeoDataFrame:
    """Take the day wanted of what a publisher shows, and name another source than the publisher."""
    if date is not None:
        frame = described(frame, USUAL, name=Path(path).name, day=date, notes=notes)
    return frame if source is None else frame.assign(source=source)


class Reading:
    """The files of one run: each is read once, and hashed as it is read.

    `known` holds SHA-256 digests of files that were hashed already, `description` what files do not say,
    `notes` what a reader must know of how they were read, `bare` the files read as ground of one side,
    `licences` those of the publishers.
    """

    def __init__(
        self, known: Mapping[Path, str] | None = None, description: Description | None = None
    ) -> None:
        self.description = description or USUAL
        self.notes: list[str] = []
        self.bare: list[str] = []
        self.licences: dict[str, str] = {}
        self._known = dict(known or {})
        self._frames: dict[Path, gpd.GeoDataFrame] = {}
        self._prints: dict[Path, dict[str, Any]] = {}
        self._noted: list[dict[str, Any]] = []
        self._values: Counter[str] = Counter()
        self._sides: Counter[str] = Counter()
        self._published: dict[tuple[Path, str], Published] = {}
        self._before: set[Path] = set()

    def paths_of(self, **layers: Layer | Sequence[Layer] | None) -> dict[str, list[Path]]:
        """Give the paths of layers by role; a frame is known by one from then on, as if it had been read."""
        paths: dict[str, list[Path]] = {}
        for role, given in layers.items():
            held: list[Any] = [] if given is None else [given]
            if isinstance(given, Sequence) and not isinstance(given, str):
                held = list(given)
                if role not in _SEVERAL:
                    raise SourceError(f"{role} is a list: give one file or frame")
            names = [role if len(held) == 1 else f"{role} {number}" for number in range(1, len(held) + 1)]
            paths[role] = [self._path_of(layer, name) for layer, name in zip(held, names, strict=True)]
        return paths

    def _path_of(self, layer: Layer, name: str) -> Path:
        if isinstance(layer, str | Path):
            return Path(layer)
        if not isinstance(layer, gpd.GeoDataFrame):
            what = type(layer).__name__
            raise SourceError(f"{name} is a {what}: give a file, or a frame with shapes (a GeoDataFrame)")
        path = Path("frame given as", name)  # no file: its name is for messages and the manifest
        self._frames[path.absolute()] = layer
        self._prints[path.absolute()] = fingerprint_of_frame(layer, name)
        return path

    def layer(self, path: Path, role: str) -> gpd.GeoDataFrame:
        """Read a layer as it is, and note what it is for."""
        if (own := path.absolute()) not in self._frames:
            self._frames[own] = read_layer(path, description=self.description)
        self.note(path, role)
        return self._frames[own]

    def keep(self, path: Path, frame: gpd.GeoDataFrame, about: dict[str, Any] | None = None) -> None:
        """Take a frame for what is read from a file, or from several, with what is known `about` them."""
        self._frames[path.absolute()] = formats.placed(frame, path, self.description)
        if about is not None:
            self._prints[path.absolute()] = {"role": "snapshots", **about}

    def holds(self, path: Path) -> bool:
        """Tell whether what is read from a path is known already."""
        return path.absolute() in self._frames

    def front(
        self, path: Path, role: str, *, date: str | None = None, side: str | None = None,
        source: str | None = None, among: Sequence[Path] = (), publisher: str | None = None,
    ) -> gpd.GeoDataFrame:  # fmt: skip
        """Read polygons, lines or places, as they are described, or as their publisher writes them."""
        if named := publisher or self.publisher_of(path):
            return self._as_published(path, role, named, date=date, source=source)
        raw = self.layer(path, role)
        values = values_of_sides(raw, self.description, path.name)
        self._values.update(values)
        notes: list[str] = []
        front = control_columns(
            raw, path, date=date, side=side, source=source, description=self.description, among=among,
            notes=notes,
        )  # fmt: skip
        self._say(notes)
        self._require_one_spelling(front, path)
        if not (values or raw.empty or is_of_lines(raw)):
            if side is None:
                raise SourceError(
                    f"{path.name} has no column 'side': say whose ground all of it is with side='NAME'"
                )
            self.bare.append(path.name)
        return front

    def publisher_of(self, path: Path) -> str | None:
        """Name the publisher that is described, or the one whose maps are unmistakable, and say so."""
        said = self.description
        if said.publisher is not None or said.side_column is not None or said.one_side:
            return said.publisher
        frame = self._readable(path)
        if frame is not None and {"side", "side_left"} & {
            str(name).strip().lower() for name in frame.columns
        }:
            return None
        if name := recognized(path, frame):
            self._say([f"recognized as a map of {name}, and read as such"])
        return name

    def says_days(self, path: Path) -> bool:
        """Tell whether the rows of a file say their days themselves, as far as it can be read."""
        frame = self._readable(path)
        if frame is None or self.publisher_of(path) is not None:
            return True
        return has_days(frame, self.description, path.name)

    def _readable(self, path: Path) -> gpd.GeoDataFrame | None:
        """Read a layer as it is, if that can be done."""
        own = path.absolute()
        if own not in self._frames and path.is_file():
            with suppress(SourceError):
                self._frames[own] = read_layer(path, description=self.description)
        return self._frames.get(own)

    def _as_published(self, path: Path, role: str, publisher: str, **wanted: Any) -> gpd.GeoDataFrame:
        if (key := (path.absolute(), publisher)) not in self._published:
            self._published[key] = published(
                path, replace(self.description, publisher=publisher), self.others
            )
        found = self._published[key]
        for file in found.files:
            self.note(file, role)
        self._values.update({one_form(value): number for value, number in found.values.items()})
        self.licences[publisher] = found.publisher.licence
        notes = list(found.notes)
        frame = _of_day(found.frame, path, notes=notes, **wanted)
        if frame["date"].nunique() == 1:  # of many days, they are told day by day
            notes += [f"{path.name}, left out: {words}" for words in frame["left_out"].unique() if words]
        self._say(notes)
        self._require_one_spelling(frame, path)
        return frame

    def _require_one_spelling(self, front: gpd.GeoDataFrame, path: Path) -> None:
        """Refuse one side in several spellings, in this file or this and earlier ones."""
        for column in front.columns:
            if str(column).strip().lower() in ("side", "side_left", "side_right"):
                sides = front[column].dropna().astype(str).str.strip()
                self._sides.update(sides[~sides.str.lower().isin(("", *RESERVED))].value_counts().to_dict())
        if told := one_spelling(self._sides):
            raise SourceError(f"{path.name}: {told}")

    def _say(self, notes: list[str]) -> None:
        self.notes += [note for note in notes if note not in self.notes]

    def require_sides(self, what: str) -> None:
        """Refuse to give a side to a value that stood in none of the files read as fronts."""
        require_values(self.description.sides, self._values, what)

    @property
    def others(self) -> set[Path]:
        """Files that were read as something else than fronts, or before; they may lie among the snapshots."""
        known = {"districts", "theatre", "study"}
        return {path for path, entry in self._prints.items() if entry["role"] in known} | self._before

    def go_on(self, files: Sequence[Path], rows: gpd.GeoDataFrame, before: ReadBefore) -> str | None:
        """Take over what was read of files before, with the same words; name their publisher, if any."""
        for file in files:
            self.note(file, "snapshots")
        self._before = {file.absolute() for file in files}
        self._say(list(before.notes))
        self._values.update(map(one_form, self.description.sides))  # all were found then
        self._require_one_spelling(rows, files[0].parent)
        self.licences |= before.parameters.get("licences", {})
        return next(iter(self.licences), None)

    def population(self, path: Path | None, per: str | None) -> PopulationRaster | None:
        """Look at a raster of people."""
        if path is None and per is not None:
            raise SourceError(f"population_per='{per}' says what a raster counts: give population=... too")
        if path is None:
            return None
        raster = read_population(path, per=per, crs=self.description.crs)
        self.note(path, "population")
        return raster

    def note(self, path: Path, role: str) -> None:
        """Note a file that is read elsewhere."""
        if (own := path.absolute()) not in self._prints:
            self._prints[own] = fingerprint(path, role, digest=self._known.get(own))
        self._noted.append(self._prints[own] | {"role": role})

    def inputs(self, *roles: str) -> tuple[dict[str, Any], ...]:
        """Describe the files read, in the order of their roles, those of other roles last."""
        place = {role: number for number, role in enumerate(roles)}
        return tuple(sorted(self._noted, key=lambda one: place.get(one["role"], len(place))))
