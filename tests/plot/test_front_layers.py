"""Bands of one sigma about lines."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.figure import Figure

from frontlines.plot import draw_frontlines
from frontlines.plot.front_layers import band_of


def lines(*coordinates, sigma_m):
    return gpd.GeoDataFrame(
        {"sigma_m": sigma_m}, geometry=list(map(shapely.LineString, coordinates)), crs=3035
    )


def width_at(band, x):
    return band.intersection(shapely.LineString([(x, -50), (x, 50)])).length


def test_one_width_is_a_buffer_however_the_line_is_cut():
    bent = [(0, 0), (10, 0), (20, 10), (40, 10)]
    cut = lines(bent[:2], bent[1:], sigma_m=[3.0, 3.0])
    whole = shapely.LineString(bent).buffer(3.0, quad_segs=8)
    assert band_of(cut).symmetric_difference(whole).area == pytest.approx(0, abs=1e-6)


def test_a_wide_band_narrows_towards_a_narrow_one_and_reaches_its_own_width():
    band = band_of(lines([(0, 0), (100, 0)], [(100, 0), (200, 0)], sigma_m=[2.0, 20.0]))
    widths = [width_at(band, x) for x in (99, 104, 110, 116, 150)]
    assert widths[0] == pytest.approx(4)  # the wide one does not reach back
    assert widths[-1] == pytest.approx(40)
    assert (np.diff(widths) > 0).all()


def test_a_short_wide_stretch_between_narrow_ones_stays_within_their_cones():
    band = band_of(
        lines([(0, 0), (50, 0)], [(50, 0), (60, 0)], [(60, 0), (100, 0)], sigma_m=[1.0, 30.0, 1.0])
    )
    assert 6 < width_at(band, 55) < 12
    assert width_at(band, 45) == pytest.approx(2)


def test_the_order_of_stretches_and_their_direction_do_not_matter():
    parts = [[(0, 0), (50, 0)], [(50, 0), (90, 40)], [(90, 40), (90, 90)]]
    sigma = [2.0, 9.0, 4.0]
    band = band_of(lines(*parts, sigma_m=sigma))
    turned = band_of(lines(*[part[::-1] for part in parts[::-1]], sigma_m=sigma[::-1]))
    assert band.symmetric_difference(turned).area == pytest.approx(0, abs=1e-6)


def test_stretches_without_sigma_have_no_band():
    two = lines([(0, 0), (9, 0)], [(9, 0), (20, 0)], sigma_m=[1.0, np.nan])
    assert band_of(two).bounds == pytest.approx((-1, -1, 10, 1))
    assert band_of(two.assign(sigma_m=None)).is_empty


def test_a_band_no_wider_than_the_line_is_not_drawn():
    lines = gpd.GeoDataFrame(
        {"date": pd.to_datetime(["1994-04-07"]), "sigma_m": [1.0]},
        geometry=[shapely.LineString([(0, 0), (9e4, 0)])], crs=3035,
    )  # fmt: skip
    for sigma_m, drawn in ((1.0, False), (5000.0, True)):
        ax = Figure().add_subplot()
        patches = draw_frontlines(lines.assign(sigma_m=sigma_m), ax=ax).patches
        assert any(patch.get_gid() == "band:1994-04-07" for patch in patches) == drawn
