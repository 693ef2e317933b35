"""Control points from CSV and QGIS, and world files."""

import json

import numpy as np
import pandas as pd
import pytest
from pyproj import CRS, Transformer

from frontlines.digitize.georef.cautions import cautions_on_points
from frontlines.digitize.georef.control_points import (
    GroundControl,
    crs_of,
    read_control_points,
    read_place,
    read_world_file,
)
from frontlines.digitize.georef.georeference import georeference
from frontlines.digitize.georef.transformations import fit
from frontlines.errors import DigitizeError, SourceError

CSV = "id,col,row,lon,lat\na,0,0,46,41\nb,100,0,47,41\nc,0,100,46,40\n"
QGIS = """#CRS: GEOGCRS["WGS 84",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298.257223563]],CS[ellipsoidal,2],AXIS["latitude",north],AXIS["longitude",east],UNIT["degree",0.0174532925199433]]
mapX,mapY,sourceX,sourceY,enable,dX,dY,residual
46,41,0.5,-0.5,1,0,0,0
47,41,100.5,-0.5,1,0,0,0
46,40,0.5,-100.5,1,0,0,0
48,40,9,-9,0,0,0,0
"""


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_csv_and_points_of_qgis_say_the_same(tmp_path):
    plain = read_control_points(written(tmp_path, "p.csv", CSV))
    qgis = read_control_points(written(tmp_path, "scan.points", QGIS))
    np.testing.assert_allclose(
        qgis.pixels, plain.pixels
    )  # corner of the pixel, y upwards: centre (0.5, -0.5)
    np.testing.assert_allclose(qgis.lonlat, plain.lonlat)
    assert qgis.left_out == ("4",)
    assert len(plain) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,col,row,lon,lat\na,10,20,46,5,40,0\n", "line 2 has more values than there are columns"),
        ("id,col,row,lon,lat,lon\na,10,20,46,40,47\n", "has the column lon twice"),
        ("id,col,row,lon,lat\na,10,20,46\n", "no number in col, row, lon, lat of line 2"),
        ("\n\nid,col,row,lon,lat\na,10,20,46,\n", "no number in col, row, lon, lat of line 4"),
    ],
)
def test_rows_that_do_not_fit_their_columns_are_refused(tmp_path, text, words):
    with pytest.raises(DigitizeError, match=words):
        read_control_points(written(tmp_path, "p.csv", text))


def test_a_table_as_spreadsheets_write_it(tmp_path):
    text = "\ufeff\n Id ;COL;row;lon;lat;note\n\na;10,5;20;46,5;40;hi, there;\n;;;;;\nb;1;2;47,25;41\n"
    control = read_control_points(written(tmp_path, "p.csv", text))
    assert control.pixels.tolist() == [[10.5, 20.0], [1.0, 2.0]]
    assert control.lonlat.tolist() == [[46.5, 40.0], [47.25, 41.0]]


@pytest.mark.parametrize("crs", ["EPSG:5773", "+proj=geocent"])
def test_heights_and_earth_centred_coordinates_are_no_plane_of_a_map(crs):
    with pytest.raises(DigitizeError, match="which is no plane of a map"):
        crs_of(crs, "crs")


def test_old_points_of_qgis_in_degrees_need_no_crs_but_metres_do(tmp_path):
    head = "mapX,mapY,pixelX,pixelY,enable\n"
    degrees = read_control_points(
        written(tmp_path, "a.points", head + "46,41,0.5,-0.5,1\n47,40,99.5,-99.5,1\n")
    )
    assert degrees.pixels.tolist() == [[0, 0], [99, 99]]
    exact = fit(degrees.pixels, degrees.lonlat, "helmert")
    told = cautions_on_points(degrees.without(["1"]), exact, (100, 100))
    assert "a.points does not name the CRS" in next(c.text for c in told if c.name == "read as degrees")
    named = read_control_points(tmp_path / "a.points", crs="EPSG:4284")
    assert "read as degrees" not in {c.name for c in cautions_on_points(named, exact, (100, 100))}
    metres = written(tmp_path, "b.points", head + "5120000,5000000,0.5,-0.5,1\n")
    with pytest.raises(DigitizeError, match=r"does not name the CRS.*points_crs"):
        read_control_points(metres)
    assert read_control_points(metres, crs="EPSG:3857").lonlat[0, 0] == pytest.approx(45.99, abs=0.01)


