"""Names on a map, placed so that no text lies on other text.

Every name is tried at candidate places, the most important name first, and set at the best place that is
free; names that fit nowhere are left out and returned. Extents are those that the renderer reports. The same
input gives the same map. Names are untrusted text: nothing in them is read as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.font_manager import FontProperties
from matplotlib.offsetbox import AnchoredOffsetbox
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from matplotlib_scalebar.scalebar import ScaleBar

from frontlines.crs import polygons_of
from frontlines.plot.artists import Z, metres_per_pt, view_of
from frontlines.plot.style import DEFAULT_STYLE, PT_PER_INCH, MapStyle
from frontlines.plot.text import Slant, font_of, halo, plain, renderer_of, shortened, slant_of, text_size_px
from frontlines.plot.words import clean

_GRID = 9  # places tried inside an area, each way
# Where in a name it is asked whether it lies inside its area, from the middle, as shares of the name's size.
_SAMPLES = np.stack(np.meshgrid((np.arange(12) - 5.5) / 12, (np.arange(5) - 2) / 5), axis=-1).reshape(-1, 2)
_PAD_PT = 0.8
_COARSE_PT = 0.4  # corners of an area this near to its outline do not count for its name
_WIDEST = 0.5  # of the map's width that a name takes at most
_DOT_PT = 5.0  # nearer to the point of another name a reader may take it for theirs
# What it costs to lie on `avoid`, near the point of another name, and on `spare`.
_OFF_AVOID, _OFF_DOT, _OFF_SPARE = 4.0, 3.0, 0.7
# Places round a point, best first: right and above, then round it (x, y as shares of the label's own size).
_ROUND = (
    (0.0, 0.35), (0.0, -0.35), (-1.0, 0.35), (-1.0, -0.35), (0.0, 0.0), (-1.0, 0.0),
    (0.0, 0.6), (0.0, -0.6), (-1.0, 0.6), (-1.0, -0.6),
    (-0.5, 1.0), (-0.5, -1.0), (-0.25, 1.0), (-0.25, -1.0), (-0.75, 1.0), (-0.75, -1.0),
)  # fmt: skip


@dataclass(frozen=True)
class Label:
    """One name to be placed: at the point `x`, `y` [m], or inside the polygon `area` if it is given.

    `clear_pt` is the distance kept from the point, for its marker; `inside` the least share of the name that
    must lie inside `area`. Names of higher priority are placed first.
    """

    text: str
    x: float = 0.0
    y: float = 0.0
    area: Any = None
    priority: float = 0.0
    size_pt: float = 6.0
    clear_pt: float = 1.8
    colour: str = "#1A1A1A"
    weight: str = "normal"
    slant: Slant = "normal"
    inside: float = 0.5


class Placed(NamedTuple):
    """What became of the names: texts in the order in which they were placed, and those without a place."""

    texts: list[Text]
    left_out: list[Label]


class _Choice(NamedTuple):
    """All places where one name could stand, if nothing else were there."""

    label: Label
    texts: list[str]  # one a place
    boxes: Any  # west, south, east, north in pixels, one row a place
    costs: Any


def occupied(ax: Axes) -> list[Bbox]:
    """Return the extents of what labels must not cover: text, markers, legend, scale bar, insets."""
    renderer = renderer_of(ax.figure)
    boxes = [t.get_window_extent(renderer) for t in ax.texts if t.get_visible() and t.get_text()]
    solid = [a for a in ax.artists if isinstance(a, AnchoredOffsetbox | ScaleBar)]
    boxes += [a.get_window_extent(renderer) for a in solid]
    boxes += [child.get_window_extent(renderer) for child in ax.child_axes]
    legend = ax.get_legend()
    if legend is not None:
        boxes.append(legend.get_window_extent(renderer))
    for drawn in ax.collections:
        if isinstance(drawn, PathCollection):
            boxes += _markers(drawn, ax)
    return [b for b in boxes if b.width > 0 and b.height > 0]


def place_labels(
    ax: Axes,
    labels: Iterable[Label],
    *,
    obstacles: Sequence[Bbox] = (),
    avoid: Any = None,
    spare: Any = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Placed:
    """Set names where they are free of each other and of all that stands on the Axes already.

    The Axes must have its final size and extent. `obstacles` are further extents to keep free [pixels]. Names
    keep off the geometry `avoid` [m] where there is a choice, off `spare` where it costs little. Of two names
    with the same priority the alphabetically first is placed first.
    """
    fixed = np.array([b.extents for b in [*occupied(ax), *obstacles]], dtype=float).reshape(-1, 4)
    kept = [(shape, cost) for shape, cost in ((avoid, _OFF_AVOID), (spare, _OFF_SPARE)) if shape is not None]
    shapely.prepare([shape for shape, _ in kept])
    todo = sorted(
        (_with_letters(lab, style) for lab in labels if clean(lab.text)),
        key=lambda b: (-b.priority, clean(b.text), b.x, b.y),
    )
    pad = _PAD_PT * ax.figure.dpi / PT_PER_INCH
    dots = np.array([[b.x, b.y] for b in todo if b.area is None], dtype=float).reshape(-1, 2)
    choices = [_off(_choice(ax, label, kept, dots, style), fixed, pad) for label in todo]
    taken: dict[int, int] = {}
    for i, choice in enumerate(choices):
        pick = _cheapest(choice, _boxes(choices, taken), pad)
        if pick is not None:
            taken[i] = pick
    for i in range(len(choices)):
        if i not in taken:
            _make_room(i, choices, taken, pad)
    texts = [_set(ax, choices[i], taken[i], style) for i in range(len(choices)) if i in taken]
    return Placed(texts, [c.label for i, c in enumerate(choices) if i not in taken])


def _with_letters(label: Label, style: MapStyle) -> Label:
    """Set a name upright if the slanted face lacks its letters."""
    slant = slant_of(style, clean(label.text), weight=label.weight, slant=label.slant)
    return label if slant == label.slant else replace(label, slant=slant)


def _choice(ax: Axes, label: Label, kept: Sequence[tuple[Any, float]], dots: Any, style: MapStyle) -> _Choice:
    """Return every place in view for a name, on one line or two, and what it costs to stand there."""
    font = font_of(style, label.size_pt, weight=label.weight, slant=label.slant)
    area = None if label.area is None else _as_seen(ax, label.area)
    anchors = _round_point(ax, label) if area is None else _inside_area(area)
    texts: list[str] = []
    boxes, costs = np.empty((0, 4)), np.empty(0)
    for i, variant in enumerate(_variants(ax, label, font) if len(anchors) else ()):
        width, height = text_size_px(variant, font, ax.figure.dpi)
        if area is None:
            found = _boxes_round(ax, label, anchors, width, height)
            price = np.arange(len(found)) * 0.2 + _OFF_DOT * _near_dots(ax, label, dots, found)
        else:
            found, price = _boxes_inside(ax, area, label.inside, anchors, np.array([width, height]))
        seen = _in_view(ax, found)
        boxes, costs = np.vstack([boxes, found[seen]]), np.append(costs, price[seen] + 0.15 * i)
        texts += [variant] * int(seen.sum())
    ground = _ground(ax, boxes)
    for shape, cost in kept:
        costs = costs + cost * shapely.intersects(shape, ground)  # the first one's index is used
    return _Choice(label, texts, boxes, costs)


def _off(choice: _Choice, fixed: Any, pad: float) -> _Choice:
    """Return the places of a choice that are off what stands on the map already."""
    free = np.flatnonzero(~_hits(choice.boxes, fixed, pad))
    return choice._replace(
        texts=[choice.texts[i] for i in free], boxes=choice.boxes[free], costs=choice.costs[free]
    )


def _boxes(choices: list[_Choice], taken: dict[int, int], without: int = -1) -> Any:
    """Return the boxes of the names placed so far, except one."""
    rows = [choices[i].boxes[k] for i, k in taken.items() if i != without]
    return np.array(rows, dtype=float).reshape(-1, 4)


def _cheapest(choice: _Choice, taken: Any, pad: float) -> int | None:
    """Return the cheapest place that is off all taken boxes."""
    free = np.flatnonzero(~_hits(choice.boxes, taken, pad))
    return int(free[np.argmin(choice.costs[free])]) if len(free) else None


def _make_room(i: int, choices: list[_Choice], taken: dict[int, int], pad: float) -> None:
    """Place a name that found no room by moving a single other name that stands in its way."""
    choice, names = choices[i], list(taken)
    blocking = _meet(choice.boxes, _boxes(choices, taken), pad)
    order = np.argsort(choice.costs, kind="stable")
    for k in order[blocking[order].sum(axis=1) == 1]:
        j = names[int(np.argmax(blocking[k]))]
        pick = _cheapest(choices[j], np.vstack([_boxes(choices, taken, without=j), choice.boxes[[k]]]), pad)
        if pick is not None:
            taken[j], taken[i] = pick, int(k)
            return


def _variants(ax: Axes, label: Label, font: FontProperties) -> list[str]:
    """Return a name as it may be written: on one line or two, cut with an ellipsis where it is too wide."""
    name, room = clean(label.text), _WIDEST * ax.get_window_extent().width
    every = [name] if label.area is None else _broken(name)
    whole = [one for one in every if text_size_px(one, font, ax.figure.dpi)[0] <= room]
    return whole or ["\n".join(shortened(line, room, ax.figure, font) for line in every[-1].split("\n"))]


def _broken(name: str) -> list[str]:
    """Return the name on one line and, if it has several words, on two lines of like length."""
    gaps = [i for i, c in enumerate(name) if c in " -" and 0 < i < len(name) - 1]
    if not gaps or len(name) < 8:  # noqa: PLR2004 - a short name is best left whole
        return [name]
    cut = min(gaps, key=lambda i: abs(i - len(name) / 2))
    head, tail = name[: cut + 1].rstrip(), name[cut + 1 :]
    return [name, f"{head}\n{tail}"]


def _round_point(ax: Axes, label: Label) -> Any:
    """Return the places round a point, as shares of the name's size; none if the point is far out of view."""
    view = view_of(ax)
    near = view.box(-view.width).covers(shapely.Point(label.x, label.y))
    return np.array(_ROUND) if near else np.empty((0, 2))


