"""A recipe carried out, from the scan to the district table."""

import dataclasses
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image
from pyproj import CRS

import frontlines as fl
from frontlines.digitize import digitize, read_recipe
from frontlines.digitize.georef.control_points import GroundControl
from frontlines.digitize.georef.georeference import georeference, georeference_from_affine
from frontlines.digitize.layers import frontlines_of, held_pixels, line_cautions
from frontlines.digitize.lines.stretches import Knobs, Stretch, Tracing
from frontlines.digitize.recipe import LineRecipe, Places, Recipe
from frontlines.errors import DigitizeError, MissingExtraError
from tests.digitize.karabakh import districts_from, printed


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    return printed(tmp_path_factory.mktemp("karabakh"), noise_px=1.0)


@pytest.fixture(scope="module")
def found(scanned):
    return digitize(scanned.folder / "digitize.toml")


@pytest.fixture(scope="module")
def truth(karabakh_results):
    return karabakh_results


def test_lines_come_with_sides_sources_and_errors(found, truth):
    lines = found.frontlines
    assert lines.crs.to_epsg() == 4326
    assert set(lines["source"]) == {"Front lines of 1994, a made-up draughtsman, 1:500,000"}
    parts = lines[["sigma_georef_m", "sigma_trace_m", "sigma_source_m"]].to_numpy()
    np.testing.assert_allclose(lines["sigma_m"], np.sqrt((parts**2).sum(axis=1)), atol=0.02)
    assert set(lines["correlation_m"]) == {"inf"}
    assert fl.check_layer(lines, "frontlines").empty
    towns = gpd.GeoSeries.from_xy([46.75, 47.35], [39.82, 40.3], crs=4326)
    control = fl.control_from_lines(
        fl.as_frontlines(lines, truth.study.crs), truth.study.theatre, snap_m=2000
    )
    for side, town in zip(("ARM", "AZE"), towns.to_crs(truth.study.crs), strict=True):
        assert set(control[control.contains(town)]["side"]) == {side}


def test_two_thirds_of_the_line_lie_within_the_quoted_error_over_many_readings(found, scanned):
    lies, recipe = found.georeference, found.recipe
    true = scanned.lines.to_crs(32638).dissolve("day").geometry
    exact = scanned.control_points
    kept = []
    for seed in range(100, 112):
        points = exact.copy()
        points[["col", "row"]] += np.random.default_rng(seed).normal(0, 1.0, (len(points), 2))
        anew = georeference(GroundControl(points), lies.size_px, crs=CRS(recipe.crs))
        lines = frontlines_of(found.tracing, recipe, anew)[0].query("seen").to_crs(32638)
        spots = [
            shapely.points(shapely.get_coordinates(one))
            for one in shapely.segmentize(lines.geometry.values, 1500)
        ]
        within = [
            (shapely.distance(spot, true[day]) < sigma).mean()
            for spot, day, sigma in zip(spots, lines["line"], lines["sigma_m"], strict=True)
        ]
        kept.append(np.average(within, weights=lines["length_km"]))
    assert 0.6 <= np.mean(kept) <= 0.8


def test_the_district_table_agrees_with_that_of_the_vectors(found, truth, tmp_path):
    fl.write(found.frontlines, tmp_path / "frontlines.geojson")
    scan = districts_from(tmp_path / "frontlines.geojson")
    assert scan.manifest["errors"]["correlation_m"] == "inf"  # as the layer states, without an option
    mine, theirs = (table.balance.set_index("district") for table in (scan, truth))
    lines = found.frontlines
    for when, day in (("before", "1994-04-07"), ("after", "1994-05-12")):
        rows = lines[lines["line"] == day]
        whole_shift_km2 = (
            rows["sigma_m"] * rows["length_km"]
        ).sum() / 1000  # every stretch off by its sigma at once
        off = (mine[f"{when}_km2"] - theirs[f"{when}_km2"]).abs()
        assert off.max() < whole_shift_km2
        assert off.sum() < 2 * whole_shift_km2
    assert scan.balance["gained_km2"].sum() == pytest.approx(281.7, rel=0.05)
    assert scan.balance["lost_km2"].sum() < 0.05 * scan.balance["gained_km2"].sum()


