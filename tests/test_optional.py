"""Optional packages are imported when they are needed, or the extra that brings them is named."""

import json

import pytest

from frontlines._optional import asking_for, require
from frontlines.errors import MissingExtraError


def test_what_is_installed_is_imported():
    assert require("json", extra="all") is json
    assert require("importlib.metadata", extra="all").__name__ == "importlib.metadata"


@pytest.mark.parametrize(
    ("package", "named"),
    [("nonesuch", "nonesuch"), ("nonesuch.morphology", "nonesuch"), ("json.nonesuch", "json.nonesuch")],
)
def test_what_is_not_installed_is_told_with_the_command(package, named):
    with pytest.raises(
        ImportError, match=rf"the package '{named}': pip install 'frontlines\[all\]'"
    ) as caught:
        require(package, extra="all")
    assert isinstance(caught.value, MissingExtraError)
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_of_a_package_that_is_there_the_missing_part_is_named(tmp_path, monkeypatch):
    (tmp_path / "hollow_thing.py").write_text("import a_part_that_is_gone", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingExtraError, match="needs the package 'a_part_that_is_gone'"):
        require("hollow_thing", extra="all")


def test_a_package_that_is_there_but_broken_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "broken_thing.py").write_text("raise RuntimeError('broken inside')", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(RuntimeError, match="broken inside"):
        require("broken_thing", extra="all")


def test_imports_inside_a_block_ask_for_its_extra():
    with (
        pytest.raises(MissingExtraError, match=r"'nonesuch': pip install 'frontlines\[all\]'"),
        asking_for("all"),
    ):
        import nonesuch  # noqa: F401, PLC0415
