"""Days, numbers and names as they are written on maps, charts and pages."""

from __future__ import annotations

import datetime as dt
import unicodedata

import pandas as pd

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def day(date: dt.date | pd.Timestamp | str) -> str:
    """Write a day as it stands on a map, the same in every locale."""
    stamp = pd.Timestamp(date)
    return f"{stamp.day} {_MONTHS[stamp.month - 1]} {stamp.year}"


def number(value: float, *, sign: bool = False, scale: float = 0.0) -> str:
    """Write a number as it stands on a chart: three figures of it, or of a larger `scale`; a true minus."""
    size = max(abs(value), scale)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2  # noqa: PLR2004 - three figures
    text = f"{abs(value):,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        return "0"
    return ("−" if value < 0 else "+" if sign else "") + text


def tick(value: float) -> str:
    """Write a number beside a tick, whole thousands parted, with a true minus."""
    return f"{value:,.10g}".replace("-", "−")


def clean(text: object) -> str:
    """Return a name as one line of printable text."""
    if (text := str(text)).isprintable():
        return " ".join(text.split())
    kept = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs", "Cn"} else c for c in text)
    return " ".join(kept.split())


def led(name: str) -> str:
    """Return a name that English words follow: they stay to the right of it, however the name is written."""
    leftwards = any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in name)
    return f"\u200e{name}" if leftwards else name
