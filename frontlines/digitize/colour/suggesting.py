"""Which colours a scan has, to start a recipe from."""

from __future__ import annotations

import numpy as np
import pandas as pd
from PIL import ImageColor

from frontlines.arguments import checked
from frontlines.arrays import Floats
from frontlines.digitize.areas.hatching import hatched_inks
from frontlines.digitize.colour.colours import hex_of, lab_of
from frontlines.digitize.colour.inks import contrast, label_grounds, label_strokes, mean_width_px, rims_of
from frontlines.digitize.colour.palette import STROKES
from frontlines.digitize.colour.scan import Image
from frontlines.digitize.colour.sheet import Sheet, open_sheet
from frontlines.digitize.settings import INKS
from frontlines.progress import Progress, reporting


@checked()
def suggest_colours(scan: Image | Sheet, *, most: int = 12, progress: Progress = None) -> pd.DataFrame:
    """List the line-like colours of a scan, to start from.

    Parameters
    ----------
    scan
        From `open_scan` or `open_sheet`, or what they take: a path, or an array of pixels.
    most
        Colours to list at most.
    progress
        See `frontlines.progress.reporting`.

    Returns
    -------
    colours
        A row a colour, the most striking first (far from the ground in colour, wide strokes): `colour` (hex,
        on evened paper), `name` (the nearest CSS name), `stroke_px` (mean width of its strokes; letters and
        ends of dashes count), `length_px` (of all of them), `pixels`, and `column`, `row`: a place where it
        is drawn.

    Raises
    ------
    DigitizeError
        If the image cannot be read.
    MissingExtraError
        If scipy is not installed.

    Examples
    --------
    >>> pixels = np.full((200, 200, 3), 255, dtype=np.uint8)
    >>> pixels[98:102] = (200, 30, 30)
    >>> suggest_colours(pixels)[["colour", "name", "pixels"]].values.tolist()
    [['#c31e1e', 'firebrick', 800]]
    """
    with reporting(progress) as report:
        report(0.0, "paper")
        sheet = open_sheet(scan)
        labels = label_strokes(sheet, [], report)
    palette = sheet.palette
    inks = range(len(palette.inks))
    rims = {rim for ink in inks for rim in rims_of(palette, ink)}
    pixels = np.bincount(labels.ravel(), minlength=len(inks) + 1)[1:]
    kept = [ink for ink in inks if ink not in rims and pixels[ink]]
    widths = np.array([mean_width_px(labels, STROKES.ink(ink)) for ink in kept])
    strokes = widths < INKS.broadest_share * sheet.diagonal_px  # what is broader is a fill, as over relief
    kept, widths = np.array(kept, dtype=int)[strokes].tolist(), widths[strokes]
    striking = widths * contrast(palette, palette.inks[kept]) ** 2
    found = pd.DataFrame(
        {
            "colour": [hex_of(palette.inks[ink]) for ink in kept],
            "name": [_css_name(palette.inks[ink]) for ink in kept],
            "stroke_px": widths.round(1),
            "length_px": (pixels[kept] / widths).round(),
            "pixels": pixels[kept],
            "column": palette.places[kept, 0],
            "row": palette.places[kept, 1],
        }
    )
    return found.iloc[np.argsort(-striking, kind="stable")[:most]].reset_index(drop=True)


@checked()
def suggest_fills(scan: Image | Sheet) -> pd.DataFrame:
    """List the colours that fill areas of a scan, its paper, hatching and fills over relief among them.

    Parameters
    ----------
    scan
        From `open_scan` or `open_sheet`, or what they take: a path, or an array of pixels.

    Returns
    -------
    fills
        A row a colour, the largest first: `colour` (hex, on evened paper), `name` (the nearest CSS name) and
        `share` (of the scan: pixels that are nearer to it than to any other fill, or that it hatches).

    Raises
    ------
    DigitizeError
        If the image cannot be read.
    MissingExtraError
        If scipy is not installed.

    Examples
    --------
    >>> pixels = np.full((200, 400, 3), 255, dtype=np.uint8)
    >>> pixels[:, :100] = (240, 200, 190)
    >>> suggest_fills(pixels)[["name", "share"]].values.tolist()
    [['white', 0.75], ['mistyrose', 0.25]]
    """
    sheet = open_sheet(scan)
    grounds = sheet.palette.grounds
    counts = np.bincount(label_grounds(sheet).ravel(), minlength=len(grounds))
    hatched = {ink: float(blocks.mean()) for ink, blocks in hatched_inks(sheet).items()}
    colours = [*grounds, *sheet.palette.inks[list(hatched)]]
    bare = (1 - min(sum(hatched.values()), 1.0)) * counts / counts.sum()
    found = pd.DataFrame(
        {
            "colour": [hex_of(one) for one in colours],
            "name": [_css_name(one) for one in colours],
            "share": np.round([*bare, *hatched.values()], 3),
        }
    )
    return found.sort_values("share", ascending=False, kind="stable").reset_index(drop=True)


def _css_name(rgb: Floats) -> str:
    """Name the nearest CSS colour."""
    names = sorted(ImageColor.colormap)
    lab = lab_of(np.array([ImageColor.getrgb(name)[:3] for name in names], dtype=float))
    return names[int(np.linalg.norm(lab - lab_of(rgb[None])[0], axis=1).argmin())]
