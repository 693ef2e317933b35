"""The colours are measured: apart for the colour blind, apart in greyscale or by hatch."""

from dataclasses import replace
from itertools import combinations, permutations

import matplotlib as mpl
import matplotlib.colors
import numpy as np
import pandas as pd
import pytest

from frontlines.errors import FrontlinesError
from frontlines.plot.style import (
    AreaStyle,
    MapStyle,
    dark,
    front_colours,
    mix,
    pale,
    seen_from,
    side_faces,
    side_looks,
    side_styles,
)
from frontlines.plot.words import day

# Severity 1.0 of Machado, Oliveira and Fernandes (2009), doi:10.1109/TVCG.2009.113; for linear RGB.
VISION = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def linear(colour):
    rgb = np.array(matplotlib.colors.to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(colour, vision="usual"):
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(VISION[vision] @ linear(colour), 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def apart(a, b, vision="usual"):
    return float(np.linalg.norm(lab(a, vision) - lab(b, vision)))


@pytest.mark.parametrize("vision", VISION)
def test_gained_lost_and_held_are_far_apart_for_every_eye(vision):
    for own, other in permutations(MapStyle().palette[:5], 2):
        style = MapStyle(side_colours={"A": own, "B": other})
        faces = {name: getattr(seen_from("A", style), name).face for name in ("gained", "lost", "held")}
        faces |= {"rest": style.rest.face, "unknown lost": seen_from("A", MapStyle()).lost.face}
        for a, b in combinations(faces, 2):
            least = 3 if {a, b} <= {"gained", "lost", "unknown lost"} else 9  # these have two hatches
            assert apart(faces[a], faces[b], vision) > least, (own, other, a, b)


def test_gained_and_lost_ground_differ_in_hatch_too_and_hatches_can_be_seen():
    style = MapStyle()
    hatches = [getattr(style, kind).hatch for kind in ("gained", "lost", "held", "others")]
    assert len({*hatches, style.contested_hatch}) == len(hatches) + 1
    assert style.first.hatch != style.second.hatch
    for colour in style.palette:
        seen = seen_from("A", MapStyle(side_colours={"A": colour}))
        looks = (seen.gained, seen.lost, style.first, style.second)
        assert all(abs(lab(look.face)[0] - lab(look.ink)[0]) > 10 for look in looks)


def test_lost_ground_has_the_colour_of_the_only_other_side_or_is_grey():
    two = MapStyle(side_colours={"A": "#0072b2", "B": "#d55e00"})
    assert seen_from("A", two).other == "B"
    assert seen_from("A", two).lost.face == seen_from("B", two).gained.face == dark("#d55e00")
    assert seen_from("A", two, ["C"]).other is None
    assert seen_from("A", two, ["C"]).lost.face == dark(two.unknown.face)
    own = MapStyle(gained=AreaStyle("#123456"))
    assert seen_from("A", own).gained == own.gained


@pytest.mark.parametrize("vision", VISION)
def test_the_two_fronts_are_far_apart_for_every_eye(vision):
    for early, late in (MapStyle().date_colours, MapStyle().front_tones):
        assert apart(early, late, vision) > 30
        assert lab(early)[0] - lab(late)[0] > 20  # in greyscale too


def test_fronts_stand_out_from_the_ground():
    style = MapStyle()
    for tone in style.front_tones:
        for colour in style.palette:
            assert apart(tone, pale(colour)) > 20


@pytest.mark.parametrize("vision", VISION)
def test_kept_and_changed_ground_of_sides_stand_apart_for_every_eye(vision):
    style = MapStyle()
    for one, two in combinations(style.palette[:5], 2):
        assert apart(pale(one), pale(two), vision) > 6
    for colour in style.palette:
        assert lab(pale(colour))[0] - lab(dark(colour))[0] > 10  # and every change has a hatch
    others = (style.sea_face, style.country_face, style.unknown.face, style.paper)
    for colour in (*(pale(one) for one in style.palette[:5]), *others):
        assert all(apart(colour, other, vision) > 3 for other in others if other != colour)


def test_a_side_called_by_a_colour_has_it_and_no_other_side_has_one_like_it():
    faces = side_faces(["Red Army", "Blue", "Alpha"])
    red, blue = (matplotlib.colors.to_rgb(faces[name]) for name in ("Red Army", "Blue"))
    assert red[0] == max(red)
    assert blue[2] == max(blue)
    assert apart(faces["Alpha"], faces["Blue"]) > 20
    assert side_faces(["Red East", "Red West"]) == dict(
        zip(["Red East", "Red West"], MapStyle().palette, strict=False)
    )


@pytest.mark.parametrize("vision", VISION)
def test_the_palette_is_apart_for_every_eye_or_by_hatch(vision):
    looks = list(side_styles([f"side {i:02d}" for i in range(8)]).values())
    for a, b in combinations(looks, 2):
        assert apart(a.face, b.face, vision) > 9 or a.hatch != b.hatch


@pytest.mark.parametrize("vision", VISION)
def test_five_sides_are_told_apart_by_colour_alone_for_every_eye(vision):
    looks = side_looks(["a", "b", "c", "d", "e", "unknown"])
    assert {look.hatch for look in looks.values()} == {""}
    for a, b in combinations(looks.values(), 2):
        assert apart(a.face, b.face, vision) > 19


def test_hatches_tell_sides_apart_where_there_are_more_than_colours():
    looks = side_looks([f"side {i:02d}" for i in range(30)])
    assert len({(look.face, look.hatch) for look in looks.values()}) == 30


def test_no_two_of_many_sides_look_alike():
    looks = side_styles([f"side {i:02d}" for i in range(80)])
    assert len({(look.face, look.hatch) for look in looks.values()}) == 80


def test_colours_of_sides_follow_their_names_not_their_order():
    assert side_styles(["b", "a", "c", "a"]) == side_styles(["c", "b", "a"])
    assert side_styles(["b", "a"])["a"].face == MapStyle().palette[0]


def test_the_caller_may_choose_the_colour_of_a_side():
    style = MapStyle(side_colours={"b": "#123456"})
    assert side_styles(["a", "b"], style)["b"].face == "#123456"
    assert side_styles(["a", "b"], style)["a"].face == style.palette[0]


def test_contested_is_hatched_and_unknown_pale_grey():
    looks = side_styles(["a", "contested", "unknown"])
    assert looks["contested"].hatch == MapStyle().contested_hatch
    grey = linear(looks["unknown"].face)
    assert grey.max() == grey.min()
    assert lab(looks["unknown"].face)[0] > 80
    assert looks["a"].face == MapStyle().palette[0]


def test_later_fronts_are_darker():
    colours = front_colours(["1994-05-12", "1994-04-07", "1994-04-07"])
    assert list(colours) == [pd.Timestamp("1994-04-07"), pd.Timestamp("1994-05-12")]
    tones = list(front_colours(pd.date_range("2022-01-01", periods=5)).values())
    lightness = [lab(tone)[0] for tone in tones]
    assert lightness == sorted(lightness, reverse=True)
    assert len(set(tones)) == 5


def test_one_date_and_no_date():
    assert list(front_colours(["1994-04-07"]).values()) == [MapStyle().front_tones[0].lower()]
    assert front_colours([None, pd.NaT]) == {}


def test_days_are_written_in_english_whatever_the_locale():
    assert day(pd.Timestamp("2024-09-01 18:00")) == "1 September 2024"


def test_mix_ends_at_its_colours():
    assert mix("#102030", "white", 0.0) == "#102030"
    assert mix("#102030", "white", 1.0) == "#ffffff"


@pytest.mark.parametrize(
    "name", ["title_pt", "caption_pt", "district_pt", "town_pt", "legend_pt", "scale_pt"]
)
def test_type_below_six_points_is_refused(name):
    with pytest.raises(FrontlinesError, match=rf"type below 6 pt does not print \({name} = 5.5\)"):
        MapStyle(**{name: 5.5})


def test_type_that_is_not_a_number_is_refused():
    with pytest.raises(FrontlinesError, match="type below 6 pt"):
        MapStyle(town_pt=float("nan"))


def test_a_style_without_colours_is_refused():
    with pytest.raises(FrontlinesError, match="front_tones and date_colours need two colours"):
        MapStyle(date_colours=("#000000",))
    with pytest.raises(FrontlinesError, match="palette at least one"):
        MapStyle(palette=())


def test_a_style_is_frozen_and_can_be_replaced():
    style = MapStyle()
    with pytest.raises(AttributeError):
        style.town_pt = 9
    assert replace(style, town_pt=9.0).town_pt == 9.0


def test_a_style_shows_what_differs_from_the_default_one():
    assert repr(MapStyle()) == "MapStyle()"
    other = MapStyle(side_colours={"b": "#123456"}, town_pt=9.0)
    assert repr(other) == "MapStyle(town_pt=9.0, side_colours={'b': '#123456'})"


def test_importing_the_plots_leaves_rcparams_alone():
    before = dict(mpl.rcParams)
    MapStyle()
    side_styles(["a"])
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("nobody", ["contested", "unknown"])
def test_ground_of_nobody_is_seen_like_that_of_a_side(nobody):
    style = MapStyle(side_colours={"a": "#aa0000", "b": "#0000aa"})
    seen = seen_from(nobody, style)
    assert seen.held.face == pale(side_styles([nobody])[nobody].face)
    assert seen.other is None  # both others are sides
