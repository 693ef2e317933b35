"""The table on the map: net change where most ground changed hands, with its error."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from frontlines.plot import axes
from frontlines.plot.captions import shortened
from frontlines.plot.layout import Box
from frontlines.plot.lettering import clean, font_of, plain
from frontlines.plot.scene import ResultsLike
from frontlines.plot.style import MM_PER_INCH, PT_PER_INCH, MapStyle

_MOST = 6
_LINE = 1.5  # times the size of the type
_NET_AT, _NAME_ENDS = 0.62, 0.46  # shares of the width: where figures end, and names at the latest
_RULE, _RULE_PT = 0.78, 0.5  # where the line over the sum is, in lines above its feet, and its width
_NOTABLE_KM2 = 1e-6
_ABOUT = "~ about: a border or corner is within reach of the error"


class Row(NamedTuple):
    """A line of the table, in words."""

    name: str
    net: str
    interval: str


def rows_of(results: ResultsLike) -> list[Row]:
    """Write the table of a study.

    Parameters
    ----------
    results
        Results of a study.

    Returns
    -------
    rows
        Heading, the districts where most ground changed hands (six at the most, the others as one row),
        and all districts together; empty if nothing changed hands.

    Examples
    --------
    >>> import frontlines as fl
    >>> rows_of(fl.run_study(fl.load("karabakh-1994")))[1].name
    'Tərtər'
    """
    turnover = results.balance["gained_km2"] + results.balance["lost_km2"]
    order = turnover[turnover > _NOTABLE_KM2].sort_values(ascending=False, kind="stable").index
    moved = results.balance.loc[order]
    if moved.empty:
        return []
    interval = "" if results.errors is None else f"{results.errors.level:.0%} interval"
    rest = moved.iloc[_MOST:]
    others = [Row(f"{len(rest)} more", _km2(rest["net_km2"].sum()), "")] if len(rest) else []
    shown = pd.concat([moved.head(_MOST), results.total.assign(district="all districts")])
    *districts, total = [_row(row) for row in shown.to_dict("records")]
    side = results.study.sides.get(results.study.side, results.study.side)
    return [Row(f"{clean(side)}: net, km²", "", interval), *districts, *others, total]


def _row(row: dict[Any, Any]) -> Row:
    low, high = row.get("net_low_km2"), row.get("net_high_km2")
    interval = ""
    if isinstance(low, float) and isinstance(high, float) and np.isfinite([low, high]).all():
        about, scale = "~ " if row.get("trust") == "no" else "", max(abs(low), abs(high))
        interval = f"{about}{_km2(low, scale)} to {_km2(high, scale)}"
    return Row(clean(row["district"]), _km2(row["net_km2"]), interval)


def _km2(value: Any, scale: float = 0.0) -> str:
    return axes.number(float(value), sign=True, scale=scale)


def table_mm(rows: list[Row], style: MapStyle) -> float:
    """Give the height of a table.

    Parameters
    ----------
    rows
        From `rows_of`.
    style
        The style.

    Returns
    -------
    height
        On paper [mm].
    """
    return len(_lines(rows)) * _line_mm(style) if rows else 0.0


def draw_table(figure: Figure, rows: list[Row], box: Box, page_mm: float, style: MapStyle) -> None:
    """Write a table into a box of the page; nothing in it is interpreted.

    Parameters
    ----------
    figure
        The page.
    rows
        From `rows_of`.
    box
        Where to [mm].
    page_mm
        Height of the page [mm].
    style
        The style.
    """
    for number, row in enumerate(_lines(rows)):
        y = 1 - (box.top + (number + 0.8) * _line_mm(style)) / page_mm
        weight = "bold" if row in (rows[0], rows[-1]) else "normal"
        share = _NAME_ENDS if row.net else _NET_AT if row.interval else 1.0
        room = share * box.width / MM_PER_INCH * figure.dpi
        name = shortened(row.name, room, figure, font_of(style, style.legend_pt, weight=weight))
        places = ((0.0, "left", name), (_NET_AT, "right", row.net), (1.0, "right", row.interval))
        for share, align, words in places:
            x = (box.left + share * box.width) / style.width_mm
            look = plain(style, style.legend_pt, weight=weight)
            figure.text(x, y, words, ha=align, va="baseline", gid="table", **look)
        if row is rows[-1]:
            over = y + _RULE * _line_mm(style) / page_mm
            ends = [box.left / style.width_mm, (box.left + box.width) / style.width_mm]
            figure.add_artist(Line2D(ends, [over, over], color=style.ink, linewidth=_RULE_PT, gid="table"))


def _lines(rows: list[Row]) -> list[Row]:
    """Add what must be said of the rows."""
    return [*rows, Row(_ABOUT, "", "")] if any(row.interval.startswith("~") for row in rows) else rows


def _line_mm(style: MapStyle) -> float:
    return _LINE * style.legend_pt * MM_PER_INCH / PT_PER_INCH
