"""The page of a whole figure: title, boxes, legend and caption, placed in millimetres."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from frontlines.plot.furniture import Entry, draw_legend
from frontlines.plot.style import MM_PER_INCH, PT_PER_INCH, MapStyle
from frontlines.plot.text import plain, renderer_of, wrap

TITLE_GAP_MM = 2.0
LEFT_MM = 16.0  # from the edge of the page to the charts: room for numbers and what is measured
_CHART_MM = 58.0
_LEADING = 1.3
_SLACK = 0.975  # of the width of text: in a picture of fewer dots letters are up to so much wider
_LONG = 4  # lines; a caption of more stands in two columns
_CAPTION_SHARE = 0.3  # of the height of the page that a caption takes at most


class Box(NamedTuple):
    """A rectangle on the page [mm], from the page's upper left corner downwards."""

    left: float
    top: float
    width: float
    height: float

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height

    @property
    def foot(self) -> float:
        """The lower edge [mm from the top of the page]."""
        return self.top + self.height


class FigurePage:
    """A page for print: the title on top, boxes under it, the caption at the foot.

    It begins as high as the style allows. What is put on it keeps its distance from the upper left corner
    when `end` cuts the page to the height that is needed.
    """

    def __init__(self, style: MapStyle, *, title: str = "", caption: str = "") -> None:
        self.style = style
        self.height_mm = style.max_height_mm
        size = (style.width_mm / MM_PER_INCH, style.max_height_mm / MM_PER_INCH)
        self.figure = Figure(figsize=size, dpi=style.dpi, facecolor=style.paper)
        FigureCanvasAgg(self.figure)
        self._boxes: dict[Axes, Box] = {}
        self._texts: dict[Text, float] = {}
        self._caption = self._columns(caption)
        self.caption_mm = self._tallest_mm(self._caption)
        self.top_mm = style.margin_mm
        if title.strip():
            self.top_mm += self.write_block(
                title, self.top_mm, size_pt=style.title_pt, weight="bold", name="title"
            )
            self.top_mm += TITLE_GAP_MM

    @property
    def inner_mm(self) -> float:
        """The width between the margins [mm]."""
        return self.style.width_mm - 2 * self.style.margin_mm

    def add(self, name: str, box: Box) -> Axes:
        """Add an Axes at a box; its label and gid are `name`."""
        return self.put(self.figure.add_axes((0.0, 0.0, 1.0, 1.0), label=name, gid=name), box)

    def put(self, ax: Axes, box: Box) -> Axes:
        """Put an Axes at a box."""
        self._boxes[ax] = box
        width, height = box.width / self.style.width_mm, box.height / self.height_mm
        ax.set_position((box.left / self.style.width_mm, 1 - box.foot / self.height_mm, width, height))
        return ax

    def drop(self, ax: Axes) -> None:
        """Take an Axes away."""
        del self._boxes[ax]
        ax.remove()

    def add_legend(
        self, entries: Sequence[Entry], box: Box, *, columns: int = 1, entry_mm: float | None = None
    ) -> tuple[Axes, float]:
        """Draw a legend at a box, texts wrapped so that entries are no wider than `entry_mm`.

        Returned are the Axes that holds it and its height [mm].
        """
        host = self.add("legend", box)
        host.set_axis_off()
        width_px = None if entry_mm is None else entry_mm / MM_PER_INCH * self.figure.dpi
        legend = draw_legend(host, entries, columns=columns, width_px=width_px, style=self.style)
        return host, self._tallest_mm([legend])

    def write(
        self, text: str, left_mm: float, down_mm: float, *, size_pt: float, name: str, weight: str = "normal",
        ha: str = "left", va: str = "baseline",
    ) -> Text:  # fmt: skip
        """Write text as it stands, `down_mm` from the top of the page."""
        x, y = left_mm / self.style.width_mm, 1 - down_mm / self.height_mm
        look = plain(self.style, size_pt, weight=weight)
        written = self.figure.text(x, y, text, ha=ha, va=va, linespacing=_LEADING, gid=name, **look)
        self._texts[written] = down_mm
        return written

    def write_block(
        self, text: str, top_mm: float, *, size_pt: float, name: str, weight: str = "normal"
    ) -> float:
        """Write text wrapped to the width of the page; return its height [mm]."""
        font = plain(self.style, size_pt, weight=weight)["fontproperties"]
        lines = wrap(text, self._px(self.inner_mm), self.figure, font)
        left_mm = self.style.margin_mm
        return self._tallest_mm(
            [self.write(lines, left_mm, top_mm, size_pt=size_pt, name=name, weight=weight, va="top")]
        )

    def end(self, body_foot_mm: float, *, height_mm: float | None = None) -> Figure:
        """Set the caption under the body, which ends at `body_foot_mm`, and cut the page below it."""
        self._texts |= dict.fromkeys(self._caption, body_foot_mm)
        self.height_mm = height_mm or body_foot_mm + self.caption_mm + self.style.margin_mm
        self.figure.set_size_inches(self.style.width_mm / MM_PER_INCH, self.height_mm / MM_PER_INCH)
        for ax, box in self._boxes.items():
            self.put(ax, box)
        for text, down_mm in self._texts.items():
            text.set_y(1 - down_mm / self.height_mm)
        return self.figure

    def _columns(self, caption: str) -> list[Text]:
        """Set the caption across the page: in one block if it is short, else in two columns."""
        size_pt, gap_mm, width_mm = self.style.caption_pt, self.style.gap_mm, self.inner_mm
        font = plain(self.style, size_pt)["fontproperties"]
        line_mm = _LEADING * size_pt * MM_PER_INCH / PT_PER_INCH
        most = int(_CAPTION_SHARE * self.style.max_height_mm / line_mm)
        blocks = [wrap(caption, self._px(width_mm), self.figure, font, most=most).split("\n")]
        if len(blocks[0]) > _LONG:
            width_mm = (width_mm - gap_mm) / 2
            lines = wrap(caption, self._px(width_mm), self.figure, font, most=2 * most).split("\n")
            half = (len(lines) + 1) // 2
            blocks = [lines[:half], lines[half:]]
        left_mm = [self.style.margin_mm + k * (width_mm + gap_mm) for k in range(len(blocks))]
        return [
            self.write("\n".join(block), left, 0.0, size_pt=size_pt, name="caption", va="top")
            for left, block in zip(left_mm, blocks, strict=True)
            if "".join(block)
        ]

    def _px(self, length_mm: float) -> float:
        return _SLACK * length_mm / MM_PER_INCH * float(self.figure.dpi)

    def _tallest_mm(self, artists: Sequence[Text | Legend]) -> float:
        """Return the height of the tallest of some artists [mm], 0 for none."""
        renderer = renderer_of(self.figure)
        heights_px = (float(artist.get_window_extent(renderer).height) for artist in artists)
        return max(heights_px, default=0.0) / float(self.figure.dpi) * MM_PER_INCH


