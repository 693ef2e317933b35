"""Publishers' files on the command line: named, recognized, settled; and months as a publisher cuts them."""

import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import LineString, box
from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.sources.files import write

pytestmark = pytest.mark.usefixtures("empty_pictures")
RUNNER = CliRunner()
LONLAT = "EPSG:4326"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """One district of two degrees, and DeepState's archive of two days without keys, one of them twice."""
    folder = tmp_path_factory.mktemp("written")
    district = gpd.GeoDataFrame({"name": ["D"]}, geometry=[box(36, 49, 38, 50)], crs=LONLAT)
    write(district, folder / "districts.geojson")
    for second, name, fill, east in (
        (1689006373, "Окуповано /// Occupied", "#a52714", 37),
        (1743357600, "Окуповано /// Occupied", "#a52714", 37.5),
        (1743364685, "Багатокутник 21", "#a52714", 36.4),
    ):
        document(
            folder / "archive" / f"{second}.geojson", ({"name": name, "fill": fill}, box(36, 49, east, 50))
        )
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path, dirs_exist_ok=True)


def document(path, *features):
    path.parent.mkdir(exist_ok=True)
    listed = [
        {"type": "Feature", "properties": said, "geometry": shapely.geometry.mapping(shape)}
        for said, shape in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": listed}), encoding="utf-8")
    return path


def run(command, folder, *more):
    words = [command, *more, "--districts", folder / "districts.geojson", "--key", "name", "--side", "RUS"]
    return RUNNER.invoke(app, list(map(str, [*words, "--out", folder / "out", "--force"])))


def refusal(result):
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1
    return result.stderr


def shares(folder, result, name="series.csv"):
    assert result.exit_code == 0, result.output
    table = pd.read_csv(folder / "out" / name)
    return [round(table[column].iloc[at], 3) for column, at in (("share_before", 0), ("share_after", -1))]


def test_an_archive_is_read_by_its_fills_and_of_a_day_the_file_that_is_chosen(folder):
    told = refusal(run("series", folder, folder / "archive", "--as", "deepstate"))
    assert "several files show 2025-03-30: take one with --each-day last or --each-day first" in told
    assert "(1743357600.geojson, 1743364685.geojson)" in told
    result = run("series", folder, folder / "archive", "--as", "deepstate", "--each-day", "last")
    assert shares(folder, result) == [0.5, 0.2]
    assert (
        "1 value not known, read by what stands beside: 'Багатокутник 21' by '#a52714' as RUS (1)"
        in result.stdout
    )
    first = run("series", folder, folder / "archive", "--as", "deepstate", "--each-day", "first")
    assert shares(folder, first) == [0.5, 0.75]
    described = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))["parameters"][
        "described"
    ]
    assert described == {"publisher": "deepstate", "each_day": "first"}


def test_what_is_unmistakable_is_read_so_and_said(folder):
    result = run("series", folder, folder / "archive", "--each-day", "last")
    assert shares(folder, result) == [0.5, 0.2]
    assert "recognized as a map of deepstate, and read as such" in result.stdout
    files = [folder / "archive" / f"{second}.geojson" for second in (1689006373, 1743364685)]
    result = run("change", folder, *files, "--as", "deepstate", "--rest", "UKR")
    assert shares(folder, result, "balance.csv") == [0.5, 0.2]
    result = RUNNER.invoke(app, ["check", str(files[0])])
    assert result.exit_code == 0, result.output
    assert "1 row as control: nothing wrong" in result.stdout
    assert "recognized as a map of deepstate" in result.stdout
    document(
        files[0],
        ({"name": "Окуповано /// Occupied"}, box(36, 49, 37, 50)),
        ({"name": "x"}, LineString([(36, 49), (37, 50)])),
    )
    result = run("change", folder, *files, "--as", "deepstate", "--rest", "UKR")
    assert "1689006373.geojson, left out: LineString 1" in result.stdout


