"""The legend: one entry for everything that a figure shows, and for nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from frontlines.names import CONTESTED, UNKNOWN
from frontlines.plot.artists import dash, dress
from frontlines.plot.style import AreaStyle, MapStyle, day

_PAIR = 2
Entry = tuple[str, Artist | tuple[Artist, ...]]


class Beside(tuple[Artist, ...]):
    """Artists that stand beside each other in one entry of a legend."""

    __slots__ = ()


def legend_entries(
    drawn: Collection[str],
    colours: Mapping[pd.Timestamp, str],
    side: str,
    sides: Mapping[str, str],
    *,
    oblast: str = "Former boundary",
    style: MapStyle,
) -> list[Entry]:
    """Return the entries of a legend."""
    return [
        *_front_entries(drawn, colours, style),
        *_ground_entries(drawn, side, sides, style),
        *_base_entries(drawn, oblast, style),
    ]


def _front_entries(
    drawn: Collection[str], colours: Mapping[pd.Timestamp, str], style: MapStyle
) -> list[Entry]:
    shown = {d: c for d, c in colours.items() if {f"front:{d:%Y-%m-%d}", f"shared:{d:%Y-%m-%d}"} & set(drawn)}
    out: list[Entry] = [
        (f"Front, {day(date)}", Line2D([], [], color=colour, linewidth=style.front_pt * 1.2))
        for date, colour in shown.items()
    ]
    if any(gid.startswith("shared:") for gid in drawn):
        out.append(
            (
                "Fronts of both dates" if len(shown) <= _PAIR else "Fronts of several dates",
                _shared(shown, style),
            )
        )
    bands = [c for d, c in colours.items() if f"band:{d:%Y-%m-%d}" in drawn]
    if bands:
        swatches = [Patch(facecolor=c, alpha=style.band_alpha * 1.7, linewidth=0) for c in bands]
        out.append(("± 1 sigma of the front's position", Beside(swatches)))
    return out


def _shared(colours: Mapping[pd.Timestamp, str], style: MapStyle) -> tuple[Artist, ...]:
    width = style.front_pt * 1.2
    out = []
    for rank, colour in enumerate(colours.values()):
        line = Line2D([], [], color=colour, linewidth=width, dash_capstyle="butt")
        if rank:
            line.set_linestyle(dash(width, style.dash_pt, style.dash_pt * rank))
        out.append(line)
    return tuple(out)


def _ground_entries(
    drawn: Collection[str], side: str, sides: Mapping[str, str], style: MapStyle
) -> list[Entry]:
    name = sides.get(side, side)
    rivals = sorted(sides.get(s, s) for s in sides if s not in (side, CONTESTED, UNKNOWN))
    other = rivals[0] if len(rivals) == 1 else "Other sides"
    told = {
        "gained": f"{name}: gained",
        "lost": f"{name}: lost",
        "held": f"{name}: held on both dates",
        "others": "Changed hands between other sides",
        "rest": f"{other}: held on both dates",
        UNKNOWN: "Not known on one of the dates",
    }
    out: list[Entry] = []
    for kind, text in told.items():
        if kind in drawn:
            swatch = dress(Patch(), getattr(style, kind), style)
            if kind in ("rest", UNKNOWN):
                swatch.set(linewidth=0.4, edgecolor=style.district_edge)
            out.append((text, swatch))
    if CONTESTED in drawn:
        out.append(
            (
                "Contested at the later date",
                dress(Patch(), AreaStyle(style.paper, style.contested_hatch, style.contested_ink), style),
            )
        )
    return out


def _base_entries(drawn: Collection[str], oblast: str, style: MapStyle) -> list[Entry]:
    def line(colour: str, width: float, **kwargs: object) -> Line2D:
        return Line2D([], [], color=colour, linewidth=width, **kwargs)  # type: ignore[arg-type]

    dashes = dash(style.oblast_pt_width, *style.oblast_dash)
    dot = Line2D(
        [],
        [],
        color="none",
        marker="o",
        markersize=style.town_pt_size * 1.2,
        markerfacecolor=style.ink,
        markeredgecolor=style.paper,
        markeredgewidth=0.3,
    )
    every: dict[str, Entry] = {
        "district": ("District boundary", line(style.district_edge, style.district_pt_width * 1.6)),
        "theatre": ("Limit of the study area", line(style.theatre_edge, style.theatre_pt_width)),
        "oblast": (oblast, line(style.oblast_edge, style.oblast_pt_width, linestyle=dashes)),
        "border": ("State border", line(style.country_edge, style.country_pt_width)),
        "town": ("Town or village", dot),
    }
    return [entry for gid, entry in every.items() if gid in drawn]
