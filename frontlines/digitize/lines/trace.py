"""Lines of a scan, by colour."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from frontlines.arguments import checked
from frontlines.digitize.colour.colours import hex_of, refuse_one_colour
from frontlines.digitize.colour.inks import (
    Strokes,
    checked_masks,
    label_strokes,
    match_inks,
    mean_width_px,
    strokes_of,
    under_other_light,
    with_broad_strokes,
)
from frontlines.digitize.colour.palette import STROKES, Labels
from frontlines.digitize.colour.scan import Image
from frontlines.digitize.colour.sheet import Sheet, open_sheet
from frontlines.digitize.lines.centres import Centred, Ink, centred, without_loops
from frontlines.digitize.lines.dashes import taken_up, with_passed_by
from frontlines.digitize.lines.filters import (
    ALONE,
    HEAD,
    NO_LINE,
    TOO_SHORT,
    Dropped,
    going_on,
    left_out,
    line_width,
    of_width,
    reasons_against,
    told_apart,
    too_short,
    with_heads,
)
from frontlines.digitize.lines.hidden import beside_others, find_hidden, parted
from frontlines.digitize.lines.joining import bridged, joined
from frontlines.digitize.lines.paths import figures_of, skeleton_of
from frontlines.digitize.lines.stretches import Knobs, Stretch, Tracing
from frontlines.digitize.settings import LINES
from frontlines.errors import DigitizeError
from frontlines.progress import Progress, reporting


@checked()
def trace_lines(
    scan: Image | Sheet,
    colours: Mapping[str, str],
    *,
    masks: Iterable[BaseGeometry] | BaseGeometry = (),
    knobs: Knobs | Mapping[str, Knobs] | None = None,
    progress: Progress = None,
) -> Tracing:
    """Trace the lines of a scan by their colours.

    Parameters
    ----------
    scan
        From `open_scan` or `open_sheet`, or what they take: a path, or an array of pixels.
    colours
        Name of each line, and its colour: hex, or a CSS name such as ``blue`` or ``dark green``. Of the
        inks that the scan really has, the one that is most like it is taken.
    masks
        Polygons in pixels whose ground is left out: legend, title.
    knobs
        Lengths that shape the tracing, for all lines or by line name.
    progress
        See `frontlines.progress.reporting`.

    Returns
    -------
    tracing
        Stretches in order, where one line hides another, and what was left out.

    Raises
    ------
    DigitizeError
        If no line is asked for, a colour is none, is asked for twice or the scan has no such ink, a mask is
        no polygon or leaves nothing of a colour, or knobs are given for a line that is not asked for.
    MissingExtraError
        If scikit-image or scipy is not installed.

    Notes
    -----
    1. The light on the paper is evened (`paper_of`). 2. The colours in the middle of strokes are gathered
    into inks (`palette_of`), and every pixel goes to the nearest ground or ink in CIELAB. 3. The strokes of
    an ink are thinned [1]_; of all that hangs together, the longest of the shortest paths [2]_ are the line's
    ways: spurs fall off, crossings are passed straight on, gaps jumped along the direction.
    4. The centre of mass of the ink across the line gives the centre, the scatter of it its error.

    References
    ----------
    .. [1] Zhang, T. Y. and Suen, C. Y. (1984): A fast parallel algorithm for thinning digital patterns.
       Communications of the ACM 27 (3), 236-239. https://doi.org/10.1145/357994.358023
    .. [2] Dijkstra, E. W. (1959): A note on two problems in connexion with graphs. Numerische Mathematik 1,
       269-271. https://doi.org/10.1007/BF01386390

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> from frontlines.datasets import render_scan
    >>> from frontlines.digitize.colour.scan import open_scan
    >>> drawn = gpd.GeoDataFrame({"colour": ["#1f4fb4"], "width_px": [4.0]},
    ...                          geometry=[LineString([(20, 60), (200, 90), (380, 60)])])
    >>> scan = open_scan(render_scan(drawn, size_px=(400, 150)).pixels)
    >>> [stretch.line for stretch in trace_lines(scan, {"7 April": "blue"}).stretches]
    ['7 April']
    """
    masks, wanted = checked_masks(masks), _checked(colours, knobs)
    with reporting(progress) as report:
        report(0.0, "paper")
        sheet = with_broad_strokes(open_sheet(scan), colours)
        palette = sheet.palette
        inks = match_inks(palette, colours)
        taken = list(inks.values())
        shades = {name: under_other_light(sheet, ink, taken) for name, ink in inks.items()}
        labels = label_strokes(sheet, masks, lambda share, what: report(0.3 * share, what))
        strokes = {
            name: strokes_of(labels, palette, ink, taken, wanted[name].stroke_px, shades[name])
            for name, ink in inks.items()
        }
        _refuse_masked(strokes)
        settled = {name: _settled(wanted[name], one, sheet.diagonal_px) for name, one in strokes.items()}
        found: list[_Traced] = []
        for done, name in enumerate(colours):
            report(0.3 + 0.7 * done / len(colours), name)
            found.append(_traced(name, sheet, labels, inks[name], strokes[name], settled[name]))
    long = [stretch for one in found for stretch in one.long]
    coming_out, lone = beside_others([stretch for one in found for stretch in one.short], long)
    stretches = _in_order(parted([*long, *coming_out]), list(colours))
    dropped = [entry for one in found for entry in one.dropped] + [
        (
            one.line,
            ALONE if one.length_px >= (settled[one.line].min_length_px or 0) else TOO_SHORT,
            one.geometry,
        )
        for one in lone
    ]
    return Tracing(
        tuple(stretches),
        tuple(find_hidden(stretches)),
        {name: hex_of(palette.inks[ink]) for name, ink in inks.items()},
        {name: wanted[name].stroke_px or _drawn_px(name, stretches, one) for name, one in strokes.items()},
        settled,
        tuple(dropped),
        {
            name: mean_width_px(labels, STROKES.ink(ink))
            for name, ink in inks.items()
            if wanted[name].stroke_px
        },
    )


def _checked(colours: Mapping[str, str], knobs: Knobs | Mapping[str, Knobs] | None) -> dict[str, Knobs]:
    """Check what is asked for, and give each line its knobs."""
    if not isinstance(colours, Mapping) or not colours:
        raise DigitizeError("no line is asked for: give a name and a colour, as {'7 April': 'blue'}")
    refuse_one_colour(list(colours.values()), "lines", list(colours))
    if knobs is None or isinstance(knobs, Knobs):
        return dict.fromkeys(colours, knobs or Knobs())
    if strange := sorted(set(knobs) - set(colours)):
        raise DigitizeError(
            f"knobs for {', '.join(map(repr, strange))}, but the lines are {', '.join(map(repr, colours))}"
        )
    return {name: knobs.get(name, Knobs()) for name in colours}


def _refuse_masked(strokes: Mapping[str, Strokes]) -> None:
    """Refuse a line whose ink is nowhere left: all of it lies under masks."""
    for name, one in strokes.items():
        if not one.width_px > 0:
            raise DigitizeError(f"line {name!r}: nothing of this colour lies outside masks and frame")


def _settled(knobs: Knobs, strokes: Strokes, diagonal_px: float) -> Knobs:
    """Fill in the lengths that were left open."""
    stroke = strokes.width_px
    usual = max(diagonal_px / 40, 10 * stroke)
    return Knobs(stroke, knobs.min_length_px or usual, knobs.gap_px or usual, knobs.spur_px or 3 * stroke)


class _Traced(NamedTuple):
    """Stretches of one line, shorter ones that may be its own, and what was left out."""

    long: list[Stretch]
    short: list[Stretch]
    dropped: list[Dropped]


def _traced(name: str, sheet: Sheet, labels: Labels, ink: int, strokes: Strokes, knobs: Knobs) -> _Traced:
    """Trace one line."""
    stroke, least, gap, spur = (float(value or 0) for value in dataclasses.astuple(knobs))
    figures = figures_of(*skeleton_of(labels, strokes), spur)
    ways = [run for figure in figures for run in figure]
    if len(ways) > max(LINES.noise * labels.size, LINES.few):
        raise DigitizeError(
            f"line {name!r}: what is drawn in its colour falls into {len(ways):,} pieces, as noise does, "
            "not lines: scan the map more smoothly, or mask what is no map"
        )
    half = line_width(ways, sheet.diagonal_px)
    wide = stroke if half is None else 2 * half - 1
    plain, others = told_apart(figures, least, wide)
    plain, heads = with_heads(plain, least, wide)
    pieces, strange = of_width(plain, half)
    spares = of_width(others, half)[0]
    together = with_passed_by(joined(pieces, gap, wide), spares, gap, wide)
    visible = [run for run in together if run.seen_px >= LINES.mostly * min(least, run.length_px)]
    lone = min(LINES.lone * least, LINES.part * max((run.seen_px for run in visible), default=0.0))
    on = [
        goes and run.length_px >= least
        for run, goes in zip(visible, going_on(visible, lone, gap, wide), strict=True)
    ]
    long = list(itertools.compress(visible, on))
    short = [
        run for run, goes in zip(visible, on, strict=True) if not goes and run.length_px >= LINES.half * least
    ]
    taken = {id(one) for one in taken_up(spares, together)}
    dropped = [
        *left_out(name, [one for one in others if id(one) not in taken], NO_LINE, spur),
        *left_out(name, heads, HEAD, spur),
        *left_out(name, strange, "thinner or wider than the line", spur),
        *too_short(name, together, [*long, *short], least, spur),
    ]
    ink_of = Ink(sheet.palette.inks[ink], sheet.palette.grounds, max(wide, stroke) / 2)
    runs = [bridged(run, 1.0) for run in (*long, *short)]
    centres = centred(runs, sheet, ink_of)
    reasons = reasons_against(centres, sheet.diagonal_px)
    dropped += [
        (name, why, shapely.LineString(one.run.points))
        for one, why in zip(centres, reasons, strict=True)
        if why is not None
    ]
    kept = [None if why else _stretch(name, one) for one, why in zip(centres, reasons, strict=True)]
    return _Traced(
        [one for one in kept[: len(long)] if one], [one for one in kept[len(long) :] if one], dropped
    )


def _drawn_px(name: str, stretches: Sequence[Stretch], strokes: Strokes) -> float:
    """Width of a line as its profiles show it: a mask loses rims, and takes ends of dashes for sides."""
    halves = [one.half_width_px for one in stretches if one.line == name]
    return 2 * float(np.median(np.concatenate(halves))) if halves else strokes.width_px


def _in_order(stretches: list[Stretch], names: list[str]) -> list[Stretch]:
    """Sort by line, the longest first."""
    return sorted(stretches, key=lambda one: (names.index(one.line), -one.length_px, *one.points[0]))


def _stretch(name: str, one: Centred) -> Stretch:
    """Thin out the points, cut off small loops, and name the jumped parts."""
    run = one.run
    turns = np.flatnonzero(np.diff(run.seen.astype(int))) + 1  # where seen turns to jumped, or back
    thinned = np.unique([*range(0, len(run.points), LINES.every_px), len(run.points) - 1, *turns])
    longest = LINES.end_strokes * 2 * float(np.median(run.half_width_px))
    keep = thinned[without_loops(run.points[thinned], longest)]
    seen = np.minimum.reduceat(run.seen, keep[:-1])
    edges = np.diff(np.concatenate([[0], (~seen).astype(int), [0]]))
    starts, ends = np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist()
    jumped = tuple(zip(starts, ends, strict=True))
    return Stretch(name, run.points[keep], run.half_width_px[keep], one.sigma_px[keep], jumped)
