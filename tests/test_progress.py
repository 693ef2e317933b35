"""Progress goes to nobody, to a function, or to a bar on the error stream."""

import io

import pytest
import rich.console

from frontlines.progress import reporting, track


def test_a_function_is_told_everything():
    told = []
    with reporting(lambda fraction, message: told.append((fraction, message))) as report:
        report(0.25, "a quarter")
        report(1.0, "done")
    assert told == [(0.25, "a quarter"), (1.0, "done")]


@pytest.mark.parametrize("progress", [None, False, True])
def test_without_a_terminal_nobody_is_told(progress, capsys):
    with reporting(progress) as report:
        report(0.5, "half")
    assert capsys.readouterr() == ("", "")


def test_a_bar_is_drawn_on_the_error_stream_and_taken_away(monkeypatch, capsys):
    stream = io.StringIO()
    made = rich.console.Console

    def terminal(*, stderr):
        assert stderr
        return made(file=stream, force_terminal=True, width=60)

    monkeypatch.setattr(rich.console, "Console", terminal)
    with reporting(True) as report:
        report(0.5, "[bold]half</script>")
    assert "[bold]half</script>" in stream.getvalue()
    assert capsys.readouterr().out == ""


def test_errors_pass_through():
    for progress in (None, True, lambda _fraction, _message: None):
        with pytest.raises(ZeroDivisionError), reporting(progress):
            _ = 1 / 0


def test_track_counts_what_is_done():
    told = []
    items = track(
        iter("abcd"), lambda fraction, message: told.append((fraction, message)), "letters", total=4
    )
    assert next(items) == "a"
    assert told == [(0.0, "letters")]
    assert list(items) == ["b", "c", "d"]
    assert [fraction for fraction, _ in told] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert {message for _, message in told} == {"letters"}


def test_track_of_nothing():
    assert list(track([], None, "nothing", total=0)) == []


def test_track_is_lazy():
    def endless():
        while True:
            yield 1

    assert next(track(endless(), None, "ones", total=1)) == 1