def _boxes_round(ax: Axes, label: Label, shares: Any, width: float, height: float) -> Any:
    """Return boxes round the marker: beside it at various heights, above and below it."""
    x, y = ax.transData.transform((label.x, label.y))
    clear = label.clear_pt * ax.figure.dpi / PT_PER_INCH
    beside = np.isin(shares[:, 0], (0.0, -1.0))
    side = np.where(shares[:, 0] == 0.0, 1.0, -1.0)
    west = x + shares[:, 0] * width + np.where(beside, side * clear, 0.0)
    rise = np.sign(shares[:, 1])
    south = np.where(
        beside, y - height / 2 + shares[:, 1] * height, y + np.where(rise > 0, clear, -clear - height)
    )
    return np.column_stack([west, south, west + width, south + height])


def _near_dots(ax: Axes, label: Label, dots: Any, boxes: Any) -> Any:
    """Return which boxes come so near to the point of another name that a reader might take it for theirs."""
    others = ax.transData.transform(dots[(dots != [label.x, label.y]).any(axis=1)])
    points = np.hstack([others, others])
    return _hits(boxes, points, _DOT_PT * ax.figure.dpi / PT_PER_INCH)


def _as_seen(ax: Axes, area: Any) -> Any:
    """Return the visible part of an area, fine enough for where its name may stand."""
    view = view_of(ax).box(metres_per_pt(ax) * _PAD_PT)
    near = shapely.clip_by_rect(area, *shapely.bounds(view))
    coarse = shapely.make_valid(
        shapely.simplify(near, metres_per_pt(ax) * _COARSE_PT, preserve_topology=False)
    )
    return polygons_of(np.array([coarse]))[0]


