"""``frontlines series``, as a user meets it."""

import json
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box
from typer.testing import CliRunner

from frontlines.cli.commands.series import Freq
from frontlines.cli.main import app
from frontlines.series.periods import FREQUENCIES
from frontlines.sources import formats
from frontlines.sources.files import write
from frontlines.study import outputs

FILES = (*outputs.FILES["series"], "snapshots.parquet")

RUNNER = CliRunner()
LONLAT = "EPSG:4326"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    districts = gpd.GeoDataFrame(
        {"NAME": ["West", "East"]}, geometry=[box(46, 39, 47, 41), box(47, 39, 48, 41)], crs=LONLAT
    )
    write(districts, folder / "districts.gpkg")
    for n, day in enumerate(pd.date_range("2021-06-20", periods=20)):
        write(snapshot(46.3 + 0.05 * n), folder / "days" / f"front_{day:%Y%m%d}.geojson")
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path, dirs_exist_ok=True)


@pytest.fixture(scope="module")
def ran(written, tmp_path_factory):
    """The folder after a run of all its days, and what the run said."""
    folder = shutil.copytree(written, tmp_path_factory.mktemp("ran"), dirs_exist_ok=True)
    return folder, call(folder)


@pytest.fixture
def followed(ran, tmp_path):
    return shutil.copytree(ran[0], tmp_path, dirs_exist_ok=True)


def snapshot(lon):
    return gpd.GeoDataFrame(geometry=[box(46, 39, lon, 41)], crs=LONLAT)


def call(folder, *more, out="out", side="A"):
    words = [
        "series",
        folder / "days",
        "--districts",
        folder / "districts.gpkg",
        "--key",
        "NAME",
        "--side",
        side,
    ]
    return RUNNER.invoke(app, [str(word) for word in (*words, "--out", folder / out, *more)])


def test_a_folder_of_days(ran):
    folder, result = ran
    assert result.exit_code == 0, result.output
    assert sorted(file.name for file in (folder / "out").iterdir()) == sorted(FILES)
    totals = pd.read_csv(folder / "out" / "totals.csv")
    assert len(totals) == 19
    assert "19 steps, the last 12 shown" in result.stdout
    manifest = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert next(iter(manifest["snapshots"])) == "2021-06-20"
    assert manifest["books"]["net_km2"] == pytest.approx(totals["net_km2"].sum())
    assert len([entry for entry in manifest["inputs"] if entry["role"] == "snapshots"]) == 20


def test_files_without_a_crs_are_refused_by_name(folder):
    rings = [[[46, 39], [47, 39], [47, 41], [46, 41], [46, 39]]]
    topology = {
        "type": "Topology",
        "arcs": rings,
        "objects": {
            "front": {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "arcs": [[0]]}]}
        },
    }
    (folder / "days" / "front_20210720.topojson").write_text(json.dumps(topology), encoding="utf-8")
    result = call(folder)
    assert result.exit_code == 2, result.output
    said = "error: front_20210720.topojson: no CRS: say which it is with --crs EPSG:4326\n"
    assert result.stderr.endswith(said)
    assert call(folder, "--crs", "EPSG:4326").exit_code == 0


def test_steps_of_a_month_have_the_same_net(followed):
    assert call(followed, "--freq", "MS", out="monthly").exit_code == 0
    net = [pd.read_csv(followed / out / "totals.csv")["net_km2"].sum() for out in ("out", "monthly")]
    assert net[0] == pytest.approx(net[1], abs=1e-5)  # each row is written to 1 m²
    assert set(pd.read_csv(followed / "monthly" / "series.csv")["cadence"]) == {"monthly"}


@pytest.mark.parametrize("freq", [(), ("--freq", "MS")])
def test_going_on_gives_the_same_bytes_as_starting_again(folder, freq, monkeypatch):
    late = sorted((folder / "days").iterdir())[13:]
    kept = [(file.name, file.read_bytes()) for file in late]
    for file in late:
        file.unlink()
    assert call(folder, *freq).exit_code == 0
    for name, content in kept:
        (folder / "days" / name).write_bytes(content)
    read, reader = [], formats.read
    monkeypatch.setattr(formats, "read", lambda path, *how: read.append(path.name) or reader(path, *how))
    assert call(folder, *freq, "--resume").exit_code == 0
    assert read == ["districts.gpkg", *(name for name, _ in kept)]
    assert call(folder, *freq, out="fresh").exit_code == 0
    for name in FILES:
        assert (folder / "out" / name).read_bytes() == (folder / "fresh" / name).read_bytes(), name


def refused(result):
    assert result.exit_code == 2, result.output
    (line,) = [line for line in result.stderr.splitlines() if line]
    return line


