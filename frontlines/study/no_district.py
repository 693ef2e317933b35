"""Ground of the sides followed that lies in no district, and so in no figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.crs import polygons_of
from frontlines.crs.working import place
from frontlines.geometry.coverage import CLOSURE, united
from frontlines.names import KM2, area_unit, somebody

if TYPE_CHECKING:
    from frontlines.study.study import Study

NOTABLE = 1e-3
"""Ground in no district is worth a warning if it is more than this share of the side's ground."""

_LARGEST, _SMALLEST = 3, 0.01  # pieces named in a warning, and their least share of all


def outside_districts(study: Study, control: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Find the ground of a study's sides in no district on its two dates, in the theatre and beyond it."""
    beyond = control.iloc[:0] if study.beyond is None else study.beyond
    theatre_m2, districts_m2 = study.theatre.area.sum(), study.districts.area.sum()
    frames = [control.assign(beyond=False), beyond.assign(beyond=True)]
    if theatre_m2 + beyond.area.sum() <= districts_m2 * (1 + NOTABLE**2):
        frames = [frames[0].iloc[:0]]  # the districts fill the theatre, and nothing but rounding lies beyond
    every = pd.concat([frame[["date", "side", "beyond", "geometry"]] for frame in frames], ignore_index=True)
    own = every[every["side"].isin(somebody(study.followed)) & every["date"].isin(study.dates)]
    ground = gpd.GeoDataFrame(own, geometry="geometry", crs=study.crs)
    filled = theatre_m2 <= districts_m2 * (1 + CLOSURE)
    return in_no_district(ground, None if filled else united(study.districts.geometry.to_numpy()))


def in_no_district(own: gpd.GeoDataFrame, covered: Any) -> gpd.GeoDataFrame:
    """Find the pieces of a side's ground that no district has `covered`, the largest of each day first.

    None: the districts cover all but the rows that are `beyond`.
    Columns: `date`, `area_km2`, `of_km2`, geometry; none on days on which they are no notable share of the
    side's ground.
    """
    parts = [_pieces(day, rows, covered) for day, rows in own.groupby("date", sort=True)]
    every = pd.concat([frame for frame in parts if len(frame)] or [_pieces(None, own.iloc[:0], covered)])
    return gpd.GeoDataFrame(every.reset_index(drop=True), geometry="geometry", crs=own.crs)


def _pieces(day: Any, rows: gpd.GeoDataFrame, covered: Any) -> gpd.GeoDataFrame:
    """Cut the districts out of the ground of one day."""
    ground = rows.geometry.to_numpy()
    if covered is None:
        bare = united(ground[rows["beyond"].to_numpy(dtype=bool)])
    else:
        bare = shapely.difference(united(ground), covered)
    left = shapely.get_parts(polygons_of(np.atleast_1d(bare)))
    whole_m2 = shapely.area(ground).sum()
    if not shapely.area(left).sum() > NOTABLE * whole_m2:
        left = left[:0]
    left = left[np.argsort(-shapely.area(left), kind="stable")]
    columns = {"date": day, "area_km2": shapely.area(left) / KM2, "of_km2": whole_m2 / KM2}
    return gpd.GeoDataFrame(columns, geometry=left, crs=rows.crs)


def recorded(
    pieces: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, labels: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Put on record, day by day, how much of a side's ground is in no district, and its largest pieces."""
    return [
        {
            "date": f"{day:%Y-%m-%d}",
            "km2": float(rows["area_km2"].sum()),
            "share": float(rows["area_km2"].sum() / rows["of_km2"].iloc[0]),
            "pieces": len(rows),
            "largest": list(_named(rows.head(_LARGEST), districts, labels or {})),
        }
        for day, rows in pieces.groupby("date", sort=True)
    ]


def _named(
    pieces: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, labels: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Name pieces by the nearest district, and by their place."""
    inside = pieces.geometry.representative_point()
    nearest = districts.sindex.nearest(inside, return_all=False)[1]
    names = districts["district"].to_numpy(dtype=object)[nearest]
    for name, point, km2 in zip(names, inside, pieces["area_km2"].tolist(), strict=True):
        where = place(point.x, point.y, pieces.crs)
        yield {"area_km2": km2, "district": labels.get(name, name), "place": where}


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
