"""Colours as eyes tell them apart: names, hex, sRGB to CIELAB, and how unlike inks are to a name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import ImageColor

from frontlines.arrays import Floats, Floats32
from frontlines.errors import DigitizeError

_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE = _TO_XYZ.sum(axis=1)
_LINEAR_BELOW = 0.04045
_DECIMALS = 6  # processors differ in the last bits of powers and roots: what they decide shall not differ

PRINTED = {
    "black": ("#000000", "#2b2b2b"),
    "blue": ("#0000ff", "#1f4fb4", "#1f77b4", "#2a3f8f"),
    "brown": ("#a52a2a", "#8b5a2b", "#6b4423"),
    "gray": ("#808080",),
    "green": ("#008000", "#2e8b3d", "#00a651"),
    "orange": ("#ffa500", "#e8821e", "#ff7f0e"),
    "pink": ("#ffc0cb", "#e377c2", "#ff69b4"),
    "purple": ("#800080", "#7b2d8b", "#9467bd", "#5b3f9b"),
    "red": ("#ff0000", "#cc2222", "#d62728", "#a8201a"),
    "yellow": ("#ffff00", "#f2c500"),
}
"""What printers and screens mean by the plain names, beside the CSS colour."""


def rgb_of(colour: str) -> Floats:
    """Read a colour."""
    try:
        return np.array(ImageColor.getrgb(str(colour).replace(" ", "").lower())[:3], dtype=float)
    except ValueError as error:
        message = f"{colour!r} is no colour: write hex, as #1f4fb4, or a CSS name, as blue"
        raise DigitizeError(message) from error


def is_colour(value: object) -> bool:
    """Tell whether a value is a text that names a colour."""
    try:
        return isinstance(value, str) and rgb_of(value) is not None
    except DigitizeError:
        return False


def hex_of(rgb: npt.ArrayLike) -> str:
    """Write a colour as hex."""
    return "#" + "".join(f"{int(np.clip(np.rint(value), 0, 255)):02x}" for value in np.asarray(rgb))


def lab_of(rgb: npt.ArrayLike) -> Floats:
    """Convert sRGB to CIELAB, D65."""
    share = np.asarray(rgb, dtype=float) / 255
    linear = np.where(share <= _LINEAR_BELOW, share / 12.92, ((np.maximum(share, 0) + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T / _WHITE
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = root.T
    return np.round(np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1), _DECIMALS) + 0.0


def unlikeness(asked: str, lab: Floats) -> Floats:
    """Tell how unlike inks are to a colour that somebody asked for, as hex or by name."""
    plain = asked.strip().lower().replace("grey", "gray")
    meant = lab_of(np.array([rgb_of(one) for one in (asked, *PRINTED.get(plain, ()))]))
    return np.asarray(np.min([_apart(one, lab) for one in meant], axis=0))


def _apart(one: Floats, lab: Floats) -> Floats:
    chroma, mine = np.hypot(lab[:, 1], lab[:, 2]), float(np.hypot(one[1], one[2]))
    straight = np.hypot(lab[:, 1] - one[1], lab[:, 2] - one[2])
    hue = np.sqrt(np.maximum(straight**2 - (chroma - mine) ** 2, 0))
    return np.asarray(np.sqrt((0.6 * (lab[:, 0] - one[0])) ** 2 + (0.45 * (chroma - mine)) ** 2 + hue**2))


def refuse_one_colour(colours: Sequence[str], what: str, names: Sequence[str] | None = None) -> None:
    """Refuse a colour that is asked for twice: what has it cannot be told apart."""
    try:
        inks = [tuple(rgb_of(colour)) for colour in colours]
    except DigitizeError as error:
        raise DigitizeError(f"{what}: {error}") from error
    twice = next((k for k, ink in enumerate(inks) if ink in inks[:k]), None)
    if twice is None:
        return
    both = inks.index(inks[twice]), twice
    first, second = (repr(names[k]) if names else str(k + 1) for k in both)
    raise DigitizeError(
        f"{what} {first} and {second} have one colour, {colours[twice]!r}, and cannot be told apart: "
        "give each its own, or keep one"
    )


def _all_lab() -> Floats32:
    """CIELAB of every colour in steps of 5.5 a channel."""
    steps = (np.arange(64) + 0.5) * 5.5
    rgb = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    return lab_of(rgb).astype(np.float32)


LAB = _all_lab()
"""CIELAB of every colour in steps of 5.5 a channel, (262144, 3)."""


def codes_of(pixels: Floats32) -> npt.NDArray[np.int32]:
    """Give pixels the number of their colour, in steps of 5.5 a channel."""
    steps = (pixels * np.float32(1 / 5.5)).astype(np.int32)
    return np.asarray((steps[..., 0] << 12) | (steps[..., 1] << 6) | steps[..., 2], dtype=np.int32)


def rgb_of_lab(lab: Floats) -> Floats:
    """Give the numbered colours nearest to some in CIELAB."""
    codes = np.array([((LAB - one.astype(np.float32)) ** 2).sum(axis=1).argmin() for one in lab], dtype=int)
    return np.stack([codes >> 12, (codes >> 6) & 63, codes & 63], axis=-1) * 5.5 + 2.75
