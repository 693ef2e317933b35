"""Recipes: a few lines do, and what is wrong is told in words."""

from pathlib import Path

import pandas as pd
import pytest

from frontlines.digitize.recipe import AreaRecipe, LineRecipe, Recipe, read_recipe
from frontlines.errors import DigitizeError

LINE = '[[line]]\ncolour = "blue"\ndate = 1994-05-12\nsides = {A = [46.6, 39.8], B = [47.3, 40.4]}\n'


def read(tmp_path, text):
    path = tmp_path / "digitize.toml"
    path.write_text(text, encoding="utf-8")
    return read_recipe(path)


def test_a_few_lines_do(tmp_path):
    recipe = read(tmp_path, f'image = "scan.png"\npoints = "points.csv"\n{LINE}')
    assert recipe.image == tmp_path / "scan.png"
    assert recipe.points == tmp_path / "points.csv"
    (line,) = recipe.lines
    assert (line.name, line.date) == ("1994-05-12", pd.Timestamp("1994-05-12"))
    assert line.sides["A"].lonlat == ((46.6, 39.8),)
    assert recipe.source == "scan.png"
    assert recipe.follow_hidden
    assert recipe.source_m == 0


def test_everything_that_can_be_said(tmp_path):
    text = """
image = "scan.pdf"
page = 2
points = "p.points"
crs = "EPSG:32638"
points_crs = "EPSG:4284"
transformation = "polynomial2"
leave_out = [7, "b"]
map = "A map"
author = "Somebody"
scale = 500000
source_m = 250
date = "1994-05-12"
sides = {A = [[46.6, 39.8], {col = 5, row = 6}], B = {col = 9, row = 1}}
frame = [10, 10, 900, 800]
masks = [[0, 0, 50, 60], [[1, 1], [9, 1], [9, 9]]]
follow_hidden = false
coast = "inside"
[knobs]
gap_px = 40
min_area_px = 90
border_px = 4
[[line]]
colour = "#112233"
[[line]]
colour = "red"
gap_px = 7
note = "a rumour"
[[area]]
colour = "pink"
side = "A"
"""
    recipe = read(tmp_path, text)
    first, second = recipe.lines
    assert recipe.source == "A map, Somebody, 1:500,000"
    assert recipe.leave_out == ("7", "b")
    assert [first.name, second.name] == ["1994-05-12", "1994-05-12 (2)"]
    assert (first.knobs.gap_px, second.knobs.gap_px) == (40, 7)
    assert first.sides["A"].pixels == ((5, 6),)
    assert [mask.area for mask in recipe.masks] == [3000, 32]
    assert (recipe.min_area_px, recipe.border_px, recipe.coast) == (90, 4, "inside")
    assert recipe.areas[0].date == first.date
    assert not recipe.follow_hidden


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LINE, "image is missing"),
        ('image = "a.png"', "it asks for nothing"),
        (f'image = "a.png"\npoint = "p.csv"\n{LINE}', r"point is not known \(did you mean points\?\)"),
        (f'image = "a.png"\ngcps = "p.csv"\n{LINE}', r"gcps is not known \(did you mean points\?\)"),
        (
            'image = "a.png"\n[[line]]\ncolor = "blue"',
            r"\[\[line\]\] 1: color is not known \(did you mean colour\?\).*colour is missing",
        ),
        (f'image = "a.png"\nzzz = 1\n{LINE}', r"zzz is not known \(known are image, page"),
        (
            f'image = "a.png"\ntransformation = "cubic"\n{LINE}',
            "transformation must be one of helmert, affine.*not 'cubic'",
        ),
        (
            f'image = "a.png"\nscale = 0.5\n{LINE}',
            "scale must be a whole number from 1 to 1,000,000,000, not 0.5",
        ),
        (
            f'image = "a.png"\nsource_m = -1\n{LINE}',
            r"source_m must be a number from 0 to 1,000,000 \[m\], not -1",
        ),
        (f'image = "a.png"\nframe = [9, 9, 1, 1]\n{LINE}', "frame must be left, top, right and bottom"),
        (f'image = "a.png"\nmasks = [[1, 2]]\n{LINE}', "masks must be a list of boxes"),
        (f'image = "a.png"\nleave_out = [true]\n{LINE}', "leave_out must be a list of ids"),
        (f'image = "a.png"\nfollow_hidden = 1\n{LINE}', "follow_hidden must be true or false"),
        ('image = "a.png"\nimage_ = 2\nline = 3', "line must be a list of tables"),
        (f'image = "a.png"\nknobs = 3\n{LINE}', r"knobs must be a table: write \[knobs\]"),
        (
            f'image = "a.png"\n{LINE}[knobs]\ngap_pixels = 3',
            r"\[knobs\] gap_pixels is not known \(did you mean gap_px\?\)",
        ),
        (
            f'image = "a.png"\npoints = "p.csv"\nworld_file = "a.wld"\n{LINE}',
            "points and world_file are both given",
        ),
        ('image = "a.png"\n[[line]]\ncolour = "red"\ndate = 1994-05-12', "does not say who is where"),
        (
            'image = "a.png"\nsides = {A = [1, 2]}\n[[line]]\ncolour = "red"',
            "sides must be the two sides with a place",
        ),
        (
            'image = "a.png"\nsides = {A = [1, 95], B = [2, 3]}\n[[line]]\ncolour = "red"',
            "sides must be the two sides",
        ),
        (
            'image = "a.png"\nsides = {A = [1, 2], B = [2, 3]}\n[[line]]\ncolour = "red"',
            r"\[\[line\]\] 1 has no date",
        ),
        (
            'image = "a.png"\ndate = "May"\n[[area]]\ncolour = "red"\nside = "A"',
            "date must be a day up to today, such as 1994-05-12, .*, not 'May'",
        ),
        (
            f'image = "a.png"\ndate = "1994-W14-4"\n{LINE}',
            "date must be a day up to today, such as 1994-05-12, .*, not '1994-W14-4'",
        ),
        (
            'image = "a.png"\n[[area]]\ncolour = "red"\nside = "A"\ndate = 1994-05-12\n[[area]]\ncolour = "blue"\nside = "B"\ndate = 1994-05-13',
            "the areas of one map show one day",
        ),
        (
            f'image = "a.png"\n{LINE}' + LINE.replace("blue", "#0000FF"),
            r"\[\[line\]\] 1 and 2 have one colour, '#0000FF', and cannot be told apart",
        ),
        ("image = ", "cannot be read as a recipe"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, text, words):
    with pytest.raises(DigitizeError, match=words):
        read(tmp_path, text)


