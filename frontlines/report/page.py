"""One page that stands alone: words, data, style and scripts in one HTML file that asks no server."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from frontlines.arguments import checked
from frontlines.datasets.natural_earth import FINEST_M, credit_of, neighbours, states_known
from frontlines.errors import SourceError
from frontlines.names import CONTESTED, UNKNOWN, of_seen_sides, shown_unit
from frontlines.plot.style import (
    DEFAULT_STYLE,
    AreaStyle,
    MapStyle,
    kept_look,
    moved_look,
    seen_from,
    side_looks,
    side_name,
)
from frontlines.plot.words import clean
from frontlines.report import words
from frontlines.report.folder import TABLES, Folder, read_folder, refusing
from frontlines.report.topology import home_of, seen_about, with_context
from frontlines.sources.formats import plain_cell
from frontlines.sources.writing import whole_or_not

PAGE = "report.html"
"""Name of a page in the folder of its run."""

_MOST_LISTED = 8  # sources that stand on a page unfolded
_WIDER = 1.06  # than its ground: a map of a run
_HERE = Path(__file__).parent
_LIBRARIES = (
    "d3-array", "d3-color", "d3-dispatch", "d3-ease", "d3-format", "d3-selection", "d3-time", "d3-timer",
    "d3-interpolate", "d3-drag", "d3-time-format", "d3-scale", "d3-axis", "d3-transition", "d3-zoom",
    "topojson-client",
)  # fmt: skip
"""Each comes after those that it needs."""
_SCRIPTS = ("data", "map", "chart", "table", "main")

_KEPT = re.compile(
    r"((before|after|gained|lost|net)(_low|_high)?|contested_(before|after)|both|only_first|only_second|neither"
    r"|district)_km2|trust|iou|ratio"
)
"""Columns that a page shows."""

_DAYS = ("date_from", "date_to", "period_end")


@checked()
def write_page(folder: str | Path, path: str | Path) -> None:
    """Make one self-contained HTML page of a run of `frontlines run`, `change`, `series` or `compare`.

    Parameters
    ----------
    folder
        The folder that the run wrote.
    path
        Where to; a file that is there is replaced.

    Raises
    ------
    SourceError
        If the folder holds no such run, a file of it was changed after the run, or `path` cannot be written.

    Examples
    --------
    >>> write_page("nowhere", "page.html")
    Traceback (most recent call last):
    ...
    frontlines.errors.SourceError: nowhere is no folder: pass the folder of a run, its --out
    """
    run = read_folder(Path(folder))
    with refusing(Path(folder)):
        text = _page(run)
    with whole_or_not(Path(path)) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _page(run: Folder) -> str:
    """Put together style, words, data and scripts."""
    figures, sources = figures_of(run), words.sources(run)
    if (around := _surroundings(run)) is not None:
        run = replace(run, ground=with_context(run.ground, *around))
        sources = [*sources, credit_of(around[1])]
    said, more = words.headline(run, figures.total, shown_unit(figures.total))
    style, code = (_tones() + _asset("page.css"), "\n".join(_asset(f"script/{name}.js") for name in _SCRIPTS))
    library = "\n".join(_asset(f"vendor/{name}.min.js").strip() for name in _LIBRARIES)
    files = (
        [str(one.get(name, "")) for name in ("role", "name", "sha256")] for one in run.manifest["inputs"]
    )
    parts = {
        "title": _shown(run.ground["run"]["title"]),
        "headline": _shown(said),
        "more": _shown(more),
        "limits": "".join(
            f"<dt>{_shown(what)}</dt><dd>{_shown(text)}</dd>" for what, text in words.limits(run)
        ),
        "sources": _folded(sources),
        "licences": _each("li", words.licences(run)),
        "method": _shown(words.method(run)),
        "files": "".join(f"<tr>{_each('td', cells)}</tr>" for cells in files),
        "version": _shown(run.manifest["versions"]["frontlines"]),
        "notices": escape(_asset("vendor/LICENSES").strip(), quote=False),
        "policy": _policy(scripts=[library, code], style=style),
        "data": json.dumps(
            _data(run, figures), ensure_ascii=False, separators=(",", ":"), allow_nan=False
        ).replace("<", "\\u003c"),  # nothing in the data ends their element
        "style": style,
        "library": library,
        "code": code,
    }
    return Template(_asset("page.html")).substitute(parts)


def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _shown(text: Any) -> str:
    """Write text so that it is shown as it is."""
    return escape(clean(text))


def _each(element: str, texts: Iterable[str]) -> str:
    return "".join(f"<{element}>{_shown(text)}</{element}>" for text in texts)


def _folded(texts: list[str]) -> str:
    """Write a list; of a long one the first and the last, and all of them where a reader opens it."""
    if len(texts) <= _MOST_LISTED:
        return _each("li", texts)
    span = _shown(f"{len(texts)}: {texts[0]} … {texts[-1]}")
    return f'<li><details><summary>{span}</summary><ul class="notes">{_each("li", texts)}</ul></details></li>'


def _policy(*, scripts: Iterable[str], style: str) -> str:
    """Allow the scripts and the style of the page, by their checksums, and no request to anybody."""
    script, own = (
        " ".join(
            f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts
        )
        for texts in (scripts, [style])
    )
    return f"default-src 'none'; script-src {script}; style-src {own}; base-uri 'none'; form-action 'none'"


def _data(run: Folder, figures: Figures) -> dict[str, Any]:
    """Gather what the scripts draw from."""
    about = run.ground["run"]
    steps = figures.steps.astype(object).to_dict("records")
    return {
        "kind": run.kind,
        "unit": shown_unit(figures.total)._asdict(),
        "level": run.manifest.get("errors", {}).get("level"),
        "names": [clean(name) for name in run.manifest.get("names", ())],
        "sides": [
            {"id": side, "name": clean(side_name(side, about["sides"]))} for side in run.ground["sides"]
        ],
        "followed": list(figures.of_side),
        "others": {side: _other(run, side) for side in figures.of_side},
        "looks": _looks(run),
        "states": about["states"],
        "steps": [
            {str(name): cell if isinstance(cell, str) else bool(cell) for name, cell in one.items()}
            for one in steps
        ],
        "districts": about["districts"],
        "labels": [clean(label) for label in about["labels"]],
        "figures": figures.of_side,
        "withheld": words.WITHHELD,
        "uncounted": bool(run.manifest.get("no_district")),
        "places": settlements_of(run),
        "topology": {name: run.ground[name] for name in ("type", "transform", "objects", "arcs")},
    }


def _style(run: Folder) -> MapStyle:
    """Give the style in which the maps of a run are drawn."""
    return replace(DEFAULT_STYLE, side_colours=run.manifest["colours"])


def _looks(run: Folder) -> dict[str, AreaStyle]:
    """Give every kind of ground its fill, by its kind and the numbers of sides; -1 is unknown."""
    style, numbers = _style(run), {UNKNOWN: -1} | {side: n for n, side in enumerate(run.ground["sides"])}
    looks, found = side_looks([*style.side_colours, *numbers], style), dict[str, AreaStyle]()
    for after, now in numbers.items():
        found |= {f"side-{now}": kept_look(looks[after]), f"line-{now}": looks[after]}
        over = style.contested_hatch if after == CONTESTED else ""
        for kind in ("gained", "lost", "others", "unknown"):
            look, _ = moved_look(looks, after, kind, style, striped=False)
            found[f"{kind}-{now}"] = look._replace(hatch=look.hatch + over)
        for before, was in numbers.items():
            look, _ = moved_look(looks, after, before, style, striped=True)
            found[f"from-{was}-to-{now}"] = look._replace(hatch="striped")
    return found | {"first": style.first, "second": style.second, "no-district": style.hole}


def _other(run: Folder, side: str) -> int | None:
    """Find the number of the only other side, in whose colour lost ground is; None if there are several."""
    other, sides = seen_from(side, _style(run)).other, run.ground["sides"]
    return sides.index(other) if other in sides else None


def _surroundings(run: Folder) -> tuple[Any, gpd.GeoDataFrame] | None:
    """Give the ground of a run, and what its pictures draw about that; a page asks nobody for tiles."""
    home = None if run.manifest["around"] == "none" else home_of(run.ground)
    if (
        home is None
        or _WIDER * np.ptp(np.reshape(home.bounds, (2, 2)), axis=0).max() <= FINEST_M * DEFAULT_STYLE.width_mm
    ):
        return None
    states = not run.ground["objects"]["context"]["geometries"] and states_known(run.ground["run"]["states"])
    crs = pyproj.CRS.from_wkt(run.manifest["projection"]["wkt"])
    return home, neighbours(crs, seen_about(home), states=states)


def _tones() -> str:
    """Write tones of the pictures as custom properties of CSS; fronts on dark paper are as far from it."""
    style = DEFAULT_STYLE
    tones = [style.front_tones[0], style.front_tones[-1]]
    far = [f"#{0xFFFFFF - int(tone[1:], 16):06x}" for tone in tones]
    light, dark = (f"--first: {first}; --now: {now};" for first, now in (tones, far))
    land = f"--sea: {style.sea_face}; --abroad: {style.country_face}; --country: {style.country_edge};"
    on_dark = f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"
    return f":root {{ {light} {land} }}\n{on_dark}\n"


# --- the tables of the run: a column as changes from step to step, to the last digit

Runs = list[Any]
"""A step, the value from there on, the next step at which it changes, and so on."""


@dataclass(frozen=True)
class Figures:
    """Figures by side, column and district, the whole last; steps in order, and all districts together."""

    steps: pd.DataFrame
    of_side: dict[str, dict[str, list[Runs]]]
    total: pd.DataFrame


def figures_of(run: Folder) -> Figures:
    """Arrange the tables of a run by side, column and district."""
    districts, total = _tables(run)
    days = [name for name in _DAYS if name in total]
    steps = total.drop_duplicates(days)[[*days, *(n for n in ("same_input", "suspect") if n in total)]]
    named = {plain_cell(name): place for place, name in enumerate(run.ground["run"]["districts"])}
    number, n_places = pd.MultiIndex.from_frame(steps[days]), len(named) + 1
    at, at_total = (number.get_indexer(pd.MultiIndex.from_frame(one[days])) for one in (districts, total))
    place = np.array([named[plain_cell(name)] for name in districts["district"]], dtype=np.int64)
    cells = np.append(at * n_places + place, at_total * n_places + len(named))
    kept = [str(name) for name in total if _KEPT.fullmatch(str(name)) and name in districts]
    joined = pd.concat([districts[["side", *kept]], total[["side", *kept]]]).reset_index(drop=True)
    found = {}
    for side, rows in joined.groupby("side", sort=False):
        order = np.argsort(cells[rows.index])
        if not np.array_equal(cells[rows.index][order], np.arange(len(steps) * n_places)):
            raise SourceError(
                f"the tables do not have one row for each step and district of {side}: run the command again"
            )
        columns = {name: rows[name].to_numpy()[order].reshape(len(steps), n_places) for name in kept}
        found[str(side)] = {name: _runs(column) for name, column in columns.items()}
    return Figures(steps, found, total)


def _tables(run: Folder) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the table of districts of a run, and the one of all districts together."""
    if run.kind == "agreement":
        table = run.tables["agreement"].rename(columns={"date": "date_to"})
        last = ~table["date_to"].duplicated(keep="last")  # of each day: all districts
        return table[~last], table[last]
    own, total = run.tables[TABLES[run.kind][0].partition(".")[0]], of_seen_sides(run.tables["totals"])
    own = own[own["side"].isin(total["side"])]
    whole_km2 = own.drop_duplicates("district")["district_km2"].sum()
    return own, total.assign(district_km2=whole_km2)


