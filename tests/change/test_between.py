"""Who held what before, and who after."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Polygon, box

from frontlines.change import balance_by_district, change_between, transitions_by_district
from frontlines.crs import working_crs
from frontlines.errors import ClosureError, LayerError
from frontlines.layers import as_control, as_districts, as_theatre

CRS = "EPSG:3035"
THEATRE = gpd.GeoDataFrame(geometry=[box(0, 0, 10_000, 10_000)], crs=CRS)


def control(day, *held):
    return gpd.GeoDataFrame(
        {
            "date": pd.to_datetime([day] * len(held)),
            "side": [s for s, _ in held],
            "source": [f"{s} {day}" for s, _ in held],
        },
        geometry=[shape for _, shape in held],
        crs=CRS,
    )


def halves(day, front, sides="AB"):
    return control(day, (sides[0], box(0, 0, front, 10_000)), (sides[1], box(front, 0, 10_000, 10_000)))


BEFORE, AFTER = halves("1994-04-07", 3000), halves("1994-05-12", 4500)


def km2(change):
    return {(row.side_from, row.side_to): round(row.area_km2, 9) for row in change.itertuples()}


def test_everything_comes_back_unchanged_ground_included():
    change = change_between(BEFORE, AFTER, THEATRE)
    assert km2(change) == {("A", "A"): 30, ("B", "A"): 15, ("B", "B"): 55}
    assert change["area_km2"].sum() == pytest.approx(100, rel=1e-12)
    assert (change.area / 1e6).tolist() == pytest.approx(change["area_km2"].tolist())
    assert change["date_from"].unique().tolist() == [pd.Timestamp("1994-04-07")]


def test_sources_of_both_dates_are_kept():
    change = change_between(BEFORE, AFTER, THEATRE).set_index(["side_from", "side_to"])
    assert change.loc[("B", "A"), ["source_from", "source_to"]].tolist() == ["B 1994-04-07", "A 1994-05-12"]


def test_exchanging_the_dates_exchanges_the_columns():
    there, back = change_between(BEFORE, AFTER, THEATRE), change_between(AFTER, BEFORE, THEATRE)
    assert km2(there) == {pair[::-1]: area for pair, area in km2(back).items()}


def test_identical_dates_have_no_change():
    change = change_between(BEFORE, halves("1994-05-12", 3000), THEATRE)
    assert (change["side_from"] == change["side_to"]).all()


def test_many_sides_make_a_matrix():
    grid = [(x, y) for x in range(2) for y in range(2)]
    quarters = [box(5000 * x, 5000 * y, 5000 * x + 5000, 5000 * y + 5000) for x, y in grid]
    before = control("1994-04-07", *zip("ABCA", quarters, strict=True))
    after = control("1994-05-12", *zip(["A", "contested", "unknown", "B"], quarters, strict=True))
    assert km2(change_between(before, after, THEATRE)) == {
        ("A", "A"): 25, ("A", "B"): 25, ("B", "contested"): 25, ("C", "unknown"): 25,
    }  # fmt: skip


def test_a_sliver_joins_its_unchanged_neighbour_and_is_booked():
    shaky = halves("1994-05-12", 3000.4)
    change = change_between(BEFORE, shaky, THEATRE)
    assert set(km2(change)) == {("A", "A"), ("B", "B")}
    assert change["sliver_km2"].sum() == pytest.approx(0.004)
    assert change["area_km2"].sum() == pytest.approx(100, rel=1e-12)
    assert ("B", "A") in km2(change_between(BEFORE, shaky, THEATRE, sliver_m=0.1))


def test_a_sliver_goes_where_its_border_is_longest():
    before = control("1994-04-07", ("A", box(0, 0, 10_000, 5000)), ("B", box(0, 5000, 10_000, 10_000)))
    wedge = Polygon([(0, 5000), (10_000, 5000), (10_000, 5000.5), (9000, 5000.5)])
    after = control(
        "1994-05-12", ("A", box(0, 0, 10_000, 5000) | wedge), ("B", box(0, 5000, 10_000, 10_000) - wedge)
    )
    there = change_between(before, after, THEATRE)
    back = change_between(after, before, THEATRE)
    assert there["sliver_km2"].sum() == pytest.approx(wedge.area / 1e6)
    assert km2(there) == km2(back)


def test_wide_change_beside_a_sliver_is_kept():
    after = control(
        "1994-05-12",
        ("A", box(0, 0, 3000.3, 10_000) | box(3000, 2000, 4000, 3000)),
        ("B", box(3000.3, 0, 10_000, 10_000) - box(3000, 2000, 4000, 3000)),
    )
    change = change_between(BEFORE, after, THEATRE)
    assert km2(change)["B", "A"] == pytest.approx(1.003, abs=0.01)


def test_more_than_one_date_is_refused():
    both = pd.concat([BEFORE, AFTER])
    with pytest.raises(LayerError, match=r"before holds 2 dates \(1994-04-07, 1994-05-12\): pick one"):
        change_between(both, AFTER, THEATRE)
    with pytest.raises(LayerError, match=r"after holds 0 dates \(none\)"):
        change_between(BEFORE, AFTER[:0], THEATRE)


@pytest.mark.parametrize(
    "after",
    [AFTER[:1], control("1994-05-12", ("A", box(0, 0, 5000, 10_000)), ("B", box(4000, 0, 10_000, 10_000)))],
    ids=["gap", "overlap"],
)
def test_books_that_do_not_close_are_refused(after):
    with pytest.raises(ClosureError, match=r"areas of change sum to .*: pass both through as_control"):
        change_between(BEFORE, after, THEATRE)


def test_a_gap_and_an_overlap_of_one_size_do_not_cancel():
    slipped = control("1994-05-12", ("A", box(0, 0, 5000, 10_000)), ("B", box(4000, 0, 9000, 10_000)))
    with pytest.raises(ClosureError, match=r"laid together, sum to 90\.0+ km², not to 100"):
        change_between(BEFORE, slipped, THEATRE)


def test_slivers_without_unchanged_neighbours_stay():
    before = control("1994-04-07", ("A", box(0, 0, 10_000, 0.4)), ("B", box(0, 0.4, 10_000, 10_000)))
    after = control("1994-05-12", ("C", box(0, 0, 10_000, 0.4)), ("D", box(0, 0.4, 10_000, 10_000)))
    change = change_between(before, after, THEATRE)
    assert set(km2(change)) == {("A", "C"), ("B", "D")}
    assert change["sliver_km2"].sum() == 0


def test_a_sliver_never_goes_to_a_third_side():
    before = control(
        "1994-04-07",
        ("A", box(0, 0, 5000, 9000)),
        ("B", box(5000, 0, 10_000, 9000)),
        ("C", box(0, 9000, 10_000, 10_000)),
    )
    after = control(
        "1994-05-12",
        ("A", box(0, 0, 5000.4, 9000)),
        ("B", box(5000.4, 0, 10_000, 9000)),
        ("C", box(0, 9000, 10_000, 10_000)),
    )
    change = change_between(before, after, THEATRE).set_index(["side_from", "side_to"])
    assert set(change.index) == {("A", "A"), ("B", "B"), ("C", "C")}
    assert change.loc[("C", "C"), "area_km2"] == pytest.approx(10)


@pytest.mark.bench
def test_the_net_of_two_real_days_agrees_with_the_overlay(bench):
    before, after, theatre, districts = _two_days(bench)
    change = change_between(before, after, theatre)
    balance = balance_by_district(transitions_by_district(change, districts), "RUS")
    held = [frame[frame["side"] == "RUS"][["geometry"]] for frame in (before, after)]
    pieces = [gpd.overlay(part, districts[["district", "geometry"]], how="intersection") for part in held]
    net_km2 = (pieces[1].area.sum() - pieces[0].area.sum()) / 1e6
    assert balance["net_km2"].sum() == pytest.approx(net_km2, rel=1e-6)
    assert change["sliver_km2"].sum() < 0.01
    assert km2(change_between(after, before, theatre)) == pytest.approx(
        {pair[::-1]: area for pair, area in km2(change).items()}, abs=1e-6
    )


@pytest.mark.bench
def test_two_roundings_of_one_real_day_are_slivers(bench):
    before, after, theatre, _ = _two_days(bench, "2024-09-13", "2024-09-14")
    change = change_between(before, after, theatre)
    assert set(km2(change)) == {("RUS", "RUS"), ("UKR", "UKR")}
    assert 0.01 < change["sliver_km2"].sum() < 0.05


def _two_days(bench, first="2024-07-08", last="2025-01-27"):
    raw = gpd.read_parquet(bench / "deepstate_occupied_20240708_20250731.parquet")
    raw = raw.assign(date=raw["date"].astype(str), side="RUS", source="DeepState")
    districts = gpd.read_parquet(bench / "ukraine_adm2_pre2020_geoboundaries.parquet")
    crs = working_crs(districts)
    theatre = as_theatre(districts, crs)
    days = [
        as_control(
            raw.loc[raw["date"] == day, ["date", "side", "source", "geometry"]],
            crs,
            theatre=theatre,
            rest="UKR",
        )
        for day in (first, last)
    ]
    return *days, theatre, as_districts(districts, crs, key="id", theatre=theatre)


def test_a_sliver_goes_to_the_longest_border_of_its_two_sides():
    """A band half a metre thin, 9 km along A's ground and 10 km along B's: it goes to B."""
    band = box(0, 5000, 10_000, 5000.5)
    notch = box(0, 4000, 1000, 5000)
    a, b = box(0, 0, 10_000, 5000) - notch, box(0, 5000.5, 10_000, 10_000)
    c = notch
    before = control("1994-04-07", ("A", a | band), ("B", b), ("C", c))
    after = control("1994-05-12", ("A", a), ("B", b | band), ("C", c))
    change = change_between(before, after, THEATRE).set_index(["side_from", "side_to"])
    assert change.loc[("B", "B"), "sliver_km2"] == pytest.approx(band.area / 1e6)
    assert change.loc[("A", "A"), "sliver_km2"] == 0


def test_all_sources_of_a_side_are_named():
    before = control("1994-04-07", ("A", box(0, 0, 5000, 10_000)), ("A", box(5000, 0, 10_000, 10_000)))
    before["source"] = ["one map", "another map"]
    after = control("1994-05-12", ("A", box(0, 0, 10_000, 10_000)))
    assert change_between(before, after, THEATRE)["source_from"].tolist() == ["another map; one map"]
