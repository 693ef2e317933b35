"""The pictures of answers: maps and charts as figures, and the film of a series."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

from frontlines import plot
from frontlines.errors import StudyError
from frontlines.names import KM2
from frontlines.plot.page import Chart, chart_page
from frontlines.plot.style import DEFAULT_STYLE
from frontlines.series import every_row
from frontlines.study.study import Answer, Wanted, style_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from frontlines.study import AgreementResults, MovementResults, NetResults, Results, SeriesResults

    _Pictures = Iterator[tuple[str, Figure]]

_ERROR_MM = 72.0  # height of the chart of the error by correlation


def write_pictures(answer: Answer, folder: Path, wanted: Wanted, known: Collection[str]) -> None:
    """Write all pictures as PNG, those for further drawing as SVG, and PDF where it is asked for."""
    description = f"{answer.headline} {answer.caption}"
    with plain_looks():
        for stem, figure in _PICTURES[answer.kind](answer, wanted):
            for suffix in (".png", ".svg", *[".pdf"] * wanted.pdf):
                if (name := f"{stem}{suffix}") in known:
                    plot.save_figure(figure, folder / name, description=description)
        if wanted.film:
            _write_film(answer, folder)


@contextmanager
def plain_looks() -> Iterator[None]:
    """Draw the same figure whatever a user's matplotlibrc says."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # fonts that have no bold face
    with mpl.rc_context():
        ffmpeg = mpl.rcParams["animation.ffmpeg_path"]
        mpl.rcdefaults()
        mpl.rcParams["animation.ffmpeg_path"] = ffmpeg
        mpl.rcParams["text.hinting"] = "no_hinting"  # 300 dots an inch are fine enough
        yield


def map_of(answer: Answer) -> Figure:
    """Draw the map of an answer."""
    return _drawn(answer, _MAPS, "map(): use chart()")


def chart_of(answer: Answer) -> Figure:
    """Draw the chart of an answer."""
    return _drawn(answer, _CHARTS, "chart(): use map()")


def _drawn(answer: Answer, known: Mapping[str, Callable[[Any], Figure]], instead: str) -> Figure:
    if answer.kind not in known:
        raise StudyError(f"{type(answer).__name__} has no {instead}")
    with plain_looks():
        return known[answer.kind](answer)


def _map_of_change(results: Results) -> Figure:
    return plot.change_figure(results.for_readers())


def _matrix(results: Results) -> Figure:
    """Draw who passed ground to whom."""
    return plot.transition_matrix_figure(
        results.for_readers().transitions,
        sides=results.study.sides,
        title=results.study.title,
        caption=results.caption,
        style=style_of(results),
    )


_FEWEST = 3  # lengths, of which a line can be drawn


def _of_change(results: Results, _wanted: Wanted) -> _Pictures:
    yield "map", _map_of_change(results)
    if len(results.totals) > 1:
        yield "matrix", _matrix(results)
    table = results.error_by_correlation
    if (
        table is not None
        and table["side"].nunique() == 1
        and table["correlation_m"].iloc[0] == 0
        and len(table) > _FEWEST
    ):
        chart = Chart("error", lambda ax: plot.draw_error_by_correlation(table, ax=ax), _ERROR_MM)
        about = {"title": results.study.title, "caption": results.caption}
        yield "error_by_correlation", chart_page([chart], style=DEFAULT_STYLE, **about)


def _of_sides(results: SeriesResults) -> tuple[dict[str, str], dict[str, Any]]:
    """Call the side by its long name, where there is only one; give how sides are called and look."""
    sides, alone = results.followed, len(results.followed) == 1
    look = {"sides": results.sides, "style": style_of(results, called=alone)}
    return {"side": results.sides.get(sides[0], sides[0])} if alone else {}, look


def _map_of_series(results: SeriesResults) -> Figure:
    return _map_of_change(results.between())


def _chart_of_series(results: SeriesResults) -> Figure:
    fronts, (side, look) = results.fronts, _of_sides(results)
    return plot.series_figure(
        results.totals.assign(**side),
        title=results.title,
        caption=results.caption,
        fronts=None if fronts is None or fronts.empty else fronts,
        whole_km2=float(results.districts.area.sum()) / KM2,
        **look,
    )


