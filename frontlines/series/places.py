"""Who held each settlement on many dates, and how many people lived there, by places and by a raster."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.arrays import Bools, Floats, Geometries, Ints
from frontlines.change.settlements import each_once
from frontlines.control import fronts_of_side
from frontlines.crs.working import require_working_crs
from frontlines.geometry.coverage import intersect, united
from frontlines.layers.columns import sigmas_of
from frontlines.names import BORDER_M, TOLERANCE_M, UNKNOWN, WHOLE
from frontlines.series.change_series import grounds_of
from frontlines.series.differences import moved_ground
from frontlines.series.periods import Step, steps_between
from frontlines.sources.population import PopulationRaster

PEOPLE = ["before", "after", "held", "gained", "lost"]
"""What is counted of a side's people, in this order."""

_STEP = ["date_from", "date_to", "period_end"]


@dataclass(frozen=True, repr=False)
class FollowedPlaces:
    """Settlements, and who held each of them on each date.

    Attributes
    ----------
    places
        `name`, `district`, `population` if it is known, and points, each place once.
    dates
        The dates of the snapshots, in order.
    sides
        Names of the sides, sorted.
    held
        Position in `sides` of who held each place, (n_dates, n_places).
    near
        Whether a place lay nearer to a front than the front's `sigma_m`, (n_dates, n_places); None if no
        sigma is known.
    """

    places: gpd.GeoDataFrame
    dates: list[pd.Timestamp]
    sides: list[str]
    held: Ints
    near: Bools | None = None

    def changes(self, freq: str | None = None, day: int | None = None) -> gpd.GeoDataFrame:
        """List the places that changed hands, step by step, and those that may have.

        Parameters
        ----------
        freq, day
            Steps, as in `change_series`.

        Returns
        -------
        changes
            A row for each place and step in which it changed hands: `name`, `district`, `date_from`,
            `date_to`, `side_from`, `side_to`, `changed`, `unsure` if a sigma is known (on either date nearer
            to a front than its sigma), `population` if it is known, and the point. A place that never changed
            hands but was unsure has one row, from the first date on which it was to the last, not `changed`.
        """
        first, last = (
            np.array([step[end] for step in steps_between(self.dates, freq, day)]) for end in (0, 1)
        )
        step, moved = np.nonzero(self.held[first] != self.held[last])
        table = self._rows(moved, first[step], last[step], changed=True)
        if self.near is not None:
            places = np.setdiff1d(np.flatnonzero(self.near.any(axis=0)), moved)
            near = self.near[:, places]
            begins, ends = near.argmax(axis=0), len(near) - 1 - near[::-1].argmax(axis=0)
            table = pd.concat([table, self._rows(places, begins, ends, changed=False)])
        table = table.sort_values(["date_to", "date_from", "name"], kind="stable", ignore_index=True)
        return gpd.GeoDataFrame(table, geometry="geometry", crs=self.places.crs)

    def _rows(self, places: Ints, first: Ints, last: Ints, *, changed: bool) -> pd.DataFrame:
        """Say of each place who held it on two dates."""
        days, sides = np.array(self.dates, dtype="datetime64[s]"), np.array(self.sides, dtype=object)
        chosen = pd.DataFrame(self.places.iloc[places]).reset_index(drop=True)
        columns = {
            **chosen[["name", "district"]],
            "date_from": days[first],
            "date_to": days[last],
            "side_from": sides[self.held[first, places]],
            "side_to": sides[self.held[last, places]],
            "changed": changed,
        }
        if self.near is not None:
            columns["unsure"] = self.near[first, places] | self.near[last, places]
        return pd.DataFrame(columns | dict(chosen.drop(columns=["name", "district"])))

    def population(self, side: str, freq: str | None = None, day: int | None = None) -> pd.DataFrame | None:
        """Count the people of the places that a side held, gained and lost, step by step.

        Parameters
        ----------
        side
            The side whose gains are positive.
        freq, day
            Steps, as in `change_series`.

        Returns
        -------
        people
            A row for each step and district with places, and for ``all districts``: the columns of
            `frontlines.change.population_by_district`, with `date_from`, `date_to` and `period_end` of the
            step; None if the places say nothing of their population. Places in no district are left out.
        """
        if "population" not in self.places:
            return None
        steps = steps_between(self.dates, freq, day)
        inside = self.places["district"].notna().to_numpy()
        number, districts = pd.factorize(self.places["district"].to_numpy()[inside], sort=True)
        population = self.places["population"].to_numpy(dtype=float)[inside]
        people, owned = np.nan_to_num(population), self.held[:, inside] == self._number_of(side)
        first, last = (owned[[step[end] for step in steps]] for end in (0, 1))

        def counted(places: Bools, weights: Floats) -> Floats:
            sums = [np.bincount(number, row * weights, len(districts)) for row in places]
            return np.array(sums, dtype=float).reshape(len(steps), len(districts))

        one = np.ones_like(people)
        kinds = {"before": first, "after": last, "held": first & last}
        kinds |= {"gained": last & ~first, "lost": first & ~last}
        columns = {f"population_{kind}": counted(kinds[kind], people) for kind in PEOPLE}
        if self.near is not None:
            near = self.near[:, inside]
            unsure = near[[step.first for step in steps]] | near[[step.last for step in steps]]
            columns["population_unsure"] = counted(unsure, people)
        columns |= {f"places_{kind}": counted(kinds[kind], one) for kind in ("gained", "lost")}
        bare = np.broadcast_to(np.isnan(population), first.shape)
        columns["places_without_population"] = counted(bare, one)
        return people_by_step(columns, list(districts), side, steps, "places")

    def _number_of(self, side: str) -> int:
        return self.sides.index(side) if side in self.sides else -1


