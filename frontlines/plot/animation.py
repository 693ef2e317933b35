"""Control day by day as moving pictures: the ground that a side gained and lost since the first day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from frontlines.crs import require_working_crs
from frontlines.errors import FrontlinesError, LayerError
from frontlines.plot.axes import number
from frontlines.plot.backdrop import Backdrop, Floats, Scene, draw_backdrop
from frontlines.plot.lettering import clean
from frontlines.plot.reels import Frame, require_reel, write_reel
from frontlines.plot.shapes import days_of
from frontlines.plot.style import CONTESTED, DEFAULT_STYLE, MapStyle, day
from frontlines.progress import Progress, track

_LEAST_PX = 480


def animate_control(  # noqa: PLR0913 - one call that draws it all
    control: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame | None,
    path: str | Path,
    *,
    side: str,
    theatre: gpd.GeoDataFrame | None = None,
    totals: pd.DataFrame | None = None,
    caption: str | None = None,
    frames_per_second: float = 10,
    width_px: int = 960,
    progress: Progress = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Path:
    """Write control on many dates as moving pictures, a frame for each snapshot.

    Each frame names its date and the net change of `side` since the first day, and tells apart the ground
    that the side gained and lost since then and what it held all along; contested ground is hatched.

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
        The side whose gains are positive.
    theatre
        One row, in the same CRS: what the frames show. None: the ground of `side` on all dates.
    totals
        From `series_totals`, with a step that ends on each date: the net change is taken from there, and
        suspect steps and repeated snapshots are named. None: the ground of `side` is measured, in and
        out of `districts`.
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
    require_reel(path, frames_per_second)
    if width_px < _LEAST_PX:
        raise FrontlinesError(f"width_px = {width_px} is too narrow for its words: pass {_LEAST_PX} or more")
    layers = {"control": control, "theatre": theatre, "districts": districts}
    require_working_crs(**{name: layer for name, layer in layers.items() if layer is not None})
    shots = _shots(control, side, totals)
    scene = Scene(
        side=clean(side),
        since=shots[0].date,
        grounds=[shapes for shot in shots for shapes in (shot.own, shot.fog)],
        contested=any(len(shot.fog) for shot in shots),
        flagged=any(shot.told for shot in shots),
        caption=_sources(control) if caption is None else caption,
        theatre=theatre,
        districts=districts,
    )
    backdrop = draw_backdrop(scene, width_px, style)
    written = _frames(backdrop, [shots[0], shots[len(shots) // 2], shots[-1]], shots[0], len(shots))
    pixels = np.concatenate([backdrop.colours(), *(picture.reshape(-1, 3) for picture in written)])
    frames = track(_frames(backdrop, shots, shots[0], len(shots)), progress, "frames", total=len(shots))
    write_reel(frames, path, pixels=pixels, frames_per_second=frames_per_second)
    return path


def _sources(control: gpd.GeoDataFrame) -> str:
    """Name the sources of control, if it does."""
    names = sorted({clean(name) for name in control["source"].dropna()}) if "source" in control else []
    return f"Source{'s' if len(names) > 1 else ''}: {', '.join(names)}." if names else ""


class _Shot(NamedTuple):
    """What one frame shows."""

    number: int
    date: pd.Timestamp
    own: Any
    fog: Any
    net_km2: float
    told: str


def _shots(control: gpd.GeoDataFrame, side: str, totals: pd.DataFrame | None) -> list[_Shot]:
    """Sort the rows of the side, and contested ground, by date."""
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
    if side not in set(sides):
        known = ", ".join(sorted(repr(clean(s)) for s in set(sides)))
        raise LayerError(f"side {side!r} holds no ground on any date: the sides are {known or 'none'}")
    shapes, days = control.geometry.to_numpy(), np.unique(dates)
    own, fog = ([shapes[(dates == d) & (sides == s)] for d in days] for s in (side, CONTESTED))
    net, told = _measured(own) if totals is None else _told(totals, side, days)
    stamps = [pd.Timestamp(d) for d in days]
    return [_Shot(i, *shot) for i, shot in enumerate(zip(stamps, own, fog, net, told, strict=True), start=1)]


def _measured(own: Sequence[Any]) -> tuple[Sequence[float], Sequence[str]]:
    """Measure the net change since the first day [km²]."""
    km2 = np.array([float(gpd.GeoSeries(shapes).area.sum()) / 1e6 for shapes in own])
    return (km2 - km2[0]).tolist(), [""] * len(own)


def _told(totals: pd.DataFrame, side: str, days: Any) -> tuple[Sequence[float], Sequence[str]]:
    """Take the net change since the first day from totals [km²], and what is to be known of its steps."""
    others = sorted({clean(s) for s in totals["side"]} - {clean(side)})
    if others:
        raise FrontlinesError(
            f"totals are of side {others[0]!r}, the frames of {side!r}: pass totals of one side"
        )
    steps = totals.assign(date=days_of(totals["date_to"]).to_numpy()).set_index("date").sort_index()
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
    told = [
        "; ".join(text for name, text in words.items() if d in steps.index and bool(steps.loc[d, name]))
        for d in pd.DatetimeIndex(days)
    ]
    return (net - net[0]).tolist(), told


def _frames(backdrop: Backdrop, shots: Sequence[_Shot], first: _Shot, of: int) -> Iterator[Frame]:
    """Draw frame after frame; only the pixels that changed are mixed anew."""
    picture = backdrop.page.copy()
    start = backdrop.cover(first.own)
    last: tuple[Floats, Floats] | None = None
    for shot in shots:
        now, fog = backdrop.cover(shot.own), backdrop.cover(shot.fog)
        changed = np.ones_like(now, dtype=bool) if last is None else (now != last[0]) | (fog != last[1])
        picture[backdrop.window][changed] = backdrop.mix(start, now, fog, changed)
        words = {
            "date": day(shot.date),
            "net": f"{number(shot.net_km2, sign=True)} km²",
            "count": f"Snapshot {shot.number} of {of}",
            "flag": shot.told[:1].upper() + shot.told[1:],
        }
        backdrop.write(picture, words)
        last = now, fog
        yield picture.copy()
