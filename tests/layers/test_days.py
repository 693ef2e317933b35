"""Days in names of files and in columns, in every way that people write them; refused where unsure."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontlines.errors import SourceError
from frontlines.layers.days import as_days, day_of_epoch, days_in_names, days_in_texts, without_day


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("20220901.geojson", "2022-09-01"),
        ("control_2022-09-01.gpkg", "2022-09-01"),
        ("control_2022_09_01_v2.gpkg", "2022-09-01"),
        ("13-09-2022.kml", "2022-09-13"),
        ("front 13.9.2022.kml", "2022-09-13"),
        ("01.09.2022.shp", "2022-09-01"),
        ("17AUG2024.zip", "2024-08-17"),
        ("UkraineControlMapAO17AUG2024.shp", "2024-08-17"),
        ("UkraineCOntrolMapAO13APR2022.zip", "2022-04-13"),
        ("24 October 1917.geojson", "1917-10-24"),
        ("October 24, 1917.geojson", "1917-10-24"),
        ("1812-09-07.geojson", "1812-09-07"),
        ("1662757200.geojson", "2022-09-09"),
        ("1662757200000.json", "2022-09-09"),
        ("662757200.json", "1991-01-01"),
        ("662757200000.json", "1991-01-01"),
        ("tile_662757200.json", None),
        ("deepstatemap_data_20240708.geojson", "2024-07-08"),
        ("theatre.geojson", None),
        ("raions_2020.geojson", None),
        ("N50E036.geojson", None),
    ],
)
def test_a_day_in_a_name(name, day):
    assert days_in_names([name]) == [day]


@pytest.mark.parametrize(
    "name", ["01-09-2022.geojson", "22_09_03.geojson", "01092022.geojson", "9_1_2022.kml"]
)
def test_a_name_that_can_be_read_in_several_ways_is_refused(name):
    with pytest.raises(SourceError, match=r"can be read as several days \(20.*date_format="):
        days_in_names([name])


def test_seconds_and_milliseconds_since_1970_of_the_twentieth_century():
    assert days_in_texts(["766800000", "768000000000"]) == [date(1994, 4, 20), date(1994, 5, 3)]
    with pytest.raises(SourceError, match=r"2022-09-01 by %Y%m%d%H%M, 1976-05-29 by milliseconds"):
        days_in_texts(["202209011230"])
    assert days_in_texts(["202209011230"], "%Y%m%d%H%M") == [date(2022, 9, 1)]


def test_a_date_format_without_a_day_means_the_first_of_the_month_or_year():
    assert days_in_names(["march 2022.kml", "2022-05-09.kml"], "%B %Y") == ["2022-03-01", "2022-05-09"]
    assert days_in_texts(["2022-03", "2022-04-17"], "%Y-%m") == [date(2022, 3, 1), date(2022, 4, 17)]
    assert days_in_names(["control_1942.geojson"], "%Y") == ["1942-01-01"]
    assert (
        without_day("control_2022-09") == "if the first day of the month is meant, give date_format='%Y-%m'"
    )
    suggested = {"March 2022": "%B %Y", "mar_2022": "%b_%Y", "09/2022": "%m/%Y", "x_1942": "%Y"}
    for text, written in suggested.items():
        assert without_day(text).endswith(f"date_format={written!r}")
    assert without_day("soon") == without_day("2022-09-01") == ""


def test_other_names_of_the_folder_settle_the_order():
    assert days_in_names(["01-09-2022.kml", "13-09-2022.kml"]) == ["2022-09-01", "2022-09-13"]
    assert days_in_names(["01-09-2022.kml", "01-13-2022.kml"]) == ["2022-01-09", "2022-01-13"]
    assert days_in_names(["32_09_03.kml", "22_09_03.kml"]) == ["2032-09-03", "2022-09-03"]
    with pytest.raises(SourceError, match="several days"):
        days_in_names(["01-09-2022.kml", "13-09-2022.kml", "01-13-2022.kml"])  # no order reads them all


def test_a_date_format_settles_it():
    assert days_in_names(["01-09-2022.kml"], "%d-%m-%Y") == ["2022-09-01"]
    assert days_in_names(["x_22_09_03_y.kml"], "%y_%m_%d") == ["2022-09-03"]
    assert days_in_names(["AO17AUG2024.kml"], "%d%b%Y") == ["2024-08-17"]
    with pytest.raises(SourceError, match=r"%Q is not known.*write it like %d-%m-%Y"):
        days_in_names(["a"], "%d%Q")
    with pytest.raises(SourceError, match="it has no year"):
        days_in_names(["a"], "%d %b")


def test_two_days_in_one_name_are_refused():
    with pytest.raises(SourceError, match=r"names several days \(2022-09-01, 2022-09-05\)"):
        days_in_names(["2022-09-01 to 2022-09-05.geojson"])


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["11/15/2022", "11/01/2022"], [date(2022, 11, 15), date(2022, 11, 1)]),
        (["15.11.2022", "01.02.2022"], [date(2022, 11, 15), date(2022, 2, 1)]),
        (["2022-03-30T00:30:00+02:00", "2022-04-30T23:30:00+03:00"], [date(2022, 3, 30), date(2022, 4, 30)]),
        (["1994-05-12", "", "soon"], [date(1994, 5, 12), None, None]),
    ],
)
def test_days_in_a_column(texts, days):
    assert days_in_texts(texts) == days


def test_an_unsettled_column_is_refused_with_the_value():
    with pytest.raises(SourceError, match=r"the value '01/02/2022' can be read as several days"):
        days_in_texts(["01/02/2022", "03/04/2022"])
    assert days_in_texts(["01/02/2022"], "%d/%m/%Y") == [date(2022, 2, 1)]


def test_columns_of_every_type():
    assert as_days(pd.Series([1668470400, 1668470400000])).dt.strftime("%F").tolist() == ["2022-11-15"] * 2
    assert as_days(pd.Series([20221115.0, None])).isna().tolist() == [False, True]
    zoned = pd.Series(pd.to_datetime(["2022-03-30 00:30"]).tz_localize("Europe/Kyiv"))
    assert as_days(zoned).dt.strftime("%F").tolist() == ["2022-03-30"]
    assert as_days(pd.Series(["1066-10-14"])).iloc[0].year == 1066
    assert day_of_epoch(-1) == date(1969, 12, 31)


@given(st.dates(date(1000, 1, 1), date(2999, 12, 31)))
def test_iso_days_come_back(day):
    written = f"{day.year:04d}-{day.month:02d}-{day.day:02d}"
    assert days_in_names([f"a_{written}.gpkg"]) == [written]
    assert days_in_texts([f"{written}T23:59:59+11:00"]) == [day]
