"""How the maps look: colours, hatches, line widths and type, for any number of sides and dates.

Every class of ground is told apart twice, by colour and by hatch, so that a map survives a reader who is
colour blind and a printer that has black ink only. Sides take the colours of the palette in the order of
their names, unless the caller says otherwise or a side is called by a colour. Ground is in its side's colour
on maps, charts and in moving pictures: pale where nothing changed, dark where it changed hands.
"""

from __future__ import annotations

import colorsys
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from importlib import import_module
from types import MappingProxyType
from typing import Any, NamedTuple

import pandas as pd

from frontlines.arguments import checked
from frontlines.errors import FrontlinesError
from frontlines.names import CONTESTED, RESERVED, UNKNOWN

MIN_TYPE_PT = 6.0
MM_PER_INCH = 25.4
PT_PER_INCH = 72.0

_SIDE_HATCHES = (
    "",
    "////",
    "....",
    "\\\\\\\\",
    "----",
    "||||",
    "++++",
    "oooo",
    "////....",
    "\\\\\\\\----",
    "||||....",
)


class AreaStyle(NamedTuple):
    """How one class of ground is filled; a face of "" is the colour of the side that has the ground."""

    face: str
    hatch: str = ""
    ink: str = "#000000"


_GAINED, _LOST, _HELD = AreaStyle("", "//////"), AreaStyle("", "\\\\\\\\\\\\"), AreaStyle("")
_FIRST = AreaStyle("#F4B54A", "//////", "#6B3F00")
_SECOND = AreaStyle("#3F9C8F", "\\\\\\\\\\\\", "#052F2A")
_REST = AreaStyle("#FFFFFF")
_OTHERS = AreaStyle("", "||||")
_UNKNOWN = AreaStyle("#DDDDDD")
_NO_DATA = AreaStyle("#FFFFFF", "xxxxxx", "#B5B5B5")
_BARE = AreaStyle("#D0D0D0", "......", "#7A7A7A")  # no polygon covers it


def _no_sides() -> Mapping[str, str]:
    return MappingProxyType({})


