"""The door: every fault at once, nothing lost, the input left alone."""

import datetime as dt
import unicodedata

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from shapely import LineString, MultiLineString, MultiPolygon, Point, Polygon, box

from frontlines.crs import working_crs
from frontlines.errors import CRSError, FrontlinesError, LayerError
from frontlines.layers import (
    HAIR_M,
    as_control,
    as_districts,
    as_frontlines,
    as_settlements,
    as_theatre,
    check_layer,
)
from frontlines.layers.faults import ADVICE, REMARKS
from frontlines.layers.mending import MENDS, mend_record, mends_of

LONLAT = "EPSG:4326"
THEATRE = gpd.GeoDataFrame(geometry=[box(46, 39, 48, 41)], crs=LONLAT)
CRS = working_crs(THEATRE)
GROUND = as_theatre(THEATRE, CRS)
WEST, EAST = box(46, 39, 47, 41), box(47, 39, 48, 41)


def control(*shapes, sides=None, dates=None, crs=LONLAT, **columns):
    sides = sides or [chr(ord("A") + n) for n in range(len(shapes))]
    dates = dates or ["1994-05-12"] * len(shapes)
    return gpd.GeoDataFrame(
        {"date": dates, "side": sides, "source": "a map", **columns}, geometry=list(shapes), crs=crs
    )


def lines(*shapes, left="A", right="B", **columns):
    data = {"date": "1994-05-12", "side_left": left, "side_right": right, "source": "a map", **columns}
    return gpd.GeoDataFrame(data, index=range(len(shapes)), geometry=list(shapes), crs=LONLAT)


def districts(*shapes, names=None):
    return gpd.GeoDataFrame(
        {"district": names or [f"D{n}" for n in range(len(shapes))]}, geometry=list(shapes), crs=LONLAT
    )


def km2(frame):
    return (frame.area / 1e6).round(6)


BOW = Polygon([(46, 39), (47, 40), (47, 39), (46, 40)])
LOOP = LineString([(46, 40), (47, 40), (47, 40.5), (46.5, 40.5), (46.5, 39.5)])

FAULTS = {
    "missing column": (control(WEST).drop(columns="side"), "control", "column 'side'"),
    "lines without sides": (
        lines(LineString([(46, 40), (48, 40)])).drop(columns=["side_left", "side_right"]),
        "frontlines",
        r"1 of 1 rows do not say who is on either side of a line \(rows 0.*side_left='A', side_right='B'",
    ),
    "no CRS": (control(WEST, crs=None), "control", "set_crs"),
    "round the earth": (districts(box(-180, -60, 180, 75)), "districts", "all round the earth"),
    "not degrees": (control(box(500000, 4e6, 600000, 5e6)), "control", "range of degrees"),
    "no date": (
        control(WEST, EAST, dates=[None, "1994-05-12"]),
        "control",
        r"1 of 2 rows have no date \(rows 0\)",
    ),
    "bad date": (control(WEST, dates=["12 May"]), "control", "'12 May'.*ISO 8601"),
    "no side": (control(WEST, EAST, sides=["A", None]), "control", r"1 of 2 rows have no side \(rows 1\)"),
    "two spellings": (control(WEST, EAST, sides=["Gov", "gov"]), "control", r"'Gov' \(1 row\) and 'gov'"),
    "same side": (lines(LineString([(46, 40), (48, 40)]), right="A"), "frontlines", "same side"),
    "no name": (districts(WEST, EAST, names=["D", ""]), "districts", "have no name"),
    "repeated name": (
        districts(WEST, EAST, names=["Şuşa", "Şuşa"]),
        "districts",
        "2 of 2 rows share a name.*Şuşa",
    ),
    "repeated place": (
        gpd.GeoDataFrame(
            {"name": ["P", "P"], "date": "1994-05-12", "side": "A"},
            geometry=[Point(46, 40), Point(47, 40)],
            crs=LONLAT,
        ),
        "settlements",
        "second time",
    ),
    "bad coordinates": (control(Polygon([(46, 39), (np.inf, 39), (47, 40)])), "control", "not numbers"),
    "bad population": (
        gpd.GeoDataFrame(
            {"name": ["P", "Q"], "date": "1994-05-12", "side": "A", "population": ["1,234", "9"]},
            geometry=[Point(46, 40), Point(47, 40)],
            crs=LONLAT,
        ),
        "settlements",
        r"have a population that is negative or no number \(rows 0; '1,234'\)",
    ),
    "bad sigma": (control(WEST, sigma_m=[-1.0]), "control", "negative or no number.*-1.0"),
    "no geometry": (control(WEST, None), "control", r"have no geometry \(rows 1\)"),
    "wrong geometry": (control(LineString([(46, 39), (47, 40)])), "control", "LineString, where polygons"),
    "invalid": (control(BOW), "control", "Self-intersection at 46.5000°E 39.5"),
    "duplicate": (control(WEST, WEST, sides=["A", "A"]), "control", "repeat another row's geometry"),
    "not simple": (lines(LOOP), "frontlines", "cross themselves.*46.5000°E 40.00"),
    "swallowed": (
        districts(WEST, box(46.2, 39.2, 46.4, 39.4)),
        "districts",
        "overlap|swallowed|wholly inside",
    ),
    "overlap": (
        control(WEST, box(46.9, 39, 48, 41)),
        "control",
        r"2 of 2 rows overlap \(rows 0, 1; largest .* km² at 46.95",
    ),
    "gap": (
        districts(
            box(46, 39, 47, 40),
            box(46, 40, 47, 41),
            box(47, 39, 48, 41).difference(box(47, 39.5, 47.5, 40.5)),
        ),
        "districts",
        "",
    ),
}
DOORS = {
    "control": as_control,
    "frontlines": as_frontlines,
    "districts": as_districts,
    "settlements": as_settlements,
}


