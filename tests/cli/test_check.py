"""``frontlines check``: what is wrong with a layer, shown and written."""

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, MultiPoint, Point, Polygon, box
from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.datasets import locate
from frontlines.sources.files import read_layer, write

RUNNER = CliRunner()
LONLAT = "EPSG:4326"
DAY = "1994-05-12"


def call(*words):
    return RUNNER.invoke(app, ["check", *(str(word) for word in words)])


def layer(columns, shapes, crs=LONLAT):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


@pytest.fixture
def sound(tmp_path):
    """One sound file of each kind."""
    halves = [box(46, 39, 47, 41), box(47, 39, 48, 41)]
    frames = {
        "control": layer({"date": [DAY] * 2, "side": ["A", "B"]}, halves),
        "districts": layer({"NAME": ["West", "East"]}, halves),
        "frontlines": layer(
            {"date": [DAY], "side_left": ["A"], "side_right": ["B"]}, [LineString([(47, 39), (47, 41)])]
        ),
        "theatre": layer({}, [box(46, 39, 48, 41)]),
    }
    for name, frame in frames.items():
        write(frame, tmp_path / f"{name}.gpkg")
    return tmp_path


@pytest.fixture
def bowtie(tmp_path):
    crossed = Polygon([(46, 39), (47, 40), (47, 39), (46, 40)])
    write(layer({"date": [DAY], "side": ["A"]}, [crossed]), tmp_path / "bowtie.gpkg")
    return tmp_path / "bowtie.gpkg"


def test_sound_layers_pass_each_as_its_kind(sound):
    files = [sound / f"{name}.gpkg" for name in ("control", "districts", "frontlines", "theatre")]
    result = call(*files[:3], "--key", "name")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.partition(".gpkg: ")[2] for line in lines] == [
        "2 rows as control: nothing wrong",
        "2 rows as districts: nothing wrong",
        "1 row as frontlines: nothing wrong",
    ]
    assert result.stderr == ""
    assert call(files[3]).stdout.endswith("1 row as polygons: nothing wrong\n")


def test_the_bundled_layers_pass():
    folder = locate("karabakh-1994").parent
    names = ("control.geojson", "districts.geojson", "frontlines.geojson", "settlements.csv")
    result = call(*(folder / name for name in names), "--theatre", folder / "theatre.geojson")
    assert result.exit_code == 0, result.output
    assert "rows as settlements" in result.stdout
    assert "of them without a place: nothing wrong" in result.stdout


def test_one_faulty_file_of_several_is_enough(sound, bowtie):
    result = call(sound / "control.gpkg", bowtie)
    assert result.exit_code == 2
    assert "control.gpkg: 2 rows as control: nothing wrong" in result.stdout
    assert "bowtie.gpkg: 1 row as control: 1 fault\n" in result.stdout
    assert "Self-intersection" in result.stdout
    assert "46.5000°E 39.5" in result.stdout


def test_what_is_thin_as_a_hair_is_told_and_passes(tmp_path):
    over = gpd.GeoDataFrame(
        {"side": ["A", "B"], "date": "2001-01-01"},
        geometry=[box(46, 39, 47.000002, 41), box(47, 39, 48, 41)],
        crs="EPSG:4326",
    )
    write(over, tmp_path / "over.gpkg")
    result = call(tmp_path / "over.gpkg")
    assert result.exit_code == 0
    assert "2 rows as control: nothing wrong" in result.stdout
    assert "1 thin overlap, 0.038 km² in all: mended unasked, and booked" in result.stdout


def test_the_mend_is_told_in_the_words_of_the_command_line(bowtie):
    shown = call(bowtie).stdout
    assert "--mend" in shown
    assert "mend=" not in shown


def test_all_sorts_of_fault_are_listed_and_written(tmp_path):
    square = box(46, 39, 47, 40)
    faulty = layer(
        {
            "Date": [DAY, DAY, "May", None, DAY, DAY],
            "SIDE": ["A", "B", "A", "B", "", "C"],
            "sigma_m": [1.0, -5.0, np.nan, 1.0, 1.0, 1.0],
        },
        [square, box(46.5, 39, 48, 40), Point(46, 39), box(50, 39, 51, 40), box(52, 39, 53, 40), None],
    )
    write(faulty, tmp_path / "faulty.gpkg")
    result = call(tmp_path / "faulty.gpkg", "--kind", "control", "--write-problems", tmp_path / "p.gpkg")
    assert result.exit_code == 2
    problems = read_layer(tmp_path / "p.gpkg")
    wanted = {
        "bad date",
        "no date",
        "no side",
        "bad sigma",
        "no geometry",
        "wrong geometry",
        "overlap",
        "gap",
    }
    assert wanted - {"gap"} <= set(problems["fault"])
    assert problems.crs.to_epsg() == 4326
    assert set(problems["file"].map(lambda name: name.rpartition("/")[2])) == {"faulty.gpkg"}
    overlap = problems[problems["fault"] == "overlap"].iloc[0]
    assert overlap["rows"] == "0, 1"
    assert overlap.geometry.equals_exact(
        box(46.5, 39, 47, 40), 1e-3
    ) or overlap.geometry.area == pytest.approx(0.5, abs=1e-3)
    assert overlap["area_km2"] == pytest.approx(0.5 * 85.8 * 111, rel=0.02)
    for sort in set(problems["fault"]):
        assert f"\n{sort}: " in result.stdout
    assert str(tmp_path / "p.gpkg") in result.stderr


def test_rows_without_a_place_share_a_line(tmp_path):
    many = layer({"date": [DAY] * 30, "side": [""] * 30}, [box(n, 0, n + 0.5, 1) for n in range(30)])
    write(many, tmp_path / "many.gpkg")
    result = call(tmp_path / "many.gpkg")
    lines = [line for line in result.stdout.splitlines() if line.startswith("│ no side")]
    assert len(lines) == 1
    assert "30 faults" in result.stdout
    assert "and 18 more" in result.stdout