def _inside_area(shown: Any) -> Any:
    """Return points in an area, its most roomy point first."""
    parts = [p for p in shapely.get_parts(shown) if shapely.area(p) > 0]
    if not parts:
        return np.empty((0, 2))
    largest = max(parts, key=shapely.area)
    roomy = shapely.get_coordinates(
        shapely.maximum_inscribed_circle(largest, max(largest.length, 1.0) * 1e-3)
    )[:1]
    west, south, east, north = largest.bounds
    steps = np.linspace(0.0, 1.0, _GRID + 2)[1:-1]
    xs, ys = (g.ravel() for g in np.meshgrid(west + steps * (east - west), south + steps * (north - south)))
    shapely.prepare(largest)
    within = shapely.contains_xy(largest, xs, ys)
    return np.vstack([roomy, np.column_stack([xs[within], ys[within]])])


def _boxes_inside(ax: Axes, area: Any, least: float, anchors: Any, size: Any) -> tuple[Any, Any]:
    """Return boxes centred on the anchors that lie inside well enough, and what each costs."""
    centres = ax.transData.transform(anchors)
    boxes = np.hstack([centres - size / 2, centres + size / 2])
    shapely.prepare(area)
    inside = ax.transData.inverted().transform((centres[:, None] + _SAMPLES * size).reshape(-1, 2))
    share = shapely.contains_xy(area, *inside.T).reshape(len(anchors), -1).mean(axis=1)
    away = np.hypot(*(centres - centres[0]).T) / max(size[0], 1.0)
    keep = share >= least
    return boxes[keep], (3.0 * (1.0 - share) + 0.4 * away)[keep]


