"""How the error of an area depends on the correlation length, which is the least known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from frontlines.uncertainty.fronts import Fronts
from frontlines.uncertainty.gathered import BORDER_M, REACH_M, gather
from frontlines.uncertainty.noise import NoiseModel
from frontlines.uncertainty.parts import Parts

_LENGTHS = 60


def error_by_correlation(  # noqa: PLR0913 - data, then options
    balance: pd.DataFrame,
    control: gpd.GeoDataFrame,
    frontlines: gpd.GeoDataFrame,
    *,
    theatre: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    noise: NoiseModel,
    correlation_m: Sequence[float] | None = None,
    border_m: float = BORDER_M,
    reach_m: float = REACH_M,
) -> pd.DataFrame:
    """Compute the error of the net change of all districts together for many correlation lengths.

    Parameters
    ----------
    balance, control, frontlines, theatre, districts
        As in `balance_error`.
    noise
        As in `balance_error`; its own correlation length is one of the rows.
    correlation_m
        The lengths [m]; None for a range from half the spacing of the drawn vertices to ten times the length
        of the lines that differ.
    border_m, reach_m
        As in `balance_error`.

    Returns
    -------
    table
        `correlation_m` [m], sorted, with 0 (independent vertices) first and infinity (whole lines shifted)
        last; `sigma_km2`, the standard error of net by formula [km²]; `net_km2`; `side`, `date_from`,
        `date_to`; `own`, true for the length of `noise`.

    Raises
    ------
    NoiseError
        If stretches have no sigma and `noise` has none, or a length is negative.
    LayerError
        As `balance_error`.
    CRSError
        If the frames are not in one working CRS.

    Examples
    --------
    >>> import frontlines as fl
    >>> study = fl.load("karabakh-1994")
    >>> found = fl.run_study(study)
    >>> table = error_by_correlation(
    ...     found.balance, found.control, found.frontlines, theatre=study.theatre,
    ...     districts=study.districts, noise=NoiseModel(None, 5000.0), correlation_m=[1000.0])
    >>> table["correlation_m"].tolist(), bool(table["sigma_km2"].is_monotonic_increasing)
    ([0.0, 1000.0, 5000.0, inf], True)
    """
    found = gather(
        balance, control, frontlines, theatre, districts, noise, border_m=border_m, reach_m=reach_m
    )
    parts = Parts(found.fronts, found.outlines, found.shapes)
    lengths = _range(found.fronts) if correlation_m is None else np.asarray(correlation_m, dtype=float)
    every = np.unique([0.0, *lengths, noise.correlation_m, math.inf])
    models = [replace(noise, correlation_m=float(length)) for length in every]
    return pd.DataFrame(
        {
            "correlation_m": every,
            "sigma_km2": [float(parts.sigma_km2("net", model)[-1]) for model in models],
            "net_km2": float(balance["net_km2"].sum()),
            "side": found.side,
            "date_from": balance["date_from"].iloc[0],
            "date_to": balance["date_to"].iloc[0],
            "own": every == noise.correlation_m,
        }
    )


def _range(fronts: Fronts) -> npt.NDArray[np.float64]:
    """Lengths from where vertices are as good as independent to where lines are as good as stiff."""
    fresh = fronts.length_m[~fronts.shared]
    if not len(fresh):
        return np.empty(0)
    spacing = (fresh**2).sum() / fresh.sum()
    return np.geomspace(spacing / 2, 10 * fresh.sum(), _LENGTHS)
