"""Files as they come: options say whose ground it is and when, or the file is refused with what stands in it."""

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
DAYS = ("2022-09-10", "2022-11-15")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """One district of two degrees, and classes of ground on two days."""
    folder = tmp_path_factory.mktemp("written")
    district = gpd.GeoDataFrame({"name": ["D"]}, geometry=[box(36, 49, 38, 50)], crs=LONLAT)
    write(district, folder / "districts.geojson")
    classes(["nochange"], [box(36, 49, 37, 50)], folder / f"{DAYS[0]}.geojson")
    shapes = [box(36, 49, 36.4, 50), box(36.4, 49, 37, 50)]
    classes(["nochange", "losses"], shapes, folder / f"{DAYS[1]}.geojson")
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path, dirs_exist_ok=True)


def classes(types, shapes, path):
    write(gpd.GeoDataFrame({"type": types}, geometry=shapes, crs=LONLAT), path)


def run(command, folder, *more, side="RUS"):
    files = [folder / f"{day}.geojson" for day in DAYS] if command == "change" else []
    words = [command, *files, "--districts", folder / "districts.geojson", "--key", "name", "--side", side]
    return RUNNER.invoke(app, list(map(str, [*words, "--out", folder / "out", "--force", *more])))


def refusal(result):
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1
    return result.stderr


def totals(folder, result, name="totals.csv"):
    assert result.exit_code == 0, result.output
    return pd.read_csv(folder / "out" / name).iloc[0]


def share(folder, result):
    row = totals(folder, result, "balance.csv")
    return [round(row[name], 3) for name in ("share_before", "share_after")]


def test_classes_that_may_be_sides_are_refused_until_they_are_named(folder):
    assert refusal(run("change", folder)) == (
        "error: 2022-11-15.geojson does not say whose ground it is, and its 2 polygons differ. 'type' holds nochange "
        "(1), losses (1). Say which column names the sides with --side-column 'type', and what its values mean with "
        "--map 'losses=NAME'; or say --one-side if all of it is ground of 'RUS'\n"
    )
    named = ("--side-column", "type", "--map", "nochange=RUS")
    assert share(folder, run("change", folder, *named, "--map", "losses=UKR")) == [0.5, 0.2]
    assert share(folder, run("change", folder, *named, "--map", "losses=")) == [0.5, 0.2]
    assert share(folder, run("change", folder, "--one-side")) == [0.5, 0.5]
    assert share(folder, run("change", folder, "--where", "type=nochange")) == [0.5, 0.2]
    record = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))["parameters"]
    assert record["described"] == {"where": {"type": ["nochange"]}}


def test_a_value_that_stands_nowhere_is_refused(folder):
    result = run("change", folder, "--side-column", "type", "--map", "nochange=RUS", "--map", "gains=RUS")
    assert "has the value 'gains', which --map names: it holds nochange (2), losses (1)" in refusal(result)
    assert "names: it holds nochange (2), losses (1)" in refusal(
        run("change", folder, "--side-column", "type", "--map", "=unknown")
    )
    assert "--map 'gains': write VALUE=SIDE" in refusal(run("change", folder, "--map", "gains"))
    assert "has no column 'kind': its columns are 'type'" in refusal(
        run("change", folder, "--side-column", "kind")
    )


def test_check_says_the_same(folder):
    def check(*words):
        return RUNNER.invoke(app, ["check", str(folder / f"{DAYS[1]}.geojson"), *words])

    result = check("--kind", "control")
    assert result.exit_code == 2
    assert "'type' holds nochange (1), losses (1)" in result.stdout
    assert "sides not told: say which column names the sides with --side-column" in result.stdout
    assert "if it is control, name the column of sides with --side-column" in check().stdout
    for words in (["--side-column", "type"], ["--one-side"]):
        result = check(*words)
        assert result.exit_code == 0
        assert "2 rows as control: nothing wrong" in result.stdout


def test_a_series_and_a_displacement_are_described_alike(folder):
    (folder / "days").mkdir()
    for day in DAYS:
        (folder / f"{day}.geojson").rename(folder / "days" / f"{day}.geojson")
    named = ("--side-column", "type", "--map", "nochange=RUS", "--map", "losses=UKR")
    files = sorted((folder / "days").iterdir())
    reach = ("--length-m", 60_000)
    for command, sources in (("series", [folder / "days"]), ("displacement", [*files, *reach])):
        assert "does not say whose ground it is" in refusal(run(command, folder, *sources))
        result = run(command, folder, *sources, *named)
        assert result.exit_code == 0, result.output
    assert "RUS" in result.stdout