def test_going_on_from_something_else_is_refused(followed):
    assert "holds no series" in refused(call(followed, "--resume", out="new"))
    assert "--force" in refused(call(followed))
    assert "other parameters" in refused(call(followed, "--resume", "--freq", "W"))
    write(snapshot(46.31), followed / "days" / "front_20210620.geojson")
    assert "2021-06-20 is not the one" in refused(call(followed, "--resume"))


def test_an_empty_folder_is_refused(folder):
    (folder / "none").mkdir()
    result = RUNNER.invoke(app, [
        "series", str(folder / "none"), "--districts", str(folder / "districts.gpkg"), "--key", "NAME", "--side", "A",
        "--out", str(folder / "out"),
    ])  # fmt: skip
    assert "holds no layer" in refused(result)


def test_help_shows_an_example_and_knows_all_cadences():
    assert "Example: frontlines series" in RUNNER.invoke(app, ["series", "--help"]).stdout
    assert {freq.value for freq in Freq} == set(FREQUENCIES)


def test_the_front_is_measured_and_districts_and_a_film_are_drawn_when_asked_for(folder):
    result = call(
        folder, "--front-length", "0", "--front-length", "1000", "--border-m", "500", "--panels", "--film"
    )
    assert result.exit_code == 0, result.output
    more = {"fronts.csv", "districts.png", "series.gif"}
    assert {file.name for file in (folder / "out").iterdir()} == {*FILES, *more}
    fronts = pd.read_csv(folder / "out" / "fronts.csv")
    assert fronts["resolution_m"].unique().tolist() == [0, 1000]
    first = fronts[(fronts["date"] == "2021-06-20") & (fronts["resolution_m"] == 0)]
    assert first["district"].tolist() == ["West"]
    degree_km = 111.2  # two degrees of a meridian, less half a kilometre at either end
    assert first["front_km"].iloc[0] == pytest.approx(2 * degree_km - 1, rel=2e-3)
    assert (folder / "out" / "series.gif").read_bytes()[:6] == b"GIF89a"
    again = call(folder, "--front-length", "0", "--border-m", "500")
    assert "fronts.csv" in refused(again)


def test_a_map_of_deepstate_is_read_by_its_colours_and_its_days_are_described(folder):
    days = folder / "days"
    for file in days.iterdir():
        file.unlink()
    for day, fill in (("20210620", "#a52714"), ("20210621", "#a52714"), ("20210623", "#bcaaa4")):
        frame = snapshot(46.5).assign(name="", fill=fill)
        frame.to_file(days / f"deepstatemap_data_{day}.geojson", driver="GeoJSON")
    result = call(folder, "--as", "deepstate", side="RUS")
    assert result.exit_code == 0, result.output
    assert "1 × missing day, 1 × same as before (each is named in manifest.json)" in result.stderr
    manifest = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert {"date": "2021-06-22", "problem": "missing day", "detail": "no snapshot"} in manifest["odd"]
    assert manifest["sources"] == ["DeepStateUA, deepstatemap.live"]
    totals = pd.read_csv(folder / "out" / "totals.csv")
    assert totals["same_input"].tolist() == [True, False]
    assert totals["lost_km2"].iloc[1] == pytest.approx(totals["contested_after_km2"].iloc[1])
    frame.assign(fill="#123456").to_file(days / "deepstatemap_data_20210624.geojson", driver="GeoJSON")
    result = call(folder, "--as", "deepstate", "--force", side="RUS")
    assert result.exit_code == 2
    assert "#123456" in result.stderr


def test_the_source_can_be_named(folder):
    write(snapshot(46.3).assign(source="its own"), folder / "days" / "front_20210620.geojson")
    assert call(folder, "--source", "the staff map").exit_code == 0
    manifest = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["sources"] == ["the staff map"]


def test_ground_in_no_district_is_told(folder):
    """From 46 to 47 E the day's snapshot also covers a degree south of the districts."""
    for file in (folder / "days").iterdir():
        file.unlink()
    for day, north in (("20210620", 40), ("20210621", 41)):
        ground = gpd.GeoDataFrame(geometry=[box(46, 38, 47, north)], crs=LONLAT)
        write(ground, folder / "days" / f"front_{day}.geojson")
    result = call(folder)
    assert result.exit_code == 0, result.output
    south_km2 = 9683.23  # of box(46, 38, 47, 39) on the ellipsoid, by pyproj.Geod with 2,000 points a side
    beyond = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))[
        "beyond_districts_km2"
    ]
    assert list(beyond) == ["2021-06-20", "2021-06-21"]
    assert list(beyond.values()) == pytest.approx([south_km2, south_km2], abs=0.01)
    assert "in no district, not counted: 9,6" in result.stdout


