"""Paper, inks and names of colours."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from frontlines.digitize import open_scan, trace_lines
from frontlines.digitize.colour.colours import hex_of, lab_of, rgb_of, unlikeness
from frontlines.digitize.colour.inks import match_inks, under_other_light
from frontlines.digitize.colour.palette import Palette
from frontlines.digitize.colour.paper import Paper, paper_of
from frontlines.digitize.colour.sheet import Sheet
from frontlines.errors import DigitizeError, NoSuchColourError

BLANK = open_scan(np.full((160, 160, 3), 255, np.uint8))


def test_lab_of_known_colours():
    known = lab_of([[255, 255, 255], [0, 0, 0], [0, 0, 255], [0, 128, 0]])
    assert known == pytest.approx(
        np.array([[100, 0, 0], [0, 0, 0], [32.3, 79.2, -107.9], [46.2, -51.7, 49.9]]), abs=0.1
    )


def test_lab_has_no_last_bits_in_which_processors_differ():
    rgb = np.random.default_rng(1).uniform(0, 351, (500, 3))
    lab = lab_of(rgb)
    assert (lab == lab.round(6)).all()
    assert np.abs(lab_of(np.repeat(rgb[:, :1], 3, axis=1))[:, 1:]).max() == 0  # greys have no hue at all
    assert not np.signbit(lab[lab == 0]).any()


def test_names_and_hex():
    assert rgb_of("Dark Green").tolist() == [0, 100, 0]
    assert hex_of(rgb_of("#1F4FB4")) == "#1f4fb4"
    with pytest.raises(DigitizeError, match="'nocolour' is no colour"):
        rgb_of("nocolour")


@pytest.mark.parametrize(
    ("asked", "printed", "other"),
    [
        ("blue", "#2a4ea2", "#92b3c9"),  # a front, not a pale river
        ("red", "#b8262a", "#8a5a2b"),
        ("brown", "#8a5a2b", "#b8262a"),
        ("orange", "#e8821e", "#8a5a2b"),
        ("green", "#2e8b3d", "#0b7a75"),
        ("purple", "#7b2d8b", "#1f4fb4"),
        ("black", "#202020", "#808080"),
        ("grey", "#909090", "#202020"),
    ],
)
def test_a_plain_name_means_what_printers_print(asked, printed, other):
    near, far = unlikeness(asked, lab_of(np.array([rgb_of(printed), rgb_of(other)])))
    assert near < far


def test_uneven_yellow_paper_becomes_even_and_white():
    y, x = np.mgrid[0:400, 0:600]
    light = 1 - 0.25 * ((x / 600) ** 2 + (y / 400) ** 2) / 2
    pixels = (np.array([240, 228, 196]) * light[..., None]).astype(np.uint8)
    pixels[100:300, 200:400] = (np.array([200, 190, 220]) * light[100:300, 200:400, None]).astype(np.uint8)
    scan = open_scan(pixels)
    even = paper_of(scan).whiten(scan.read(slice(None)), 0)
    assert even[:80].mean(axis=(0, 1)) == pytest.approx([250, 250, 250], abs=1.5)
    assert even[:80].std() < 2
    assert even[120:280, 220:380].std(axis=(0, 1)).max() < 3
    assert np.ptp(even[150, 250]) > 20  # the fill keeps its colour


def test_two_colours_that_mean_one_ink_are_refused_unless_there_is_a_second_like_it():
    inks = np.array([[36.0, 58, 140], [190, 25, 36], [140, 157, 201]])
    wash = np.zeros((3, 3))
    lengths, places = np.array([3000.0, 4000, 1500]), np.zeros((3, 2), int)

    def matched(beside, *colours):
        palette = Palette(np.full((1, 3), 250.0), inks, lengths, places, np.ones(3), beside)
        return match_inks(palette, dict(zip("ABC", colours, strict=False)))

    assert matched(wash, "#1b3a94", "blue") == {"A": 0, "B": 2}  # a pale line of its own
    wash[2, 0] = 0.9  # the rim of the blue one
    with pytest.raises(DigitizeError, match=r"'A' \(#1b3a94\) and 'B' \(blue\) both mean the ink #243a8c"):
        matched(wash, "#1b3a94", "blue")
    with pytest.raises(DigitizeError, match=r"'B' \(blue\) and 'C' \(#1b3a94\) both mean the ink #243a8c"):
        matched(wash, "red", "blue", "#1b3a94")
    assert matched(wash, "red", "blue") == {"A": 1, "B": 0}


def test_the_pale_fringe_of_a_line_is_not_taken_for_what_is_asked():
    inks, beside = np.array([[184.0, 36, 129], [255, 217, 245]]), np.array([[0, 1.0], [1.0, 0]])
    lengths, places = np.array([1700.0, 730]), np.zeros((2, 2), int)
    palette = Palette(np.full((1, 3), 250.0), inks, lengths, places, np.ones(2), beside)
    assert match_inks(palette, {"May": "#d0208a"}) == {"May": 0}


def test_a_colour_that_no_ink_is_near_is_refused_with_the_inks_and_their_shares():
    inks = np.array([[184.0, 36, 129], [31, 79, 180]])
    lengths, places = np.array([3000.0, 1000]), np.zeros((2, 2), int)
    palette = Palette(np.full((1, 3), 250.0), inks, lengths, places, np.ones(2), np.zeros((2, 2)))
    with pytest.raises(
        NoSuchColourError, match=r"line 'May': no ink of the scan is like 'green'.*ΔE off"
    ) as told:
        match_inks(palette, {"May": "green"})
    assert "it has #b82481 (75%), #1f4fb4 (25%)" in str(told.value)


@pytest.mark.parametrize(("asked", "meant"), [("red", 0), ("#cc2222", 0), ("#9d4a3a", 2)])
def test_a_line_over_another_is_not_taken_for_the_line_unless_it_is_asked_for(asked, meant):
    inks = np.array([[201.0, 85, 102], [63, 157, 96], [157, 74, 58]])  # red, green, and red over green
    beside = np.array([[0, 0, 0.1], [0, 0, 0.1], [0.2, 0.4, 0]])
    lengths, places = np.array([2423.0, 1960, 695]), np.zeros((3, 2), int)
    palette = Palette(np.full((1, 3), 250.0), inks, lengths, places, np.ones(3), beside)
    assert match_inks(palette, {"May": asked}) == {"May": meant}


@pytest.mark.parametrize("seed", [3, 11])
def test_a_line_of_one_colour_over_relief_is_traced_whole_though_evening_the_paper_changes_it(seed):
    rng, size = np.random.default_rng(seed), (600, 1500)
    height = gaussian_filter(rng.normal(size=size), 60)
    height = (height - height.min()) / np.ptp(height)
    slope = sum(np.gradient(gaussian_filter(rng.normal(size=size), 6) + height * 8))
    land = np.array([[60, 80, 50], [92, 100, 62], [124, 112, 80], [150, 134, 104]], float)
    land = np.stack([np.interp(3 * height, range(4), band) for band in land.T], axis=-1)
    pixels = land * np.clip(1 + 9 * slope, 0.6, 1.3)[..., None]
    pixels[298:303, 60:1440] = (255, 230, 0)
    pixels = gaussian_filter(pixels, (0.7, 0.7, 0)).clip(0, 255).astype(np.uint8)
    (traced,) = trace_lines(pixels, {"May": "#ffe600"}).stretches
    assert traced.length_px == pytest.approx(1380, abs=15)


@pytest.mark.parametrize(
    ("other", "is_shade"),
    [((224.0, 208, 22), True), ((170.0, 160, 17), False), ((240.0, 150, 20), False)],
    ids=["a little darker", "darker than any paper", "another hue"],
)
def test_a_shade_is_the_ink_under_light_that_the_paper_has(other, is_shade):
    inks = np.array([[255.0, 239, 25], other])
    lengths, places = np.array([1700.0, 730]), np.zeros((2, 2), int)
    palette = Palette(np.full((1, 3), 120.0), inks, lengths, places, np.ones(2), np.zeros((2, 2)))
    relief = Sheet(BLANK, Paper(np.linspace(0.9, 1.1, 300, dtype=np.float32).reshape(10, 10, 3)), palette)
    assert under_other_light(relief, 0, [0]) == ([1] if is_shade else [])
    assert under_other_light(relief, 0, [0, 1]) == []
    assert under_other_light(Sheet(BLANK, Paper(np.ones((10, 10, 3), np.float32)), palette), 0, [0]) == []


def test_a_grey_has_no_shades_for_letters_are_grey_too():
    inks = np.array([[60.0, 60, 60], [54, 54, 54]])
    lengths, places = np.array([1700.0, 730]), np.zeros((2, 2), int)
    palette = Palette(np.full((1, 3), 120.0), inks, lengths, places, np.ones(2), np.zeros((2, 2)))
    light = Paper(np.linspace(0.5, 1.5, 300, dtype=np.float32).reshape(10, 10, 3))
    assert under_other_light(Sheet(BLANK, light, palette), 0, [0]) == []
