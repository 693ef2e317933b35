"""Which transformation is taken unasked, and which points are named."""

import re

import numpy as np
import pytest
from pyproj import CRS

from frontlines.digitize.georef.error import to_lonlat, to_plane
from frontlines.digitize.georef.selection import bad_points, candidate_planes, choose
from frontlines.digitize.georef.transformations import fit
from frontlines.errors import DigitizeError

UTM = CRS("EPSG:32638")


def on_ground(xy):
    return to_lonlat(xy + np.array([5e5, 4.4e6]), UTM)


@pytest.mark.parametrize("family", ["helmert", "affine", "projective", "polynomial2", "spline"])
@pytest.mark.parametrize("n", [8, 12, 20])
def test_a_point_moved_by_60_px_is_named_and_only_it(family, n):
    rng = np.random.default_rng(n)
    for _ in range(4):
        pixels = rng.uniform(0, 3000, (n, 2))
        xy = pixels * [30, -30] + rng.normal(0, 30, (n, 2))
        k, turn = int(rng.integers(n)), rng.uniform(0, 2 * np.pi)
        read = pixels.copy()
        read[k] += 60 * np.array([np.cos(turn), np.sin(turn)])
        assert bad_points(read, xy, family) == [k]
        assert bad_points(pixels, xy, family) == []


def test_two_bad_points_are_both_named_the_worst_first():
    pixels = np.array([[x, y] for y in range(0, 3000, 700) for x in range(0, 3000, 700)], dtype=float)
    read = pixels.copy()
    read[3] += [0, 90]
    read[17] += [60, 0]
    assert bad_points(read, pixels, "affine") == [3, 17]


@pytest.mark.parametrize("n", [8, 12])
def test_two_bad_points_that_hide_each_other_are_both_named(n):
    rng = np.random.default_rng(n)
    for _ in range(5):
        pixels = rng.uniform(0, 3000, (n, 2))
        read = pixels + rng.normal(0, 1, (n, 2))
        moved, turn = rng.choice(n, 2, replace=False), rng.uniform(0, 2 * np.pi, 2)
        read[moved] += 60 * np.column_stack([np.cos(turn), np.sin(turn)])
        assert sorted(bad_points(read, pixels * [30, -30], "helmert")) == sorted(moved)


@pytest.mark.parametrize("n", [5, 6])
def test_one_bad_point_among_few_is_named(n):
    rng = np.random.default_rng(n)
    for _ in range(5):
        pixels = rng.uniform(0, 3000, (n, 2))
        read = pixels + rng.normal(0, 1, (n, 2))
        read[2] += [60, 0]
        assert bad_points(read, pixels * [30, -30], "helmert") == [2]


def test_points_read_to_whole_pixels_are_not_named():
    rng = np.random.default_rng(1)
    pixels = rng.uniform(0, 3000, (12, 2))
    assert bad_points(np.rint(pixels), pixels * 30, "affine") == []


@pytest.mark.parametrize(
    ("bend", "taken"),
    [
        (lambda p: p, "helmert"),
        (lambda p: p * [1.0, 1.03], "affine"),
        (lambda p: p / (1 + p @ [4e-5, 2e-5])[:, None], "projective"),
        (lambda p: p + np.column_stack([3e-5 * p[:, 1] ** 2, 2e-5 * p[:, 0] * p[:, 1]]), "polynomial2"),
        (lambda p: p + 25 * np.sin(p[:, ::-1] / 420), "spline"),
    ],
)
def test_the_simplest_that_does_is_taken(bend, taken):
    rng = np.random.default_rng(5)
    pixels = np.array([[x, y] for y in np.linspace(100, 2900, 6) for x in np.linspace(100, 2900, 6)])
    pixels = pixels + rng.uniform(-60, 60, pixels.shape)
    lonlat = on_ground(bend(pixels) * [30, -30] + rng.normal(0, 9, pixels.shape))
    choice = choose(pixels, lonlat, crs=UTM)
    assert choice.family == taken
    assert "36 points allow" in choice.reason
    assert choose(pixels, lonlat, crs=UTM, family="affine").reason == "named in the recipe"


def test_two_or_three_points_leave_no_choice():
    pixels = np.array([[0.0, 0.0], [1000.0, 0.0], [0.0, 1000.0]])
    lonlat = on_ground(pixels * [30, -30])
    assert choose(pixels[:2], lonlat[:2], crs=UTM).family == "helmert"
    assert choose(pixels, lonlat, crs=UTM).family == "helmert"
    with pytest.raises(DigitizeError, match="1 control point is too few"):
        choose(pixels[:1], lonlat[:1], crs=UTM)


@pytest.mark.parametrize(
    "proj", ["+proj=merc +lon_0=180", "+proj=lcc +lon_0=180 +lat_0=-17 +lat_1=-19 +lat_2=-15"]
)
def test_a_map_across_the_180th_meridian_finds_its_plane(proj):
    crs = CRS(proj + " +datum=WGS84")
    lonlat = np.array([[lon, lat] for lat in (-19.0, -17.5, -16.0) for lon in (178.0, 179.5, -179.0, -177.5)])
    xy = to_plane(lonlat, crs)
    pixels = (xy - xy.min(axis=0)) / [300, -300]
    choice = choose(pixels, lonlat)
    assert choice.left_out_px[f"{choice.family}, {choice.plane}"] < 0.35
    turned = choose(pixels, np.column_stack([lonlat[:, 0] % 360, lonlat[:, 1]]))
    assert (turned.family, turned.plane) == (choice.family, choice.plane)


