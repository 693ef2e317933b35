"""Crossings of a graticule are found from two that are named: nearly all, none that is not there."""

import geopandas as gpd
import numpy as np
import pytest
from pyproj import CRS
from shapely import LineString, Point, box

from frontlines.datasets import ScanLook, scan_of_map
from frontlines.digitize import GroundControl, read_recipe
from frontlines.digitize.georef.graticule import with_graticule
from frontlines.digitize.inputs import georeference_of, open_image
from frontlines.errors import DigitizeError

CONIC = "+proj=lcc +lat_1=39 +lat_2=41 +lon_0=45 +lat_0=40 +datum=WGS84"


def drawn(crs, west, south, east, north, *, step, width_px=560, turn=2.0, bend=0.07):
    """Draw a map with a front, a fill, borders and names over its graticule."""
    middle, high = (west + east) / 2, north - south
    rows = np.linspace(0.02, 0.98, 9)
    front = np.column_stack([middle + 0.03 + (east - west) * bend * np.sin(9 * rows), south + high * rows])
    towns = [(west + (east - west) * a, south + high * b) for a, b in ((0.2, 0.3), (0.31, 0.7), (0.7, 0.45))]
    return scan_of_map(
        gpd.GeoDataFrame({"colour": ["#202020"], "width_px": [4.0]}, geometry=[LineString(front)], crs=4326),
        areas=gpd.GeoDataFrame(
            {"colour": ["#f3c9c0"]}, geometry=[box(west, south, middle, north)], crs=4326
        ),
        borders=gpd.GeoDataFrame(
            geometry=[Point(middle, south + high / 2).buffer(high / 4), box(west, south, east, north)],
            crs=4326,
        ),
        places=gpd.GeoDataFrame(
            {"name": ["Fuzuli", "Shusha", "Barda"]}, geometry=[Point(one) for one in towns], crs=4326
        ),
        crs=CRS(crs), width_px=width_px, graticule_deg=step, rng=1,
        look=ScanLook(rotation_deg=turn, unevenness=0.03),
    )  # fmt: skip


def two_of(scan, off_px=1.0):
    """Name two crossings, one near the top and one near the bottom, as well as a hand clicks."""
    points, size = scan.control_points, scan.pixels.shape[1::-1]
    inner = points[points["col"].between(30, size[0] - 31) & points["row"].between(30, size[1] - 31)]
    first = inner.iloc[0]
    others = inner[(inner["lon"] != first["lon"]) & (inner["lat"] != first["lat"])]
    named = inner.loc[[first.name, others.index[-1]]].reset_index(drop=True)
    return GroundControl(named.assign(col=named["col"] + off_px, row=named["row"] - off_px), "points.csv")


@pytest.mark.parametrize(
    ("crs", "bounds", "step", "bend", "share"),
    [
        (CONIC, (44.0, 38.6, 47.0, 41.4), 0.5, 0.0, 0.75),  # a front beside a meridian
        ("+proj=webmerc +lon_0=30 +datum=WGS84", (24.0, 44.0, 40.0, 54.0), 2.0, 0.07, 0.85),
    ],
)
def test_nearly_all_crossings_are_found_and_none_that_is_not_there(crs, bounds, step, bend, share):
    scan = drawn(crs, *bounds, step=step, bend=bend)
    truth = {(row.lon, row.lat): (row.col, row.row) for row in scan.control_points.itertuples()}
    named = two_of(scan, off_px=1.5)
    found = with_graticule(named, [(0, scan.pixels)]).points
    places = [truth[round(row.lon, 6), round(row.lat, 6)] for row in found.itertuples()]
    off_px = np.hypot(*(found[["col", "row"]].to_numpy() - places).T)
    size = np.array(scan.pixels.shape[1::-1])
    inner = [at for at in truth.values() if min(*at, *(size - at)) > 24]
    assert len(found) >= share * len(inner)
    assert np.median(off_px) < 0.2
    assert off_px.max() < 1.5
    assert set(named.points["id"]) <= set(found["id"])


def test_what_is_no_graticule_gives_no_points():
    scan = drawn(CONIC, 44.0, 38.6, 46.0, 40.4, step=0.5, width_px=400)
    named = two_of(scan)
    bare = np.random.default_rng(1).normal(200, 4, scan.pixels.shape).astype(np.uint8)
    beside = GroundControl(named.points.assign(col=named.points["col"] + 23))
    wrong = GroundControl(named.points.assign(lon=named.points["lon"] * [1.0, 1.01]))
    for control, pixels in ((named, bare), (beside, scan.pixels), (wrong, scan.pixels)):
        with pytest.raises(
            DigitizeError, match=r"no crossings of a graticule are found .* name crossings of"
        ):
            with_graticule(control, [(0, pixels)])
    for points in (named.points.iloc[:1], named.points.assign(lat=40.0)):
        with pytest.raises(DigitizeError, match="needs two crossings, on different meridians and parallels"):
            with_graticule(GroundControl(points), [(0, scan.pixels)])


def test_a_recipe_may_ask_for_it(tmp_path):
    from PIL import Image  # noqa: PLC0415 - for this test alone

    scan = drawn(CONIC, 44.0, 38.6, 46.0, 40.4, step=0.5, width_px=400)
    Image.fromarray(scan.pixels).save(tmp_path / "scan.png")
    two_of(scan).points.to_csv(tmp_path / "points.csv", index=False)
    text = (
        'image = "scan.png"\ngraticule = true\ndate = 1994-05-12\n[[area]]\ncolour = "#f3c9c0"\nside = "A"\n'
    )
    (tmp_path / "digitize.toml").write_text(text)
    with pytest.raises(DigitizeError, match="graticule needs two of its crossings"):
        read_recipe(tmp_path / "digitize.toml")
    (tmp_path / "digitize.toml").write_text('points = "points.csv"\n' + text)
    recipe = read_recipe(tmp_path / "digitize.toml")
    found = georeference_of(recipe, open_image(recipe))
    assert len(found.control) >= 9
    assert found.figures["left_out_rmse_px"] < 1
