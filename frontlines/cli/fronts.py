"""The fronts of one side on all dates of a study and of the files between."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import geopandas as gpd
import pandas as pd

from frontlines.control import frontlines_from_control
from frontlines.errors import LayerError
from frontlines.study.compare import Results, Study


def require_order(study: Study, between: Sequence[Study]) -> None:
    """Refuse files that are not in the order of their dates, one a day."""
    shown = [(_file(study, "before"), study.dates[0])]
    shown += [(_file(part, "after"), part.dates[1]) for part in (*between, study)]
    for (earlier, day), (later, next_day) in pairwise(shown):
        if not day < next_day:
            raise LayerError(
                f"{earlier} shows {day:%Y-%m-%d} and {later}, after it, {next_day:%Y-%m-%d}: give files in "
                "the order of their dates, one of each day"
            )


def _file(study: Study, role: str) -> str:
    return next((str(entry["name"]) for entry in study.inputs if entry["role"] == role), study.name)


def fronts_of_side(results: Results, between: Sequence[Study], sigma_m: float | None) -> gpd.GeoDataFrame:
    """Gather the lines of the study's side, of the first and last date and of those between them."""
    study = results.study
    fronts = [results.frontlines]
    for part in (study, *between):
        inner = _inner(part, study)
        fronts += [inner] if len(inner) else []
    joined = gpd.GeoDataFrame(pd.concat(fronts, ignore_index=True), geometry="geometry", crs=study.crs)
    of_side = (joined["side_left"] == study.side) | (joined["side_right"] == study.side)
    own: gpd.GeoDataFrame = joined[of_side].copy()
    absent = [f"{day:%Y-%m-%d}" for day in study.dates if not (own["date"] == day).any()]
    if absent:
        raise LayerError(
            f"side {study.side!r} has no front on {' and '.join(absent)}: it holds nothing in the theatre "
            "then, or all of it; movement is between two fronts, frontlines change measures the ground"
        )
    known = pd.to_numeric(own["sigma_m"]) if "sigma_m" in own else pd.Series(float("nan"), index=own.index)
    return own.assign(sigma_m=known if sigma_m is None else known.fillna(sigma_m))


def _inner(part: Study, study: Study) -> gpd.GeoDataFrame:
    """Give the lines of the days between the first and the last."""
    given = part.control if part.frontlines is None else part.frontlines
    if given is None:
        return gpd.GeoDataFrame()
    first, last = study.dates
    inner = given[(given["date"] > first) & (given["date"] < last)]
    if part.frontlines is None and len(inner):
        return frontlines_from_control(inner, study.theatre, border_m=study.border_m)
    return inner


def days_of(frontlines: gpd.GeoDataFrame, study: Study, between: Sequence[Study]) -> list[pd.Timestamp]:
    """List the days compared, those on which the side has no line as well."""
    return sorted({*study.dates, *(part.dates[1] for part in between), *frontlines["date"]})
