"""Optional packages are imported when they are needed, or the extra that brings them is named."""

import json
import sys

import pytest

from frontlines._optional import require
from frontlines.errors import FrontlinesError


def test_what_is_installed_is_imported():
    assert require("json", extra="all") is json
    assert require("importlib.metadata", extra="all").__name__ == "importlib.metadata"


@pytest.mark.parametrize("package", ["nonesuch", "nonesuch.morphology", "json.nonesuch"])
def test_what_is_not_installed_is_told_with_the_command(package):
    with pytest.raises(ImportError, match=rf"'{package}': pip install 'frontlines\[report\]'") as caught:
        require(package, extra="report")
    assert isinstance(caught.value, FrontlinesError)
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_a_package_that_is_there_but_broken_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "broken_thing.py").write_text("raise RuntimeError('broken inside')", encoding="utf-8")
    (tmp_path / "hollow_thing.py").write_text("import a_part_that_is_gone", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(RuntimeError, match="broken inside"):
        require("broken_thing", extra="all")
    with pytest.raises(ModuleNotFoundError, match="a_part_that_is_gone"):
        require("hollow_thing", extra="all")
    assert "hollow_thing" not in sys.modules