@checked()
@dataclass(frozen=True, repr=False)
class MapStyle:
    """All choices of drawing in one frozen value; make another one with `dataclasses.replace`.

    Lengths that end in ``_mm`` are millimetres on paper, those in ``_pt`` points (1/72 inch). Colours are for
    sides; the fronts of two dates differ by tone and by their dashes: the earlier one is grey and dashed.

    Raises
    ------
    FrontlinesError
        If any type size is below 6 pt, or there are fewer than two colours for dates, or no palette.

    Examples
    --------
    >>> from dataclasses import replace
    >>> replace(MapStyle(), side_colours={"north": "#0072B2"}, title_pt=11.0)
    MapStyle(title_pt=11.0, side_colours={'north': '#0072B2'})
    """

    # the page
    width_mm: float = 180.0
    max_height_mm: float = 230.0
    margin_mm: float = 3.0
    gap_mm: float = 4.0
    dpi: float = 300.0

    # type
    font: str | tuple[str, ...] = "DejaVu Sans"  # several: those after the first for letters that it lacks
    title_pt: float = 9.5
    heading_pt: float = 7.0
    legend_pt: float = 6.3
    caption_pt: float = 6.0
    district_pt: float = 6.0
    town_pt: float = 6.2
    country_pt: float = 7.0
    scale_pt: float = 6.0
    halo_pt: float = 0.9

    # ground, seen from one side
    gained: AreaStyle = _GAINED
    lost: AreaStyle = _LOST
    held: AreaStyle = _HELD
    rest: AreaStyle = _REST
    others: AreaStyle = _OTHERS
    unknown: AreaStyle = _UNKNOWN

    # ground that only one of two sources gives to a side
    first: AreaStyle = _FIRST
    second: AreaStyle = _SECOND

    # ground of no side
    hole: AreaStyle = _NO_DATA
    bare: AreaStyle = _BARE
    contested_hatch: str = "xxxxx"
    contested_ink: str = "#4D4D4D"
    contested_face: str = "#F3EFE6"
    hatch_pt: float = 0.35

    # sides, in the order of their names: apart for every kind of colour vision, the first five most of all
    palette: tuple[str, ...] = (
        "#73CCFD", "#F4CF6A", "#C98879", "#AB8BAB", "#BAF0AC", "#668FDF", "#939F38", "#6B5848",
    )  # fmt: skip
    side_colours: Mapping[str, str] = field(default_factory=_no_sides)

    # ground that changed hands, where every side has its colour: stripes of the side before
    stripe_hatch: str = "////"
    stripe_pt: float = 1.5
    stripe_rim: str = "#1A1A1A"
    matrix_shade: str = "#4F6D8C"

    # fronts on maps, from the first date to the last, and the same dates on charts
    front_tones: tuple[str, ...] = ("#6A6A6A", "#111111")
    date_colours: tuple[str, ...] = ("#3B93DB", "#A50F20")
    front_pt: float = 1.25
    casing_pt: float = 0.7
    casing_colour: str = "#FFFFFF"
    dash_pt: float = 3.6
    band_alpha: float = 0.13
    band_steps: int = 3

    # the base map
    paper: str = "#FFFFFF"
    sea_face: str = "#DCEAF3"
    ink: str = "#1A1A1A"
    district_edge: str = "#8A8A8A"
    district_pt_width: float = 0.35
    district_text: str = "#5A5A5A"
    theatre_edge: str = "#333333"
    theatre_pt_width: float = 0.55
    country_face: str = "#F1EFEA"
    country_edge: str = "#A39C93"
    country_pt_width: float = 1.1
    country_text: str = "#7A7A7A"
    locator_face: str = "#4A4A4A"
    oblast_edge: str = "#3A3A3A"
    oblast_pt_width: float = 0.8
    oblast_dash: tuple[float, float] = (4.0, 2.2)
    town_pt_size: float = 2.2
    town_text: str = "#111111"
    frame_pt_width: float = 0.6
    zoom_pt_width: float = 0.9

    def __post_init__(self) -> None:
        """Refuse a style that a journal would send back."""
        sizes = {f.name: getattr(self, f.name) for f in fields(self) if f.name in _TYPE_SIZES}
        small = {name: size for name, size in sizes.items() if not size >= MIN_TYPE_PT}
        if small:
            named = ", ".join(f"{name} = {size:g}" for name, size in sorted(small.items()))
            raise FrontlinesError(
                f"type below {MIN_TYPE_PT:g} pt does not print ({named}): give at least {MIN_TYPE_PT:g}"
            )
        if min(len(self.front_tones), len(self.date_colours)) < 2 or not self.palette:  # noqa: PLR2004
            raise FrontlinesError(
                "front_tones and date_colours need two colours (first and last date), palette at least one"
            )

    def __repr__(self) -> str:
        """Show only what differs from the default style."""
        own = ((f.name, getattr(self, f.name)) for f in fields(self) if getattr(self, f.name) != _default(f))
        return f"MapStyle({', '.join(f'{name}={value!r}' for name, value in own)})"

    @property
    def fonts(self) -> tuple[str, ...]:
        """The fonts, those for letters that the first one lacks after it."""
        return (self.font,) if isinstance(self.font, str) else self.font

    def contested(self, face: str = "none") -> AreaStyle:
        """Return the fill of contested ground: its hatch over `face`."""
        return AreaStyle(face, self.contested_hatch, self.contested_ink)


def _default(one: Field[Any]) -> Any:
    return one.default if one.default_factory is MISSING else one.default_factory()


_TYPE_SIZES = frozenset(
    {"title_pt", "heading_pt", "legend_pt", "caption_pt", "district_pt", "town_pt", "country_pt", "scale_pt"}
)
DEFAULT_STYLE = MapStyle()


