"""From files to a study: a study.toml, the name of a bundled one, or files of two and more days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from frontlines.arguments import checked
from frontlines.datasets.bundled import checksums, locate
from frontlines.errors import StudyError
from frontlines.manifest import long_date
from frontlines.names import BORDER_M, SLIVER_M, SNAP_M, UNKNOWN, Around, Mend
from frontlines.sources.description import Description
from frontlines.sources.files import Layer, Reading
from frontlines.sources.toml import LAYERS, described_by, read_study_toml
from frontlines.study.reading import StudyLayers, ground_kind
from frontlines.study.study import Study, require_rest

Changes = Mapping[str, Mapping[str, Any]]
STUDY_FILE = "study.toml"
_ALONE = ("theatre", "settlements", "population", "context")  # layers of one file


@checked()
def load_study(name: str, *, changes: Changes | None = None) -> Study:
    """Read a study that comes with the library.

    Parameters
    ----------
    name
        One of `frontlines.datasets.available()`.
    changes
        See `read_study`.

    Returns
    -------
    study
        Ready for `run_study`.

    Raises
    ------
    StudyError
        If there is no such study, or its data were altered.

    Examples
    --------
    >>> load_study("karabakh-1994")
    Study('karabakh-1994', ARM, 1994-04-07 to 1994-05-12, 20 districts)
    """
    return _read_study(locate(name), checksums(name), changes)


@checked()
def read_study(path: str | Path, *, changes: Changes | None = None) -> Study:
    """Read a study file and the layers it names.

    Parameters
    ----------
    path
        A ``study.toml``; paths in it are relative to its folder. Tables: ``[study]`` (`title`,
        `dates`; also `side`, one or a list of them, by default every side of the layers; `name`,
        `boundaries`, `notes`, `sources`), ``[sides]``, ``[colours]``, ``[layers]``
        (`frontlines` or `control`, `districts`; also `key`, `label`, `theatre`, `settlements`,
        `population`, `population_per`, `context`, and what the layers do not say themselves, as in
        `frontlines.sources.description`: `side_column`, `map`, `date_column` and so on),
        ``[method]`` (`snap_m`, `sliver_m`, `border_m`, `margin_m`, `rest`, `sigma_m`, `correlation_m`,
        `draws`, `mend`), ``[map]`` (`zoom`, `towns`, `zoom_towns`, `around`).
    changes
        Entries by table that go before those of the file, such as ``{"method": {"mend": True}}``.

    Returns
    -------
    study
        Its layers checked and in one working CRS, centred on the theatre (without one, on the districts).

    Raises
    ------
    StudyError
        If the file cannot be read, or an entry is missing, unknown or of the wrong type.
    LayerError
        If a layer is wrong; the message names the file.

    Examples
    --------
    >>> from frontlines import datasets
    >>> read_study(datasets.locate("karabakh-1994"), changes={"study": {"side": "AZE"}})
    Study('karabakh-1994', AZE, 1994-04-07 to 1994-05-12, 20 districts)
    """
    return _read_study(Path(path), None, changes)


def _read_study(path: Path, known: Mapping[Path, str] | None, changes: Changes | None) -> Study:
    entries = read_study_toml(path, changes)
    about, files, method, drawn = (entries.get(name, {}) for name in ("study", "layers", "method", "map"))
    if str(files.get("as", "")).lower().endswith(".toml"):
        files = {**files, "as": str(path.parent / files["as"])}
    reading = Reading(known, described_by(files))
    reading.note(path, "study")
    paths = _paths(path, files)
    alone = {role: held[0] for role, held in paths.items() if role in _ALONE}
    layers = StudyLayers(
        reading,
        paths.get("districts", ()),
        alone.get("theatre"),
        key=files.get("key", "district"),
        side=about.get("side"),
        rest=method.get("rest", UNKNOWN),
        mend=method.get("mend", False),
        reach_m=method.get("reach_m"),
        snap_m=method.get("snap_m", SNAP_M),
    )
    role = "frontlines" if "frontlines" in paths else "control"
    dates = [pd.Timestamp(day) for day in about["dates"]]
    raw = layers.raw_of_days(paths[role], role, [f"{day:%Y-%m-%d}" for day in dates])
    reading.require_sides(", ".join(file.name for file in paths[role]))
    front = layers.front(raw, "lines" if role == "frontlines" else ground_kind(raw), *paths[role])
    _require_dates(front, dates, path.name)
    settlements = layers.settlements(alone.get("settlements"))
    towns = {name: tuple(drawn.get(name, ())) for name in ("towns", "zoom_towns")}
    _require_towns(settlements, [town for named in towns.values() for town in named], path.name)
    return layers.study(
        name=about.get("name", path.resolve().parent.name),
        title=about["title"],
        dates=dates,
        front=front,
        settlements=settlements,
        context=layers.context(alone.get("context")),
        population=reading.population(alone.get("population"), files.get("population_per")),
        sides=entries.get("sides", {}),
        colours=entries.get("colours", {}),
        around=drawn.get("around", "coast"),
        boundaries=about.get("boundaries", ""),
        notes=tuple(about.get("notes", ())),
        sources=tuple(about.get("sources", ())),
        zoom=tuple(drawn["zoom"]) if "zoom" in drawn else None,
        **towns,
        label=files.get("label"),
        method=method,
        roles=("study", *paths),
    )


def open_study(named: str | Path, *, changes: Changes | None = None) -> Study:
    """Read a study as a user names it: a ``.toml`` file, its folder, or the name of a bundled study."""
    if (path := _study_file(named)) is not None:
        return read_study(path, changes=changes)
    return load_study(str(named), changes=changes)


def _study_file(named: str | Path) -> Path | None:
    """Find the file of a study that is not a bundled one."""
    path = Path(named)
    if path.suffix.lower() == ".toml":
        return path
    return path / STUDY_FILE if (path / STUDY_FILE).is_file() else None


def files_of(named: str) -> list[Path]:
    """Name the files that a study reads, itself included, as far as it can be read at all."""
    if (path := _study_file(named)) is None:
        return []
    layers = read_study_toml(path).get("layers", {})
    return [path, *(file for files in _paths(path, layers).values() for file in files)]


def _paths(study: Path, layers: Mapping[str, Any]) -> dict[str, list[Path]]:
    """Give the files of each layer; a layer may have one or several."""
    return {
        role: [study.parent / file for file in ([named] if isinstance(named, str) else named)]
        for role, named in layers.items()
        if role in LAYERS
    }


def read_title(path: str | Path) -> str:
    """Read no more than the title of a study file."""
    return str(read_study_toml(Path(path))["study"]["title"])


@checked()
def study_from_files(  # noqa: PLR0913 - one argument for each option of the command
    before: Layer,
    after: Layer,
    *,
    between: Sequence[Layer] = (),
    districts: Layer | Sequence[Layer] = (),
    key: str = "district",
    side: str | Sequence[str] | None = None,
    theatre: Layer | None = None,
    settlements: Layer | None = None,
    population: str | Path | None = None,
    population_per: str | None = None,
    days: tuple[str | None, str | None] = (None, None),
    rest: str = UNKNOWN,
    snap_m: float = SNAP_M,
    sliver_m: float = SLIVER_M,
    border_m: float = BORDER_M,
    margin_m: float | None = None,
    sigma_m: float | None = None,
    correlation_m: float | str | None = None,
    draws: int = 0,
    reach_m: float | None = None,
    mend: Mend = False,
    label: str | None = None,
    source: str | None = None,
    title: str | None = None,
    sides: Mapping[str, str] | None = None,
    colours: Mapping[str, str] | None = None,
    around: Around = "coast",
    description: Description | None = None,
) -> Study:
    """Make a study from two files of control polygons, of frontlines or of places with a side.

    Parameters
    ----------
    before, after
        Files (see `frontlines.sources.files`) or frames with a CRS. Polygons without a column `side` are
        read as ground of `side` if nothing in the file may tell sides apart, and are refused otherwise;
        without a column `date`, the day in the file's name is taken.
    between
        Files of the days between, the earliest first, for `run_movement`; all of their days are taken.
    districts, key
        File of districts, or several that go together, and the column that names them. Without them the
        theatre is one district, named by its row's column `key` or `name`, or else by its file.
    side
        The side whose gains are positive, or several of them; None: every side of the layers.
    theatre
        File of the ground to compare; by default all districts.
    settlements
        File of settlements to follow and for the map, or None; places without a point are left out.
    population, population_per
        GeoTIFF of people, or None, and what its values count, see
        `frontlines.sources.population.read_population`.
    days
        The day to take from `before` and from `after`, for files that hold many or none; where a file
        holds one other day, this one wins.
    rest
        Who holds the ground that no polygon covers.
    snap_m, sliver_m, border_m
        See `control_from_lines`, `change_between` and `frontlines_from_control` [m].
    margin_m, sigma_m, correlation_m, draws, label, title, sides, colours, around
        See `Study`; by default the title names side and dates.
    reach_m
        How far from a place its side still holds the ground [m], see `control_from_settlements`; needed
        for files of points.
    mend
        Mend layers that can be mended: all, or the kinds of fault named, see `as_control`.
    source
        Whom captions name as the source, in place of what the files say.
    description
        Which columns and values of the fronts say whose ground it is and when.

    Returns
    -------
    study
        Ready for `run_study`.

    Raises
    ------
    LayerError
        If a layer is wrong (the message names the file), a date is missing, or the dates are not in
        order.
    StudyError
        If `rest` is blank, or a tolerance is not a number of metres.
    SourceError
        If a file cannot be read.

    Examples
    --------
    >>> from frontlines import datasets
    >>> folder = datasets.locate("karabakh-1994").parent
    >>> study_from_files(
    ...     folder / "control.geojson", folder / "control.geojson", districts=folder / "districts.geojson",
    ...     key="district", side="ARM", days=("1994-04-07", "1994-05-12"))
    Study('control-to-control', ARM, 1994-04-07 to 1994-05-12, 20 districts)
    """
    require_rest(rest)
    reading = Reading(description=description)
    paths = reading.paths_of(
        before=before,
        after=after,
        between=between,
        districts=districts,
        theatre=theatre,
        settlements=settlements,
    )
    (first,), (last,), shapes = paths["before"], paths["after"], paths["districts"]
    layers = StudyLayers(
        reading, shapes, next(iter(paths["theatre"]), None),
        key=key, side=side, rest=rest, mend=mend, source=source, reach_m=reach_m,
        snap_m=snap_m,
    )  # fmt: skip
    front, dates = layers.fronts([first, *paths["between"], last], days)
    study = layers.study(
        name=f"{first.stem}-to-{last.stem}",
        title=title or "",
        dates=dates,
        front=front,
        settlements=layers.settlements(next(iter(paths["settlements"]), None)),
        population=layers.reading.population(Path(population) if population else None, population_per),
        sides=sides or {},
        colours=colours or {},
        around=around,
        boundaries="District boundaries as in the file given." if shapes else "",
        sources=(source,) if source else (),
        label=label,
        method={
            "sliver_m": sliver_m, "border_m": border_m, "margin_m": margin_m,
            "sigma_m": sigma_m, "correlation_m": correlation_m, "draws": draws,
        },
        roles=("before", "after", "districts", "theatre", "settlements", "between"),
    )  # fmt: skip
    days_named = " to ".join(long_date(str(day)) for day in dates)
    who = (
        f"{study.sides.get(study.one_side, study.one_side)}: change" if len(study.followed) == 1 else "Change"
    )
    return study if title else replace(study, title=f"{who} of control, {days_named}")


def _require_dates(front: gpd.GeoDataFrame, dates: Sequence[pd.Timestamp], name: str) -> None:
    """Refuse a study whose layers lack one of its dates."""
    absent = [f"{day:%Y-%m-%d}" for day in dates if day not in set(front["date"])]
    if absent:
        held = ", ".join(f"{day:%Y-%m-%d}" for day in sorted(front["date"].unique())) or "no day at all"
        raise StudyError(f"{name}: the layers hold nothing for {' and '.join(absent)} (they hold {held})")


def _require_towns(settlements: gpd.GeoDataFrame | None, towns: Sequence[str], name: str) -> None:
    """Refuse a study that wants a town on its map of which it does not know the place."""
    known = set() if settlements is None else set(settlements["name"])
    absent = sorted(set(towns) - known)
    if absent:
        raise StudyError(
            f"{name}: [map] wants towns that have no place in the settlements: {', '.join(absent)}"
        )