def test_every_fault_has_a_case():
    assert set(FAULTS) == set(ADVICE) - set(REMARKS)


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"gap"}))
def test_the_door_names_rows_amount_and_mend(fault):
    frame, kind, words = FAULTS[fault]
    with pytest.raises(LayerError, match=words) as caught:
        DOORS[kind](frame, CRS)
    assert f"the {kind} layer has" in str(caught.value)
    assert len(caught.value.faults) >= 1


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"swallowed"}))
def test_check_lists_the_fault_without_raising(fault):
    frame, kind, _ = FAULTS[fault]
    assert fault in set(check_layer(frame, kind)["fault"])


def test_check_of_a_sound_layer_is_empty():
    assert check_layer(control(WEST, EAST), "control", theatre=THEATRE).empty
    assert check_layer(districts(WEST, EAST), "districts").empty


def test_check_measures_gaps_in_the_theatre():
    faults = check_layer(control(WEST), "control", theatre=THEATRE)
    assert faults["fault"].tolist() == ["gap"]
    assert faults["area_km2"].iloc[0] == pytest.approx(GROUND.area.iloc[0] / 2e6, rel=1e-3)
    assert faults["detail"].tolist() == ["on 1994-05-12"]


def test_all_faults_come_in_one_error():
    frame = control(
        WEST, box(46.5, 39, 48, 41), None, sides=["A", "", "B"], dates=["1994-05-12", "May", "1994-05-12"]
    )
    with pytest.raises(LayerError) as caught:
        as_control(frame, CRS)
    assert set(caught.value.faults["fault"]) == {"bad date", "no side", "no geometry"}
    assert "3 sorts of fault" in str(caught.value)


def test_control_fills_the_theatre():
    out = as_control(control(WEST), CRS, theatre=GROUND, rest="B")
    assert out["side"].tolist() == ["A", "B"]
    assert out.area.sum() == pytest.approx(GROUND.area.sum(), rel=1e-12)
    assert out["source"].tolist() == ["a map", "rest of the theatre"]


def test_ground_beyond_the_theatre_is_left_out_and_booked():
    out = as_control(control(box(45, 39, 47, 41)), CRS, theatre=GROUND)
    assert out["outside_km2"].iloc[0] == pytest.approx(out.area.iloc[0] / 1e6, rel=1e-2)
    assert out["outside_km2"].iloc[1] == 0


def test_several_dates_are_filled_each_by_itself():
    frame = control(WEST, EAST, sides=["A", "A"], dates=["1994-04-07", "1994-05-12"])
    out = as_control(frame, CRS, theatre=GROUND)
    sums = out.groupby("date").apply(lambda part: part.area.sum())
    assert np.allclose(sums, GROUND.area.iloc[0], rtol=1e-12)