def test_all_faults_at_once_and_no_file(tmp_path):
    with pytest.raises(DigitizeError, match=r"scale must be.*; .*zzz is not known.*; image is missing"):
        read(tmp_path, f'scale = "big"\nzzz = 1\n{LINE}')
    with pytest.raises(DigitizeError, match="is not a file"):
        read_recipe(tmp_path / "none.toml")


DAY = pd.Timestamp("1994-05-12")


def line(name, colour):
    return LineRecipe(name=name, colour=colour, date=DAY, sides={})


def area(side, colour, day=DAY):
    return AreaRecipe(colour=colour, side=side, date=day)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            {"lines": (line("a", "red"), line("a", "blue"))},
            "several lines are named 'a': give each its own name",
        ),
        (
            {"lines": (line("a", "blue"), line("b", "red"), line("c", "#00f"))},
            "lines 'a' and 'c' have one colour, '#00f', and cannot be told apart: give each its own, or keep one",
        ),
        (
            {"areas": (area("A", "pink"), area("B", "pink"))},
            "areas '1 A' and '2 B' have one colour, 'pink', and cannot be told apart",
        ),
        (
            {"areas": (area("A", "pink"), area("B", "red", DAY + pd.Timedelta(days=1)))},
            "the areas of one map show one day: give them one date, not 2",
        ),
    ],
)
def test_a_recipe_made_by_hand_is_held_to_the_same(asked, words):
    with pytest.raises(DigitizeError, match=words):
        Recipe(image="scan.png", **asked)


def test_paths_and_days_may_be_text():
    assert LineRecipe(name="a", colour="red", date="1994-05-12", sides={}).date == DAY
    recipe = Recipe(image="maps/scan.png", points="points.csv")
    assert recipe.source == "scan.png"
    assert recipe.points == Path("points.csv")
