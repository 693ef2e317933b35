"""Where one line hides another."""

from __future__ import annotations

from frontlines.digitize.stretches import Hidden, Stretch


def find_hidden(stretches: list[Stretch], lines: list[str]) -> list[Hidden]:
    """Find it."""
    return []
