"""Files of a run: all of them or none, and nobody else's are lost."""

from pathlib import Path

import geopandas as gpd
import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from shapely import LineString, box
from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.errors import SourceError
from frontlines.plot import save_figure
from frontlines.sources.files import write
from frontlines.study import outputs
from frontlines.study.outputs import only_run_in, staged

FILES = outputs.FILES["change"]

RUNNER = CliRunner()
LONLAT = "EPSG:4326"


@pytest.fixture
def words(tmp_path):
    """A comparison of two small files, into a folder that is not there yet."""
    write(
        gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(46, 39, 48, 41)], crs=LONLAT), tmp_path / "d.gpkg"
    )
    for day, lon in (("2024-07-08", 46.5), ("2024-07-15", 47.25)):
        line = gpd.GeoDataFrame(
            {"date": [day], "side_left": ["A"], "side_right": ["B"]},
            geometry=[LineString([(lon, 39), (lon, 41)])],
            crs=LONLAT,
        )
        write(line, tmp_path / f"{day}.gpkg")
    files = [tmp_path / "2024-07-08.gpkg", tmp_path / "2024-07-15.gpkg", "--districts", tmp_path / "d.gpkg"]
    more = ["--key", "district", "--side", "A", "--out", tmp_path / "new" / "out"]
    return [str(word) for word in ("change", *files, *more)]


def _content(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def _begin(out, *, force, inputs=()):
    with only_run_in(out, FILES, force=force, inputs=inputs):
        pass


def _write_half(out, stop):
    with only_run_in(out, (), force=False), staged(out) as folder:
        (folder / "a").write_text("half", encoding="utf-8")
        raise stop


def test_staged_files_appear_together_or_not_at_all(tmp_path):
    out = tmp_path / "out"
    with only_run_in(out, (), force=False), staged(out) as folder:
        assert folder.parent == tmp_path / "out"
        for name in ("a", "b"):
            (folder / name).write_text(name, encoding="utf-8")
            assert not (tmp_path / "out" / name).exists()
    assert _content(tmp_path / "out") == {"a": b"a", "b": b"b"}


@pytest.mark.parametrize("stop", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_run_that_stops_takes_away_what_it_made(tmp_path, stop):
    with pytest.raises(stop):
        _write_half(tmp_path / "new" / "out", stop)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_stops_leaves_the_folder_as_it_was(tmp_path):
    (tmp_path / "a").write_text("old", encoding="utf-8")
    with pytest.raises(RuntimeError):
        _write_half(tmp_path, RuntimeError)
    assert _content(tmp_path) == {"a": b"old"}
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_a_disk_that_is_full_is_an_error_of_the_library(tmp_path):
    out = tmp_path / "out"
    free, full = (
        only_run_in(out, (), force=False),
        pytest.raises(SourceError, match="out cannot be written: no"),
    )
    with full, free, staged(out):
        raise OSError("no space")
    assert list(tmp_path.iterdir()) == []


def test_what_stands_in_the_way_is_refused_before_work_begins(tmp_path):
    _begin(tmp_path / "absent", force=False)
    _begin(tmp_path, force=False)
    (tmp_path / "map.png").write_text("mine", encoding="utf-8")
    with pytest.raises(
        SourceError, match=r"holds map\.png, but no manifest\.json of frontlines: they are not"
    ):
        _begin(tmp_path, force=True)
    (tmp_path / "manifest.json").write_text('{"versions": {"frontlines": "1"}}', encoding="utf-8")
    with pytest.raises(SourceError, match=r"holds map\.png, which the run is to read: pass another folder"):
        _begin(tmp_path, force=True, inputs=(None, tmp_path / "map.png"))
    with pytest.raises(
        SourceError,
        match=r"holds map\.png, manifest\.json of another run: pass force=True, or another folder",
    ):
        _begin(tmp_path, force=False)
    _begin(tmp_path, force=True)
    with pytest.raises(SourceError, match=r"map\.png is a file: pass the name of a folder"):
        _begin(tmp_path / "map.png", force=True)
    (tmp_path / "map.svg").mkdir()
    with pytest.raises(SourceError, match=r"holds folders named map\.svg: pass another folder"):
        _begin(tmp_path, force=True)


def test_an_out_that_is_a_file_is_refused_at_once(words, monkeypatch):
    Path(words[-1]).parent.mkdir()
    Path(words[-1]).write_text("mine", encoding="utf-8")
    monkeypatch.setattr("frontlines.compare", lambda *_, **__: pytest.fail("work was begun"))
    result = RUNNER.invoke(app, words)
    assert result.exit_code == 2
    assert "is a file: pass the name of a folder" in result.stderr
    assert Path(words[-1]).read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    "name", ["plot.save_figure", "study.outputs.to_json", "study.outputs.write", "study.outputs.write_layers"]
)
def test_nothing_is_left_whatever_fails_late(words, monkeypatch, name):
    def fail(*_args, **_kwargs):
        raise SourceError("no ink")

    monkeypatch.setattr(f"frontlines.{name}", fail)
    result = RUNNER.invoke(app, words)
    assert result.exit_code == 2
    assert result.stderr == "error: no ink\n"
    assert result.stdout == ""
    assert not Path(words[-1]).parent.exists()


def test_the_files_of_a_run_before_survive_one_that_fails(words, monkeypatch):
    assert RUNNER.invoke(app, [*words, "--pdf"]).exit_code == 0
    old = _content(Path(words[-1]))
    assert set(old) == {*FILES, "map.pdf"}

    def fail(*_args, **_kwargs):
        raise SourceError("no ink")

    monkeypatch.setattr("frontlines.plot.change_figure", fail)
    assert RUNNER.invoke(app, [*words, "--force"]).exit_code == 2
    assert _content(Path(words[-1])) == old
    assert {file.name for file in Path(words[-1]).iterdir()} == set(old)


def test_two_runs_give_the_same_tables_maps_and_manifest(words):
    assert RUNNER.invoke(app, words).exit_code == 0
    first = _content(Path(words[-1]))
    assert RUNNER.invoke(app, [*words, "--force"]).exit_code == 0
    second = _content(Path(words[-1]))
    first.pop("change.gpkg")  # holds the time of its writing
    assert [name for name, content in first.items() if content != second[name]] == []


def test_files_of_ones_own_in_the_folder_are_let_alone(words):
    out = Path(words[-1])
    out.mkdir(parents=True)
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    assert RUNNER.invoke(app, words).exit_code == 0
    assert {file.name for file in out.iterdir()} == {*FILES, "notes.txt"}


@pytest.mark.print_size
def test_a_figure_is_saved_for_print_and_leaves_settings_alone(tmp_path):
    settings = dict(mpl.rcParams)
    for suffix in (".png", ".svg"):
        save_figure(Figure(figsize=(2, 1)), tmp_path / f"map{suffix}")
    assert dict(mpl.rcParams) == settings
    png = (tmp_path / "map.png").read_bytes()
    assert (int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")) == (600, 300)
    assert b"<svg" in (tmp_path / "map.svg").read_bytes()
