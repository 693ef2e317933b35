"""A made-up scan tells the truth about itself."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from frontlines.datasets import ScanLook, render_scan, scan_of_map
from frontlines.digitize import GroundControl, georeference
from frontlines.errors import FrontlinesError

PLAIN = ScanLook(rotation_deg=0.0, jpeg_quality=None, grain=0.0, blur_px=0.0, unevenness=0.0, vignette=0.0)


def _line(points, **others):
    data = {"colour": ["#0000ff"], "width_px": [3.0], **{key: [value] for key, value in others.items()}}
    return gpd.GeoDataFrame(data, geometry=[shapely.LineString(points)])


def test_pixel_centres_are_whole_numbers():
    scan = render_scan(_line([(10, 20), (60, 20)]), size_px=(80, 40), look=PLAIN)
    column = scan.pixels[:, 30, 0]
    assert column[[18, 19, 20, 21, 22]].tolist() == [255, 0, 0, 0, 255]


@pytest.mark.parametrize("angle", [1.5, -20.0, 90.0])
def test_the_truth_turns_with_the_sheet(angle):
    look = ScanLook(
        rotation_deg=angle, jpeg_quality=None, grain=0.0, blur_px=0.0, unevenness=0.0, vignette=0.0
    )
    scan = render_scan(_line([(30, 50), (70, 40)]), size_px=(101, 101), look=look)
    dark = 255 - scan.pixels[..., 0].astype(float)
    y, x = np.mgrid[0:101, 0:101]
    middle = scan.lines.geometry[0].interpolate(0.5, normalized=True)
    assert ((x * dark).sum() / dark.sum(), (y * dark).sum() / dark.sum()) == pytest.approx(
        (middle.x, middle.y), abs=0.1
    )
    a, b, c, d, e, f = scan.transform
    assert (a * 50 + b * 50 + c, d * 50 + e * 50 + f) == pytest.approx((50, 50))


def test_what_a_label_or_another_line_covers_is_not_visible():
    lines = pd.concat(
        [_line([(10, 50), (190, 50)]), _line([(100, 10), (100, 90)]).assign(colour="#ff0000")],
        ignore_index=True,
    )
    labels = pd.DataFrame({"text": ["HHHH"], "x": [50.0], "y": [50.0], "size_px": [20.0], "halo_px": [6.0]})
    scan = render_scan(lines, size_px=(200, 100), labels=labels, look=PLAIN)
    first, second = scan.lines["visible"]
    assert second.length == pytest.approx(80, abs=3)
    assert first.length < 180 - 3 - 40
    assert not first.intersects(shapely.box(40, 40, 60, 60))


def test_areas_may_be_hatched_and_clear():
    fills = gpd.GeoDataFrame(
        {"colour": ["#ff0000", "#ff0000"], "alpha": [0.5, 1.0], "hatch": [None, "//"]},
        geometry=[shapely.box(0, 0, 50, 100), shapely.box(50, 0, 100, 100)],
    )
    scan = render_scan(_line([(0, 99), (99, 99)]), size_px=(100, 100), areas=fills, look=PLAIN)
    assert scan.pixels[50, 20].tolist() == pytest.approx([255, 127, 127], abs=1)
    hatched = scan.pixels[20:80, 60:95, 1]
    assert (hatched > 200).any()
    assert (hatched < 60).any()


def test_the_same_seed_makes_the_same_scan():
    line = _line([(10, 20), (60, 20)])
    first, same, other = (render_scan(line, size_px=(80, 40), rng=rng).pixels for rng in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_data_never_become_formulas():
    labels = pd.DataFrame({"text": ["$x^2$ & \\alpha"], "x": [40.0], "y": [20.0], "size_px": [10.0]})
    assert render_scan(_line([(1, 1), (2, 2)]), size_px=(80, 40), labels=labels).pixels.shape == (40, 80, 3)


def test_a_scan_has_a_size():
    with pytest.raises(FrontlinesError, match="a scan of 8 × 80 px is too small: 16 px at least"):
        render_scan(_line([(1, 1), (2, 2)]), size_px=(8, 80))


@pytest.mark.parametrize("crs", ["+proj=lcc +lat_1=39 +lat_2=41 +lon_0=45", "EPSG:3857", "EPSG:32638"])
def test_lines_lie_where_the_control_points_put_them(crs):
    line = gpd.GeoDataFrame(
        {"colour": ["#1f4fb4"], "width_px": [4.0]},
        geometry=[shapely.LineString([(45.2, 39.2), (46.4, 40.9), (47.8, 39.6)])],
        crs=4326,
    )
    towns = gpd.GeoDataFrame({"name": ["A", "B"]}, geometry=gpd.points_from_xy([46, 47], [40, 40]), crs=4326)
    ground = gpd.GeoDataFrame({"colour": ["#c9d8ee"]}, geometry=[shapely.box(45, 39, 48, 41)], crs=4326)
    scan = scan_of_map(
        line, crs=CRS(crs), width_px=500, areas=ground, borders=ground, places=towns, graticule_deg=1.0
    )
    lies = georeference(GroundControl(scan.control_points), scan.pixels.shape[1::-1], crs=CRS(crs))
    assert lies.figures["left_out_rmse_px"] < 0.15
    drawn = scan.truth.lines.geometry.iloc[-1]
    wanted = lies.pixels_of(shapely.get_coordinates(line.geometry.segmentize(0.02).values))
    assert np.max(shapely.distance(shapely.points(wanted), drawn)) < 0.15
