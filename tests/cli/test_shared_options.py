"""Options that are alike in all commands, what a study file can say of them, and each file read once."""

import importlib
import json
import re
import shutil
from collections import Counter
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import typer
from shapely import LineString, Point, box
from typer.testing import CliRunner

from frontlines import manifest
from frontlines.cli.main import app
from frontlines.sources import formats
from frontlines.sources.files import write
from frontlines.sources.toml import STUDY_TABLES

RUNNER = CliRunner()
LONLAT = "EPSG:4326"
DAYS = [f"2024-07-{day:02}" for day in (8, 11, 15, 18, 22)]
LAST = DAYS[-1]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Two districts with long names, a line and polygons for each of five days, two towns, and a study."""
    folder = tmp_path_factory.mktemp("written")
    held = {"id": ["1", "2"], "NAME": ["Westland", "Eastland"]}
    shapes = [box(46, 39.9, 47, 40.1), box(47, 39.9, 48, 40.1)]
    write(gpd.GeoDataFrame(held, geometry=shapes, crs=LONLAT), folder / "districts.gpkg")
    lines = []
    for number, day in enumerate(DAYS):
        lon = 46.9 + 0.1 * number
        ground = {"date": [day] * 2, "side": ["A", "B"]}
        halves = [box(46, 39.9, lon, 40.1), box(lon, 39.9, 48, 40.1)]
        write(gpd.GeoDataFrame(ground, geometry=halves, crs=LONLAT), folder / "days" / f"{day}.gpkg")
        said = {"date": [day], "side_left": ["A"], "side_right": ["B"], "source": ["a map"]}
        line = gpd.GeoDataFrame(said, geometry=[LineString([(lon, 39.8), (lon, 40.2)])], crs=LONLAT)
        write(line, folder / f"line_{day}.gpkg")
        lines.append(line)
    write(pd.concat(lines, ignore_index=True), folder / "lines.gpkg")
    towns = {"name": ["Ashford", "Bexley"], "date": [LAST] * 2, "side": ["A", "B"], "population": [900, 80]}
    places = [Point(47.1, 40), Point(47.9, 40)]
    write(gpd.GeoDataFrame(towns, geometry=places, crs=LONLAT), folder / "towns.gpkg")
    (folder / "study.toml").write_text(
        f'[study]\ntitle = "T"\nside = "A"\ndates = [{DAYS[0]}, {LAST}]\n[layers]\nfrontlines = "lines.gpkg"\n'
        'districts = "districts.gpkg"\nkey = "id"\n[method]\nsigma_m = 900.0\n'
    )
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path, dirs_exist_ok=True)


def words_of(command, folder):
    """Give a whole call of a command, but for the options to be tried."""
    files = ["--districts", folder / "districts.gpkg", "--key", "id", "--side", "A"]
    lines = [folder / f"line_{day}.gpkg" for day in DAYS]
    return {
        "run": ["run", folder / "study.toml"],
        "change": ["change", lines[0], lines[-1], *files],
        "displacement": ["displacement", *lines, *files, "--spacing-m", 5000, "--length-m", 60_000],
        "series": ["series", folder / "days", *files, "--panels"],
    }[command]


def call(command, folder, *more):
    words = [*words_of(command, folder), "--out", folder / "out", *more]
    return RUNNER.invoke(app, [str(word) for word in words])


def done(command, folder, *more):
    result = call(command, folder, *more)
    assert result.exit_code == 0, result.output
    return result


def record(folder):
    return json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))


# --- each file once --------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["run", "change", "displacement", "series"])
def test_a_file_is_read_and_hashed_once_a_run(folder, monkeypatch, command):
    importlib.import_module("frontlines.study.outputs")  # has the digest of its own, for what is written
    read, hashed = Counter(), Counter()
    reader, digest = formats.read, manifest.sha256

    def counted_read(path, *how):
        read[Path(path).name] += 1
        return reader(path, *how)

    def counted_digest(path):
        hashed[Path(path).name] += 1
        return digest(path)

    monkeypatch.setattr(formats, "read", counted_read)
    monkeypatch.setattr(manifest, "sha256", counted_digest)
    towns = [] if command == "series" else ["--settlements", folder / "towns.gpkg"]
    done(command, folder, *towns)
    given = {
        "run": ["lines.gpkg", "districts.gpkg", "towns.gpkg"],
        "change": [f"line_{DAYS[0]}.gpkg", f"line_{LAST}.gpkg", "districts.gpkg", "towns.gpkg"],
        "displacement": [*(f"line_{day}.gpkg" for day in DAYS), "districts.gpkg", "towns.gpkg"],
        "series": [*(f"{day}.gpkg" for day in DAYS), "districts.gpkg"],
    }[command]
    assert read == Counter(given)
    assert hashed == Counter([*given, "study.toml"] if command == "run" else given)


def test_the_bundled_study_is_hashed_once(tmp_path, monkeypatch):
    hashed, digest = Counter(), manifest.sha256

    def counted_digest(path):
        hashed[Path(path).name] += 1
        return digest(path)

    monkeypatch.setattr(manifest, "sha256", counted_digest)
    monkeypatch.setattr("frontlines.datasets.bundled.sha256", counted_digest)
    assert RUNNER.invoke(app, ["run", "karabakh-1994", "--out", str(tmp_path / "out")]).exit_code == 0
    assert set(hashed.values()) == {1}


def test_one_file_for_two_days_is_read_once_and_named_twice(folder, monkeypatch):
    read, reader = Counter(), formats.read
    monkeypatch.setattr(formats, "read", lambda path, *how: read.update([path.name]) or reader(path, *how))
    files = ["--districts", folder / "districts.gpkg", "--key", "id", "--side", "A", "--out", folder / "out"]
    days = ["--date-before", DAYS[0], "--date-after", LAST]
    words = ["change", folder / "lines.gpkg", folder / "lines.gpkg", *files, *days]
    result = RUNNER.invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    assert read["lines.gpkg"] == 1
    assert [one["role"] for one in record(folder)["inputs"]] == ["before", "after", "districts"]


# --- options that are alike ------------------------------------------------------------------------

OPTIONS = {
    "run": "sigma-m border-m reach-m label source date-before date-after mend settlements title side-name",
    "change": "sigma-m border-m reach-m key label source date-before date-after mend settlements title side-name",
    "series": "border-m reach-m key label source mend title side-name",
    "displacement": "sigma-m border-m reach-m key label source date-before date-after mend settlements title side-name",
    "compare": "border-m reach-m key label mend title side-name",
    "check": "key",
}


def options_of(command):
    made = typer.main.get_command(app).commands[command]
    return {word for option in made.params for word in option.opts if word.startswith("--")}


@pytest.mark.parametrize("command", OPTIONS)
def test_options_are_called_alike(command):
    assert {f"--{name}" for name in OPTIONS[command].split()} <= options_of(command)


def test_an_option_has_the_same_help_everywhere():
    shown = {}
    for command in ("run", "change", "series", "displacement"):
        for option in typer.main.get_command(app).commands[command].params:
            if option.opts[0] in {f"--{name}" for name in " ".join(OPTIONS.values()).split()}:
                shown.setdefault(option.opts[0], set()).add(option.help)
    assert all(len(texts) == 1 for texts in shown.values()), shown


DESCRIBED = {
    f"--{entry.replace('_', '-')}": ("layers", entry)
    for entry in (
        "side_column", "map", "one_side", "side_left", "side_right", "side_at", "date_column", "date_format", "valid_from", "valid_to", "valid_before", "where",
        "sigma_column", "crs", "lon", "lat", "encoding", "allow_date", "allow_empty", "dissolve",
        "as", "each_day", "shift_days",
    )
}  # fmt: skip
SAID_BY = {
    **DESCRIBED,  # where a study file says what an option says
    "--districts": ("layers", "districts"),
    "--key": ("layers", "key"),
    "--label": ("layers", "label"),
    "--no-context": ("map", "around"),
    "--basemap": ("map", "around"),
    "--theatre": ("layers", "theatre"),
    "--settlements": ("layers", "settlements"),
    "--population": ("layers", "population"),
    "--population-per": ("layers", "population_per"),
    "--side": ("study", "side"),
    "--title": ("study", "title"),
    "--source": ("study", "sources"),
    "--date-before": ("study", "dates"),
    "--date-after": ("study", "dates"),
    **{
        f"--{name}": ("method", name.replace("-", "_"))
        for name in [
            "rest",
            "snap-m",
            "sliver-m",
            "border-m",
            "reach-m",
            "margin-m",
            "sigma-m",
            "correlation-m",
            "draws",
            "mend",
        ]
    },
}
OF_THE_COMMAND_ALONE = {
    "--out", "--force", "--limit", "--report", "--help", "--excel", "--csv-bom", "--no-map", "--json", "--workers",
    "--scheduler",
    "--quiet", "--verbose", "--pdf",
}  # fmt: skip
TABLES_OF_ANY_NAME = {"--side-name": "sides", "--side-colour": "colours"}


@pytest.mark.parametrize("command", ["run", "change"])
def test_a_study_file_can_say_all_that_the_options_can(command):
    for option in options_of(command) - OF_THE_COMMAND_ALONE:
        if option in TABLES_OF_ANY_NAME:
            assert TABLES_OF_ANY_NAME[option] in STUDY_TABLES
            continue
        table, entry = SAID_BY[option]
        assert entry in STUDY_TABLES[table], option


def test_the_docs_name_every_entry_of_a_study_file():
    text = (Path(__file__).parents[2] / "docs" / "studies.md").read_text(encoding="utf-8")
    for table, entries in STUDY_TABLES.items():
        assert f"[{table}]" in text
        for entry in entries:
            assert re.search(rf"\b{entry} = ", text), entry


@pytest.mark.parametrize("command", ["run", "change"])
def test_what_options_say_stands_on_the_map_and_in_the_table(folder, command):
    more = ["--label", "name", "--title", "My own title", "--source", "the staff map"]
    more += ["--side-name", "A=Army A", "--side-name", "B=Army B", "--settlements", folder / "towns.gpkg"]
    result = done(command, folder, *more)
    assert "Ground of A (Army A)" in result.stdout
    assert "Westland" in result.stdout
    assert "Eastland" in result.stdout
    assert pd.read_csv(folder / "out" / "balance.csv")["district"].tolist() == [1, 2]
    found = record(folder)
    assert found["title"] == "My own title"
    assert found["sources"] == ["the staff map"]
    assert found["sides"] == {"A": "Army A", "B": "Army B"}
    assert {one["role"]: one["name"] for one in found["inputs"]}["settlements"] == "towns.gpkg"
    places = pd.read_csv(folder / "out" / "settlements.csv").set_index("name")
    assert places.loc["Ashford", ["side_from", "side_to"]].tolist() == ["B", "A"]
    assert places.loc["Bexley", ["side_from", "side_to"]].tolist() == ["B", "B"]
    assert "settlements.csv, population.csv" in result.stderr
    assert "places from B to A, 1 of 2: Ashford" in result.stdout
    assert "people in its places: 0 before, 900 after (gained 900, lost 0)" in result.stdout
    people = pd.read_csv(folder / "out" / "population.csv")
    assert people["district"].tolist() == ["2", "all districts"] * 2  # of either side
    assert people["side"].tolist() == ["A", "A", "B", "B"]


@pytest.mark.parametrize("command", ["run", "change", "displacement", "series"])
def test_words_reach_the_figures(folder, monkeypatch, command):
    drawn = []
    from frontlines import plot  # noqa: PLC0415

    for name in ("change_figure", "series_figure", "district_figure", "movement_figure"):
        figure = getattr(plot, name)

        def keep(*args, _figure=figure, **options):
            drawn.append(_figure(*args, **options))
            return drawn[-1]

        monkeypatch.setattr(plot, name, keep)
    more = ["--label", "NAME", "--title", "My own title", "--source", "the staff map"]
    more += ["--side-name", "A=Army A"]
    more += [] if command == "series" else ["--settlements", folder / "towns.gpkg"]
    done(command, folder, *more)
    text = " ".join(" ".join(t.get_text().split()) for f in drawn for t in f.findobj(match=_is_text))
    wanted = ["My own title", "the staff map", "Westland", "Eastland"]
    wanted += {"series": ["Army A"], "displacement": []}.get(command, ["Army A", "Ashford"])
    assert [word for word in wanted if word not in text] == []


@pytest.mark.parametrize("command", ["displacement", "series"])
def test_no_context_reaches_every_picture(folder, monkeypatch, command):
    from frontlines.plot import surroundings  # noqa: PLC0415

    asked, given = [], surroundings.neighbours
    monkeypatch.setattr(
        surroundings, "neighbours", lambda *args, **more: asked.append(args) or given(*args, **more)
    )
    film = ["--film"] if command == "series" else []
    done(command, folder, *film, "--no-context")
    assert asked == []
    done(command, folder, *film, "--force")
    assert len(asked) == 1


def _is_text(artist):
    from matplotlib.text import Text  # noqa: PLC0415

    return isinstance(artist, Text)


@pytest.mark.parametrize("command", ["run", "change", "displacement", "series"])
def test_a_label_that_is_not_there_is_answered_with_the_columns(folder, command):
    result = call(command, folder, "--label", "nom")
    assert result.exit_code == 2
    assert "the districts have no column 'nom' for --label: there are NAME" in result.stderr
    assert not (folder / "out").exists()


@pytest.mark.parametrize("wrong", ["A", "=Army", "A= "])
def test_a_side_name_needs_both_parts(folder, wrong):
    result = call("change", folder, "--side-name", wrong)
    assert result.exit_code == 2
    assert "write NAME=TEXT, such as A='Side A'" in result.stderr


def test_labels_that_two_districts_share_keep_their_names_beside_them(folder):
    districts = gpd.read_file(folder / "districts.gpkg").assign(NAME="Land")
    write(districts, folder / "districts.gpkg")
    result = done("change", folder, "--label", "NAME")
    assert "Land (1)" in result.stdout
    assert "Land (2)" in result.stdout


def test_options_go_before_what_a_study_says(folder):
    done("run", folder, "--date-after", DAYS[2], "--sigma-m", 300, "--border-m", 7, "--draws", 5)
    found = record(folder)
    assert found["dates"] == [DAYS[0], DAYS[2]]
    assert found["errors"]["sigma_m"] == 300
    assert found["errors"]["draws"] == 5
    assert found["parameters"]["border_m"] == 7


def test_a_study_can_be_mended_by_its_file_and_by_the_option_that_its_error_advises(folder):
    control = [gpd.read_file(folder / "days" / f"{day}.gpkg") for day in (DAYS[0], LAST)]
    control[0].loc[1, "geometry"] = box(46.8, 39.9, 48, 40.1)
    write(pd.concat(control, ignore_index=True), folder / "control.gpkg")
    text = (folder / "study.toml").read_text().replace('frontlines = "lines', 'control = "control')
    (folder / "study.toml").write_text(text)
    result = call("run", folder)
    assert result.exit_code == 2
    assert "--mend" in result.stderr
    done("run", folder, "--mend", "all")
    assert record(folder)["parameters"]["mend"] is True
    (folder / "study.toml").write_text(text + 'mend = ["overlaps", "invalid"]\n')
    done("run", folder, "--force")
    assert record(folder)["parameters"]["mend"] == ["invalid", "overlaps"]
    done("run", folder, "--force", "--mend", "overlaps")
    assert record(folder)["parameters"]["mend"] == ["overlaps"]
    assert call("run", folder, "--mend", "everything").exit_code == 2
    (folder / "study.toml").write_text(text + "mend = true\n")
    done("run", folder, "--force")
    assert record(folder)["books"]["control_mended_km2"] > 0


def test_polygons_of_a_study_that_do_not_say_whose_they_are_belong_to_its_side(folder):
    days = [gpd.read_file(folder / "days" / f"{day}.gpkg").iloc[:1] for day in (DAYS[0], LAST)]
    write(pd.concat(days, ignore_index=True)[["date", "geometry"]], folder / "bare.gpkg")
    text = (folder / "study.toml").read_text().replace('frontlines = "lines', 'control = "bare')
    (folder / "study.toml").write_text(text)
    result = done("run", folder, "--rest", "B")
    assert "no column 'side', so read as ground of A: bare.gpkg" in result.stdout


def test_a_publisher_that_is_not_known_is_answered_with_those_that_are(folder):
    result = call("series", folder, "--as", "nonesuch")
    assert result.exit_code == 2
    assert "no publisher 'nonesuch' is known: use one of cities-ukraine, deepstate, isw" in result.stderr
