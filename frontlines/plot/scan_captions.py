"""Captions for scans: how they were georeferenced and traced, in sentences."""

from __future__ import annotations

from collections.abc import Iterable

from frontlines.digitize.digitizing import Digitized
from frontlines.plot.style import day

_PLAIN = {"hidden", "dropped", "key", "shade"}  # what most maps have, and the overlay shows
_MOST_SAID = 8  # cautions; more would crowd out the picture


def overlay_caption(digitized: Digitized, *, lines: bool = True) -> str:
    """Say how a scan was georeferenced and traced, in sentences.

    Parameters
    ----------
    digitized
        From `frontlines.digitize.digitize`.
    lines
        Whether to say what was traced, too.

    Returns
    -------
    text
        Transformation, plane, errors, errors of the lines, and every caution.
    """
    traced = _lines_said(digitized) if lines else ()
    return " ".join([*_georeference_said(digitized), *traced, *_cautions_said(digitized)])


def _georeference_said(digitized: Digitized) -> Iterable[str]:
    lies = digitized.georeference
    yield f"Transformation {lies.choice.family} on {lies.choice.plane}; {lies.choice.reason}."
    figures = lies.figures
    if not figures:
        return
    told = f"{figures['points']} control points"
    if figures["rmse_m"] is not None:
        told += f", RMSE {figures['rmse_m']:,.0f} m"
    if figures["rmse_adjusted_m"] is not None:
        spare = figures["points"] - figures["least_points"]
        told += f", adjusted for {spare} degrees of freedom (n - k) {figures['rmse_adjusted_m']:,.0f} m"
    if figures["left_out_rmse_m"] is not None:
        metres, pixels = figures["left_out_rmse_m"], figures["left_out_rmse_px"]
        told += f", left out one by one {metres:,.0f} m ({pixels:.2f} px)"
    yield f"{told}."


def _lines_said(digitized: Digitized) -> Iterable[str]:
    for row in digitized.manifest["lines"]:
        yield (
            f"Line of {day(row['date'])}: {row['length_km']:,.0f} km seen, {row['unseen_km']:,.0f} km not; "
            f"standard error across it where seen {row['sigma_m']:,.0f} m."
        )
    for row in digitized.manifest["areas"]:
        area, sigma = row["area_km2"], row["sigma_m"]
        yield f"{row['side']}: {area:,.0f} km², standard error of its edge {sigma:,.0f} m."


def _cautions_said(digitized: Digitized) -> Iterable[str]:
    told = [one.text for one in digitized.cautions if one.name not in _PLAIN]
    for text in told[:_MOST_SAID]:
        yield f"{text[:1].upper()}{text[1:]}."
    if len(told) > _MOST_SAID:
        yield f"And {len(told) - _MOST_SAID} more cautions: see the manifest."