def test_no_points_and_points_at_one_place_determine_nothing():
    one = np.full((4, 2), 500.0)
    with pytest.raises(DigitizeError, match="there is no control point"):
        choose(one[:0], one[:0])
    with pytest.raises(DigitizeError, match="do not determine the transformation"):
        choose(one, on_ground(one), crs=UTM)
    line = np.column_stack([np.linspace(100, 2900, 8), np.linspace(100, 2200, 8)])
    with pytest.raises(DigitizeError, match="do not determine the transformation projective"):
        choose(line, on_ground(line * [30, -30]), crs=UTM, family="projective")


def test_planes_near_the_equator_leave_the_cone_out():
    planes = candidate_planes(np.array([[30.0, -2.0], [32.0, 2.0]]))
    assert [name.split(",")[0] for name in planes] == [
        "web Mercator",
        "transverse Mercator",
        "latitude against longitude",
    ]
    for crs in planes.values():
        assert np.isfinite(to_plane(np.array([[31.0, 0.5]]), crs)).all()


@pytest.mark.parametrize(
    "proj", ["+proj=merc +lon_0=30", "+proj=eqc +lat_ts=48", "+proj=tmerc +lon_0=31 +lat_0=48"]
)
def test_the_plane_of_an_unnamed_map_is_found(proj):
    lonlat = np.array([[lon, lat] for lat in (44.0, 47.0, 50.0, 53.0) for lon in (24.0, 29.0, 34.0, 40.0)])
    xy = to_plane(lonlat, CRS(proj + " +datum=WGS84"))
    pixels = (xy - xy.min(axis=0)) / [900, -900]
    choice = choose(pixels, lonlat)
    assert choice.left_out_px[f"{choice.family}, {choice.plane}"] < 0.35
    assert "since the recipe names no CRS" in choice.reason


def across_180():
    """Control points of a map of Fiji, 177° E to 177° W, drawn with a scale of 100 px a degree."""
    lon, lat = np.meshgrid(np.linspace(177, 183, 4), np.linspace(-20, -16, 3))
    pixels = np.column_stack([(lon.ravel() - 177) * 100, (-16 - lat.ravel()) * 100])
    return pixels, np.column_stack([(lon.ravel() + 180) % 360 - 180, lat.ravel()])


@pytest.mark.parametrize(
    ("crs", "instead"), [("EPSG:3857", "+proj=webmerc +lon_0=180"), ("EPSG:4326", "+proj=eqc +lon_0=180")]
)
def test_a_plane_that_is_cut_within_the_map_is_refused_and_another_named(crs, instead):
    pixels, lonlat = across_180()
    words = rf"the map lies on both sides of 180°, where its plane .* is cut: leave crs out, .*{re.escape(instead)}"
    with pytest.raises(DigitizeError, match=words):
        choose(pixels, lonlat, crs=CRS(crs))
    other = CRS(f"{instead} +datum=WGS84")
    assert (
        choose(pixels, lonlat, crs=other).left_out_px["affine, " + choose(pixels, lonlat, crs=other).plane]
        < 3
    )
    assert choose(pixels, lonlat - [10.0, 0.0] + np.where(lonlat < 0, [360, 0], 0), crs=CRS(crs)).crs == CRS(
        crs
    )


def test_a_map_of_the_world_is_not_cut():
    lon, lat = np.meshgrid(np.linspace(-180, 180, 7), np.linspace(-60, 60, 5))
    lonlat = np.column_stack([lon.ravel(), lat.ravel()])
    assert choose(lonlat * [3, -3], lonlat, crs=CRS("EPSG:4326")).family == "helmert"


def test_all_are_compared_on_the_same_points():
    rng = np.random.default_rng(4)
    lonlat = np.column_stack([rng.uniform(22, 40, 14), rng.uniform(44, 53, 14)])
    xy = to_plane(lonlat, CRS("+proj=webmerc +lon_0=31 +datum=WGS84"))
    pixels = (xy - xy.min(axis=0)) / [700, -700] + rng.normal(0, 8, xy.shape)
    pixels[3] += [400, 0]
    choice = choose(pixels, lonlat)
    assert choice.plane.startswith("web Mercator")
    assert choice.reason.endswith("(1 point set aside for all)")
    sound = np.delete(np.arange(14), 3)
    flat = next(crs for name, crs in candidate_planes(lonlat).items() if name.startswith("latitude"))
    left_out = fit(pixels[sound], to_plane(lonlat[sound], flat), "affine").left_out_px(
        to_plane(lonlat[sound], flat)
    )
    shown = next(px for name, px in choice.left_out_px.items() if name.startswith("affine, latitude"))
    assert shown == pytest.approx(np.sqrt((left_out**2).sum(axis=1).mean()), abs=1e-3)
    assert bad_points(pixels, to_plane(lonlat, choice.crs), choice.family) == [3]
