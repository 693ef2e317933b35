"""Areas of maps as newsrooms draw them: boxes, names, lakes, pale and dark fills, white borders."""

import numpy as np
import pytest
import shapely
from PIL import Image
from scipy import ndimage

from frontlines.digitize import open_scan, trace_areas
from frontlines.digitize.areas.edges import ACROSS, Border, edge_of, straightened
from frontlines.digitize.colour.paper import is_even, paper_of

NORTH, SOUTH = (239, 201, 190), (190, 205, 240)
COLOURS = {"North": "#efc9be", "South": "#becdf0"}


def sheet(north=NORTH, south=SOUTH, paper=(255, 255, 255), split=200):
    """Two halves of a sheet, and the areas they have."""
    pixels = np.full((400, 600, 3), paper, np.uint8)
    pixels[40:split, 40:560], pixels[split:360, 40:560] = north, south
    return pixels, [(split - 40) * 520.0, (360 - split) * 520.0]


def areas_of(pixels, colours=COLOURS):
    return trace_areas(open_scan(pixels), colours).area.tolist()


def letters(pixels, rows, first_column, ink, stroke=3, count=12):
    """Uprights and crossbars, as of letters."""
    for column in range(first_column, first_column + 10 * count, 10):
        pixels[rows, column : column + stroke] = ink
        pixels[rows.start : rows.start + stroke, column : column + 7] = ink


def test_fills_a_few_steps_apart_are_two_areas():
    pixels, areas = sheet((244, 240, 238), (236, 238, 244), (252, 252, 252))
    found = trace_areas(open_scan(pixels), {"North": "#f4f0ee", "South": "#eceef4"})
    assert found.area.tolist() == pytest.approx(areas, rel=0.005)


def test_a_dark_map_is_traced_in_its_own_colours():
    pixels, areas = sheet((122, 46, 46), (46, 74, 122), (16, 21, 28))
    assert areas_of(pixels, {"North": "#7a2e2e", "South": "#2e4a7a"}) == pytest.approx(areas, rel=0.005)


def test_a_yellow_land_that_covers_most_of_a_drawing_is_not_its_paper():
    pixels, areas = sheet((247, 228, 166), (234, 168, 160), (176, 208, 230), split=300)
    assert paper_of(open_scan(pixels)).gain.max() == pytest.approx(1)
    assert areas_of(pixels, {"North": "#f7e4a6", "South": "#eaa8a0"}) == pytest.approx(areas, rel=0.005)


def test_the_ground_goes_on_under_the_box_of_a_name():
    pixels, areas = sheet()
    pixels[84:118, 195:305] = 255
    letters(pixels, slice(96, 107), 210, 20, count=8)
    assert areas_of(pixels) == pytest.approx(areas, rel=0.005)


@pytest.mark.parametrize("beyond", [(255, 255, 255), (12, 12, 12)], ids=["white", "black"])
def test_what_lies_beyond_a_page_that_was_laid_on_askew_is_of_no_class(beyond):
    pixels = np.full((400, 600, 3), (232, 176, 160), np.uint8)
    pixels[200:] = 176, 196, 232
    page = Image.fromarray(pixels).rotate(4, resample=Image.Resampling.BICUBIC, fillcolor=beyond)
    found = trace_areas(np.asarray(page), {"North": "#e8b0a0", "South": "#b0c4e8"})
    shown = Image.new("L", (600, 400), 255).rotate(4, resample=Image.Resampling.BICUBIC, fillcolor=0)
    assert found.area.sum() == pytest.approx((np.asarray(shown) > 127).sum(), rel=0.005)


def test_a_round_lake_of_the_colour_of_the_paper_stays_out():
    pixels, areas = sheet()
    y, x = np.indices(pixels.shape[:2])
    lake = np.hypot(y - 110, x - 250) < 20
    pixels[lake] = 255
    assert areas_of(pixels) == pytest.approx([areas[0] - lake.sum(), areas[1]], rel=0.005)


