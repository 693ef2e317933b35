"""Residuals along the ground, and their means by hand."""

import numpy as np
import pandas as pd
import pytest
from pyproj import CRS

from frontlines.crs.geodesic import WGS84
from frontlines.digitize.georef.control_points import GroundControl
from frontlines.digitize.georef.error import error_figures, residual_table, to_plane
from frontlines.digitize.georef.georeference import georeference
from frontlines.digitize.georef.transformations import fit

CONIC = CRS("+proj=lcc +lat_1=39 +lat_2=41 +lon_0=45 +lat_0=40 +datum=WGS84")


def control_of(pixels, lonlat):
    points = pd.DataFrame({"id": [f"p{k}" for k in range(len(pixels))]})
    points[["col", "row"]], points[["lon", "lat"]] = pixels, lonlat
    return GroundControl(points)


def test_means_by_hand():
    table = pd.DataFrame(
        {"residual_m": [3.0, 4.0, 0.0, 0.0, 0.0, 0.0], "left_out_m": [6.0, 8, 0, 0, 0, 0], "left_out_px": 1.0}
    )
    affine, helmert = error_figures(table, "affine"), error_figures(table, "helmert")
    assert affine["rmse_m"] == pytest.approx(np.sqrt(25 / 6))
    assert affine["rmse_adjusted_m"] == pytest.approx(np.sqrt(25 / 3))
    assert helmert["rmse_adjusted_m"] == pytest.approx(np.sqrt(25 / 4))
    assert affine["left_out_rmse_m"] == pytest.approx(np.sqrt(100 / 6))
    assert affine["formulas"]["rmse_adjusted_m"].endswith("n - k = 6 - 3 = 3")


def test_a_spline_quotes_leave_one_out_only_and_exact_fits_no_adjusted_error():
    table = pd.DataFrame({"residual_m": [0.0] * 6, "left_out_m": 5.0, "left_out_px": 1.0})
    spline = error_figures(table, "spline")
    assert spline["rmse_m"] is None
    assert spline["left_out_rmse_m"] == 5
    assert error_figures(table, "polynomial2")["rmse_adjusted_m"] is None
    assert error_figures(table.assign(left_out_m=np.nan), "polynomial2")["left_out_rmse_m"] is None


def test_residuals_point_to_where_the_point_is_put():
    pixels = np.array([[x, y] for y in (0.0, 50, 100) for x in (0.0, 50, 100)])
    lonlat = pixels * [0.01, -0.01] + [46, 41]
    moved = lonlat.copy()
    moved[4, 0] += 0.009  # about 760 m too far east; the fit leaves 8/9 of it
    table = residual_table(control_of(pixels, moved), fit(pixels, moved, "affine"), WGS84)
    row = table.iloc[4]
    assert row["residual_east_m"] == pytest.approx(-0.008 * 84_390, rel=0.01)
    assert row["left_out_east_m"] == pytest.approx(-0.009 * 84_390, rel=0.01)
    assert row["left_out_px"] == pytest.approx(0.9, rel=0.05)
    assert abs(row["residual_north_m"]) < 1


def test_a_graticule_on_a_conic_map_is_straight_on_its_own_plane_only():
    lonlat = np.array([[lon, lat] for lat in (39.0, 40.0, 41.0) for lon in (44.0, 45.5, 46.5, 48.0)])
    xy = to_plane(lonlat, CONIC)
    pixels = (xy - [xy[:, 0].min(), xy[:, 1].max()]) / [90.0, -90.0]
    control = control_of(pixels, lonlat)
    size = tuple(int(one) + 1 for one in pixels.max(axis=0))
    own = georeference(control, size, crs=CONIC, transformation="affine")
    degrees = georeference(control, size, crs=WGS84, transformation="affine")
    assert own.figures["rmse_m"] < 1e-3
    assert degrees.figures["rmse_m"] > 500
    assert "another plane" in [caution.name for caution in degrees.cautions]
    unnamed = georeference(control, size)  # four planes are tried
    assert unnamed.choice.plane.startswith("Lambert conformal conic")
    assert unnamed.figures["left_out_rmse_px"] < 0.5
    place = np.array([[700.0, 900.0]])
    np.testing.assert_allclose(unnamed.lonlat(place), own.lonlat(place), atol=3e-4)
