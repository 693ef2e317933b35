"""Small wars whose errors can be worked out by hand."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Polygon, box

import frontlines as fl
from frontlines.uncertainty.fronts import find_fronts

DAYS = ("1994-04-07", "1994-05-12")
SQUARE = box(0, 0, 40_000, 40_000)


@dataclass(frozen=True)
class Case:
    """All that `balance_error` wants."""

    balance: pd.DataFrame
    control: gpd.GeoDataFrame
    frontlines: gpd.GeoDataFrame
    theatre: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame

    def formula(self, noise, **more):
        return fl.balance_error(
            self.balance, self.control, self.frontlines, theatre=self.theatre, districts=self.districts,
            noise=noise, **more,
        )  # fmt: skip

    def simulation(self, noise, **more):
        return fl.simulate_balance(
            self.balance, self.control, self.frontlines, theatre=self.theatre, districts=self.districts,
            noise=noise, **more,
        )  # fmt: skip


def turned(case, degrees):
    """Make the same case with everything turned about the middle of the square."""
    control, theatre, districts = (
        layer.set_geometry(layer.rotate(degrees, origin=(20_000, 20_000)))
        for layer in (case.control, case.theatre, case.districts)
    )
    return made(control, theatre, districts)


def made(control, theatre, districts, days=DAYS, side="A"):
    """Make a case from its layers."""
    parts = [control[control["date"] == day] for day in days]
    change = fl.change_between(*parts, theatre)
    balance = fl.balance_by_district(fl.transitions_by_district(change, districts), side)
    return Case(
        balance, control, fl.frontlines_from_control(control, theatre, border_m=1.0), theatre, districts
    )


def fronts_of(case, noise):
    return find_fronts(
        case.control, case.frontlines, case.theatre, "A", noise,
        dates=tuple(map(pd.Timestamp, DAYS)), border_m=1.0, reach_m=5_000.0,
    )  # fmt: skip


def west_of(x, y):
    """Ground west of a line that runs north through the square."""
    return Polygon([(0, 0), *zip(np.broadcast_to(x, np.shape(y)), y, strict=True), (0, 40_000)])


@pytest.fixture(scope="session")
def make_case():
    """Make a case from the ground of side A on two dates; sigma as one number, or by date."""

    def make(before, after, districts=None, sigma_m=500.0, theatre=SQUARE):
        districts = {"D": theatre} if districts is None else districts
        ground = gpd.GeoDataFrame(geometry=[theatre], crs="EPSG:3035")
        named = gpd.GeoDataFrame(
            {"district": list(districts)}, geometry=list(districts.values()), crs="EPSG:3035"
        )
        days = [
            gpd.GeoDataFrame(
                {"date": pd.to_datetime([day] * 2), "side": ["A", "B"], "source": "a map", "sigma_m": sigma},
                geometry=[held, theatre.difference(held)],
                crs="EPSG:3035",
            )
            for day, held, sigma in zip(DAYS, (before, after), np.broadcast_to(sigma_m, 2), strict=True)
        ]
        days = [rows[~rows.is_empty] for rows in days]
        return made(gpd.GeoDataFrame(pd.concat(days, ignore_index=True), crs="EPSG:3035"), ground, named)

    return make


@pytest.fixture(scope="session")
def straight(make_case):
    """Two straight lines 10 km apart, 40 km long, a vertex every km; the border of two districts crosses them."""
    y = np.linspace(0, 40_000, 41)
    districts = {"South": box(0, 0, 40_000, 15_000), "North": box(0, 15_000, 40_000, 40_000)}
    return make_case(west_of(10_000, y), west_of(20_000, y), districts)


@pytest.fixture(scope="session")
def bulge(make_case):
    """One line that bulges out by 6 km between y = 10 and 30 km, and is the same elsewhere."""
    y = np.linspace(0, 40_000, 81)
    out = 6_000 * np.clip(np.sin((y - 10_000) / 20_000 * np.pi), 0, None) * (y < 30_000)
    return make_case(west_of(15_000, y), west_of(15_000 + out, y))


@pytest.fixture(scope="session")
def karabakh(karabakh_results):
    found, study = karabakh_results, karabakh_results.study
    return Case(found.balance[BALANCE], found.control, found.frontlines, study.theatre, study.districts)


BALANCE = [
    "district", "side", "date_from", "date_to", "district_km2", "before_km2", "after_km2", "held_km2",
    "gained_km2", "lost_km2", "net_km2", "share_before", "share_after", "contested_before_km2",
    "contested_after_km2",
]  # fmt: skip


@pytest.fixture(scope="session")
def wavy(make_case):
    """Two lines that wind through three districts, one of them a strip."""
    y = np.linspace(0, 40_000, 161)
    wave = 3_000 * np.sin(y / 5_000)
    districts = {
        "South": box(0, 0, 40_000, 15_000),
        "Middle": box(0, 15_000, 40_000, 26_000),
        "North": box(0, 26_000, 40_000, 40_000),
    }
    return make_case(west_of(10_000 + wave, y), west_of(20_000 + wave, y), districts)


@pytest.fixture(scope="session")
def oblique(make_case):
    """Two lines that meet the theatre's edge aslant."""
    return make_case(
        Polygon([(0, 0), (5_000, 0), (15_000, 40_000), (0, 40_000)]),
        Polygon([(0, 0), (15_000, 0), (30_000, 40_000), (0, 40_000)]),
    )


@pytest.fixture(scope="session")
def pocket(make_case):
    """A pocket that grows, closed in itself."""
    angle = np.linspace(0, 2 * np.pi, 128, endpoint=False)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    return make_case(Polygon(6_000 * circle + 18_000), Polygon(9_000 * circle + 18_000), sigma_m=300.0)


@pytest.fixture(scope="session")
def corner(make_case):
    """Lines 600 m apart with an error of 1 km; a district they cut a corner of, and one just beyond them."""
    y = np.linspace(0, 40_000, 41)
    small = Polygon([(9_000, 0), (10_500, 0), (9_000, 1_500)])
    beyond = box(11_000, 20_000, 12_000, 24_000)
    districts = {"Corner": small, "Beyond": beyond, "Rest": SQUARE.difference(small.union(beyond))}
    return make_case(west_of(10_000, y), west_of(10_600, y), districts, sigma_m=1_000.0)