def test_a_lake_of_a_colour_that_nothing_else_has_stays_out_and_an_arrow_does_not():
    pixels, areas = sheet()
    y, x = np.indices(pixels.shape[:2])
    lake = np.hypot(y - 110, x - 250) < 14  # too little of it to be a fill
    pixels[lake] = (181, 221, 213)
    pixels[270:290, 100:180] = (150, 20, 20)
    assert areas_of(pixels) == pytest.approx([areas[0] - lake.sum(), areas[1]], rel=0.005)


def test_white_letters_are_no_part_of_a_nearly_white_sea():
    pixels, areas = sheet(paper=(244, 248, 250))
    letters(pixels, slice(90, 120), 200, 255, stroke=7, count=14)
    assert areas_of(pixels) == pytest.approx(areas, rel=0.005)


def test_an_edge_under_a_name_runs_straight():
    pixels, areas = sheet()
    letters(pixels, slice(186, 203), 240, 20, stroke=5, count=10)
    assert areas_of(pixels) == pytest.approx(areas, rel=0.002)


def test_an_edge_under_a_sign_turns_less_than_its_middle_does():
    pixels, _ = sheet()
    for column in (100, 250, 400):
        pixels[186:202, column : column + 60] = (60, 60, 70)
    north = trace_areas(open_scan(pixels), COLOURS).geometry[0]
    lowest = [north.intersection(shapely.LineString([(x, 100), (x, 300)])).bounds[3] for x in (130, 280, 430)]
    assert min(lowest) > 194.5  # half-way through what the signs leave unseen it would be 193.5


def test_edges_that_turn_under_a_sign_stay():
    part = shapely.Polygon([(0, 0), (60, 0), (60, 60), (40, 60), (40, 20), (20, 20), (20, 60), (0, 60)])
    apart = np.zeros((64, 64))
    apart[10:55, 15:45] = 6.0
    assert straightened(np.array([part]), apart)[0].equals(part)


def test_neighbours_share_an_edge_that_was_straightened():
    upper = shapely.Polygon([(0, 0), (60, 0), (60, 30), (40, 30), (40, 24), (20, 24), (20, 30), (0, 30)])
    lower = shapely.Polygon([(0, 60), (60, 60), (60, 30), (40, 30), (40, 24), (20, 24), (20, 30), (0, 30)])
    apart = np.zeros((64, 64))
    apart[20:36, 16:44] = 6.0
    laid = straightened(np.array([upper, lower]), apart)
    assert shapely.coverage_is_valid(laid)
    assert shapely.area(laid).tolist() == [1800, 1800]


@pytest.mark.parametrize(("noise", "even"), [(0, True), (1, True), (6, False)])
def test_cells_of_one_colour_throughout_are_a_drawing(noise, even):
    rng = np.random.default_rng(3)
    cells = np.array([NORTH, SOUTH])[rng.integers(0, 2, 400)].astype(np.float32)
    assert is_even(cells, np.full(400, noise, np.float32)) is even


def profile(edge, inside, outside, ink, width_px):
    fine = np.arange(-12, 12, 0.05)
    colours = np.where((fine < edge)[:, None], inside, outside).astype(float)
    colours[np.abs(fine - edge) < width_px / 2] = ink
    blurred = ndimage.gaussian_filter1d(colours, 14, axis=0)
    return np.column_stack([np.interp(ACROSS, fine, one) for one in blurred.T])


WHITE, PALE, RED, DARK = (255, 255, 255), (253, 252, 251), (251, 107, 75), (103, 0, 13)


def test_a_border_that_would_show_and_does_not_is_not_there():
    bare = profile(0.0, (129, 158, 193), (240, 245, 248), (240, 245, 248), 0)
    for ink, edge in (((242, 246, 249), 1.5), (WHITE, 0.0)):
        assumed = Border(np.array(ink, float), 3.0)
        assert edge_of(bare[None], [assumed], coast=assumed).shift_px == pytest.approx(edge, abs=0.1)
