"""Lines as they come: without sides, in series, in several files."""

import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, box
from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.sources.files import write

pytestmark = pytest.mark.usefixtures("empty_pictures")
RUNNER = CliRunner()
LONLAT = "EPSG:4326"
DAYS = ("1915-04-01", "1915-05-01")
AT = ("--side-at", "A=36.2,49.5", "--side-at", "B=37.8,49.5")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Two districts of a degree, and a line from edge to edge on two days, without sides."""
    folder = tmp_path_factory.mktemp("written")
    shapes = [box(36, 49, 37, 50), box(37, 49, 38, 50)]
    write(gpd.GeoDataFrame({"name": ["W", "E"]}, geometry=shapes, crs=LONLAT), folder / "districts.geojson")
    for day, lon in zip(DAYS, (37.0, 37.25), strict=True):
        line(lon, folder / "days" / f"{day}.geojson")
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path, dirs_exist_ok=True)


def line(lon, path, **columns):
    drawn = {name: [value] for name, value in columns.items()}
    write(gpd.GeoDataFrame(drawn, geometry=[LineString([(lon, 48.9), (lon, 50.1)])], crs=LONLAT), path)


def run(command, folder, *more, districts=True):
    sources = [folder / "days" / f"{day}.geojson" for day in DAYS]
    files = [folder / "days"] if command == "series" else sources
    ground = ["--districts", folder / "districts.geojson", "--key", "name"] if districts else []
    words = [command, *files, *ground, "--side", "A", "--out", folder / "out", "--force", *more]
    return RUNNER.invoke(app, list(map(str, words)))


def refusal(result):
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1
    return result.stderr


def shares(folder, result):
    assert result.exit_code == 0, result.output
    rows = pd.read_csv(folder / "out" / "balance.csv").set_index("district")
    return rows[["share_before", "share_after"]].round(3).T.to_dict("list")


def manifest(folder):
    return json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))


# --- without sides ---------------------------------------------------------------------------------


def test_lines_without_sides_are_refused_with_the_options_that_name_them(folder):
    assert refusal(run("change", folder)) == (
        "error: 1915-04-01.geojson: the frontlines layer has 1 sort of fault: 1 of 1 rows do not say who is on either "
        "side of a line (rows 0; no column 'side_left'): name the sides as the lines are drawn with --side-left 'A', "
        "--side-right 'B', or by places with --side-at A=46.9,40.1 --side-at B=47.4,40.1\n"
    )
    words = ["check", str(folder / "days" / f"{DAYS[0]}.geojson")]
    assert "lines without sides: name the sides" in RUNNER.invoke(app, words).stdout
    for named in (AT, ("--side-left", "A", "--side-right", "B")):
        result = RUNNER.invoke(app, [*words, *named])
        assert "1 row as frontlines: nothing wrong" in result.stdout


@pytest.mark.parametrize("named", [("--side-left", "A", "--side-right", "B"), AT])
def test_sides_are_named_as_drawn_or_by_places(folder, named):
    assert shares(folder, run("change", folder, *named)) == {"W": [1, 1], "E": [0, 0.25]}
    described = manifest(folder)["parameters"]["described"]
    assert described == (
        {"side_left": "A", "side_right": "B"}
        if named != AT
        else {"side_at": {"A": [[36.2, 49.5]], "B": [[37.8, 49.5]]}}
    )


def test_places_do_not_mind_how_a_line_is_drawn_but_left_and_right_do(folder):
    path = folder / "days" / f"{DAYS[0]}.geojson"
    write(gpd.GeoDataFrame(geometry=gpd.read_file(path).reverse(), crs=LONLAT), path)
    assert shares(folder, run("change", folder, *AT)) == {"W": [1, 1], "E": [0, 0.25]}
    as_drawn = run("change", folder, "--side-left", "A", "--side-right", "B")
    assert shares(folder, as_drawn) == {"W": [0, 1], "E": [1, 0.25]}


def test_sides_of_the_file_are_not_overruled(folder):
    line(37, folder / "days" / f"{DAYS[0]}.geojson", side_left="A", side_right="C")
    assert refusal(run("change", folder, "--side-left", "A", "--side-right", "B")) == (
        "error: 1915-04-01.geojson names its own sides: 'side_right' holds C, not 'B': leave --side-right 'B' out, or "
        "give --map 'C=NAME'\n"
    )
    assert "name their own sides: leave --side-at out" in refusal(run("change", folder, *AT))
    named = ("--side-left", "A", "--side-right", "B", "--map", "C=B")
    assert shares(folder, run("change", folder, *named)) == {"W": [1, 1], "E": [0, 0.25]}


def test_a_place_is_written_as_side_and_degrees(folder):
    assert "--side-at 'A=36.2': write SIDE=LON,LAT in degrees" in refusal(
        run("change", folder, "--side-at", "A=36.2")
    )
    assert "--side-at names the places of fewer than two sides" in refusal(run("change", folder, *AT[:2]))


@pytest.mark.parametrize(
    "named", ["side_left = 'A'\nside_right = 'B'", "side_at = {A = [36.2, 49.5], B = [[37.8, 49.5]]}"]
)
def test_a_study_file_names_sides_alike_and_displacement_too(folder, named):
    both = [gpd.read_file(folder / "days" / f"{day}.geojson").assign(date=day) for day in DAYS]
    write(pd.concat(both, ignore_index=True), folder / "lines.gpkg")
    (folder / "study.toml").write_text(
        f'[study]\ntitle = "T"\nside = "A"\ndates = [{DAYS[0]}, {DAYS[1]}]\n[layers]\nfrontlines = "lines.gpkg"\n'
        f'districts = "districts.geojson"\nkey = "name"\n{named}\n'
    )
    words = ["run", str(folder / "study.toml"), "--out", str(folder / "out")]
    assert shares(folder, RUNNER.invoke(app, words)) == {"W": [1, 1], "E": [0, 0.25]}
    result = run("displacement", folder, *AT, "--length-m", 60_000)
    assert result.exit_code == 0, result.output


# --- one theatre, several files --------------------------------------------------------------------


def test_a_theatre_alone_is_one_district_called_by_its_name_or_its_file(folder):
    ground = gpd.GeoDataFrame({"name": ["The West"]}, geometry=[box(36, 49, 38, 50)], crs=LONLAT)
    write(ground, folder / "front.geojson")
    write(ground[["geometry"]], folder / "theatre.geojson")
    for file, name in (("front", "The West"), ("theatre", "theatre"), ("districts", "districts")):
        alone = ("--theatre", folder / f"{file}.geojson")
        assert shares(folder, run("change", folder, *AT, *alone, districts=False)) == {name: [0.5, 0.625]}
        reach = ("--length-m", 60_000)
        assert run("displacement", folder, *AT, *alone, *reach, districts=False).exit_code == 0
    assert [one["role"] for one in manifest(folder)["inputs"]] == ["before", "after", "theatre"]
    for command in ("change", "displacement", "series"):
        assert "the ground is not named: give --districts and --key, or --theatre alone" in refusal(
            run(command, folder, *AT, districts=False)
        )


def test_districts_may_stand_in_several_files(folder):
    both = gpd.read_file(folder / "districts.geojson")
    for row, name in enumerate("WE"):
        write(both.iloc[[row]].to_crs(4326 if row else 3035), folder / f"{name}.gpkg")
    files = [word for name in "WE" for word in ("--districts", folder / f"{name}.gpkg")]
    found = run("change", folder, *AT, *files, "--key", "name", districts=False)
    assert shares(folder, found) == {"W": [1, 1], "E": [0, 0.25]}
    inputs = [one["name"] for one in manifest(folder)["inputs"] if one["role"] == "districts"]
    assert inputs == ["W.gpkg", "E.gpkg"]
    write(both.iloc[[1]], folder / "again.gpkg")
    more = ("--districts", folder / "again.gpkg", "--key", "name")
    twice = refusal(run("change", folder, *AT, *files, *more, districts=False))
    assert "W.gpkg, E.gpkg, again.gpkg: the districts layer has" in twice
    assert "2 of 3 rows share a name (rows 0 of E.gpkg, 0 of again.gpkg; 'E')" in twice


def test_a_study_reads_several_files_for_one_layer(folder):
    named = ", ".join(f'"days/{day}.geojson"' for day in DAYS)
    text = (
        f'[study]\ntitle = "T"\nside = "A"\ndates = [{DAYS[0]}, {DAYS[1]}]\n[layers]\nfrontlines = [{named}]\n'
        'theatre = "districts.geojson"\nside_left = "A"\nside_right = "B"\n'
    )
    (folder / "study.toml").write_text(text)
    words = ["run", str(folder / "study.toml"), "--out", str(folder / "out"), "--force"]
    assert shares(folder, RUNNER.invoke(app, words)) == {"districts": [0.5, 0.625]}
    inputs = manifest(folder)["inputs"]
    assert [one["name"] for one in inputs] == [
        "study.toml",
        *(f"{day}.geojson" for day in DAYS),
        "districts.geojson",
    ]
    assert all(len(one["sha256"]) == 64 for one in inputs)
    (folder / "study.toml").write_text(text.replace(f"[{named}]", "[]"))
    assert "[layers] frontlines must be the name of a file, or a list of names" in refusal(
        RUNNER.invoke(app, words)
    )


# --- series ----------------------------------------------------------------------------------------


def test_a_series_follows_lines(folder):
    result = run("series", folder, *AT)
    assert result.exit_code == 0, result.output
    table = pd.read_csv(folder / "out" / "totals.csv")
    east = gpd.read_file(folder / "districts.geojson").to_crs(3035).area.iloc[1] / 1e6
    assert table["gained_km2"].tolist() == pytest.approx([east / 4], rel=1e-4)
    assert manifest(folder)["ends_led"] == {"number": 0, "sideways": 0, "farthest_m": 0}
    assert manifest(folder)["parameters"]["snap_m"] == 1000


def test_ends_that_a_series_leads_on_are_told_and_those_in_the_air_by_their_file(folder):
    short = gpd.GeoDataFrame(geometry=[LineString([(37.25, 49), (37.25, 49.995)])], crs=LONLAT)
    write(short, folder / "days" / f"{DAYS[1]}.geojson")
    result = run("series", folder, *AT)
    assert result.exit_code == 0, result.output
    words = "1 end of a line was led on to the theatre's edge or another line, by up to 5"
    assert words in result.stdout.replace("\n", " ")
    assert manifest(folder)["ends_led"]["number"] == 1
    refused = refusal(run("series", folder, *AT, "--snap-m", 100))
    assert f"row 0 of {DAYS[1]}.geojson: its last vertex" in refused
    assert "pass --snap-m 5" in refused


def test_a_series_of_lines_is_cut_by_its_theatre(folder):
    ground = gpd.GeoDataFrame(geometry=[box(36.5, 49, 37.5, 50)], crs=LONLAT)
    write(ground, folder / "theatre.geojson")
    places = ("--side-at", "A=36.6,49.5", "--side-at", "B=37.4,49.5")
    for districts, names in ((True, ["E", "W"]), (False, ["theatre"])):
        result = run("series", folder, *places, "--theatre", folder / "theatre.geojson", districts=districts)
        assert result.exit_code == 0, result.output
        table = pd.read_csv(folder / "out" / "series.csv")
        assert sorted(table["district"]) == names
        assert table["share_after"].max() == pytest.approx(1 if districts else 0.75, abs=1e-3)


def test_two_sources_of_lines_are_compared_and_their_ends_are_told(folder):
    short = gpd.GeoDataFrame(geometry=[LineString([(37.25, 49), (37.25, 49.995)])], crs=LONLAT)
    write(short.assign(date=DAYS[0]), folder / "days" / f"{DAYS[1]}.geojson")  # its rows go before its name
    result = run("compare", folder, *AT)
    assert result.exit_code == 0, result.output
    row = pd.read_csv(folder / "out" / "agreement.csv").iloc[-1]
    assert row["iou"] == pytest.approx(0.8, abs=1e-3)
    assert "1 end of a line was led on" in result.stdout
    assert manifest(folder)["ends_led"]["number"] == 1
    assert list(manifest(folder)["parameters"]["described"]) == ["side_at"]


def test_a_theatre_without_a_crs_is_refused_with_the_option(folder):
    bare = gpd.read_file(folder / "districts.geojson")
    bare.set_crs(None, allow_override=True).to_parquet(folder / "theatre.parquet")
    refused = refusal(run("change", folder, *AT, "--theatre", folder / "theatre.parquet", districts=False))
    assert "the theatre has no CRS: say which it is with --crs EPSG:4326" in refused


@pytest.mark.bench
def test_the_western_front_is_followed_by_its_lines(bench, tmp_path):
    """Named as drawn and named by Paris and Berlin, the sides are the same; a place on the wrong side is refused."""
    countries = gpd.read_parquet(bench / "wwi_europe_1914_countries.parquet")
    names = ["Kingdom of Belgium", "French Third Republic", "German Empire", "Grand Duchy of Luxembourg"]
    countries[countries["country"].isin(names)].to_parquet(tmp_path / "countries.parquet")
    fronts = gpd.read_parquet(bench / "wwi_fronts_west_italy.parquet")
    fronts[fronts["date"].between("1918-03-20", "1918-04-03")].to_parquet(tmp_path / "fronts.parquet")

    def followed(*named):
        words = ["series", tmp_path / "fronts.parquet", "--districts", tmp_path / "countries.parquet"]
        words += [
            "--key",
            "country",
            "--side",
            "CP",
            "--where",
            "theatre=western",
            "--snap-m",
            20_000,
            "--mend",
            "all",
        ]
        return RUNNER.invoke(app, list(map(str, [*words, *named, "--out", tmp_path / "out", "--force"])))

    tables = []
    for named in (
        ("--side-left", "Entente", "--side-right", "CP"),
        ("--side-at", "Entente=2.35,48.85", "--side-at", "CP=13.4,52.5"),
    ):
        result = followed(*named)
        assert result.exit_code == 0, result.output
        tables.append((tmp_path / "out" / "series.csv").read_bytes())
    assert tables[0] == tables[1]
    total = pd.read_csv(tmp_path / "out" / "totals.csv")
    assert 1000 < total["net_km2"].sum() < 4000  # the spring offensive from 24 March to 1 April 1918
    passed = followed("--side-at", "Entente=2.35,48.85", "--side-at", "CP=2.3,49.6")
    assert "no line runs between" in refusal(passed)
