"""``frontlines datasets``: the studies that come along."""

import shutil
from pathlib import Path

from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.datasets import available, locate

RUNNER = CliRunner()


def test_every_study_is_listed_with_its_title_and_folder():
    result = RUNNER.invoke(app, ["datasets"])
    assert result.exit_code == 0
    shown = "".join(result.stdout.split())
    for name in available():
        assert name in shown
        assert Path(locate(name)).parent.name in shown
    assert "7Aprilto12May1994" in shown


def test_a_study_that_was_altered_is_told(tmp_path, monkeypatch):
    shutil.copytree(locate("karabakh-1994").parent, tmp_path / "karabakh-1994")
    (tmp_path / "karabakh-1994" / "settlements.csv").write_text("name\n", encoding="utf-8")
    monkeypatch.setattr("frontlines.datasets.bundled._INSTALLED", tmp_path)
    result = RUNNER.invoke(app, ["datasets"])
    assert result.exit_code == 2
    assert "settlements.csv of the bundled study 'karabakh-1994' was altered" in result.stderr
    assert result.stderr.count("\n") == 1
