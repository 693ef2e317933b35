"""A command that is killed at any of its writes leaves the old results or the new ones, whole."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from frontlines.cli.main import main
from frontlines.sources.writing import only_run_in
from frontlines.study import outputs
from tests.forking import forked

KILLS = 20
_WRITES = {"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir"}


def _dies_at(number, folder):
    """Kill this process at its n-th write into a folder."""
    left = [number]

    def hook(event, args):
        opened = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        if (event in _WRITES or opened) and str(folder) in str(args[0]):
            left[0] -= 1
            if not left[0]:
                os._exit(137)

    sys.addaudithook(hook)


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
    words = ["change", "before", "after", "--out", str(out), "--force"]

    def be_the_command(number, which):
        found = SimpleNamespace(kind="change", mark=which)
        monkeypatch.setattr("frontlines.compare", lambda *_files, **_options: found)
        if number:
            _dies_at(number, out)
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