def test_two_sides_over_one_ground_make_it_contested():
    overlapping = control(WEST, box(46.5, 39, 48, 41))
    out = as_control(overlapping, CRS, theatre=GROUND, mend=True)
    assert out["side"].tolist() == ["A", "B", "contested"]
    disputed = km2(out).iloc[2]
    assert out["mended_km2"].round(6).tolist() == [disputed] * 3
    assert out.area.sum() == pytest.approx(GROUND.area.sum(), rel=1e-12)
    assert "a map" in out["source"].iloc[2]


def test_one_side_twice_over_one_ground_stays_with_the_larger():
    frame = control(WEST, box(46.5, 39, 48, 41), sides=["A", "A"])
    for given in (frame, frame[::-1]):
        out = as_control(given, CRS, mend=True).sort_index()
        assert set(out["side"]) == {"A"}
        assert out["mended_km2"].iloc[1] == pytest.approx(0, abs=1e-9)
        assert out["mended_km2"].iloc[0] > 0


def test_invalid_blank_and_repeated_rows_are_mended():
    out = as_control(control(BOW, None, EAST, EAST, sides=["A", "A", "B", "B"]), CRS, mend=True)
    assert out.index.tolist() == [0, 2]
    assert out.is_valid.all()
    assert out["mended_km2"].iloc[0] > 0


def test_hair_thin_overlaps_and_gaps_are_mended_unasked():
    hair = HAIR_M / 3 / 111e3
    over = as_control(control(WEST, box(47 - hair, 39, 48, 41)), CRS, theatre=GROUND)
    under = as_control(control(WEST, box(47 + hair, 39, 48, 41)), CRS, theatre=GROUND)
    for out in (over, under):
        assert out["side"].tolist() == ["A", "B"]
        assert 0 < out["mended_km2"].sum() < 0.2
        assert out.area.sum() == pytest.approx(GROUND.area.sum(), rel=1e-12)


def test_narrow_overlaps_are_hairs_only_where_they_are_a_speck_of_the_polygon():
    east = box(47, 39, 48, 41).union(box(46.9999, 40, 47, 40.001))  # 8.6 m wide, 111 m long
    out = as_control(control(WEST, east), CRS, theatre=GROUND)
    assert out["side"].tolist() == ["A", "B"]
    assert 0.0009 < out["mended_km2"].max() < 0.001
    village = box(46.9999, 40, 47, 40.001).union(box(47, 40, 47.001, 40.001))
    with pytest.raises(LayerError, match="overlap"):
        as_control(control(WEST, village), CRS)


def _with_a_loop(width_m):
    """Cross the outline near its end, so that a sliver of ground is inside out."""
    out = width_m / 111e3
    return Polygon(
        [(46, 39), (47, 39), (47, 41), (46.5, 41), (46.4, 41 + out), (46.4, 41), (46.5, 41 + out), (46, 41)]
    )


def test_ground_inside_out_by_a_hair_is_mended_unasked_and_more_is_refused():
    spike = Polygon([(46, 39), (47, 39), (47, 41), (46.5, 41), (46.5, 41.5), (46.5, 41), (46, 41)])
    for shape in (_with_a_loop(0.5), spike):
        out = as_control(control(shape), CRS)
        assert out.is_valid.all()
        assert out["mended_km2"].iloc[0] < 0.01
        assert check_layer(control(shape), "control").empty
    assert as_control(control(_with_a_loop(0.5)), CRS)["mended_km2"].iloc[0] > 0
    hollow = Polygon(box(46, 39, 47, 41).exterior, [box(46, 39, 47, 41).exterior])
    twice = MultiPolygon([box(46, 39, 47, 41), box(46.9, 39, 48, 41)])
    for shape in (_with_a_loop(500), BOW, hollow, twice):
        with pytest.raises(LayerError, match=r"invalid geometry.*mend='invalid'"):
            as_control(control(shape), CRS)


def test_one_mend_for_each_kind_of_fault():
    frame = control(BOW, WEST, box(46.9, 39, 48, 41), WEST, None, sides=list("AABAB")).iloc[[0, 2, 1, 3, 4]]
    words = {"invalid": "invalid", "overlaps": "overlap", "duplicates": "repeat", "empty": "no geometry"}
    for kind, word in words.items():
        with pytest.raises(LayerError) as caught:
            as_control(frame, CRS, mend=kind)
        told = str(caught.value)
        assert word not in told
        assert all(other in told for name, other in words.items() if name not in (kind, "overlaps"))
    out = as_control(frame, CRS, mend=("overlaps", "invalid", "duplicates", "empty"))
    assert out.is_valid.all()
    with pytest.raises(LayerError, match="mend='overlap' is not known: name faults of all, overlaps, "):
        as_control(frame, CRS, mend="overlap")