def _panels(results: SeriesResults, *, free_scale: bool) -> Figure:
    """Draw the districts side by side."""
    side, look = _of_sides(results)
    return plot.district_figure(
        every_row(results.series).assign(**side),
        results.overall,
        caption=results.caption,
        labels=results.labels or None,
        free_scale=free_scale,
        **look,
    )


def _of_series(results: SeriesResults, wanted: Wanted) -> _Pictures:
    yield "series", _chart_of_series(results)
    if wanted.panels:
        yield "districts", _panels(results, free_scale=wanted.free_scale)


def _write_film(answer: Answer, folder: Path) -> None:
    """Write a series as moving pictures."""
    results: Any = answer
    places = None if results.places is None else results.places.changes()
    plot.animate_control(
        results.control,
        results.districts,
        folder / "series.gif",
        side=results.followed,
        sides=results.sides,
        totals=results.snapshot_totals(),
        places=None if places is None else places[places["changed"]],
        around=results.around,
        style=style_of(results),
    )


def _map_of_movement(movement: MovementResults) -> Figure:
    study = movement.results.for_readers().study
    return plot.movement_figure(
        movement.displaced,
        movement.frontlines,
        districts=study.districts,
        settlements=study.settlements,
        sides=study.sides,
        context=study.context,
        around=study.around,
        title=movement.title,
        caption=movement.caption,
        style=style_of(movement),
    )


def _profile(movement: MovementResults) -> Figure:
    """Draw the movement along the front."""
    study = movement.results.for_readers().study
    texts: dict[str, Any] = {"title": movement.title, "caption": movement.caption}
    return plot.profile_figure(
        movement.displaced, settlements=study.settlements, **texts, style=style_of(movement)
    )


def _of_movement(movement: MovementResults, _wanted: Wanted) -> _Pictures:
    yield "profile", _profile(movement)
    yield "map", _map_of_movement(movement)


def _texts_of(results: AgreementResults, *, every_day: bool) -> dict[str, Any]:
    """Give title, caption and side of the figures of two sources."""
    side = results.sides.get(results.side, results.side)
    return {"title": results.titled(every_day=every_day), "caption": results.caption, "side": side}


def _map_of_agreement(results: AgreementResults) -> Figure:
    districts = results.districts
    if results.labels:
        districts = districts.assign(label=districts["district"].map(results.labels))
    drawn: dict[str, Any] = {"around": results.around, "style": style_of(results, called=True)}
    texts = _texts_of(results, every_day=False)
    return plot.agreement_figure(results.ground, districts, results.names, **texts, **drawn)


def _days(results: AgreementResults) -> Figure:
    """Draw the agreement of two sources day by day."""
    return plot.agreement_chart(results.table, results.names, **_texts_of(results, every_day=True))


def _of_agreement(results: AgreementResults, _wanted: Wanted) -> _Pictures:
    yield "map", _map_of_agreement(results)
    if len(results.totals) > 1:
        yield "days", _days(results)


def _chart_of_nets(results: NetResults) -> Figure:
    return plot.net_by_source_figure(results.nets, title=results.titled, caption=results.caption)


def _of_nets(results: NetResults, _wanted: Wanted) -> _Pictures:
    yield "sources", _chart_of_nets(results)


_MAPS: dict[str, Callable[[Any], Figure]] = {
    "change": _map_of_change,
    "series": _map_of_series,
    "movement": _map_of_movement,
    "agreement": _map_of_agreement,
}
_CHARTS: dict[str, Callable[[Any], Figure]] = {
    "change": _matrix,
    "series": _chart_of_series,
    "movement": _profile,
    "agreement": _days,
    "nets": _chart_of_nets,
}
_PICTURES: dict[str, Callable[[Any, Wanted], _Pictures]] = {
    "change": _of_change,
    "series": _of_series,
    "movement": _of_movement,
    "agreement": _of_agreement,
    "nets": _of_nets,
}
