"""Fonts for any script."""

from matplotlib.font_manager import fontManager

from frontlines.plot.letters import letters_note, with_letters
from frontlines.plot.style import MapStyle
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
