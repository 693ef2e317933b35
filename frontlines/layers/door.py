"""The door: raw frames in, checked frames in the working CRS out.

Columns that every part of the library reads:

==============  =========================================================================
``date``        calendar day (datetime64, no time of day): the state at its end
``side``        who holds the ground; ``unknown`` and ``contested`` are reserved
``side_left``   who holds the ground to the left of a line, seen from its start
``side_right``  who holds the ground to its right
``source``      where the row comes from, in words
``sigma_m``     standard error of its position across the line [m]
``note``        anything else worth reading
``district``    unique name of a district
``vintage``     which version of the districts this is, in words
``name``        name of a settlement
``mended_km2``  ground that mending gave to the row or took from it [km²]
``margin_km2``  ground along the theatre's edge that no polygon covered, given to the row [km²]
``outside_km2`` ground of the row beyond the theatre, left out [km²]
==============  =========================================================================
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import ProjError

from frontlines.arguments import checked
from frontlines.crs import polygons_of, working_crs
from frontlines.crs.projecting import project_and_look
from frontlines.crs.working import require_working_crs
from frontlines.errors import CRSError, LayerError
from frontlines.geometry.coverage import HAIR_M, ground_of
from frontlines.layers.columns import dissolved, tidy, unfit_to_project, with_key
from frontlines.layers.faults import (
    COLUMNS,
    REMARKS,
    Examined,
    Fault,
    as_frame,
    blank,
    describe,
    examine,
    find_faults,
)
from frontlines.layers.margins import give_margins
from frontlines.layers.mending import cut_at, drop_rows, fill_up, give_up_overlaps, mended, refuse_elsewhere
from frontlines.names import CONTESTED, KINDS, KM2, UNKNOWN, Kind, Mend, mends_of

_OF_CONTROL = ["date", "side", "source", "sigma_m", "mended_km2", "outside_km2"]


@checked()
def as_control(
    frame: gpd.GeoDataFrame,
    crs: CRS,
    *,
    theatre: gpd.GeoDataFrame | None = None,
    rest: str = UNKNOWN,
    margin_m: float | None = 0.0,
    mend: Mend = False,
) -> gpd.GeoDataFrame:
    """Check polygons of control and bring them into the working CRS.

    Parameters
    ----------
    frame
        Raw polygons with columns `date`, `side`, `source` (and `sigma_m` [m]), in any CRS; column
        names in any case. Further columns are kept.
    crs
        The working CRS, from `working_crs`.
    theatre
        Ground of the study, in the working CRS. Polygons are cut at its edge, and at every date the
        ground that no polygon covers becomes a row of its own.
    rest
        Who holds that ground.
    margin_m
        Where polygons and theatre were drawn by different hands, strips between them along the theatre's edge
        that are thinner than this [m] are no ground of the rest: each goes to the polygon that it borders
        the longest, and a column `margin_km2` books it. 0: none. None: found from the distances between the
        uncovered edge and the nearest polygon: the margin stands in their emptiest threefold range, if at
        least a fifth of them lie below it, and at most a tenth as many in it; else it is 0.
    mend
        Mend what can be mended instead of raising: all, or the kinds named, such as ``"invalid"`` or
        ``("overlaps", "invalid")``. ``invalid`` geometry is made valid; rows without geometry
        (``empty``) and repeated rows (``duplicates``) are dropped; of two polygons of one side with
        ``overlaps`` the larger keeps the ground; ground that two sides claim becomes a row of side
        ``contested``. What comes from rounding and projecting is mended unasked: overlaps, and ground that
        a polygon holds twice or inside out, if they are thinner than 1 m, or thinner than 25 m and less
        than a hundred-thousandth of the (smaller) polygon.

    Returns
    -------
    control
        `date`, `side`, `source`, `sigma_m` [m], `mended_km2`, `outside_km2`, then the columns that
        came along, and `geometry`, in `crs`. Rows keep their index labels; rows made here follow
        with new labels. At one date no two polygons overlap; with a theatre they fill it.

    Raises
    ------
    LayerError
        If anything is wrong, a missing CRS too: all faults at once, with rows, amounts and what to do next.
    CRSError
        If `crs` is no equal-area plane in metres, or the theatre is not in it.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> theatre = gpd.GeoDataFrame(geometry=[box(46, 39, 48, 41)], crs="EPSG:4326")
    >>> crs = working_crs(theatre)
    >>> raw = gpd.GeoDataFrame({"date": ["1994-05-12"], "side": ["A"], "source": ["a map"]},
    ...                        geometry=[box(46, 39, 47, 41)], crs="EPSG:4326")
    >>> control = as_control(raw, crs, theatre=as_theatre(theatre, crs))
    >>> control[["side", "source"]].values.tolist()
    [['A', 'a map'], ['unknown', 'rest of the theatre']]
    """
    control, sound = control_and_door(frame, crs, mend=mend)
    if theatre is not None:
        require_working_crs(theatre=theatre, control=control)
        ground = ground_of(theatre)
        refuse_elsewhere(sound.frame, ground)
        dates = sorted(sound.frame["date"].unique())
        control = fill_up(cut_at(control, ground), ground, dates, rest=rest, hair_m=HAIR_M)
        if margin_m != 0:
            control = give_margins(control, theatre, margin_m=margin_m)
    return _arranged(control, _OF_CONTROL)


def control_and_door(frame: gpd.GeoDataFrame, crs: CRS, *, mend: Mend) -> tuple[gpd.GeoDataFrame, Examined]:
    """As `as_control` without a theatre; with what was seen at the door."""
    sound = _through_door(frame, crs, "control", mend=mend)
    control = give_up_overlaps(sound, within="date", key="side", hair_m=HAIR_M, disputed=CONTESTED)
    return _arranged(control.assign(outside_km2=0.0), _OF_CONTROL), sound


@checked()
def as_frontlines(frame: gpd.GeoDataFrame, crs: CRS, *, mend: Mend = False) -> gpd.GeoDataFrame:
    """Check frontlines and bring them into the working CRS.

    Parameters
    ----------
    frame
        Raw lines with columns `date`, `side_left`, `side_right` (and `source`, `sigma_m` [m],
        `note`), in any CRS. Left and right are seen from a line's start.
    crs
        The working CRS, from `working_crs`.
    mend
        Split lines that cross themselves (``crossings``), drop rows without geometry (``empty``) and
        repeated rows (``duplicates``): all, or those named.

    Returns
    -------
    frontlines
        One row a stretch: `date`, `side_left`, `side_right`, `source`, `sigma_m` [m], `note`, then
        the columns that came along, and LineStrings in `crs`. A MultiLineString becomes a row a
        line, with new index labels.

    Raises
    ------
    LayerError
        If anything is wrong, a missing CRS too: all faults at once, with rows, places and what to do next.
    CRSError
        If `crs` is no equal-area plane in metres.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> raw = gpd.GeoDataFrame(
    ...     {"date": ["1994-05-12"], "SIDE_LEFT": ["A"], "SIDE_RIGHT": ["B"], "source": ["a map"]},
    ...     geometry=[LineString([(46, 40), (48, 40)])], crs="EPSG:4326")
    >>> as_frontlines(raw, working_crs(raw))[["side_left", "side_right"]].values.tolist()
    [['A', 'B']]
    """
    lines = _through_door(frame, crs, "frontlines", mend=mend).frame
    if (lines.geom_type == "MultiLineString").any():
        lines = lines.set_geometry(shapely.line_merge(lines.geometry.values, directed=True)).explode(
            ignore_index=True
        )
    return _arranged(lines, ["date", "side_left", "side_right", "source", "sigma_m", "note"])


@checked()
def as_districts(
    frame: gpd.GeoDataFrame,
    crs: CRS,
    *,
    key: str = "district",
    theatre: gpd.GeoDataFrame | None = None,
    mend: Mend = False,
    dissolve: bool = False,
) -> gpd.GeoDataFrame:
    """Check districts and bring them into the working CRS.

    Parameters
    ----------
    frame
        Raw polygons, in any CRS, with a column of unique names and, if known, `vintage`: which
        version of the districts this is.
    crs
        The working CRS, from `working_crs`.
    key
        The column that names the districts; it becomes `district`.
    theatre
        Ground of the study, in the working CRS: districts are cut at its edge, and those wholly
        beyond it are left out.
    mend
        Make invalid geometry valid, drop rows without geometry, and give ground in two districts to
        the larger: all, or the kinds named, see `as_control`.
    dissolve
        Join rows that share a name into one district, which keeps the columns of its first row.

    Returns
    -------
    districts
        `district`, `vintage`, `mended_km2`, `outside_km2`, then the columns that came along, and
        `geometry`, in `crs`, in the order they came.

    Raises
    ------
    LayerError
        If names are missing or repeated, districts overlap, geometry is wrong or the CRS missing.
    CRSError
        If `crs` is no equal-area plane in metres, or the theatre is not in it.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> raw = gpd.GeoDataFrame({"NAME": ["West", "East"]},
    ...                        geometry=[box(46, 39, 47, 41), box(47, 39, 48, 41)], crs="EPSG:4326")
    >>> as_districts(raw, working_crs(raw), key="name")["district"].tolist()
    ['West', 'East']
    """
    keyed = with_key(_with_geometry(frame, "districts"), key)
    named = dissolved(keyed) if dissolve else keyed
    sound = _through_door(named, crs, "districts", mend=mend)
    districts = give_up_overlaps(sound, within=None, key=None, hair_m=HAIR_M, disputed=None)
    _refuse_swallowed(sound.frame, districts)
    if theatre is not None:
        require_working_crs(theatre=theatre, districts=districts)
        districts = cut_at(districts, ground_of(theatre))
    else:
        districts = districts.assign(outside_km2=0.0)
    return _arranged(districts, ["district", "vintage", "mended_km2", "outside_km2"])


@checked()
def as_settlements(
    frame: gpd.GeoDataFrame, crs: CRS, *, unlocated: Literal["raise", "drop"] = "raise"
) -> gpd.GeoDataFrame:
    """Check settlements and bring them into the working CRS.

    Parameters
    ----------
    frame
        Raw points with columns `name`, `date`, `side` (and `source`, `sigma_m` [m]), in any CRS.
    crs
        The working CRS, from `working_crs`.
    unlocated
        What to do with places that have no point: refuse the layer, or leave them out.

    Returns
    -------
    settlements
        `name`, `date`, `side`, `source`, `sigma_m` [m], then the columns that came along, and Points
        in `crs`.

    Raises
    ------
    LayerError
        If a place occurs twice at one date, or columns, geometry or the CRS are wrong.
    CRSError
        If `crs` is no equal-area plane in metres.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> raw = gpd.GeoDataFrame({"name": ["Ağdam"], "date": ["1994-05-12"], "side": ["ARM"]},
    ...                        geometry=[Point(46.93, 39.99)], crs="EPSG:4326")
    >>> as_settlements(raw, working_crs(raw)).geom_type.tolist()
    ['Point']
    """
    _with_geometry(frame, "settlements")
    nowhere = blank(frame) | frame.geometry.bounds.isna().any(axis=1).to_numpy()
    located = frame[~nowhere] if unlocated == "drop" else frame
    places = _through_door(located, crs, "settlements", mend=False).frame
    return _arranged(places, ["name", "date", "side", "source", "sigma_m"])


@checked()
def as_theatre(frame: gpd.GeoDataFrame, crs: CRS, *, mend: Mend = False) -> gpd.GeoDataFrame:
    """Check the ground of a study, join it into one row and bring it into the working CRS.

    Parameters
    ----------
    frame
        Raw polygons, in any CRS; several are joined, so districts will do.
    crs
        The working CRS, from `working_crs`.
    mend
        Make invalid geometry valid and drop rows without geometry and repeated rows: all, or the kinds
        named, see `as_control`.

    Returns
    -------
    theatre
        One row with one Polygon or MultiPolygon in `crs`, and no other column.

    Raises
    ------
    LayerError
        If there is no polygon, or geometry is wrong or the CRS missing.
    CRSError
        If `crs` is no equal-area plane in metres.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> raw = gpd.GeoDataFrame(geometry=[box(46, 39, 47, 41), box(47, 39, 48, 41)], crs="EPSG:4326")
    >>> as_theatre(raw, working_crs(raw)).geom_type.tolist()
    ['Polygon']
    """
    sound = _through_door(frame, crs, "theatre", mend=mend).frame
    if sound.empty:
        raise LayerError("the theatre layer has no row: give at least one polygon")
    joined = polygons_of(np.array([shapely.union_all(sound.geometry.values)]))
    return gpd.GeoDataFrame(geometry=joined, crs=crs)


@checked()
def check_layer(
    frame: gpd.GeoDataFrame, kind: Kind, *, key: str = "district", theatre: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """List everything that is wrong with a raw layer, without raising.

    Parameters
    ----------
    frame
        A layer as it was read, in any CRS or none.
    kind
        What it is to be: ``control``, ``frontlines``, ``settlements``, ``districts``, ``theatre``, or
        ``polygons`` for any coverage.
    key
        For districts, the column that names them.
    theatre
        Ground that polygons must fill, in any CRS; without it, the ground inside their outline.

    Returns
    -------
    faults
        As `frontlines.layers.faults.find_faults`, in a working CRS made for the layer (in the layer's own
        coordinates if it has no CRS). Empty if nothing is wrong; a ``thin overlap`` or ``thin gap`` comes
        from rounding and passes everywhere.

    Raises
    ------
    LayerError
        If the frame has no geometry, or the kind is not known.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> raw = gpd.GeoDataFrame({"side": ["A", ""]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)])
    >>> check_layer(raw, "control")["fault"].tolist()
    ['missing column', 'no CRS', 'no side']
    """
    if kind not in KINDS:
        raise LayerError(f"kind={kind!r} is not known: use one of {', '.join(KINDS)}")
    sound = _with_geometry(frame, kind)
    frame = with_key(sound, key) if kind == "districts" else sound
    tidied, problems = tidy(frame, kind)
    found = unfit_to_project(tidied)
    ground = None
    if not found and len(shapely.get_coordinates(tidied.geometry.values)):
        crs = working_crs(tidied if theatre is None else theatre)
        tidied, valid, _ = project_and_look(tidied, crs)
        ground = None if theatre is None else as_theatre(theatre, crs).geometry.iloc[0]
    else:
        valid = tidied.is_valid.to_numpy()
    rest = find_faults(mended(tidied, kind, valid), theatre=ground)
    return _together([*problems, *found], rest)


def _through_door(frame: gpd.GeoDataFrame, crs: CRS, kind: Kind, *, mend: Mend) -> Examined:
    """Tidy, project, mend and check; raise on whatever is left that must not pass."""
    mends = mends_of(mend)
    try:
        require_working_crs(crs=gpd.GeoSeries([], crs=crs))
    except ProjError as error:
        raise CRSError(f"crs={crs!r} is no CRS: make one with working_crs(theatre)") from error
    out, problems = tidy(_with_geometry(frame, kind), kind)
    found = unfit_to_project(out)
    if found:
        layer = examine(out, out.is_valid.to_numpy(), kind)
    else:
        out, valid, moved_m2 = project_and_look(drop_rows(out, mends), crs)
        if kind in ("control", "districts"):
            out = out.assign(mended_km2=moved_m2 / KM2)
        layer = replace(mended(out, kind, valid, mends), doubtful=out.index[~valid])
    faults = find_faults(layer, with_gaps=False)
    passes = (*REMARKS, "overlap") if "overlaps" in mends else REMARKS
    stops = faults[~faults["fault"].isin(passes)]
    if len(every := _together([*problems, *found], stops)):
        raise LayerError(describe(every, len(frame), kind), every)
    return layer


def _with_geometry(frame: gpd.GeoDataFrame, kind: str) -> gpd.GeoDataFrame:
    """Refuse frames that are no layers at all."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name not in frame:
        raise LayerError(
            f"the {kind} layer has no geometry: make it a GeoDataFrame with geometry=... and crs=..."
        )
    if frame.columns.has_duplicates:
        twice = ", ".join(map(repr, frame.columns[frame.columns.duplicated()].unique()))
        raise LayerError(f"the {kind} layer has more than one column {twice}: rename or drop the others")
    return frame


def _together(first: list[Fault], rest: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join the faults found before and after projecting; a date that cannot be read is reported once."""
    if not first:
        return rest.reset_index(drop=True)
    early = as_frame(first, rest.crs)
    unread = set(early.loc[early["fault"] == "bad date", "rows"])
    rest = rest[~((rest["fault"] == "no date") & rest["rows"].isin(unread))]
    every = pd.concat([early, rest], ignore_index=True)[COLUMNS]
    return gpd.GeoDataFrame(every, geometry="geometry", crs=rest.crs)


def _refuse_swallowed(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> None:
    """Refuse to lose districts that lie wholly inside larger ones."""
    if len(gone := before[~before["district"].isin(after["district"])]):
        faults = as_frame([Fault("swallowed", tuple(gone.index))], before.crs)
        raise LayerError(describe(faults, len(before), "districts"), faults)


def _arranged(frame: gpd.GeoDataFrame, first: list[str]) -> gpd.GeoDataFrame:
    """Put the columns of the kind first and the geometry last."""
    others = [column for column in frame.columns if column not in (*first, "geometry")]
    return frame[[*first, *others, "geometry"]]