def test_hidden_stretches_are_marked_and_cancel_in_change(found):
    led = found.frontlines[~found.frontlines["seen"] & found.frontlines["note"].str.contains("1994-05-12")]
    assert led["length_km"].sum() > 80
    assert "hidden" in [caution.name for caution in found.cautions]
    upper = found.frontlines[found.frontlines["line"] == "1994-05-12"]
    red = set(map(tuple, shapely.get_coordinates(upper.geometry.values)))
    own = [tuple(xy) for xy in shapely.get_coordinates(led.geometry.values)]
    assert np.mean([xy in red for xy in own]) > 0.95  # bit for bit, but for where they begin and end


def test_hidden_stretches_can_be_left_open_points_left_out_and_the_maps_error_given(scanned, found):
    recipe = read_recipe(scanned.folder / "digitize.toml")
    other = digitize(dataclasses.replace(recipe, follow_hidden=False, source_m=400.0, leave_out=("46E 40N",)))
    assert not other.frontlines["note"].str.contains("1994-05-12").any()
    assert "it is left open there" in " ".join(caution.text for caution in other.cautions)
    assert len(other.residuals) == len(found.residuals) - 1
    assert other.manifest["georeference"]["left_out"] == ["46E 40N"]
    assert (other.frontlines["sigma_m"] >= 400).all()


def test_the_record_holds_everything(found):
    record = found.manifest
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert [entry["role"] for entry in record["inputs"]] == ["recipe", "image", "points"]
    assert all(len(entry["sha256"]) == 64 for entry in record["inputs"])
    georef = record["georeference"]
    assert georef["formulas"]["rmse_adjusted_m"].endswith(f"= {georef['points'] - georef['least_points']}")
    assert len(georef["control_points"]) == georef["points"]
    assert [line["line"] for line in record["lines"]] == ["1994-04-07", "1994-05-12"]
    seen = found.frontlines[found.frontlines["seen"]]
    for line in record["lines"]:  # what lies hidden is no less sure for what is seen
        mine = seen[seen["line"] == line["line"]]
        square = (mine["sigma_m"] ** 2 * mine["length_km"]).sum() / mine["length_km"].sum()
        assert line["sigma_m"] == pytest.approx(np.sqrt(square), abs=0.01)


def test_fills_become_control(tmp_path, truth):
    scan = printed(tmp_path, width_px=900, fills=True)
    recipe = read_recipe(scan.folder / "digitize.toml")
    only_areas = digitize(dataclasses.replace(recipe, lines=()))
    control = only_areas.control.set_index("side")
    after = truth.control[truth.control["date"] == truth.control["date"].max()].dissolve("side").area / 1e6
    for side in ("ARM", "AZE"):
        assert control.loc[side, "area_km2"] == pytest.approx(after[side], rel=0.01)
    assert set(control["correlation_m"]) == {"inf"}
    assert only_areas.frontlines is None
    assert shapely.coverage_is_valid(only_areas.control.geometry.values)
    checked = fl.as_control(only_areas.control, truth.study.crs, theatre=truth.study.theatre)
    assert set(checked["side"]) <= {"ARM", "AZE", "unknown"}


def painted(folder, recipe):
    from frontlines.datasets import render_scan  # noqa: PLC0415

    x = np.linspace(20, 380, 90)
    drawn = gpd.GeoDataFrame(
        {"colour": ["#1f4fb4"], "width_px": [4.0]},
        geometry=[shapely.LineString(np.column_stack([x, 70 + 25 * np.sin(x / 30)]))],
    )
    Image.fromarray(render_scan(drawn, size_px=(400, 150)).pixels).save(folder / "scan.png")
    (folder / "digitize.toml").write_text(recipe, encoding="utf-8")
    return folder / "digitize.toml"


LINE = '[[line]]\ncolour = "blue"\ndate = 1994-05-12\nsides = {N = {col = 200, row = 10}, S = {col = 200, row = 140}}\n'


