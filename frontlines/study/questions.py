"""Whole questions in one call: what changed hands, day by day, how far, and what two sources say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from frontlines.arguments import checked
from frontlines.names import UNKNOWN
from frontlines.progress import Progress, expect_processes, part, reporting
from frontlines.sources.files import Layer
from frontlines.study.agreement import AgreementResults, NetResults, run_agreement, run_net_by_source
from frontlines.study.compare import Results, run_study
from frontlines.study.files import study_from_files
from frontlines.study.many_days import SeveralSources, snapshots_from_files, sources_from_files
from frontlines.study.movement import MovementResults, run_movement
from frontlines.study.series import run_series
from frontlines.study.series_results import SeriesResults, read_before

_OF_MOVEMENT = ("spacing_m", "length_m", "smoothing_m", "crossing", "baseline", "axis", "copies")
_OF_READING = ("population", "population_per", "snap_m", "reach_m", "mend", "description")
_OF_SOURCES = ("theatre", "publishers", "snap_m", "reach_m", "mend", "description")


@checked()
def compare(
    before: Layer,
    after: Layer,
    districts: Layer | Sequence[Layer] = (),
    *,
    side: str | Sequence[str] | None = None,
    key: str = "district",
    workers: int = 1,
    scheduler: str | None = None,
    progress: Progress = None,
    **options: Any,
) -> Results:
    """Compare two days: who gained and lost how much ground, where, and how sure that is.

    Parameters
    ----------
    before, after
        Control polygons, frontlines or places with a side on the earlier and on the later day: a file, or a
        frame with its CRS.
    districts, key
        Files or frames of the districts, and their column with the name. None: `theatre` is needed, and is
        the one district.
    side
        The side whose gains are positive, or several of them; None: every side of the layers.
    workers, scheduler
        Processes that share the draws of errors, or the address of a Dask scheduler (see
        `frontlines.scale.executor`); a script that asks for several needs its ``if __name__ == "__main__":``.
    progress
        None, True for a bar, or a function of (fraction, message).
    **options
        Whatever else `study_from_files` takes: `theatre`, `days`, `rest`, `sigma_m`, `correlation_m`,
        `mend`, `settlements`, `label`, `title`, `description` and so on.

    Returns
    -------
    results
        Tables [km²], layers in one equal-area CRS, manifest. `map`, `explore`, `report` and `save` show and
        keep them; a notebook shows sentence, table and a small map.

    Raises
    ------
    FrontlinesError
        If a layer cannot be read, is wrong, or leaves open whose ground it shows or when; the message says
        what to do.

    See Also
    --------
    run_study : the same for a study from a file.
    follow : for more than two days.

    Examples
    --------
    >>> import frontlines as fl
    >>> from frontlines.datasets import locate
    >>> folder = locate("karabakh-1994").parent
    >>> lines = fl.read_frontlines(folder / "frontlines.geojson")
    >>> fl.compare(*[rows for _, rows in lines.groupby("date")], folder / "districts.geojson", side="ARM")
    Results('before-to-after', ARM, 1994-04-07 to 1994-05-12, gained 281.7 km², lost 0 km²)
    """
    with reporting(progress) as report:
        report(0.0, "reading")
        study = study_from_files(before, after, districts=districts, side=side, key=key, **options)
        return run_study(study, workers=workers, scheduler=scheduler, progress=part(report, 0.2, 1.0))


@checked()
def follow(  # noqa: PLR0913 - what most questions need has a name, the rest are options
    snapshots: Layer,
    districts: Layer | Sequence[Layer] = (),
    *,
    side: str | Sequence[str] | None = None,
    key: str = "district",
    every: str | None = None,
    theatre: Layer | None = None,
    settlements: Layer | None = None,
    source: str | None = None,
    progress: Progress = None,
    **options: Any,
) -> SeriesResults:
    """Follow a side, or each of several, through many days: what it gained and lost from step to step.

    Parameters
    ----------
    snapshots
        A folder of files with a day in their names, or one file or frame with a column `date`.
    districts, side, key, progress
        See `compare`.
    every
        Steps: ``"day"``, ``"week"``, ``"month"``, ``"quarter"`` or ``"year"``; None: every snapshot. What
        changes hands and back within a step is not seen, so gross figures depend on it.
    theatre, settlements
        File or frame of the ground (needed only without districts), and of places to follow.
    source
        Whom captions name as the source.
    **options
        Whatever else `run_series` takes (`rest`, `day`, `front_m`, `margin_m`, `workers` and so on), and of
        the reading `mend`, `snap_m`, `reach_m`, `population`, `population_per`, `description`.

    Returns
    -------
    results
        Tables [km²], snapshots in one equal-area CRS, manifest; `chart` draws them,
        `between` compares two days.

    Raises
    ------
    FrontlinesError
        If a layer cannot be read, is wrong, or leaves open whose ground it shows or when.

    Examples
    --------
    >>> import frontlines as fl
    >>> from frontlines.datasets import synthetic_war
    >>> war = synthetic_war(90, n_vertices=100)
    >>> fl.follow(war.control, war.districts, side="Red", every="month")
    SeriesResults(Red, 1930-03-01 to 1930-05-29, 3 steps, net +777.9 km²)
    """
    reading = {name: options.pop(name) for name in _OF_READING if name in options}
    with reporting(progress) as report:
        report(0.0, "reading")
        expect_processes(options.get("workers", 1))
        read = snapshots_from_files(
            snapshots, districts=districts, key=key, side=side, theatre=theatre, settlements=settlements,
            named=source, before=read_before(options.get("previous")),
            rest=options.get("rest", UNKNOWN), **reading,
        )  # fmt: skip
        return run_series(
            read.control, read.districts, side, freq=every, settlements=read.settlements,
            population=read.population, frontlines=read.frontlines, record=read.record,
            progress=part(report, 0.3, 1.0), **options,
        )  # fmt: skip


@checked()
def measure_movement(
    before: Layer,
    after: Layer,
    districts: Layer | Sequence[Layer] = (),
    *,
    side: str | None = None,
    key: str = "district",
    progress: Progress = None,
    **options: Any,
) -> MovementResults:
    """Measure how far the front of a side moved between two days, by every definition side by side.

    Parameters
    ----------
    before, after, districts, side, key, progress
        See `compare`.
    **options
        Whatever else `run_movement` (`spacing_m`, `length_m`, `smoothing_m`, `crossing`, `baseline`, `axis`,
        `copies`) and `study_from_files` take (`between` for files of the days between).

    Returns
    -------
    results
        Transects with their displacement [m], and the table of all estimators.

    Raises
    ------
    FrontlinesError
        If a layer is wrong, or the side has no front on one of the days.

    Examples
    --------
    >>> import frontlines as fl
    >>> from frontlines.datasets import locate
    >>> folder = locate("karabakh-1994").parent
    >>> lines = fl.read_frontlines(folder / "frontlines.geojson")
    >>> fl.measure_movement(
    ...     *[rows for _, rows in lines.groupby("date")], folder / "districts.geojson", side="ARM",
    ...     spacing_m=10_000)
    MovementResults('before-to-after', ARM, 1994-04-07 to 1994-05-12, 20 transects, mean +2,002 m)
    """
    cast = {name: options.pop(name) for name in _OF_MOVEMENT if name in options}
    with reporting(progress) as report:
        report(0.0, "reading")
        study = study_from_files(before, after, districts=districts, side=side, key=key, **options)
        return run_movement(study, progress=part(report, 0.2, 1.0), **cast)


def agreement(
    first: Layer,
    second: Layer,
    districts: Layer | Sequence[Layer] = (),
    *,
    side: str,
    key: str = "district",
    date: str | None = None,
    names: Sequence[str] = (),
    progress: Progress = None,
    **options: Any,
) -> AgreementResults:
    """Compare what two sources say of one side's ground on every day that both show.

    Parameters
    ----------
    first, second
        Control polygons, frontlines or places with a side by either source: files, folders or frames.
    districts, side, key, progress
        See `compare`; there must be one side.
    date
        The day to compare, or to give to a file that says none; None: all that both show.
    names
        What to call the sources; none: as their files.
    **options
        Whatever else `run_agreement` takes (`apart_m`, `border_m`, `margin_m`, `label`, `sides`, `title`),
        and of the reading `theatre`, `rest`, `publishers` (one for each source), `snap_m`, `reach_m`, `mend`,
        `description`.

    Returns
    -------
    results
        Table by day and district [km²], ground on which the sources differ, manifest.

    Raises
    ------
    FrontlinesError
        If a layer cannot be read or is wrong, or the sources have no day in common.

    See Also
    --------
    agreement_by_district : the table alone, of frames that are checked.

    Examples
    --------
    >>> import frontlines as fl
    >>> from frontlines.datasets import synthetic_war
    >>> one, other = (synthetic_war(10, n_vertices=100, rng=seed) for seed in (0, 1))
    >>> fl.agreement(one.control, other.control, one.districts, side="Red", names=("a map", "another"))
    AgreementResults(Red, a map | another, 1930-03-01 to 1930-03-10, 9 days, IoU 0.983, ratio 1.006)
    """
    days = [date] if date else []
    with reporting(progress) as report:
        report(0.0, "reading")
        read = _sources((first, second), districts, key, side, days, names, options)
        (one, other), (name, other_name) = read.control, read.names
        return run_agreement(
            one, other, read.districts, side, theatre=read.theatre, names=(name, other_name),
            record=read.record, progress=part(report, 0.3, 1.0), **options,
        )  # fmt: skip


def net_changes(
    sources: Sequence[Layer],
    districts: Layer | Sequence[Layer] = (),
    *,
    side: str,
    dates: Sequence[str],
    key: str = "district",
    names: Sequence[str] = (),
    progress: Progress = None,
    **options: Any,
) -> NetResults:
    """Compare the net change between two days by two sources or more; options as of `agreement`."""
    with reporting(progress) as report:
        report(0.0, "reading")
        read = _sources(sources, districts, key, side, dates, names, options)
        report(0.3, "net change by each source")
        by_name = dict(zip(read.names, read.control, strict=True))
        return run_net_by_source(
            by_name, read.theatre, side, (dates[0], dates[-1]), record=read.record, **options
        )


def _sources(
    sources: Sequence[Layer], districts: Layer | Sequence[Layer], key: str, side: str, dates: Sequence[str],
    names: Sequence[str], options: dict[str, Any],
) -> SeveralSources:  # fmt: skip
    """Read sources, with the options that are about reading; these are taken out."""
    reading = {name: options.pop(name) for name in _OF_SOURCES if name in options}
    rest = options.pop("rest", UNKNOWN)
    return sources_from_files(
        sources, districts=districts, key=key, side=side, dates=dates, named=names, rest=rest, **reading
    )