def test_a_list_that_is_too_long_says_how_many_are_left_out(tmp_path):
    shapes = [box(n, 0, n + 1.1, 1) for n in range(62)]
    write(layer({"date": [DAY] * 62, "side": ["A"] * 62}, shapes), tmp_path / "many.gpkg")
    result = call(tmp_path / "many.gpkg", "--write-problems", tmp_path / "p.parquet")
    assert "and 11 more; --write-problems writes them all" in result.stdout
    assert len(read_layer(tmp_path / "p.parquet")) == 61


def test_the_theatre_must_be_filled(sound):
    write(layer({}, [box(46, 39, 49, 41)]), sound / "wide.geojson")
    result = call(
        sound / "control.gpkg", "--theatre", sound / "wide.geojson", "--write-problems", sound / "p.kml"
    )
    assert result.exit_code == 2
    assert "gap" in result.stdout
    (gap,) = read_layer(sound / "p.kml").geometry
    assert gap.centroid.distance(Point(48.5, 40)) < 0.05


def test_a_file_without_crs_is_a_fault_that_can_be_written(tmp_path):
    layer({"date": [DAY], "side": ["A"]}, [box(0, 0, 1, 1)], crs=None).to_parquet(tmp_path / "a.parquet")
    result = call(tmp_path / "a.parquet", "--write-problems", tmp_path / "p.gpkg")
    assert result.exit_code == 2
    assert "no CRS" in result.stdout
    problems = read_layer(tmp_path / "p.gpkg")
    assert problems["fault"].tolist() == ["no CRS"]
    assert problems.geometry.isna().all()


def test_with_and_without_crs_in_one_call(tmp_path, bowtie):
    layer({"date": [DAY], "side": ["A"]}, [box(0, 0, 1, 1)], crs=None).to_parquet(tmp_path / "a.parquet")
    result = call(tmp_path / "a.parquet", bowtie, "--write-problems", tmp_path / "p.gpkg")
    assert result.exit_code == 2
    assert read_layer(tmp_path / "p.gpkg")["fault"].tolist() == ["no CRS", "invalid"]


def test_nothing_wrong_writes_an_empty_layer(sound):
    result = call(sound / "control.gpkg", "--write-problems", sound / "p.gpkg")
    assert result.exit_code == 0
    assert read_layer(sound / "p.gpkg").empty


@pytest.mark.parametrize("extra", [[], ["--theatre", "theatre.gpkg"]])
def test_a_layer_that_is_read_is_not_replaced(sound, monkeypatch, extra):
    monkeypatch.chdir(sound)
    target = extra[1] if extra else "control.gpkg"
    old = (sound / target).read_bytes()
    result = call(sound / "control.gpkg", *extra, "--write-problems", target)
    assert result.exit_code == 2
    assert "would replace" in result.stderr
    assert (sound / target).read_bytes() == old


def test_the_key_must_be_there(sound):
    result = call(sound / "districts.gpkg", "--key", "nom")
    assert result.exit_code == 2
    assert result.stderr.endswith("has no column 'nom': it has NAME\n")
    result = call(sound / "districts.gpkg", "--kind", "districts", "--key", "nom")
    assert "has no column 'nom'" in result.stderr


def test_repeated_names_of_districts_are_found_by_key(sound):
    twice = layer({"id": [1, 2], "name": ["X", "X"]}, [box(46, 39, 47, 40), box(47, 39, 48, 40)])
    write(twice, sound / "twice.geojson")
    assert call(sound / "twice.geojson", "--key", "id").exit_code == 0
    result = call(sound / "twice.geojson", "--key", "name")
    assert result.exit_code == 2
    assert "repeated name" in result.stdout


@pytest.mark.parametrize(
    ("shape", "columns", "kind"),
    [
        (LineString([(46, 39), (47, 40)]), {"note": ["x"]}, "frontlines"),
        (Point(46, 39), {"side": ["A"]}, "settlements"),
        (MultiPoint([(46, 39), (47, 40)]), {"side": ["A"]}, "settlements"),
        (box(46, 39, 47, 40), {"SIDE": ["A"]}, "control"),
        (box(46, 39, 47, 40), {"District": ["A"]}, "districts"),
        (box(46, 39, 47, 40), {"other": ["A"]}, "polygons"),
    ],
)
def test_the_kind_follows_from_columns_and_geometry(tmp_path, shape, columns, kind):
    write(layer(columns, [shape]), tmp_path / "a.gpkg")
    assert f"1 row as {kind}" in call(tmp_path / "a.gpkg").stdout


def test_a_kind_that_is_not_known_is_answered_with_those_that_are(sound):
    result = call(sound / "control.gpkg", "--kind", "roads")
    assert result.exit_code == 2
    assert "use one of control, frontlines, settlements, districts" in result.stderr


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".parquet"])
def test_an_empty_layer_is_no_crash(tmp_path, suffix):
    write(layer({"date": [], "side": []}, []), tmp_path / f"a{suffix}")
    result = call(tmp_path / f"a{suffix}")
    assert result.exit_code in (0, 2)
    assert "0 rows as" in result.stdout


def test_hostile_text_is_shown_as_text(tmp_path):
    hostile = "[red]\x1b[2J</x>"
    write(layer({"district": [hostile] * 2}, [box(46, 39, 47, 40), box(47, 39, 48, 40)]), tmp_path / "a.gpkg")
    result = call(tmp_path / "a.gpkg")
    assert result.exit_code == 2
    assert "[red]" in result.stdout
    assert "\x1b" not in result.output
