"""What the tracing functions take, and what they refuse in a sentence."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image

from frontlines.digitize import Knobs, open_scan, trace_areas, trace_lines
from frontlines.errors import FrontlinesError

FILLS = {"North": "#f0c8be", "South": "#becdf0"}
RED = {"April": "red"}


@pytest.fixture(scope="module")
def pixels():
    out = np.full((200, 300, 3), 255, np.uint8)
    out[20:180, 20:150], out[20:180, 150:280] = (240, 200, 190), (190, 205, 240)
    out[100:104, 20:280] = (200, 30, 30)
    return out


def test_a_path_an_array_and_a_scan_are_one(pixels, tmp_path):
    Image.fromarray(pixels).save(tmp_path / "map.png")
    images = (pixels, tmp_path / "map.png", str(tmp_path / "map.png"), open_scan(pixels))
    lines = [trace_lines(image, RED).stretches[0].points for image in images]
    areas = [trace_areas(image, FILLS).area.to_numpy() for image in images]
    for k in range(1, len(images)):
        np.testing.assert_array_equal(lines[k], lines[0])
        np.testing.assert_array_equal(areas[k], areas[0])


def test_masks_may_be_a_list_a_series_or_one_polygon(pixels):
    mask = shapely.box(0, 0, 149.5, 200)
    for masks in ([mask], gpd.GeoSeries([mask]), mask):
        areas = trace_areas(pixels, FILLS, masks=masks)
        assert areas.geometry.is_empty.tolist() == [True, False]
        assert trace_lines(pixels, RED, masks=masks).stretches[0].points[:, 0].min() > 149


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"scan": [[1, 2], [3, 4]]}, "scan is a list: give a Scan or a text or a path"),
        ({"colours": ["red"]}, "colours is a list: give a mapping"),
        ({"colours": {"a": (240, 200, 190)}}, "colours is a dict: give a mapping of .a text, a text"),
        ({"masks": [(0, 0, 10, 10)]}, "masks is a list: give a list of"),
    ],
)
def test_what_is_no_image_colour_or_mask_is_refused(pixels, asked, said):
    for trace, colours in ((trace_areas, FILLS), (trace_lines, RED)):
        words = {"scan": pixels, "colours": colours, **asked}
        with pytest.raises(FrontlinesError, match=said):
            trace(words.pop("scan"), words.pop("colours"), **words)


@pytest.mark.parametrize("value", [np.nan, np.inf, -3, 0, "3"])
def test_lengths_that_are_none_are_refused_by_name(pixels, value):
    for knob in ("min_area_px", "border_px"):
        with pytest.raises(FrontlinesError, match=rf"{knob} (must be|is '3': give) a number"):
            trace_areas(pixels, FILLS, **{knob: value})
    with pytest.raises(FrontlinesError, match="gap_px"):
        Knobs(gap_px=value)


def test_lengths_may_be_numbers_of_numpy(pixels):
    assert Knobs(gap_px=np.float32(40)).gap_px == 40
    assert len(trace_areas(pixels, FILLS, min_area_px=np.int64(60))) == 2
