"""Styles for QGIS, by which it draws a run's layers in the colours of the map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import numpy as np
import pandas as pd

from frontlines.names import AreaUnit, unit_of
from frontlines.plot.style import (
    DEFAULT_STYLE,
    MapStyle,
    dark,
    front_colours,
    kept_look,
    mix,
    seen_from,
    side_looks,
    side_name,
)
from frontlines.plot.words import clean, day, number
from frontlines.study.study import style_of

if TYPE_CHECKING:
    from frontlines.study import AgreementResults, MovementResults, Results

STYLES = "layer_styles"
"""The table of a GeoPackage in which QGIS looks for styles."""

_HEAD = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_CLASSES, _NICE = (0.25, 0.5, 1.0), (1, 2, 4, 10)  # shades of each way; the ends of the scale
_RIM = {"outline_color": "138,138,138,255", "outline_width": "0.1", "outline_width_unit": "MM"}
_LINE = {"line_width": "0.5", "line_width_unit": "MM", "joinstyle": "round"}
_SYMBOLS: dict[str, tuple[str, int, str, dict[str, str]]] = {  # class, geometry, key of the colour, look
    "fill": ("SimpleFill", 2, "color", {"style": "solid"} | _RIM),
    "line": ("SimpleLine", 1, "line_color", _LINE),
}


class Rule(NamedTuple):
    """Rows for which an expression holds, how they are called, and drawn; or rules of such rows."""

    where: str
    label: str
    colour: str = ""
    dashed: bool = False
    shown: bool = True
    inner: tuple[Rule, ...] = ()


def styles_of(answer: Any, style: MapStyle = DEFAULT_STYLE) -> dict[str, str]:
    """Write the style of each layer of an answer, by the layer's name."""
    known: dict[str, Any] = {"change": _of_change, "agreement": _of_agreement, "movement": _of_movement}
    if answer.kind not in known:
        return {}
    looks = {**style_of(answer).side_colours, **style.side_colours}
    written: dict[str, str] = known[answer.kind](answer, replace(style, side_colours=looks))
    return written


def styles_table(styles: Mapping[str, str]) -> pd.DataFrame:
    """Return styles as the table in which QGIS looks for them when it opens a GeoPackage."""
    names = list(styles)
    return pd.DataFrame(
        {
            "f_table_catalog": "", "f_table_schema": "", "f_table_name": names, "f_geometry_column": "geom",
            "styleName": names, "styleQML": list(styles.values()), "styleSLD": "", "useAsDefault": True,
            "description": "", "owner": "", "ui": "", "update_time": "",
        }
    )  # fmt: skip


def _of_change(results: Results, style: MapStyle) -> dict[str, str]:
    return {
        "change": _written(_change_rules(results, style), "fill"),
        "districts": _written(_district_rules(results, style), "fill"),
        "frontlines": _written(_front_rules(results, style), "line"),
    }


def _change_rules(results: Results, style: MapStyle) -> Iterator[Rule]:
    """Draw ground that changed hands in the colour of the side that has it now, other ground pale."""
    change, called = results.change, results.study.sides
    looks = side_looks([*change["side_from"], *change["side_to"], *results.study.every_side], style)
    pairs = change[["side_from", "side_to"]].drop_duplicates().sort_values(["side_from", "side_to"])
    for before, after in pairs.itertuples(index=False):
        where = f'"side_from" = {_text(before)} AND "side_to" = {_text(after)}'
        names = [clean(side_name(side, called)) for side in (before, after)]
        if before == after:
            yield Rule(where, f"{names[1]}: on both dates", kept_look(looks[after]).face)
        else:
            yield Rule(where, f"{names[0]} to {names[1]}", dark(looks[after].face))


def _district_rules(results: Results, style: MapStyle) -> Iterator[Rule]:
    """Draw net change of a side by district; of several sides the first one, the others to be ticked."""
    balance, sides = results.balance, list(dict.fromkeys(results.balance["side"]))
    top, unit = _nice(float(balance["net_km2"].abs().max())), unit_of(results.totals)
    for side in sides:
        inner = tuple(_net_rules(top, unit, side, style))
        name = f"{clean(side_name(side, results.study.sides))}: net change, {unit.name}"
        yield Rule(f'"side" = {_text(side)}', name, shown=side == sides[0], inner=inner)