@pytest.mark.parametrize(
    ("mend", "record"),
    [
        *[(True, True), (False, False), (None, False), ("all", True), (MENDS, True), ([], False)],
        *[("invalid, Overlaps", ["invalid", "overlaps"]), ({"empty"}, ["empty"])],
    ],
)
def test_mends_are_named_in_many_ways(mend, record):
    assert mend_record(mend) == record
    assert mends_of(mend) <= set(MENDS)


def test_a_column_of_an_earlier_run_is_not_booked_again():
    frame = control(WEST, EAST).assign(mended_km2="7", outside_km2=5.0)
    out = as_control(frame, CRS)
    assert out["mended_km2"].tolist() == [0, 0]
    assert out["outside_km2"].tolist() == [0, 0]


@pytest.mark.bench
def test_official_oblasts_pass_without_being_asked_also_after_other_projections(bench):
    raw = gpd.read_parquet(bench / "ukraine_adm1_official2020.parquet")
    crs = working_crs(raw)
    whole = as_districts(raw, crs, key="iso").area
    for other in ("EPSG:3035", "EPSG:3857", crs):
        for frame in (raw.to_crs(other), raw.to_crs(other).to_crs(LONLAT)):
            out = as_districts(frame, crs, key="iso")
            assert out.area.tolist() == pytest.approx(whole.tolist(), rel=1e-5)
            assert 0.02 < out["mended_km2"].sum() < 0.03
            assert set(check_layer(frame, "districts", key="iso")["fault"]) == set(REMARKS)


def test_the_input_is_left_alone_and_labels_are_kept():
    frame = control(WEST, EAST).set_axis(["w", "e"])
    before = frame.copy()
    out = as_control(frame, CRS, theatre=GROUND)
    assert_geodataframe_equal(frame, before)
    assert out.index.tolist() == ["w", "e"]


def test_repeated_labels_point_at_rows_all_the_same():
    frame = control(WEST, box(46.5, 39, 48, 41)).set_axis(["x", "x"])
    with pytest.raises(LayerError, match=r"rows 0, 1"):
        as_control(frame, CRS)


def test_going_through_the_door_twice_changes_nothing():
    once = as_control(control(WEST, EAST), CRS, theatre=GROUND)
    twice = as_control(once, CRS, theatre=GROUND)
    assert_geodataframe_equal(once, twice)


def test_row_order_changes_nothing():
    frame = control(WEST, EAST, box(46.4, 39.5, 46.6, 39.7), sides=["A", "B", "C"])
    one = as_control(frame, CRS, theatre=GROUND, mend=True).sort_values("side")
    other = as_control(frame[::-1], CRS, theatre=GROUND, mend=True).sort_values("side")
    assert one["side"].tolist() == other["side"].tolist()
    assert one.area.tolist() == pytest.approx(other.area.tolist(), rel=1e-12)


@pytest.mark.parametrize(
    "dates",
    [
        ["1994-05-12"],
        ["19940512"],
        [dt.date(1994, 5, 12)],
        [pd.Timestamp("1994-05-12 17:30")],
        [pd.Timestamp("1994-05-12 17:30", tz="UTC")],
        pd.Series(["1994-05-12"], dtype="string"),
        pd.Series(["1994-05-12"], dtype="category"),
    ],
    ids=str,
)
def test_days_come_in_many_forms(dates):
    out = as_control(control(WEST, dates=list(dates)), CRS)
    assert out["date"].tolist() == [pd.Timestamp("1994-05-12")]


@pytest.mark.parametrize(
    "sides", [["Ərmən"], ["Україна"], pd.Series(["A"], dtype="string"), pd.Categorical(["A"]), [7]]
)
def test_sides_come_in_many_forms(sides):
    out = as_control(control(WEST, sides=list(sides)), CRS)
    assert out["side"].tolist() == [str(next(iter(sides)))]


def test_columns_of_any_case_and_a_geometry_of_any_name():
    frame = control(WEST).rename(columns={"date": "DATE", "side": "Side", "source": " Source "})
    out = as_control(frame.rename_geometry("shape"), CRS)
    assert list(out.columns[:4]) == ["date", "side", "source", "sigma_m"]
    assert out.columns[-1] == "geometry"