def test_points_that_were_taken_on_a_georeferenced_image_are_refused(tmp_path):
    text = "mapX,mapY,sourceX,sourceY,enable\n46,41,46,41,1\n47,41,47,41,1\n"
    with pytest.raises(DigitizeError, match="no pixels of an image"):
        read_control_points(written(tmp_path, "a.points", text))


def test_grid_coordinates_and_other_datums(tmp_path):
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:32638", always_xy=True).transform(46.0, 41.0)
    grid = written(tmp_path, "g.csv", f"id;col;row;x;y\na;0;0;{x};{y}\n")
    np.testing.assert_allclose(read_control_points(grid, crs="EPSG:32638").lonlat, [[46, 41]], atol=1e-9)
    with pytest.raises(DigitizeError, match="say in which CRS they are"):
        read_control_points(grid)
    pulkovo = read_control_points(written(tmp_path, "p.csv", CSV), crs="EPSG:4284")
    assert 1e-5 < np.abs(pulkovo.lonlat - [[46, 41], [47, 41], [46, 40]]).max() < 0.01


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no control point"),
        ("id,col,row,lon\na,1,2,3\n", "no column lat"),
        ("id,col,row,lon,lat\na,1,2,3,4\nb,x,2,3,4\n", r"no number .* of line 3"),
        ("id,col,row,lon,lat\na,1,2,3,4\na,5,2,3,4\n", r"repeats the id 'a' \(line 3\)"),
        ("id,col,row,lon,lat\na,1,2,46,95\n", "line 2 is no longitude and latitude"),
        (
            "id;col;row;lon;lat\na;25;163;680;807\n",
            r"line 2 has lon 680, lat 807\).*a decimal comma may part",
        ),
        ("id;col;row;lon;lat\na;1;2;1,046,5;40\n", r"line 2 has '1,046,5'\): write 46.5, or degrees"),
        (
            "id,x,y,lon,latt\na,1,2,46,40\n",
            r"no column col, row, lat; .* beside is 'x', 'y', 'latt': it needs",
        ),
    ],
)
def test_faulty_files_are_told_by_line(tmp_path, text, words):
    with pytest.raises(DigitizeError, match=words):
        read_control_points(written(tmp_path, "p.csv", text))


def test_absent_and_unreadable_files(tmp_path):
    with pytest.raises(SourceError, match="not a file"):
        read_control_points(tmp_path / "none.csv")
    with pytest.raises(SourceError, match="not a file"):
        read_world_file(tmp_path / "none.jgw")
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(SourceError, match="cannot be read as control points"):
        read_control_points(tmp_path / "x.csv")
    with pytest.raises(SourceError, match="cannot be read as a world file"):
        read_world_file(tmp_path / "x.csv")
    (tmp_path / "y.csv").write_text('id,col\n"' + "a" * 200_000 + '"\n')
    with pytest.raises(SourceError, match="cannot be read as control points"):
        read_control_points(tmp_path / "y.csv")
    beyond = written(tmp_path, "z.csv", "id,col,row,x,y\na,0,0,1e30,1e30\n")
    with pytest.raises(DigitizeError, match="lies nowhere in"):
        read_control_points(beyond, crs="EPSG:32638")


def test_world_file_is_about_the_centre_of_the_first_pixel(tmp_path):
    affine = read_world_file(written(tmp_path, "a.jgw", "30\n1\n2\n-30\n500015\n4499985\n"))
    a, b, c, d, e, f = affine
    assert (c, f) == (500015, 4499985)
    assert (a * 2 + b * 3 + c, d * 2 + e * 3 + f) == (500081, 4499897)
    with pytest.raises(DigitizeError, match="six numbers"):
        read_world_file(written(tmp_path, "b.jgw", "30 0 0"))
    with pytest.raises(DigitizeError, match="span no plane"):
        read_world_file(written(tmp_path, "c.jgw", "0 0 0 0 5 5"))