def test_world_files_geotiffs_and_images_without_a_georeference(tmp_path):
    import rasterio  # noqa: PLC0415

    path = painted(tmp_path, f'image = "scan.png"\n{LINE}')
    with pytest.raises(DigitizeError, match=r"scan.png brings no georeference of its own: give points"):
        digitize(path)
    (tmp_path / "there.wld").write_text("100 0 0 -100 600000 4400000")
    painted(tmp_path, f'image = "scan.png"\nworld_file = "there.wld"\n{LINE}')
    with pytest.raises(DigitizeError, match=r"there.wld does not say in which CRS it is: give crs"):
        digitize(path)
    painted(tmp_path, f'image = "scan.png"\nworld_file = "there.wld"\ncrs = "EPSG:32638"\n{LINE}')
    by_world_file = digitize(path)
    assert by_world_file.frontlines["correlation_m"].tolist() == [
        ""
    ]  # neither georeference nor map have an error
    again = digitize(path)
    assert again.frontlines.equals(by_world_file.frontlines)
    assert again.manifest == by_world_file.manifest
    pixels = np.moveaxis(np.asarray(Image.open(tmp_path / "scan.png")), -1, 0)
    corner = rasterio.transform.Affine(100, 0, 600000 - 50, 0, -100, 4400000 + 50)
    with rasterio.open(
        tmp_path / "scan.tif",
        "w",
        driver="GTiff",
        width=400,
        height=150,
        count=3,
        dtype="uint8",
        crs="EPSG:32638",
        transform=corner,
    ) as file:
        file.write(pixels)
    painted(tmp_path, f'image = "scan.tif"\n{LINE}')
    by_tiff = digitize(path)
    assert by_tiff.frontlines.geometry.iloc[0].equals_exact(by_world_file.frontlines.geometry.iloc[0], 1e-6)
    assert [caution.name for caution in by_tiff.cautions] == ["no error known"]


def test_control_points_inside_a_geotiff_and_its_pages(tmp_path):
    import rasterio  # noqa: PLC0415

    path = painted(tmp_path, f'image = "scan.tif"\ncrs = "EPSG:32638"\nleave_out = ["5"]\n{LINE}')
    scan = Image.open(tmp_path / "scan.png").convert("RGB")
    places = [(0, 0), (0, 399), (149, 0), (149, 399), (75, 200)]
    gcps = [
        rasterio.control.GroundControlPoint(row + 0.5, col + 0.5, 6e5 + 100 * col, 4.4e6 - 100 * row)
        for row, col in places
    ]
    gcps[-1].x += 5000
    profile = {
        "driver": "GTiff",
        "width": 400,
        "height": 150,
        "count": 3,
        "dtype": "uint8",
        "crs": "EPSG:32638",
    }
    with rasterio.open(tmp_path / "scan.tif", "w", gcps=gcps, **profile) as file:
        file.write(np.moveaxis(np.asarray(scan), -1, 0))
    inside = digitize(path)
    assert inside.georeference.control.points["id"].tolist() == ["1", "2", "3", "4"]
    np.testing.assert_allclose(
        inside.georeference.transformation(np.array([[10.0, 20.0]])), [[601000, 4398000]], atol=0.1
    )
    white = Image.new("RGB", scan.size, "white")
    white.save(tmp_path / "pages.tif", save_all=True, append_images=[scan])
    (tmp_path / "there.wld").write_text("100 0 0 -100 600000 4400000")
    head = 'image = "pages.tif"\npage = 2\nworld_file = "there.wld"\ncrs = "EPSG:32638"\n'
    path.write_text(head + LINE, encoding="utf-8")
    assert len(digitize(path).frontlines) == len(inside.frontlines)


def test_a_turned_photograph_is_told_and_no_world_file_fits_it(tmp_path):
    path = painted(tmp_path, f'image = "scan.jpg"\npoints = "points.csv"\ncrs = "EPSG:32638"\n{LINE}')
    tag = Image.Exif()
    tag[0x0112] = 3
    Image.open(tmp_path / "scan.png").rotate(180).save(tmp_path / "scan.jpg", exif=tag, quality=95)
    (tmp_path / "points.csv").write_text(
        "id,col,row,x,y\na,0,0,600000,4400000\nb,390,0,639000,4400000\n"
        "c,0,140,600000,4386000\nd,390,140,639000,4386000\n"
    )
    text = path.read_text(encoding="utf-8")
    path.write_text('points_crs = "EPSG:32638"\n' + text, encoding="utf-8")
    found = digitize(path)
    assert found.cautions[0].name == "image"
    assert "scan.jpg: it was turned" in found.cautions[0].text
    assert set(found.frontlines[["side_left", "side_right"]].to_numpy()[0]) == {"N", "S"}
    (tmp_path / "there.wld").write_text("100 0 0 -100 600000 4400000")
    path.write_text(text.replace('points = "points.csv"', 'world_file = "there.wld"'), encoding="utf-8")
    with pytest.raises(
        DigitizeError, match=r"scan.jpg carries a tag that turns it .* there.wld does not heed"
    ):
        digitize(path)