def test_a_run_that_is_cut_off_between_its_files_leaves_nothing_to_go_on_with(followed, monkeypatch):
    replace = Path.replace

    def cut_off(file, target):
        if file.name == "series.parquet" and target.parent == followed / "out":
            raise KeyboardInterrupt
        return replace(file, target)

    monkeypatch.setattr(Path, "replace", cut_off)
    call(followed, "--force")
    monkeypatch.undo()
    assert not (followed / "out" / "manifest.json").exists()
    assert "not the files of a whole run" in refused(call(followed, "--resume"))


def test_a_table_that_was_altered_is_not_gone_on_with(followed):
    table = pd.read_parquet(followed / "out" / "series.parquet")
    table.assign(after_km2=0.0).to_parquet(followed / "out" / "series.parquet")
    assert "series.parquet in" in refused(call(followed, "--resume"))


@pytest.mark.parametrize("text", ["[]", "{", '{"outputs": {}}', '{"outputs": {"series.parquet": "x"}}'])
def test_a_manifest_of_something_else_is_refused(followed, text):
    manifest = followed / "out" / "manifest.json"
    manifest.write_text(text, encoding="utf-8")
    assert "not the files of a whole run" in refused(call(followed, "--resume"))
    if text.startswith("{") and text.endswith("}"):
        manifest.write_text(
            json.dumps(json.loads(text) | {"versions": {"frontlines": "1"}}), encoding="utf-8"
        )
        assert "holds no series to go on with" in refused(call(followed, "--resume"))


def test_what_is_not_written_again_does_not_stay(folder):
    assert call(folder, "--panels", "--front-length", "0", "--border-m", "500").exit_code == 0
    (folder / "out" / "notes.txt").write_text("mine")
    resumed = call(folder, "--resume")
    assert resumed.exit_code == 0
    assert "as they show the run before: districts.png, fronts.csv" in resumed.stderr
    assert {file.name for file in (folder / "out").iterdir()} == {*FILES, "notes.txt"}


def test_the_length_of_a_front_needs_to_know_what_is_border(folder):
    assert "--front-length needs --border-m or --margin-m" in refused(call(folder, "--front-length", "0"))


def test_panels_are_named_by_a_column_of_the_districts(folder):
    assert "no column 'title' for --label: there are NAME" in refused(
        call(folder, "--panels", "--label", "title")
    )
    assert call(folder, "--free-scale", "--label", "name").exit_code == 0
    assert (folder / "out" / "districts.png").exists()


def test_missing_and_repeated_days_are_told_for_any_source(folder):
    (folder / "days" / "front_20210625.geojson").unlink()
    write(snapshot(46.3), folder / "days" / "front_20210621.geojson")
    result = call(folder)
    assert "1 × missing day, 1 × same as before (each is named in manifest.json)" in result.stderr
    assert "the same, bit for bit: 1" in result.stdout


def test_the_record_names_the_files_that_were_read(folder):
    (folder / "days" / "notes.txt").write_text("not a layer")
    assert call(folder).exit_code == 0
    manifest = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert "notes.txt" not in {entry["name"] for entry in manifest["inputs"]}


def test_errors_of_the_lines_are_told_for_each_step_and_the_sum(folder):
    result = call(folder, "--sigma-m", 800, "--correlation-m", 20_000)
    assert result.exit_code == 0, result.output
    assert sorted(file.name for file in (folder / "out").iterdir()) == sorted((*FILES, "overall.csv"))
    series, totals, overall = (
        pd.read_csv(folder / "out" / f"{name}.csv") for name in ("series", "totals", "overall")
    )
    assert (totals["sigma_km2"] > 0).all()
    assert totals["cumulative_sigma_km2"].iloc[-1] == overall["sigma_km2"].iloc[-1]
    west = series[series["district"] == "West"].iloc[-1]
    assert west["sigma_km2"] == 0  # the front is far beyond it
    record = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))["errors"]
    assert round(record["totals"]["A"]["sigma_km2"], 6) == overall["sigma_km2"].iloc[-1]
    said = " ".join(result.stdout.split())
    assert "net, 95%" in said
    assert "errors of the lines (sigma 0.8 km, alike over 20 km along the front), by formula" in said
    assert "Gained and lost have no interval in a series" in said
    done = call(folder, "--sigma-m", 800, "--correlation-m", 20_000, "--resume")
    assert done.exit_code == 0, done.output
    pd.testing.assert_frame_equal(pd.read_csv(folder / "out" / "totals.csv"), totals)
