"""Places and people on many dates, against looking every place up on every date."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import frontlines as fl
from frontlines.change.settlements import settlements_by_side
from frontlines.series import follow_places, people_in_series

CRS = "EPSG:3035"
X, Y = 4_321_000, 3_210_000


def snapshots(seed, n_dates=9):
    """Make days on which A and B hold random ground, some of it nobody's, and some days like the day before."""
    rng = np.random.default_rng(seed)
    rows = []
    for day in pd.date_range("2031-06-01", periods=n_dates):
        if rows and rng.random() < 0.25:
            rows += [(day, side, shape) for _, side, shape in rows[-2:]]
            continue
        own = shapely.union_all(
            shapely.buffer(
                shapely.points(rng.uniform((X, Y), (X + 9000, Y + 9000), (6, 2))), 1500, quad_segs=3
            )
        )
        other = shapely.difference(shapely.box(X, Y, X + 7000, Y + 9000), own)
        rows += [(day, "A", own), (day, "B", other)]
    days, sides, shapes = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {"date": days, "side": sides, "source": "made up"}, geometry=list(shapes), crs=CRS
    )


@pytest.fixture
def districts():
    shapes = [shapely.box(X + west, Y, X + west + 4000, Y + 9000) for west in (0, 4000)]
    return gpd.GeoDataFrame({"district": ["W", "E"]}, geometry=shapes, crs=CRS)


def scattered(seed, n=300):
    rng = np.random.default_rng(seed)
    named = {"name": [f"p{i}" for i in range(n)], "population": rng.integers(1, 900, n).astype(float)}
    named["population"][::17] = np.nan
    return gpd.GeoDataFrame(
        named, geometry=shapely.points(rng.uniform((X, Y), (X + 9500, Y + 9500), (n, 2))), crs=CRS
    )


def held_day_by_day(control, places, rest):
    """Say who held each place on each date, one date at a time."""
    table = {}
    for day, rows in control.groupby("date"):
        joined = places.sjoin(rows[["side", "geometry"]], how="left", predicate="intersects")
        table[day] = joined.groupby("name")["side"].first().fillna(rest)
    return pd.DataFrame(table)


@pytest.mark.parametrize("freq", [None, "W", "MS"])
@pytest.mark.parametrize("seed", range(6))
def test_changes_and_people_are_those_of_every_place_looked_up_on_every_date(seed, freq, districts):
    control, places = snapshots(seed), scattered(seed)
    followed = follow_places(control, places, districts, rest="nobody")
    slow = held_day_by_day(control, places, "nobody")
    district = places.sjoin(districts, how="left").set_index("name")["district"]
    people = places.set_index("name")["population"].fillna(0.0)
    changes, table = followed.changes(freq), followed.population("A", freq)
    steps = table[["date_from", "date_to"]].drop_duplicates().itertuples(index=False)
    found = set()
    for first, last in steps:
        before, after = slow[first], slow[last]
        moved = before.index[before != after]
        found |= {(name, first, last, before[name], after[name]) for name in moved}
        own = table[(table["date_from"] == first) & (table["date_to"] == last)].set_index("district")
        for name in ("W", "E"):
            here = district.reindex(before.index) == name
            was, now = here & (before == "A"), here & (after == "A")
            wanted = [
                people.reindex(before.index)[rows].sum()
                for rows in (was, now, was & now, now & ~was, was & ~now)
            ]
            kinds = [f"population_{kind}" for kind in ("before", "after", "held", "gained", "lost")]
            assert own.loc[name, kinds].tolist() == pytest.approx(wanted)
        assert (
            own.loc["all districts", "places_gained"]
            == ((before != "A") & (after == "A") & district.reindex(before.index).notna()).sum()
        )
    assert (
        set(
            changes[["name", "date_from", "date_to", "side_from", "side_to"]].itertuples(
                index=False, name=None
            )
        )
        == found
    )
    assert changes["changed"].all()


def test_two_dates_give_what_a_comparison_of_two_dates_gives(districts):
    control, places = snapshots(3, 2), scattered(3)
    theatre = gpd.GeoDataFrame(geometry=[districts.union_all()], crs=CRS)
    filled = fl.as_control(
        control, fl.working_crs(districts), theatre=theatre.to_crs(fl.working_crs(districts))
    )
    first, last = sorted(filled["date"].unique())
    own = {
        frame: layer.to_crs(filled.crs) for frame, layer in (("d", districts), ("p", places), ("t", theatre))
    }
    change = fl.change_between(
        filled[filled["date"] == first], filled[filled["date"] == last], own["t"], sliver_m=0
    )
    pair = settlements_by_side(change, own["p"], own["d"])
    many = follow_places(filled, own["p"], own["d"]).changes()
    assert set(many["name"][many["district"].notna()]) == set(pair["name"][pair["changed"]])


