"""How much of a front lies apart from the same front by another source."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.crs import require_working_crs
from frontlines.crs.geodesic import ground_length_m
from frontlines.errors import LayerError
from frontlines.limits import require_metres

_SAME_M = 0.1  # lines this near to each other are the same


@checked(first="lines", second="lines")
def front_apart(
    first: gpd.GeoDataFrame, second: gpd.GeoDataFrame, *, apart_m: float | Sequence[float]
) -> pd.DataFrame:
    """Measure how much of each source's front lies farther than a distance from the other's.

    Parameters
    ----------
    first, second
        Lines with `date`, in the working CRS: from `as_frontlines`, or from `fronts_of_side`.
    apart_m
        One or more distances [m].

    Returns
    -------
    table
        A row for each date that both have and each distance, sorted: `date`, `apart_m`, `first_km` and
        `second_km` (length of each front along the ground [km]), `first_apart_km` and `second_apart_km`
        (the part of it that lies farther than `apart_m` from the other).

    Raises
    ------
    LayerError
        If the sources have no day in common, or a distance is negative or no number.
    CRSError
        If the frames are not in one projected CRS in metres.

    Examples
    --------
    >>> from shapely import LineString
    >>> def front(bend_m):
    ...     line = LineString([(4321000, 3210000), (4321000, 3220000), (4321000 + bend_m, 3230000)])
    ...     return gpd.GeoDataFrame({"date": pd.to_datetime(["2024-11-24"])}, geometry=[line], crs=3035)
    >>> table = front_apart(front(0), front(2000), apart_m=1000)
    >>> table[["first_km", "first_apart_km"]].round(1).values.tolist()
    [[20.0, 4.9]]
    """
    require_working_crs(first=first, second=second)
    distances = np.unique(np.atleast_1d(np.asarray(apart_m, dtype=float)))
    for metres in distances:
        require_metres(LayerError, apart_m=metres)
    fronts = [frame.dissolve("date").geometry for frame in (first, second)]
    days = fronts[0].index.intersection(fronts[1].index).sort_values()
    if days.empty:
        raise LayerError("the fronts have no day in common: give each the same day, if both show it")
    rows = []
    for metres in distances:
        own = {"date": days, "apart_m": metres}
        for name, mine, other in (("first", 0, 1), ("second", 1, 0)):
            line = fronts[mine].loc[days].to_numpy()
            beside = shapely.buffer(fronts[other].loc[days].to_numpy(), max(metres, _SAME_M))
            away = shapely.difference(line, beside)
            own[f"{name}_km"] = ground_length_m(line, first.crs) / 1000
            own[f"{name}_apart_km"] = ground_length_m(away, first.crs) / 1000
        rows.append(pd.DataFrame(own))
    names = ["date", "apart_m", "first_km", "second_km", "first_apart_km", "second_apart_km"]
    return pd.concat(rows).sort_values(["date", "apart_m"], ignore_index=True)[names]
