"""Projecting: true areas for any ring, borders that stay shared, frames that come through whole."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, MultiLineString, MultiPolygon, Point, Polygon, box

from frontlines.crs import STRAY_M, project, working_crs
from frontlines.geometry.coverage import overlaps, width_m
from frontlines.layers import HAIR_M

GEOD = Geod(ellps="WGS84")
LONLAT = "EPSG:4326"


def frame_of(*shapes, crs=LONLAT, **kwargs):
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs, **kwargs)


def plane_of(*shapes):
    frame = frame_of(*shapes)
    return np.asarray(project(frame, working_crs(frame)).geometry.values)


def geodesic_area(shape):
    """Area on the ellipsoid of a shape whose edges are straight in longitude and latitude [m²]."""
    return abs(GEOD.geometry_area_perimeter(shapely.segmentize(shape, 0.002))[0])


def steps(line):
    """Edges of a line, whichever way it runs."""
    xy = shapely.get_coordinates(line)
    return {frozenset([tuple(start), tuple(end)]) for start, end in pairwise(xy)}


def ring(lon, lat, radii, *, stretch):
    """A star-shaped ring round a place, `stretch` times as wide as it is high [degrees]."""
    turn = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    return Polygon(np.column_stack([lon + stretch * radii * np.cos(turn), lat + radii * np.sin(turn)]))


@settings(max_examples=25)
@given(
    lon=st.floats(-150, 150),
    lat=st.floats(-66, 66),
    radii=st.lists(st.floats(0.5, 4), min_size=3, max_size=9).map(np.array),
    stretch=st.floats(0.5, 3.5),
)
def test_the_area_of_any_ring_agrees_with_the_geodesic(lon, lat, radii, stretch):
    star = ring(lon, lat, radii, stretch=stretch)
    (plane,) = plane_of(star)
    bound = 2 / 3 * STRAY_M * plane.length  # of a ring a few hundred kilometres round, more than 1e-6
    assert plane.area == pytest.approx(geodesic_area(star), rel=1e-6, abs=bound)


def test_holes_count_against_the_area():
    holed = box(20, 66, 50, 74).difference(box(30, 68, 40, 71))
    assert plane_of(holed)[0].area == pytest.approx(geodesic_area(holed), rel=1e-6)


@pytest.mark.parametrize(
    "shape",
    [
        box(175, 60, 190, 70),
        box(-185, 60, -170, 70),
        Polygon([(175, 60), (-170, 60), (-170, 70), (175, 70)]),
        MultiPolygon([box(175, 60, 180, 70), box(-180, 60, -170, 70)]),
    ],
    ids=["beyond 180", "beyond -180", "unsplit", "split"],
)
def test_the_antimeridian_is_crossed_in_any_manner_of_writing(shape):
    (plane,) = plane_of(shape)
    assert plane.geom_type == "Polygon"
    assert plane.area == pytest.approx(geodesic_area(box(-10, 60, 5, 70)), rel=1e-6)


def test_neighbours_across_the_antimeridian_share_their_border():
    east, west = plane_of(box(170, 60, 180, 70), box(-180, 60, -170, 70))
    shared = steps(east.exterior) & steps(west.exterior)
    assert sum(np.hypot(*np.subtract(*edge)) for edge in shared) > 1_000_000
    assert shapely.intersection(east, west).area == 0


@settings(max_examples=25)
@given(
    border=st.lists(st.tuples(st.floats(-3, 3), st.floats(0.5, 4)), min_size=1, max_size=6),
    low=st.floats(-60, 50),
)
def test_neighbours_share_any_border_vertex_by_vertex(border, low):
    lat = low + np.cumsum([0.0, *(step for _, step in border), 1.0])
    lat = low + (lat - low) * 18 / (lat[-1] - low)
    path = list(zip([20.0, *(20 + shift for shift, _ in border), 20.0], lat, strict=True))
    west = Polygon([*path, (8, lat[-1]), (8, lat[0])])
    east = Polygon([*path[::-1], (32, lat[0]), (32, lat[-1])])
    drawn_west, drawn_east, drawn_path = plane_of(west, east, LineString(path))
    assert steps(drawn_path) <= steps(drawn_west.exterior) & steps(drawn_east.exterior)
    assert shapely.coverage_is_valid(np.array([drawn_west, drawn_east]))


@settings(max_examples=25)
@given(cut=st.floats(20.001, 43.999), tilt=st.floats(-3, 3))
def test_at_t_junctions_only_hair_thin_slivers_are_left(cut, tilt):
    at = 55 + tilt * (cut - 20) / 24
    south = Polygon([(20, 50), (44, 50), (44, 55 + tilt), (20, 55)])
    north_west = Polygon([(20, 55), (cut, at), (cut, 60), (20, 60)])
    north_east = Polygon([(cut, at), (44, 55 + tilt), (44, 60), (cut, 60)])
    plane = plane_of(south, north_west, north_east)
    whole = shapely.union_all(plane)
    slivers = shapely.get_parts(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(whole))) - whole)
    for pieces in (overlaps(plane).pieces, slivers):
        assert (width_m(pieces) < 2 * STRAY_M).all()
    assert 2 * STRAY_M < HAIR_M


@settings(max_examples=40)
@given(
    ends=st.tuples(st.floats(5, 35), st.floats(40, 65), st.floats(5, 35), st.floats(40, 65)),
    source=st.sampled_from([LONLAT, "EPSG:3035", "EPSG:32633", "EPSG:3857"]),
)
def test_edges_straight_in_any_crs_stray_by_no_more_than_stated(ends, source):
    start, end = shapely.get_coordinates(frame_of(Point(ends[:2]), Point(ends[2:])).to_crs(source).geometry)
    crs = working_crs(frame_of(box(5, 40, 35, 65)))
    drawn = project(frame_of(LineString([start, end]), crs=source), crs).geometry.iloc[0]
    along = start + np.linspace(0, 1, 301)[:, None] * (end - start)
    truth = frame_of(*shapely.points(along), crs=source).to_crs(crs)
    assert truth.distance(drawn).max() <= STRAY_M + 1e-6


def test_a_line_keeps_its_way_and_its_ends():
    line, other = plane_of(LineString([(20, 50), (44, 55)]), LineString([(44, 55), (20, 50)]))
    assert line.equals_exact(other.reverse())
    assert shapely.get_num_coordinates(line) > 2


def test_a_theatre_too_small_to_be_curved_gets_no_vertices():
    (plane,) = plane_of(box(46.90, 39.90, 46.91, 39.91))
    assert shapely.get_num_coordinates(plane) == 5


def test_labels_columns_and_the_name_of_the_geometry_are_kept_and_the_input_too():
    frame = frame_of(box(46, 39, 47, 40), None, Polygon(), index=["x", "x", "y"]).assign(side=list("ABC"))
    frame = frame.rename_geometry("shape")
    before = frame.copy()
    out = project(frame, working_crs(frame))
    assert_geodataframe_equal(frame, before)
    assert out.index.tolist() == ["x", "x", "y"]
    assert out.columns.tolist() == ["shape", "side"]
    assert out.geometry.name == "shape"
    assert out.geometry.isna().tolist() == [False, True, False]


def test_multis_of_one_become_single_and_others_stay():
    one = MultiPolygon([box(46, 39, 47, 40)])
    two = MultiLineString([[(46, 39), (47, 40)], [(46, 40), (47, 41)]])
    nested = shapely.GeometryCollection([two, shapely.GeometryCollection([one, Point(46, 40)])])
    plane = plane_of(one, two, nested)
    assert [shape.geom_type for shape in plane] == ["Polygon", "MultiLineString", "GeometryCollection"]
    assert [part.geom_type for part in plane[2].geoms] == ["MultiLineString", "GeometryCollection"]


def test_an_empty_frame_comes_through():
    out = project(frame_of(), working_crs(frame_of(Point(46, 40))))
    assert out.empty
    assert out.crs.name.startswith("Lambert azimuthal equal-area")


def test_what_was_invalid_stays_so_for_the_door_to_tell():
    bow = Polygon([(46, 39), (47, 40), (47, 39), (46, 40)])
    assert not plane_of(bow)[0].is_valid


def test_a_crs_may_be_named_by_its_code():
    frame = frame_of(box(10, 50, 11, 51))
    assert project(frame, "EPSG:3035").crs.to_epsg() == 3035
