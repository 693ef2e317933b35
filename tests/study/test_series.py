"""Series as a whole pipeline: what is measured, what is on record, and going on from an earlier run."""

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import frontlines as fl
from frontlines.errors import LayerError, StudyError
from frontlines.manifest import to_json
from frontlines.series import every_row
from frontlines.series.rows import SideRows
from frontlines.study.readable import series_table

CRS = "EPSG:3035"
X, Y = 4_321_000, 3_210_000  # the centre of the plane, where lengths are true
EAST = [1000, 1500, 1250, 2000]


def box(west, south, east, north):
    return shapely.box(X + west, Y + south, X + east, Y + north)


def snapshots(days=4):
    dates = pd.date_range("2031-06-01", periods=4)[:days]
    held = {"date": dates, "side": "A", "source": "made up"}
    return gpd.GeoDataFrame(held, geometry=[box(0, 0, east, 2000) for east in EAST[:days]], crs=CRS)


@pytest.fixture
def districts():
    shapes = [box(0, 0, 1200, 2000), box(1200, 0, 4000, 2000)]
    return gpd.GeoDataFrame({"district": ["W", "E"], "title": ["Near", "Far"]}, geometry=shapes, crs=CRS)


def test_tables_manifest_and_words_follow_from_the_frames(districts):
    found = fl.run_series(snapshots(), districts, "A", sides={"A": "Army A"}, label="TITLE")
    assert repr(found) == "SeriesResults(A, 2031-06-01 to 2031-06-04, 3 steps, net +2.00 km²)"
    assert found.totals["net_km2"].tolist() == pytest.approx([1.0, -0.5, 1.5])
    assert found.title == "Army A: ground gained and lost"
    assert found.labels == {"W": "Near", "E": "Far"}
    rows = {name: table[0] for name, table in json.loads(found.to_json())["tables"].items()}
    assert (list(rows["series"])[:2], rows["series"]["label"]) == (["district", "label"], "Far")
    assert "label" not in rows["totals"]
    assert "label" not in json.loads(replace(found, labels={}).to_json())["tables"]["series"][0]
    more = [districts.assign(oblast="High"), districts.assign(district=["F", "G"], title="Far", oblast="Low")]
    more[1] = more[1].set_geometry(more[1].translate(0, 3000))[:1]
    assert fl.run_series(snapshots(), pd.concat(more), "A", label="title").labels == {
        "W": "Near", "E": "Far (High)", "F": "Far (Low)"}  # fmt: skip
    assert found.fronts is None
    assert found.manifest["sources"] == ["made up"]
    assert list(found.manifest["snapshots"]) == [f"2031-06-0{day}" for day in (1, 2, 3, 4)]
    assert "compared in 3 steps" in found.caption
    assert to_json(found.manifest)


def test_the_rest_is_a_side_in_a_series_as_between_two_of_its_days(districts):
    districts = districts.assign(vintage="made up")
    found = fl.run_series(snapshots(), districts, rest="B", front_m=[500], border_m=10)
    assert found.followed == ("A", "B")
    assert found.manifest["parameters"]["rest"] == "B"
    net = found.totals.set_index("side")["net_km2"]
    assert net["B"].tolist() == pytest.approx((-net["A"]).tolist())
    assert net["A"].tolist() == pytest.approx([1.0, -0.5, 1.5])
    assert set(found.fronts["side"]) == {"A", "B"}
    alone = fl.run_series(snapshots(), districts, "A", rest="B")
    for moved in (found.between().transitions, alone.between().transitions):
        assert set(moved["side_from"]) == {"A", "B"}
    with pytest.raises(StudyError, match="rest is blank"):
        fl.run_series(snapshots(), districts, "A", rest=" ")


def test_what_was_read_is_on_record(districts):
    record = {"parameters": {"mend": True}, "sources": ["the staff map"], "odd": [{"problem": "x"}]}
    manifest = fl.run_series(snapshots(), districts, "A", record=record).manifest
    assert manifest["parameters"]["mend"] is True
    assert manifest["sources"] == ["the staff map"]
    assert manifest["odd"] == [{"problem": "x"}]


def test_the_front_is_measured_where_it_is_no_border(districts):
    with pytest.raises(StudyError, match="front_m needs border_m or margin_m: along the edge"):
        fl.run_series(snapshots(), districts, "A", front_m=[0])
    found = fl.run_series(snapshots(), districts, "A", front_m=[0], border_m=1.0)
    first = found.fronts[found.fronts["date"] == "2031-06-01"]
    assert first["district"].tolist() == ["W"]
    assert first["front_km"].iloc[0] == pytest.approx(2.0, rel=2e-3)
    assert "ends at a border or coast" in found.caption