def _runs(table: Any) -> list[Runs]:
    """Write each column of a table as the steps at which it changes, and its value from there on."""
    known = pd.notna(table)
    differs = (table[1:] != table[:-1]) & (known[1:] | known[:-1])
    places = [(0, *(np.flatnonzero(changes) + 1).tolist()) for changes in differs.T]
    return [
        [cell for step in steps for cell in (step, _plain(column[step]))]
        for column, steps in zip(table.T, places, strict=True)
    ]


def _plain(value: Any) -> Any:
    """Give a value to JSON: whole numbers without a point, text as it is."""
    if isinstance(value, str) or pd.isna(value):
        return value if isinstance(value, str) else None
    return int(value) if float(value).is_integer() else float(value)


def settlements_of(run: Folder) -> list[dict[str, Any]]:
    """List the places that changed hands, in the order of their table, with the number of their row."""
    table = run.tables.get("settlements", pd.DataFrame({"changed": []}))
    rows = table[table["changed"].astype(str) == "True"].reset_index(names="row")
    names = ["row", "name", "district", "date_from", "date_to", "side_from", "side_to", "unsure"]
    rows = rows.reindex(columns=names).astype(object)
    rows = rows.assign(unsure=rows["unsure"].astype(str) == "True").where(rows.notna(), "")
    return [{str(name): cell for name, cell in row.items()} for row in rows.to_dict("records")]
