"""Raw frames given the columns and types of their kind."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LinearRing, LineString, MultiPoint, Point, box

from frontlines.errors import LayerError, NoiseError
from frontlines.layers.columns import days_of, sigmas_of, tidy, unfit_to_project, with_key

BOX = box(0, 0, 1, 1)


def control(**columns):
    data = {"date": ["1994-05-12"], "side": ["A"]} | {name: [value] for name, value in columns.items()}
    return gpd.GeoDataFrame(data, geometry=[BOX])


def fault_names(faults):
    return [fault.fault for fault in faults]


@pytest.mark.parametrize(
    ("raw", "text"),
    [(" A ", "A"), (7, "7"), (7.0, "7"), (7.5, "7.5"), (None, ""), (np.nan, ""), (pd.NA, ""), ("  ", "")],
)
def test_sides_become_text(raw, text):
    assert tidy(control(side=raw), "control")[0]["side"].tolist() == [text]


@pytest.mark.parametrize("dtype", ["category", "string", "object"])
def test_sides_of_any_type_become_text(dtype):
    frame = control().assign(side=pd.Series(["Tərtər"], dtype=dtype))
    assert tidy(frame, "control")[0]["side"].tolist() == ["Tərtər"]


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("1994-05-12", "1994-05-12"),
        ("19940512", "1994-05-12"),
        (19940512, "1994-05-12"),
        (19940512.0, "1994-05-12"),
        (dt.date(1994, 5, 12), "1994-05-12"),
        (dt.datetime(1994, 5, 12, 23, 59), "1994-05-12"),  # noqa: DTZ001 - naive on purpose
        ("1994-05-12T10:00:00Z", "1994-05-12"),
        ("1994-05-12T02:00:00+04:00", "1994-05-12"),
        (np.datetime64("1994-05-12"), "1994-05-12"),
    ],
)
def test_days(raw, day):
    frame, faults = tidy(control(date=raw), "control")
    assert frame["date"].tolist() == [pd.Timestamp(day)]
    assert faults == []


@pytest.mark.parametrize("raw", ["May 1994", "1994", 1994, "1994-05", "12/05/1994", "1994-13-40"])
def test_what_names_no_day_is_a_fault(raw):
    frame, faults = tidy(control(date=raw), "control")
    assert frame["date"].isna().all()
    assert fault_names(faults) == ["bad date"]


def test_mixed_forms_of_days_in_one_column():
    days = days_of(pd.DataFrame({"Date": ["1994-05-12", dt.date(1994, 5, 13), "1994-05-14T01:00:00Z", None]}))
    assert days.dt.day.tolist()[:3] == [12, 13, 14]
    assert days.isna().tolist() == [False] * 3 + [True]
    assert days_of(pd.DataFrame({"day": []})) is None


@pytest.mark.parametrize(("raw", "sigma"), [(500, 500), ("500", 500), (None, np.nan), ("", np.nan)])
def test_sigmas_become_numbers(raw, sigma):
    frame, faults = tidy(control(sigma_m=raw), "control")
    assert frame["sigma_m"].tolist() == pytest.approx([sigma], nan_ok=True)
    assert faults == []


def test_a_sigma_in_words_is_a_fault_not_a_blank():
    assert [(fault.fault, fault.detail) for fault in tidy(control(sigma_m="about 300"), "control")[1]] == [
        ("bad sigma", "'about 300'")
    ]


def test_sigmas_are_those_stated_and_another_value_where_none_is():
    rows = pd.concat([control(sigma_m=raw) for raw in (300, None, "20", 0.0)], ignore_index=True)
    assert sigmas_of(rows).tolist() == pytest.approx([300, np.nan, 20, 0], nan_ok=True)
    assert sigmas_of(rows, 50.0).tolist() == [300, 50, 20, 0]
    assert sigmas_of(control(), 50.0).tolist() == [50]
    with pytest.raises(NoiseError, match="sigma_m of row 0 of the frontlines is -5: give metres, 0 or more"):
        sigmas_of(control(sigma_m=-5))


def test_missing_columns_are_named_but_not_in_an_empty_layer():
    bare = gpd.GeoDataFrame(geometry=[BOX])
    assert [fault.detail for fault in tidy(bare, "control")[1]] == ["column 'date'", "column 'side'"]
    assert tidy(bare[:0], "control")[1] == []


def test_the_exact_name_wins_over_another_case():
    frame = control().assign(SIDE="Q", Source="a map")
    out, _ = tidy(frame, "control")
    assert out[["side", "SIDE", "source"]].values.tolist() == [["A", "Q", "a map"]]
    twice = control().drop(columns="side").assign(SIDE="Q", Side="R")
    assert tidy(twice, "control")[0][["side", "Side"]].values.tolist() == [["Q", "R"]]


def test_columns_of_other_kinds_are_left_alone():
    frame = gpd.GeoDataFrame(
        {"district": ["D"], "DATE": ["2020"], "side": [None], "Name": [3]}, geometry=[BOX]
    )
    out, faults = tidy(frame, "districts")
    assert out[["DATE", "side", "Name"]].astype(object).values.tolist() == [["2020", None, 3]]
    assert faults == []


def test_the_geometry_column_may_have_any_name_and_a_rival():
    frame = control().rename_geometry("shape").assign(geometry="words")
    out, _ = tidy(frame, "control")
    assert out.geometry.name == "geometry"
    assert out.geometry.tolist() == [BOX]
    assert out["geometry_2"].tolist() == ["words"]


def test_an_index_that_shares_its_name_with_a_column_is_no_trouble():
    frame = control().set_index("side", drop=False)
    out, _ = tidy(frame, "control")
    assert out.index.tolist() == ["A"]
    assert out.groupby("side").ngroups == 1
    assert frame.index.name == "side"


def test_collections_rings_and_lone_points_are_taken_out():
    nested = shapely.from_wkt(
        "GEOMETRYCOLLECTION(GEOMETRYCOLLECTION(POINT(0 0), POLYGON((0 0,1 0,1 1,0 0))))"
    )
    out, _ = tidy(control().set_geometry([nested]), "control")
    assert out.geometry.iloc[0].wkt == "POLYGON ((0 0, 1 0, 1 1, 0 0))"
    ring = gpd.GeoDataFrame(geometry=[LinearRing([(0, 0), (1, 0), (1, 1)])])
    assert tidy(ring, "frontlines")[0].geom_type.tolist() == ["LineString"]
    two = shapely.GeometryCollection(
        [LineString([(0, 0), (1, 1)]), LineString([(2, 2), (3, 3)]), Point(9, 9)]
    )
    assert tidy(gpd.GeoDataFrame(geometry=[two]), "frontlines")[0].geom_type.tolist() == ["MultiLineString"]
    points = gpd.GeoDataFrame(geometry=[MultiPoint([(1, 2)]), MultiPoint([(1, 2), (3, 4)]), Point(np.nan, 1)])
    out, _ = tidy(points, "settlements")
    assert out.geom_type.tolist()[:2] == ["Point", "MultiPoint"]
    assert out.geometry.iloc[2] is None


@pytest.mark.parametrize(
    "wkt", ["POLYGON Z((0 0 5,1 0 5,1 1 5,0 0 5))", "POLYGON M((0 0 5,1 0 5,1 1 5,0 0 5))"]
)
def test_heights_and_measures_are_left_behind(wkt):
    out, _ = tidy(control().set_geometry([shapely.from_wkt(wkt)]), "control")
    assert out.geometry.iloc[0].wkt == "POLYGON ((0 0, 1 0, 1 1, 0 0))"


def test_repeated_labels_are_named_by_position():
    frame = pd.concat([control(), control(date="May"), control(date="June")])
    assert [fault.rows for fault in tidy(frame, "control")[1]] == [(1,), (2,)]


def test_the_key_is_found_in_any_case():
    frame = gpd.GeoDataFrame({"NAME_1": ["D"]}, geometry=[BOX])
    assert with_key(frame, "name_1")["district"].tolist() == ["D"]
    with pytest.raises(LayerError, match="no column 'nothing'"):
        with_key(frame, "nothing")


def test_what_cannot_be_projected_is_told():
    far = gpd.GeoDataFrame(geometry=[Point(500_000, 4e6), None, Point(46, 40)], crs="EPSG:4326")
    assert [(fault.fault, fault.rows) for fault in unfit_to_project(far)] == [("not degrees", (0,))]
    odd = gpd.GeoDataFrame(geometry=[Point(np.inf, 1)])
    assert fault_names(unfit_to_project(odd)) == ["bad coordinates", "no CRS"]
    assert unfit_to_project(gpd.GeoDataFrame(geometry=[Point(190, 40)], crs="EPSG:4326")) == []
