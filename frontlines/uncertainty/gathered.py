"""Layers of a balance brought together, and checked to belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from frontlines.coverage import KM2
from frontlines.crs import require_working_crs
from frontlines.errors import LayerError
from frontlines.uncertainty.fronts import Fronts, Outline, find_fronts
from frontlines.uncertainty.intervals import QUANTITIES, in_order, one_step
from frontlines.uncertainty.noise import NoiseModel

Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[Any]

BORDER_M = 1.0
"""What runs this near to the theatre's edge [m] is no front unless another distance is given."""

REACH_M = 5000.0
"""A line gives its sigma to the front no farther off than this [m] unless another distance is given."""

_LOOSE = 0.01  # share of a district by which its balance may differ from its layers: slivers, rounding
_SHOWN = 4


@dataclass(frozen=True)
class Gathered:
    """What the errors of a balance follow from.

    Attributes
    ----------
    side
        The side.
    fronts, outlines
        From `find_fronts`.
    shapes
        The districts, (n,).
    place
        Position of each row's district in `shapes`, (n_rows,).
    """

    side: str
    fronts: Fronts
    outlines: tuple[Outline, Outline]
    shapes: Geometries
    place: Ints


def gather(
    balance: pd.DataFrame,
    control: gpd.GeoDataFrame,
    frontlines: gpd.GeoDataFrame,
    theatre: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    noise: NoiseModel,
    *,
    border_m: float,
    reach_m: float,
) -> Gathered:
    """Find the fronts of a balance, if its layers belong together.

    Parameters
    ----------
    balance, control, frontlines, theatre, districts, noise, border_m, reach_m
        As in `balance_error`.

    Returns
    -------
    gathered
        Side, fronts, districts.

    Raises
    ------
    NoiseError
        If stretches have no sigma and `noise` has none, or one that is no length.
    LayerError
        If a column is missing, the balance is not one step of one side, or the layers are not those that
        it was made with.
    CRSError
        If the frames are not in one working CRS.

    Examples
    --------
    >>> import frontlines as fl
    >>> study = fl.load("karabakh-1994")
    >>> found = fl.run_study(study)
    >>> gather(found.balance, found.control, found.frontlines, study.theatre, study.districts,
    ...        NoiseModel(None, 5000.0), border_m=1.0, reach_m=5000.0).side
    'ARM'
    """
    require_working_crs(control=control, frontlines=frontlines, theatre=theatre, districts=districts)
    _require(balance, "balance", ["district", "side", "date_from", "date_to", "district_km2"])
    _require(balance, "balance", [f"{name}_km2" for name in QUANTITIES])
    _require(control, "control", ["date", "side"])
    _require(frontlines, "frontlines", ["date"])
    _require(districts, "districts", ["district"])
    side, dates = one_step(balance, control["date"].unique())
    place = in_order(balance, districts)
    fronts, outlines = find_fronts(
        control, frontlines, theatre, side, noise, dates=dates, border_m=border_m, reach_m=reach_m
    )
    shapes = np.asarray(districts.geometry.values)
    _require_books(balance, shapes[place], outlines)
    return Gathered(side, fronts, outlines, shapes, place)


def _require(table: pd.DataFrame, name: str, columns: Sequence[str]) -> None:
    """Refuse a layer without its columns."""
    absent = [column for column in columns if column not in table]
    if absent:
        raise LayerError(
            f"{name} has no column {' and '.join(absent)}: pass what the balance was made with, as it was"
        )


def _require_books(balance: pd.DataFrame, shapes: Geometries, outlines: tuple[Outline, Outline]) -> None:
    """Refuse layers in which the side does not hold what the balance says."""
    for when, outline in zip(("before", "after"), outlines, strict=True):
        held = shapely.area(shapely.intersection(shapes, outline.ground)) / KM2
        stated = balance[f"{when}_km2"].to_numpy(dtype=float)
        wrong = np.flatnonzero(np.abs(held - stated) > _LOOSE * shapely.area(shapes) / KM2)
        if len(wrong):
            told = [
                f"{balance['district'].iloc[row]}: {stated[row]:,.1f} and {held[row]:,.1f} km²"
                for row in wrong[:_SHOWN]
            ]
            more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
            raise LayerError(
                f"what {balance['side'].iloc[0]} held {when} is not the same in the balance and in control "
                f"and districts ({'; '.join(told)}{more}): pass the layers that the balance was made with"
            )
