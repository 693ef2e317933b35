"""Files and folders written whole or not at all, by one run at a time."""

import os
import signal
import time
from contextlib import nullcontext

import numpy as np
import pytest

from frontlines.errors import SourceError
from frontlines.sources.writing import is_one_of, only_run_in, staged, whole_or_not
from tests.forking import forked

OLD = {name: f"old {name}" for name in "abm"}
NEW = {name: f"new {name}" for name in "bcm"}


def _fill(folder, texts):
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _held(folder):
    return {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}


def test_a_set_takes_the_place_of_another_and_what_is_stale_goes(tmp_path):
    _fill(tmp_path, OLD | {"mine": "mine"})
    with only_run_in(tmp_path), staged(tmp_path, stale={"a", "absent"}, last="m") as folder:
        _fill(folder, NEW)
        assert {name: text for name, text in _held_files(tmp_path).items() if name in OLD} == OLD
    assert _held(tmp_path) == NEW | {"mine": "mine"}


def _held_files(folder):
    return {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.is_file()}


@pytest.mark.parametrize("at", range(5))
def test_a_move_that_fails_is_undone(tmp_path, monkeypatch, at):
    _fill(tmp_path, OLD)
    moved, move = [], os.replace

    def fail_once(one, other):
        moved.append(other)
        if len(moved) == at:
            raise OSError("no entry left")
        move(one, other)

    monkeypatch.setattr("pathlib.Path.replace", fail_once)
    stopped = at in {1, 2, 3}
    with pytest.raises(SourceError, match="no entry left") if stopped else nullcontext():
        _replace_all(tmp_path)
    assert _held(tmp_path) == (OLD if stopped else NEW)


def _replace_all(out):
    with only_run_in(out), staged(out, stale={"a"}, last="m") as folder:
        _fill(folder, NEW)


def test_the_second_run_is_refused_while_the_first_lives(tmp_path):
    with only_run_in(tmp_path), pytest.raises(SourceError, match="another run is writing into"):
        _replace_all(tmp_path)
    _replace_all(tmp_path)
    assert _held(tmp_path) == NEW


def _replace_for_ever(out):
    for turn in range(1_000_000):
        with only_run_in(out), staged(out, stale={"a", "c"}, last="m") as folder:
            _fill(folder, dict.fromkeys("bcm" if turn % 2 else "abm", str(turn)))


def test_after_a_kill_the_next_run_finds_one_set_whole(tmp_path):
    out = tmp_path / "out"
    for pause_s in np.random.default_rng(1994).uniform(0.005, 0.05, 40):
        child = forked(lambda: _replace_for_ever(out))
        time.sleep(pause_s)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with only_run_in(out):
            held = _held(out)
        assert set(held) in ({"a", "b", "m"}, {"b", "c", "m"}, set())
        assert len(set(held.values())) <= 1, held


def test_what_another_made_is_not_taken_for_a_leftover(tmp_path):
    (tmp_path / ".frontlines-notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".frontlines-link").symlink_to(tmp_path / "elsewhere")
    with whole_or_not(tmp_path / "a.csv") as outer, whole_or_not(tmp_path / "b.csv") as inner:
        _fill(outer.parent, {"a.csv": "a"})
        _fill(inner.parent, {"b.csv": "b"})
    names = {file.name for file in tmp_path.iterdir()}
    assert names == {".frontlines-notes.txt", ".frontlines-link", "elsewhere", "a.csv", "b.csv"}


def test_a_leftover_names_no_file_outside_its_folder(tmp_path):
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    (tmp_path / "out" / ".frontlines-x").mkdir(parents=True)
    (tmp_path / "out" / ".frontlines-x" / ".moving").write_text('["../mine", 7, ".."]', encoding="utf-8")
    with only_run_in(tmp_path / "out"):
        assert _held(tmp_path / "out") == {}
    assert (tmp_path / "mine").exists()


def test_a_file_is_known_by_any_of_its_names(tmp_path):
    (tmp_path / "a").write_text("a", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    os.link(tmp_path / "a", tmp_path / "same")
    for name in ("a", "link", "same"):
        assert is_one_of(tmp_path / name, [tmp_path / "absent", tmp_path / "a"])
    (tmp_path / "b").write_text("a", encoding="utf-8")
    assert not is_one_of(tmp_path / "b", [tmp_path / "a"])
    assert not is_one_of(tmp_path / "absent", [tmp_path / "absent"])


@pytest.mark.parametrize("refused", ["mkdir", "open"])
def test_a_folder_that_cannot_be_made_or_locked_is_an_error_of_the_source(tmp_path, monkeypatch, refused):
    def refuse(*_, **__):
        raise OSError("no, says the system")

    out = tmp_path / "new" / "out"
    monkeypatch.setattr({"mkdir": "pathlib.Path.mkdir", "open": "os.open"}[refused], refuse)
    with pytest.raises(SourceError, match="out cannot be written: no, says"), only_run_in(out):
        pass
    monkeypatch.undo()
    assert not (tmp_path / "new").exists()