def test_a_study_file_describes_its_layers_and_options_go_before_it(folder):
    both = [gpd.read_file(folder / f"{day}.geojson").assign(day=pd.Timestamp(day)) for day in DAYS]
    both = pd.concat(both, ignore_index=True)
    write(both.assign(day=both["day"].dt.strftime("%d/%m/%Y")), folder / "control.gpkg")
    text = (
        f'[study]\ntitle = "T"\nside = "RUS"\ndates = [{DAYS[0]}, {DAYS[1]}]\n[layers]\ncontrol = "control.gpkg"\n'
        'districts = "districts.geojson"\nkey = "name"\nside_column = "type"\ndate_column = "day"\n'
        'map = {nochange = "RUS", losses = "UKR"}\n'
    )
    (folder / "study.toml").write_text(text, encoding="utf-8")
    words = ["run", str(folder / "study.toml"), "--out", str(folder / "out"), "--force"]
    assert share(folder, RUNNER.invoke(app, words)) == [0.5, 0.2]
    assert share(folder, RUNNER.invoke(app, [*words, "--map", "nochange=RUS", "--map", "losses=RUS"])) == [
        0.5,
        0.5,
    ]
    (folder / "study.toml").write_text(text.replace('losses = "UKR"', "losses = 3"), encoding="utf-8")
    assert "[layers] map must be values and their sides" in refusal(RUNNER.invoke(app, words))


def test_a_day_given_that_is_not_in_the_name_is_said_and_swapped_days_are_refused(folder):
    def dated(before, after):
        days = ("--one-side", "--date-before", before, "--date-after", after)
        return run("change", folder, *days)

    result = dated(DAYS[0], "2022-11-16")
    note = "2022-11-15.geojson is read as of 2022-11-16, as asked, though its name says 2022-11-15"
    assert result.stdout.count("as asked") == 1
    assert note in result.stdout
    record = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))["parameters"]
    assert record["notes"] == [note]
    said = refusal(dated(*reversed(DAYS)))
    assert (
        "by their names it is the other way round: give the earlier file first, or leave the days out" in said
    )


@pytest.mark.parametrize("command", ["change", "series", "compare", "displacement", "run"])
def test_a_side_in_two_spellings_is_refused_with_what_makes_it_one(folder, command):
    (folder / "days").mkdir()
    called = ["one", "other"] if command == "compare" else DAYS  # of the same day, which --date gives
    files = [folder / "days" / f"{name}.geojson" for name in called]
    for file, names, lon in zip(files, (["Gov", "Reb"], ["gov", "Reb"]), (37.0, 36.9), strict=True):
        shapes = [box(36, 49, lon, 50), box(lon, 49, 38, 50)]
        write(gpd.GeoDataFrame({"side": names}, geometry=shapes, crs=LONLAT), file)
    ground = ["--districts", folder / "districts.geojson", "--key", "name"]
    sources = {"series": [folder / "days"]}.get(command, files)
    if command == "run":
        text = f'[study]\ntitle = "T"\nside = "Gov"\ndates = [{DAYS[0]}, {DAYS[1]}]\n[layers]\ncontrol = ['
        text += ", ".join(f'"days/{file.name}"' for file in files)
        text += ']\ndistricts = "districts.geojson"\nkey = "name"\n'
        (folder / "study.toml").write_text(text, encoding="utf-8")
        words = [command, folder / "study.toml"]
    else:
        words = [command, *sources, *ground, "--side", "Gov"]
    words += ["--date", DAYS[0]] if command == "compare" else []
    words += ["--length-m", 50_000] if command == "displacement" else []
    words = list(map(str, [*words, "--out", folder / "out", "--force"]))
    said = refusal(RUNNER.invoke(app, words))
    assert "'Gov' (1 row) and 'gov' (1 row) look the same, or but for capital letters" in said
    assert said.endswith("say that they are one side with --map 'gov=Gov'\n")
    result = RUNNER.invoke(app, [*words, "--map", "gov=Gov"])
    assert result.exit_code == 0, result.output


@pytest.fixture
def spans(folder):
    """Ground that changes hands on 2022-11-01, as rows that hold from day to day."""
    shapes = [box(36, 49, 37, 50), box(36, 49, 36.5, 50)]
    held = {"START_DATE": ["2022-01-01", "2022-11-01"], "END_DATE": ["2022-11-01", "2023"], "side": "RUS"}
    write(gpd.GeoDataFrame(held, geometry=shapes, crs=LONLAT), folder / "spans.geojson")
    return folder


