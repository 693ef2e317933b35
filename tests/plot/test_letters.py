"""Fonts for any script."""

import pytest
from matplotlib import rc_context
from matplotlib.font_manager import fontManager

from frontlines.plot.letters import letters_note, with_letters
from frontlines.plot.style import DEFAULT_STYLE, MapStyle
from frontlines.plot.text import font_of, text_size_px, text_width_px
from frontlines.plot.words import led


def test_fonts_that_have_the_letters_are_added_and_others_named(monkeypatch):
    style = MapStyle()
    assert with_letters(style, ["Ağdam", "حلب", "תל אביב", "Киев"]) is style
    assert letters_note(["Ağdam", "حلب"]) == ""
    kept = [one for one in fontManager.ttflist if one.name.startswith(("DejaVu", "STIXGeneral"))]
    monkeypatch.setattr(fontManager, "ttflist", kept)
    monkeypatch.setattr("frontlines.plot.letters.findSystemFonts", list)
    sparse = MapStyle(font="STIXGeneral")
    assert with_letters(sparse, ["\u0531"]).fonts[0] == "STIXGeneral"
    assert with_letters(sparse, ["\u0531"]).fonts[1].startswith("DejaVu Sans")  # Armenian
    note = letters_note(["\u5317\u4eac", "\u0928\u0908"])
    assert "Devanagari, CJK" in note
    assert "fonts-noto-cjk and fonts-noto-core" in note
    assert with_letters(style, ["\u5317"]) is style


def test_a_font_that_was_installed_since_matplotlib_made_its_list_is_found(monkeypatch):
    sans = next(one for one in fontManager.ttflist if one.fname.endswith("DejaVuSans.ttf"))
    monkeypatch.setattr(
        fontManager, "ttflist", [one for one in fontManager.ttflist if one.name == "STIXGeneral"]
    )
    monkeypatch.setattr("frontlines.plot.letters.findSystemFonts", lambda: ["no.ttf", sans.fname])
    assert with_letters(MapStyle(font="STIXGeneral"), ["\u0532\u0533"]).fonts == (
        "STIXGeneral",
        "DejaVu Sans",
    )


def test_english_stays_to_the_right_of_names_that_run_leftwards():
    assert led("Alpha") == "Alpha"
    assert led("حلب") == "\u200eحلب"


@pytest.mark.parametrize("measure", [text_width_px, text_size_px])
def test_widths_do_not_depend_on_how_letters_were_bent_before(measure):
    font, words = font_of(DEFAULT_STYLE, 7.0), "Xocavənd, Füzuli, Ağdam"
    with rc_context({"text.hinting": "force_autohint"}):
        bent = measure(words, font, 100.0)
    with rc_context({"text.hinting": "no_hinting"}):
        assert measure(words, font, 100.0) != bent
    with rc_context({"text.hinting": "force_autohint"}):
        assert measure(words, font, 100.0) == bent
