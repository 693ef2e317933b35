"""Edges of fills under borders, against the truth."""

import numpy as np
import pytest
from scipy import ndimage

from frontlines.digitize import open_scan, open_sheet, trace_areas
from frontlines.digitize.areas.edges import ACROSS, Border, borders_in, edge_of

PAPER, DARK, RED, BLUE = (235, 235, 230), (140, 110, 105), (215, 85, 80), (80, 130, 185)
CENTRE, RADIUS, SIZE = (250, 300), 150, (500, 600)


def _wheel(inside, outside, ink, width_px, *, blur_px=0.7, inwards_px=0.0):
    """Two half discs of fills on paper, with a border around each, that around both moved inwards."""
    rows, columns = np.indices(SIZE).astype(float)
    off = np.hypot(rows - CENTRE[0], columns - CENTRE[1] - 0.01) - RADIUS
    split = columns - CENTRE[1] + 40 * np.sin(rows / 40)
    pixels = np.full((*SIZE, 3), PAPER, float)
    pixels[(off < 0) & (split < 0)], pixels[(off < 0) & (split >= 0)] = inside, outside
    border = (np.abs(off + inwards_px) < width_px / 2) | ((off < 0) & (np.abs(split) / 1.2 < width_px / 2))
    pixels[border] = ink
    pixels = ndimage.gaussian_filter(pixels, (blur_px, blur_px, 0))
    noise = np.random.default_rng(1).normal(0, 1.5, pixels.shape)
    truth = [float(((off < 0) & side).sum()) for side in (split < 0, split >= 0)]
    return open_scan((pixels + noise).clip(0, 255).astype(np.uint8)), truth


@pytest.mark.parametrize(
    ("fills", "ink", "width_px"),
    [((DARK, BLUE), (60, 55, 50), 2), ((RED, BLUE), (255, 255, 255), 4), ((RED, BLUE), PAPER, 4)],
    ids=["dark border, more like one fill", "white border", "border of the paper's colour"],
)
def test_an_area_ends_in_the_middle_of_its_border(fills, ink, width_px):
    scan, truth = _wheel(*fills, ink, width_px)
    colours = {name: "#{:02x}{:02x}{:02x}".format(*fill) for name, fill in zip("ab", fills, strict=True)}
    assert trace_areas(scan, colours).area.tolist() == pytest.approx(truth, rel=0.005)


def test_a_coast_line_drawn_within_the_land_is_the_land_s_if_the_recipe_says_so_and_else_doubtful():
    scan, truth = _wheel(RED, BLUE, DARK, 6, inwards_px=3)
    sheet, fills = open_sheet(scan), {"a": "#d75550", "b": "#5082b9"}
    told, middle, unknown = (trace_areas(sheet, fills, coast=coast) for coast in ("inside", "middle", None))
    assert told.area.tolist() == pytest.approx(truth, rel=0.005)
    assert unknown.area.tolist() == middle.area.tolist()
    off = truth - unknown.area
    assert off.tolist() == pytest.approx([3 * np.pi * RADIUS] * 2, rel=0.1)
    assert unknown["sigma_px2"].tolist() == pytest.approx(off.tolist(), rel=0.25)
    assert (middle["sigma_px2"] < 0.2 * off).all()
    assert told["sigma_px2"].tolist() == pytest.approx(middle["sigma_px2"].tolist(), rel=0.05)


def test_hues_that_jpeg_has_blurred_are_no_line():
    fine, (inside, outside) = np.arange(-12, 12, 0.05)[:, None], ((199, 213, 234), (248, 248, 249))
    step = np.where(fine < 0, inside, outside).astype(float)
    light = step.mean(axis=1, keepdims=True)
    hues = ndimage.gaussian_filter1d(step - light, 40, axis=0) + ndimage.gaussian_filter1d(light, 18, axis=0)
    bare = np.column_stack([np.interp(ACROSS, fine[:, 0], one) for one in hues.T])
    edge = edge_of(bare[None], [Border(np.array([0.0, 52, 159]), 4.0)])
    assert edge.shift_px == pytest.approx(0, abs=0.15)
    assert edge.width_px == 0


