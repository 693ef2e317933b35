"""Longitude and latitude along the frame of a panel, as short ticks with their degrees."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyproj
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from frontlines.plot.labels import occupied
from frontlines.plot.lettering import halo, plain, renderer_of
from frontlines.plot.shapes import Z, metres_per_pt, view_of
from frontlines.plot.style import DEFAULT_STYLE, MapStyle

_STEPS_DEG = (30.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
_WANTED = 2
_MOST = 8
_RIM = 0.08
_SAMPLES = 200
_TICK_PT = 3.0
_HALF_TURN = 180.0


class _Tick(NamedTuple):
    x: float
    y: float
    text: str


def draw_graticule_ticks(ax: Axes, crs: pyproj.CRS, *, style: MapStyle = DEFAULT_STYLE) -> list[str]:
    """Draw ticks of longitude along the top and of latitude along the left edge, inside the frame.

    Parameters
    ----------
    ax
        The Axes, its extent and size final. Degrees that would lie on other text are left out.
    crs
        The CRS of its data.
    style
        The style.

    Returns
    -------
    list of str
        The degrees written.
    """
    view, size = view_of(ax), metres_per_pt(ax) * _TICK_PT
    back = pyproj.Transformer.from_crs(crs, crs.geodetic_crs or pyproj.CRS(4326), always_xy=True)
    along_x, along_y = (
        np.linspace(view.west, view.east, _SAMPLES),
        np.linspace(view.south, view.north, _SAMPLES),
    )
    lon, _ = back.transform(along_x, np.full(_SAMPLES, view.north))
    _, lat = back.transform(np.full(_SAMPLES, view.west), along_y)
    top = [_Tick(x, view.north, _degrees(v, s, "E", "W")) for x, v, s in _crossings(along_x, _unwound(lon))]
    left = [_Tick(view.west, y, _degrees(v, s, "N", "S")) for y, v, s in _crossings(along_y, np.asarray(lat))]
    top = [t for t in top if _write(ax, t, (0.0, -_TICK_PT - 1.0), "center", "top", style)]
    left = [t for t in left if _write(ax, t, (_TICK_PT + 1.5, 0.0), "left", "center", style)]
    strokes = [[(t.x, t.y), (t.x, t.y - size)] for t in top] + [[(t.x, t.y), (t.x + size, t.y)] for t in left]
    marks = LineCollection(
        strokes, colors=[style.ink], linewidths=[style.frame_pt_width], zorder=Z["frame"], gid="tick"
    )
    ax.add_collection(marks, autolim=False)
    return [t.text for t in [*top, *left]]


def _write(ax: Axes, tick: _Tick, offset_pt: tuple[float, float], ha: Any, va: Any, style: MapStyle) -> bool:
    """Write the degrees of a tick unless they would lie on something else; tell whether they stand."""
    taken = occupied(ax)
    text = ax.annotate(
        tick.text,
        xy=(tick.x, tick.y),
        xytext=offset_pt,
        textcoords="offset points",
        ha=ha,
        va=va,
        path_effects=halo(style),
        zorder=Z["label"],
        gid="degrees",
        **plain(style, style.scale_pt) | {"color": style.country_text},
    )
    extent, frame = text.get_window_extent(renderer_of(ax.figure)), ax.get_window_extent()
    inside = frame.x0 < extent.x0 and extent.x1 < frame.x1 and frame.y0 < extent.y0 and extent.y1 < frame.y1
    if not inside or any(extent.overlaps(other) for other in taken):
        text.remove()
        return False
    return True


def _crossings(along: Any, degrees: Any) -> list[tuple[float, float, float]]:
    """Return where round degrees are met along an edge: the place, the degrees and their step."""
    if not np.isfinite(degrees).all():
        return []
    rising = degrees[-1] >= degrees[0]
    low, high = float(degrees.min()), float(degrees.max())
    rim = _RIM * (high - low)
    step = next((s for s in _STEPS_DEG if (high - rim) // s - (low + rim) // s >= _WANTED), _STEPS_DEG[-1])
    values = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    order = slice(None) if rising else slice(None, None, -1)
    if len(values) > _MOST or (np.diff(degrees[order]) <= 0).any():
        return []
    return [(float(np.interp(v, degrees[order], along[order])), float(v), step) for v in values]


def _unwound(lon: Any) -> Any:
    return np.unwrap(np.asarray(lon, dtype=float), period=2 * _HALF_TURN)


def _degrees(value: float, step: float, positive: str, negative: str) -> str:
    turned = value
    if abs(turned) > _HALF_TURN:
        turned -= 2 * _HALF_TURN * np.sign(turned)
    places = max(0, len(f"{step:.6f}".rstrip("0").partition(".")[2]))
    letter = "" if turned in (0.0, _HALF_TURN, -_HALF_TURN) else (positive if turned > 0 else negative)
    return f"{abs(turned):.{places}f}°{' ' + letter if letter else ''}"