def _hits(boxes: Any, taken: Any, pad: float) -> Any:
    """Return which boxes come nearer than `pad` to a taken one."""
    return _meet(boxes, taken, pad).any(axis=1)


def _meet(boxes: Any, taken: Any, pad: float) -> Any:
    """Return for each box which taken ones it comes nearer to than `pad`."""
    a, b = boxes[:, None, :], taken[None, :, :]
    return (a[..., :2] < b[..., 2:] + pad).all(axis=-1) & (b[..., :2] < a[..., 2:] + pad).all(axis=-1)


def _in_view(ax: Axes, boxes: Any) -> Any:
    frame = ax.get_window_extent()
    pad = 1.5 * ax.figure.dpi / PT_PER_INCH
    low = (boxes[:, 0] >= frame.x0 + pad) & (boxes[:, 1] >= frame.y0 + pad)
    return low & (boxes[:, 2] <= frame.x1 - pad) & (boxes[:, 3] <= frame.y1 - pad)


def _ground(ax: Axes, boxes: Any) -> Any:
    """Return pixel boxes as polygons on the ground."""
    back = ax.transData.inverted()
    low, high = back.transform(boxes[:, :2]), back.transform(boxes[:, 2:])
    return shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])


def _set(ax: Axes, choice: _Choice, place: int, style: MapStyle) -> Text:
    """Set a text with its lower left corner at the box's, held by the ground and an offset in points."""
    label, text, box = choice.label, choice.texts[place], choice.boxes[place]
    if label.area is None:
        anchor = np.array([label.x, label.y])
    else:
        anchor = ax.transData.inverted().transform((box[:2] + box[2:]) / 2)
    offset = (box[:2] - ax.transData.transform(anchor)) * PT_PER_INCH / ax.figure.dpi
    return ax.annotate(
        text,
        xy=(float(anchor[0]), float(anchor[1])),
        xytext=(float(offset[0]), float(offset[1])),
        textcoords="offset points",
        ha="left",
        va="bottom",
        multialignment="center",
        linespacing=1.0,
        path_effects=halo(style),
        zorder=Z["label"],
        gid="label",
        **plain(style, label.size_pt, weight=label.weight, slant=label.slant) | {"color": label.colour},
    )


def _markers(drawn: PathCollection, ax: Axes) -> list[Bbox]:
    places = ax.transData.transform(np.asarray(drawn.get_offsets(), dtype=float).reshape(-1, 2))
    sizes = np.sqrt(np.resize(np.asarray(drawn.get_sizes(), dtype=float), len(places)))
    half = sizes[:, None] / 2 * ax.figure.dpi / PT_PER_INCH
    return [Bbox([low, high]) for low, high in zip(places - half, places + half, strict=True)]
