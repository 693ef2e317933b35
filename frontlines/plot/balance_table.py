"""The table on a map: net change of districts or sides, in one unit and with one number of decimals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
from matplotlib.lines import Line2D

from frontlines.names import KM2, WHOLE, AreaUnit, area_unit, counted, of_seen_sides, unit_of
from frontlines.plot.artists import View, areas
from frontlines.plot.map_layers import change_classes
from frontlines.plot.page import Box, FigurePage
from frontlines.plot.scene import ResultsLike, Scene, seen_beside_fronts
from frontlines.plot.style import MM_PER_INCH, PT_PER_INCH, MapStyle, side_name
from frontlines.plot.text import font_of, shortened, text_width_px
from frontlines.plot.words import clean, led

MOST_ROWS, MORE_ROWS = 8, 20
"""Rows of districts that a table has, and those it has at most where the page has room beside it."""

_MOST_SIDES = 9  # in a table: more sides than these are not all named
_SEEN_PT = 1.5  # a patch of changed ground smaller than such a square (0.5 mm) is not seen
_LINE = 1.5  # times the size of the type
_GAP_MM = 2.0  # between columns
_RULE, _RULE_PT = 0.78, 0.5  # where the line over the sum is, in lines above its feet, and its width
_ABOUT = "~ about: a border or corner is within reach of the error"


class Row(NamedTuple):
    """A line of the table, in words: name, net change, and its interval."""

    name: str
    net: str
    interval: str


def tables_of(results: ResultsLike) -> Callable[[int], list[Row]]:
    """Write the table of a study, as the terminal orders it: districts with most change, the rest, sum.

    What is returned gives the table with so many districts at most.
    """
    if len(results.study.followed) > 1:
        rows = _rows_of_sides(results)
        return lambda _most: rows
    unit, balance = unit_of(results.totals), results.balance
    largest_km2 = balance[["gained_km2", "lost_km2"]].max(axis=1)
    seen, changed = largest_km2 >= 0.5 * 10**-unit.digits * unit.km2, int((largest_km2 > 0).sum())
    turnover = (balance["gained_km2"] + balance["lost_km2"])[seen].sort_values(ascending=False, kind="stable")
    if turnover.empty:
        return lambda _most: []
    side = side_name(results.study.followed[0], results.study.sides)
    head = Row(f"{led(clean(side))}: net, {unit.name}", "", _interval(results))
    (total,) = _written(results.totals.assign(district=WHOLE), unit)
    largest, net_km2 = balance.loc[turnover.index[: MORE_ROWS + 1]], balance["net_km2"]
    written = pd.Series(_written(largest, unit), largest.index, dtype=object)

    def table(most: int) -> list[Row]:
        named = turnover.index[: most if len(turnover) > most + 1 else len(turnover)]
        shown = net_km2[named].sort_values(ascending=False, kind="stable")
        rest = changed - len(named) if len(named) < len(turnover) else 0  # as many as the terminal lists
        others = [Row(f"{rest} more", unit.write(net_km2.drop(named).sum(), sign=True), "")] if rest else []
        return [head, *written[shown.index], *others, total]

    return table


def _rows_of_sides(results: ResultsLike) -> list[Row]:
    """Write the table of several sides, and the ground that changed hands between any of them."""
    total = of_seen_sides(results.totals)
    names = total["side"].map(lambda side: side_name(side, results.study.sides))
    turnover = (total["gained_km2"] + total["lost_km2"]).sort_values(ascending=False, kind="stable")
    if len(total) > _MOST_SIDES:
        unit = unit_of(total)
        turnover = turnover[turnover >= 0.5 * 10**-unit.digits * unit.km2][:MOST_ROWS]
    shown = sorted(turnover.index)
    moved = results.change[(results.change["side_from"] != results.change["side_to"]).to_numpy()]
    moved_km2, unit = float(moved.area.sum()) / KM2, unit_of(total)
    rows = _written(total.assign(district=names).loc[shown], unit)
    rows += [Row(counted(len(total) - len(shown), "more side"), "", "")] if len(shown) < len(total) else []
    changed = Row("Changed hands", unit.write(moved_km2), "")
    return [Row(f"Net by side, {unit.name}", "", _interval(results)), *rows, changed]


def held_texts(results: ResultsLike) -> dict[str, str]:
    """Write of each side what it held on either date, for a legend."""
    total, study = results.totals, results.study
    held = {side: led(clean(side_name(side, study.sides))) for side in study.every_side}
    unit = area_unit(float(total[["before_km2", "after_km2"]].to_numpy().max()))
    for side, *km2 in zip(total["side"], total["before_km2"], total["after_km2"], strict=True):
        before, after = map(unit.write, km2)
        held[side] = f"{led(clean(side_name(side, study.sides)))}: {before} → {after} {unit.name}"
    return held


def unseen_texts(scene: Scene, views: list[tuple[View, float]]) -> dict[str, str]:
    """Write of each class of changed ground how much it is, if all is too small in every view [m/pt]."""
    change, side, found = scene.results.change, scene.study.followed[0], dict[str, str]()
    classes = change_classes(change, side)
    for kind in {*classes} - {"held", "rest"}:
        pieces, seen_pt2 = areas(change.geometry[classes == kind]), 0.0
        for view, m_per_pt in views:
            near = pieces[shapely.intersects(pieces, view.box())]
            beside = seen_beside_fronts(near, 1 / m_per_pt, scene.style)
            seen_pt2 = max([seen_pt2, *(shapely.area(near) * beside / m_per_pt**2)])
        if seen_pt2 < _SEEN_PT**2:
            km2 = float(shapely.area(pieces).sum()) / KM2
            found[kind] = area_unit(km2).said(km2)
    return found


def _interval(results: ResultsLike) -> str:
    """Name the column of intervals; "" without errors."""
    return "" if results.errors is None else f"{results.errors.level:.0%} interval"


def _written(table: pd.DataFrame, unit: AreaUnit) -> list[Row]:
    """Write the rows of a table of change."""
    return [_row(row, unit) for row in table.to_dict("records")]


def _row(row: dict[Any, Any], unit: AreaUnit) -> Row:
    low, high = row.get("net_low_km2"), row.get("net_high_km2")
    interval = ""
    if isinstance(low, float) and isinstance(high, float) and np.isfinite([low, high]).all():
        about = "~ " if row.get("trust") == "no" else ""
        interval = f"{about}{unit.write(low, sign=True)} to {unit.write(high, sign=True)}"
    return Row(clean(row["district"]), unit.write(float(row["net_km2"]), sign=True), interval)


def table_mm(rows: list[Row], style: MapStyle) -> float:
    """Return the height of a table [mm]."""
    return len(_lines(rows)) * _line_mm(style) if rows else 0.0


def draw_table(page: FigurePage, rows: list[Row], box: Box) -> None:
    """Write a table into a box of the page; nothing in it is interpreted. The page has its last height.

    Columns are as wide as what stands in them; names that find no room are cut.
    """
    style, figure, size_pt = page.style, page.figure, page.style.legend_pt
    px_mm, weights = MM_PER_INCH / figure.dpi, ["bold", *["normal"] * (len(rows) - 2), "bold"]

    def wide(column: int) -> float:
        words = [(row[column], weight) for row, weight in zip(rows, weights, strict=True)]
        return px_mm * max(
            text_width_px(word, font_of(style, size_pt, weight=weight), figure.dpi) for word, weight in words
        )

    net, interval = wide(1), wide(2)
    ends = box.width - (interval + _GAP_MM if interval else 0.0)
    if not interval:
        ends = min(ends, wide(0) + 2 * _GAP_MM + net)
    width = box.width if interval else ends
    for number, row in enumerate(_lines(rows)):
        foot_mm = box.top + (number + 0.8) * _line_mm(style)
        weight = "bold" if row in (rows[0], rows[-1]) else "normal"
        room_mm = ends - net - _GAP_MM if row.net else width - (interval + _GAP_MM if row.interval else 0.0)
        room_mm = box.width if row.name == _ABOUT or (row is rows[0] and not interval) else room_mm
        name = shortened(row.name, room_mm / px_mm, figure, font_of(style, size_pt, weight=weight))
        for at, ha, words in ((0.0, "left", name), (ends, "right", row.net), (width, "right", row.interval)):
            page.write(words, box.left + at, foot_mm, size_pt=size_pt, name="table", weight=weight, ha=ha)
        if row is rows[-1]:
            over = 1 - (foot_mm - _RULE * _line_mm(style)) / page.height_mm
            rule = [box.left / style.width_mm, (box.left + width) / style.width_mm]
            figure.add_artist(Line2D(rule, [over, over], color=style.ink, linewidth=_RULE_PT, gid="table"))


def _lines(rows: list[Row]) -> list[Row]:
    """Add what must be said of the rows."""
    return [*rows, Row(_ABOUT, "", "")] if any(row.interval.startswith("~") for row in rows) else rows


def _line_mm(style: MapStyle) -> float:
    return _LINE * style.legend_pt * MM_PER_INCH / PT_PER_INCH