def test_a_small_piece_without_sides_is_left_out_and_told():
    front, pointing = (
        Stretch("May", np.array(points, float), np.full(2, 2.0), np.full(2, 0.1))
        for points in ([(0, 500), (1000, 500)], [(500, 250), (500, 290)])
    )
    places = {"A": Places(pixels=((500, 100),)), "B": Places(pixels=((500, 900),))}
    line = LineRecipe(name="May", colour="red", date=pd.Timestamp("1994-05-12"), sides=places)
    lies = georeference_from_affine((1e-3, 0, 46, 0, -1e-3, 41), CRS("EPSG:4326"), (1000, 1000), "a file")
    tracing = Tracing((front, pointing), (), {}, {}, {})
    lines, cautions = frontlines_of(tracing, Recipe(image=Path("map.png"), lines=(line,)), lies)
    assert lines[["side_left", "side_right"]].to_numpy().tolist() == [["A", "B"]]
    (caution,) = cautions
    assert caution.name == "sides"
    assert "40 px around column 500, row 290: it is left out, for the places named do not" in caution.text


def test_a_line_made_by_hand_needs_two_sides():
    for sides in ({"A": Places(pixels=((5, 5),))}, {"A": (46.0, 40.0), "B": (47.0, 40.0)}):
        with pytest.raises(DigitizeError, match="line 'May': give two sides, each with Places"):
            held_pixels(sides, None, "May")


def straight(held, *points, **others):
    """Frontlines and cautions of stretches of one line between a place of A and one of B."""
    stretches = tuple(
        Stretch("May", np.array(one, dtype=float), np.ones(len(one)), np.full(len(one), 0.5))
        for one in points
    )
    sides = {side: Places(pixels=(place,)) for side, place in zip("AB", held, strict=True)}
    line = LineRecipe(name="May", colour="red", date=pd.Timestamp("1994-05-12"), sides=sides)
    lies = georeference_from_affine((0.01, 0, 46, 0, -0.01, 41), CRS("EPSG:4326"), (400, 400), "a file")
    tracing = Tracing(stretches, (), {}, {"May": others.pop("named", 4.0)}, {}, **others)
    return frontlines_of(tracing, Recipe(image=Path("map.png"), lines=(line,)), lies)


@pytest.mark.parametrize(
    ("named", "drawn", "told"), [(40, 4, True), (1, 12, True), (4, 3, False), (3, 1, False), (4, 8, False)]
)
def test_a_stroke_named_of_another_width_than_drawn_is_told(named, drawn, told):
    _, cautions = straight(
        [(200, 10), (200, 390)], [(0, 200), (399, 200)], named=named, measured_px={"May": drawn}
    )
    texts = [one.text for one in cautions if one.name == "stroke"]
    assert [f"stroke_px = {named}, but it is drawn about {drawn} px wide" in one for one in texts] == [
        True
    ] * told