def people_by_step(
    columns: dict[str, Floats], districts: list[str], side: str, steps: list[Step], source: str
) -> pd.DataFrame:
    """Lay out counts, (n_steps, n_districts), a row for each step and district, and one for all of them."""
    names = [*districts, WHOLE]
    whole = {name: np.column_stack([one, one.sum(axis=1)]) for name, one in columns.items()}
    dates = np.array([step[2:] for step in steps], dtype="datetime64[s]").reshape(-1, 3)
    table = {"district": np.tile(np.array(names, dtype=object), len(steps)), "side": side}
    table |= {name: np.repeat(dates[:, i], len(names)) for i, name in enumerate(_STEP)}
    table |= {
        name: (one if name.startswith("population") else one.astype(int)).ravel()
        for name, one in whole.items()
    }
    return pd.DataFrame(table).assign(source=source)


@checked()
def follow_places(
    control: gpd.GeoDataFrame,
    settlements: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    *,
    rest: str = UNKNOWN,
    sigma_m: float | None = None,
    border_m: float = BORDER_M,
) -> FollowedPlaces:
    """Look up who held each settlement on many dates, as the ground says.

    Parameters
    ----------
    control
        Polygons with `date` and `side`, in the working CRS (from `as_control`).
    settlements
        Points with `name`, in the same CRS (from `as_settlements`), and perhaps `population`; a place that
        has several rows counts once, with the last population that is known.
    districts
        Polygons with `district`, in the same CRS (from `as_districts`).
    rest
        Who holds what no polygon covers.
    sigma_m
        Standard error of the position of fronts without a `sigma_m` of their own [m]; None: not known.
    border_m
        What runs this near to the edge of all districts [m] is border or coast, not front.

    Returns
    -------
    followed
        Its methods list what changed hands, and count people.

    Raises
    ------
    CRSError
        If the frames are not in one equal-area CRS in metres.
    NoiseError
        If `sigma_m` is no number of metres.

    Examples
    --------
    >>> from shapely import Point, box
    >>> control = gpd.GeoDataFrame(
    ...     {"date": pd.to_datetime(["2031-06-01", "2031-06-02"]), "side": "A", "source": "made up"},
    ...     geometry=[box(0, 0, 1000, 2000), box(0, 0, 1500, 2000)], crs="EPSG:3035")
    >>> districts = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(0, 0, 4000, 2000)], crs="EPSG:3035")
    >>> places = gpd.GeoDataFrame(
    ...     {"name": ["Ashford"], "population": [90]}, geometry=[Point(1200, 900)], crs="EPSG:3035")
    >>> followed = follow_places(control, places, districts, rest="B")
    >>> followed.changes()[["name", "side_from", "side_to"]].values.tolist()
    [['Ashford', 'B', 'A']]
    >>> followed.population("A")[["district", "population_gained"]].values.tolist()
    [['D', 90.0], ['all districts', 90.0]]
    """
    require_working_crs(control=control, settlements=settlements, districts=districts)
    places = each_once(settlements, districts)
    dates = [pd.Timestamp(date) for date in sorted(control["date"].unique())]
    sides = sorted({*control["side"], rest})
    held = np.full((len(dates), len(places)), sides.index(rest), dtype=np.int64)
    points = places.geometry.to_numpy()
    tree, x, y = shapely.STRtree(points), shapely.get_x(points), shapely.get_y(points)
    before = control.iloc[:0]
    for number, (_, now) in enumerate(control.sort_values("side", ascending=False).groupby("date")):
        if _same(before, now):
            held[number] = held[number - 1]
            continue
        for shape, side in zip(now.geometry.to_numpy(), now["side"], strict=True):
            shapely.prepare(shape)
            around = tree.query(shape)
            inside = around[shapely.intersects_xy(shape, x[around], y[around])]
            held[number, inside] = sides.index(side)  # on a border, the first of the alphabet comes last
        before = now
    near = _near_fronts(control, districts, tree, dates, sigma_m, border_m)
    return FollowedPlaces(places, dates, sides, held, near)


