"""Grounds of a scan: two pastels that are hardly apart are two, one under noise is one."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from frontlines.digitize.colour import palette
from frontlines.digitize.colour.palette import palette_of
from frontlines.digitize.colour.paper import Paper, paper_of
from frontlines.digitize.colour.scan import open_scan

BLUE, LILAC = (201, 218, 248), (217, 210, 233)

EVEN = Paper(np.ones((25, 38, 3), np.float32))


def grounds_of(left, right, noise, paper=None):
    pixels = np.full((400, 600, 3), 255.0)
    pixels[40:-40, 40:300], pixels[40:-40, 300:-40] = left, right
    pixels += np.random.default_rng(0).normal(0, noise, pixels.shape)
    scan = open_scan(pixels.clip(0, 255).round().astype(np.uint8))
    return palette_of(scan, paper or paper_of(scan)).grounds


def test_two_pastels_nine_delta_e_apart_are_two_grounds():
    grounds = grounds_of(BLUE, LILAC, 1)
    assert len(grounds) == 3
    for fill in (BLUE, LILAC):
        assert np.abs(grounds - np.multiply(fill, 250 / 255)).max(axis=1).min() < 6


@pytest.mark.parametrize("noise", [0, 1, 4])
def test_one_fill_under_noise_is_one_ground(noise):
    assert len(grounds_of(BLUE, BLUE, noise)) == 2


@pytest.mark.parametrize(("noise", "shades"), [(0, 2), (1, 2), (4, 1)])
def test_two_shades_are_two_grounds_where_the_very_colours_can_be_seen(noise, shades):
    assert len(grounds_of(BLUE, np.subtract(BLUE, 8), noise)) == 1 + shades


def test_grounds_of_a_drawing_may_be_six_steps_apart():
    assert len(grounds_of((254, 254, 249), (240, 240, 240), 0)) == 3


def test_compression_makes_no_grounds_of_a_drawing(tmp_path):
    pixels = np.full((600, 800, 3), 255, np.uint8)
    pixels[50:-50, 50:400], pixels[50:-50, 400:-50] = (235, 178, 170), (227, 190, 184)
    pixels[::40] = pixels[:, ::40] = 90
    Image.fromarray(pixels).save(tmp_path / "map.jpg", quality=60)
    scan = open_scan(tmp_path / "map.jpg")
    assert paper_of(scan).is_even
    assert len(palette_of(scan, paper_of(scan)).grounds) == 3


def test_two_browns_that_differ_in_lightness_are_two_grounds():
    assert len(grounds_of((205, 183, 158), (176, 160, 140), 1, EVEN)) == 3


def test_a_fill_that_gets_darker_across_the_sheet_is_one_ground():
    shade = np.linspace(205, 180, 260)[None, :, None] * np.array([1.0, 0.9, 0.78])
    assert len(grounds_of(shade, (120, 150, 190), 1, EVEN)) == 3


def test_a_small_pale_fill_beside_much_paper_of_nearly_its_colour_is_a_ground():
    pixels = np.full((1000, 1200, 3), (251.0, 251, 248))
    pixels[100:-100, 100:400], pixels[420:540, 600:700] = (223, 239, 255), (255, 236, 210)
    grain = np.random.default_rng(0).normal(0, 1, (1000, 1200, 1))
    scan = open_scan((pixels + grain).clip(0, 255).round().astype(np.uint8))
    grounds = palette_of(scan, Paper(np.ones((63, 75, 3), np.float32))).grounds
    assert len(grounds) == 3
    assert np.abs(grounds - (255, 236, 210)).max(axis=1).min() < 6


def test_the_mix_along_the_edge_of_a_pale_fill_is_no_ground():
    pixels = np.full((400, 600, 3), 250.0)
    pixels[60:-60, 60:300] = (239, 201, 190)
    pixels[60:-60, 300] = (245, 226, 220)
    assert len(palette_of(open_scan(pixels.astype(np.uint8)), EVEN).grounds) == 2


def test_shaded_relief_is_no_ground_of_its_own():
    ramp = np.abs(np.linspace(-1, 1, 600)) ** 3
    pixels = (245.0, 235, 215) - 60 * np.outer(ramp, (1.0, 1.0, 1.0))
    pixels = np.repeat(pixels[None], 400, axis=0)
    assert len(palette_of(open_scan(pixels.round().astype(np.uint8)), EVEN).grounds) == 1


def test_of_more_strokes_than_are_looked_at_a_sample_tells_the_same(monkeypatch):
    pixels = np.full((300, 300, 3), 255, np.uint8)
    pixels[10:-10:12, 10:-10], pixels[16:-10:12, 10:-10] = (200, 0, 0), (0, 0, 200)
    scan = open_scan(pixels)
    every = palette_of(scan, paper_of(scan))
    monkeypatch.setattr(palette, "INKS", replace(palette.INKS, most_cores=2000))
    some = palette_of(scan, paper_of(scan))
    assert len(some.inks) == len(every.inks) == 2
    assert sorted(some.lengths_px) == pytest.approx(sorted(every.lengths_px), rel=0.1)
