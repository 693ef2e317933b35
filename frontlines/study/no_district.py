"""Ground of the sides followed that lies in no district, and so in no figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.crs import polygons_of
from frontlines.crs.working import place
from frontlines.geometry.coverage import united
from frontlines.names import KM2, area_unit, somebody

if TYPE_CHECKING:
    from frontlines.study.study import Study

NOTABLE = 1e-3
"""Ground in no district is worth a warning if it is more than this share of the side's ground."""

_LARGEST, _SMALLEST = 3, 0.01  # pieces named in a warning, and their least share of all


def outside_districts(study: Study, control: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Find the ground of a study's sides in no district on its two dates, in the theatre and beyond it."""
    frames = [control, control.iloc[:0] if study.beyond is None else study.beyond]
    ground_m2 = study.theatre.area.sum() + frames[1].area.sum()
    if ground_m2 <= study.districts.area.sum() * (1 + NOTABLE**2):
        frames = [control.iloc[:0]]  # the districts fill the theatre, and nothing but rounding lies beyond
    every = pd.concat([frame[["date", "side", "geometry"]] for frame in frames], ignore_index=True)
    own = every[every["side"].isin(somebody(study.followed)) & every["date"].isin(study.dates)]
    ground = gpd.GeoDataFrame(own, geometry="geometry", crs=study.crs)
    return in_no_district(ground, study.districts, study.labels)


def in_no_district(
    own: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, labels: Mapping[str, str] | None = None
) -> gpd.GeoDataFrame:
    """Find the pieces of a side's ground in no district, the largest of each day first.

    Columns: `date`, `area_km2`, `district` (the nearest one), `place`, geometry; none on days on which they
    are no notable share of the side's ground.
    """
    covered = united(districts.geometry.to_numpy())
    parts = [_pieces(day, rows, covered) for day, rows in own.groupby("date", sort=True)]
    found = gpd.GeoDataFrame(
        pd.concat([frame for frame in parts if len(frame)] or [_pieces(None, own.iloc[:0], covered)]),
        geometry="geometry",
        crs=own.crs,
    ).reset_index(drop=True)
    inside = found.geometry.representative_point()
    names = districts["district"].to_numpy(dtype=object)
    nearest = names[districts.sindex.nearest(inside, return_all=False)[1]] if len(found) else []
    places = [place(point.x, point.y, own.crs) for point in inside]
    return found.assign(district=[(labels or {}).get(name, name) for name in nearest], place=places)


def _pieces(day: Any, rows: gpd.GeoDataFrame, covered: Any) -> gpd.GeoDataFrame:
    """Cut the districts out of the ground of one day."""
    ground = rows.geometry.to_numpy()
    left = shapely.get_parts(polygons_of(np.atleast_1d(shapely.difference(united(ground), covered))))
    whole_m2 = shapely.area(ground).sum()
    if not shapely.area(left).sum() > NOTABLE * whole_m2:
        left = left[:0]
    left = left[np.argsort(-shapely.area(left), kind="stable")]
    columns = {"date": day, "area_km2": shapely.area(left) / KM2, "of_km2": whole_m2 / KM2}
    return gpd.GeoDataFrame(columns, geometry=left, crs=rows.crs)


def recorded(pieces: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Put on record, day by day, how much of a side's ground is in no district, and its largest pieces."""
    return [
        {
            "date": f"{day:%Y-%m-%d}",
            "km2": float(rows["area_km2"].sum()),
            "share": float(rows["area_km2"].sum() / rows["of_km2"].iloc[0]),
            "pieces": len(rows),
            "largest": rows[["area_km2", "district", "place"]].head(_LARGEST).to_dict("records"),
        }
        for day, rows in pieces.groupby("date", sort=True)
    ]


def warned(record: Sequence[Mapping[str, Any]], side: str) -> list[str]:
    """Warn of ground in no district, as it was put on record."""
    lines = []
    for entry in record:
        unit = area_unit(entry["km2"])
        named = "; ".join(
            f"{unit.said(one['area_km2'])} near {one['district']} at {one['place']}"
            for one in entry["largest"]
            if one["area_km2"] >= _SMALLEST * entry["km2"]
        )
        lines.append(
            f"WARNING: {unit.said(entry['km2'])} ({entry['share']:.1%}) of the ground of {side} on "
            f"{entry['date']} is in no district and in no figure; the largest of {entry['pieces']:,} pieces: "
            f"{named}"
        )
    return lines
