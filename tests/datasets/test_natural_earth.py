"""Coasts and states about a theatre, wherever on Earth it is."""

import numpy as np
import pyproj
import pytest
import shapely

from frontlines.datasets import countries
from frontlines.datasets.natural_earth import neighbours
from frontlines.errors import FrontlinesError

PLACES = {
    "inland": (46.0, 40.0, 1.5e5, {"Armenia", "Azerbaijan", "Georgia", "Iran"}, False),
    "antimeridian": (180.0, -17.5, 5e5, {"Fiji"}, True),
    "the pole": (0.0, -90.0, 3e6, {"Antarctica"}, True),
    "ocean": (-123.0, -48.0, 5e5, set(), True),
}


def plane(lon, lat):
    return pyproj.CRS(f"+proj=laea +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m")


@pytest.mark.parametrize("place", PLACES)
def test_what_lies_about_a_theatre(place):
    lon, lat, half_m, names, sea = PLACES[place]
    window = shapely.box(-half_m, -half_m, half_m, half_m)
    around = neighbours(plane(lon, lat), window.bounds)
    land = around[around["kind"] == "country"]
    assert names <= set(land["name"])
    assert around.geometry.is_valid.all()
    assert around["kind"].iloc[0] == "sea"
    assert window.buffer(1.0).covers(shapely.union_all(around.geometry))
    assert (window.difference(shapely.union_all(land.geometry)).area > 0.01 * window.area) == sea
    assert land["name"].is_unique


def test_a_state_on_both_sides_of_the_antimeridian_has_no_border_there():
    around = neighbours(plane(180.0, 67.0), (-4e5, -4e5, 4e5, 4e5))
    (russia,) = around.geometry[around["name"] == "Russia"]
    assert shapely.LineString([(0, 1e5), (0, 1.8e5)]).intersection(russia.boundary).length < 1.0


def test_early_days_have_land_and_no_states():
    around = neighbours(plane(46, 40), (-3e5, -3e5, 3e5, 3e5), states=False)
    assert set(around["kind"]) == {"sea", "land"}
    assert around["name"].isna().all()


def test_the_layer_is_whole():
    every = countries()
    assert len(every) == every["district"].nunique() == 250
    assert every.is_valid.all()
    lon = shapely.bounds(every.explode().geometry.to_numpy())
    assert np.isfinite(lon).all()
    assert (lon[:, 2] - lon[:, 0] < 200).sum() == len(lon) - 1  # but for Antarctica, no piece goes round


def test_countries_are_named():
    assert countries(["South Korea", "North Korea"])["district"].tolist() == ["South Korea", "North Korea"]
    with pytest.raises(FrontlinesError, match="no country 'Frnace': is it France"):
        countries(["Frnace"])