def test_height_multi_and_collections_come_through():
    tall = Polygon([(46, 39, 5), (47, 39, 5), (47, 41, 5), (46, 41, 5)])
    multi = MultiPolygon([box(47, 39, 47.5, 40), box(47.5, 40, 48, 41)])
    mixed = shapely.GeometryCollection([box(47, 40, 47.5, 41), Point(47, 40)])
    out = as_control(control(tall, multi, mixed), CRS)
    assert out.geom_type.tolist() == ["Polygon", "MultiPolygon", "Polygon"]
    assert not out.has_z.any()


def test_empty_layers_come_through():
    empty = gpd.GeoDataFrame(geometry=[], crs=LONLAT)
    assert as_control(empty, CRS, theatre=GROUND).empty
    assert {"date", "side", "source"} <= set(as_control(empty, CRS).columns)
    assert as_frontlines(empty, CRS).empty
    assert as_settlements(empty, CRS).empty


def test_a_multiline_becomes_a_row_a_line():
    parts = MultiLineString([[(46, 40), (46.5, 40)], [(46.5, 40), (47, 40.2)], [(47.5, 40), (48, 40)]])
    out = as_frontlines(lines(parts), CRS)
    assert out.geom_type.tolist() == ["LineString", "LineString"]


def test_a_line_that_crosses_itself_is_split_on_demand():
    out = as_frontlines(lines(LOOP), CRS, mend=True)
    assert len(out) == 3
    assert out.is_simple.all()


def test_places_without_a_point_are_refused_or_left_out():
    frame = gpd.GeoDataFrame(
        {"name": ["P", "Q"], "date": "1994-05-12", "side": "A"}, geometry=[Point(46, 40), None], crs=LONLAT
    )
    with pytest.raises(LayerError, match="no geometry"):
        as_settlements(frame, CRS)
    assert as_settlements(frame, CRS, unlocated="drop")["name"].tolist() == ["P"]


def test_districts_are_named_by_any_column_and_cut_at_the_theatre():
    frame = districts(WEST, box(47, 39, 49, 41), box(50, 39, 51, 41), names=["w", "e", "far"])
    out = as_districts(frame.rename(columns={"district": "NAME"}), CRS, key="name", theatre=GROUND)
    assert out["district"].tolist() == ["w", "e"]
    assert out["outside_km2"].iloc[1] > 0
    assert out["vintage"].tolist() == ["not stated"] * 2


def test_a_district_inside_another_is_not_lost_in_silence():
    with pytest.raises(LayerError, match=r"wholly inside larger ones|lie wholly"):
        as_districts(districts(WEST, box(46.2, 39.2, 46.4, 39.4)), CRS, mend=True)


def test_a_theatre_needs_ground():
    with pytest.raises(LayerError, match="at least one polygon"):
        as_theatre(gpd.GeoDataFrame(geometry=[], crs=LONLAT), CRS)


def test_a_theatre_in_another_crs_is_refused():
    with pytest.raises(CRSError, match=r"another CRS|equal-area"):
        as_control(control(WEST), CRS, theatre=THEATRE)


def test_lines_drawn_head_to_head_keep_their_left_and_right():
    apart = MultiLineString([[(47, 40), (46, 40)], [(47, 40), (48, 40)]])
    out = as_frontlines(lines(apart), CRS).to_crs(LONLAT)
    first, second = (shapely.get_coordinates(line)[[0, -1], 0].round(9).tolist() for line in out.geometry)
    assert sorted([first, second]) == [[47, 46], [47, 48]]


def test_lines_without_length_are_named_and_mended():
    frame = lines(LineString([(46, 40), (46, 40)]), LineString([(46, 40), (47, 40)]))
    with pytest.raises(LayerError, match=r"1 of 2 rows have invalid geometry \(rows 0"):
        as_frontlines(frame, CRS)
    assert len(as_frontlines(frame, CRS, mend=True)) == 1


def test_one_line_with_two_meanings_is_kept_for_control_to_refuse():
    same = LineString([(46, 40), (48, 40)])
    assert len(as_frontlines(lines(same, same, left=["A", "B"], right=["B", "A"]), CRS, mend=True)) == 2


def test_polygons_without_area_are_dropped_when_mended():
    for flat in (Polygon([(46, 39), (47, 40), (48, 41)]), Polygon([(46, 39)] * 3)):
        with pytest.raises(LayerError, match="invalid"):
            as_control(control(flat, EAST), CRS)
        assert as_control(control(flat, EAST), CRS, mend=True)["side"].tolist() == ["B"]


