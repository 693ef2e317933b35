"""Whose ground, which rows, which day: as described, or refused with what stands in the layer."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from frontlines.errors import LayerError, SourceError
from frontlines.sources.description import Description, described, side_candidates


def layer(**columns):
    rows = max(len(values) for values in columns.values())
    return gpd.GeoDataFrame(columns, geometry=[box(k, 0, k + 1, 1) for k in range(rows)], crs="EPSG:4326")


def as_described(frame, *, day=None, side="RUS", **said):
    return described(frame, Description(**said), name="a.geojson", day=day, side=side)


CLASSES = layer(type=["nochange", "nochange", "losses"])


def test_a_column_that_differs_may_tell_sides_apart():
    with pytest.raises(SourceError) as caught:
        as_described(CLASSES)
    assert str(caught.value) == (
        "a.geojson does not say whose ground it is, and its 3 polygons differ. 'type' holds nochange (2), losses (1). "
        "Say which column names the sides with side_column='type', and what its values mean with "
        "sides={'losses': 'NAME'}; or say one_side=True if all of it is ground of 'RUS'"
    )


@pytest.mark.parametrize(
    "frame",
    [
        layer(type=["occupied"]),  # one feature
        layer(type=["occupied"] * 3, fill=["#a52714"] * 3),  # nothing differs
        layer(id=[1, 2, 3], area=[1.5, 2.5, 3.5]),  # numbers that count or measure
        layer(
            source=["a", "b"], note=["x", "y"], date=["2022-01-01"] * 2
        ),  # columns of ours that mean something else
        layer(date=["2022-01-01", "2022-01-02"], file=["a.json", "b.json"]),  # one polygon a day
        layer(updated=["2022-01-01", "2022-01-02"]),  # days
    ],
)
def test_ground_is_of_one_side_where_nothing_tells_sides_apart(frame):
    assert as_described(frame)["side"].unique().tolist() == ["RUS"]


@pytest.mark.parametrize(
    ("frame", "column"),
    [
        (layer(fill=["#a52714", "#0f9d58"]), "fill"),
        (layer(folder=["Government", "Rebels"]), "folder"),
        (layer(status=[1, 1, 2]), "status"),
        (layer(held=[True, False]), "held"),
        (layer(controller=["A", None]), "controller"),
        (layer(date=["2022-01-01"] * 2, name=["Зміїний", "Окуповано"]), "name"),
    ],
)
def test_what_may_tell_sides_apart(frame, column):
    assert list(side_candidates(frame)) == [column]
    assert as_described(frame, one_side=True)["side"].unique().tolist() == ["RUS"]


def test_values_become_sides_or_fall_away():
    frame = as_described(CLASSES, side_column="type", sides={"nochange": "RUS", "losses": "UKR"})
    assert frame["side"].tolist() == ["RUS", "RUS", "UKR"]
    frame = as_described(CLASSES, side_column="TYPE", sides={"losses": None})
    assert frame["side"].tolist() == ["nochange", "nochange"]
    assert as_described(layer(status=[1.0, 2.0, 2.0]), side_column="status", sides={"1": "A", "2": "B"})[
        "side"
    ].tolist() == ["A", "B", "B"]


def test_what_is_described_must_be_there():
    with pytest.raises(SourceError, match=r"a.geojson has no column 'sides': its columns are 'type'"):
        as_described(CLASSES, side_column="sides")
    with pytest.raises(
        SourceError, match=r"no column 'side' whose values 'losses' could be: .*'type' holds nochange"
    ):
        as_described(CLASSES, sides={"losses": "UKR"})
    with pytest.raises(SourceError, match=r"no row with type=gains: it holds nochange \(2\)"):
        as_described(CLASSES, where={"type": ("gains",)})


def test_rows_are_picked_by_value_and_by_day():
    assert len(as_described(CLASSES, where={"type": ("losses",)})) == 1
    states = layer(name=["A", "A", "B"], begins=["1850-01-01", "1861-01-11", None],
                   ends=["1861-01-10", "1870-01-01", None], side=["USA", "CSA", "USA"])  # fmt: skip
    dated = {"valid_from": "begins", "valid_to": "ends"}
    assert as_described(states, day="1861-01-01", **dated)["side"].tolist() == ["USA", "USA"]
    assert as_described(states, day="1861-03-01", **dated)["side"].tolist() == ["CSA", "USA"]
    years = states.assign(begins=[1850, 1861, None], ends=["1860", "1870-01-01", ""])
    assert as_described(years, day="1860-12-31", **dated)["side"].tolist() == ["USA", "USA"]
    with pytest.raises(SourceError, match="column 'ends': no day can be read from 'never'"):
        as_described(states.assign(ends=["never", "1870-01-01", ""]), day="1861-01-01", **dated)
    with pytest.raises(SourceError, match="give the day wanted"):
        as_described(states, **dated)
    with pytest.raises(SourceError, match="no row that holds on 1900-01-01"):
        as_described(states.iloc[:2], day="1900-01-01", **dated)


def test_days_of_a_column_of_any_name_and_order():
    us = layer(side=["A", "A"], reported=["11/15/2022", "11/15/2022"])
    assert as_described(us, date_column="reported")["date"].unique().tolist() == [pd.Timestamp("2022-11-15")]
    unsure = layer(side=["A"], date=["01/02/2022"])
    with pytest.raises(
        SourceError, match=r"a.geojson, column 'date': the value '01/02/2022' can be read as several days"
    ):
        as_described(unsure)
    assert as_described(unsure, date_format="%d/%m/%Y")["date"].tolist() == [pd.Timestamp("2022-02-01")]


def test_a_day_given_picks_rows_and_wins_over_a_single_other_day():
    two = layer(side=["A", "A"], date=["2022-01-01", "2022-02-01"])
    assert len(as_described(two, day="2022-02-01")) == 1
    with pytest.raises(LayerError, match="no row of 2022-03-01: it holds 2 days, 2022-01-01 to 2022-02-01"):
        as_described(two, day="2022-03-01")
    one = as_described(two.iloc[:1], day="2022-03-01")
    assert one["date"].tolist() == [pd.Timestamp("2022-03-01")]


def test_sigma_of_another_name():
    assert as_described(layer(side=["A"], error=[250]), sigma_column="error")["sigma_m"].tolist() == [250]


def test_a_day_without_ground_has_no_columns_to_describe():
    empty = gpd.GeoDataFrame(geometry=[], crs="EPSG:4326")
    assert as_described(empty, side_column="type", sides={"a": "A"}, where={"x": ("y",)}).empty


def test_rows_without_a_day_are_kept_for_the_door_to_refuse():
    two = layer(side=["A", "A"], date=["2022-01-01", None])
    assert len(as_described(two, day="2022-01-01")) == 2
    unread = as_described(layer(side=["A", "A"], date=["2022-01-01", "soon"]))
    assert unread["date"].tolist()[1] == "soon"


def test_letters_written_in_two_ways_are_the_same():
    frame = layer(type=["Ağdam", "Ag\u0306dam"])
    assert side_candidates(frame) == {}


def test_slips_of_the_pen_among_days():
    for days in (["2022-01-01", "2202-01-01"], ["2022-01-01", "2022-01-02", "1922-01-01"]):
        frame = layer(side=["A"] * len(days), date=days)
        with pytest.raises(
            SourceError, match=r"a.geojson has the day .*, which lies .*: mend it, or pass allow_date=True"
        ):
            as_described(frame)
        assert len(as_described(frame, allow_date=True)) == len(days)
    for days in (
        ["1850-01-01", "1900-01-01", "1973-01-01", "2000-01-01", "2016-01-01"],
        ["1922-01-01", "2022-01-01"],
    ):
        assert len(as_described(layer(side=["A"] * len(days), date=days))) == len(days)
