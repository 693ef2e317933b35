"""The georeference as a whole: folds, mirrors, cautions, and the way back."""

import numpy as np
import pandas as pd
import pytest
from pyproj import CRS

from frontlines.digitize.georef.control_points import GroundControl
from frontlines.digitize.georef.error import to_lonlat
from frontlines.digitize.georef.georeference import error_across, georeference, georeference_from_affine
from frontlines.digitize.settings import QUOTED_ERROR
from frontlines.errors import DigitizeError, FrontlinesError

UTM = CRS("EPSG:32638")
SIZE = (3000, 2000)
GRID = np.array([[x, y] for y in np.linspace(100, 1900, 4) for x in np.linspace(100, 2900, 5)])


def control_of(pixels, xy=None):
    lonlat = to_lonlat((pixels if xy is None else xy) * [30.0, -30.0] + [4e5, 4.5e6], UTM)
    points = pd.DataFrame({"id": [f"p{k}" for k in range(len(pixels))]})
    points[["col", "row"]], points[["lon", "lat"]] = pixels, lonlat
    return GroundControl(points, "points.csv")


def names(found):
    return [caution.name for caution in found.cautions]


def test_a_sound_georeference_has_no_caution_and_finds_back():
    found = georeference(control_of(GRID), SIZE, crs=UTM)
    places = np.array([[10.0, 20.0], [2500.0, 1700.0]])
    np.testing.assert_allclose(found.pixels_of(found.lonlat(places)), places, atol=1e-5)
    np.testing.assert_allclose(found.pixel_m(places), 30.0, rtol=2e-3)
    assert found.cautions == ()
    assert found.sigma_px(places).max() < 1e-3
    assert np.isnan(found.pixels_of(np.array([[-60.0, -40.0]]))).all()


def test_a_bad_point_is_named_with_its_place_and_the_mend():
    read = GRID.copy()
    read[7] += [36, 48]  # 60 px
    found = georeference(control_of(read, GRID), SIZE, crs=UTM)
    (caution,) = found.cautions
    assert caution.name == "bad point"
    assert caution.ids == ("p7",)
    assert 'leave_out = ["p7"]' in caution.text
    assert "60 px" in caution.text
    assert found.residuals.loc[found.residuals["bad"], "id"].tolist() == ["p7"]
    better = georeference(control_of(read, GRID).without(["p7"]), SIZE, crs=UTM)
    assert better.cautions == ()


@pytest.mark.parametrize(
    ("family", "told"),
    [
        ("spline", r"control point p6 \(column 800, row 700\) lies 1205 px, .*; control point p8 "),
        ("polynomial3", r"polynomial3 folds the map at column \d+, row \d+ \(longitude \d+\.\d+, latitude"),
    ],
)
def test_a_fold_is_refused_with_the_points_that_make_it_or_its_place(family, told):
    xy = GRID.copy()
    if family == "spline":
        xy[[6, 8]] = xy[[8, 6]]  # two points have changed places
    else:
        xy[:, 0] = 1500 + (xy[:, 0] - 1500) ** 3 / 2e6 - 0.35 * (xy[:, 0] - 1500)
    with pytest.raises(DigitizeError, match=told):
        georeference(control_of(GRID, xy), SIZE, crs=UTM, transformation=family)


def test_a_fold_beyond_the_points_is_a_caution_and_refused_where_something_lies():
    inner = GRID * 0.4 + [900, 600]
    xy = inner.copy()
    xy[:, 0] -= (inner[:, 0] - 1500) ** 3 / 3e6
    found = georeference(control_of(inner, xy), SIZE, crs=UTM, transformation="polynomial3")
    assert "fold" in names(found)
    assert "spread" in names(found)
    with pytest.raises(DigitizeError, match="folds the map at column 2990"):
        found.refuse_folds(np.array([[1500.0, 1000.0], [2990.0, 1000.0]]))