@pytest.mark.parametrize("as_tables", [False, True])
def test_going_on_from_earlier_results_gives_the_same(districts, as_tables):
    early = fl.run_series(snapshots(3), districts, "A")
    given = (early.series, early.manifest) if as_tables else early
    gone_on = fl.run_series(snapshots(), districts, "A", previous=given)
    anew = fl.run_series(snapshots(), districts, "A")
    pd.testing.assert_frame_equal(gone_on.series, anew.series)
    assert to_json(gone_on.manifest) == to_json(anew.manifest)


def test_going_on_from_something_else_is_refused(districts):
    early = fl.run_series(snapshots(3), districts, "A")
    moved = snapshots()
    moved.loc[1, "geometry"] = box(0, 0, 1501, 2000)
    with pytest.raises(StudyError, match="snapshot of 2031-06-02 is not the one that the series was made"):
        fl.run_series(moved, districts, "A", previous=early)
    with pytest.raises(StudyError, match=r"other parameters .*: begin anew"):
        fl.run_series(snapshots(), districts, "A", freq="W", previous=early)
    with pytest.raises(StudyError, match="other districts: begin anew"):
        fl.run_series(snapshots(), districts.iloc[:1], "A", previous=early)
    versions = early.manifest["versions"] | {"frontlines": "0.0"}
    old = replace(early, manifest=early.manifest | {"versions": versions})
    with pytest.raises(StudyError, match="other versions: begin anew"):
        fl.run_series(snapshots(), districts, "A", previous=old)


def test_a_step_for_each_snapshot_is_to_be_had_of_any_series(districts):
    daily, monthly = (fl.run_series(snapshots(), districts, "A", freq=freq) for freq in (None, "MS"))
    assert len(monthly.totals) == 1
    pd.testing.assert_frame_equal(monthly.snapshot_totals(), daily.totals)


@pytest.mark.parametrize("side", ["A", None])
def test_errors_are_on_record_where_they_can_be_told(districts, side):
    days, theatre = pd.date_range("2031-06-01", periods=3), box(0, 0, 4000, 2000)
    grounds = [theatre, box(0, 0, 1000, 2000), box(1000, 0, 4000, 2000), theatre]
    held = {"date": days[[0, 1, 1, 2]], "side": ["B", "A", "B", "A"], "source": "made up"}
    control = gpd.GeoDataFrame(held, geometry=grounds, crs=CRS)
    noise = fl.NoiseModel(100.0, {1000.0: 0.5, "stretch": 0.5}, length_factor=1)
    found = fl.run_series(control, districts, side, noise=noise)
    own = found.totals[found.totals["side"] == "A"]
    assert (own["sigma_km2"] > 0).all()
    assert own["cumulative_sigma_km2"].isna().tolist() == [False, True]  # no line is left to be off
    record = found.manifest["errors"]
    assert record["correlation_m"] == [[1000.0, 0.5], ["stretch", 0.5]]
    assert record["totals"]["A"]["sigma_km2"] is None
    assert (
        "(sigma 0.1 km, 50% alike over 1 km along the front and 50% each stretch off as a whole)"
        in found.caption
    )
    cells = [str(cell) for column in series_table(found).renderables[1].columns for cell in column.cells]
    assert any(cell.startswith("–") for cell in cells)
    assert fl.run_series(control, districts, side).manifest["errors"] == {}
    control["sigma_m"] = [100.0, None, None, 100.0]
    assert (
        "No errors: 2.0 km of front have no sigma_m; --sigma-m gives them one"
        in fl.run_series(control, districts, "A").caption
    )


def shifting(days=26):
    """A front of many vertices that moves day by day, and a second side that comes in late."""
    rng = np.random.default_rng(3)
    fronts = 1500 + np.cumsum(rng.normal(0, 40, (days, 41)), axis=0)
    fronts[10:13] = fronts[10]  # days on which nothing moves
    rows = []
    for day, (date, xs) in enumerate(zip(pd.date_range("1931-06-01", periods=days), fronts, strict=True)):
        edge = [(X + x, Y + 50 * n) for n, x in enumerate(xs)]
        rows.append((date, "A", shapely.Polygon([(X, Y), *edge, (X, Y + 2000)])))
        if day > 12:
            rows.append((date, "B", box(3000, 0, 3200 + 10 * day, 900)))
    return gpd.GeoDataFrame(rows, columns=["date", "side", "geometry"], crs=CRS).assign(source="made up")


