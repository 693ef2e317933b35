"""Mistakes in a recipe are answered in one line that names file, place and mend; the page shows the answers."""

from pathlib import Path

import pytest

from frontlines.digitize import digitize
from frontlines.errors import FrontlinesError
from tests.digitize.mistakes import MISTAKES, draw, page, write

PAGE = Path(__file__).parents[2] / "docs" / "mistakes.md"


def test_every_mistake_is_answered_as_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw(Path("scan.png"))
    assert digitize(write(Path(), "date", "date", {})).frontlines is not None  # without a mistake it runs
    answers = {}
    for title, mistake in MISTAKES.items():
        with pytest.raises(FrontlinesError) as told:
            digitize(write(Path(), *mistake))
        answers[title] = str(told.value)
        assert "\n" not in answers[title]
    shown = page(answers)
    assert PAGE.read_text(encoding="utf-8") == shown, shown
