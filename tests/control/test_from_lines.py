"""From lines to polygons."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, MultiPolygon, Polygon, box

from frontlines.control import control_from_lines
from frontlines.control.from_lines import cut_lines
from frontlines.control.joining import join_ends
from frontlines.crs import working_crs
from frontlines.errors import ClosureError, ControlError, CRSError, LayerError
from frontlines.geometry.planar import arrange
from frontlines.layers import as_frontlines, as_theatre

CRS = "EPSG:3035"
KM = 1000.0


def theatre(shape=None):
    return (
        gpd.GeoDataFrame(geometry=[box(0, 0, 10, 10) if shape is None else shape], crs=CRS)
        .scale(KM, KM, origin=(0, 0))
        .to_frame("geometry")
    )


def lines(*drawn, dates="1994-05-12"):
    """Stretches as (left, right, [(x, y), …]) in km."""
    return gpd.GeoDataFrame(
        {
            "date": pd.to_datetime([dates] * len(drawn) if isinstance(dates, str) else dates),
            "side_left": [left for left, _, _ in drawn],
            "side_right": [right for _, right, _ in drawn],
            "source": [f"source {n}" for n in range(len(drawn))],
            "sigma_m": [100.0 * (n + 1) for n in range(len(drawn))],
        },
        geometry=[LineString(np.array(points) * KM) for _, _, points in drawn],
        crs=CRS,
    )


def held(control, date=None):
    """Area by side [km²]."""
    rows = control if date is None else control[control["date"] == date]
    areas = (rows.area / 1e6).groupby(rows["side"]).sum()
    return {side: round(float(km2), 6) for side, km2 in areas.items()}


ACROSS = [(3, 0), (3, 10)]


def test_one_line_makes_two_sides():
    control = control_from_lines(lines(("A", "B", ACROSS)), theatre(), snap_m=0)
    assert held(control) == {"A": 30, "B": 70}
    assert control["source"].tolist() == ["source 0"] * 2


@pytest.mark.parametrize("inner", [[(3.5, 4)], [(3.2, 2.8), (3.7, 4.8), (4.1, 6.4)]])
def test_stretches_on_one_straight_are_one_line_however_many_vertices_they_have(inner):
    ends = [(2.5, 0), (5, 10)]
    more = [ends[0], *inner, ends[1]]
    once = held(control_from_lines(lines(("A", "B", ends)), theatre(), snap_m=0))
    assert once == {"A": 37.5, "B": 62.5}
    for second in (("A", "B", more), ("B", "A", more[::-1]), ("A", "B", [ends[0], *inner])):
        assert held(control_from_lines(lines(("A", "B", ends), second), theatre(), snap_m=0)) == once


def test_stretches_on_one_straight_in_degrees_are_one_line():
    ground = gpd.GeoDataFrame(geometry=[box(46, 39, 48, 41)], crs="EPSG:4326")
    crs = working_crs(ground)
    said = {"date": ["1994-05-12"] * 2, "side_left": "A", "side_right": "B"}
    drawn = [
        LineString([(46.115, 38.9), (47.985, 41.1)]),
        LineString([(46.115, 38.9), (46.965, 39.9), (47.985, 41.1)]),
    ]
    raw = gpd.GeoDataFrame(said, geometry=drawn, crs="EPSG:4326")
    both = [as_frontlines(rows, crs) for rows in (raw, raw.iloc[:1])]
    found = [control_from_lines(one, as_theatre(ground, crs), snap_m=10).area.tolist() for one in both]
    assert found[0] == pytest.approx(found[1], rel=1e-6)


def test_a_short_edge_of_the_theatre_beside_an_end_is_no_piece_of_the_line():
    edge = Polygon([(0, 0), (10, 0), (10, 10), (3 + 1.2e-6, 10), (3, 10), (0, 10)])
    control = control_from_lines(lines(("A", "B", ACROSS)), theatre(edge), snap_m=0)
    assert held(control) == {"A": 30, "B": 70}


def test_direction_and_sides_turned_together_change_nothing():
    turned = control_from_lines(lines(("B", "A", ACROSS[::-1])), theatre(), snap_m=0)
    assert held(turned) == {"A": 30, "B": 70}


def test_several_dates_are_divided_each_by_itself():
    both = lines(("A", "B", ACROSS), ("A", "B", [(6, 0), (6, 10)]), dates=["1994-04-07", "1994-05-12"])
    control = control_from_lines(both, theatre(), snap_m=0)
    assert held(control, "1994-04-07") == {"A": 30, "B": 70}
    assert held(control, "1994-05-12") == {"A": 60, "B": 40}


def test_stretches_join_end_to_end_and_carry_their_sources():
    joined = lines(("A", "B", [(3, 0), (3, 5)]), ("A", "B", [(3, 5), (3, 10)]))
    control = control_from_lines(joined, theatre(), snap_m=0)
    assert held(control) == {"A": 30, "B": 70}
    assert control["source"].tolist() == ["source 0; source 1"] * 2
    assert control["sigma_m"].tolist() == [200, 200]


def test_a_pocket_in_a_pocket():
    ring = [(4, 4), (8, 4), (8, 8), (4, 8), (4, 4)]
    inner = [(5, 5), (6, 5), (6, 6), (5, 6), (5, 5)]
    control = control_from_lines(lines(("A", "B", ring), ("B", "A", inner)), theatre(), snap_m=0)
    assert held(control) == {"A": 15, "B": 85}
    assert len(control) == 3


def test_three_sides_meet_at_a_point():
    middle = (5, 5)
    star = lines(("A", "C", [(0, 5), middle]), ("B", "A", [(5, 10), middle]), ("C", "B", [(10, 0), middle]))
    control = control_from_lines(star, theatre(), snap_m=0)
    assert held(control) == {"A": 25, "B": 37.5, "C": 37.5}


def test_reserved_sides_are_sides_like_others():
    fog = lines(("A", "contested", ACROSS), ("contested", "unknown", [(5, 0), (5, 10)]))
    assert held(control_from_lines(fog, theatre(), snap_m=0)) == {"A": 30, "contested": 20, "unknown": 50}


def test_a_short_end_is_led_on():
    control = control_from_lines(lines(("A", "B", [(3, 0.4), (3, 9.5)])), theatre(), snap_m=500)
    assert held(control) == {"A": 30, "B": 70}


def test_an_end_too_short_is_an_error_that_says_where_and_by_how_much():
    with pytest.raises(
        ControlError, match=r"row 0: its last vertex, .*°[EW] .*°N, stops 600 m short"
    ) as caught:
        control_from_lines(lines(("A", "B", [(3, 0), (3, 9.4)])), theatre(), snap_m=500)
    assert "pass snap_m=600 or more" in str(caught.value)


def test_an_end_that_overshoots_is_cut():
    control = control_from_lines(lines(("A", "B", [(3, -2), (3, 12)])), theatre(), snap_m=0)
    assert held(control) == {"A": 30, "B": 70}


def test_an_end_on_the_middle_of_another_line():
    branch = lines(("A", "B", [(3, 0), (3, 5)]), ("A", "C", [(3, 5), (3, 10)]), ("C", "B", [(3, 5), (10, 5)]))
    assert held(control_from_lines(branch, theatre(), snap_m=0)) == {"A": 30, "B": 35, "C": 35}
    unsplit = lines(("A", "B", [(3, 0), (3, 10)]), ("unknown", "B", [(3.2, 5), (10, 5)]))
    with pytest.raises(ControlError, match="contradict"):
        control_from_lines(unsplit, theatre(), snap_m=300)


def test_ends_that_nearly_meet_are_joined():
    control = control_from_lines(
        lines(("A", "B", [(3, 0), (3, 4.9)]), ("A", "B", [(3, 5.1), (3, 10)])), theatre(), snap_m=300
    )
    assert held(control) == {"A": 30, "B": 70}


def test_lines_that_cross_each_other():
    cross = lines(("A", "B", [(5, 0), (5, 10)]), ("A", "B", [(0, 5), (10, 5)]))
    with pytest.raises(ControlError, match="contradict"):
        control_from_lines(cross, theatre(), snap_m=0)
    halves = lines(
        ("A", "B", [(5, 0), (5, 5)]),
        ("B", "A", [(5, 5), (5, 10)]),
        ("B", "A", [(0, 5), (5, 5)]),
        ("A", "B", [(5, 5), (10, 5)]),
    )
    assert held(control_from_lines(halves, theatre(), snap_m=0)) == {"A": 50, "B": 50}


def test_a_line_that_crosses_itself_pinches_off_a_pocket():
    knot = [(0, 5), (5, 5), (4, 7), (6, 7), (5, 5), (10, 5)]
    control = control_from_lines(lines(("A", "B", knot)), theatre(), snap_m=0)
    assert held(control) == {"A": 48, "B": 52}


def test_a_line_along_the_edge_cuts_nothing_off():
    control = control_from_lines(lines(("A", "B", [(0, 0), (3, 0), (3, 10)])), theatre(), snap_m=0)
    assert held(control) == {"A": 30, "B": 70}


def test_contradictions_name_rows_and_place():
    torn = lines(("A", "B", ACROSS), ("C", "B", [(6, 0), (6, 10)]))
    with pytest.raises(
        ControlError, match=r"30\.000 km² round .*°N is B by rows 0 .*, but C by rows 1"
    ) as caught:
        control_from_lines(torn, theatre(), snap_m=0)
    assert "mend side_left and side_right" in str(caught.value)


def test_a_theatre_of_several_parts_and_holes():
    ring = Polygon(box(0, 0, 10, 10).exterior, [box(4, 4, 6, 6).exterior])
    parts = MultiPolygon([ring, box(20, 0, 21, 1)])
    drawn = lines(("A", "B", [(5, 0), (5, 4)]), ("A", "B", [(5, 6), (5, 10)]))
    assert held(control_from_lines(drawn, theatre(parts), snap_m=0)) == {"A": 48, "B": 48, "unknown": 1}


def test_row_order_changes_nothing():
    drawn = lines(("A", "B", [(3, 0), (3, 5)]), ("A", "B", [(3, 5), (3, 10)]), ("B", "C", [(7, 0), (7, 10)]))
    one, other = (control_from_lines(given, theatre(), snap_m=0) for given in (drawn, drawn[::-1]))
    assert (
        shapely.to_wkb(shapely.normalize(one.geometry.values)).tolist()
        == shapely.to_wkb(shapely.normalize(other.geometry.values)).tolist()
    )
    assert one["source"].tolist() == other["source"].tolist()


def test_no_line_is_an_error():
    with pytest.raises(ControlError, match="no frontline"):
        control_from_lines(lines(), theatre(), snap_m=0)


def test_frames_in_degrees_are_refused():
    with pytest.raises(CRSError):
        control_from_lines(lines(("A", "B", ACROSS)).to_crs("EPSG:4326"), theatre(), snap_m=0)


def test_joined_ends_are_vertices_of_both():
    drawn = lines(("A", "B", [(3, 0.2), (3, 9.9)]))
    joined = join_ends(drawn, theatre().geometry.iloc[0], 300)
    ends = shapely.get_coordinates(joined.shapes[0])[[0, -1]]
    corners = shapely.get_coordinates(joined.edge)
    assert all((corners == end).all(axis=1).any() for end in ends)


# --- ends as people draw them ---------------------------------------------------------------------

POCKET = [(4, 4), (8, 4), (8, 8), (4, 8)]


@pytest.mark.parametrize("end", [(4, 4.05), (4, 3.9), (3.95, 4.02)], ids=["short", "past", "beside"])
def test_a_pocket_that_is_not_quite_closed_is_closed(end):
    control = control_from_lines(lines(("A", "B", [*POCKET, end])), theatre(), snap_m=200)
    assert held(control) == {"A": pytest.approx(16, abs=0.3), "B": pytest.approx(84, abs=0.3)}


def test_an_end_that_runs_past_another_line_is_cut_there():
    branch = [(2.8, 5.05), (3, 5), (10, 5)]
    halves = (("A", "B", [(3, 0), (3, 5)]), ("A", "C", [(3, 5), (3, 10)]))
    control = control_from_lines(lines(*halves, ("C", "B", branch)), theatre(), snap_m=500)
    assert held(control) == {"A": 30, "B": 35, "C": 35}


def test_an_end_that_runs_past_the_middle_of_a_line_is_cut_there():
    main = ("A", "B", [(3, 0), (3, 10)])
    branch = ("unknown", "B", [(2.9, 5), (10, 5)])
    with pytest.raises(ControlError) as caught:
        control_from_lines(lines(main, branch), theatre(), snap_m=200)
    assert "35.000 km²" in str(caught.value)
    assert "0.0" not in str(caught.value).split(" km²")[0]
    joined = join_ends(lines(main, branch), theatre().geometry.iloc[0], 200)
    assert [stub.length for stub in joined.stubs] == [100]


def test_ends_beside_each_other_are_joined_without_a_splinter():
    overlapping = lines(("A", "B", [(3, 0), (3, 5)]), ("A", "B", [(2.99, 4.9), (2.5, 10)]))
    control = control_from_lines(overlapping, theatre(), snap_m=200)
    assert control["side"].tolist() == ["A", "B"]


def test_a_branch_near_the_end_does_not_keep_the_end_from_the_edge():
    branch = ("C", "B", [(3, 9.5), (10, 9.5)])
    drawn = lines(("A", "B", [(3, 0), (3, 9.5)]), branch, ("A", "C", [(3, 9.5), (3, 9.6)]))
    assert held(control_from_lines(drawn, theatre(), snap_m=500)) == {"A": 30, "B": 66.5, "C": 3.5}


def test_an_end_within_rounding_of_the_edge_needs_no_snap():
    control = control_from_lines(lines(("A", "B", [(3, 1e-10), (3, 10)])), theatre(), snap_m=0)
    assert held(control) == {"A": 30, "B": 70}


@pytest.mark.parametrize(
    ("idle", "row"),
    [
        ((("A", "B", [(3, 0), (3, 5)]), ("A", "B", [(3, 0), (3, 5)])), "row 0"),
        ((("A", "B", [*POCKET, (4, 4)]), ("A", "B", [(0, 0), (4, 4)])), "row 1"),
    ],
    ids=["two rows that end together", "bridge"],
)
def test_a_stretch_that_divides_nothing_is_an_error_with_its_place(idle, row):
    with pytest.raises(ControlError, match=rf"same ground on both sides \({row} near .*°N.*draw them on"):
        control_from_lines(lines(*idle), theatre(), snap_m=100)


@pytest.mark.parametrize("rows", [[], [box(0, 0, 10, 5), box(0, 5, 10, 10)]])
def test_a_theatre_of_other_than_one_row_is_refused(rows):
    ground = gpd.GeoDataFrame(geometry=rows, crs=CRS)
    with pytest.raises(LayerError, match=rf"the theatre has {len(rows)} rows, not one: .*as_theatre"):
        control_from_lines(lines(("A", "B", ACROSS)), ground, snap_m=0)


def test_pieces_that_do_not_fill_the_theatre_are_an_error(monkeypatch):
    broken = arrange(np.array([box(0, 0, 9, 10).boundary]))
    monkeypatch.setattr("frontlines.control.from_lines.arrange", lambda _: broken)
    with pytest.raises(ClosureError, match="pieces of ground between the lines"):
        control_from_lines(lines(("A", "B", ACROSS)), theatre(), snap_m=0)


@pytest.mark.bench
def test_western_front_divides_its_theatre_on_every_date(bench):
    raw = gpd.read_parquet(bench / "wwi_fronts_west_italy.parquet")
    raw = raw[(raw["theatre"].str.contains("west", case=False)) & raw.geometry.notna()]
    raw = raw.assign(side_left="E", side_right="W", source="wwi-explorer")
    west, south, east, north = raw.total_bounds
    ground = gpd.GeoDataFrame(geometry=[box(west - 1, south - 1, east + 1, north + 1)], crs=raw.crs)
    crs = working_crs(ground)
    fronts, ground = as_frontlines(raw, crs, mend=True), as_theatre(ground, crs)
    divided = 0
    for date, front in fronts.groupby("date"):
        try:
            control = control_from_lines(front, ground, snap_m=400_000)
        except ControlError:
            continue
        assert control.area.sum() == pytest.approx(ground.area.sum(), rel=1e-9), date
        divided += set(control["side"]) == {"E", "W"}
    assert divided > 0.8 * fronts["date"].nunique()


def test_lines_that_all_lie_elsewhere_are_refused():
    away = lines(("A", "B", [(30, 0), (30, 10)]))
    with pytest.raises(
        ControlError, match=r"on 1994-05-12 no line meets the theatre|stops .* short|same ground"
    ):
        control_from_lines(away, theatre(), snap_m=0)


def test_a_line_that_lies_elsewhere_is_left_out_of_the_study():
    away = ("A", "B", [(30, 0), (30, 10)])
    cut = cut_lines(lines(("A", "B", ACROSS), away, ("A", "B", [(10, 2), (20, 2)])), theatre())
    assert cut["source"].tolist() == ["source 0"]
