"""Ground on any Axes: who holds it, and what a side gained, lost and held."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from frontlines.crs import require_working_crs
from frontlines.plot.shapes import Stage, Z, fill
from frontlines.plot.style import CONTESTED, DEFAULT_STYLE, UNKNOWN, AreaStyle, MapStyle, side_styles

CLASSES = ("rest", "unknown", "others", "held", "lost", "gained")


def draw_control(
    control: gpd.GeoDataFrame,
    *,
    ax: Axes | None = None,
    sides: Iterable[str] = (),
    style: MapStyle = DEFAULT_STYLE,
) -> Axes:
    """Draw who holds which ground.

    Parameters
    ----------
    control
        Frame with `side` and polygons, of one date, in the working CRS.
    ax
        The Axes; a new one if None.
    sides
        All sides of the study, so that maps of several dates give a side the same colour even when some side
        is missing from one of them.
    style
        The style.

    Returns
    -------
    Axes
        The Axes; each side is one patch whose gid is ``side:`` and its name.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> import shapely
    >>> squares = shapely.box([0, 1], [0, 0], [1, 2], [1, 1])
    >>> frame = gpd.GeoDataFrame({"side": ["a", "b"]}, geometry=squares, crs=3035)
    >>> ax = draw_control(frame, ax=Figure().add_subplot())
    >>> [patch.get_gid() for patch in ax.patches]
    ['side:a', 'side:b']
    """
    require_working_crs(control=control)
    stage = Stage(ax, style)
    looks = side_styles([*control["side"], *sides], style)
    for side, rows in control.groupby("side", sort=True):
        fill(stage.ax, rows.geometry, looks[str(side)], style=style, name=f"side:{side}", zorder=Z["ground"])
    return stage.settle(control.geometry)


def draw_change(
    change: gpd.GeoDataFrame,
    side: str,
    *,
    ax: Axes | None = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Axes:
    """Draw the ground that a side gained, lost and held.

    Parameters
    ----------
    change
        Frame with `side_from`, `side_to` and polygons, in the working CRS.
    side
        The side whose gains are positive.
    ax
        The Axes; a new one if None.
    style
        The style.

    Returns
    -------
    Axes
        The Axes; each class is one patch whose gid is its name: ``gained``, ``lost``, ``held``, ``others``
        (changed hands between others), ``unknown`` (not known at one of the dates), ``rest`` (held by others
        throughout), and over them ``contested`` (contested at the later date).

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> import shapely
    >>> squares = shapely.box([0, 1], [0, 0], [1, 2], [1, 1])
    >>> sides = {"side_from": ["a", "b"], "side_to": ["a", "a"]}
    >>> frame = gpd.GeoDataFrame(sides, geometry=squares, crs=3035)
    >>> ax = draw_change(frame, "a", ax=Figure().add_subplot())
    >>> [patch.get_gid() for patch in ax.patches]
    ['held', 'gained']
    """
    require_working_crs(change=change)
    stage = Stage(ax, style)
    kinds = change_classes(change, side)
    for kind in CLASSES:
        look: AreaStyle = getattr(style, kind)
        ground = change.geometry[kinds == kind]
        fill(stage.ax, ground, look, style=style, name=kind, zorder=Z["ground"])
    disputed = change.geometry[(change["side_to"] == CONTESTED).to_numpy()]
    over = AreaStyle("none", style.contested_hatch, style.contested_ink)
    fill(stage.ax, disputed, over, style=style, name=CONTESTED, zorder=Z["mark"])
    return stage.settle(change.geometry)


def change_classes(change: pd.DataFrame, side: str) -> Any:
    """Return for every row of a change frame the class of ground it is, seen from a side.

    Examples
    --------
    >>> rows = pd.DataFrame({"side_from": ["a", "b", "c"], "side_to": ["b", "a", "c"]})
    >>> list(change_classes(rows, "a"))
    ['lost', 'gained', 'rest']
    """
    before, after = change["side_from"].to_numpy(dtype=object), change["side_to"].to_numpy(dtype=object)
    was, now = before == side, after == side
    dark = (before == UNKNOWN) | (after == UNKNOWN)
    cases = [was & now, was, now, dark, before != after]
    return np.select(cases, ["held", "lost", "gained", UNKNOWN, "others"], default="rest").astype(object)
