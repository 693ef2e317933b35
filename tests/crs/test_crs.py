"""The working CRS: areas that agree with the geodesic, borders that stay shared."""

import itertools
import pickle

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod
from shapely import LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from frontlines.crs import STRAY_M, polygons_of, project, working_crs
from frontlines.crs.working import distortion, place, require_working_crs
from frontlines.errors import CRSError
from frontlines.geometry.coverage import overlaps, width_m

GEOD = Geod(ellps="WGS84")
SPLIT = MultiPolygon([box(175, 60, 180, 70), box(-180, 60, -170, 70)])
UNSPLIT = Polygon([(175, 60), (-170, 60), (-170, 70), (175, 70)])


def _frame(*shapes, crs="EPSG:4326"):
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


def _geodesic_area(shape):
    """Area on the ellipsoid of a shape whose edges are straight in longitude and latitude [m²]."""
    return abs(GEOD.geometry_area_perimeter(shapely.segmentize(shape, 0.002))[0])


@pytest.mark.parametrize(
    ("shape", "reference"),
    [
        (box(46, 39, 48, 41), None),
        (box(20, 68, 40, 72), None),
        (box(20, 45, 50, 55), None),
        (box(-60, -60, -30, -40), None),
        (SPLIT, None),
        (UNSPLIT, SPLIT),
        (Polygon([(46, 39), (48.5, 39.7), (47.1, 41.2), (45.2, 40.3)]), None),
    ],
    ids=["Karabakh", "70 N", "30 wide", "south", "antimeridian", "antimeridian, unsplit", "oblique"],
)
def test_areas_agree_with_the_geodesic(shape, reference):
    frame = _frame(shape)
    plane = project(frame, working_crs(frame))
    assert plane.is_valid.all()
    assert plane.area.sum() == pytest.approx(_geodesic_area(reference or shape), rel=1e-6)


def test_the_plane_is_in_no_register_and_the_same_in_a_file_and_another_process():
    crs = working_crs(_frame(box(46, 39, 48, 41)))
    for same in (CRS.from_wkt(crs.to_wkt()), pickle.loads(pickle.dumps(crs))):  # noqa: S301 - our own
        assert same == crs
        assert same.to_epsg() is None


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (box(46, 39, 48, 41), "47.0000°E 40.0000°N"),
        (box(-70, -30, -60, -20), "65.0000°W 25.0000°S"),
        (UNSPLIT, "177.5000°W 65.0000°N"),
        (SPLIT, "177.5000°W 65.0000°N"),
    ],
)
def test_the_centre_is_the_middle_of_the_theatre(shape, words):
    assert words in working_crs(_frame(shape)).name


def _corners(shape):
    return {tuple(corner) for corner in shapely.get_coordinates(shape).tolist()}


@given(
    st.tuples(st.floats(-179.9, 179.9), st.floats(-75, 75), st.floats(0.01, 40), st.floats(-10, 10)),
    st.floats(0, 1),
)
def test_an_edge_is_cut_the_same_whichever_way_it_is_run(edge, share):
    lon, lat, width, rise = edge
    ends = [(lon, lat), (lon + width, lat + rise)]
    crs = working_crs(_frame(LineString(ends), Point(lon + share * width, lat)))
    there, back = project(_frame(LineString(ends), LineString(ends[::-1])), crs).geometry
    assert shapely.get_coordinates(there).tolist() == shapely.get_coordinates(back)[::-1].tolist()


def test_neighbours_share_their_border_at_the_antimeridian_too():
    east = Polygon([(-180, 60), (-170, 60), (-170, 70), (-180, 70)])
    across = Polygon([(178, 62), (-176, 62), (-176, 66), (178, 66)])
    north = Polygon([(178, 66), (-176, 66), (-176, 69), (178, 69)])
    frame = _frame(box(170, 60, 180, 70), east, across, north)
    west, east, across, north = project(frame, working_crs(frame)).geometry
    assert shapely.coverage_is_valid([west, east])
    assert shapely.coverage_is_valid([across, north])
    assert len(_corners(west) & _corners(east)) > 2
    assert len(_corners(across) & _corners(north)) > 2


@pytest.mark.parametrize("step", [1, 4, 11.7, 0.3])
def test_a_long_border_and_its_parts_leave_no_wide_sliver(step):
    lons = [*np.arange(20, 44, step), 44]
    parts = [box(west, 55, east, 60) for west, east in itertools.pairwise(lons)]
    frame = _frame(box(20, 50, 44, 55), *parts)
    plane = project(frame, working_crs(frame)).geometry.values
    covered = shapely.union_all(plane)
    hull = shapely.polygons(shapely.get_exterior_ring(covered))
    open_ground = shapely.get_parts(hull - covered)
    doubled = overlaps(np.asarray(plane)).pieces
    for slivers in (open_ground, doubled):
        assert (width_m(slivers) < 2 * STRAY_M).all()
    assert covered.area == pytest.approx(_geodesic_area(box(20, 50, 44, 60)), rel=1e-6)


def test_an_edge_strays_by_no_more_than_stated():
    frame = _frame(LineString([(20, 60), (50, 60)]))
    crs = working_crs(frame)
    drawn = project(frame, crs).geometry.iloc[0]
    truth = _frame(*[Point(lon, 60) for lon in np.linspace(20, 50, 5001)]).to_crs(crs)
    assert truth.distance(drawn).max() <= STRAY_M