@pytest.mark.parametrize(
    ("swap", "mend"),
    [
        ("rows from the bottom", "count rows downwards"),
        ("lon and lat", "longitude and latitude, or column and row, have"),
    ],
)
def test_a_map_from_behind_is_refused(swap, mend):
    if swap == "lon and lat":
        control = control_of(GRID)
        control = GroundControl(control.points.rename(columns={"lon": "lat", "lat": "lon"}), "points.csv")
        crs = None
    else:
        control, crs = control_of(np.column_stack([GRID[:, 0], 2000 - GRID[:, 1]]), GRID), UTM
    with pytest.raises(DigitizeError, match=f"from behind: {mend}"):
        georeference(control, SIZE, crs=crs, transformation="affine")


def test_shear_is_told_with_its_place():
    xy = GRID.copy()
    xy[:, 0] += (GRID[:, 0] / 3000) ** 2 * 1800
    found = georeference(control_of(GRID, xy), SIZE, crs=UTM, transformation="polynomial2")
    (caution,) = [one for one in found.cautions if one.name == "shear"]
    assert "times more one way than the other" in caution.text
    assert (
        caution.pixel[0] in {found.control.pixels[:, 0].max(), 150.0, 149.9, 2848.1, 2849.0}
        or caution.pixel[0] > 2500
    )


def test_few_repeated_and_badly_spread_points():
    corner = GRID[:4] * 0.1
    found = georeference(
        control_of(corner + np.array([[0, 0], [0, 40], [0, 3], [0, 9]])),
        SIZE,
        crs=UTM,
        transformation="affine",
    )
    assert names(found) == ["few points", "spread"]
    assert "1 to spare" in found.cautions[0].text
    twice = np.vstack([GRID, GRID[3]])
    told = georeference(control_of(twice), SIZE, crs=UTM)
    assert names(told) == ["repeated point", "repeated point"]  # on the scan, and on the ground
    assert told.cautions[0].ids == ("p3", "p20")
    row = np.column_stack([np.linspace(0, 2900, 9), 1000 + 4 * (np.arange(9) % 2)])
    assert "spread" in names(georeference(control_of(row), SIZE, crs=UTM, transformation="affine"))


def test_without_a_point_to_spare_an_error_is_assumed_and_said():
    found = georeference(control_of(GRID[[0, 4, 15]]), SIZE, crs=UTM, transformation="affine")
    assert found.error is None
    assert found.sigma_px(GRID).tolist() == [QUOTED_ERROR.assumed_px] * len(GRID)
    assert "0 to spare" in found.cautions[0].text


def test_a_named_transformation_that_is_too_stiff_is_told():
    xy = GRID * [1.0, 1.05]
    found = georeference(control_of(GRID, xy), SIZE, crs=UTM, transformation="helmert")
    assert "stiff" in names(found)


def test_points_off_the_plane_are_named():
    control = control_of(GRID)
    control.points.loc[2, ["lon", "lat"]] = [45.0, -90.0]
    with pytest.raises(DigitizeError, match="control points p2 lie nowhere in Lambert Conic"):
        georeference(
            control, SIZE, crs=CRS("+proj=lcc +lat_1=39 +lat_2=41 +lon_0=45"), transformation="affine"
        )


def test_an_image_that_brings_its_georeference():
    affine = (30.0, 0.0, 400_015.0, 0.0, -30.0, 4_499_985.0)
    found = georeference_from_affine(affine, UTM, SIZE, "scan.tif")
    np.testing.assert_allclose(
        found.transformation(np.array([[0.0, 0.0], [2.0, 1.0]])),
        [[400015, 4499985], [400075, 4499955]],
        atol=1e-6,
    )
    assert names(found) == ["no error known"]
    assert found.sigma_px(GRID).max() == 0
    assert found.residuals.empty
    with pytest.raises(DigitizeError, match="from behind"):
        georeference_from_affine((30.0, 0.0, 0.0, 0.0, 30.0, 0.0), UTM, SIZE, "scan.tif")