def test_frames_masks_and_colours_that_are_not_there(tmp_path):
    head = 'image = "scan.png"\nworld_file = "there.wld"\ncrs = "EPSG:32638"\n'
    (tmp_path / "there.wld").write_text("100 0 0 -100 600000 4400000")
    path = painted(tmp_path, f"{head}frame = [900, 900, 950, 950]\n{LINE}")
    with pytest.raises(DigitizeError, match="the frame lies outside the scan of 400 × 150 px"):
        digitize(path)
    painted(tmp_path, f"{head}frame = [100, 0, 300, 149]\n{LINE}")
    framed = digitize(path).frontlines
    painted(tmp_path, f"{head}masks = [[0, 0, 100, 149], [300, 0, 399, 149]]\n{LINE}")
    np.testing.assert_allclose(framed.total_bounds, digitize(path).frontlines.total_bounds, atol=2e-3)
    painted(tmp_path, f"{head}{LINE}min_length_px = 5000\n")
    with pytest.raises(
        DigitizeError, match=r"min_length_px = 5000 is more than the scan of 400 × 150 px has"
    ):
        digitize(path)
    for far in ("[-60.0, -40.0]", "[49.0, 39.7]"):
        painted(tmp_path, head + LINE.replace("{col = 200, row = 10}", far))
        with pytest.raises(
            DigitizeError, match="a place of N lies off the map, nowhere near the scan: give long"
        ):
            digitize(path)


def test_a_page_of_a_pdf(tmp_path):
    pdfium = pytest.importorskip("pypdfium2")
    path = painted(tmp_path, f'image = "scan.pdf"\nworld_file = "there.wld"\ncrs = "EPSG:32638"\n{LINE}')
    (tmp_path / "there.wld").write_text("100 0 0 -100 600000 4400000")
    picture = Image.open(tmp_path / "scan.png")
    picture.save(tmp_path / "scan.pdf", resolution=300)
    assert pdfium is not None
    found = digitize(path)
    assert (found.scan.width_px, found.scan.height_px) == picture.size
    assert found.frontlines["length_km"].sum() == pytest.approx(
        40.97, rel=0.02
    )  # the length of the sine drawn
    painted(tmp_path, f'image = "scan.pdf"\npage = 3\n{LINE}')
    with pytest.raises(DigitizeError, match="has 1 pages, not 3"):
        digitize(path)
    (tmp_path / "scan.pdf").write_text("nothing")
    with pytest.raises(DigitizeError, match="cannot be read as a PDF"):
        digitize(path)
    (tmp_path / "scan.pdf").unlink()
    with pytest.raises(DigitizeError, match="no such file"):
        digitize(path)


def test_a_pdf_without_its_package(tmp_path, monkeypatch):
    import sys  # noqa: PLC0415

    path = painted(tmp_path, f'image = "scan.pdf"\n{LINE}')
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.4")
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(MissingExtraError, match=r"frontlines\[pdf\]"):
        digitize(path)


def test_an_end_that_overruns_the_line_it_goes_under_does_not_cross_its_own_course(tmp_path):
    scan = printed(tmp_path, noise_px=0.0, fills=True)
    recipe = read_recipe(scan.folder / "digitize.toml")
    near = Knobs(min_length_px=30, gap_px=60)
    lines = tuple(dataclasses.replace(line, knobs=near) for line in recipe.lines)
    found = digitize(dataclasses.replace(recipe, lines=lines, areas=()))
    fl.write(found.frontlines, tmp_path / "frontlines.geojson")
    balance = districts_from(
        tmp_path / "frontlines.geojson"
    ).balance  # refuses lines that contradict each other
    assert balance["gained_km2"].sum() == pytest.approx(281.7, rel=0.01)


def test_no_line_crosses_itself(tmp_path, truth):
    printed(tmp_path, noise_px=0.5, fills=True)
    lines = digitize(dataclasses.replace(read_recipe(tmp_path / "digitize.toml"), areas=())).frontlines
    assert lines.is_simple.all()
    assert fl.check_layer(lines, "frontlines").empty
    assert not fl.as_frontlines(lines, truth.study.crs).empty


def test_two_lines_of_one_day_and_a_name_that_is_another_day_are_told(found):
    first, second = (dataclasses.replace(line, date="1994-05-12") for line in found.recipe.lines)
    second = dataclasses.replace(second, name="4 April 1994")
    told = line_cautions(
        found.tracing, dataclasses.replace(found.recipe, lines=(first, second)), found.georeference
    )
    texts = [one.text for one in told if one.name == "same day"]
    assert any("'4 April 1994' is dated 1994-05-12" in text for text in texts)
    assert any("and '4 April 1994' both part ARM and AZE on 1994-05-12" in text for text in texts)
    assert "same day" not in {one.name for one in found.cautions}
