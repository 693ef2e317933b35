"""Bundled studies: by name, and only as they were published."""

import shutil
import subprocess
from pathlib import Path

import pytest

from frontlines.datasets import CHECKSUMS, available, bundled, locate
from frontlines.errors import StudyError
from frontlines.manifest import sha256
from frontlines.study import load_study


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """Folder of studies of our own: a copy of Karabakh."""
    shutil.copytree(locate("karabakh-1994").parent, tmp_path / "data" / "karabakh-1994")
    monkeypatch.setattr(bundled, "_INSTALLED", tmp_path / "data")
    return tmp_path / "data"


def test_studies_are_named_in_order(bundle):
    assert available() == ["karabakh-1994"]
    (bundle / "aachen").mkdir()
    assert available() == ["karabakh-1994"]
    (bundle / "aachen" / "study.toml").write_text("", encoding="utf-8")
    assert available() == ["aachen", "karabakh-1994"]


def test_every_bundled_study_can_be_read():
    assert available()
    for name in available():
        assert load_study(name).name == name


@pytest.mark.parametrize(
    "name", ["x", "", ".", "..", "karabakh-1994/", "karabakh-1994/../karabakh-1994", "/"]
)
def test_an_unknown_name_is_answered_with_those_there_are(name):
    with pytest.raises(StudyError, match=r"there is no bundled study .*the names are .*karabakh-1994"):
        locate(name)


def test_without_any_study_none_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(bundled, "_INSTALLED", tmp_path)
    with pytest.raises(StudyError, match="the names are none; a study of your own is given by the path"):
        locate("karabakh-1994")


def test_data_inside_the_package_come_before_those_of_a_checkout(bundle):
    assert locate("karabakh-1994") == bundle / "karabakh-1994" / "study.toml"


def test_every_file_that_a_study_reads_has_a_checksum():
    for name in available():
        folder = locate(name).parent
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
        held = {line.split(maxsplit=1)[1] for line in lines}
        read = {entry["name"] for entry in load_study(name).inputs}
        assert read <= held
        assert {"README.md", CHECKSUMS} & {file.name for file in folder.iterdir()} == {"README.md", CHECKSUMS}


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum on this machine")
def test_the_checksums_are_those_of_the_common_tool():
    folder = locate("karabakh-1994").parent
    done = subprocess.run(["sha256sum", "--check", "--quiet", CHECKSUMS], cwd=folder, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("file", ["frontlines.geojson", "study.toml", "settlements.csv"])
def test_an_altered_file_is_refused(bundle, file):
    with (bundle / "karabakh-1994" / file).open("a", encoding="utf-8") as stream:
        stream.write("\n")
    with pytest.raises(
        StudyError, match=rf"{file} of the bundled study 'karabakh-1994' was altered: install"
    ):
        locate("karabakh-1994")


@pytest.mark.parametrize("file", ["frontlines.geojson", "districts.geojson", CHECKSUMS])
def test_a_missing_file_is_refused(bundle, file):
    (bundle / "karabakh-1994" / file).unlink()
    with pytest.raises(StudyError, match=rf"study 'karabakh-1994' lacks {file}: install the library again"):
        locate("karabakh-1994")


def test_checksums_are_read_with_stars_blanks_and_empty_lines(bundle):
    folder = bundle / "karabakh-1994"
    (folder / "a b.txt").write_text("x", encoding="utf-8")
    digests = {file: sha256(folder / file) for file in ("a b.txt", "study.toml")}
    lines = [f"{digest} *{file}" for file, digest in digests.items()]
    (folder / CHECKSUMS).write_text("\n\n".join(["", *lines, ""]), encoding="utf-8")
    assert locate("karabakh-1994").is_file()
    (folder / "a b.txt").write_text("y", encoding="utf-8")
    with pytest.raises(StudyError, match=r"a b\.txt .* was altered"):
        locate("karabakh-1994")


def test_a_list_of_checksums_that_cannot_be_read_is_an_error_of_the_library(bundle):
    for content in (b"", b"0 other.txt\n", b"onlyonedigest\n", b"\xff\xfe\x00"):
        (bundle / "karabakh-1994" / CHECKSUMS).write_bytes(content)
        with pytest.raises(StudyError, match=rf"{CHECKSUMS} of the bundled study .* was altered: install"):
            locate("karabakh-1994")


def test_the_data_lie_in_the_package_or_in_the_checkout():
    assert Path(bundled.__file__).parents[1] == bundled._INSTALLED.parent
    assert Path(bundled.__file__).parents[2] == bundled._CHECKOUT.parent