def of_spans(folder, before, after, *more):
    words = [
        "change",
        *[folder / "spans.geojson"] * 2,
        "--districts",
        folder / "districts.geojson",
        "--key",
        "name",
    ]
    words += [
        "--side",
        "RUS",
        "--date-before",
        before,
        "--date-after",
        after,
        "--out",
        folder / "out",
        "--force",
    ]
    return RUNNER.invoke(app, list(map(str, [*words, *more])))


def test_columns_of_spans_are_refused_until_they_are_named(spans):
    said = refusal(of_spans(spans, *DAYS))
    assert (
        "spans.geojson has columns 'START_DATE' and 'END_DATE', by which 1 of 2 rows hold on 2022-09-10"
        in said
    )
    assert "with --valid-from 'START_DATE', --valid-to 'END_DATE' (--valid-before 'END_DATE' if it is" in said
    named = ("--valid-from", "START_DATE", "--valid-to", "END_DATE")
    assert share(spans, of_spans(spans, *DAYS, *named)) == [0.5, 0.25]


def test_rows_that_end_as_others_begin_hold_before_their_last_day(spans):
    days = (DAYS[0], "2022-11-01")
    said = refusal(of_spans(spans, *days, "--valid-from", "START_DATE", "--valid-to", "END_DATE"))
    assert (
        "some rows end on the day on which others begin (2022-11-01), so that both hold on it: give " in said
    )
    assert "--valid-before 'END_DATE' in place of --valid-to" in said
    named = ("--valid-from", "START_DATE", "--valid-before", "END_DATE")
    assert share(spans, of_spans(spans, *days, *named)) == [0.5, 0.25]


def test_a_mend_is_one_that_the_command_has(folder):
    classes(["nochange"], [box(36, 49, 37, 50)], folder / "front.geojson")
    ground = [
        "--districts",
        folder / "districts.geojson",
        "--key",
        "name",
        "--side",
        "RUS",
        "--out",
        folder / "out",
    ]
    (folder / "days").mkdir()
    (folder / "front.geojson").rename(folder / "days" / "front.geojson")
    file = folder / "days" / "front.geojson"
    mends = {
        "change": "say which day it shows with --date-before and --date-after",
        "compare": "say which day it shows with --date",
        "series": "put the day into its name",
    }
    for command, mend in mends.items():
        sources = [folder / "days"] if command == "series" else [file, file]
        said = refusal(RUNNER.invoke(app, list(map(str, [command, *sources, *ground, "--one-side"]))))
        assert said == f"error: front.geojson has no column 'date' and no day in its name: {mend}\n"


def test_the_column_that_most_likely_names_sides_comes_first(folder):
    held = {"id": ["a", "b", "c"], "folder": ["x", "x", "y"], "holder": ["RUS", "UKR", "RUS"]}
    shapes = [box(36 + west, 49, 36.5 + west, 50) for west in (0, 0.5, 1)]
    write(gpd.GeoDataFrame(held, geometry=shapes, crs=LONLAT), folder / f"{DAYS[1]}.geojson")
    said = refusal(run("change", folder))
    assert "'holder' holds RUS (2), UKR (1); 'folder' holds x (2), y (1); 'id' holds a (1)" in said
    assert "with --side-column 'holder'" in said


KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<Style id="red"><PolyStyle><color>4d0000ff</color></PolyStyle></Style>{}</Document></kml>"""
FOLDER = """<Folder><name>{}</name><Placemark><name>label</name><Point><coordinates>36.5,49.5</coordinates></Point>
</Placemark><Placemark><Polygon><outerBoundaryIs><LinearRing><coordinates>
{}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Folder>"""


def test_folders_of_a_kml_are_sides_and_its_labels_are_left_out(folder):
    for day, lon in zip(DAYS, (37.0, 36.8), strict=True):
        parts = {"Government": box(36, 49, lon, 50), "Rebels": box(lon, 49, 38, 50)}
        inner = "".join(
            FOLDER.format(name, " ".join(f"{x},{y},0" for x, y in shape.exterior.coords))
            for name, shape in parts.items()
        )
        (folder / f"control_{day}.kml").write_text(KML.format(inner), encoding="utf-8")
    words = [
        "change",
        *(folder / f"control_{day}.kml" for day in DAYS),
        "--districts",
        folder / "districts.geojson",
    ]
    words = list(map(str, [*words, "--key", "name", "--side", "Government", "--out", folder / "out"]))
    assert "'folder' holds Government (1), Rebels (1)" in refusal(RUNNER.invoke(app, words))
    result = RUNNER.invoke(app, [*words, "--side-column", "folder"])
    assert share(folder, result) == [0.5, 0.4]
    assert f"control_{DAYS[0]}.kml: 2 labels (points) left out" in result.stdout


def snapshots(folder, days):
    for number, day in enumerate(days):
        shape = box(36, 49, 36.5 + 0.1 * number, 50)
        write(
            gpd.GeoDataFrame({"date": [day]}, geometry=[shape], crs=LONLAT),
            folder / "days" / f"{day}.geojson",
        )
    return folder / "days"


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (("2022-01-31", "2022-02-01", "2202-02-02"), "2202-02-02, which lies after today"),
        (("2022-01-31", "2022-02-01", "1922-02-02"), "1922-02-02, which lies 100 years from the other days"),
    ],
)
def test_a_day_that_is_a_slip_of_the_pen_is_refused_unless_it_is_allowed(folder, days, words):
    source = snapshots(folder, days)
    assert f"{days[-1]}.geojson has the day {words}: mend it, or pass --allow-date" in refusal(
        run("series", folder, source)
    )
    assert run("series", folder, source, "--allow-date").exit_code == 0
    assert (folder / "out" / "manifest.json").stat().st_size < 10_000
    result = RUNNER.invoke(app, ["check", *map(str, sorted(source.iterdir()))])
    assert result.exit_code == 2
    assert "strange date" in result.stdout


def test_days_of_1812_in_names_and_of_1672_in_columns(folder):
    one = folder / "old"
    for day, lon in (("1812-09-07", 36.5), ("1812-10-19", 36.8)):
        write(
            gpd.GeoDataFrame({"side": ["RUS"]}, geometry=[box(36, 49, lon, 50)], crs=LONLAT),
            one / f"{day}.geojson",
        )
    assert totals(folder, run("series", folder, one))[["date_from", "date_to"]].tolist() == [
        "1812-09-07", "1812-10-19",
    ]  # fmt: skip
    days = ("1672-06-01", "1674-06-01", "1678-08-01", "1679-06-01")
    run("series", folder, snapshots(folder, days), "--freq", "YS")
    steps = pd.read_csv(folder / "out" / "totals.csv")
    assert steps["lost_km2"].sum() == 0
    assert steps["period_end"].tolist() == [f"{year}-12-31" for year in range(1674, 1680)]


def test_days_in_the_american_order_are_read_and_a_day_that_is_given_wins(folder):
    for name, day, lon in (("us_a", "11/15/2022", 36.5), ("us_b", "12/15/2022", 37)):
        held = {"date": [day], "side": ["RUS"]}
        write(gpd.GeoDataFrame(held, geometry=[box(36, 49, lon, 50)], crs=LONLAT), folder / f"{name}.geojson")
    words = [
        "change",
        folder / "us_a.geojson",
        folder / "us_b.geojson",
        "--districts",
        folder / "districts.geojson",
    ]
    words = list(map(str, [*words, "--key", "name", "--side", "RUS", "--out", folder / "out", "--force"]))
    assert share(folder, RUNNER.invoke(app, words)) == [0.25, 0.5]
    result = RUNNER.invoke(app, [*words, "--date-before", "2022-11-14"])
    assert "us_a.geojson is read as of 2022-11-14, as asked, though it says 11/15/2022" in result.stdout
    unsure = gpd.read_file(folder / "us_b.geojson").assign(date="12/05/2022")
    write(unsure, folder / "us_b.geojson")
    assert (
        "us_b.geojson, column 'date': the value '12/05/2022' can be read as several days (2022-05-12 by %d/%m/%Y, "
        "2022-12-05 by %m/%d/%Y): say how days are written with --date-format '%d/%m/%Y' or another"
    ) in refusal(RUNNER.invoke(app, words))
    assert RUNNER.invoke(app, [*words, "--date-format", "%m/%d/%Y"]).exit_code == 0
    write(unsure.assign(date="soon"), folder / "us_b.geojson")
    assert "no day can be read from 'soon': say how days are written with --date-format" in refusal(
        RUNNER.invoke(app, words)
    )


def test_days_of_several_zones_are_those_written(folder):
    days = ("2024-03-30T00:00:00+02:00", "2024-04-30T00:00:00+03:00")
    held = {"date": list(days), "side": ["RUS", "RUS"]}
    frame = gpd.GeoDataFrame(held, geometry=[box(36, 49, 36.5, 50), box(36, 49, 37, 50)], crs=LONLAT)
    (folder / "zones.geojson").write_text(frame.to_json(), encoding="utf-8")
    row = totals(folder, run("series", folder, folder / "zones.geojson"))
    assert row[["date_from", "date_to"]].tolist() == ["2024-03-30", "2024-04-30"]


def test_rows_that_hold_from_day_to_day(folder):
    held = {
        "NAME": ["A", "A", "B"], "SIDE": ["USA", "CSA", "USA"],
        "START_DATE": ["1850-01-01", "1861-01-11", "1850-01-01"], "END_DATE": ["1861-01-10", "1870-01-01", "1870-01-01"],
    }  # fmt: skip
    west, east = box(36, 49, 37, 50), box(37, 49, 38, 50)
    write(gpd.GeoDataFrame(held, geometry=[west, west, east], crs=LONLAT), folder / "states.geojson")
    words = [
        "change",
        *[folder / "states.geojson"] * 2,
        "--districts",
        folder / "districts.geojson",
        "--key",
        "name",
    ]
    words += [
        "--side",
        "USA",
        "--out",
        folder / "out",
        "--valid-from",
        "START_DATE",
        "--valid-to",
        "END_DATE",
    ]
    words = list(map(str, words))
    assert (
        "says from when to when its rows hold: give the day wanted in the file's name, or with --date-before"
        in refusal(RUNNER.invoke(app, words))
    )
    days = ["--date-before", "1861-01-01", "--date-after", "1861-03-01"]
    assert share(folder, RUNNER.invoke(app, [*words, *days])) == [1, 0.5]


def test_a_row_of_a_line_is_named_by_its_file(folder):
    for name, lons in (("a_2020-01-01", (36.2, 36.5, 36.8)), ("b_2020-02-01", (37.1,))):
        lines = [LineString([(lon, 48.9), (lon, 49.5 if name[0] == "b" else 50.1)]) for lon in lons]
        sides = {
            "side_left": ["RUS", "UKR", "RUS"][: len(lons)],
            "side_right": ["UKR", "RUS", "UKR"][: len(lons)],
        }
        write(gpd.GeoDataFrame(sides, geometry=lines, crs=LONLAT), folder / f"{name}.gpkg")
    words = ["change", folder / "a_2020-01-01.gpkg", folder / "b_2020-02-01.gpkg", "--districts"]
    words += [folder / "districts.geojson", "--key", "name", "--side", "RUS", "--out", folder / "out"]
    assert "row 0 of b_2020-02-01.gpkg" in refusal(RUNNER.invoke(app, list(map(str, words))))


def test_a_ring_that_is_not_closed_is_one_line(folder):
    ring = {"type": "Polygon", "coordinates": [[[10, 50], [11, 50], [11, 51], [10, 51]]]}
    feature = {"type": "Feature", "properties": {}, "geometry": ring}
    (folder / "open.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    result = RUNNER.invoke(app, ["check", str(folder / "open.geojson")])
    assert "a shape that cannot be built (Points of LinearRing do not form a closed linestring)" in refusal(
        result
    )


def test_a_box_all_round_the_earth_is_explained(folder):
    world = gpd.GeoDataFrame({"NAME": ["World"]}, geometry=[box(-180, -60, 180, 75)], crs=LONLAT)
    write(world, folder / "world.gpkg")
    result = RUNNER.invoke(app, ["check", str(folder / "world.gpkg"), "--kind", "districts", "--key", "NAME"])
    assert result.exit_code == 2
    assert "round the earth: cut them into parts of less than 180 degrees of longitude" in result.stdout
    assert "no geometry" not in result.stdout


def test_a_file_without_a_crs_is_told_it(folder):
    bare = gpd.read_file(folder / "districts.geojson").set_crs(None, allow_override=True)
    write(bare.set_crs(LONLAT), folder / "bare.shp")
    (folder / "bare.prj").unlink()
    words = ["check", str(folder / "bare.shp"), "--kind", "districts", "--key", "name"]
    assert RUNNER.invoke(app, words).exit_code == 2
    assert RUNNER.invoke(app, [*words, "--crs", "EPSG:4326"]).exit_code == 0


def test_towns_of_a_csv_with_other_names_for_degrees(folder):
    (folder / "towns.csv").write_text(
        "date,lat,lng,name,side\n2022-11-15,49.5,36.2,A,RUS\n", encoding="utf-8"
    )
    result = run("change", folder, "--one-side", "--settlements", folder / "towns.csv")
    assert result.exit_code == 0, result.output