def test_points_lines_and_collections_come_along_in_two_dimensions():
    shapes = [
        Point(46, 40, 5),
        MultiPoint([(46, 40), (47, 41)]),
        LineString([(46, 40, 1), (47, 41, 2)]),
        shapely.from_wkt("GEOMETRYCOLLECTION(POINT(46 40), POLYGON((46 39,47 39,47 40,46 39)))"),
        Polygon(),
        None,
    ]
    frame = _frame(*shapes)
    plane = project(frame, working_crs(frame))
    assert plane.geom_type.tolist()[:4] == ["Point", "MultiPoint", "LineString", "GeometryCollection"]
    assert not plane.has_z.any()
    assert plane.geometry.iloc[4].is_empty
    assert plane.geometry.iloc[5] is None
    assert frame.has_z.iloc[0]


def test_projecting_twice_changes_nothing():
    frame = _frame(box(46, 39, 48, 41))
    crs = working_crs(frame)
    once = project(frame, crs)
    assert project(once, crs).geometry.iloc[0].equals_exact(once.geometry.iloc[0])


def test_a_frame_from_another_plane_comes_to_the_same_place():
    frame = _frame(box(46.2, 39.8, 46.21, 39.81))
    crs = working_crs(frame)
    through_utm = project(frame.to_crs("EPSG:32638"), crs).geometry.iloc[0]
    assert through_utm.hausdorff_distance(project(frame, crs).geometry.iloc[0]) < 0.5


def test_distortion_is_that_of_an_equal_area_plane():
    frame = _frame(box(20, 45, 50, 55))
    found = distortion(working_crs(frame), frame)
    assert found.area < 1e-9
    assert 1e-3 < found.length < 1e-2


@pytest.mark.parametrize(
    "call",
    [working_crs, lambda frame: project(frame, "EPSG:3035"), lambda frame: distortion("EPSG:3035", frame)],
)
def test_no_crs_is_refused_with_the_mend(call):
    with pytest.raises(CRSError, match="set_crs"):
        call(gpd.GeoDataFrame(geometry=[Point(0, 0)]))


def test_a_theatre_without_coordinates_is_refused():
    with pytest.raises(CRSError, match="no coordinates"):
        working_crs(_frame(Polygon()))


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        ({}, "no frame"),
        ({"control": _frame(Point(0, 0), crs=None)}, "control has no CRS"),
        ({"control": _frame(Point(0, 0))}, "control is in WGS 84.*working_crs"),
        ({"control": _frame(Point(0, 0), crs="EPSG:32638")}, "no equal-area plane"),
        (
            {
                "theatre": _frame(Point(0, 0), crs="EPSG:3035"),
                "control": _frame(Point(0, 0), crs="EPSG:6933"),
            },
            "control is in another CRS than theatre",
        ),
    ],
)
def test_frames_outside_the_working_crs_are_refused(frames, words):
    with pytest.raises(CRSError, match=words):
        require_working_crs(**frames)


def test_polygons_of_keeps_what_has_area():
    nested = shapely.from_wkt(
        "GEOMETRYCOLLECTION(GEOMETRYCOLLECTION(POLYGON((0 0,1 0,1 1,0 0)),POINT(3 3)),LINESTRING(0 0,5 5))"
    )
    kept = polygons_of(np.array([nested, LineString([(0, 0), (1, 1)]), None], dtype=object))
    assert [getattr(shape, "area", None) for shape in kept] == [0.5, 0, None]


def test_a_place_is_named_in_degrees():
    assert place(-3.5, -0.25, "EPSG:4326") == "3.5000°W 0.2500°S"


@pytest.mark.parametrize("far", [Point(np.nan, np.nan), Polygon([(46, 39), (47, 39), (46, 95)])])
def test_what_cannot_be_projected_makes_no_noise(far):
    assert len(project(_frame(box(46, 39, 47, 40), far), working_crs(_frame(box(46, 39, 47, 40))))) == 2


def test_geometry_in_a_column_of_another_name_stays_there():
    frame = _frame(box(46, 39, 48, 41)).rename_geometry("shape")
    plane = project(frame, working_crs(frame))
    assert plane.geometry.name == "shape"
    assert list(plane.columns) == ["shape"]


@pytest.mark.bench
def test_real_districts_keep_sharing_their_borders_and_their_area(bench):
    raw = gpd.read_parquet(bench / "ukraine_adm2_pre2020_geoboundaries.parquet")
    plane = project(raw, working_crs(raw))
    doubled = overlaps(np.asarray(plane.geometry.values)).pieces
    assert (width_m(doubled) < 2 * STRAY_M).all()
    assert shapely.area(doubled).sum() < 10_000
    whole = sum(_geodesic_area(shape) for shape in raw.geometry.iloc[::25])
    assert plane.area.iloc[::25].sum() == pytest.approx(whole, rel=1e-6)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_coordinates_that_are_none_are_refused_with_their_row(wrong):
    shapes = [box(0, 0, 1, 1), shapely.from_wkt(f"POLYGON ((0 0, {wrong} 0, 1 1, 0 0))")]
    with pytest.raises(CRSError, match="coordinates of row 1 are no place on Earth"):
        working_crs(gpd.GeoSeries(shapes, crs="EPSG:4326"))
