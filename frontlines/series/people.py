"""How many people lived on the ground of one side, step by step, by a raster."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.crs import require_working_crs
from frontlines.geometry.coverage import intersect, united
from frontlines.names import Floats, Geometries, Ints
from frontlines.series.change_series import grounds_of
from frontlines.series.differences import TOLERANCE_M, moved_ground
from frontlines.series.periods import steps_between
from frontlines.series.places import people_by_step
from frontlines.sources.population import PopulationRaster


def people_in_series(
    control: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    side: str,
    raster: PopulationRaster,
    *,
    freq: str | None = None,
    day: int | None = None,
    tolerance_m: float = TOLERANCE_M,
) -> pd.DataFrame:
    """Count the people of a raster on the ground that one side held, gained and lost, step by step.

    Parameters
    ----------
    control, districts, side, freq, day, tolerance_m
        As in `change_series`.
    raster
        From `frontlines.sources.population.read_population`.

    Returns
    -------
    people
        A row for each step and district, and for ``all districts``: `district`, `side`, `date_from`,
        `date_to`, `period_end`, `population_before`, `population_after`, `population_held`,
        `population_gained`, `population_lost`, `source`. What a step leaves the next one begins with.

    Raises
    ------
    SourceError
        If the raster holds negative values.
    LayerError
        If the side occurs nowhere.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from shapely import box
    >>> raster = SimpleNamespace(people=lambda ground: pd.DataFrame({"population": 50 * ground.area / 1e6}))
    >>> control = gpd.GeoDataFrame(
    ...     {"date": pd.to_datetime(["2031-06-01", "2031-06-02"]), "side": "A"},
    ...     geometry=[box(0, 0, 1000, 2000), box(0, 0, 1500, 2000)], crs="EPSG:3035")
    >>> districts = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(0, 0, 4000, 2000)], crs="EPSG:3035")
    >>> table = people_in_series(control, districts, "A", raster)
    >>> table[["population_before", "population_gained", "population_after"]].values.tolist()[0]
    [100.0, 50.0, 150.0]
    """
    require_working_crs(control=control, districts=districts)
    dates, own, strips = grounds_of(control, side)
    pairs = zip(own, strips, strict=True)
    grounds = np.array([one if strip.is_empty else united(np.array([one, strip])) for one, strip in pairs])
    steps = steps_between(dates, freq, day)
    chain = grounds[[steps[0].first, *(step.last for step in steps)]]
    districts = districts.sort_values("district", kind="stable", ignore_index=True)
    moved = moved_ground(chain, tolerance_m=tolerance_m)
    first = shapely.get_parts(chain[:1])
    # The first ground is booked as gained in a step before all others.
    pieces = np.concatenate([first, moved.pieces])
    step = np.concatenate([np.zeros(len(first), dtype=np.int64), moved.step + 1])
    gained = np.concatenate([np.ones(len(first), dtype=bool), moved.gained])
    came, went = (
        _by_district(pieces[own], step[own], len(chain), districts, raster) for own in (gained, ~gained)
    )
    levels = np.cumsum(came - went, axis=0).clip(min=0.0)
    columns = {
        "population_before": levels[:-1],
        "population_after": levels[1:],
        "population_held": (levels[:-1] - went[1:]).clip(min=0.0),
        "population_gained": came[1:],
        "population_lost": went[1:],
    }
    return people_by_step(columns, list(districts["district"]), side, steps, "raster")


def _by_district(
    pieces: Geometries, step: Ints, n_steps: int, districts: gpd.GeoDataFrame, raster: PopulationRaster
) -> Floats:
    """Sum the people on pieces by step and district."""
    pairs = intersect(np.asarray(districts.geometry.values), pieces)
    people = raster.people(gpd.GeoDataFrame(geometry=pairs.pieces, crs=districts.crs))
    sums = np.zeros((n_steps, len(districts)))
    np.add.at(sums, (step[pairs.second], pairs.first), people["population"].to_numpy())
    return sums
