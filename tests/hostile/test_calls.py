"""Calls from Python with what no function can work with: answered with an error of our own."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, box

import frontlines as fl
from frontlines.names import LONLAT
from frontlines.sources.files import Reading
from frontlines.sources.snapshots import read_snapshots
from frontlines.study.many_days import snapshots_from_files

CRS = "EPSG:3035"
X, Y = 4_321_000, 3_210_000
HALVES = [box(X, Y, X + 4000, Y + 8000), box(X + 4000, Y, X + 8000, Y + 8000)]
DAY = pd.to_datetime(["1994-04-07"] * 2)


def layer(geometry, **columns):
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


THEATRE = layer([box(X, Y, X + 8000, Y + 8000)])
BEFORE = layer(HALVES, date=DAY, side=["A", "B"], source="s")
AFTER = BEFORE.assign(date=pd.to_datetime(["1994-05-12"] * 2), side=["B", "A"])
DISTRICTS = layer(HALVES, district=["D", "E"])
LINES = layer(
    [LineString([(X + 4000, Y), (X + 4000, Y + 8000)])], date=DAY[:1], side_left="A", side_right="B"
)
LINES = LINES.assign(source="s", sigma_m=np.nan)
PLACES = layer([Point(X + 1, Y + 1), Point(X + 7000, Y + 1)], name=["P", "Q"], date=DAY, side=["A", "B"])
PLACES = PLACES.assign(source="s")
CHANGE = fl.change_between(BEFORE, AFTER, THEATRE)

CALLS = {
    fl.as_control: {"frame": BEFORE, "crs": CRS, "mend": False},
    fl.as_frontlines: {"frame": LINES, "crs": CRS, "mend": False},
    fl.as_districts: {"frame": DISTRICTS, "crs": CRS, "mend": False},
    fl.as_settlements: {"frame": PLACES, "crs": CRS},
    fl.as_theatre: {"frame": THEATRE, "crs": CRS},
    fl.check_layer: {"frame": BEFORE, "kind": "control"},
    fl.control_from_lines: {"frontlines": LINES, "theatre": THEATRE, "snap_m": 100.0},
    fl.control_from_settlements: {"settlements": PLACES, "theatre": THEATRE, "reach_m": 1e5},
    fl.frontlines_from_control: {"control": BEFORE, "theatre": THEATRE, "border_m": 0.0},
    fl.fronts_of_side: {"control": BEFORE, "theatre": THEATRE, "side": "A", "border_m": 0.0},
    fl.change_between: {"before": BEFORE, "after": AFTER, "theatre": THEATRE, "sliver_m": 1.0},
    fl.transitions_by_district: {"change": CHANGE, "districts": DISTRICTS},
    fl.working_crs: {"theatre": THEATRE},
    fl.read_layer: {"path": "none.gpkg"},
}


def wrong(value):
    """Give what stands in no way for a value."""
    yield from (None, 7j, object())
    if isinstance(value, gpd.GeoDataFrame):
        yield from (
            value.drop(columns="geometry"),
            pd.DataFrame(value),
            value.set_crs(None, allow_override=True),
        )
    if isinstance(value, float):
        yield from ("far", -1.0, np.nan, [1.0])
    if isinstance(value, str):
        yield "nothing known"


def unheld(frame):
    """Give a checked layer without a column, or with one that holds lists or numbers."""
    for column in set(frame.columns) & {
        "date",
        "side",
        "side_left",
        "side_right",
        "name",
        "district",
        "side_to",
    }:
        yield frame.drop(columns=column)
        yield frame.assign(**{column: [[1]] * len(frame)})
        yield pd.concat([frame, frame[[column]]], axis=1)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_a_wrong_argument_is_refused(call):
    good = CALLS[call]
    for name, value in good.items():
        optional = (None,) if name == "mend" else ()
        cases = [case for case in wrong(value) if not any(case is one for one in optional)]
        if isinstance(value, gpd.GeoDataFrame):
            cases += unheld(value) if call.__name__[:3] not in ("as_", "che", "wor") else []
        for case in cases:
            if call is fl.check_layer and isinstance(case, gpd.GeoDataFrame):  # it lists what is wrong
                continue
            with pytest.raises(fl.FrontlinesError):
                call(**{**good, name: case})


def test_names_that_find_no_room_on_a_map_are_refused():
    with pytest.raises(fl.FrontlinesError, match="district of row 0: 9,000 letters of a name are more than"):
        fl.as_districts(DISTRICTS.assign(district=["D" * 9000, "E"]), CRS)


def test_books_of_an_earlier_run_are_not_booked_again():
    held = {"mended_km2": ["much", "5"], "margin_km2": 7.0, "outside_km2": "x"}
    control = fl.as_control(BEFORE.assign(**held), CRS, theatre=THEATRE, margin_m=10.0)
    assert control[["mended_km2", "outside_km2", "margin_km2"]].sum().tolist() == [0, 0, 0]


def test_a_list_is_no_side():
    with pytest.raises(fl.FrontlinesError, match="have no side"):
        fl.as_control(BEFORE.assign(side=[["A"], ["B"]]), CRS)


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".zip", ".parquet", ".kml", ".csv"])
def test_rows_and_vertices_are_bounded_in_every_format(tmp_path, suffix):
    path = tmp_path / f"layer{suffix}"
    fl.write(DISTRICTS.to_crs(LONLAT), path)
    for bounds in ({"rows": 1}, {"vertices": 9}):
        with fl.raised_limits(**bounds), pytest.raises(fl.FrontlinesError, match=f"layer{suffix}: "):
            fl.read_layer(path)
    assert len(fl.read_layer(path)) == len(DISTRICTS)


def test_what_an_operating_system_leaves_in_a_folder_is_no_layer(tmp_path):
    fl.write(BEFORE, tmp_path / "a_1994-04-07.gpkg")
    fl.write(AFTER.drop(columns=["date"]), tmp_path / "b_1994-05-12.gpkg")
    for name in ("._a_1994-04-07.gpkg", ".DS_Store", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"\x00\x05\x16\x07")
    read = read_snapshots(tmp_path, Reading(), side=None)
    assert len(read) == len(BEFORE) + len(AFTER)
    assert read.index[0] == "0 of a_1994-04-07.gpkg"


def test_a_file_without_a_row_shows_in_a_series_what_it_shows_between_two_days(tmp_path):
    fl.write(BEFORE.drop(columns="date"), tmp_path / "a_1994-04-07.gpkg")
    fl.write(BEFORE.iloc[:0].drop(columns="date"), tmp_path / "b_1994-05-12.gpkg")
    fl.write(DISTRICTS, tmp_path.parent / "districts.gpkg")
    given = {"districts": [tmp_path.parent / "districts.gpkg"], "key": "district", "side": "A"}
    made = snapshots_from_files(tmp_path, **given)
    km2 = made.control.assign(km2=made.control.area / 1e6).groupby(["date", "side"])["km2"].sum()
    assert km2.loc["1994-05-12"].round(3).to_dict() == {"unknown": 64.0}
    said = "b_1994-05-12.gpkg holds no row: all ground of 1994-05-12 is that of unknown"
    assert said in made.record["notes"]
