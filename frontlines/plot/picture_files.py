"""Figures as files; in SVG and PDF text stays text, and a title and a description say what is shown."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.figure import Figure
from matplotlib.patheffects import Stroke, withStroke
from matplotlib.text import Text

from frontlines.arguments import checked
from frontlines.arrays import Ints
from frontlines.errors import SourceError
from frontlines.sources.writing import whole_or_not

DPI = 300
_PER_PT = 100  # numbers of paths are whole hundredths of a point (1/72 inch)
_FINE_PT = 0.03  # corners nearer to their line are left out: half a dot of a printer of 1200 dots an inch
_INSTEAD = "Verdana, 'Noto Sans', sans-serif"  # where the font is not installed; Verdana is as wide
_FEW = 2
_HALO = "halo"
_PACKED: Any = {"compress_level": 3}  # of zlib: half the time of its usual 6, for files 4 % larger
_LOOKS: Any = {"svg.hashsalt": "frontlines", "svg.fonttype": "none", "pdf.fonttype": 42}

_PATH = re.compile(r' d="([^"]*)"')
_PART = re.compile(r"M[^M]*")
_NO_LETTERS = str.maketrans("MLz", "   ")
_STEP = re.compile(r"([MLCQz])([^MLCQz]*)")
_ID = re.compile(r'<g id="([^"]+)"')
_FONT = re.compile(r"(font(?:-family)?: [^;\"]*)'([^';\"]+)'(?=[;\"])")
_HALOED = re.compile(rf'<g id="{_HALO}:([^:"]*):([^"]*)">(.*?)<text style="', re.DOTALL)


@checked()
def save_figure(figure: Figure, path: str | Path, *, description: str = "") -> Path:
    """Write a figure for print (``.png``) or for further drawing (``.svg``, ``.pdf``).

    Parameters
    ----------
    figure
        One of this library, or any other.
    path
        Where to; its ending says the format.
    description
        What is to be seen, in words; the title is that of the figure.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    SourceError
        If the format is not known, or the file cannot be written; what stood there is then as before.

    Notes
    -----
    PNG has 300 dots per inch. In SVG and PDF text stays text, to be searched, translated and set anew; paths
    have the digits that can be seen; title and description are there for who cannot see. The same figure
    gives the same bytes.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = save_figure(Figure(figsize=(2, 1)), Path(folder) / "empty.svg", description="Nothing.")
    ...     "Nothing.</desc>" in (Path(folder) / "empty.svg").read_text()
    True
    """
    path = Path(path)
    titles = [text.get_text().replace("\n", " ") for text in figure.texts if text.get_gid() == "title"]
    title = "".join(titles[:1]) or "Figure"
    about = {"Title": title}
    if path.suffix not in (".png", ".svg", ".pdf"):
        raise SourceError(f"{path}: pictures are .png, .svg or .pdf")
    with whole_or_not(path) as file:
        if path.suffix == ".png":
            figure.savefig(file, dpi=DPI, metadata={**about, "Description": description}, pil_kwargs=_PACKED)
            return path
        with mpl.rc_context(_LOOKS), _halos_apart(figure):
            if path.suffix == ".pdf":
                figure.savefig(file, metadata={**about, "Subject": description, "CreationDate": None})
                return path
            written = io.StringIO()
            figure.savefig(written, format="svg", metadata={**about, "Date": None})
        file.write_text(_readable(_small(written.getvalue()), title, description), encoding="utf-8")
    return path


@contextmanager
def _halos_apart(figure: Figure) -> Iterator[None]:
    """Draw the halo of each text before the text, which would be drawn as curves with it."""
    texts = [text for text in figure.findobj(Text) if _halo_of(text)]
    for text in texts:
        text.draw = _in_two_steps(text)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for text in texts:
            del text.draw


def _in_two_steps(text: Text) -> Any:
    """Return what draws a text in place of its own `draw`."""
    draw = text.draw

    def drawn(renderer: Any) -> None:
        effects, gid = text.get_path_effects(), text.get_gid()
        look = _halo_of(text)[0]
        if _is_svg(renderer):
            text.set(path_effects=None, gid=f"{_HALO}:{look['linewidth']:g}:{look['foreground']}")
            draw(renderer)
        else:
            text.set_path_effects([Stroke(**look)])
            draw(renderer)
        text.set(path_effects=None, gid=gid)
        draw(renderer)
        text.set_path_effects(effects)

    return drawn


def _halo_of(text: Text) -> list[Mapping[str, Any]]:
    """Return how the halo of a text is drawn, if it has one."""
    return [vars(effect)["_gc"] for effect in text.get_path_effects() or () if isinstance(effect, withStroke)]


def _is_svg(renderer: Any) -> bool:
    """Tell what a renderer writes; that of a figure has others within."""
    own = getattr(renderer, "_renderer", renderer)
    return "SVG" in type(own).__name__


def _small(svg: str) -> str:
    """Write paths with as many corners and digits as can be seen."""
    parts = [part for path in _PATH.findall(svg) for part in _PART.findall(path)]
    lines = _steps(_seen_points([part for part in parts if not _bent(part)]))
    return _PATH.sub(lambda found: f' d="{_short(found[1], lines)}"', svg)


def _seen_points(lines: Sequence[str]) -> list[Ints]:
    """Read straight parts of paths: the corners that can be seen, in hundredths of a point, (n, 2) each."""
    number = np.array([line.count("M") + line.count("L") for line in lines], dtype=np.int64)
    xy = np.array(" ".join(lines).translate(_NO_LETTERS).split(), dtype=float).reshape(-1, 2)
    line = np.repeat(np.arange(len(lines)), number)
    bent = number[line] > _FEW
    if bent.any():
        rows, own = np.unique(line[bent], return_inverse=True)
        fine = shapely.simplify(shapely.linestrings(xy[bent], indices=own), _FINE_PT)
        corners, own = shapely.get_coordinates(fine, return_index=True)
        xy, line = np.concatenate([xy[~bent], corners]), np.concatenate([line[~bent], rows[own]])
        order = np.argsort(line, kind="stable")
        xy, line = xy[order], line[order]
    whole = np.rint(xy * _PER_PT).astype(np.int64)
    begins = np.append(True, line[1:] != line[:-1])[: len(line)]
    kept = begins | np.append(True, np.any(np.diff(whole, axis=0) != 0, axis=1))[: len(line)]
    dots = np.bincount(line, weights=kept, minlength=len(lines)) == 1  # no longer than can be seen
    kept |= dots[line] & np.append(False, begins[:-1])[: len(line)] & ~begins
    return np.split(whole[kept], np.flatnonzero(begins[kept])[1:])


def _bent(part: str) -> bool:
    """Tell whether a part of a path has curves."""
    return "C" in part or "Q" in part


def _steps(lines: list[Ints]) -> Iterator[tuple[Ints, str]]:
    """Give each line, and in words its steps from the first point on."""
    every = np.concatenate([*lines, np.empty((0, 2), dtype=np.int64)])
    words = list(map(_figure, np.diff(every, axis=0).ravel().tolist()))
    first = 0
    for line in lines:
        last = first + 2 * len(line)
        yield line, " ".join(words[first : last - 2])
        first = last


def _short(path: str, lines: Iterator[tuple[Ints, str]]) -> str:
    """Write a path in steps from point to point; `lines` gives its straight parts."""
    at, out = np.zeros(2, dtype=np.int64), []
    for part in _PART.findall(path):
        closed = part.rstrip().endswith("z")
        if _bent(part):
            codes = [(code, figures.split()) for code, figures in _STEP.findall(part)]
            points = [figure for _, figures in codes for figure in figures]
            whole = np.rint(np.array(points, dtype=float).reshape(-1, 2) * _PER_PT).astype(np.int64)
            out.append(_curved(codes, whole, at))
        else:
            whole, steps = next(lines)
            out.append(f"m{_figures(whole[0] - at)} {steps}".rstrip() + "z" * closed)
        at = whole[0] if closed else whole[-1]
    return "".join(out).replace(" -", "-")


def _curved(codes: list[tuple[str, list[str]]], whole: Any, at: Any) -> str:
    """Write a part with curves, whose points are counted from where each curve begins."""
    out, first = [], 0
    for code, figures in codes:
        points = whole[first : first + len(figures) // 2]
        out.append(code.lower() + _figures(points - at))
        first += len(points)
        at = points[-1] if len(points) else at
    return "".join(out)


def _figures(steps: Any) -> str:
    """Write numbers in points, as short as they can be."""
    return " ".join(map(_figure, steps.ravel().tolist()))


@lru_cache(maxsize=_PER_PT * 100)
def _figure(hundredths: int) -> str:
    text = f"{hundredths / _PER_PT:.2f}".rstrip("0").rstrip(".")
    return re.sub(r"^(-?)0(?=\.)", r"\1", text)


def _readable(svg: str, title: str, description: str) -> str:
    """Name and describe the picture for who cannot see it; give text further fonts, no name to two things."""
    svg = _HALOED.sub(_haloed, svg)
    svg = _FONT.sub(rf"\1'\2', {_INSTEAD}", svg)
    many = {name for name, count in Counter(_ID.findall(svg)).items() if count > 1}
    svg = _ID.sub(lambda found: f'<g {"class" if found[1] in many else "id"}="{found[1]}"', svg)
    head, body = svg.split("<title>", 1)
    body = body.split("</title>", 1)[1]
    head = re.sub(r"<svg ", '<svg role="img" aria-labelledby="figure-title figure-desc" ', head, count=1)
    named = f'<title id="figure-title">{escape(title)}</title>'
    return f'{head}{named}\n <desc id="figure-desc">{escape(description)}</desc>{body}'


def _haloed(found: re.Match[str]) -> str:
    """Write the halo of a text as an edge, which nobody needs to hear."""
    width, colour, between = found.groups()
    edge = f"stroke: {colour}; stroke-opacity: 0.75; stroke-width: {width}"
    return f'<g class="{_HALO}" aria-hidden="true">{between}<text style="{edge}; '