class Chart(NamedTuple):
    """One chart of a page: name, what draws it on an Axes, its height, left edge and room beside it [mm]."""

    name: str
    draw: Callable[[Axes], Axes]
    height_mm: float = _CHART_MM
    left_mm: float = LEFT_MM
    beside_mm: float = 0.0

    def box(self, top_mm: float, style: MapStyle) -> Box:
        """Give its place on the page."""
        right = 2 * style.margin_mm if self.left_mm > style.margin_mm else style.margin_mm
        return Box(
            self.left_mm, top_mm, style.width_mm - self.left_mm - right - self.beside_mm, self.height_mm
        )


def chart_page(charts: Sequence[Chart], *, title: str, caption: str, style: MapStyle) -> Figure:
    """Put charts under each other on a page with a title and a caption, as high as needed."""
    page = FigurePage(style, title=title, caption=caption)
    top_mm = page.top_mm
    for chart in charts:
        box = chart.box(top_mm, style)
        ax = chart.draw(page.add(chart.name, box))
        align_label(ax, style)
        above_mm, below_mm = _stands_out_mm(ax)
        page.put(ax, box._replace(top=top_mm + above_mm))
        top_mm += above_mm + chart.height_mm + below_mm + style.gap_mm
    return page.end(top_mm)


def align_label(ax: Axes, style: MapStyle) -> None:
    """Put the label of the axis that runs upwards at the margin of the page."""
    width_mm = ax.get_position().width * style.width_mm
    ax.yaxis.set_label_coords(-(LEFT_MM - style.margin_mm) / width_mm, 0.5)
    ax.yaxis.label.set_verticalalignment("top")


def _stands_out_mm(ax: Axes) -> tuple[float, float]:
    """Measure how far heading and legend stand out above an Axes, and labels below it [mm]."""
    renderer = renderer_of(ax.figure)
    inner, outer = ax.get_window_extent(renderer), ax.get_tightbbox(renderer)
    legends = [a.get_window_extent(renderer) for a in ax.get_children() if isinstance(a, Legend)]
    outer = inner if outer is None else Bbox.union([inner, outer, *legends])
    mm_per_px = MM_PER_INCH / ax.figure.dpi
    return float(outer.y1 - inner.y1) * mm_per_px, float(inner.y0 - outer.y0) * mm_per_px
