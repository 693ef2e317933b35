"""The colours of a page: those of its run's maps, and lines that can be seen on light and on dark paper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.colors import to_rgb

from frontlines.names import CONTESTED, RESERVED, UNKNOWN
from frontlines.plot.map_layers import kept_look, moved_look
from frontlines.plot.style import DEFAULT_STYLE, AreaStyle, MapStyle, mix, seen_from, side_looks
from frontlines.report.folder import Folder

_PAPERS = {"light": ("#ffffff", "#000000"), "dark": ("#15181b", "#ffffff")}  # and what stands out most on it
_CONTRAST = 3.0  # of graphic parts against their ground, WCAG 2.2, 1.4.11
_STEPS = 20
_KINDS = ("gained", "lost", "others", "unknown")


def style_of(run: Folder) -> MapStyle:
    """Give the style in which the maps of a run are drawn."""
    return replace(DEFAULT_STYLE, side_colours=run.manifest["colours"])


def looks_of(run: Folder) -> dict[str, AreaStyle]:
    """Give every kind of ground its fill, by its kind and the numbers of sides; -1 is unknown."""
    style, numbers = style_of(run), {UNKNOWN: -1} | {side: n for n, side in enumerate(run.ground["sides"])}
    looks, found = side_looks([*style.side_colours, *numbers], style), dict[str, AreaStyle]()
    for after, now in numbers.items():
        found[f"side-{now}"] = kept_look(looks[after])
        over = style.contested_hatch if after == CONTESTED else ""
        for kind in _KINDS:
            look, _ = moved_look(looks, after, kind, style, striped=False)
            found[f"{kind}-{now}"] = look._replace(hatch=look.hatch + over)
        for before, was in numbers.items():
            look, _ = moved_look(looks, after, before, style, striped=True)
            found[f"from-{was}-to-{now}"] = look._replace(hatch="striped")
    return found | {"first": style.first, "second": style.second}


def other_of(run: Folder, side: str) -> int | None:
    """Find the number of the only other side, in whose colour lost ground is; None if there are several."""
    other, sides = None if side in RESERVED else seen_from(side, style_of(run)).other, run.ground["sides"]
    return sides.index(other) if other in sides else None


def tones(run: Folder) -> str:
    """Write paper, fronts and the lines of sides as custom properties of CSS, for light and dark."""
    style, sides, rules = style_of(run), run.ground["sides"], dict[str, str]()
    looks = side_looks([*style.side_colours, *sides], style)
    for scheme, (paper, far) in _PAPERS.items():
        held = {"paper": paper} | {
            f"line-{n}": _apart(looks[one].face, paper, far) for n, one in enumerate(sides)
        }
        for name, tone in (("first", style.front_tones[0]), ("now", style.front_tones[-1])):
            held[name] = tone if scheme == "light" else f"#{0xFFFFFF - int(tone[1:], 16):06x}"
        rules[scheme] = ":root {" + " ".join(f"--{name}: {tone};" for name, tone in held.items()) + "}"
    dark = f"@media (prefers-color-scheme: dark) {{ {rules['dark']} }}"
    return f"{rules['light']}\n{dark}\n@media print {{ {rules['light']} }}\n"


def _apart(colour: str, paper: str, far: str) -> str:
    """Mix a colour with one far from the paper until it stands out, no more than needed."""
    mixed = (mix(colour, far, step / _STEPS) for step in range(_STEPS + 1))
    return next(tone for tone in mixed if contrast(tone, paper) >= _CONTRAST)


def contrast(colour: str, other: str) -> float:
    """Say how far apart two colours are in lightness, 1 to 21, as WCAG does."""
    rgb = np.array([to_rgb(colour), to_rgb(other)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 - sRGB
    low, high = sorted(linear @ (0.2126, 0.7152, 0.0722))
    return float((high + 0.05) / (low + 0.05))
