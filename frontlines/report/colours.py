"""The colours of a page: those of its run's maps."""

from __future__ import annotations

from dataclasses import replace

from frontlines.names import CONTESTED, UNKNOWN
from frontlines.plot.map_layers import kept_look, moved_look
from frontlines.plot.style import DEFAULT_STYLE, AreaStyle, MapStyle, seen_from, side_looks
from frontlines.report.folder import Folder


def style_of(run: Folder) -> MapStyle:
    """Give the style in which the maps of a run are drawn."""
    return replace(DEFAULT_STYLE, side_colours=run.manifest["colours"])


def looks_of(run: Folder) -> dict[str, AreaStyle]:
    """Give every kind of ground its fill, by its kind and the numbers of sides; -1 is unknown."""
    style, numbers = style_of(run), {UNKNOWN: -1} | {side: n for n, side in enumerate(run.ground["sides"])}
    looks, found = side_looks([*style.side_colours, *numbers], style), dict[str, AreaStyle]()
    for after, now in numbers.items():
        found |= {f"side-{now}": kept_look(looks[after]), f"line-{now}": looks[after]}
        over = style.contested_hatch if after == CONTESTED else ""
        for kind in ("gained", "lost", "others", "unknown"):
            look, _ = moved_look(looks, after, kind, style, striped=False)
            found[f"{kind}-{now}"] = look._replace(hatch=look.hatch + over)
        for before, was in numbers.items():
            look, _ = moved_look(looks, after, before, style, striped=True)
            found[f"from-{was}-to-{now}"] = look._replace(hatch="striped")
    return found | {"first": style.first, "second": style.second}


def other_of(run: Folder, side: str) -> int | None:
    """Find the number of the only other side, in whose colour lost ground is; None if there are several."""
    other, sides = seen_from(side, style_of(run)).other, run.ground["sides"]
    return sides.index(other) if other in sides else None


def tones_of_fronts() -> str:
    """Write the tones of fronts as custom properties of CSS; those on dark paper are as far from it."""
    tones = [DEFAULT_STYLE.front_tones[0], DEFAULT_STYLE.front_tones[-1]]
    far = [f"#{0xFFFFFF - int(tone[1:], 16):06x}" for tone in tones]
    light, dark = (f":root {{ --first: {first}; --now: {now}; }}" for first, now in (tones, far))
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{ {dark} }}\n"