def test_one_ground_drawn_for_two_sides_is_contested():
    out = as_control(control(WEST, WEST), CRS, mend=True, theatre=GROUND)
    assert sorted(out["side"]) == ["contested", "unknown"]


def test_blank_geometry_raises_no_warning_but_a_fault():
    with pytest.raises(LayerError, match=r"2 of 3 rows have no geometry \(rows 1, 2\)"):
        as_control(control(WEST, None, Polygon()), CRS)
    assert len(as_control(control(WEST, None, Polygon()), CRS, mend=True)) == 1


def test_points_that_are_no_numbers_are_places_without_a_point():
    nowhere = gpd.GeoDataFrame(
        {"name": ["P", "Q"], "date": "1994-05-12", "side": "A"},
        geometry=gpd.points_from_xy([46, np.nan], [40, np.nan]),
        crs=LONLAT,
    )
    assert as_settlements(nowhere, CRS, unlocated="drop")["name"].tolist() == ["P"]
    with pytest.raises(LayerError, match=r"have no geometry \(rows 1\)"):
        as_settlements(nowhere, CRS)


@pytest.mark.parametrize(
    "door", [as_control, as_frontlines, as_districts, as_settlements, as_theatre, check_layer]
)
@pytest.mark.parametrize("frame", [pd.DataFrame({"side": ["A"]}), gpd.GeoDataFrame({"side": ["A"]})])
def test_a_frame_without_geometry_is_refused(door, frame):
    with pytest.raises(FrontlinesError, match="geometry"):
        door(frame, "control" if door is check_layer else CRS)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:32638"])
@pytest.mark.parametrize("door", [as_control, as_frontlines, as_districts, as_settlements, as_theatre])
def test_a_working_crs_that_bends_areas_is_refused(door, crs):
    with pytest.raises(CRSError, match=r"crs is in .* no equal-area plane in metres: .*working_crs"):
        door(control(WEST), crs)


def test_a_dirty_theatre_is_named_and_mended():
    dirty = gpd.GeoDataFrame(geometry=[BOW, None, EAST, EAST], crs=LONLAT)
    with pytest.raises(LayerError, match="3 sorts of fault"):
        as_theatre(dirty, CRS)
    assert as_theatre(dirty, CRS, mend=True).geometry.is_valid.all()


def test_a_theatre_of_two_rows_is_refused():
    two = as_districts(districts(WEST, EAST), CRS)
    with pytest.raises(LayerError, match="the theatre has 2 rows, not one"):
        as_control(control(WEST), CRS, theatre=two)


def test_a_date_that_lies_wholly_beyond_the_theatre_is_refused():
    frame = control(WEST, box(60, 39, 61, 41), dates=["1994-04-07", "1994-05-12"])
    with pytest.raises(
        LayerError, match=r"on 1994-05-12 no polygon meets the theatre: .*60\.5.*47\.0.*order of the axes"
    ):
        as_control(frame, CRS, theatre=GROUND)


def test_an_index_named_like_a_column_is_kept():
    frame = control(WEST, EAST).set_index(["side", "date"], drop=False)
    out = as_control(frame, CRS, theatre=GROUND)
    assert out.index.tolist() == frame.index.tolist()
    assert list(frame.index.names) == ["side", "date"]


@pytest.mark.parametrize("door", [as_control, as_districts, as_theatre])
def test_no_door_changes_what_it_is_given(door):
    frame = control(BOW, box(46, 40, 47, 41), None, box(46.5, 39, 48, 41)).assign(
        district=list("abcd"), DATE="x"
    )
    frame = frame.set_axis(["k", "k", "l", "m"])
    before = frame.copy(deep=True)
    door(frame, CRS, mend=True)
    assert_geodataframe_equal(frame, before)


def test_ground_that_mending_moves_is_all_booked():
    frame = control(
        BOW, box(46, 40, 47, 41), box(46.9, 39, 48, 41), box(47.5, 39, 49, 41), sides=list("ABCC")
    )
    out = as_control(frame, CRS, theatre=GROUND, mend=True)
    valid = shapely.make_valid(BOW, method="structure")
    drawn = gpd.GeoSeries([valid, *frame.geometry[1:]], crs=LONLAT)
    kept = out[out.index.isin(frame.index)]
    days = ["2001-01-01", "2002-01-01", "2003-01-01", "2004-01-01"]
    cut = as_control(control(*drawn, sides=list("ABCC"), dates=days), CRS)
    lost = cut.area.sum() / 1e6 - kept.area.sum() / 1e6
    bow_km2 = as_control(control(BOW), CRS, mend=True)["mended_km2"].sum()
    assert kept["mended_km2"].sum() + kept["outside_km2"].sum() == pytest.approx(lost + bow_km2, rel=1e-6)


