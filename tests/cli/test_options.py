"""What the commands share: how errors and hostile text are shown."""

import json
import re
import tempfile

import geopandas as gpd
import pytest
import typer
from shapely import box
from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.cli.refusing import FAULTY, console, one_line, plain, shows_errors
from frontlines.errors import FrontlinesError, LayerError, SourceError, StudyError
from frontlines.sources.files import write

RUNNER = CliRunner()
COMMANDS = ["run", "change", "series", "check", "datasets"]


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("one thing", "one thing"),
        ("two faults:\n- this\n- that", "two faults: this; that"),
        ("\n\n  much   blank \n", "much blank"),
        ("pass mend='overlaps', or mend the file", "pass --mend overlaps, or mend the file"),
        ("draw the line on, or pass snap_m=412 or more", "draw the line on, or pass --snap-m 412 or more"),
        ("as_control(..., theatre=..., rest=...)", "--theatre and --rest"),
        ("Ağdam\x1b[2J\x07\u0085 [bold]x[/]", "Ağdam [2J [bold]x[/]"),
        ("", "FrontlinesError"),
    ],
)
def test_an_error_becomes_one_line_in_the_words_of_the_command_line(message, line):
    assert one_line(FrontlinesError(message)) == line


def test_text_from_files_cannot_steer_the_terminal():
    assert plain("a\x1b]0;owned\x07b\r\nc") == "a ]0;owned b  c"
    assert plain("Şuşa (şəhər) – Мартуни 'x'") == "Şuşa (şəhər) – Мартуни 'x'"
    assert plain(7) == "7"


@pytest.mark.parametrize("kind", [FrontlinesError, LayerError, SourceError, StudyError])
def test_errors_of_the_library_end_with_exit_code_2(kind, capsys):
    @shows_errors
    def command():
        raise kind("[red]wrong[/red]:\n- row 3 \x1b[2J" + "x" * 300)

    with pytest.raises(typer.Exit) as stopped:
        command()
    assert stopped.value.exit_code == FAULTY == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "error: [red]wrong[/red]: row 3 [2J" + "x" * 300 + "\n"


def test_an_error_that_nobody_foresaw_is_a_line_and_a_file_to_report(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    @shows_errors
    def command():
        raise ZeroDivisionError("by 0")

    with pytest.raises(typer.Exit) as stop:
        command()
    assert stop.value.exit_code == 70
    (report,) = tmp_path.iterdir()
    said = f"error: this is a fault of frontlines: ZeroDivisionError: by 0; please report it with {report}\n"
    assert capsys.readouterr().err == said
    assert 'raise ZeroDivisionError("by 0")' in report.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "there is not enough memory for this: give less at once"),
        (RecursionError("deep"), "something is nested too deep to be read: deep"),
        (OSError(28, "No space left on device"), "the system refuses: [Errno 28] No space left on device"),
        (
            UnicodeDecodeError("utf-8", b"x", 0, 1, "bad"),
            "some text cannot be read or written: save it as UTF-8",
        ),
    ],
)
def test_what_the_machine_refuses_is_one_line(capsys, error, said):
    @shows_errors
    def command():
        raise error

    with pytest.raises(typer.Exit) as stop:
        command()
    assert stop.value.exit_code == 2
    text = capsys.readouterr().err
    assert text.startswith(f"error: {said}")
    assert text.count("\n") == 1


def test_a_console_takes_text_as_it_is(capsys):
    console().print("[bold]x[/bold] 1994-05-12")
    assert capsys.readouterr().out == "[bold]x[/bold] 1994-05-12\n"
    assert console().width == 120


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_shows_an_example_whole(command):
    result = RUNNER.invoke(app, [command, "--help"])
    assert result.exit_code == 0
    shown = " ".join(result.stdout.split())
    assert f"Example: frontlines {command}" in shown
    assert not re.search(r"[│╭]|\[/", shown)
    assert max(map(len, result.stdout.splitlines())) <= 80


@pytest.mark.parametrize("command", COMMANDS)
def test_the_examples_name_options_that_there_are(command):
    shown = " ".join(RUNNER.invoke(app, [command, "--help"]).stdout.split())
    options, _, example = shown.partition("Example: ")
    for option in re.findall(r"--[\w-]+", example):
        assert f" {option} " in options


def test_units_survive_in_the_help():
    shown = " ".join(RUNNER.invoke(app, ["change", "--help"]).stdout.split())
    assert "theatre's edge [m]" in shown
    assert "thinner than this [m]" in shown


def test_the_list_of_commands_is_not_cut_short():
    shown = RUNNER.invoke(app, ["--help"]).stdout
    assert "..." not in shown.partition("Commands:")[2]
    for command in COMMANDS:
        assert f"\n  {command} " in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run"], "Missing argument 'STUDY'"),
        (["compare", "a.geojson"], "Missing argument 'B'"),
        (["change", "a.geojson"], "Missing argument 'AFTER'"),
        (["check"], "Missing argument 'FILE...'"),
        (["nonesuch"], "No such command 'nonesuch'"),
        (["run", "karabakh-1994", "--frce"], "No such option"),
        (["change", "a", "b", "--date-before", "May"], "Invalid value for '--date-before'"),
        (["change", "a", "b", "--snap-m", "wide"], "Invalid value for '--snap-m'"),
        (["change", "a", "b", "--sliver-m", "-1"], "Invalid value for '--sliver-m'"),
    ],
)
def test_wrong_words_are_answered_without_a_traceback(words, said):
    result = RUNNER.invoke(app, words)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert "Traceback" not in result.output


def test_hostile_names_pass_through_a_run(tmp_path):
    hostile = "[bold]$x_1$ </b> \\frac{1}{0}\n\x1b[2J ''\""
    ground = gpd.GeoDataFrame({"NAME": [hostile]}, geometry=[box(46, 39, 48, 41)], crs="EPSG:4326")
    write(ground, tmp_path / "districts.gpkg")
    for day, east in (("2024-07-08", 46.5), ("2024-07-15", 47.25)):
        bare = gpd.GeoDataFrame(geometry=[box(46, 39, east, 41)], crs="EPSG:4326")
        write(bare, tmp_path / f"[red]{day}.geojson")
    files = [tmp_path / f"[red]{day}.geojson" for day in ("2024-07-08", "2024-07-15")]
    options = ["--districts", tmp_path / "districts.gpkg", "--key", "NAME", "--side", "[/A] $y^"]
    words = ["change", *files, *options, "--rest", "\\B{", "--out", tmp_path / "out"]
    result = RUNNER.invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    assert "[bold]$x_1$ </b> \\frac{1}{0}" in result.stdout
    assert "Ground of [/A] $y^" in result.stdout
    assert "\x1b" not in result.output
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["side"] == "[/A] $y^"
