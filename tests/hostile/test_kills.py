"""A command that is killed at any of its writes leaves the old results or the new ones, whole."""

import os
import re
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import pytest
from shapely import box

import frontlines as fl
from frontlines.cli import checking, digitizing  # noqa: F401 - loaded late by the commands
from frontlines.cli.main import main
from frontlines.report import page
from frontlines.sources.writing import only_run_in
from frontlines.study import draft, outputs  # noqa: F401 - as above
from tests.forking import dies_at, forked

KILLS = 20


def _held(folder):
    return {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_killed_command_leaves_one_set_whole(tmp_path, monkeypatch):
    out = tmp_path / "out"

    def write_into(found, folder, _wanted):
        for name in outputs.FILES["change"]:
            text = '{"versions": {"frontlines": "0"}}' if name == outputs.MANIFEST else found.mark
            (Path(folder) / name).write_text(text, encoding="utf-8")

    monkeypatch.setattr("frontlines.cli.answering._show", lambda *_shown: None)
    monkeypatch.setattr(outputs, "write_into", write_into)
    read = [tmp_path / "before", tmp_path / "after"]
    for path in read:
        path.touch()
    words = ["change", *map(str, read), "--out", str(out), "--force"]

    def be_the_command(number, which):
        found = SimpleNamespace(kind="change", mark=which)
        monkeypatch.setattr("frontlines.compare", lambda *_files, **_options: found)
        if number:
            dies_at(number, out)
        sys.argv = ["frontlines", *words]
        main()

    ends = set()
    for number in range(KILLS):
        which = "odd" if number % 2 else "even"
        child = forked(lambda number=number, which=which: be_the_command(2 * number, which))
        ends.add(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        with only_run_in(out):
            held = _held(out)
        told = {text for name, text in held.items() if name != outputs.MANIFEST}
        assert len(told) <= 1, (number, held)
        assert set(held) in ({*outputs.FILES["change"]}, set()), number
    assert 137 in ends


def _squares(which):
    """Give districts that overlap, so that there is something to find, and whose names are the mark."""
    names = [f"{which} {number}" for number in range(8)]
    squares = [box(46, 39, 47 + number / 100, 40) for number in range(8)]
    return gpd.GeoDataFrame({"district": names}, geometry=squares, crs="EPSG:4326")


def _words(command, out, which):
    """Give the words of a command that writes one file, or a few, into a folder."""
    read = out.parent / f"{which}.geojson"
    return {
        "check": ["check", read, "--kind", "districts", "--write-problems", out / "p.gpkg"],
        "report": ["report", out.parent / which, "--out", out / "report.html"],
        "init": ["init", out, read],
        "digitize": ["digitize", out.parent / which, "--out", out],
    }[command]


def _carry_out(command, out, which):
    if command.startswith("."):
        fl.write(_squares(which), out / f"a{command}")
        return
    sys.argv = ["frontlines", *map(str, _words(command, out, which)), "--force"]
    with suppress(SystemExit):
        main()


def _marks(out):
    """Read whose results lie in a folder, each whole: all rows, and texts to their end."""
    found = set()
    for file in sorted(out.iterdir()):
        if file.suffix in (".shp", ".gpkg", ".geojson"):
            rows = fl.read_layer(file)
            assert len(rows) >= len(_squares(""))
            found |= set(rows["file" if "file" in rows else "district"].str.extract("(odd|even)")[0])
        elif file.suffix in (".html", ".json", ".toml", ".csv"):
            text = file.read_text(encoding="utf-8")
            assert text.endswith("\n")
            found |= set(re.findall("odd|even", text))
    return found


@pytest.fixture
def _answers(tmp_path, monkeypatch):
    """Let commands that take long find at once what they are to write."""
    for which in ("odd", "even"):
        fl.write(_squares(which), tmp_path / f"{which}.geojson")
        (tmp_path / which).mkdir()
    monkeypatch.setattr(page, "read_folder", lambda folder: folder.name)
    monkeypatch.setattr(page, "_page", lambda run: f"<p>{run * 999}</p>\n")
    recipe = {"image": None, "points": None, "world_file": None}
    monkeypatch.setattr(digitizing, "read_recipe", lambda path: SimpleNamespace(**recipe, which=path.name))
    monkeypatch.setattr(digitizing, "digitize", lambda asked, **_: _digitized(asked.which))
    monkeypatch.setattr(digitizing, "overlay_figure", lambda _found: None)
    monkeypatch.setattr(digitizing, "save_figure", lambda _figure, path: path.write_bytes(b"PNG"))
    monkeypatch.setattr(digitizing, "_rows", lambda _found: "")


def _digitized(which):
    lines, manifest = _squares(which), {"mark": which, "versions": {"frontlines": "0"}}
    said = {"recipe": SimpleNamespace(source=which), "georeference": SimpleNamespace(words=["as given"])}
    return SimpleNamespace(
        frontlines=lines, control=None, residuals=[], manifest=manifest, cautions=[], **said
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.usefixtures("_answers")
@pytest.mark.parametrize("command", [".gpkg", ".shp", "check", "report", "init", "digitize"])
def test_a_killed_writer_leaves_the_old_file_or_the_new_one(tmp_path, command):
    """Half of the kills come at a write that is Python's, half at a byte, which may be in the midst of a driver's."""
    resource = pytest.importorskip("resource")
    out = tmp_path / "out"
    out.mkdir()
    _carry_out(command, out, "even")
    most, names, last, ends = (
        max(file.stat().st_size for file in out.iterdir()),
        set(_names(out)),
        "even",
        set(),
    )

    def be_the_command(number, which):
        if number < KILLS // 2:
            dies_at(number + 1, out)
        else:
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            size = most * (number - KILLS // 2) // (KILLS // 2)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        _carry_out(command, out, which)

    for number in range(KILLS):
        which = "even" if last == "odd" else "odd"
        child = forked(lambda number=number, which=which: be_the_command(number, which))
        ends.add(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        with only_run_in(out):
            assert set(_names(out)) == names, number
        (now,) = _marks(out)
        assert now in (last, which), number
        last = now
    assert {137, -signal.SIGXFSZ} <= ends


def _names(folder):
    return [file.name for file in folder.iterdir()]
