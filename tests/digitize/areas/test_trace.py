"""Areas of rendered scans, against the truth."""

import io

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image
from scipy import ndimage

from frontlines.datasets import ScanLook, render_scan
from frontlines.digitize import open_scan, open_sheet, trace_areas
from frontlines.digitize.areas.state import AreaState
from frontlines.digitize.areas.trace import AREA_STEPS
from frontlines.errors import DigitizeError
from tests.digitize.warmaps import war_map

POOR = ScanLook(paper="#e8dcc0", jpeg_quality=75, blur_px=1.2, grain=4, rotation_deg=-1.5, vignette=0.2)


@pytest.fixture(
    scope="module", params=[(1, "orange-green", ScanLook()), (3, "blue-red", POOR)], ids=["clean", "poor"]
)
def traced(request):
    seed, palette, look = request.param
    scan, _, _ = war_map(seed, palette, fills=True, look=look)
    return scan, trace_areas(open_scan(scan.pixels), {"south": "red", "north": "blue"})


def test_areas_are_those_drawn(traced):
    scan, areas = traced
    page = shapely.box(-0.5, -0.5, 1399.5, 999.5)
    for name in ("south", "north"):
        truth = scan.areas.set_index("name").geometry[name].intersection(page)
        found = areas.set_index("area_class").geometry[name]
        assert found.area == pytest.approx(truth.area, rel=0.005)
        assert found.symmetric_difference(truth).area < 0.01 * truth.area


def test_neighbours_share_their_border(traced):
    _, areas = traced
    assert areas.crs is None
    assert areas["area_class"].tolist() == ["south", "north"]
    assert shapely.coverage_is_valid(areas.geometry.to_numpy())
    south, north = areas.geometry
    assert south.intersection(north).area == 0
    assert south.intersection(north).length > 800
    assert ((areas["unsure_share"] > 0) & (areas["unsure_share"] < 0.2)).all()
    assert (areas["sigma_px"].between(0.3, 3)).all()


def _two():
    fills = gpd.GeoDataFrame(
        {"colour": ["#f3c9c0", "#c9d8ee", "#f3c9c0"]},
        geometry=[
            shapely.box(20, 20, 150, 180),
            shapely.box(150, 20, 280, 180),
            shapely.box(300, 220, 318, 234),
        ],
    )
    lines = gpd.GeoDataFrame(
        {"colour": ["#222222"], "width_px": [6.0]}, geometry=[shapely.LineString([(150, 20), (150, 180)])]
    )
    look = ScanLook(rotation_deg=0.0, jpeg_quality=None, grain=0.5)
    return open_scan(render_scan(lines, size_px=(340, 260), areas=fills, look=look).pixels)


def test_a_border_line_is_split_in_its_middle_and_a_key_is_left_out():
    areas = trace_areas(_two(), {"a": "red", "b": "blue"}).set_index("area_class").geometry
    assert areas["a"].bounds == pytest.approx((20, 20, 150, 180), abs=0.8)
    assert areas["b"].bounds == pytest.approx((150, 20, 280, 180), abs=0.8)


def test_a_mask_takes_out_its_ground():
    areas = trace_areas(_two(), {"a": "red"}, masks=[shapely.box(0, 0, 80, 260)])
    assert areas.geometry[0].bounds[0] == pytest.approx(80.5, abs=1)


def test_a_small_area_falls_to_its_neighbour():
    pixels = np.full((200, 300, 3), 255, np.uint8)
    pixels[20:180, 20:280] = (240, 200, 190)
    pixels[90:110, 140:160] = (190, 205, 240)
    pixels[20:60, 240:280] = (190, 205, 240)
    scan = open_scan(pixels)
    many = trace_areas(scan, {"a": "red", "b": "blue"}, min_area_px=10).geometry
    few = trace_areas(scan, {"a": "red", "b": "blue"}, min_area_px=500).geometry
    assert len(many[0].interiors) == 1
    assert len(few[0].interiors) == 0


def test_a_small_island_stays_and_a_stroke_of_its_size_does_not():
    pixels = np.full((700, 900, 3), 255, np.uint8)
    pixels[100:500, 100:500], pixels[100:500, 500:800] = (190, 205, 240), (240, 200, 190)
    rows, columns = np.indices((700, 900))
    pixels[(rows - 600) ** 2 + (columns - 300) ** 2 < 7.4**2] = (
        240,
        200,
        190,
    )  # 170 px², 0.027 % of the image
    pixels[300:308, 300:320] = (255, 255, 255)  # 160 px², as between large letters
    areas = trace_areas(open_scan(pixels), {"a": "blue", "b": "red"}).set_index("area_class").geometry
    assert len(areas["a"].interiors) == 0
    _, island = sorted(shapely.get_parts(areas["b"]), key=lambda part: -part.area)
    assert island.area == pytest.approx(170, rel=0.1)


