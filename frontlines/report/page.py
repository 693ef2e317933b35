"""One page that stands alone: words, data, style and scripts in one HTML file that asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from frontlines.errors import SourceError
from frontlines.names import CONTESTED
from frontlines.plot.style import DEFAULT_STYLE, AreaStyle, side_looks
from frontlines.plot.text import clean
from frontlines.report import words
from frontlines.report.figures import digits_of, figures_of, settlements_of
from frontlines.report.folder import Folder, read_folder, refusing
from frontlines.sources.writing import whole_or_not

PAGE = "report.html"
"""Name of a page in the folder of its run."""

_HERE = Path(__file__).parent
_LIBRARIES = (
    "d3-array", "d3-color", "d3-dispatch", "d3-ease", "d3-format", "d3-selection", "d3-time", "d3-timer",
    "d3-interpolate", "d3-drag", "d3-time-format", "d3-scale", "d3-axis", "d3-transition", "d3-zoom",
    "topojson-client",
)  # fmt: skip
"""Each comes after those that it needs."""
_SCRIPTS = ("data", "map", "chart", "table", "main")
_CLASSES = ("gained", "lost", "held", "rest", "others", "unknown")


def write_page(folder: str | Path, path: str | Path) -> None:
    """Make one self-contained HTML page of the folder that `frontlines run`, `change`, `series` or `compare` wrote.

    Parameters
    ----------
    folder
        The folder of the run.
    path
        Where to; a file that is there is replaced.

    Raises
    ------
    SourceError
        If the folder holds no such run, or a file of it was changed after the run, or `path` cannot be written.

    Examples
    --------
    >>> write_page("nowhere", "page.html")
    Traceback (most recent call last):
    ...
    frontlines.errors.SourceError: nowhere is no folder: pass the folder of a run, its --out
    """
    text = page_of(Path(folder))
    try:
        with whole_or_not(Path(path)) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SourceError(f"{path} cannot be written: {error}") from error


def page_of(folder: Path) -> str:
    """Write the page of a run as text."""
    run = read_folder(folder)
    with refusing(folder):
        return _page(run)


def _page(run: Folder) -> str:
    """Put together style, words, data and scripts; each script and style is named by its hash."""
    figures = figures_of(run)
    digits = digits_of(figures)
    said, more = words.headline(run, figures, digits)
    style, code = _asset("page.css"), "\n".join(_asset(f"script/{name}.js") for name in _SCRIPTS)
    library = "\n".join(_asset(f"vendor/{name}.min.js").strip() for name in _LIBRARIES)
    parts = {
        "policy": _policy([library, code], [style]),
        "title": escape(clean(run.ground["run"]["title"])),
        "headline": escape(clean(said)),
        "more": escape(clean(more)),
        "limits": "".join(f"<dt>{escape(clean(a))}</dt><dd>{escape(clean(b))}</dd>" for a, b in words.limits(run)),
        "sources": _items(words.sources(run)),
        "licences": _items(words.licences(run)) or "<li>Those of the sources named above.</li>",
        "method": escape(clean(words.method(run))),
        "files": _files(run.manifest["inputs"]),
        "version": escape(clean(run.manifest["versions"]["frontlines"])),
        "data": _embedded(_data(run, digits)),
        "style": style,
        "notices": escape(_asset("vendor/LICENSES").strip(), quote=False),
        "library": library,
        "code": code,
    }
    return Template(_asset("page.html")).substitute(parts)


def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _policy(scripts: Iterable[str], styles: Iterable[str]) -> str:
    """Allow the scripts and the style of the page, by their hashes, and nothing else: no request at all."""
    allowed = {"script-src": scripts, "style-src": styles}
    named = [f"{name} {' '.join(map(_hash, texts))}" for name, texts in allowed.items()]
    return "; ".join(["default-src 'none'", *named, "img-src data:", "base-uri 'none'", "form-action 'none'"])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _items(texts: Iterable[str]) -> str:
    return "".join(f"<li>{escape(clean(text))}</li>" for text in texts)


def _files(inputs: Iterable[dict[str, Any]]) -> str:
    """List the files that were read, with their checksums."""
    cells = ([str(one[name]) for name in ("role", "name", "sha256")] for one in inputs)
    return "".join(f"<tr>{''.join(f'<td>{escape(clean(cell))}</td>' for cell in row)}</tr>" for row in cells)


def _embedded(data: Any) -> str:
    """Write data into a script element, where nothing in them can end it."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _data(run: Folder, digits: int) -> dict[str, Any]:
    """Gather what the script draws from."""
    figures, about, topology = figures_of(run), run.ground["run"], dict(run.ground)
    held, first, second = (topology.pop(name) for name in ("sides", "run", "type"))
    del first, second
    looks = side_looks(held, DEFAULT_STYLE)
    classes = {name: getattr(DEFAULT_STYLE, name) for name in _CLASSES}
    classes[CONTESTED] = DEFAULT_STYLE.contested(DEFAULT_STYLE.contested_face)
    steps = figures.steps.astype(object).to_dict("records")
    return {
        "kind": run.kind,
        "title": clean(about["title"]),
        "digits": digits,
        "level": run.manifest.get("errors", {}).get("level"),
        "names": [clean(name) for name in run.manifest.get("names", ())],
        "sides": [
            {"id": side, "name": clean(about["sides"].get(side, side)), "look": _look(looks[side])} for side in held
        ],
        "followed": list(figures.sides),
        "looks": {name: _look(look) for name, look in classes.items()},
        "states": about["states"],
        "steps": [{name: _cell(cell) for name, cell in step.items()} for step in steps],
        "districts": about["districts"],
        "labels": [clean(label) for label in about["labels"]],
        "figures": figures.of_side,
        "withheld": words.withheld(),
        "places": settlements_of(run),
        "topology": {"type": "Topology", **topology},
    }


def _look(look: AreaStyle) -> list[str]:
    return [look.face, look.hatch, look.ink]


def _cell(cell: Any) -> Any:
    """Give a day as text and a mark as true or false."""
    return cell if isinstance(cell, str) else bool(cell)
