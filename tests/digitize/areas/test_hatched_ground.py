"""Where hatched ground ends: at the ends of strokes, half a gap beyond the last one, or at a border."""

import numpy as np
import pytest
import shapely

from frontlines.digitize import open_scan, trace_areas
from frontlines.digitize.areas.hatching import families_of, hatched, reached

rows, columns = np.indices((240, 320))
INK = (190, 40, 40)


def _strokes(inside, spacing_px=10, width_px=2, across=(1.0, 0.0)):
    """Strokes within a shape, at right angles to a direction."""
    return inside & ((across[0] * rows + across[1] * columns) % spacing_px < width_px)


def _found(strokes, inside, walls=None, reach_px=25):
    walls = np.zeros_like(strokes) if walls is None else walls
    thick = inside & (np.abs(rows - 120) < 120 - 2 * reach_px) & (np.abs(columns - 160) < 160 - 3 * reach_px)
    return hatched(strokes, thick, walls, ~strokes & ~walls)


@pytest.mark.parametrize("slope", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("across", [(1.0, 0.0), (0.8, 0.6)], ids=["level", "slanting"])
def test_bare_ends_of_strokes_are_the_edge(slope, across):
    inside = (columns > 40) & (columns < 260 + slope * (rows - 120)) & (rows > 20) & (rows < 220)
    found = _found(_strokes(inside, across=across), inside)
    beside = (rows > 40) & (rows < 200) & (columns > 100)  # the slope alone, in whole spacings
    assert (found & beside).sum() == pytest.approx((inside & beside).sum(), rel=0.008)


@pytest.mark.parametrize("shift", range(0, 10, 2))
def test_an_edge_along_strokes_lies_half_a_gap_beyond_the_last(shift):
    inside = (rows > 30) & (rows < 200 + shift) & (columns > 20) & (columns < 300)
    strokes = _strokes(inside)
    last = np.flatnonzero(strokes[:, 160]).max()
    assert np.flatnonzero(_found(strokes, inside)[:, 160]).max() - last == pytest.approx(4, abs=1)


def _box(top, bottom, left, right):
    return (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)


def _border(box_outer, box_inner):
    return _box(*box_outer) & ~_box(*box_inner)


def test_cells_between_strokes_and_a_border_are_taken_whole_and_none_beyond_it():
    inside = _box(30, 208, 20, 300)
    walls = _border((28, 210, 18, 302), (30, 208, 20, 300))
    found = _found(
        _strokes(inside), inside, walls
    )  # the last stroke ends in row 202, the border begins in 208
    assert found[202:208, 40:280].all()
    assert not (found & ~inside & ~walls).any()


def test_an_outline_in_the_ink_of_hatching_is_no_stroke_of_it():
    inside = _box(30, 214, 20, 300)
    outline = _border((28, 216, 18, 302), (30, 214, 20, 300))  # two sides of it run as the strokes do
    found = _found(_strokes(inside) | outline, inside)
    assert found[32:212, 22:298].all()
    assert not (found & ~inside & ~outline).any()


def test_a_bay_that_is_outlined_is_not_hatched():
    bay = _box(190, 214, 150, 162)  # hardly wider than a gap
    inside = _box(30, 214, 20, 300) & ~bay
    outline = (_border((28, 216, 18, 302), (30, 214, 20, 300)) & ~_box(214, 216, 150, 162)) | (
        _border((188, 216, 148, 164), (190, 216, 150, 162)) & (rows < 214)
    )
    found = _found(_strokes(inside & ~outline, across=(0.7, 0.7)) | outline, inside)
    assert found[60:180, 40:280].all()
    assert not found[192:212, 151:161].any()


def test_strokes_that_a_label_hides_leave_no_hole():
    inside = _box(20, 220, 20, 300)
    strokes = _strokes(inside) & ~_box(100, 116, 140, 190)
    assert _found(strokes, inside)[40:200, 40:280].all()


def test_crossed_hatching_has_two_directions_and_its_ink_others():
    inside = _box(20, 220, 20, 240)
    crossed = _strokes(inside, 14, across=(0.7, 0.7)) | _strokes(inside, 14, across=(0.7, -0.7))
    upright = _box(20, 220, 280, 282)
    families, others = families_of(crossed | upright, inside)
    turns = sorted(np.degrees(np.arctan2(*one.across)) % 180 for one in families)
    assert turns == pytest.approx([45, 135], abs=2)
    assert others[40:200, 281].all()
    assert not families_of(np.zeros_like(crossed), inside)[0]


def test_strokes_reach_up_to_walls():
    strokes, walls = _box(100, 102, 50, 250), _box(104, 106, 0, 320)
    mask, between = reached(strokes, np.array([1.0, 0.0]), 6, walls)
    assert mask[94:104, 100].all()
    assert not mask[104:, 100].any()
    assert not between.any()


def _sheet(draw):
    pixels = np.full((240, 320, 3), 255, np.uint8)
    draw(pixels)
    return open_scan(np.kron(pixels, np.ones((3, 3, 1), np.uint8)))


def _scaled(*bounds):
    top, bottom, left, right = (3 * one - 0.5 for one in bounds)
    return shapely.box(left, top, right, bottom)


def test_a_fill_and_hatching_meet_half_way_between_strokes():
    def draw(pixels):
        pixels[:, 160:] = (226, 150, 140)
        pixels[_strokes(_box(0, 240, 0, 160), 4, 1, across=(0.7, 0.7))] = INK

    found = trace_areas(_sheet(draw), {"fill": "#e2968c", "hatched": "#be2828"}).set_index("area_class")
    for name, truth in {"fill": _scaled(0, 240, 160, 320), "hatched": _scaled(0, 240, 0, 160)}.items():
        assert found.geometry[name].area == pytest.approx(truth.area, rel=0.004)


def test_two_kinds_of_hatching_meet_at_their_border():
    def draw(pixels):
        pixels[_strokes(_box(20, 220, 20, 160), 6, 1)] = INK
        pixels[_strokes(_box(20, 220, 160, 300), 6, 1, across=(0.7, 0.7))] = (30, 110, 60)
        pixels[_border((19, 221, 19, 301), (20, 220, 20, 300)) | _box(20, 220, 159, 161)] = 20

    found = trace_areas(_sheet(draw), {"west": "#be2828", "east": "#1e6e3c"}).set_index("area_class")
    for name, truth in {
        "west": _scaled(19.5, 220.5, 19.5, 160),
        "east": _scaled(19.5, 220.5, 160, 300.5),
    }.items():
        assert found.geometry[name].symmetric_difference(truth).area < 0.02 * truth.area
        assert found.geometry[name].area == pytest.approx(truth.area, rel=0.01)


def test_a_fill_in_the_ink_is_taken_with_its_specks():
    inside = _box(20, 220, 20, 300)
    strokes = inside & (np.random.default_rng(1).random(inside.shape) > 0.15)
    found = _found(strokes, inside)
    assert (found & inside).sum() == pytest.approx(inside.sum(), rel=0.01)
    assert (found & ~inside).sum() < 0.02 * inside.sum()
