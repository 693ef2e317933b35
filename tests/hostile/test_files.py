"""A table of broken and hostile files, each in every role that a command has for a file."""

import os

import pytest

from tests.hostile.files import MAKERS, good
from tests.hostile.running import content_of, faults_of, run

_GROUND = ["--districts", "{districts}", "--side", "A"]
ROLES = {
    "check": ["check", "{x}"],
    "before": ["change", "{x}", "{after}", *_GROUND],
    "after": ["change", "{before}", "{x}", *_GROUND],
    "districts": ["change", "{before}", "{after}", "--districts", "{x}", "--side", "A"],
    "theatre": ["change", "{before}", "{after}", *_GROUND, "--theatre", "{x}"],
    "series": ["series", "{x}", *_GROUND],
    "displacement": ["displacement", "{before}", "{x}", *_GROUND],
    "compare": ["compare", "{before}", "{x}", *_GROUND],
}
"""Words of a command, with `x` for the hostile file."""

_OF_DAYS = ("strange-day", "no-day", "day-of-none")
_NO_FAULT = {(name, role) for name in _OF_DAYS for role in ("districts", "theatre")}
"""Days of a layer that needs none are not looked at."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Good layers of every role, by their names."""
    return good(tmp_path_factory.mktemp("sound") / "layers")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", MAKERS)
def test_a_bad_file_is_refused_in_one_line_and_nothing_is_written(tmp_path, sound, name, role):
    folder = tmp_path / "w"
    folder.mkdir()
    maker, says = MAKERS[name]
    hostile = maker(folder)
    before = content_of(folder)
    answer = run([word.format(x=hostile, **sound) for word in ROLES[role]], folder)
    if (name, role) in _NO_FAULT:
        assert answer.code == 0
        return
    if role == "check" and answer.out:  # faults are a table, not an error
        assert (answer.code, answer.err) == (2, "")
        assert "x.geojson" in answer.out or hostile.name in answer.out
    else:
        assert faults_of(answer, says) == []
    assert content_of(folder) == before