def test_points_are_left_out_by_name(tmp_path):
    control = read_control_points(written(tmp_path, "p.csv", CSV))
    assert control.without(["b"]).points["id"].tolist() == ["a", "c"]
    assert control.without(["b"]).left_out == ("b",)
    assert isinstance(control, GroundControl)
    with pytest.raises(
        DigitizeError, match=r"leave_out names z, which p\.csv does not hold: its points are a, b, c"
    ):
        control.without(["z"])


def test_a_crs_that_proj_does_not_know():
    assert crs_of("+proj=lcc +lat_1=39 +lat_2=41 +lon_0=45", "crs").is_projected
    assert crs_of(CRS("EPSG:4326"), "crs").is_geographic
    with pytest.raises(DigitizeError, match=r"crs is 'EPSG:0', which PROJ does not know"):
        crs_of("EPSG:0", "crs")


def test_enable_takes_words_and_refuses_unknown_ones(tmp_path):
    rows = "id,col,row,lon,lat,enable\na,1,2,46,40,off\nb,3,4,47,40,Yes\nc,5,6,47,41,{}\n"
    found = read_control_points(written(tmp_path, "p.csv", rows.format("")))
    assert found.points["id"].tolist() == ["b", "c"]
    assert found.left_out == ("a",)
    with pytest.raises(DigitizeError, match=r"p\.csv: line 4 has 'maybe' as enable: write 1 or 0"):
        read_control_points(written(tmp_path, "p.csv", rows.format("maybe")))
    with pytest.raises(DigitizeError, match="switches all its points off"):
        read_control_points(written(tmp_path, "p.csv", "col,row,lon,lat,enable\n1,2,46,40,off\n"))


def test_pixels_called_x_and_y_are_told(tmp_path):
    text = "id,x,y,longitude,latitude\na,1,2,46,40\n"
    with pytest.raises(
        DigitizeError, match="if x and y are the pixels, call them col and row, and the degrees"
    ):
        read_control_points(written(tmp_path, "p.csv", text))


def test_numbers_as_ids_are_left_out_by_their_text():
    points = pd.DataFrame(
        {"id": [1, 2], "col": [0.0, 9], "row": [0.0, 9], "lon": [46.0, 47], "lat": [41.0, 40]}
    )
    assert GroundControl(points).without(["1"]).points["id"].tolist() == [2]


@pytest.mark.parametrize(
    ("first", "second", "lon", "lat"),
    [
        ("12.5", "45", 12.5, 45), ("12,5", "45,25", 12.5, 45.25), ("12°30′", "45°N", 12.5, 45),
        ("12°30′36″E", "45 30 36 N", 12.51, 45.51), ("12 30 36 E", "45 30 36,0", 12.51, 45.51),
        ("39°30′N 46°30′E", "", 46.5, 39.5), ("46,5 E; 39,5 N", "", 46.5, 39.5), ("E 46 30 N 39 30", "", 46.5, 39.5),
        ("45N", "12.5E", 12.5, 45), ("12.5W", "33S", -12.5, -33), ("−12.5", "-33", -12.5, -33), ("12:30", "45:00", 12.5, 45),
    ],
)  # fmt: skip
def test_a_place_is_read_as_people_type_it(first, second, lon, lat):
    assert read_place(first, second, CRS("EPSG:4326")) == pytest.approx((lon, lat))


@pytest.mark.parametrize("typed", [("46.5, 39.2", ""), ("46.5", ""), ("", ""), ("46.5E", "47E"), ("46°70′", "40"), ("1e400", "1"), ("12.5.3", "45"), ("46O", "40"), ("-46W", "40"), ("46.5°30′", "40"), ("95", "100"), ("361", "4")])  # fmt: skip
def test_what_may_mean_two_places_or_none_is_refused(typed):
    with pytest.raises(DigitizeError, match=r"is no place: write|is nowhere: check"):
        read_place(*typed, CRS("EPSG:4326"))


def test_grid_coordinates_and_other_datums_go_to_wgs84():
    lon, lat = read_place("8540000", "4400000", CRS("EPSG:28408"))
    assert (lon, lat) == pytest.approx((45.4654, 39.7323), abs=1e-3)
    assert read_place("46.5", "40", CRS("EPSG:4284")) != pytest.approx((46.5, 40), abs=1e-6)
    for typed in (("8.540.000", "4400000"), ("E", "N"), ("8540000 4400000", "")):
        with pytest.raises(DigitizeError, match="a number of the grid"):
            read_place(*typed, CRS("EPSG:28408"))
    with pytest.raises(DigitizeError, match="lies nowhere"):
        read_place("1e30", "1e30", CRS("EPSG:28408"))