@pytest.mark.parametrize(
    ("freq", "length", "more"),
    [
        (None, 3, {"margin_m": 0}),
        ("daily", 5, {"margin_m": 0}),
        ("weekly", 7, {"margin_m": None, "workers": 2}),
    ],
)
def test_stretches_of_any_length_and_workers_give_the_same(
    districts, freq, length, more, monkeypatch, tmp_path
):
    path = tmp_path / "days.parquet"
    days = shifting()  # on some there is no snapshot
    days[days["date"].dt.day % 5 > 0].sample(frac=1, random_state=0).to_parquet(path)
    asked = {"side": None, "every": freq, "front_m": [100], "border_m": 10}
    whole = fl.follow(path, districts, **asked, margin_m=more["margin_m"])
    monkeypatch.setattr("frontlines.study.series_stretches.AT_ONCE", length)
    monkeypatch.setattr("frontlines.study.series_stretches.KEPT_DAYS", 0)
    monkeypatch.setattr("frontlines.series.rows.ROWS_AT_ONCE", 5 * length)
    found = fl.follow(path, districts, **asked, **more)
    for name, table in whole.tables.items():
        pd.testing.assert_frame_equal(table, found.tables[name], check_exact=True)
    assert to_json(found.manifest) == to_json(whole.manifest)
    pd.testing.assert_frame_equal(pd.DataFrame(found.control), pd.DataFrame(whole.control))


def test_what_did_not_change_may_be_left_out_and_put_back(districts, monkeypatch):
    asked = {"side": ["A", "B"], "margin_m": 0}
    for most, which in ((100_000, "all"), (10, "changed")):
        monkeypatch.setattr("frontlines.series.rows.MOST_ROWS", most)
        assert fl.run_series(shifting(), districts, **asked).manifest["rows"]["which"] == which
    whole, changed = (fl.run_series(shifting(), districts, **asked, rows=rows) for rows in ("all", "changed"))
    assert changed.manifest["rows"] == {"which": "changed", "of": len(whole.series)}
    assert len(changed.series) < len(whole.series) - 10
    pd.testing.assert_frame_equal(every_row(changed.series), whole.series, check_exact=True)
    pd.testing.assert_frame_equal(changed.totals, whole.totals, check_exact=True)
    assert every_row(whole.series) is whole.series
    with pytest.raises(LayerError, match="every_row"):
        fl.series_totals(changed.series)
    for unfit in (changed.series[1:], changed.series[::-1]):
        with pytest.raises(LayerError, match="pass the whole table"):
            every_row(unfit)
    moved = changed.series.index[changed.series["gained_km2"] > 0]
    with pytest.raises(LayerError, match="does not go on from the one before"):
        every_row(changed.series.drop(moved[len(moved) // 2]))
    with pytest.raises(LayerError, match="interval of their own"):
        fl.run_series(shifting(), districts, **asked, rows="changed", sigma_m=100.0)
    asked |= {"rows": "changed", "front_m": [100], "border_m": 10}
    early, fresh = (fl.run_series(shifting(days), districts, **asked) for days in (20, 26))
    monkeypatch.setattr("frontlines.series.rows.ROWS_AT_ONCE", 6)
    laid, some = [], SideRows.__getitem__
    monkeypatch.setattr(
        SideRows, "__getitem__", lambda rows, steps: laid.append(some(rows, steps)) or laid[-1]
    )
    on = fl.run_series(shifting(), districts, **asked, previous=early)
    for name, table in fresh.tables.items():
        pd.testing.assert_frame_equal(on.tables[name], table, check_exact=True)
    assert len(laid) > 2
    assert max(map(len, laid)) <= 6  # never are all rows of the earlier series laid out


def test_all_that_is_wrong_in_any_stretch_is_told_at_once(districts, monkeypatch, tmp_path):
    monkeypatch.setattr("frontlines.study.series_stretches.AT_ONCE", 5)
    days = shifting(20)
    days.loc[[4, 18], "geometry"] = shapely.Polygon([(X, Y), (X + 9e3, Y + 9e3), (X + 9e3, Y), (X, Y + 9e3)])
    days.to_parquet(tmp_path / "days.parquet")
    with pytest.raises(
        LayerError, match=r"days.parquet: .*\n- 2 of 27 rows have invalid geometry \(rows 4, 18;"
    ):
        fl.follow(tmp_path / "days.parquet", districts, side="A", margin_m=0)