@pytest.mark.parametrize(
    ("colours", "others", "words"),
    [
        ({}, {}, "no class is asked for: give a name and a colour"),
        ({"a": "purple-ish"}, {}, "'purple-ish' is no colour"),
        ({"a": "black"}, {}, "class 'a': no fill of the scan is like 'black'; it has #"),
        ({f"c{k}": f"#{255 - k:02x}0000" for k in range(9)}, {}, "9 classes are asked for, but the scan has"),
        (
            {"a": "red", "b": "#ff0000"},
            {},
            "classes 'a' and 'b' have one colour, '#ff0000', and cannot be told",
        ),
        ({"a": "red"}, {"masks": [shapely.LineString([(0, 0), (1, 1)])]}, "mask 0 is no valid polygon"),
        (
            {"a": "red"},
            {"min_area_px": 1e9},
            r"no area is as large as min_area_px = 1e\+09: the scan has \d+",
        ),
    ],
)
def test_what_cannot_be_done_is_told(colours, others, words):
    with pytest.raises(DigitizeError, match=words):
        trace_areas(_two(), colours, **others)


def test_colours_as_scanned_are_found_on_a_map_without_a_margin():
    fills = {"A": (240, 217, 168), "B": (169, 196, 176), "C": (217, 207, 224)}
    pixels = np.empty((400, 600, 3), np.uint8)
    pixels[:, :400], pixels[:, 400:], pixels[250:, :] = fills.values()
    asked = {name: "#{:02x}{:02x}{:02x}".format(*fill) for name, fill in fills.items()}
    found = trace_areas(open_scan(pixels), asked)
    assert found.area.tolist() == pytest.approx([400 * 250, 200 * 250, 600 * 150], rel=0.01)


def test_yellowed_paper_is_no_tint_of_the_ink_of_hatching():
    pixels = np.full((600, 900, 3), (226, 212, 180), np.uint8)
    rows, columns = np.indices((600, 900))
    inside = (rows > 60) & (rows < 540) & (columns > 60) & (columns < 500)
    pixels[inside & ((rows + columns) % 9 < 2)] = (176, 48, 48)
    pixels[60:540, 520:840] = (170, 190, 215)
    found = trace_areas(open_scan(pixels), {"free": "#aabed7", "occ": "#b03030"})
    assert found.area.tolist() == pytest.approx([480 * 320, 480 * 440], rel=0.02)


def test_borders_whiter_than_the_paper_are_no_paper():
    pixels = np.full((500, 700, 3), (232, 224, 204), float)
    pixels[50:450, 60:640] = (216, 207, 168)
    for column in range(90, 640, 30):
        pixels[:, column : column + 3] = 248
    pixels = ndimage.gaussian_filter(pixels, (0.8, 0.8, 0))
    pixels += np.random.default_rng(1).normal(0, 2, pixels.shape)
    pressed = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(pressed, "JPEG", quality=76)
    found = trace_areas(open_scan(np.asarray(Image.open(pressed))), {"A": "#d8cfa8"})
    assert found.area[0] == pytest.approx(400 * 580, rel=0.005)


def test_letters_whose_mean_is_a_fill_are_no_ground_of_it():
    rng = np.random.default_rng(5)
    pixels = np.full((300, 400, 3), 250.0)
    pixels[60:240, 40:240] = 206
    pixels[100:116, 290:350:2] = 162  # fine strokes, as of small letters
    pixels += rng.normal(0, 2, pixels.shape[:2])[..., None]
    areas = trace_areas(open_scan(pixels.clip(0, 255).astype(np.uint8)), {"A": "#cecece"})
    assert areas.total_bounds == pytest.approx([39.5, 59.5, 239.5, 239.5], abs=0.5)


def test_steps_say_what_they_left_out():
    state = AreaState(
        open_sheet(_two()), {"a": "red", "b": "blue"}, [shapely.box(0, 0, 80, 260)], None, border_px=5.0
    )
    for step in AREA_STEPS:
        state = step(state)
    left_out = {(one.label, one.reason): one.area_px for one in state.dropped}
    red = state.fills["a"]
    assert left_out[red, "masked"] == pytest.approx(60 * 160, rel=0.03)
    assert left_out[red, "a key of the legend"] == pytest.approx(18 * 14, rel=0.2)
