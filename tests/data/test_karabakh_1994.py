"""The bundled study holds what its evidence says, and its script makes its files again."""

from __future__ import annotations

import csv
import importlib.util
import json
import tomllib
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from frontlines.control import control_from_lines
from frontlines.crs import project, working_crs
from frontlines.layers import as_control, as_frontlines, as_theatre

STUDY = Path(__file__).resolve().parents[2] / "data" / "karabakh-1994"
APRIL, MAY = "1994-04-07", "1994-05-12"
DERIVED = [
    "SHA256SUMS",
    "context.geojson",
    "control.geojson",
    "districts.geojson",
    "evidence.csv",
    "frontlines.geojson",
    "settlements.csv",
    "theatre.geojson",
]
CHANGED = {"Talış", "Suqovuşan", "Çaylı", "Seysulan"}
KEPT = {"Ağdam", "Füzuli", "Ağdərə", "Mərzili"}
INFERRED = {"Gülüstan", "Yusifcanlı"}
MERZILI_LAT = 39.9325


def read(name: str) -> gpd.GeoDataFrame:
    """A layer of the study, as lon/lat with dates as text."""
    collection = json.loads((STUDY / f"{name}.geojson").read_text(encoding="utf-8"))
    return gpd.GeoDataFrame.from_features(collection, crs="EPSG:4326")


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(STUDY / name, keep_default_na=False)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("karabakh_1994_build", STUDY / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rebuilt(script: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("rebuilt")
    assert [path.name for path in script.build(out)] == DERIVED
    return out


@pytest.fixture(scope="module")
def theatre() -> gpd.GeoDataFrame:
    raw = read("theatre")
    return as_theatre(raw, working_crs(raw))


@pytest.fixture(scope="module")
def control(theatre: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Control made afresh from the lines in the file."""
    lines = as_frontlines(read("frontlines"), theatre.crs)
    return control_from_lines(lines, theatre, snap_m=2000.0)


@pytest.fixture(scope="module")
def changed(control: gpd.GeoDataFrame) -> dict[str, shapely.Geometry]:
    """Ground that changed hands, in the plane; shared lines and points are no ground."""
    held = {
        (f"{row.date:%Y-%m-%d}", row.side): row.geometry
        for row in control.dissolve(["date", "side"]).reset_index().itertuples()
    }
    both = {
        "AZE to ARM": held[APRIL, "AZE"].intersection(held[MAY, "ARM"]),
        "ARM to AZE": held[APRIL, "ARM"].intersection(held[MAY, "AZE"]),
    }
    return {
        way: shapely.MultiPolygon([part for part in shapely.get_parts(ground) if part.geom_type == "Polygon"])
        for way, ground in both.items()
    }


def lines_of(date: str) -> gpd.GeoDataFrame:
    stretches = read("frontlines")
    return stretches[stretches["date"] == date].reset_index(drop=True)


def whole_line(date: str) -> shapely.LineString:
    vertices: list[tuple[float, float]] = []
    for stretch in lines_of(date).geometry:
        vertices += list(stretch.coords)[bool(vertices) :]
    return shapely.LineString(vertices)


# The script


@pytest.mark.parametrize("name", DERIVED)
def test_build_makes_the_same_bytes_again(rebuilt: Path, name: str) -> None:
    assert (rebuilt / name).read_bytes() == (STUDY / name).read_bytes()


@pytest.mark.parametrize("name", [name for name in DERIVED if name.endswith(".geojson")])
def test_geojson_is_plain(name: str) -> None:
    text = (STUDY / name).read_text(encoding="utf-8")
    collection = json.loads(text)
    assert sorted(collection) == ["features", "type"]
    assert len(text.splitlines()) == len(collection["features"]) + 2
    frame = gpd.GeoDataFrame.from_features(collection)
    assert frame.is_valid.all()
    rings = [ring for ring in shapely.get_parts(frame.geometry.values) if ring.geom_type == "Polygon"]
    assert all(shapely.is_ccw(shapely.get_exterior_ring(ring)) for ring in rings)
    xy = shapely.get_coordinates(frame.geometry.values)
    assert (xy.round(6) == xy).all()


def test_a_gap_in_the_oblast_outline_is_an_error(script: ModuleType) -> None:
    pieces = shapely.MultiLineString([[(0, 0), (1, 0)], [(1, 1), (0, 1)]])
    with pytest.raises(SystemExit, match=r"gap of 1\.0000 degrees"):
        script._one_outline(pieces)


def test_the_command_builds_where_it_is_told(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["build.py", "--out", str(tmp_path / "out")])
    script.main()
    assert [Path(line).name for line in capsys.readouterr().out.splitlines()] == DERIVED
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == DERIVED


# Districts and theatre


def test_districts_are_a_coverage_with_unique_names() -> None:
    districts = read("districts")
    assert shapely.coverage_is_valid(districts.geometry.values)
    assert districts["district"].is_unique
    assert districts["vintage"].str.contains("present-day").all()
    assert list(districts["district"]) == sorted(districts["district"])


def test_districts_are_natural_earths_but_for_the_ends_of_the_lines() -> None:
    raw = json.loads((STUDY / "raw" / "natural_earth_azerbaijan_adm1.geojson").read_text(encoding="utf-8"))
    given = gpd.GeoDataFrame.from_features(raw).set_index("gn_name").geometry
    added = []
    for row in read("districts").itertuples():
        before = {tuple(xy) for xy in shapely.get_coordinates(given[row.gn_name])}
        after = {tuple(xy) for xy in shapely.get_coordinates(row.geometry)}
        assert before <= after
        added += [(row.district, *xy) for xy in after - before]
    line = whole_line(MAY).coords
    assert sorted(added) == [("Füzuli", *line[-1]), ("Kəlbəcər", *line[0])]


def test_theatre_is_the_union_of_the_districts() -> None:
    districts, theatre = read("districts"), read("theatre")
    assert len(theatre) == 1
    assert theatre.geometry[0].geom_type == "Polygon"
    assert not theatre.geometry[0].interiors
    assert shapely.coverage_union_all(districts.geometry.values).equals(theatre.geometry[0])


def test_names_follow_the_shapes(theatre: gpd.GeoDataFrame) -> None:
    districts = project(read("districts"), theatre.crs).set_index("district")
    assert districts.loc["Laçın", "name_ne"] == "Lankaran"
    assert districts.loc["Laçın"].geometry.touches(districts.loc["Kəlbəcər"].geometry)
    assert districts.loc["Laçın"].geometry.touches(districts.loc["Qubadlı"].geometry)
    area = districts.area
    assert area["Şuşa (şəhər)"] < area["Şuşa"]
    assert area["Xankəndi"] < area["Xocalı"]
    assert districts.loc["Göygöl", "name_ne"] == "Xanlar"


def test_context_has_the_neighbours_and_one_closed_outline() -> None:
    context = read("context")
    assert set(context.loc[context["kind"] == "country", "iso"]) == {"ARM", "AZE", "GEO", "IRN", "RUS", "TUR"}
    oblast = context.loc[context["kind"] == "oblast"].geometry
    assert len(oblast) == 1
    assert oblast.iloc[0].is_ring


# Settlements


def test_every_place_has_a_row_for_each_date() -> None:
    settlements, gazetteer = table("settlements.csv"), table("raw/gazetteer.csv")
    assert not settlements.duplicated(["name", "date"]).any()
    assert set(settlements["name"]) == set(gazetteer["name"])
    assert (settlements.groupby("name")["date"].agg(list).map(tuple) == (APRIL, MAY)).all()
    for column in ("lon", "lat", "role", "note", "alt_names", "district_az"):
        found = settlements.drop_duplicates("name").set_index("name")[column].astype(str)
        assert (found == gazetteer.set_index("name")[column].astype(str)).all(), column


def test_sides_and_their_basis_go_together() -> None:
    settlements = table("settlements.csv")
    assert set(settlements["side"]) == {"ARM", "AZE", "unknown"}
    assert set(settlements["basis"]) == {"reported", "inferred", "unknown"}
    assert ((settlements["side"] == "unknown") == (settlements["basis"] == "unknown")).all()
    assert ((settlements["lon"] == "") == (settlements["sigma_m"] == "")).all()
    assert (settlements["source"] != "").all()


def test_sides_that_change_are_the_reported_ones() -> None:
    sides = table("settlements.csv").pivot(index="name", columns="date", values="side")
    won = set(sides.index[(sides[APRIL] == "AZE") & (sides[MAY] == "ARM")])
    events = table("raw/control_events.csv")
    lost = set(
        events.loc[events["from_side"].eq("AZE") & events["date"].str.startswith("1994-04"), "settlement"]
    )
    assert won == lost == CHANGED | INFERRED | {"Nəmirli", "Şuraabad"}
    assert not ((sides[APRIL] == "ARM") & (sides[MAY] == "AZE")).any()


# The lines


@pytest.mark.parametrize("date", [APRIL, MAY])
def test_stretches_join_end_to_end(date: str) -> None:
    for before, after in pairwise(lines_of(date).geometry):
        assert before.coords[-1] == after.coords[0]
    assert whole_line(date).is_simple


@pytest.mark.parametrize("date", [APRIL, MAY])
def test_lines_run_from_the_armenian_border_to_the_araz(date: str, theatre: gpd.GeoDataFrame) -> None:
    line = project(gpd.GeoDataFrame(geometry=[whole_line(date)], crs="EPSG:4326"), theatre.crs).geometry[0]
    context = project(read("context"), theatre.crs).set_index("iso").geometry
    start, end = shapely.Point(line.coords[0]), shapely.Point(line.coords[-1])
    edge = {tuple(xy) for xy in shapely.get_coordinates(theatre.geometry.values)}
    for spot, country in ((start, "ARM"), (end, "IRN")):
        assert (spot.x, spot.y) in edge
        assert context[country].distance(spot) < 0.5


@pytest.mark.parametrize("date", [APRIL, MAY])
def test_azerbaijani_side_is_on_the_left(date: str, control: gpd.GeoDataFrame) -> None:
    stretches = lines_of(date)
    assert set(stretches["side_left"]) == {"AZE"}
    assert set(stretches["side_right"]) == {"ARM"}
    plane = project(stretches, control.crs)
    held = control[control["date"] == date].dissolve("side").geometry
    for offset_m, side in ((50.0, "AZE"), (-50.0, "ARM")):
        middle = plane.geometry.offset_curve(offset_m).interpolate(0.5, normalized=True)
        assert middle.within(held[side]).all()


def test_shared_stretches_have_the_very_same_vertices() -> None:
    april, may = (lines_of(date).set_index("stretch") for date in (APRIL, MAY))
    shared = april.index.intersection(may.index)
    assert len(shared) == 10
    for stretch in shared:
        assert list(april.loc[stretch].geometry.coords) == list(may.loc[stretch].geometry.coords)
        assert april.loc[stretch, "sigma_m"] >= may.loc[stretch, "sigma_m"]


def test_vertices_by_hand_are_each_in_one_stretch_and_kept() -> None:
    with (STUDY / "raw" / "vertices.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["basis"] for row in rows)
    drawn = {
        row.stretch: set(row.geometry.coords)
        for row in read("frontlines").drop_duplicates("stretch").itertuples()
    }
    assert {row["stretch"] for row in rows} == set(drawn)
    for row in rows:
        assert (float(row["lon"]), float(row["lat"])) in drawn[row["stretch"]]


def test_murovdag_is_natural_earths_line() -> None:
    collection = json.loads((STUDY / "raw" / "natural_earth_lines.geojson").read_text(encoding="utf-8"))
    lines = gpd.GeoDataFrame.from_features(collection)
    given = {
        tuple(xy)
        for xy in shapely.get_coordinates(lines.loc[lines["name"] == "Ceasefire Line 1994"].geometry)
    }
    murovdag = lines_of(MAY).set_index("stretch").geometry["murovdag"]
    assert set(murovdag.coords[1:]) <= given


# Evidence


def test_every_place_lies_on_its_side_or_is_a_known_exception(rebuilt: Path) -> None:
    evidence = pd.read_csv(rebuilt / "evidence.csv", keep_default_na=False)
    known = evidence[evidence["side"] != "unknown"].set_index(["name", "date"])
    wrong = known[known["side"] != known["side_drawn"]]
    exceptions = table("raw/evidence_exceptions.csv").set_index(["name", "date"])
    assert set(wrong.index) == set(exceptions.index)
    assert (exceptions["reason"].astype(str) != "").all()
    assert (wrong["distance_km"] <= wrong["stretch_sigma_km"]).all()


def test_places_lie_in_the_polygons_of_their_side(control: gpd.GeoDataFrame) -> None:
    settlements = table("settlements.csv")
    located = settlements[(settlements["lon"] != "") & (settlements["side"] != "unknown")]
    spots = gpd.points_from_xy(located["lon"].astype(float), located["lat"].astype(float))
    points = project(gpd.GeoDataFrame(located, geometry=spots, crs="EPSG:4326"), control.crs)
    outside = set()
    for row in points.itertuples():
        polygons = control[control["date"] == row.date].set_index("side").geometry
        if polygons[row.side].covers(row.geometry):
            continue
        outside.add(row.name)
        assert polygons.distance(row.geometry).idxmin() == row.side
    assert outside == {"Cocuq Mərcanlı", "Böyük Mərcanlı"}


def test_the_named_places_change_hands_and_no_other(rebuilt: Path) -> None:
    evidence = pd.read_csv(rebuilt / "evidence.csv", keep_default_na=False)
    drawn = evidence.pivot(index="name", columns="date", values="side_drawn")
    moved = set(drawn.index[drawn[APRIL] != drawn[MAY]])
    assert moved - {"Gülüstan qalası"} == CHANGED | INFERRED
    assert not moved & KEPT


def test_nothing_was_given_back(changed: dict[str, shapely.Geometry]) -> None:
    assert changed["ARM to AZE"].area < 1.0
    assert changed["AZE to ARM"].area > 1e8


def test_no_ground_changed_south_of_merzili(
    changed: dict[str, shapely.Geometry], control: gpd.GeoDataFrame
) -> None:
    gained = gpd.GeoSeries([changed["AZE to ARM"]], crs=control.crs).to_crs("EPSG:4326").iloc[0]
    _, south, _, _ = gained.bounds
    assert south > MERZILI_LAT
    assert gained.intersection(shapely.box(45, 38, 49, MERZILI_LAT)).area == 0


def test_changed_ground_is_free_of_slivers(changed: dict[str, shapely.Geometry]) -> None:
    parts = shapely.get_parts(changed["AZE to ARM"])
    assert len(parts) == 3
    assert (shapely.area(parts) > 1e7).all()


# Control


def test_control_in_the_file_is_the_control_made_from_the_lines(
    control: gpd.GeoDataFrame, theatre: gpd.GeoDataFrame
) -> None:
    kept = as_control(read("control"), theatre.crs, theatre=theatre)
    assert set(kept["side"]) == {"ARM", "AZE"}
    assert kept["outside_km2"].max() < 1e-6
    held = kept.dissolve(["date", "side"]).geometry
    made = control.dissolve(["date", "side"]).geometry
    assert list(held.index) == list(made.index)
    assert held.symmetric_difference(made).area.max() < 10.0


def test_polygons_of_control_share_their_vertices() -> None:
    control, districts = read("control"), read("districts")
    for _, polygons in control.groupby("date"):
        assert shapely.coverage_is_valid(polygons.geometry.values)
    edge = shapely.get_coordinates(read("theatre").geometry.values)
    both_dates = {tuple(xy) for xy in shapely.get_coordinates(control.geometry.values)}
    assert {tuple(xy) for xy in edge} <= both_dates
    assert {tuple(xy) for xy in edge} <= {
        tuple(xy) for xy in shapely.get_coordinates(districts.geometry.values)
    }


# The study file and the words


def test_study_file_names_what_there_is() -> None:
    study = tomllib.loads((STUDY / "study.toml").read_text(encoding="utf-8"))
    assert [str(day) for day in study["study"]["dates"]] == [APRIL, MAY]
    assert set(study["sides"]) == {"ARM", "AZE"}
    layers = study["layers"]
    assert layers["key"] in read("districts").columns
    assert all((STUDY / layers[name]).is_file() for name in layers if name != "key")
    settlements = table("settlements.csv")
    located = set(settlements.loc[settlements["lon"] != "", "name"])
    assert set(study["map"]["towns"]) | set(study["map"]["zoom_towns"]) <= located
    assert any("image" in note and "not available" in note for note in study["study"]["notes"])


def test_readme_numbers_are_those_of_the_data(theatre: gpd.GeoDataFrame) -> None:
    words = " ".join((STUDY / "README.md").read_text(encoding="utf-8").split())
    places = table("raw/gazetteer.csv")
    assert f"{(places['lon'] != '').sum()} of the {len(places)} places" in words
    districts = project(read("districts"), theatre.crs).set_index("district").geometry
    ridge = project(lines_of(MAY), theatre.crs).set_index("stretch").geometry["murovdag"]
    north = districts["Kəlbəcər"].boundary.intersection(
        shapely.union_all([districts[name].boundary for name in ("Daşkəsən", "Göygöl", "Goranboy")])
    )
    along = shapely.points(shapely.get_coordinates(ridge.segmentize(50.0)))
    gap = shapely.distance(along, north).max()
    assert f"up to {gap / 1000:.1f} km, more than its" in words
    spots = {row.name: (float(row.lon), float(row.lat)) for row in places[places["lon"] != ""].itertuples()}
    for first, second, text in (
        ("Ağdərə", "Seysulan", "Ağdərə-Seysulan is {:.1f} km wide, so {:.1f} km"),
        ("Boyəhmədli", "Təzəkənd", "Boyəhmədli-Təzəkənd {:.1f} km, so {:.1f} km"),
        ("Horadiz (kənd)", "Horadiz", "Horadiz town {:.1f} km, so {:.1f} km"),
    ):
        width = gpd.GeoSeries([shapely.LineString([spots[first], spots[second]])], crs="EPSG:4326")
        km = width.to_crs(theatre.crs).length[0] / 1000
        assert text.format(km, km / 12**0.5) in words