@pytest.mark.bench
def test_dirty_oblasts_are_named_and_mended(bench):
    raw = gpd.read_parquet(bench / "ukraine_adm1_osm_simplified_dirty.parquet")
    crs = working_crs(raw)
    with pytest.raises(LayerError, match="3 of 25 rows have invalid geometry"):
        as_districts(raw, crs, key="iso")
    mended = as_districts(raw, crs, key="iso", mend=True)
    assert len(mended) == 25
    assert mended.is_valid.all()


def test_a_date_whose_polygons_all_lie_elsewhere_is_refused():
    swapped = control(
        WEST,
        shapely.transform(EAST, lambda xy: xy[:, ::-1]),
        sides=["A", "A"],
        dates=["1994-04-07", "1994-05-12"],
    )
    with pytest.raises(
        LayerError, match=r"on 1994-05-12 no polygon meets the theatre: .*°E .*order of the axes"
    ):
        as_control(swapped, CRS, theatre=GROUND)


@pytest.mark.parametrize(
    "day", ["1994-05-12T00:00:00+03:00", "1994-05-12T23:30:00-05:00", "1994-05-12T12:00Z"]
)
def test_a_day_is_the_day_that_is_written(day):
    assert as_control(control(WEST, dates=[day]), CRS)["date"].tolist() == [pd.Timestamp("1994-05-12")]


def test_reserved_sides_are_known_in_any_case():
    out = as_control(control(WEST, EAST, sides=["Contested", "UNKNOWN"]), CRS)
    assert out["side"].tolist() == ["contested", "unknown"]


def test_parts_of_a_line_that_run_against_each_other_stay_apart():
    opposed = MultiLineString([[(46, 40), (47, 40)], [(48, 40), (47, 40)]])
    assert len(as_frontlines(lines(opposed), CRS)) == 2


@pytest.mark.bench
def test_dirty_oblasts_fill_their_theatre_with_control(bench):
    raw = gpd.read_parquet(bench / "ukraine_adm1_osm_simplified_dirty.parquet")
    raw = raw.assign(date="2022-02-24", side=["A" if n % 3 else "B" for n in range(len(raw))])
    crs = working_crs(raw)
    theatre = as_theatre(raw, crs, mend=True)
    with pytest.raises(LayerError, match=r"rows overlap|invalid"):
        as_control(raw, crs, theatre=theatre)
    out = as_control(raw, crs, theatre=theatre, mend=True)
    assert out.area.sum() == pytest.approx(theatre.area.sum(), rel=1e-9)
    assert not [sort for sort in check_layer(out, "control", theatre=theatre)["fault"] if sort != "gap"]


@pytest.mark.bench
def test_powers_of_europe_come_through_with_many_sides(bench):
    raw = gpd.read_parquet(bench / "europe_powers_1914_1945.parquet")
    raw = raw[raw["year"] == 1920].assign(date="1920-01-01", side=lambda f: f["controller"].fillna("unknown"))
    ground = gpd.GeoDataFrame(geometry=[box(-10, 36, 40, 60)], crs=LONLAT)
    crs = working_crs(ground)
    theatre = as_theatre(ground, crs)
    out = as_control(raw, crs, theatre=theatre, rest="sea", mend=True)
    assert out["side"].nunique() > 30
    assert out.area.sum() == pytest.approx(theatre.area.sum(), rel=1e-9)


def test_rows_of_one_name_become_one_district_when_asked():
    parts = districts(WEST, EAST, names=["Ağdam", unicodedata.normalize("NFD", "Ağdam")])
    with pytest.raises(LayerError, match=r"share a name.*join their rows with dissolve=True"):
        as_districts(parts, CRS)
    joined = as_districts(parts, CRS, dissolve=True)
    assert joined["district"].tolist() == ["Ağdam"]
    apart = as_districts(districts(WEST, EAST), CRS)
    assert joined.area.sum() == pytest.approx(apart.area.sum())
