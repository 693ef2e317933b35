"""Control day by day as moving pictures: what a side gained and lost, or what each of several holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.arrays import Floats32, Pixels
from frontlines.crs.working import require_working_crs
from frontlines.errors import FrontlinesError, LayerError
from frontlines.layers.mending import stated_sources
from frontlines.names import CONTESTED, KM2, RESERVED, UNKNOWN, Around, sides_followed, somebody
from frontlines.plot.artists import days_of
from frontlines.plot.film_files import require_film_path, write_film
from frontlines.plot.film_page import Backdrop, Film, draw_backdrop
from frontlines.plot.style import DEFAULT_STYLE, MapStyle, side_name
from frontlines.plot.words import clean, day, number
from frontlines.progress import Progress, track

_LEAST_PX = 480
_SPECK = 1e-5  # of the ground of a film: less cannot be seen
_RINGED = 5  # frames for which a place that changed hands has its ring


@checked()
def animate_control(  # noqa: PLR0913 - one call that draws it all
    control: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame | None,
    path: str | Path,
    *,
    side: str | Sequence[str],
    theatre: gpd.GeoDataFrame | None = None,
    totals: pd.DataFrame | None = None,
    places: gpd.GeoDataFrame | None = None,
    around: Around = "coast",
    sides: Mapping[str, str] | None = None,
    caption: str | None = None,
    frames_per_second: float = 10,
    width_px: int = 960,
    progress: Progress = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Path:
    """Write control on many dates as moving pictures, a frame for each snapshot.

    Each frame names its date and the net change of `side` since the first day, and tells apart the ground
    that the side gained and lost since then and what it held all along; contested ground is hatched. Of
    several sides each has its colour, and a bar over the map tells their shares of the ground.

    Parameters
    ----------
    control
        Polygons with `date` and `side`, in the working CRS (from `as_control`).
    districts
        Polygons with `district`, in the same CRS, whose outlines are drawn; None for none.
    path
        Where to: ``.gif``, ``.mp4`` (needs the program ffmpeg), or a name without an ending for a folder
        of pictures ``frame_0001.png`` and so on. A file that is there is replaced; a folder must be empty.
    side
        The side whose gains are positive, or several sides.
    theatre
        One row, in the same CRS: what the frames show. None: the ground of `side` on all dates.
    totals
        From `series_totals`, of the same sides, with a step that ends on each date: the net change is taken
        from there, and suspect steps and repeated snapshots are named. None: the ground of `side` is
        measured, in and out of `districts`.
    places
        Points with `date_to`, in the same CRS (from `FollowedPlaces.changes`): each has a ring from that date
        on, for a few frames. None for none.
    around
        What is drawn about the ground: ``"coast"`` and states from the bundled Natural Earth, where it is
        fine enough; ``"tiles"`` of a map on the internet (extra ``basemap``); or ``"none"``.
    sides
        How to call each side, by its name.
    caption
        Text at the foot; nothing in it is interpreted. None: what `source` of `control` names.
    frames_per_second
        Speed, up to 50.
    width_px
        Width of a frame [pixels], 480 or more.
    progress
        None, True for a bar, or a function of (fraction, message).
    style
        The style.

    Returns
    -------
    Path
        What was written. It is written whole or not at all.

    Raises
    ------
    LayerError
        If a column is missing, a date is empty, or the side holds no ground on any date.
    CRSError
        If the frames are not in one equal-area CRS in metres.
    FrontlinesError
        If `totals` are of another side or lack a date, or `width_px` is too small.
    SourceError
        If the ending of `path` is not known, it cannot be written, or ffmpeg is not found.

    Examples
    --------
    >>> import tempfile
    >>> from shapely import box
    >>> days = pd.to_datetime(["2031-06-01", "2031-06-02"])
    >>> fronts = [box(0, 0, 1000, 2000), box(0, 0, 1500, 2000)]
    >>> control = gpd.GeoDataFrame({"date": days, "side": "A"}, geometry=fronts, crs="EPSG:3035")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = animate_control(control, None, Path(folder) / "war", side="A", width_px=480)
    ...     sorted(picture.name for picture in written.iterdir())
    ['frame_0001.png', 'frame_0002.png']
    """
    path = Path(path)
    require_film_path(path, frames_per_second)
    if width_px < _LEAST_PX:
        raise FrontlinesError(f"width_px = {width_px} is too narrow for its words: pass {_LEAST_PX} or more")
    layers = {"theatre": theatre, "districts": districts, "places": places}
    require_working_crs(control=control, **{k: layer for k, layer in layers.items() if layer is not None})
    followed = somebody(sides_followed((), side))
    shots = _shots(control, followed, totals)
    if places is not None:
        shots = _with_places(shots, places)
    film = Film(
        sides={one: clean(side_name(one, sides or {})) for one in followed},
        since=shots[0].date,
        grounds=[shapes for shot in shots for shapes in (*shot.grounds, shot.contested)],
        rest=_rest(control, followed, districts if theatre is None else theatre),
        contested=any(len(shot.contested) for shot in shots),
        flagged=any(shot.note for shot in shots),
        ringed=places is not None and len(places) > 0,
        caption=_sources(control) if caption is None else caption,
        theatre=theatre,
        districts=districts,
        around=around,
        crs=control.crs,
        every_side=tuple(control["side"].unique()),
    )
    backdrop = draw_backdrop(film, width_px, style)
    written = _frames(backdrop, [shots[0], shots[len(shots) // 2], shots[-1]], shots[0], len(shots))
    pixels = np.concatenate([backdrop.colours(), *(picture.reshape(-1, 3) for picture in written)])
    frames = track(_frames(backdrop, shots, shots[0], len(shots)), progress, "frames", total=len(shots))
    write_film(frames, path, pixels=pixels, frames_per_second=frames_per_second)
    return path


def _rest(control: gpd.GeoDataFrame, followed: Sequence[str], home: gpd.GeoDataFrame | None) -> str:
    """Name the ground of nobody who is shown; nothing, if there is none on any day."""
    shown = control["side"].isin([CONTESTED, *followed])
    held = control.area.where(shown, 0.0).groupby(control["date"]).sum()
    whole = None if home is None else shapely.union_all(shapely.make_valid(home.geometry.to_numpy()))
    if whole is None or held.min() >= (1 - _SPECK) * whole.area:
        return ""
    return "Unknown" if set(control["side"][~shown]) <= {UNKNOWN} else "Other sides or unknown"


def _sources(control: gpd.GeoDataFrame) -> str:
    """Name the sources of control, if it does."""
    names = [clean(name) for name in stated_sources(control.get("source", ()))]
    return f"Source{'s' if len(names) > 1 else ''}: {', '.join(names)}." if names else ""


class _Shot(NamedTuple):
    """What one frame shows: the ground of each side, contested ground, and a note on the snapshot."""

    number: int
    date: pd.Timestamp
    grounds: tuple[Any, ...]
    contested: Any
    net_km2: float
    note: str
    places: gpd.GeoDataFrame | None = None  # that changed hands lately


def _with_places(shots: list[_Shot], places: gpd.GeoDataFrame) -> list[_Shot]:
    """Add to each shot the places that changed hands on its date or shortly before."""
    if "date_to" not in places:
        raise LayerError("places has no column 'date_to': pass what follow_places returned")
    dates = days_of(places["date_to"])
    return [
        shot._replace(
            places=places[((dates > shots[max(i - _RINGED, 0)].date) & (dates <= shot.date)).to_numpy()]
        )
        for i, shot in enumerate(shots)
    ]


def _shots(control: gpd.GeoDataFrame, followed: Sequence[str], totals: pd.DataFrame | None) -> list[_Shot]:
    """Sort the rows of the sides, and contested ground, by date."""
    absent = [name for name in ("date", "side") if name not in control.columns]
    if absent:
        raise LayerError(
            f"control has no column {', '.join(map(repr, absent))}: pass what as_control returned"
        )
    dates = days_of(control["date"]).to_numpy()
    if np.isnat(dates).any():
        rows = np.flatnonzero(np.isnat(dates))
        raise LayerError(
            f"{len(rows)} rows of control have no date (the first is row {rows[0]}): drop or date them"
        )
    sides = control["side"].to_numpy(dtype=object)
    for side in followed:
        if side not in set(sides):
            known = ", ".join(sorted(repr(clean(s)) for s in set(sides)))
            raise LayerError(f"side {side!r} holds no ground on any date: the sides are {known or 'none'}")
    shapes, days = control.geometry.to_numpy(), np.unique(dates)
    own = [[shapes[(dates == d) & (sides == s)] for d in days] for s in followed]
    contested = [shapes[(dates == d) & (sides == CONTESTED)] for d in days]
    net, notes = _measured(own[0]) if totals is None else _from_totals(totals, followed, days)
    stamps = [pd.Timestamp(d) for d in days]
    frames = zip(stamps, zip(*own, strict=True), contested, net, notes, strict=True)
    return [_Shot(i, *shot) for i, shot in enumerate(frames, start=1)]


def _measured(own: Sequence[Any]) -> tuple[Sequence[float], Sequence[str]]:
    """Measure the net change since the first day [km²]."""
    km2 = np.array([float(gpd.GeoSeries(shapes).area.sum()) / KM2 for shapes in own])
    return (km2 - km2[0]).tolist(), [""] * len(own)


def _from_totals(
    totals: pd.DataFrame, sides: Sequence[str], days: Any
) -> tuple[Sequence[float], Sequence[str]]:
    """Take the net change of the first side since the first day from totals [km²], and a note by date."""
    others = sorted({clean(s) for s in totals["side"]} - {*RESERVED, *map(clean, sides)})
    if others:
        framed = ", ".join(map(repr, sides))
        raise FrontlinesError(
            f"totals are of side {others[0]!r}, the frames of {framed}: pass totals of the same"
        )
    dated = totals.assign(date=days_of(totals["date_to"]).to_numpy())
    by_day = dated.groupby("date", sort=True)
    steps = by_day[["cumulative_net_km2"]].first()
    steps = steps.assign(suspect=by_day["suspect"].any(), same_input=by_day["same_input"].all())
    start = days_of(totals["date_from"]).min()
    known = pd.concat([pd.Series({start: 0.0}), steps["cumulative_net_km2"]])
    absent = [d for d in pd.DatetimeIndex(days) if d not in known.index]
    if absent:
        raise FrontlinesError(
            f"totals have no step that ends on {absent[0]:%Y-%m-%d} ({len(absent)} of {len(days)} dates): "
            "pass totals of every snapshot (freq=None), or none"
        )
    net = known[pd.DatetimeIndex(days)].to_numpy(dtype=float)
    words = {
        "same_input": "this snapshot repeats the one before",
        "suspect": "suspect: far out of the ordinary",
    }
    notes = [
        "; ".join(text for name, text in words.items() if d in steps.index and bool(steps.loc[d, name]))
        for d in pd.DatetimeIndex(days)
    ]
    return (net - net[0]).tolist(), notes


def _frames(backdrop: Backdrop, shots: Sequence[_Shot], first: _Shot, of: int) -> Iterator[Pixels]:
    """Draw frame after frame; only the pixels that changed are mixed anew."""
    picture = backdrop.page.copy()
    several = len(first.grounds) > 1
    start = [] if several else [backdrop.cover(first.grounds[0])]
    last: list[Floats32] | None = None
    for shot in shots:
        now = [backdrop.cover(ground) for ground in (*shot.grounds, shot.contested)]
        changed = np.ones_like(now[-1], dtype=bool)
        if last is not None:
            changed = np.any([one != before for one, before in zip(now, last, strict=True)], axis=0)
        picture[backdrop.window][changed] = backdrop.mix([*start, *now[:-1]], now[-1], changed)
        words = {
            "date": day(shot.date),
            "net": "" if several else f"{number(shot.net_km2, sign=True)} km²",
            "count": f"Snapshot {shot.number} of {of}",
            "flag": shot.note[:1].upper() + shot.note[1:],
        }
        backdrop.write(picture, words)
        if several:
            backdrop.draw_bar(picture, [float(shapely.area(ground).sum()) for ground in shot.grounds])
        last = now
        yield backdrop.ringed(picture, shot.places)
