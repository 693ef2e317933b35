"""The paper of a scan: what goes round the map, not the commonest fill; light apart from lightness."""

import numpy as np
import pytest

from frontlines.digitize.colour.paper import paper_of
from frontlines.digitize.colour.scan import open_scan

SHAPE = (480, 640)


def sheet(paper, fills, *, margin_px=44):
    """A sheet with fills side by side inside a margin, under light that falls off towards one corner."""
    pixels = np.full((*SHAPE, 3), paper, float)
    inside = pixels[margin_px : SHAPE[0] - margin_px, margin_px : SHAPE[1] - margin_px]
    for part, fill in zip(np.array_split(inside, len(fills), axis=1), fills, strict=True):
        part[:] = fill
    y, x = np.meshgrid(np.linspace(0, 1, SHAPE[0]), np.linspace(0, 1, SHAPE[1]), indexing="ij")
    return (pixels * (1 - 0.1 * x * x - 0.06 * y)[..., None]).round().astype(np.uint8)


def evened(pixels):
    return paper_of(open_scan(pixels)).whiten(pixels, 0)


@pytest.mark.parametrize(
    ("paper", "fills"),
    [
        ((248, 248, 248), [(208, 208, 208), (154, 154, 154), (106, 106, 106)]),
        ((239, 226, 196), [(233, 199, 176), (217, 211, 160), (183, 201, 169)]),
        ((255, 255, 255), [(207, 226, 243), (223, 232, 192)]),
    ],
)
def test_what_goes_round_the_map_is_paper_and_fills_keep_their_lightness(paper, fills):
    even = evened(sheet(paper, fills))
    assert np.median(even[:30], axis=(0, 1)) == pytest.approx(250, abs=3)
    inside = even[60:-60, 60:-60]
    for part, fill in zip(np.array_split(inside, len(fills), axis=1), fills, strict=True):
        middle = part[:, 40:-40]
        assert np.median(middle, axis=(0, 1)) == pytest.approx(250 * np.divide(fill, paper), abs=5)
        assert np.ptp(middle, axis=(0, 1)).max() < 12


def test_without_a_margin_uneven_light_is_evened_all_the_same():
    even = evened(sheet((240, 230, 205), [(240, 230, 205), (190, 205, 230)], margin_px=0))
    assert np.ptp(even[:, :300], axis=(0, 1)).max() < 12
    assert np.median(even[:, :300], axis=(0, 1)) == pytest.approx(250, abs=3)


def test_a_ground_of_pure_black_has_a_light_all_the_same():
    pixels = np.zeros((*SHAPE, 3), np.uint8)
    pixels[200:280, 100:540] = 240
    even = evened(pixels)
    assert np.isfinite(even).all()
    assert np.median(even) == 0


def drawing():
    pixels = np.full((*SHAPE, 3), 252, np.uint8)
    pixels[40:-40, 40:300], pixels[40:-40, 300:-40] = (238, 238, 238), (222, 205, 200)
    pixels[::30] = 40
    return pixels


def test_colours_of_a_drawing_stay_what_they_are_beside_each_other():
    paper = paper_of(open_scan(drawing()))
    assert paper.is_even
    assert paper.whiten(drawing(), 0)[100, 200] == pytest.approx([238 * 250 / 252] * 3)


@pytest.mark.parametrize("fall", [0.02, 0.1])
def test_a_map_that_gets_darker_to_one_side_is_no_drawing(fall):
    light = 1 - fall * np.linspace(0, 1, SHAPE[1])[None, :, None]
    assert not paper_of(open_scan((drawing() * light).round().astype(np.uint8))).is_even


def test_a_dark_map_keeps_its_own_ground():
    paper = paper_of(open_scan(255 - drawing()))
    assert paper.is_even
    assert paper.whiten(255 - drawing(), 0)[100, 200] == pytest.approx([17] * 3)