def test_an_unknown_value_is_settled_on_the_command_line_and_no_side_is_advised(folder):
    document(
        folder / "archive" / "1743364685.geojson",
        ({"name": "Мутно", "fill": "#123456"}, box(36, 49, 36.4, 50)),
    )
    (folder / "archive" / "1743357600.geojson").unlink()
    told = refusal(run("series", folder, folder / "archive", "--as", "deepstate"))
    assert (
        "the fill '#123456' is not known: say whose ground it is with --map '#123456=NAME', or leave it out with "
        "--map '#123456=' (1743364685.geojson feature 1)"
    ) in told
    settled = ("--as", "deepstate", "--map", "#123456=RUS")
    assert shares(folder, run("series", folder, folder / "archive", *settled)) == [0.5, 0.2]
    told = refusal(run("series", folder, folder / "archive", *settled, "--map", "#654321=RUS"))
    assert "has the value '#654321', which --map names" in told


def test_classes_of_a_publisher_in_a_study_and_in_files_of_one_s_own(folder):
    for day, areas in (
        ("2022-09-10", [("nochange", 36, 37)]),
        ("2022-11-15", [("nochange", 36, 36.4), ("losses", 36.4, 37)]),
    ):
        document(
            folder / f"{day}.geojson",
            *(({"type": kind}, box(west, 49, east, 50)) for kind, west, east in areas),
        )
    files = [folder / f"{day}.geojson" for day in ("2022-09-10", "2022-11-15")]
    assert shares(folder, run("change", folder, *files, "--as", "nzz"), "balance.csv") == [0.5, 0.2]
    (folder / "own.toml").write_text(
        'credit = "Ours"\n[layers]\nside_column = "type"\nmap = {nochange = "RUS", losses = "UKR"}\n',
        encoding="utf-8",
    )
    assert shares(folder, run("change", folder, *files, "--as", folder / "own.toml"), "balance.csv") == [
        0.5,
        0.2,
    ]
    rows = [gpd.read_file(file).assign(date=file.stem) for file in files]
    write(pd.concat(rows, ignore_index=True), folder / "both.geojson")
    (folder / "study.toml").write_text(
        '[study]\ntitle = "A"\nside = "RUS"\ndates = [2022-09-10, 2022-11-15]\n'
        '[layers]\ncontrol = "both.geojson"\ndistricts = "districts.geojson"\nkey = "name"\nas = "own.toml"\n',
        encoding="utf-8",
    )
    result = RUNNER.invoke(app, ["run", str(folder / "study.toml"), "--out", str(folder / "out"), "--force"])
    assert shares(folder, result, "balance.csv") == [0.5, 0.2]
    manifest = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["sources"] == ["Ours"]


def test_two_sources_of_two_publishers(folder):
    ours = document(folder / "ours_2023-07-10.geojson", ({"type": "gains"}, box(36, 49, 37.5, 50)))
    files = (folder / "archive" / "1689006373.geojson", ours)
    result = run("compare", folder, *files, "--as", "deepstate", "--as", "nzz")
    assert result.exit_code == 0, result.output
    table = pd.read_csv(folder / "out" / "agreement.csv")
    assert table["iou"].iloc[0] == pytest.approx(2 / 3, rel=1e-3)
    assert "--as is given once" in refusal(run("compare", folder, *files, *("--as", "nzz") * 3))


def test_months_from_the_second_to_the_second(folder):
    """Half a hundredth of a degree a day: a month's net is as many as it has days, wherever it is cut."""
    for number, day in enumerate(pd.date_range("2025-05-25", "2025-07-10")):
        document(folder / "daily" / f"{day:%Y%m%d}.geojson", ({}, box(36, 49, 36.5 + 0.005 * number, 50)))
    for options in (("--day", 2), ("--shift-days", -1, "--day", 1)):
        result = run("series", folder, folder / "daily", "--freq", "monthly", *options)
        assert result.exit_code == 0, result.output
        totals = pd.read_csv(folder / "out" / "totals.csv")
        shift = pd.Timedelta(days=-1 if "--shift-days" in options else 0)
        june = totals.iloc[1]
        cut = [pd.Timestamp(day) + shift for day in ("2025-06-02", "2025-07-02")]
        assert [june["date_from"], june["date_to"]] == [f"{day:%Y-%m-%d}" for day in cut]
        assert june["net_km2"] / totals["net_km2"].sum() == pytest.approx(30 / 46)
        assert totals["cadence"].iloc[0] == f"monthly, to day {options[-1]}"
    assert "give a day from 1 to 28" in refusal(
        run("series", folder, folder / "daily", "--freq", "weekly", "--day", 2)
    )
