"""Whatever order runs, hands and kills come in: what is read and what is another's stays, and sets are whole."""

import json
import os
import shutil
import tempfile
from contextlib import nullcontext
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from frontlines.errors import SourceError
from frontlines.manifest import sha256
from frontlines.study import outputs
from frontlines.study.outputs import MANIFEST, only_run_in, staged
from frontlines.study.record import read_previous
from tests.forking import dies_at, forked

SETS = {kind: (files, outputs.IF_ANY[kind]) for kind, files in outputs.FILES.items()}
SETS["digitizing"] = (("overlay.png", MANIFEST), ("frontlines.geojson", "control.gpkg", "residuals.csv"))
COMMANDS, NAMES = st.sampled_from(sorted(SETS)), st.sampled_from(["map.png", "series.csv", "mine.csv"])


def write_run(out, command, mark, *, force, inputs=(), more=(), fails=False):
    """Write a set of files as its command does, each with the mark of the run."""
    files, if_any = SETS[command]
    with (
        only_run_in(out, (*files, *if_any), force=force, inputs=inputs),
        staged(out, stale=if_any) as folder,
    ):
        for name in (*files, *more):
            (folder / name).write_text(mark, encoding="utf-8")
        held = {"versions": {"frontlines": "0"}, "snapshots": {}, "mark": mark, "outputs": {}}
        if command == "series":
            held["outputs"] = {"series.parquet": sha256(folder / "series.parquet")}
        (folder / MANIFEST).write_text(json.dumps(held), encoding="utf-8")
        if fails:
            raise KeyboardInterrupt


class Folder(RuleBasedStateMachine):
    """A folder of results between runs of all commands, and people who put files into it or change them."""

    def __init__(self):
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.out, self.input = self.root / "out", self.root / "input.geojson"
        self.input.write_text("read", encoding="utf-8")
        self.theirs, self.runs, self.last = {}, 0, None  # files of people, number of runs, the last whole one

    def teardown(self):
        shutil.rmtree(self.root)

    def held(self):
        there = self.out.iterdir() if self.out.exists() else ()
        return {file.name: file.read_text(encoding="utf-8") for file in there}

    @rule(command=COMMANDS, force=st.booleans(), with_more=st.booleans(), fails=st.booleans())
    def run(self, command, force, with_more, fails):
        before, (files, if_any) = self.held(), SETS[command]
        mark, met = f"run {self.runs}", set(before) & {*files, *if_any}
        free = not met or (force and '"frontlines"' in before.get(MANIFEST, ""))
        more = if_any if with_more else ()
        self.runs += 1
        expected = KeyboardInterrupt if free and fails else None if free else SourceError
        with pytest.raises(expected) if expected else nullcontext():
            write_run(self.out, command, mark, force=force, inputs=[self.input], more=more, fails=fails)
        if expected:
            assert self.held() == before
        else:
            after = self.held()
            assert {after[name] for name in (*files, *more) if name != MANIFEST} == {mark}
            assert not set(if_any) - set(more) & set(after)
            assert {name: text for name, text in before.items() if name not in met} == {
                name: text for name, text in after.items() if name not in {*files, *if_any}
            }
            self.theirs = {name: text for name, text in self.theirs.items() if name not in met}
            self.last = command, mark

    @rule(name=NAMES)
    def somebody_puts_a_file(self, name):
        self.out.mkdir(exist_ok=True)
        (self.out / name).write_text("theirs", encoding="utf-8")
        self.theirs[name] = "theirs"

    @rule(text=st.sampled_from(["", "{", "[]", '{"versions": []}', '{"versions": null}']))
    def somebody_breaks_the_manifest(self, text):
        if (self.out / MANIFEST).exists():
            (self.out / MANIFEST).write_text(text, encoding="utf-8")

    @rule(name=NAMES, command=COMMANDS)
    def an_input_lies_among_the_results(self, name, command):
        before, (files, if_any) = self.held(), SETS[command]
        if name in before and name in (*files, *if_any):
            with pytest.raises(SourceError):
                write_run(self.out, command, "no", force=True, inputs=[self.out / name])
            assert self.held() == before

    @rule()
    def a_series_is_gone_on_with(self):
        before, told = self.held(), None
        try:
            read_previous(self.out)
        except (SourceError, pa.ArrowInvalid) as error:  # the tables here are no Parquet, which is seen last
            told = error
        if isinstance(told, SourceError):
            assert "--resume" in str(told)
        else:
            assert json.loads(before[MANIFEST])["mark"] == before["series.parquet"]
        assert self.held() == before

    @invariant()
    def nothing_of_others_is_touched(self):
        assert self.input.read_text(encoding="utf-8") == "read"
        held = self.held()
        assert all(held.get(name) == text for name, text in self.theirs.items())
        assert not [name for name in held if name.startswith(".frontlines-")]


Folder.TestCase.settings = settings(
    max_examples=60, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestFolder = Folder.TestCase


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("command", sorted(SETS))
def test_twenty_kills_leave_one_set_whole(tmp_path, command):
    files, if_any = SETS[command]
    write_run(tmp_path, command, "first", force=False, more=if_any)
    ends = set()

    def be_the_command(number):
        dies_at(number, tmp_path)
        write_run(tmp_path, command, f"run {number}", force=True, more=if_any if number % 2 else ())
        os._exit(0)

    for number in range(1, 60, 3):
        child = forked(lambda number=number: be_the_command(number))
        ends.add(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        with only_run_in(tmp_path, (), force=False):  # the next run puts right what was left
            held = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
        mark = json.loads(held[MANIFEST])["mark"]
        assert {text for name, text in held.items() if name != MANIFEST} == {mark}, number
        assert set(files) <= set(held) <= {*files, *if_any}
    assert 137 in ends