def _net_rules(top: float, unit: AreaUnit, side: str, style: MapStyle) -> Iterator[Rule]:
    """Shade net change, the darker the more, on one scale for both ways."""
    ends = [0.0, *(share * top for share in _CLASSES)]
    seen = seen_from(side, style)
    for sign, face in ((1, seen.gained.face), (-1, seen.lost.face)):
        for low, high, share in reversed(list(zip(ends, ends[1:], _CLASSES, strict=False))):
            where = f'{sign} * "net_km2" > {low:g} AND {sign} * "net_km2" <= {high:g}'
            label = " to ".join(number(sign * end / unit.km2, sign=True) for end in (low, high))
            yield Rule(where, label, mix(style.paper, face, 0.3 + 0.7 * share))
    yield Rule('"net_km2" = 0', "no change", style.rest.face)


def _nice(value: float) -> float:
    """Return a round number that is no smaller."""
    power = 10.0 ** np.floor(np.log10(value)) if value > 0 else 1.0
    return float(next(n * power for n in _NICE if n * power >= value))


def _front_rules(results: Results, style: MapStyle) -> Iterator[Rule]:
    colours = front_colours(results.frontlines["date"], style)
    for date, colour in colours.items():
        where = f"to_date(\"date\") = to_date('{date:%Y-%m-%d}')"
        yield Rule(where, f"Front, {day(date)}", colour, dashed=date != max(colours))


def _of_agreement(results: AgreementResults, style: MapStyle) -> dict[str, str]:
    first, second = (clean(name) for name in results.names)
    side = clean(results.sides.get(results.side, results.side))
    kinds = {
        "only_first": (f"{side} by {first} only", style.first.face),
        "only_second": (f"{side} by {second} only", style.second.face),
        "both": (f"{side} by both", seen_from(results.side, style).held.face),
        "neither": ("By neither", style.rest.face),
    }
    rules = [Rule(f'"kind" = {_text(kind)}', label, colour) for kind, (label, colour) in kinds.items()]
    return {"agreement": _written(rules, "fill")}


def _of_movement(movement: MovementResults, style: MapStyle) -> dict[str, str]:
    seen = seen_from(movement.results.study.one_side, style)
    rules = [
        Rule('"nsm_m" > 0', "advance", seen.gained.face),
        Rule('"nsm_m" < 0', "retreat", seen.lost.face),
        Rule('"nsm_m" = 0', "no movement", style.ink),
        Rule('"nsm_m" IS NULL', "no figure", mix(style.ink, style.paper, 0.6), dashed=True),
    ]
    return {"transects": _written(rules, "line")}


def _text(value: object) -> str:
    """Write a text in an expression of QGIS."""
    return "'" + clean(value).replace("\\", "\\\\").replace("'", "''") + "'"


def _rgb(colour: str) -> str:
    return ",".join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5)) + ",255"


def _written(rules: Iterable[Rule], kind: str) -> str:
    """Write rules as a style of areas ("fill") or lines; a rule with a colour has a symbol."""
    layer, geometry, coloured, look = _SYMBOLS[kind]
    root = Element("qgis", version="3.22", styleCategories="Symbology")
    drawn = SubElement(root, "renderer-v2", type="RuleRenderer")
    tree, symbols = SubElement(drawn, "rules", key="root"), SubElement(drawn, "symbols")

    def put(rule: Rule, above: Element, key: str) -> None:
        one = SubElement(above, "rule", key=key, filter=rule.where, label=rule.label)
        if not rule.shown:
            one.set("checkstate", "0")
        if rule.colour:
            one.set("symbol", str(len(symbols)))
            symbol = SubElement(symbols, "symbol", type=kind, name=str(len(symbols)), alpha="1")
            part = SubElement(symbol, "layer", {"class": layer}, enabled="1", locked="0")
            options = SubElement(part, "Option", type="Map")
            own = look | {coloured: _rgb(rule.colour)} | ({"line_style": "dash"} if rule.dashed else {})
            for name, value in own.items():
                SubElement(options, "Option", type="QString", name=name, value=value)
        for n, inner in enumerate(rule.inner):
            put(inner, one, f"{key}-{n}")

    for n, rule in enumerate(rules):
        put(rule, tree, str(n))
    SubElement(root, "layerGeometryType").text = str(geometry)
    indent(root)
    return _HEAD + tostring(root, encoding="unicode") + "\n"
