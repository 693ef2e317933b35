"""Change by district: who passed what to whom, and what one side gained, lost and held."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.crs.working import require_working_crs
from frontlines.errors import ClosureError, LayerError
from frontlines.geometry.coverage import CLOSURE, intersect
from frontlines.names import CONTESTED, KM2, WHOLE, counted, sides_followed, sides_in_order

TRANSITIONS = ["district", "date_from", "date_to", "side_from", "side_to", "area_km2"]

BALANCE = [
    "district", "side", "date_from", "date_to", "district_km2", "before_km2", "after_km2",
    "held_km2", "gained_km2", "lost_km2", "net_km2", "share_before", "share_after",
    "contested_before_km2", "contested_after_km2",
]  # fmt: skip


@checked()
def transitions_by_district(change: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> pd.DataFrame:
    """Measure change in each district.

    Parameters
    ----------
    change
        From `change_between`; any number of pairs of dates.
    districts
        Polygons with unique `district`, within the theatre, in the same CRS (from `as_districts`).

    Returns
    -------
    transitions
        `district`, `date_from`, `date_to`, `side_from`, `side_to`, `area_km2`: one row for each pair
        of sides found in a district, unchanged ground included, sorted by all of these columns. For
        each district and pair of dates the areas sum to the district's.

    Raises
    ------
    ClosureError
        If they do not, to 1e-9 of the largest district; the message names the districts.
    CRSError
        If the frames are not in one projected CRS in metres.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> change = gpd.GeoDataFrame(
    ...     {"side_from": ["A", "B"], "side_to": ["A", "A"],
    ...      "date_from": pd.Timestamp("1994-04-07"), "date_to": pd.Timestamp("1994-05-12")},
    ...     geometry=[box(0, 0, 1000, 2000), box(1000, 0, 4000, 2000)], crs="EPSG:3035")
    >>> districts = gpd.GeoDataFrame(
    ...     {"district": ["West", "East"]},
    ...     geometry=[box(0, 0, 2000, 2000), box(2000, 0, 4000, 2000)], crs="EPSG:3035")
    >>> table = transitions_by_district(change, districts)
    >>> table[["district", "side_from", "side_to", "area_km2"]].values.tolist()
    [['East', 'B', 'A', 4.0], ['West', 'A', 'A', 2.0], ['West', 'B', 'A', 2.0]]
    """
    require_working_crs(change=change, districts=districts)
    # Part by part: a row may hold all that changed hands between two sides, far beyond a district.
    parts, row = shapely.get_parts(np.asarray(change.geometry.values), return_index=True)
    pairs = intersect(np.asarray(districts.geometry.values), parts)
    met = change.iloc[row[pairs.second]]
    table = pd.DataFrame(
        {
            "district": districts["district"].to_numpy()[pairs.first],
            **{name: met[name].to_numpy() for name in TRANSITIONS[1:-1]},
            "area_km2": shapely.area(pairs.pieces) / KM2,
        }
    )
    table = table.groupby(TRANSITIONS[:-1], sort=True)["area_km2"].sum().reset_index()
    _close_districts(table, change, districts)
    return table[TRANSITIONS]


def _close_districts(table: pd.DataFrame, change: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> None:
    """Check that change fills each district at each step, districts that it does not touch included."""
    whole = pd.Series(districts.area.to_numpy() / KM2, index=districts["district"].to_numpy())
    steps = pd.MultiIndex.from_frame(change[["date_from", "date_to"]].drop_duplicates())
    booked = table.groupby(["date_from", "date_to", "district"])["area_km2"].sum()
    filled = booked.unstack("district").reindex(index=steps, columns=whole.index).fillna(0.0)
    off = (filled - whole).abs().max()
    open_books = off[off > CLOSURE * whole.max()]
    if len(open_books):
        worst = ", ".join(f"{name} by {km2:.6f} km²" for name, km2 in open_books.nlargest(5).items())
        raise ClosureError(
            f"change does not fill {len(open_books)} of {counted(len(whole), 'district')} ({worst}): "
            "cut them at the theatre's edge with as_districts(..., theatre=theatre)"
        )


@checked(transitions="rows district date_from date_to side_from side_to area_km2")
def balance_by_district(transitions: pd.DataFrame, side: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Sum up what a side, or each of several, gained, lost and held in each district.

    Parameters
    ----------
    transitions
        From `transitions_by_district`; any number of pairs of dates.
    side
        The side whose gains are positive, or several of them. None: every side there is, ground that is
        contested or unknown included.

    Returns
    -------
    balance
        One row for each pair of dates, district and side, sorted by district, then by date, then in the
        order of the sides (None: by name, contested and unknown last): `district`, `side`,
        `date_from`, `date_to`, `district_km2`, `before_km2`, `after_km2`, `held_km2` (under the side
        on both dates), `gained_km2` (not, then), `lost_km2` (then not), `net_km2` (gained less lost),
        `share_before`, `share_after` (of the district, 0 to 1), `contested_before_km2`,
        `contested_after_km2`. Contested ground counts for nobody: `before_km2` and `after_km2` are
        the low bound of what the side held, and with contested ground added the high bound. Over every
        side, `before_km2` and `after_km2` sum to the district, and `net_km2` to nothing.

    Raises
    ------
    LayerError
        If a side occurs nowhere; the message names those that do.

    Notes
    -----
    Gained and lost compare two dates only. Ground that changed hands and came back between them is
    in neither; more snapshots give larger gross figures and the same net.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "district": "West", "date_from": "1994-04-07", "date_to": "1994-05-12",
    ...     "side_from": ["A", "B"], "side_to": ["A", "A"], "area_km2": [3.0, 1.0]})
    >>> balance = balance_by_district(table, "A")
    >>> balance[["before_km2", "gained_km2", "net_km2", "share_after"]].values.tolist()
    [[3.0, 1.0, 1.0, 1.0]]
    >>> balance_by_district(table)[["side", "before_km2", "net_km2"]].values.tolist()
    [['A', 3.0, 1.0], ['B', 1.0, -1.0]]
    """
    found = sides_in_order([*transitions["side_from"], *transitions["side_to"]])
    sides = sides_followed(found, side) if side else found
    for name in sides:
        if name not in found:
            raise LayerError(
                f"side {name!r} holds no ground on either date: the sides are {', '.join(map(repr, found))}"
            )
    table = pd.concat([_balance_of(transitions, name) for name in sides], ignore_index=True)
    return table.sort_values(["district", "date_from", "date_to"], kind="stable", ignore_index=True)