def test_places_within_the_error_of_a_front_are_listed_as_unsure(districts):
    days = pd.to_datetime(["2031-06-01", "2031-06-02", "2031-06-03"])
    fronts = [shapely.box(X, Y, X + east, Y + 9000) for east in (2000, 3000, 5000)]
    control = gpd.GeoDataFrame({"date": days, "side": "A", "source": "made up"}, geometry=fronts, crs=CRS)
    east = {"Deep": 100, "Near": 1900, "Taken": 2500, "Edge": 3050, "Far": 8000}
    points = [shapely.Point(X + at, Y + 4500) for at in east.values()]
    places = gpd.GeoDataFrame({"name": list(east), "population": 10}, geometry=points, crs=CRS)
    sure = follow_places(control, places, districts, rest="B")
    assert "unsure" not in sure.changes()
    table = follow_places(control, places, districts, rest="B", sigma_m=150).changes().set_index("name")
    assert table["changed"].to_dict() == {"Near": False, "Taken": True, "Edge": True}
    assert table["unsure"].to_dict() == {
        "Near": True,
        "Taken": False,
        "Edge": True,
    }  # west of Deep is the border
    assert table.loc["Near", ["date_from", "date_to"]].tolist() == [days[0], days[0]]
    people = follow_places(control.assign(sigma_m=[150, None, None]), places, districts, rest="B").population(
        "A"
    )
    assert people.query("district == 'all districts'")["population_unsure"].tolist() == [10, 0]


def test_rows_of_one_place_count_once_with_the_last_population_known(districts):
    control = snapshots(1, 2)
    at = [
        shapely.Point(X + 3000, Y + 3000),
        shapely.Point(X + 3004, Y + 3000),
        shapely.Point(X + 8000, Y + 3000),
    ]
    rows = {"name": ["Dol"] * 3, "date": ["2031-01-01", "2031-02-01", "2031-02-01"], "population": [5, 7, 90]}
    for order in ([0, 1, 2], [2, 1, 0]):
        places = gpd.GeoDataFrame(rows, geometry=at, crs=CRS).iloc[order]
        assert sorted(follow_places(control, places, districts).places["population"]) == [7, 90]


def test_a_raster_gives_the_same_as_counting_every_date_by_itself(tmp_path, districts):
    rasterio = pytest.importorskip("rasterio")
    pytest.importorskip("exactextract")
    from frontlines.sources.population import read_population  # noqa: PLC0415

    values = np.random.default_rng(5).integers(0, 50, (10, 10)).astype("float32")
    place = rasterio.Affine(1000, 0, X, 0, -1000, Y + 10_000)
    held = {"width": 10, "height": 10, "count": 1, "dtype": "float32", "crs": CRS, "transform": place}
    with rasterio.open(tmp_path / "count.tif", "w", driver="GTiff", **held) as dataset:
        dataset.write(values, 1)
    raster, control = read_population(tmp_path / "count.tif"), snapshots(2)
    table = people_in_series(control, districts, "A", raster, tolerance_m=0)
    own = control[control["side"] == "A"].set_index("date").geometry
    for row in table[table["district"] != "all districts"].itertuples():
        ground = districts.set_index("district").geometry[row.district]
        was, now = (own[day].intersection(ground) for day in (row.date_from, row.date_to))
        parts = [was, now, was.intersection(now), now.difference(was), was.difference(now)]
        wanted = raster.people(gpd.GeoDataFrame(geometry=parts, crs=CRS))["population"]
        got = [
            row.population_before,
            row.population_after,
            row.population_held,
            row.population_gained,
            row.population_lost,
        ]
        assert got == pytest.approx(wanted.tolist(), abs=1e-5)
    with_months = people_in_series(control, districts, "A", raster, freq="MS")
    assert len(with_months) == 3
    assert with_months["source"].unique().tolist() == ["raster"]


@pytest.mark.bench
def test_towns_of_ukraine_are_those_of_every_day(bench):
    raw = gpd.read_parquet(bench / "ukraine_adm2_pre2020_geoboundaries.parquet")
    crs = fl.working_crs(raw)
    districts = fl.as_districts(raw, crs, key="id", mend=True)
    days = gpd.read_parquet(bench / "deepstate_occupied_20240708_20250731.parquet").iloc[::30]
    control = fl.as_control(days.assign(side="RUS", source="DeepState"), crs)
    towns = gpd.read_parquet(bench / "ukraine_towns_control_2022.parquet").dropna(subset="geometry")
    places = gpd.GeoDataFrame(towns[["name", "population", "geometry"]]).to_crs(crs)
    followed = follow_places(control, places, districts, rest="UKR")
    keyed = followed.places.assign(name=range(len(followed.places)))
    slow = held_day_by_day(control, keyed, "UKR").sort_index().to_numpy()
    assert (slow == np.array(followed.sides)[followed.held].T).all()
    assert 10 < len(followed.changes()) < 40
