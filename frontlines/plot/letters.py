"""Fonts for any script: the first installed font that has the letters, and what to install where none has."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache

from matplotlib.font_manager import findSystemFonts, fontManager, get_font

from frontlines.plot.style import DEFAULT_STYLE, MapStyle
from frontlines.plot.text import letters_of
from frontlines.plot.words import clean

_FAR_EAST = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA")
_REGULAR = 400  # weight of the faces looked at
_BOXES = "Last Resort"  # comes with matplotlib: has a box for each letter, and no letter
_PACKAGES = ("fonts-noto-core", "fonts-noto-cjk")  # of Debian and Ubuntu


def with_letters(style: MapStyle, texts: Iterable[object]) -> MapStyle:
    """Return a style whose fonts have the letters of all texts, as far as such fonts are installed."""
    fonts = [_font_for(script, letters) for script, letters in _missing(style, texts).items()]
    found = dict.fromkeys([*style.fonts, *(font for font in fonts if font)])
    return style if len(found) == len(style.fonts) else replace(style, font=tuple(found))


def letters_note(texts: Iterable[object], style: MapStyle = DEFAULT_STYLE) -> str:
    """Say for which scripts no installed font has the letters, and which package brings one; else ""."""
    absent = [script for script, letters in _missing(style, texts).items() if not _font_for(script, letters)]
    if not absent:
        return ""
    packages = sorted({_PACKAGES[script in _FAR_EAST] for script in absent})
    named = ", ".join(script.capitalize() if script != "CJK" else script for script in absent)
    return (
        f"no font that is installed has the letters of {named}: maps show boxes; "
        f"the package {' and '.join(packages)} (Debian, Ubuntu), or Noto Sans from elsewhere, brings them"
    )


def _missing(style: MapStyle, texts: Iterable[object]) -> dict[str, frozenset[str]]:
    """Sort the letters that the fonts of a style lack by their script."""
    letters = {letter for text in texts for letter in clean(text)}
    known = frozenset[int]().union(*(letters_of(font, "normal", "normal") for font in style.fonts))
    scripts: dict[str, set[str]] = {}
    for letter in sorted(letters):
        if ord(letter) not in known and (script := unicodedata.name(letter, "").split(" ")[0]):
            scripts.setdefault(script, set()).add(letter)
    return {script: frozenset(own) for script, own in scripts.items()}


@lru_cache(maxsize=64)
def _font_for(script: str, letters: frozenset[str]) -> str:
    """Return the first installed font with all letters: those named after the script first; else ""."""
    return _known_font(script, letters) or (_find_new() and _known_font(script, letters)) or ""


def _find_new() -> bool:
    """Look for fonts that were installed after matplotlib made its list; tell whether there are any."""
    known = {font.fname for font in fontManager.ttflist}
    new = [file for file in findSystemFonts() if file not in known]
    for file in new:
        with suppress(OSError, RuntimeError):  # no font that matplotlib can read
            fontManager.addfont(file)
    return bool(new)


def _known_font(script: str, letters: frozenset[str]) -> str:
    """Return the first font with all letters that matplotlib knows of; else ""."""
    wanted = {ord(letter) for letter in letters}
    faces = (font for font in fontManager.ttflist if font.style == "normal" and font.weight == _REGULAR)
    files = {(font.name, font.fname) for font in faces if _BOXES not in font.name}

    def rank(font: tuple[str, str]) -> tuple[bool, bool, bool, str, str]:
        name = font[0]
        return (script.lower() not in name.lower(), "Noto Sans" not in name, "Sans" not in name, *font)

    for name, file in sorted(files, key=rank):
        if wanted <= _letters_in(file):
            return name
    return ""


@lru_cache(maxsize=512)
def _letters_in(file: str) -> frozenset[int]:
    return frozenset(get_font(file).get_charmap())