def _balance_of(transitions: pd.DataFrame, side: str) -> pd.DataFrame:
    """Sum up one side."""
    before, after = transitions["side_from"] == side, transitions["side_to"] == side
    counts = {
        "before_km2": before,
        "after_km2": after,
        "held_km2": before & after,
        "gained_km2": ~before & after,
        "lost_km2": before & ~after,
        "contested_before_km2": transitions["side_from"] == CONTESTED,
        "contested_after_km2": transitions["side_to"] == CONTESTED,
    }
    km2 = transitions["area_km2"]
    booked = transitions[["district", "date_from", "date_to"]].assign(
        district_km2=km2, **{name: km2.where(counts_here, 0.0) for name, counts_here in counts.items()}
    )
    balance = booked.groupby(["district", "date_from", "date_to"], as_index=False, sort=True).sum()
    return balance.assign(
        side=side,
        net_km2=balance["gained_km2"] - balance["lost_km2"],
        share_before=balance["before_km2"] / balance["district_km2"],
        share_after=balance["after_km2"] / balance["district_km2"],
    )[BALANCE]


@checked()
def transition_matrix(transitions: pd.DataFrame) -> pd.DataFrame:
    """Lay out who passed how much ground to whom, side by side.

    Parameters
    ----------
    transitions
        From `transitions_by_district`, one pair of dates.

    Returns
    -------
    matrix
        A row for each district, and ``all districts`` first, and for each side that held ground before
        (index `district`, `side_from`), a column for each side (`side_to`), in the same order: by name,
        contested and unknown last. Areas [km²]; on the diagonal is ground that did not change hands. Rows
        sum to what a side held before, columns to what it held after.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "district": "West", "side_from": ["A", "B", "B"], "side_to": ["A", "A", "B"],
    ...     "area_km2": [3.0, 1.0, 2.0]})
    >>> transition_matrix(table).loc["all districts"].values.tolist()
    [[3.0, 0.0], [1.0, 2.0]]
    """
    sides = sides_in_order([*transitions["side_from"], *transitions["side_to"]])
    districts = [WHOLE, *sorted(set(transitions["district"]))]
    every = pd.concat([transitions, transitions.assign(district=WHOLE)])
    matrix = every.pivot_table(
        index=["district", "side_from"], columns="side_to", values="area_km2", aggfunc="sum"
    )
    index = pd.MultiIndex.from_product([districts, sides], names=["district", "side_from"])
    return matrix.reindex(index=index, columns=pd.Index(sides, name="side_to")).fillna(0.0)
