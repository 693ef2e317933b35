"""The page of several sides that shows who passed how much ground to whom, as a whole and by district."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from frontlines.arguments import checked
from frontlines.arrays import Floats
from frontlines.change import transition_matrix
from frontlines.errors import FrontlinesError
from frontlines.names import RESERVED, WHOLE, area_unit, counted
from frontlines.plot.artists import Z, paint, write
from frontlines.plot.page import Box, FigurePage
from frontlines.plot.style import (
    DEFAULT_STYLE,
    MM_PER_INCH,
    AreaStyle,
    MapStyle,
    mix,
    pale,
    side_looks,
    side_name,
)
from frontlines.plot.text import font_of, shortened, text_width_px
from frontlines.plot.words import clean, day, number

_ACROSS = 3  # matrices of districts beside each other
_ROW_MM, _SMALL_ROW_MM = 7.0, 4.6
_NAME_MM, _SMALL_NAME_MM = 24.0, 13.0  # room for the names of rows
_HEAD_MM, _SMALL_HEAD_MM = 10.0, 8.5  # and for headings and the names of columns
_BAND = 0.11  # of a cell: the band in the colour of a side
_LEAST_KM2 = 5e-3  # less would be written as 0
_FULL = 0.95  # of a cell: longer numbers do not fit
_MOST_SIDES, _MOST_OF_ALL = 8, 14  # in the matrix of a district, and of all; the rest have one row there
_REST = "more sides"  # the key of those
_PALEST, _DARKEST = 0.10, 0.62  # share of the shade in the cells with the least and the most ground
_COLUMNS = ("district", "date_from", "date_to", "side_from", "side_to", "area_km2")


@checked()
def transition_matrix_figure(
    transitions: pd.DataFrame,
    *,
    title: str,
    caption: str,
    sides: Mapping[str, str] | None = None,
    most: int = 9,
    style: MapStyle = DEFAULT_STYLE,
) -> Figure:
    """Draw the transition matrix of all districts together, and of those where most ground changed hands.

    Parameters
    ----------
    transitions
        From `transitions_by_district`, one pair of dates.
    title, caption
        Texts, wrapped to the page; nothing in them is interpreted.
    sides
        How to call each side, by its name.
    most
        Draw no more districts than this.
    style
        The style; the page is its `width_mm` wide and as high as needed.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, on an Agg canvas and unknown to pyplot. Rows are sides before, columns sides after, with
        bands in the colours of the maps; ground that changed hands is the darker the more it is [km²], on one
        scale for the whole and one for the districts. Sums stand at the ends of the first matrix.

    Raises
    ------
    FrontlinesError
        If columns are missing, there is not one pair of dates, or `most` is negative.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "district": ["East", "West", "West"], "date_from": "1994-04-07", "date_to": "1994-05-12",
    ...     "side_from": ["A", "B", "B"], "side_to": ["A", "A", "B"], "area_km2": [3.0, 1.0, 2.0]})
    >>> [ax.get_label() for ax in transition_matrix_figure(table, title="A and B", caption="made up").axes]
    ['all districts', 'West']
    """
    dates = _dates(transitions, most)
    matrix = transition_matrix(transitions)
    unit = area_unit(float(matrix.loc[WHOLE].to_numpy().max()))
    matrix /= unit.km2
    every = list(matrix.columns)
    names = {side: clean(side_name(side, sides or {})) for side in every}
    looks = side_looks(every, style)
    page = FigurePage(style, title=title, caption=caption)
    whole, shown, inside = _folded(matrix.loc[WHOLE])
    if _REST in shown:
        names[_REST] = counted(len(every) - len(shown) + 1, "more side")
        looks[_REST] = AreaStyle(style.paper)
    turned_mm = _turned_mm(
        page, [names[side] for side in shown], (page.inner_mm - _NAME_MM) / (len(shown) + 1)
    )
    head_mm = _HEAD_MM + turned_mm
    box = Box(style.margin_mm, page.top_mm + head_mm, page.inner_mm, (len(shown) + 1) * _ROW_MM)
    text = f"All districts, {unit.name}: rows {dates[0]}, columns {dates[1]}; shaded: changed hands"
    _head(page, box, text, head_mm)
    ax = page.add(WHOLE, box._replace(left=box.left + _NAME_MM, width=box.width - _NAME_MM))
    _draw_matrix(ax, whole, shown, names, looks, float(_moved(whole).max()), style, turned_mm)
    _write_sums(ax, whole, style)
    foot_mm = box.foot + style.gap_mm
    if inside > _LEAST_KM2:
        text = f"Not shaded: {number(inside)} {unit.name} changed hands among the {names[_REST]}."
        foot_mm += page.write_block(text, foot_mm, size_pt=style.legend_pt, name="inside") + style.gap_mm
    foot_mm = _draw_districts(page, foot_mm, matrix, names, looks, most)
    page.end(foot_mm + style.gap_mm / 2)
    return page.figure


def _dates(transitions: pd.DataFrame, most: int) -> tuple[str, str]:
    """Write the two dates of transitions, of which there must be one pair."""
    absent = [name for name in _COLUMNS if name not in transitions]
    if absent or most < 0:
        what = f"the table has no column {', '.join(map(repr, absent))}" if absent else f"most is {most}"
        raise FrontlinesError(f"{what}: pass what transitions_by_district gave, and most=0 or more")
    pairs = transitions[["date_from", "date_to"]].drop_duplicates()
    if len(pairs) != 1:
        raise FrontlinesError(f"the table holds {len(pairs)} pairs of dates: pass the rows of one")
    first, last = (day(date) for date in pairs.iloc[0])
    return first, last


def _folded(matrix: Any) -> tuple[Floats, list[str], float]:
    """Sum up the rows and columns of all but the sides with most change, if there are many.

    Returned are the areas, the sides, and how much changed hands among those summed up.
    """
    km2, every = matrix.to_numpy(dtype=float), [str(side) for side in matrix.columns]
    if len(every) <= _MOST_OF_ALL:
        return km2, every, 0.0
    moved = _moved(km2)
    order = np.lexsort((-km2.sum(axis=1), -(moved.sum(axis=0) + moved.sum(axis=1))))
    first = np.sort(order[: _MOST_OF_ALL - 1])
    group = np.full(len(every), len(first))
    group[first] = np.arange(len(first))
    to = (group[:, None] == np.arange(len(first) + 1)).astype(float)
    rest = np.setdiff1d(order, first)
    return to.T @ km2 @ to, [*(every[k] for k in first), _REST], float(moved[np.ix_(rest, rest)].sum())


def _turned_mm(page: FigurePage, names: list[str], width_mm: float) -> float:
    """Give the room for names over columns, if some are too long to stand upright; else 0 [mm]."""
    font, px_mm = font_of(page.style, page.style.legend_pt), MM_PER_INCH / page.figure.dpi
    longest_mm = max(text_width_px(name, font, float(page.figure.dpi)) * px_mm for name in names)
    return min(longest_mm, _NAME_MM) if longest_mm > _FULL * width_mm else 0.0


def _moved(km2: Floats) -> Floats:
    """Give a matrix without what stayed as it was."""
    return np.asarray(np.where(np.eye(len(km2), dtype=bool), 0.0, km2))


def _head(page: FigurePage, box: Box, text: str, head_mm: float) -> None:
    """Write what a matrix is over it."""
    style = page.style
    font = font_of(style, style.heading_pt, weight="bold")
    fitted = shortened(text, box.width / MM_PER_INCH * page.figure.dpi, page.figure, font)
    down_mm = box.top - head_mm + 3.0
    page.write(fitted, box.left, down_mm, size_pt=style.heading_pt, name="heading", weight="bold")


def _draw_districts(
    page: FigurePage,
    top_mm: float,
    matrix: pd.DataFrame,
    names: Mapping[str, str],
    looks: Mapping[str, AreaStyle],
    most: int,
) -> float:
    """Draw the matrices of the districts where most changed hands; return where they end [mm]."""
    grids = {name: rows.to_numpy(dtype=float) for name, rows in matrix.groupby("district", sort=True)}
    del grids[WHOLE]
    moved = pd.Series({name: _moved(km2).sum() for name, km2 in grids.items()})
    ranked = moved[moved > _LEAST_KM2].sort_values(ascending=False, kind="stable").index[:most]
    if not len(ranked) or len(grids) == 1:  # one district is all of them
        return top_mm
    every, style = list(matrix.columns), page.style
    busy = _busy(np.sum([_moved(grids[name]) for name in ranked], axis=0), every)
    scale = max(float(_moved(grids[name]).max()) for name in ranked)
    width_mm = (page.inner_mm + style.gap_mm) / _ACROSS - style.gap_mm
    height_mm = min(len(busy), _MOST_SIDES) * _SMALL_ROW_MM
    owns = [busy if len(busy) <= _MOST_SIDES else _busiest(_moved(grids[name])) for name in ranked]
    turned_mm = max(
        _turned_mm(page, [names[every[k]] for k in own], (width_mm - _SMALL_NAME_MM) / len(own))
        for own in owns
    )
    head_mm = _SMALL_HEAD_MM + turned_mm
    top_mm += page.write_block(
        f"By district: {_which(len(ranked), len(grids), most)}",
        top_mm, size_pt=style.heading_pt, name="choice",
    )  # fmt: skip
    for number_, (name, own) in enumerate(zip(ranked, owns, strict=True)):
        row, column = divmod(number_, _ACROSS)
        left_mm = style.margin_mm + column * (width_mm + style.gap_mm)
        down_mm = top_mm + row * (height_mm + head_mm + style.gap_mm / 2) + head_mm
        box = Box(left_mm, down_mm, width_mm, height_mm)
        _head(page, box, clean(name), head_mm)
        inner = Box(
            left_mm + _SMALL_NAME_MM, down_mm, width_mm - _SMALL_NAME_MM, len(own) * _SMALL_ROW_MM
        )  # fmt: skip
        ax = page.add(str(name), inner)
        shown = [every[k] for k in own]
        _draw_matrix(ax, grids[name][np.ix_(own, own)], shown, names, looks, scale, style, turned_mm)
    return box.foot


def _which(shown: int, every: int, most: int) -> str:
    """Say which districts are shown."""
    if shown == every:
        return f"all {every}"
    return f"the {shown} of {every} where {'most ' if shown == most else ''}ground changed hands"


def _busy(moved: Floats, every: list[str]) -> list[int]:
    """List the sides that have a row: contested and unknown ground only if some of it changed hands."""
    turnover = moved.sum(axis=0) + moved.sum(axis=1)
    return [k for k, side in enumerate(every) if side not in RESERVED or turnover[k] > 0]


def _busiest(moved: Floats) -> list[int]:
    """List the sides between which most ground changed hands."""
    turnover = moved.sum(axis=0) + moved.sum(axis=1)
    ranked = np.argsort(-turnover, kind="stable")[:_MOST_SIDES]
    return sorted(int(k) for k in ranked if turnover[k] > _LEAST_KM2)


def _draw_matrix(
    ax: Axes,
    km2: Floats,
    sides: list[str],
    names: Mapping[str, str],
    looks: Mapping[str, AreaStyle],
    scale: float,
    style: MapStyle,
    turned_mm: float,
) -> None:
    """Draw cells, bands in the colours of the sides, and names."""
    n = len(sides)
    ax.set(xlim=(-2 * _BAND, n), ylim=(n, -2 * _BAND))
    ax.set_axis_off()
    size_pt, columns = style.legend_pt, n + (ax.get_label() == WHOLE)  # one more for sums
    px = ax.get_window_extent().width / (columns + 2 * _BAND)
    for (row, column), area in np.ndenumerate(km2):
        share = area / scale if scale > 0 else 0.0
        face = pale(looks[sides[row]].face) if row == column else style.paper
        if row != column and area > _LEAST_KM2:
            face = mix(style.paper, style.matrix_shade, _PALEST + (_DARKEST - _PALEST) * min(share, 1.0))
        cell = Rectangle((column, row), 1, 1, facecolor=face, edgecolor=style.district_edge)
        cell.set(linewidth=style.district_pt_width, zorder=Z["ground"], clip_on=False)
        cell.set_gid(f"{sides[row]}:{sides[column]}")
        ax.add_patch(cell)
        if area > _LEAST_KM2:
            _write_cell(ax, _fitted(area, px, ax, style), column + 0.5, row + 0.5, size_pt, style)
    left_px = (_NAME_MM if ax.get_label() == WHOLE else _SMALL_NAME_MM) / MM_PER_INCH * ax.figure.dpi
    for k, side in enumerate(sides):
        for corner, size in (((-2 * _BAND, k), (_BAND, 1)), ((k, -2 * _BAND), (1, _BAND))):
            ax.add_patch(paint(Rectangle(corner, *size, zorder=Z["ground"]), looks[side], style))
        font = font_of(style, size_pt)
        look: dict[str, Any] = {"size_pt": size_pt, "name": "side", "style": style, "path_effects": None}
        text = shortened(names[side], left_px - 6, ax.figure, font)
        write(ax, text, (-2 * _BAND, k + 0.5), (-3.0, 0.0), ha="right", va="center", **look)
        room_px = turned_mm / MM_PER_INCH * ax.figure.dpi if turned_mm else _FULL * px
        text = shortened(names[side], room_px, ax.figure, font)
        turned: dict[str, Any] = {"rotation": 90, "va": "bottom"} if turned_mm else {}
        write(ax, text, (k + 0.5, -2 * _BAND), (0.0, 2.5), ha="center", **turned, **look)


def _fitted(area: float, width_px: float, ax: Axes, style: MapStyle) -> str:
    """Write an area [km²]; where there is no room for it, in thousands."""
    text = number(area)
    room = text_width_px(text, font_of(style, style.legend_pt, weight="bold"), float(ax.figure.dpi))
    return text if room < _FULL * width_px else f"{area / 1000:,.0f}k"


def _write_cell(
    ax: Axes, text: str, x: float, y: float, size_pt: float, style: MapStyle, **more: Any
) -> None:
    look: dict[str, Any] = {"ha": "center", "va": "center", "path_effects": None, "style": style}
    write(ax, text, (x, y), (0.0, 0.0), size_pt=size_pt, name="km2", **look, **more)


def _write_sums(ax: Axes, km2: Floats, style: MapStyle) -> None:
    """Write what each side held before at the end of its row, and after under its column."""
    n = len(km2)
    ax.set(xlim=(-2 * _BAND, n + 1), ylim=(n + 1, -2 * _BAND))
    px = ax.get_window_extent().width / (n + 1 + 2 * _BAND)
    for k, (before, after) in enumerate(zip(km2.sum(axis=1), km2.sum(axis=0), strict=True)):
        before_, after_ = (_fitted(one, px, ax, style) for one in (before, after))
        _write_cell(ax, before_, n + 0.5, k + 0.5, style.legend_pt, style, weight="bold")
        _write_cell(ax, after_, k + 0.5, n + 0.5, style.legend_pt, style, weight="bold")
    look: dict[str, Any] = {
        "size_pt": style.legend_pt,
        "style": style,
        "path_effects": None,
        "weight": "bold",
    }
    write(ax, "before", (n + 0.5, -2 * _BAND), (0.0, 2.5), name="sum", ha="center", **look)
    write(ax, "after", (-2 * _BAND, n + 0.5), (-3.0, 0.0), name="sum", ha="right", va="center", **look)
