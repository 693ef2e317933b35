"""What is put on record of a series, and what a later run goes on from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from frontlines.errors import StudyError
from frontlines.layers.mending import stated_sources
from frontlines.manifest import Manifest, versions
from frontlines.names import UNKNOWN, somebody
from frontlines.series.change_series import held_sides
from frontlines.series.periods import code_of
from frontlines.series.totals import ground_beyond, series_books
from frontlines.sources.snapshots import SHRUNK, digest_of, odd_among, shrunken_among
from frontlines.study.no_district import in_no_district, recorded
from frontlines.study.series_results import Keep, Previous, series_and_record
from frontlines.study.series_stretches import Followed
from frontlines.study.snapshots import Snapshots

_NOTHING: Manifest = {"odd": [], "snapshots": {}, "sources": [], "margin": {"km2": {}}}


def record_of(
    snapshots: Snapshots, districts: gpd.GeoDataFrame, read: Mapping[str, Any], asked: dict[str, Any]
) -> Manifest:
    """Describe what goes into a series: files, options and the districts."""
    return {
        "inputs": list(read.get("inputs", ())),
        "parameters": dict(read.get("parameters", {})) | asked | {"freq": code_of(asked["freq"])},
        "projection": {"name": snapshots.crs.name, "wkt": snapshots.crs.to_wkt()},
        "sources": list(read.get("sources", ())),
        "districts": digest_of(districts["district"], districts.geometry.values),
        "snapshots": {},
        "odd": list(read.get("odd", ())),
        "ends_led": dict(read.get("ends_led", {})),
        "notes": list(read.get("notes", ())),
        "versions": versions(),
    }


def begun(
    held: Snapshots,
    districts: gpd.GeoDataFrame,
    record: Mapping[str, Any],
    asked: dict[str, Any],
    previous: Previous | None,
) -> tuple[tuple[str, ...], Manifest, pd.DataFrame | None, Manifest | None]:
    """Give the sides followed and the manifest as it begins; of an earlier run its series and manifest."""
    kept, old = (None, None) if previous is None else series_and_record(previous)
    before = set() if kept is None else set(kept["side"].unique())
    every = held.sides | ({asked["rest"]} - {UNKNOWN}) | before
    followed = held_sides(every, asked["side"])
    asked |= {"side": alone(followed) or list(followed)}
    manifest = record_of(held, districts, record, asked)
    if old is not None and kept is not None:
        early = held.of(held.days[: len(old.get("snapshots", {}))])
        kept = gone_on_with(kept, old, manifest, early.digests())
    return followed, manifest, kept, old


def alone(sides: Sequence[str]) -> str | None:
    """Give the only side there is."""
    return sides[0] if len(sides) == 1 else None


def record_days(manifest: Manifest, found: Followed, old: Manifest | None) -> None:
    """Put each snapshot on record by its checksum, and what is odd about the days; the first may be `old`."""
    digests = {f"{fact.day:%Y-%m-%d}": fact.digest for fact in found.facts}
    first, old = min(digests, default="9999"), old or _NOTHING

    def joined(fresh: list[dict[str, str]], *, shrunk: bool) -> list[dict[str, str]]:
        known = [one for one in old["odd"] if one["date"] <= first and (one["problem"] == SHRUNK) == shrunk]
        return [*known, *(one for one in fresh if not old["snapshots"] or one["date"] > first)]

    told = joined(odd_among(found.facts), shrunk=False) if found.raw else manifest["odd"]
    manifest["odd"] = [*told, *joined(shrunken_among(found.covered_m2), shrunk=True)]
    manifest["snapshots"] = {day: one for day, one in old["snapshots"].items() if day < first} | digests
    manifest["sources"] = manifest["sources"] or stated_sources(old["sources"], found.sources)
    km2, before = manifest["margin"]["km2"], old["margin"]["km2"]  # on the day with most
    most = {side: max(km2.get(side, 0.0), before.get(side, 0.0)) for side in sorted({*km2, *before})}
    manifest["margin"]["km2"] = most


def keeping(
    keep: Keep | None, manifest: Manifest, old: Manifest | None
) -> Callable[[Followed, pd.DataFrame, Manifest], None]:
    """Give what hands on the finished steps of a series that broke off, with their record."""

    def broken(found: Followed, rows: pd.DataFrame, more: Manifest) -> None:
        if keep is not None:
            whole = manifest | more
            record_days(whole, found, old)
            keep(rows, whole)

    return broken


def books_of_series(
    ends: gpd.GeoDataFrame, drawn: gpd.GeoDataFrame, totals: pd.DataFrame, n_days: int, *ground: Any
) -> dict[str, Any]:
    """Sum a series up for its manifest, with what is in none of its figures.

    `ends` is control on the first and the last day, strips among its rows, and `drawn` without them; `ground`
    is that of all districts, then the districts and their labels.
    """
    own = drawn["side"].isin(somebody(tuple(totals["side"].unique())))
    return {
        "beyond_districts_km2": ground_beyond(ends, totals, n_days),
        "books": series_books(totals),
        "no_district": recorded(in_no_district(drawn[own], ground[0]), *ground[1:]),
    }


def gone_on_with(
    series: pd.DataFrame, old: Manifest, record: Manifest, digests: Mapping[str, str]
) -> pd.DataFrame:
    """Give the series that is to be gone on with, after checking that it began in the same way."""
    anew = "begin anew, without previous=..."
    for name in ("parameters", "projection", "districts", "version"):
        before, now = (
            one.get("versions", {}).get("frontlines") if name == "version" else one.get(name)
            for one in (old, record)
        )
        if before != now:
            which = ""
            if name == "parameters":
                had, has = dict(before or {}), dict(now or {})
                which = f" ({', '.join(key for key in has if had.get(key) != has[key])})"
            raise StudyError(f"the series was made with other {name.removesuffix('s')}s{which}: {anew}")
    snapshots = dict(old.get("snapshots", {}))
    early = dict(list(digests.items())[: len(snapshots)])
    if early != snapshots:
        day = min(set(early.items()) ^ set(snapshots.items()))[0]
        raise StudyError(f"the snapshot of {day} is not the one that the series was made from: {anew}")
    return series
