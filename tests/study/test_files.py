"""From files to a study: which rows are taken, what is filled in, and what is refused with the file's name."""

import json
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import GeometryCollection, LineString, MultiLineString, Point, box

from frontlines.crs import working_crs
from frontlines.datasets import locate
from frontlines.errors import CRSError, FrontlinesError, LayerError, SourceError, StudyError
from frontlines.manifest import sha256
from frontlines.sources.files import read_layer, write
from frontlines.study import load_study, read_study, run_study, study_from_files
from frontlines.study.files import read_title

LONLAT = "EPSG:4326"
DAYS = ("1994-04-07", "1994-05-12")
EAST = {"1994-04-07": 46.5, "1994-05-12": 47.25}


def districts(**columns):
    held = {"district": ["West", "East"]} | columns
    return gpd.GeoDataFrame(held, geometry=[box(46, 39, 47, 41), box(47, 39, 48, 41)], crs=LONLAT)


def polygons(day, **columns):
    return gpd.GeoDataFrame(columns, index=[0], geometry=[box(46, 39, EAST[day], 41)], crs=LONLAT)


def line(day, **columns):
    said = {"date": day, "side_left": "A", "side_right": "B", "source": "a map"} | columns
    return gpd.GeoDataFrame(
        said, index=[0], geometry=[LineString([(EAST[day], 38.9), (EAST[day], 41.1)])], crs=LONLAT
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The files of all tests, made once."""
    tmp_path = tmp_path_factory.mktemp("made")
    write(districts(), tmp_path / "districts.geojson")
    for day in DAYS:
        write(polygons(day, n=1), tmp_path / f"bare_{day}.geojson")
        write(polygons(day, side="A", date=day, source="a map"), tmp_path / f"control_{day}.gpkg")
        write(line(day), tmp_path / f"line_{day}.gpkg")
    for kind, make in (("lines", line), ("polygons", lambda day: polygons(day, side="A", date=day))):
        write(pd.concat([make(day) for day in DAYS], ignore_index=True), tmp_path / f"{kind}.gpkg")
    return tmp_path


@pytest.fixture
def folder(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "study"))


@pytest.fixture
def read(folder):
    def studied(before, after, **options):
        given = {"districts": folder / "districts.geojson", "key": "district", "side": "A", "rest": "B"}
        return study_from_files(folder / before, folder / after, **(given | options))

    return studied


def shares(study):
    balance = run_study(study).balance.set_index("district")
    return balance[["share_before", "share_after"]].round(3).to_numpy().tolist()


EXPECTED = [[0.0, 0.25], [0.5, 1.0]]  # East and West, before and after


# --- two files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["bare_{}.geojson", "control_{}.gpkg", "line_{}.gpkg"])
def test_polygons_bare_polygons_and_lines_give_the_same(read, kind):
    assert shares(read(*(kind.format(day) for day in DAYS))) == EXPECTED


@pytest.mark.parametrize("kind", ["lines.gpkg", "polygons.gpkg"])
def test_days_are_picked_out_of_one_file(read, kind):
    assert shares(read(kind, kind, days=DAYS)) == EXPECTED


def test_a_day_is_given_to_a_file_that_has_none(read, folder):
    for number, day in enumerate(DAYS):
        write(polygons(day, n=1), folder / f"{number}.gpkg")
    study = read("0.gpkg", "1.gpkg", days=DAYS)
    assert [f"{day:%Y-%m-%d}" for day in study.dates] == list(DAYS)
    assert shares(study) == EXPECTED


def test_a_day_that_is_given_goes_before_the_one_in_the_name(read):
    study = read(*(f"bare_{day}.geojson" for day in DAYS), days=("1993-12-31", None))
    assert [f"{day:%Y-%m-%d}" for day in study.dates] == ["1993-12-31", DAYS[1]]


def test_the_same_ground_in_any_format_and_crs(read, folder):
    for day in DAYS:
        write(polygons(day, side="A", date=day).to_crs("EPSG:32638"), folder / f"utm_{day}.shp")
        write(polygons(day, side="A", date=day), folder / f"k_{day}.kmz")
    for kind in ("utm_{}.shp", "k_{}.kmz"):
        got = shares(read(*(kind.format(day) for day in DAYS)))
        assert pd.DataFrame(got).sub(pd.DataFrame(EXPECTED)).abs().max().max() < 2e-3


def test_columns_of_any_case_and_multi_lines_with_heights(read, folder):
    for day in DAYS:
        frame = line(day).rename(columns=lambda name: name if name == "geometry" else name.upper())
        high = MultiLineString([[(x, y, 7) for x, y in frame.geometry.iloc[0].coords]])
        write(frame.set_geometry([high], crs=LONLAT), folder / f"upper_{day}.gpkg")
    assert shares(read(*(f"upper_{day}.gpkg" for day in DAYS))) == EXPECTED


def test_ground_within_a_collection_is_taken(read, folder):
    for day in DAYS:
        mixed = GeometryCollection([box(46, 39, EAST[day], 41), Point(47.5, 40)])
        frame = polygons(day, side="A", date=day).set_geometry([mixed], crs=LONLAT)
        write(frame, folder / f"mixed_{day}.gpkg")
    assert shares(read(*(f"mixed_{day}.gpkg" for day in DAYS))) == EXPECTED


def test_a_theatre_cuts_ground_and_districts(read, folder):
    write(gpd.GeoDataFrame(geometry=[box(46, 39, 47.5, 41)], crs=LONLAT), folder / "theatre.gpkg")
    study = read(*(f"line_{day}.gpkg" for day in DAYS), theatre=folder / "theatre.gpkg")
    assert shares(study) == [[0.0, 0.5], [0.5, 1.0]]
    assert study.crs == working_crs(read_layer(folder / "theatre.gpkg"))
    books = run_study(study).manifest["books"]
    assert books["theatre_km2"] == pytest.approx(books["districts_km2"], rel=1e-9)


def test_overlaps_stop_unless_they_are_mended(read, folder):
    for day in DAYS:
        both = [box(46, 39, EAST[day], 41), box(EAST[day] - 0.1, 39, 48, 41)]
        frame = gpd.GeoDataFrame({"date": day, "side": ["A", "B"]}, geometry=both, crs=LONLAT)
        write(frame, folder / f"over_{day}.gpkg")
    files = [f"over_{day}.gpkg" for day in DAYS]
    with pytest.raises(
        LayerError, match=r"over_1994-04-07\.gpkg: [\s\S]*overlap[\s\S]*mend='overlaps'"
    ) as caught:
        read(*files)
    assert caught.value.faults["fault"].tolist() == ["overlap"]
    study = read(*files, mend=True)
    assert "contested" in set(study.control["side"])
    assert study.parameters["mend"] is True


def test_the_record_names_files_and_options(read, folder):
    write(gpd.GeoDataFrame(geometry=[box(46, 39, 48, 41)], crs=LONLAT), folder / "theatre.gpkg")
    study = read(
        *(f"bare_{day}.geojson" for day in DAYS), theatre=folder / "theatre.gpkg", snap_m=7, sliver_m=3
    )
    assert [entry["role"] for entry in study.inputs] == ["before", "after", "districts", "theatre"]
    assert study.inputs[2]["sha256"] == sha256(folder / "districts.geojson")
    manifest = run_study(study).manifest
    asked = {"key": "district", "rest": "B", "mend": False, "snap_m": 7, "sliver_m": 3}
    assert asked.items() <= manifest["parameters"].items()
    assert manifest["sources"] == [f"bare_{day}.geojson" for day in DAYS]
    assert manifest["district_vintage"] == ["districts.geojson"]
    assert "/" not in json.dumps(manifest["inputs"])


def test_a_side_that_holds_nothing_is_refused_with_those_that_do(read):
    with pytest.raises(LayerError, match="'C' holds no ground on either date: the sides are 'A', 'B'"):
        run_study(read(*(f"line_{day}.gpkg" for day in DAYS), side="C"))


@pytest.mark.parametrize(
    ("before", "after", "options", "words"),
    [
        (
            "bare_1994-05-12.geojson",
            "bare_1994-04-07.geojson",
            {},
            "shows 1994-05-12 and .*earlier day first",
        ),
        ("bare_1994-05-12.geojson", "bare_1994-05-12.geojson", {}, "two different days"),
        ("control_1994-04-07.gpkg", "line_1994-05-12.gpkg", {}, "holds polygons and .* lines: give polygons"),
        ("lines.gpkg", "lines.gpkg", {}, r"lines\.gpkg holds 2 days \(1994-04-07, 1994-05-12\): say which"),
        (
            "lines.gpkg",
            "lines.gpkg",
            {"days": ("1994-04-07", "1994-06-01")},
            r"no row of 1994-06-01.*say which",
        ),
        ("lines.gpkg", "lines.gpkg", {"key": "NAM"}, r"districts\.geojson has no column 'NAM': .* district"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_file(read, before, after, options, words):
    with pytest.raises(LayerError, match=words):
        read(before, after, **options)


def test_a_file_without_any_day_is_refused(read, folder):
    write(polygons("1994-04-07", n=1), folder / "undated.gpkg")
    with pytest.raises(
        LayerError, match=r"undated\.gpkg has no column 'date' and no day in its name: say whi"
    ):
        read("undated.gpkg", "bare_1994-05-12.geojson")


@pytest.mark.parametrize("rest", ["", "  "])
def test_a_blank_rest_is_refused(read, rest):
    with pytest.raises(StudyError, match=r"rest is blank: name the side that holds the ground .*'unknown'"):
        read("lines.gpkg", "lines.gpkg", days=DAYS, rest=rest)


@pytest.mark.parametrize("option", ["snap_m", "sliver_m"])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_a_tolerance_that_is_no_length_is_refused(read, option, value):
    with pytest.raises(StudyError, match=rf"{option} is {value}: give a number of metres, 0 or more"):
        read("lines.gpkg", "lines.gpkg", days=DAYS, **{option: value})


def test_files_that_are_not_there_are_named(read, folder):
    with pytest.raises(SourceError, match=r"absent\.gpkg is not a file"):
        read("absent.gpkg", "lines.gpkg")
    with pytest.raises(SourceError, match=r"none\.gpkg is not a file"):
        read("lines.gpkg", "lines.gpkg", days=DAYS, districts=folder / "none.gpkg")
    with pytest.raises(SourceError, match=r"none\.gpkg is not a file"):
        read("lines.gpkg", "lines.gpkg", days=DAYS, theatre=folder / "none.gpkg")


def test_layers_without_crs_are_named(read, folder):
    bare = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(46, 39, 48, 41)])
    bare.to_parquet(folder / "nowhere.parquet")
    with pytest.raises(CRSError, match=r"nowhere\.parquet: .*has no CRS"):
        read("lines.gpkg", "lines.gpkg", days=DAYS, districts=folder / "nowhere.parquet")
    front = gpd.GeoDataFrame({"date": DAYS[0], "side": "A"}, index=[0], geometry=[box(46, 39, 47, 41)])
    front.to_parquet(folder / "front.parquet")
    with pytest.raises(FrontlinesError, match=r"front\.parquet: [\s\S]*has no CRS"):
        read("front.parquet", "control_1994-05-12.gpkg")


def test_districts_that_overlap_or_share_a_name_are_named(read, folder):
    write(districts(twin=["x", "x"]), folder / "twins.gpkg")
    with pytest.raises(LayerError, match=r"twins\.gpkg: [\s\S]*share a name"):
        read("lines.gpkg", "lines.gpkg", days=DAYS, districts=folder / "twins.gpkg", key="twin")


# --- a study file ----------------------------------------------------------------------------------

TOML = """
[study]
title = "A title"
side = "A"
dates = [1994-04-07, 1994-05-12]
[layers]
frontlines = "lines.gpkg"
districts = "districts.geojson"
"""


@pytest.fixture
def toml(folder):
    def studied(text=TOML):
        (folder / "study.toml").write_text(text, encoding="utf-8")
        return folder / "study.toml"

    return studied


def test_lines_or_control_named_in_a_study_give_the_same(toml):
    drawn = read_study(toml())
    assert drawn.control is None
    assert shares(drawn) == EXPECTED
    held = read_study(
        toml(
            TOML.replace("frontlines =", "control =").replace("lines.gpkg", "polygons.gpkg")
            + '[method]\nrest = "B"\n'
        )
    )
    assert held.frontlines is None
    assert shares(held) == EXPECTED


def test_what_a_study_does_not_say_has_its_default(toml, folder):
    study = read_study(toml())
    assert study.name == folder.name
    assert (study.notes, study.sources, study.towns, study.zoom_towns) == ((), (), (), ())
    assert study.zoom is study.settlements is study.context is None
    assert study.parameters["key"] == "district"
    assert study.theatre.geometry.iloc[0].area == pytest.approx(study.districts.area.sum(), rel=1e-9)


def test_a_path_may_be_text_and_relative(toml, folder, monkeypatch):
    toml()
    monkeypatch.chdir(folder)
    assert read_study("study.toml").name == folder.name
    assert read_title("study.toml") == "A title"


def test_a_missing_layer_is_named(toml):
    with pytest.raises(SourceError, match=r"gone\.gpkg is not a file: check the path"):
        read_study(toml(TOML.replace("lines.gpkg", "gone.gpkg")))


def test_dates_that_no_layer_holds_are_named(toml, folder):
    with pytest.raises(StudyError, match=r"nothing for 1994-05-13 \(they hold 1994-04-07, 1994-05-12\)"):
        read_study(toml(TOML.replace("05-12", "05-13")))
    write(line(DAYS[0]).iloc[:0], folder / "lines.gpkg")
    with pytest.raises(
        StudyError, match=r"nothing for 1994-04-07 and 1994-05-12 \(they hold no day at all\)"
    ):
        read_study(toml())


def test_settlements_without_a_place_are_left_out_and_towns_must_have_one(toml, folder):
    rows = "name,date,side,lon,lat\nAğdam,1994-05-12,A,46.9,40\nQapanlı,1994-05-12,A,,\n"
    (folder / "places.csv").write_text(rows, encoding="utf-8")
    text = TOML + 'settlements = "places.csv"\n'
    assert read_study(toml(text)).settlements["name"].tolist() == ["Ağdam"]
    assert read_study(toml(text + '[map]\ntowns = ["Ağdam"]\n')).towns == ("Ağdam",)
    for entry in ("towns", "zoom_towns"):
        with pytest.raises(
            StudyError, match=r"\[map\] wants towns that have no place in the settlements: Qapan"
        ):
            read_study(toml(text + f'[map]\n{entry} = ["Qapanlı"]\n'))
    with pytest.raises(StudyError, match="wants towns that have no place in the settlements: Ağdam"):
        read_study(toml(TOML + '[map]\ntowns = ["Ağdam"]\n'))


def test_a_context_must_have_its_columns(toml, folder):
    context = gpd.GeoDataFrame({"kind": ["country"]}, geometry=[box(45, 38, 49, 42)], crs=LONLAT)
    write(context, folder / "context.gpkg")
    text = TOML + 'context = "context.gpkg"\n'
    with pytest.raises(LayerError, match=r"context\.gpkg has no column name: the map tells its rows by them"):
        read_study(toml(text))
    write(context.assign(name="A land"), folder / "context.gpkg")
    study = read_study(toml(text))
    assert study.context.crs == study.crs
    context.assign(name="A land").set_crs(None, allow_override=True).to_parquet(folder / "context.parquet")
    with pytest.raises(CRSError, match=r"context\.parquet: .*has no CRS"):
        read_study(toml(text.replace('.gpkg"\n', '.parquet"\n').replace("lines.parquet", "lines.gpkg")))


@pytest.mark.parametrize("text", ["[bold]x[/bold]", "$x_1$ \\frac", "two\nlines", "</script>", "%s {0}"])
def test_hostile_text_goes_through_as_it_stands(toml, text):
    quoted = json.dumps(text)
    study = read_study(toml(TOML.replace('"A title"', quoted) + f"[sides]\nA = {quoted}\n"))
    results = run_study(study)
    assert results.study.title == text
    assert results.manifest["sides"] == {"A": text}


def test_the_bundled_study_is_read_by_name():
    study = load_study("karabakh-1994")
    assert study.title == read_title(locate("karabakh-1994"))
    roles = [entry["role"] for entry in study.inputs]
    assert roles == ["study", "frontlines", "theatre", "districts", "settlements", "context"]