@pytest.mark.parametrize(
    ("affine", "crs", "words"),
    [
        ((1e-3, 0, 46, 0, -1e-3, 40), "EPSG:32638", 'these look like degrees, .* give crs = "EPSG:4326"'),
        (
            (100, 0, 6e5, 0, -100, 4.4e6),
            "EPSG:4326",
            "these are no degrees, .* give as crs the projected one",
        ),
        ((np.nan, 0, 6e5, 0, -100, 4.4e6), "EPSG:32638", "holds no six numbers"),
        ((100, 0, 6e9, 0, -100, 4.4e6), "EPSG:3035", "which is nowhere on"),
        (
            (100, 0, 6e5, 0, 100, 4.4e6),
            "EPSG:32638",
            r"scan\.wld shows the map from behind: .*E of a world file",
        ),
        ((100, 0, 6e5, 0, -100, 4.4e6), "EPSG:4978", "is 'WGS 84', which is no plane of a map"),
        ((1, 0, 46, 0, -1, 40), "IAU_2015:30100", "from which PROJ knows no way to longitude and latitude"),
    ],
)
def test_a_georeference_that_cannot_be_on_its_crs_is_refused(affine, crs, words):
    with pytest.raises(DigitizeError, match=words):
        georeference_from_affine(affine, crs, (600, 400), "scan.wld")


def test_a_small_plan_in_metres_and_a_world_with_margins_are_let_pass():
    plan = georeference_from_affine((0.1, 0, 6e5, 0, -0.1, 4.4e6), UTM, (600, 400), "plan.wld")
    assert plan.pixel_m(np.array([[9.0, 9.0]]))[0] == pytest.approx(0.1, rel=0.01)
    georeference_from_affine((0.1, 0, -190, 0, -0.1, 95), "EPSG:4326", (3800, 1900), "world.wld")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lon": np.nan}, "control points p0 lie nowhere: col and row must be numbers, lon and lat degrees"),
        ({"lat": 95.0}, "control points p0 lie nowhere"),
        ({"col": np.inf}, "control points p0 lie nowhere"),
    ],
)
def test_points_that_are_nowhere_are_named(change, words):
    control = control_of(GRID)
    for name, value in change.items():
        control.points.loc[0, name] = value
    with pytest.raises(DigitizeError, match=words):
        georeference(control, SIZE)


def test_what_python_passes_is_checked_as_a_recipe_is():
    control = control_of(GRID)
    with pytest.raises(DigitizeError, match="have no column lat: they need id, col, row, lon, lat"):
        georeference(GroundControl(control.points.drop(columns="lat")), SIZE)
    with pytest.raises(FrontlinesError, match="transformation is 'tps': give 'helmert'"):
        georeference(control, SIZE, transformation="tps")
    found = georeference(control, SIZE, crs="EPSG:32638")
    assert found.crs == UTM
    assert found.pixels_of(np.empty((0, 2))).shape == (0, 2)


def test_points_read_on_a_larger_copy_of_the_scan_are_told():
    said = "19 of 20 control points lie outside the scan of 3000 × 2000 px: if .* divide col and row by 4"
    with pytest.raises(DigitizeError, match=said):
        georeference(control_of(GRID * 4), SIZE, crs=UTM)
    low = GRID * [0.5, 1] + np.array([0, 1295])  # two rows of points on the sheet, two below it
    assert "spread" in names(georeference(control_of(low), SIZE, crs=UTM))


def test_a_strip_of_points_does_not_hide_that_paper_is_stretched():
    strip = np.column_stack([np.linspace(100, 2900, 10), 1000 + 60.0 * (np.arange(10) % 2)]).round()
    stretched = strip * [1.0, 1.005]  # by 0.5 % more across the strip than along it
    read = strip + np.random.default_rng(0).normal(0, 1.0, strip.shape)
    found = georeference(control_of(read, stretched), SIZE, crs=UTM)
    assert found.choice.family == "helmert"
    assert found.sigma_px(np.array([[1500.0, 100.0]]))[0] > 0.5 * 0.005 * 900


def test_a_ring_of_a_few_pixels_has_an_error_of_a_few_pixels():
    found = georeference(control_of(GRID), SIZE, crs=UTM)
    ring = np.array([[500.0, 500], [502, 500], [502, 502], [500, 502], [500, 500]])
    error = error_across(ring, np.full(5, 0.5), found)
    assert 0.4 < error.sigma_m / found.pixel_m(ring[:1])[0] < 4