def _same(before: gpd.GeoDataFrame, now: gpd.GeoDataFrame) -> bool:
    """Tell whether two snapshots are the same, bit for bit."""
    if list(before["side"]) != list(now["side"]):
        return False
    return bool(shapely.equals_identical(before.geometry.to_numpy(), now.geometry.to_numpy()).all())


def _near_fronts(
    control: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    tree: shapely.STRtree,
    dates: list[pd.Timestamp],
    sigma_m: float | None,
    border_m: float,
) -> Bools | None:
    """Find on each date the places nearer to the end of some side's ground than its standard error."""
    sigmas = control[["date", "side"]].assign(sigma_m=sigmas_of(control, sigma_m)).dropna()
    if sigmas.empty:
        return None
    near = np.zeros((len(dates), len(tree.geometries)), dtype=bool)
    theatre = gpd.GeoDataFrame(geometry=[districts.union_all()], crs=districts.crs)
    for side, rows in sigmas.groupby("side"):
        fronts = fronts_of_side(control, theatre, str(side), border_m=border_m)
        reach_m = rows.groupby("date")["sigma_m"].max().reindex(fronts["date"]).fillna(-1.0).to_numpy()
        known = reach_m >= 0
        lines = fronts.geometry.to_numpy()[known]
        line, place = tree.query(lines, predicate="dwithin", distance=reach_m[known])
        on = pd.Index(dates).get_indexer(pd.Index(fronts["date"][known]))
        near[on[line], place] = True
    return near


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
        _people_by_district(pieces[own], step[own], len(chain), districts, raster)
        for own in (gained, ~gained)
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


def _people_by_district(
    pieces: Geometries, step: Ints, n_steps: int, districts: gpd.GeoDataFrame, raster: PopulationRaster
) -> Floats:
    """Sum the people on pieces by step and district."""
    pairs = intersect(np.asarray(districts.geometry.values), pieces)
    people = raster.people(gpd.GeoDataFrame(geometry=pairs.pieces, crs=districts.crs))
    sums = np.zeros((n_steps, len(districts)))
    np.add.at(sums, (step[pairs.second], pairs.first), people["population"].to_numpy())
    return sums