def _profile(edge, inside, outside, ink=None, width_px=2.0):
    fine = np.arange(-12, 12, 0.05)
    colours = np.where((fine < edge)[:, None], inside, outside).astype(float)
    if ink is not None:
        colours[np.abs(fine - edge) < width_px / 2] = ink
    blurred = ndimage.gaussian_filter1d(colours, 20, axis=0)
    return np.column_stack([np.interp(ACROSS, fine, one) for one in blurred.T])


@pytest.mark.parametrize("edge", [-1.5, 0.0, 0.7])
def test_a_border_like_one_fill_does_not_draw_the_edge_to_itself(edge):
    profile = _profile(edge, (140, 110, 105), (220, 220, 222), (40, 40, 40))
    assert edge_of(profile[None], borders_in([profile])).shift_px == pytest.approx(edge, abs=0.15)


def test_a_border_of_the_colour_of_the_ground_is_taken_for_granted():
    profile = _profile(-2.0, RED, (255, 255, 255))
    assert edge_of(profile[None]).shift_px == pytest.approx(-2.0, abs=0.1)
    assert edge_of(profile[None], coast=Border(np.full(3, 255.0), 4.0)).shift_px == pytest.approx(
        0.0, abs=0.1
    )


def test_what_is_no_edge_moves_nothing():
    wavy = 150 + 60 * np.sin(ACROSS)[:, None] * np.ones(3)
    assert edge_of(wavy[None]).shift_px == 0.0


def _beside_hatching(outside, line):
    """Profiles of paper with strokes inside, and a line three pixels wide half a pixel beyond the edge."""
    profiles = np.full((60, len(ACROSS), 3), 250.0)
    profiles[:, ACROSS > 0.5] = outside
    profiles[::3, ACROSS < -1] = 60.0  # a third of the places are in strokes
    profiles[:, np.abs(ACROSS - 0.5) <= 1.5] = line
    return profiles


def test_beside_hatching_the_edge_is_that_between_strokes():
    red = np.array([230.0, 150, 140])
    profiles = np.where((ACROSS > 0.5)[None, :, None], red, 250.0) * np.ones((60, 1, 1))
    profiles[::3, ACROSS < -1] = 60.0
    profiles = ndimage.gaussian_filter1d(profiles, 2.0, axis=1)
    assert edge_of(profiles, is_hatched=True).shift_px == pytest.approx(0.75, abs=0.3)


def test_hatching_that_ends_on_its_own_ground_stays():
    profiles = np.full((60, len(ACROSS), 3), 250.0)
    profiles[::3, ACROSS < -1] = 60.0
    profiles += np.random.default_rng(1).normal(0, 3, profiles.shape)
    assert edge_of(profiles, is_hatched=True).shift_px == 0.0


def test_beside_hatching_a_line_is_the_edge_unless_it_lies_where_a_stroke_would():
    line = Border(np.full(3, 20.0), 3.0)
    assert edge_of(_beside_hatching(250, 20), [line], is_hatched=True).shift_px == pytest.approx(0.5, abs=0.2)
    stroke = np.full((60, len(ACROSS), 3), 250.0)
    stroke[:, np.abs(ACROSS + 3.5) <= 1.0] = 20.0
    assert edge_of(stroke, [line], is_hatched=True).shift_px == 0.0


MIX, BARE, FILL = (225, 190, 186), (242, 241, 238), (220, 147, 140)


def test_a_border_of_the_colour_of_the_ground_of_hatching_has_its_usual_width():
    hatched = np.where(ACROSS[:, None] < -6, MIX, np.where(ACROSS[:, None] < 0, BARE, FILL)).astype(float)
    profiles = np.repeat(ndimage.gaussian_filter1d(hatched, 1.4, axis=0)[None], 60, axis=0)
    edge = edge_of(profiles, [Border(np.array(BARE, float), 2.0)], is_hatched=True).shift_px
    assert edge == pytest.approx(-1, abs=0.5)