def annotation(size=(800, 600), features=None, **more):
    """Write an annotation as Allmaps does."""
    found = [
        {"type": "Feature", "properties": {"resourceCoords": [c, r]}, "geometry": {"type": "Point", "coordinates": [x, y]}}
        for c, r, x, y in ((0.5, 0.5, 46, 41), (800, 0.5, 47, 41), (0.5, 600, 46, 40), (800, 600, 47, 40), (400, 300, 46.5, 40.5))
    ]  # fmt: skip
    source = {
        "@id": "https://example.org/iiif/1",
        "type": "ImageService2",
        "width": size[0],
        "height": size[1],
    }
    body = {
        "type": "FeatureCollection",
        "transformation": {"type": "polynomial"},
        "features": found if features is None else features,
    }
    return {
        "type": "Annotation", "motivation": "georeferencing", "body": body,
        "target": {"type": "SpecificResource", "source": source, "selector": {"type": "SvgSelector"}}, **more,
    }  # fmt: skip


def test_an_annotation_of_allmaps_counts_from_the_corner_and_fits_a_copy_of_another_size(tmp_path):
    path = tmp_path / "map.json"
    for held in (annotation(), {"type": "AnnotationPage", "items": [annotation()]}):
        path.write_text(json.dumps(held))
        control = read_control_points(path)
        assert control.pixels[:2].tolist() == [[0, 0], [799.5, 0]]
        assert control.lonlat[-1].tolist() == [46.5, 40.5]
        assert control.size_px == (800, 600)
    half = control.on_scan((400, 300))
    assert half.pixels[1].tolist() == [399.5, -0.25]
    assert control.on_scan((401, 300)).pixels[1][0] == pytest.approx(400.5)
    lies = {size: georeference(control, size, crs="EPSG:4326") for size in ((800, 600), (400, 300))}
    assert lies[400, 300].lonlat(np.array([[99.5, 99.5]])) == pytest.approx(
        lies[800, 600].lonlat(np.array([[199.5, 199.5]]))
    )
    with pytest.raises(
        DigitizeError, match=r"read on an image of 800 × 600 px, of which the scan of 400 × 400 px is no copy"
    ):
        georeference(control, (400, 400), crs="EPSG:4326")
    old = [{"properties": {"pixelCoords": [10.5, 20.5]}, "geometry": {"coordinates": [46, 40, 3]}}]
    path.write_text(json.dumps(annotation(features=old)))
    assert read_control_points(path).pixels.tolist() == [[10, 20]]


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ({"type": "AnnotationPage", "items": [annotation(), annotation()]}, "holds 2 maps"), ({}, "no georeference annotation"),
        ([], "no georeference annotation"), (annotation(features=[]), "no control point"), (annotation(features=[{}]), "no georeference annotation"),
        (annotation(features=[{"properties": {"resourceCoords": [1]}, "geometry": {"coordinates": [1, 2]}}]), "no georeference annotation"),
        (annotation(features=[{"properties": {"resourceCoords": ["x", 1]}, "geometry": {"coordinates": [1, 2]}}]), "no number"),
        (annotation(features=[{"properties": {"resourceCoords": [1, 1]}, "geometry": {"coordinates": [1, 200]}}]), "no longitude and latitude"),
        (annotation(size=("a", 3)), "no georeference annotation"), (annotation(size=(0, 3)), "no georeference annotation"),
    ],
)  # fmt: skip
def test_what_is_no_annotation_is_refused(tmp_path, held, told):
    (tmp_path / "map.json").write_text(json.dumps(held))
    with pytest.raises(DigitizeError, match=told):
        read_control_points(tmp_path / "map.json")


def test_a_list_of_map_warper_counts_from_the_corner(tmp_path):
    path = tmp_path / "gcps.csv"
    path.write_text("x,y,lon,lat,name\n10.5,20.5,46.5,40,\n90.5,20.5,47,40,Town\n")
    assert read_control_points(path).pixels.tolist() == [[10, 20], [90, 20]]
