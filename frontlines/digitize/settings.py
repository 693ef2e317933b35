"""Thresholds of digitizing: each with its unit, what it means, and where it comes from.

Units are in the names, or in brackets: lengths in pixels of the scan, colours in ΔE (CIELAB) or sRGB steps of
0 to 255 on evened paper, shares without a unit. The description of a group says where its values come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from numbers import Integral, Real
from typing import Any, NamedTuple

from frontlines.errors import DigitizeError


class Bound(NamedTuple):
    """Between which numbers an entry of a recipe must lie, both among them."""

    unit: str
    lowest: float
    highest: float
    whole: bool = False

    def holds(self, value: Any) -> bool:
        """Tell whether a value is such a number; true and false are none."""
        number = isinstance(value, Integral if self.whole else Real) and not isinstance(value, bool)
        return number and bool(self.lowest <= value <= self.highest)

    @property
    def words(self) -> str:
        """Say what is asked for."""
        unit = f" [{self.unit}]" if self.unit else ""
        return f"a {'whole ' * self.whole}number from {self.lowest:,g} to {self.highest:,.0f}{unit}"


BOUNDS = {
    "page": Bound("", 1, 10_000, whole=True),
    "side_px": Bound("px", 1, 1_000_000, whole=True),
    "scale": Bound("", 1, 1_000_000_000, whole=True),  # a globe of a centimetre
    "source_m": Bound("m", 0, 1_000_000),
    "stroke_px": Bound("px", 0.5, 1000),
    "min_length_px": Bound("px", 1, 100_000),
    "gap_px": Bound("px", 1, 100_000),
    "spur_px": Bound("px", 1, 100_000),
    "min_area_px": Bound("px²", 1, 1_000_000_000),
    "border_px": Bound("px", 0.5, 1000),
    "col": Bound("px", -1_000_000, 1_000_000),
    "row": Bound("px", -1_000_000, 1_000_000),
    "lon": Bound("°", -360, 360),
    "lat": Bound("°", -90, 90),
}
"""Numbers of a recipe. By judgement: what lies beyond is a slip, not a map."""


def refuse_beyond(**values: Any) -> None:
    """Refuse numbers that their bound does not hold; None is let pass."""
    for name, value in values.items():
        if value is not None and not BOUNDS[name].holds(value):
            raise DigitizeError(f"{name} must be {BOUNDS[name].words}, not {value!r}")


@dataclass(frozen=True)
class Scans:
    """Reading an image.

    By judgement; limits of memory and of file formats.
    """

    band_px: int = 512  # rows that are read at once
    no_data_stroke_px: int = 33  # what has the value of no data and is narrower is ink
    dim: int = 4096  # 16 bit that never reach this hold 8 or 12 bit, unscaled, and would be read as black
    in_memory_px: int = 24_000_000  # images with more pixels are kept in a temporary file
    least_px: int = 16  # what is smaller is no map


@dataclass(frozen=True)
class Papers:
    """The paper of a scan and the light on it.

    By judgement, on made-up scans (`tests/digitize/colour/test_paper.py`).
    """

    calm: float = 2.0  # half of the pixels of an even cell lie no farther apart [sRGB]
    same: float = 1.5  # up to here two cells have one colour [sRGB]
    other: float = 6.0  # from here on two cells have different colours [sRGB]
    calm_share: float = 0.1  # share of even cells in a drawing, at least
    in_peaks_share: float = 0.92  # share of these that have one of its colours, at least
    most_colours: int = 40  # colours of a drawing that are looked at
    cell_px: int = 16  # side of the cells in which the light counts as even
    samples: int = 900_000  # pixels that are looked at, roughly
    white: float = 250.0  # what paper becomes in each channel [sRGB]
    nearly_white: float = 205.0  # the paper of a drawing is lighter in each channel [sRGB]
    brightest: float = 351.0  # most that a channel is evened to: tables of colours end there [sRGB]
    darkest: float = 4.0  # black sheds no light to measure [sRGB]
    near_de: float = 5.5  # farthest that a cell may be from its ground [ΔE, lightness weighted]
    lightness_weight: float = 0.5  # weight of lightness beside hue: light wanders most
    lightness_weight_at_first: float = 0.25  # the same before the light is known
    most_fills: int = 6  # fills beside paper that are followed
    fill_share: float = 0.04  # share of the cells that a fill covers, at least
    least_cells: int = 40  # cells that a surface is laid through, at least
    margin_share: float = 0.03  # share of the rows or columns of cells that are the margin
    margin_weight: float = 4.0  # weight of cells of the margin in the search for paper
    round_share: float = 0.7  # share of the margin that one colour has if paper goes round the map
    unlike_paper_weight: float = 0.3  # weight of colours that paper seldom has
    rounds: int = 6  # times that cells are told apart and the light is measured


@dataclass(frozen=True)
class Grounds:
    """Colours that fill a scan.

    By judgement, on made-up scans and drawings (`tests/digitize/colour/test_palette.py`).
    """

    crowd: float = 0.3  # least density of a peak of colours [pixels a cell of 4 by 4 by 4 in CIELAB]
    flat_px: int = 10  # a ground looks the same so far off in all four directions
    near_px: int = 4  # and so far off, for strokes may be ten pixels apart
    flat: int = 9  # most that it differs there in lightness, a and b each [CIELAB]
    very_flat: int = 4  # and in each channel of a drawing: compressed lines differ more [sRGB]
    share: float = 0.003  # share of the scan that a ground covers, at least
    apart_de: float = 11.0  # grounds of scans are no nearer to each other [ΔE]
    apart_if_drawn: int = 6  # nor are those of drawings, in some channel [sRGB]
    most: int = 40  # colours of a drawing that are looked at
    hues_apart_de: float = 6.0  # two grounds in one crowd are so far apart in a and b [ΔE]
    shades_apart_de: float = 7.5  # or so far with lightness, which light may change [ΔE]
    window: float = 1 / 6  # share of the way between two colours in which pixels are counted
    valley: float = 0.3  # pixels half-way between two grounds, as a share of those at an end
    on_the_way: tuple[float, ...] = (0.5, 0.6, 0.7, 0.8, 1.0)  # of the way to a ground: pixels of a shade
    rounds: int = 8  # times that a crowd is parted anew


@dataclass(frozen=True)
class Inks:
    """Colours that are drawn as strokes.

    By judgement, on made-up scans of war maps (`tests/digitize/lines`).
    """

    alike_de: float = 13.0  # inks nearer to each other are one [ΔE]
    tile_px: int = 512  # side of the tiles that are looked at
    sample_px: int = 6_000_000  # pixels that are looked at, roughly
    from_ground_de: float = 15.0  # an ink is farther from the nearest ground [ΔE]
    most: int = 24  # inks at most
    along_weight: float = 0.75  # weight of a difference that is only more or less ink
    least_spread_de: float = 9.0  # least that an ink scatters off its way to the ground [ΔE]
    most_spread_de: float = 20.0  # most that it does [ΔE]
    strange_de: float = 34.0  # farther from every known colour, a pixel is of none [ΔE]
    most_cores: int = 500_000  # that are looked at; a dense map has 8 in 100 px of the sample, so fewer
    least_cores: int = 40  # pixels in the middle of strokes that an ink has, at least
    reaches_px: tuple[int, ...] = (1, 2, 4, 7)  # from the middle of a stroke to beyond its edge
    # an ink less like the colour asked for is not there [weighted ΔE]: `benchmarks/colours_asked.py`
    too_unlike: float = 36.0
    hueless: float = 62.0  # so much less is a grey like a colour, or a colour like a grey [weighted ΔE]
    coloured: float = 30.0  # chroma from which on a colour has a hue of its own [CIELAB]
    grey: float = 8.0  # chroma up to which it has none [CIELAB]
    beside_by_chance: float = 0.12  # share of an ink's cores that lie beside another one by chance, at most
    rims_of_stroke: float = 3.0  # lengths of a stroke that its two rims have at most
    rim_cost: float = 30.0  # so much less is an ink meant that is the rim of a stronger one [ΔE]
    faint: float = 0.25  # of the contrast asked for, below which an ink counts as such a rim: most have 0.4
    palest_rim: float = 0.05  # least share of a stronger ink in its rims
    seen_beside: float = 0.25  # share of the cores of a line over another one that lie beside it, at least
    unusual_light: float = 0.02  # share of the paper that is darker, or lighter, than usual
    same_place: float = 0.45  # share of an ink's cores beside a stronger one, from which on it is its edge
    rim_px: int = 2  # width of the rims of strokes
    ground_less_like_de: float = 5.0  # a ground of strokes may be less like the colour than its rims [ΔE]
    broadest_share: float = 0.03  # mean width of a stroke at most, as a share of the scan's diagonal
    broad_spread_de: float = 12.0  # scatter of an ink that was a ground [ΔE]
    thinner: float = 0.6  # least share of an ink in what its thinner strokes look like
    same_hue_deg: float = 15.0  # by which their hue is off it at most [°]
    band_px: int = 1024  # rows in which the width of strokes is measured at once


@dataclass(frozen=True)
class Matching:
    """Which fill or hatching a colour means.

    By judgement, on made-up maps (`tests/digitize/areas/test_fills.py`).
    """

    # a fill less like the colour asked for is not there [ΔE]: `benchmarks/colours_asked.py`
    too_unlike_de: float = 33.0
    no_tint_de: float = 75.0  # so much less are paper and greys like a tint of a colour [ΔE]
    hatched_de: float = 8.0  # a fill is preferred to hatching by so much [ΔE]
    tint_shares: tuple[float, ...] = (0.25, 0.4, 0.6, 0.8)  # shares of a colour in its tints
    mix_steps: int = 16  # steps in which a colour is mixed with a ground
    hue_left: float = 1 / 3  # least share of its hue that is left in a mix, of that of its lightness
    pale_de: float = 24.0  # a hex is preferred to its tints by so much times what they lack of it [ΔE]
    coloured: float = 15.0  # chroma of a colour that has tints, at least [CIELAB]
    grey: float = 4.0  # chroma of a fill that is no tint, at most [CIELAB]
    black: float = 20.0  # lightness of a grey by name that has paler tints, at least [CIELAB]
    white: float = 95.0  # at most [CIELAB]


@dataclass(frozen=True)
class Lines:
    """Strokes of an ink, and what of them is a line.

    By judgement, on made-up war maps (`benchmarks/lines.py`, seeds 200 to 219; `tests/digitize/lines`); the
    standard errors so that seven in ten points lie within theirs.
    """

    tile_px: int = 1024  # side of the windows that are thinned at once: bounds the memory
    overlap_px: int = 48  # by which they overlap, and six strokes at least: thinning reaches no farther
    noise: float = 0.01  # pieces of strokes for each pixel of the scan, above which it is noise (blue: 0.06)
    few: int = 400  # pieces that are never noise
    every_px: int = 2  # points of a path that are kept
    end_strokes: float = (
        6.0  # of an end, over which its direction is taken; and longest loop that nobody drew
    )
    turn_deg: float = 40.0  # a turn that makes a jump as dear as one twice as wide; sure below it
    widest_deg: float = 65.0  # widest turn at an end of a jump
    near_strokes: float = 4.0  # a gap that is narrow
    gap_pieces: float = 2.0  # a gap is at most so many lengths of the shorter piece, beside a narrow one
    dashed_gaps: int = 5  # gaps that make a line a dashed one
    usual: float = 1.5  # medians, up to which a gap, or the length of a dash, is a usual one
    price: float = 12.0  # of two ends left over, in usual gaps and strokes: the line may turn right back
    passing_by: float = 0.25  # of that price, what a wide jump costs besides: it passes something by
    mostly: float = (
        0.6  # of the least length, what is seen of a stretch, and the largest letter; of the width
    )
    half: float = (
        0.5  # of the least length, what may come out from under another line; cosine of running into it
    )
    lone: float = 3.0  # least lengths, or gaps: what is shorter and goes on into nothing is an arrow or a key
    part: float = 0.25  # of the diagonal, or of the longest piece, what a line is sure to have
    wider: float = 1.7  # of the line's width, what still counts as the line
    crowded: float = (
        1.3  # times the ink that a line has around its end, from which on it is a head or letters
    )
    bar_bend: float = 0.36  # a dash bends off its chord by less than this share of it
    level_deg: float = 6.0  # by which sides of a frame are off the square
    ruled_off_px: float = 1.2  # off a ruled line
    ruled_side: float = 0.15  # of the diagonal, or of a closed line, a ruled side
    ruled: float = 0.9  # of its length, what is ruled of a frame
    pale: float = 0.7  # share of ink in the middle, beside that of the longest stretch
    written_turns: float = 2.5  # times the turning of the longest stretch that writing has
    written_rad: float = 0.05  # and its least turn [rad/px]
    step_px: float = 0.5  # between the samples of a profile; what a mask adds to half a width
    beyond_px: float = 4.0  # how far a profile reaches beyond the stroke's edge; between strokes that meet
    clear_px: float = 1.5  # from here on beyond the edge a profile shows the ground
    rounds: int = 3  # times that a line is moved to the middle of its ink
    strange: float = (
        55.0  # farther from any mix of ground and ink, or beside it from any ground, is another ink [sRGB]
    )
    foot: float = 0.15  # share of ink at which a stroke ends
    ground_run: int = 21  # points over which the ground beside a line is taken
    heading_px: float = 15.0  # over which the direction of an end at another line is taken
    crossing: float = 3.0  # both strokes together along another line: a shorter gap merely crosses it
    detour: float = 2.0  # gaps, the longest way along another line that hides one
    across: float = 0.35  # cosine below which an end runs into another line square
    floor_px: float = 0.03  # least standard error
    scatter: float = 0.6  # standard error per scatter of the measured centres
    rough: float = 0.61  # and per roughness of the line found
    unlike: float = 0.3  # in half widths, beside unlike grounds, another line, or covered; of a way out
    buried: float = 0.8  # in half widths, where most of the stroke is covered
    wander: float = 1 / 6  # per pixel from where the line was last seen
    unsure: float = 5.0  # times its usual standard error, a line is partly covered


@dataclass(frozen=True)
class Fills:
    """Pixels that surely show a fill, and from there to all.

    By judgement, on made-up press maps (`tests/digitize/areas`).
    """

    tile_px: int = 2048  # side of the windows that are worked on
    overlap_px: int = 96  # by which they overlap
    border_px: float = 5.0  # width up to which a stripe counts as a border, unless it is given
    other_shade_de: float = 7.0  # a piece whose mean is farther off its fill is of another shade [ΔE]
    shade_least_px: int = 60  # a smaller piece has no colour to trust [px²]
    shade_most_share: float = 0.006  # a larger one is a fill itself [share of the scan]
    box_full: float = 0.95  # share of the rectangle around it that a box fills; lakes are rounder
    box_least_px: int = 240  # smaller rectangles may be anything [px²]
    box_most_share: float = 0.02  # no name needs more [share of the scan]
    strange_de: float = 13.0  # farther from every fill: a stroke, a letter, an edge [ΔE]
    glare_if_even_de: float = 1.5  # the same on a drawing [ΔE]
    glare_de: float = 5.0  # so much lighter than the lightest fill: a line or halo whiter than the paper [ΔE]
    letters_uneven: float = 4.0  # times the usual spread of a fill's colours, from which on a pixel is uneven
    grain: float = 2.0  # the least spread [sRGB]
    letters_share: float = 0.75  # share of uneven pixels in letters; small areas are even in their middle
    narrow_px: int = 3  # least width of a stripe of a fill
    beside: int = 3  # widths of borders from such a stripe to more of its fill
    lake_px: int = 15  # bold letters and borders are thinner than lakes
    lake_inner_px: int = 2  # from the middle of a lake, where it must be even
    lake_even: float = 5.0  # most that its colours scatter there [sRGB]
    lake_ground_de: float = 30.0  # farther from every fill, it is printed over them: arrows, blocks [ΔE]
    lake_of_it: float = 18.0  # most that its other pixels are off its colour in some channel [sRGB]
    blot_px: int = 32  # farther from every known fill is no stroke and no letter
    area_share: float = 3e-4  # a smaller area is doubtful [share of the scan]
    least_area_px: int = 60  # and none if it is smaller than this [px²]
    thick_px: float = 3.5  # from the middle of a doubtful area to its edge, at least
    light_thick_px: float = 6.0  # the same if it is light as halos are


@dataclass(frozen=True)
class Hatching:
    """Ground that parallel strokes cover.

    By judgement, on made-up hatching (`tests/digitize/areas/test_hatch*.py`).
    """

    edge_px: float = 1.0  # blur before slopes are taken
    round_px: float = 2.0  # blur in which slopes are averaged
    straight: float = 0.4  # least coherence of slopes where a stroke has a direction
    bins: int = 60  # of three degrees each, in which directions are counted
    spread_deg: float = 6.0  # spread of one direction
    same_deg: float = 22.0  # farther off it is another stroke's
    second_share: float = 0.3  # share of the commonest direction that a second one has, at least
    crossed_deg: float = 30.0  # least angle between two directions of hatching
    reach_px: int = 200  # from the midst of a hatched area to its tips
    midst: float = 0.98  # share of the ground between strokes that is nearer to one than half a gap
    least_half_gap_px: float = 2.0  # half a gap, at least
    most_half_gap_px: float = 32.0  # half a gap, at most
    partly: float = 0.2  # share of a narrow cell that is hatched, from which on all of it is
    inside: float = 0.4  # share of an open cell between strokes, below which they pass it by
    narrow: float = 0.95  # share of a narrow cell that lies within a gap of a stroke
    even_gaps: float = 0.67  # halves of a gap in which stepped ends are evened
    solid: float = 0.75  # share that strokes cover, from which on it is a fill in that ink
    leak_px: int = 1  # half a gap in a border, at most
    half_stroke_px: float = 3.0  # half a stroke, at most
    coarse_px: int = 4  # every so many pixels are looked at to see how wide ground is
    hatched_from: float = 0.5 - 1e-4  # share of the directions that reach a hatched pixel, at least
    block_px: int = 4  # side of the blocks in which strokes are counted
    drawn: float = 0.12  # share of a block that strokes cover, at least
    gaps: tuple[float, ...] = (4.0, 7.0, 11.0)  # widest gaps between strokes [blocks]
    widths: tuple[float, ...] = (7.0, 12.0, 20.0)  # least width of areas with such gaps [blocks]
    least_share: float = 0.0005  # share of the scan that is hatched, at least
    sample_px: int = 512  # side of the window in which the directions of strokes are looked at
    # share of these strokes that run in one or two directions: 0.94 to 1 in hatching, at most 0.52 in names
    in_line: float = 0.75
    fuller: float = 2.0  # times as much is found at the right spacing as by chance at a closer one
    long_diagonals: float = 1.5  # diagonals of the scan that an ink of hatching is drawn, at least
    rim_px: int = 2  # width of the rims of strokes
    lighter: float = 20.0  # what is lighter than hatching by more is not drawn over it [CIELAB]


@dataclass(frozen=True)
class Edges:
    """Edges of areas at their true place.

    By judgement, on made-up borders (`tests/digitize/areas/test_edges.py`, `test_press_maps.py`).
    """

    key_share: float = 0.006  # a larger rectangle is no key of a legend [share of the scan]
    key_full: float = 0.94  # share of the rectangle around it that a key fills
    smooth_px: float = 1.2  # tolerance in which the steps of pixels are smoothed
    covered_px: float = 2.5  # an edge so much farther from what is seen than edges usually are is covered
    bulge_px: float = 10.0  # names are not so high that the straight way under them is farther off
    reach_px: float = 8.0  # reach of a profile across an edge, to either side
    step_px: float = 0.5  # between the samples of a profile
    end_px: float = 2.0  # ends of a profile that show the bare fills
    farthest_px: float = 4.0  # from where labels end to the edge, at most
    fine_px: float = 0.1  # step in which an edge is placed
    widths_px: tuple[float, ...] = (  # widths of borders that are tried
        1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0,
    )  # fmt: skip
    hue: float = 0.5  # weight of a difference in hue beside one in lightness: JPEG keeps hues coarser
    shown: float = 0.5  # least share of its ink in a line: what is fainter is the blur of a bare edge
    blurs_px: tuple[float, ...] = (0.3, 0.6, 1.0, 1.5, 2.2)  # blurs that are tried
    seen: float = 15.0  # a line is seen so far off the way between two fills [sRGB]
    hidden: float = 30.0  # it is like the ground if it is nearer to it [sRGB]
    shows: float = 18.0  # a line farther off the ground would show [sRGB]
    shows_share: float = 0.4  # by this share of how far it is off, in its middle
    white: float = 255.0  # inks are no lighter [sRGB]
    one_ink: float = 60.0  # borders more like each other are of one ink [sRGB]
    best_seen: float = 2.0  # the best-seen ink is preferred to one that fits better by less than this factor
    rather: float = 0.2  # a line is believed that leaves no more of what a bare edge leaves unexplained
    stray_px: float = 2.0  # of a place from the median of its edge, at most
    stroke_px: float = 3.0  # farther from where hatching ends, a line is one of its strokes
    unexplained: float = 0.03  # share of a profile's sum of squares that a step and a line may leave
    noise: float = 100.0  # or this sum of squares [sRGB²]
    sure_px: float = 6.0  # labels must agree from here on to either side of an edge
    apart_px: float = 2.0  # between profiles along an edge
    straight: int = 9  # places over which the direction of an edge is averaged
    most: int = 2400  # profiles of one edge, at most
    fewest: int = 60  # profiles of one edge, at least
    together: int = 3  # profiles of neighbouring places that are averaged
    rounds: int = 8  # times that crossing outlines are put back
    passes: int = 2  # times that edges are moved
    mean_px: float = 0.15  # standard error of a bare edge's mean: 68 % of areas lie within
    mean_split: float = 0.03  # and of one under a border, in widths of that
    sigma_px: float = 0.35  # standard error of a bare edge
    sigma_split: float = 0.3  # that of one amid a border, in halves of its width


@dataclass(frozen=True)
class Doubts:
    """What of an area is worth a caution.

    By judgement.
    """

    unsure_share: float = 0.25  # of its pixels that were not in its colour, from which on it is doubtful
    unseen_share: float = 0.1  # of its edge with nothing seen nearby, from which on it is doubtful
    margin_share: float = 0.5  # of the scan's margin that it takes, from which on it may be paper
    near_px: int = 8  # an edge farther from all that was seen was laid by distance alone
    block_px: int = 16  # side of the blocks among which the most doubtful place is looked for


@dataclass(frozen=True)
class Choosing:
    """Which transformation and plane are taken unasked.

    By judgement, on made-up maps (`benchmarks/georef_steps.py`).
    """

    better: float = 0.8  # a richer one must bring the leave-one-out error below this part of it
    fine_px: float = 0.3  # leave-one-out errors below this are as good as none: nothing richer is looked for
    spare_points: Mapping[str, int] = field(  # beyond the least number, before one is taken unasked
        default_factory=lambda: {
            "helmert": 1, "affine": 1, "projective": 2, "polynomial2": 3, "polynomial3": 4, "spline": 7,
        }
    )  # fmt: skip
    judges: int = 3  # that fit best are asked which points do not belong; all of them say no better
    much_better: float = 0.5  # another choice than the one named is told below this part of its error
    notable_px: float = 1.0  # leave-one-out errors below this need no such caution
    meridians: int = 401  # looked at between the points for a cut of the plane
    cut: float = 20.0  # usual steps from meridian to meridian, the least that is a cut


@dataclass(frozen=True)
class BadPoints:
    """Which control points are named as wrong.

    By judgement, on made-up maps (`benchmarks/georef_steps.py`).
    """

    doubt: float = (
        0.001  # chance, over all points, that a sound set has a point as far off as one that is named
    )
    near_px: float = 5.0  # a point this near to where the others put it is never named
    slip: float = 20.0  # a point so many times the median of the others off stops the run,
    slip_share: float = 0.05  # if that is such a share of the scan's diagonal too: a slip, no reading
    freedom: int = 8  # least degrees of freedom of a transformation that judges; else a stiffer one does
    looked_at: int = 3  # points that belong least and are judged in each round
    hidden: int = 24  # points farthest from where the others put them, of which two may hide each other


@dataclass(frozen=True)
class Graticules:
    """How crossings of a graticule are found on a scan.

    By judgement, on made-up scans (`tests/digitize/georef/test_graticule.py`); steps are those of maps.
    """

    steps_min: tuple[int, ...] = (1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 300, 360, 600, 900, 1800)  # [′]
    off_step: float = 0.002  # of a step: named crossings are no farther off whole ones, on another datum
    oblong: float = 3.0  # times the one step is as large as the other, at most [degrees]
    widest_px: int = 7  # of a line, at most
    nearest_px: float = 40.0  # lines are at least so far apart
    reach: float = 0.12  # of a step: a crossing is looked for so far from where the others put it
    near_px: float = 4.0  # and at least so far
    named_px: float = 50.0  # for this step those named are read, before the true one is known
    crossed_px: int = 4  # beside a crossing, where the other line runs
    arm: float = 0.4  # of a step: so far to either side a line is looked at
    longest_px: float = 60.0  # but no farther
    seen: float = 5.0  # darker than beside it a line must be [grey, of 255]
    alone: float = 0.6  # of its darkness, that no other line within reach may have
    whole: float = 0.6  # of either arm must be seen
    least: int = 6  # crossings, with those named
    most: int = 12  # from which on it does not matter which plane they were sought on
    woven: float = 0.8  # of them have neighbours along both lines, from which on no coarser net is tried
    falls: float = 0.5  # to this part the error of the others falls without a line that is none of it
    fine_px: float = 0.5  # unless it is that small
    astray_px: float = 1.5  # a crossing may be so far from where the others put it
    astray: float = 4.0  # or so many times as far as the half of them is


@dataclass(frozen=True)
class QuotedError:
    """How far a georeference is off between its control points.

    By the share of true errors below the quoted one (`benchmarks/georef_steps.py`).
    """

    steps_px: tuple[float, ...] = (
        1.0,
        0.5,
    )  # that places are read to, the coarsest first; finer do not matter
    exact: float = 0.02  # of a step: residuals that are smaller do not come from rounding
    reach: float = 0.5  # how far what neighbours share reaches, as part of the extent of the points
    shares: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 0.95, 0.99)  # of the variance, that they may share
    noise_odds: float = 8.0  # how much likelier than each other share none is beforehand
    prior_points: float = 4.0  # so much trust in the shares before nearby leave-one-out errors scale them
    near: float = 0.25  # of the extent, how far around a place these scale its error
    assumed_px: float = 2.0  # if no point is to spare: assumed, and said so


@dataclass(frozen=True)
class PointCautions:
    """What of control points is worth a caution.

    By judgement.
    """

    spare: int = 3  # points to spare, below which there is one
    covered: float = 0.25  # part of the scan that the points' hull covers, below which there is one
    sheared: float = 1.5  # how much more one way than the other a place may be stretched, against the map
    same_px: float = 1.0  # nearer points lie on one place of the scan
    same_deg: float = 1e-7  # nearer points lie on one place of the ground
    thin: float = 0.05  # breadth of the points against their length, below which they lie on a line
    # the same, below which they do not show that a map is stretched by 0.5 % more one way than the other, as
    # paper is: the error of a Helmert transformation is then that of an affine one
    narrow: float = 0.3
    copies: float = 20.0  # times as large as the scan is no copy of it that points were read on
    grid: int = 41  # places a side of the scan where folds and shear are looked for


@dataclass(frozen=True)
class Sides:
    """Who lies left and right of a line.

    By judgement, on made-up fronts (`tests/digitize/test_sides.py`).
    """

    sure: float = 0.8  # share of the votes from which on no caution is needed
    needed: float = 0.6  # share of the votes below which nothing is settled
    minor: float = 0.1  # part of a line that may stay unsettled before the whole line is refused
    reach: float = 0.12  # of the diagonal, how far apart stretches may lie that have one answer
    samples: int = 40  # places along a line that ways lead to
    grazing: float = 0.15  # sine of the angle to the line below which a way does not tell its flank
    direction_px: float = 3.0  # to either side of a place, over which the line's direction is taken
    forked: float = 1.5  # strokes from the end of a branch to the middle of the line that it leaves


SCANS = Scans()
PAPERS = Papers()
GROUNDS = Grounds()
INKS = Inks()
MATCHING = Matching()
LINES = Lines()
FILLS = Fills()
HATCHING = Hatching()
EDGES = Edges()
DOUBTS = Doubts()
CHOOSING = Choosing()
BAD_POINTS = BadPoints()
GRATICULES = Graticules()
QUOTED_ERROR = QuotedError()
POINT_CAUTIONS = PointCautions()
SIDES = Sides()


def as_record() -> dict[str, dict[str, Any]]:
    """All thresholds by group, as plain data for the manifest of a run."""
    groups = (
        SCANS, PAPERS, GROUNDS, INKS, MATCHING, LINES, FILLS, HATCHING, EDGES, DOUBTS,
        CHOOSING, BAD_POINTS, GRATICULES, QUOTED_ERROR, POINT_CAUTIONS, SIDES,
    )  # fmt: skip
    return {type(one).__name__.lower(): _plain(asdict(one)) for one in groups}


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Put lists in place of tuples, as JSON has them."""
    return {name: list(one) if isinstance(one, tuple) else one for name, one in values.items()}