def rgb_of(colour: str) -> tuple[float, float, float]:
    """Split a colour into red, green and blue, 0 to 1; matplotlib knows those that are no #RRGGBB."""
    if re.fullmatch(r"#[0-9A-Fa-f]{6}", colour):
        red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        return red, green, blue
    split: tuple[float, float, float] = import_module("matplotlib.colors").to_rgb(colour)
    return split


def _hex_of(rgb: Iterable[float]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in rgb)


def mix(colour: str, other: str, weight: float) -> str:
    """Mix two colours: `weight` is the share of the other one, 0 to 1."""
    a, b = rgb_of(colour), rgb_of(other)
    red, green, blue = ((1 - weight) * x + weight * y for x, y in zip(a, b, strict=True))
    return _hex_of((red, green, blue))


_NAMED = {
    "red": "#E8705F", "reds": "#E8705F", "blue": "#6FA8E8", "blues": "#6FA8E8", "green": "#7BBF6A",
    "greens": "#7BBF6A", "yellow": "#F2D14F", "orange": "#F0A04B", "purple": "#A98BC9", "brown": "#A9805B",
    "white": "#F5F0E1", "whites": "#F5F0E1", "black": "#6E6E6E", "blacks": "#6E6E6E", "pink": "#F0A6C0",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")


def side_faces(sides: Iterable[str], style: MapStyle = DEFAULT_STYLE) -> dict[str, str]:
    """Give every side that is somebody its colour: its own, that of its name, or the next of the palette."""
    names = [name for name in sorted(set(sides)) if name not in (CONTESTED, UNKNOWN)]
    called = {
        name: [_NAMED[word] for word in _WORD.findall(name.lower()) if word in _NAMED] for name in names
    }
    named = {name: colours[0] for name, colours in called.items() if colours}
    if len(set(named.values())) < len(named):  # two sides of one colour: then the words tell nothing
        named = {}
    named |= {name: colour for name, colour in style.side_colours.items() if name in names}
    free = [name for name in names if name not in named] if named else names
    spare = [colour for colour in style.palette if all(_apart(colour, one) for one in named.values())]
    spare = spare or list(style.palette)
    return named | {name: spare[number % len(spare)] for number, name in enumerate(free)}


def _apart(colour: str, other: str) -> bool:
    """Whether a reader would not take two colours for one."""
    a, b = rgb_of(colour), rgb_of(other)
    return math.dist(a, b) > _NEAR


_NEAR = 0.3  # distance in RGB, of 1.7 from black to white


def side_styles(sides: Iterable[str], style: MapStyle = DEFAULT_STYLE) -> dict[str, AreaStyle]:
    """Give every side its fill: its colour, then hatches, in the order of the names."""
    names, faces = sorted(set(sides)), side_faces(sides, style)
    out: dict[str, AreaStyle] = {}
    for i, name in enumerate(name for name in names if name in faces):
        out[name] = AreaStyle(
            faces[name], _SIDE_HATCHES[i % len(_SIDE_HATCHES)], mix(faces[name], "#000000", 0.45)
        )
    if CONTESTED in names:
        out[CONTESTED] = style.contested(style.side_colours.get(CONTESTED, style.contested_face))
    if UNKNOWN in names:
        out[UNKNOWN] = style.unknown._replace(face=style.side_colours.get(UNKNOWN, style.unknown.face))
    return {name: out[name] for name in names}


def side_looks(sides: Iterable[str], style: MapStyle = DEFAULT_STYLE) -> dict[str, AreaStyle]:
    """Give sides the colours of `side_styles`, with a hatch only where a colour comes again."""
    looks, seen = side_styles(sides, style), dict[str, int]()
    for name in (name for name in looks if name not in (CONTESTED, UNKNOWN)):
        again = seen[looks[name].face] = seen.get(looks[name].face, -1) + 1
        looks[name] = looks[name]._replace(hatch=_SIDE_HATCHES[again % len(_SIDE_HATCHES)])
    return looks


_HATCH_INK = 0.55  # share of black in the hatch of ground that changed hands
_PALE = 0.4  # share of white in the tone of ground that a side keeps: colours stay as far apart as they are
_DARK, _FULL = 0.52, 0.6  # lightness and saturation (HLS) of ground that is new to a side, at most


def pale(colour: str) -> str:
    """Return the tone of a side's colour for ground that it held on both dates."""
    return mix(colour, "#FFFFFF", _PALE)


def dark(colour: str) -> str:
    """Return the tone of a side's colour for ground that is new to it."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*rgb_of(colour))
    return _hex_of(colorsys.hls_to_rgb(hue, min(lightness, _DARK), min(saturation, _FULL)))


class Seen(NamedTuple):
    """How ground is filled, seen from one side; `other` is the only other side, None if there are several."""

    gained: AreaStyle
    lost: AreaStyle
    held: AreaStyle
    other: str | None


def seen_from(side: str, style: MapStyle = DEFAULT_STYLE, sides: Iterable[str] = ()) -> Seen:
    """Give ground that a side gained and held its colour, and lost ground that of the other side.

    The sides are those of `side_colours` and `sides`. Where there are several others, lost ground is grey.
    """
    named = [one for one in style.side_colours if one not in (CONTESTED, UNKNOWN)]
    faces = {name: look.face for name, look in side_styles({side, *named, *sides}, style).items()}
    others = [one for one in faces if one not in (side, CONTESTED, UNKNOWN)]
    other = others[0] if len(others) == 1 else None
    lost = style.unknown.face if other is None else faces[other]
    gained, held = new_look(style.gained, faces[side]), style.held.face or pale(faces[side])
    return Seen(gained, new_look(style.lost, lost), style.held._replace(face=held), other)


def new_look(look: AreaStyle, face: str) -> AreaStyle:
    """Give ground that changed hands its look: the dark tone of a side's colour, unless it has its own."""
    face = dark(face)
    return look if look.face else look._replace(face=face, ink=mix(face, "#000000", _HATCH_INK))


def front_colours(dates: Iterable[Any], style: MapStyle = DEFAULT_STYLE) -> dict[pd.Timestamp, str]:
    """Give the front of every date its tone: the first one grey, the last one black, and between them."""
    days = sorted({pd.Timestamp(d) for d in dates if not pd.isna(d)})
    stops = style.front_tones
    out: dict[pd.Timestamp, str] = {}
    for i, day in enumerate(days):
        at = (len(stops) - 1) * (i / (len(days) - 1) if len(days) > 1 else 0.0)
        low = min(math.floor(at), len(stops) - 2)
        out[day] = mix(stops[low], stops[low + 1], at - low)
    return out


def kept_look(look: AreaStyle) -> AreaStyle:
    """Give ground that a side held on both dates its look."""
    return look._replace(face=pale(look.face))


def moved_look(
    looks: Mapping[str, AreaStyle], after: str, kind: str, style: MapStyle, *, striped: bool
) -> tuple[AreaStyle, MapStyle]:
    """Give ground that changed hands the dark tone of its side, and stripes: from whom, or which way.

    `kind` is the side before, whose pale tone the stripes have, or, not `striped`, the class of change. The
    style draws the hatch as broad as it should be.
    """
    if striped:
        face, ink = dark(looks[after].face), pale(looks[kind].face)
        return AreaStyle(face, style.stripe_hatch, ink), replace(style, hatch_pt=style.stripe_pt)
    known = {"gained": style.gained, "lost": style.lost, "others": style.others}
    return new_look(known.get(kind, AreaStyle("")), looks[after].face), style


def side_name(side: str, sides: Mapping[str, str]) -> str:
    """Return what to call a side on maps and charts."""
    return sides.get(side, side.capitalize() if side in RESERVED else side)
