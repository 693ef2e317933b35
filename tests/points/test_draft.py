"""Recipe and points as files: read back as they were written, and nobody else's are replaced."""

import json

import numpy as np
import pytest
from PIL import Image

from frontlines.digitize import Recipe, read_control_points, read_recipe
from frontlines.digitize.inputs import open_image
from frontlines.errors import DigitizeError, FrontlinesError, SourceError
from frontlines.points import Desk
from frontlines.points.draft import open_draft
from frontlines.points.pictures import Pictures

AREA = {"colour": "#f3c9c0", "side": "ARM"}


def go_on(scan, name="digitize.toml"):
    draft = open_draft(scan, scan.with_name(name))
    draft.take_points((520, 600))
    return draft


@pytest.fixture
def entries():
    return {
        "date": "24.10.1917", "map": 'A "map"\\ of\x7f 1917', "scale": 500_000, "source_m": 1e3, "follow_hidden": False,
        "sides": {"ARM": [{"col": 5, "row": 6.5}], "É é.": [[46.5, 40.1]]}, "frame": [1.5, 2, 400, 500],
        "masks": [[1, 2, 30, 40], [[0, 0], [50, 0], [0, 50]]], "knobs": {"min_area_px": 40},
        "line": [{"colour": "black", "name": "[x] # y", "stroke_px": 4}], "area": [AREA],
    }  # fmt: skip


def test_what_is_written_is_read_back_as_it_was(scan, entries, points):
    draft = go_on(scan)
    points = [{**points[0], "given": '46°30′E, "so"', "enable": False, "col": 12345.678}, *points[1:]]
    assert draft.save(entries, points) == ""
    again = go_on(scan)
    assert again.entries == {**entries, "image": "scan.png"}
    assert again.points[0] == {**points[0], "col": 12345.68}
    assert [one["id"] for one in again.points] == [one["id"] for one in points]
    draft.save(entries, [{**points[1], "given": "-46.5 12"}, *points[2:]])
    assert go_on(scan).points[0]["given"] == "'-46.5 12"
    again.seen = {}
    again.save(again.entries, again.points)
    recipe = read_recipe(scan.with_name("digitize.toml"))
    assert recipe.map_name == entries["map"]
    assert recipe.lines[0].knobs.stroke_px == 4
    assert len(read_control_points(recipe.points)) == len(points) - 1
    before = [scan.with_name(name).read_bytes() for name in ("digitize.toml", "points.csv")]
    again.save(again.entries, again.points)
    assert [scan.with_name(name).read_bytes() for name in ("digitize.toml", "points.csv")] == before
    again.save(again.entries, [])
    assert not scan.with_name("points.csv").exists()
    assert "points" not in again.entries


@pytest.mark.parametrize(
    ("left", "told"),
    [
        ({"points.csv": "id,col,row,lon,lat\na,1,2,3,4\n"}, r'no digitize\.toml names: write points = "points\.csv"'),
        ({"points.csv": "edited"}, "no number in"), ({"digitize.toml": "\0\xff"}, "cannot be read as a recipe"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_taken_up_are_not_touched(scan, entries, points, left, told):
    if "edited" in left.values():
        go_on(scan).save(entries, points)
    for name, text in left.items():
        path = scan.with_name(name)
        path.write_text((path.read_text() + "# mine\n") if text == "edited" else text, encoding="latin-1")
    held = {path.name: path.read_bytes() for path in scan.parent.iterdir()}
    with pytest.raises(FrontlinesError, match=told):
        go_on(scan)
    assert {path.name: path.read_bytes() for path in scan.parent.iterdir()} == held
    other = go_on(scan, "other.toml")
    other.save(entries, points)
    assert sorted(path.name for path in scan.parent.iterdir() if path.name not in held) == [
        "other-points.csv",
        "other.toml",
    ]


def test_a_recipe_edited_by_hand_is_gone_on_with_and_what_was_written_is_kept(scan, entries, points):
    go_on(scan).save(entries, points)
    assert not list(scan.parent.glob("*.bak"))
    path = scan.with_name("digitize.toml")
    for name in ("digitize.toml.bak", "digitize.toml.bak2"):
        path.write_text(path.read_text().replace("scale = 500000", "scale = 250000") + "# mine\n")
        held = path.read_bytes()
        again = go_on(scan)
        again.save(again.entries, again.points)
        assert scan.with_name(name).read_bytes() == held
        assert go_on(scan).entries == {**entries, "image": "scan.png", "scale": 250_000}
    assert len(go_on(scan).points) == len(points)


def test_what_changes_while_the_page_is_open_is_not_lost(scan, entries, points):
    draft = go_on(scan)
    scan.with_name("points.csv").write_text("mine")
    with pytest.raises(SourceError, match=r"points\.csv was changed by somebody else"):
        draft.save(entries, points)
    assert scan.with_name("points.csv").read_text() == "mine"
    assert not scan.with_name("digitize.toml").exists()


def test_a_recipe_written_by_hand_is_taken_over(scan, points):
    rows = "".join(f"{one['id']},{one['col']},{one['row']},{one['lon']},{one['lat']}\n" for one in points)
    scan.with_name("mine.csv").write_text("id,col,row,lon,lat\n" + rows)
    text = 'image = "scan.png"\npoints = "mine.csv"\nleave_out = ["1"]\nauthor = "me"\n[area]\ncolour = "blue"\nside = "A"\n'
    scan.with_name("digitize.toml").write_text(text)
    draft = go_on(scan)
    assert [one["enable"] for one in draft.points] == [one["id"] != "1" for one in points]
    assert "Still" not in draft.save({**draft.entries, "date": "1917-10-24"}, draft.points)
    assert read_recipe(draft.recipe).author == "me"
    assert scan.with_name("mine.csv").read_text().startswith("id,col")
    assert len(go_on(scan).points) == len(points)


def test_points_of_a_larger_copy_are_brought_to_the_scan(scan):
    feature = {"properties": {"resourceCoords": [101, 201]}, "geometry": {"coordinates": [46, 40]}}
    held = {"type": "Annotation", "target": {"width": 1040, "height": 1200}, "body": {"features": [feature]}}
    scan.with_name("map.json").write_text(json.dumps(held))
    scan.with_name("digitize.toml").write_text('image = "scan.png"\npoints = "map.json"\n')
    (point,) = go_on(scan).points
    assert (point["col"], point["row"], point["lon"]) == (50, 100, 46)


def test_what_digitize_would_refuse_is_not_saved_and_what_is_missing_is_told(scan, points):
    draft = go_on(scan)
    for wrong, told in (
        ({"date": "soon"}, "^nothing was saved: date must be a day"), ({"frame": [5, 5, 1, 1]}, "frame must be"), ({"evil": 1}, "evil is not known"),
        ({"area": [{"colour": "", "side": "A"}]}, "colour must be"), ({"image": "../x"}, None),
    ):  # fmt: skip
        if told:
            with pytest.raises(DigitizeError, match=told):
                draft.save(wrong, points)
    with pytest.raises(DigitizeError, match="repeats the id"):
        draft.save({}, [points[0], points[0]])
    for name in ("=1+1", "a\nb", "", "-1"):
        with pytest.raises(DigitizeError, match="is no name of a point"):
            draft.save({}, [{**points[0], "id": name}])
    with pytest.raises(DigitizeError, match="switches all its points off"):
        draft.save({}, [{**points[0], "enable": False}])
    assert [path.name for path in scan.parent.iterdir()] == ["scan.png"]
    assert "it asks for nothing" in draft.save({"image": "../x"}, [])
    assert draft.entries["image"] == "scan.png"
    assert "has no date" in draft.save({"area": [AREA]}, points)
    assert "side is missing" in draft.save({"area": [{"colour": "#f3c9c0"}], "date": "1917-10-24"}, points)


def test_another_copy_of_the_scan_is_refused_with_the_factor(desk, scan, points):
    desk.save({"entries": {}, "points": points})
    with Image.open(scan) as whole:
        width, height = whole.size
        whole.resize((2 * width, 2 * height)).save(scan)
    told = rf"that points were read on {width} × {height} px: .* by 2, and write image_size = \[{2 * width}, {2 * height}\]"
    with pytest.raises(DigitizeError, match=told):
        Desk(scan, scan.with_name("digitize.toml"), page=None)
    with pytest.raises(DigitizeError, match=told):
        open_image(Recipe(image=scan, image_size=(width, height)))


def test_the_recipe_of_another_scan_is_refused(scan):
    go_on(scan).save({}, [])
    other = scan.with_name("other.png")
    other.write_bytes(scan.read_bytes())
    with pytest.raises(SourceError, match=r"recipe of scan\.png, not of other\.png"):
        go_on(other)
    with pytest.raises(SourceError, match="the scan itself"):
        open_draft(scan, scan)


def test_the_desk_weighs_points_as_digitize_does(desk, drawn, points):
    found = desk.weigh({"points": points, "entries": {"crs": "EPSG:32638"}, "grid": "EPSG:32638"})
    assert "on WGS 84 / UTM zone 38N" in found["words"][0]
    assert found["axes"] == ["East (x)", "North (y)"]
    assert max(one["left_out_px"] for one in found["points"]) < 1
    assert found["pixel_m"] == pytest.approx(
        float(drawn.lies.pixel_m(np.array([[260.0, 310.0]]))[0]), rel=0.01
    )
    assert {line["label"][0] for line in found["graticule"]} == {"x", "y"}
    wrong = [{**one, "lon": one["lon"] + 0.3 * (one["id"] == "4")} for one in points]
    told = desk.weigh({"points": wrong, "entries": {}})
    assert [one["id"] for one in told["points"] if one["bad"]] == ["4"]
    (text,) = (text for text in told["cautions"] if "control point 4" in text)
    assert text.endswith("read it again, or untick its box “Use”")
    with pytest.raises(DigitizeError, match="exactly two crossings, not 9: untick"):
        desk.cross({"points": points})
    assert {line["label"] for line in told["graticule"]} >= {"46°30′E", "47°E", "40°N"}
    for line in told["graticule"]:
        assert np.isfinite(line["line"]).all()
    json.dumps([found, told, desk.state()], allow_nan=False)
    for few in ([], points[:1]):
        assert desk.weigh({"points": few, "entries": {}}) == {"words": [], "axes": ["Longitude", "Latitude"]}
    with pytest.raises(FrontlinesError, match="does not know"):
        desk.weigh({"points": [], "entries": {}, "grid": "EPSG:0"})


def test_a_scan_across_180_degrees_has_its_graticule(desk):
    rows = [(0, 0, 178, 10), (500, 0, -178, 10), (0, 600, 178, 5), (500, 600, -178, 5), (250, 300, 180, 7.5)]
    points = [
        {"id": str(k), "col": c, "row": r, "lon": x, "lat": y, "enable": True, "given": ""}
        for k, (c, r, x, y) in enumerate(rows)
    ]
    labels = {line["label"] for line in desk.weigh({"points": points, "entries": {}})["graticule"]}
    assert {"179°E", "179°W", "180°W"} <= labels or {"178°E", "180°W", "178°W"} <= labels


def test_a_scan_that_brings_its_georeference_needs_no_point(scan):
    scan.with_name("scan.wld").write_text("0.01\n0\n0\n-0.01\n46\n41\n")
    draft = 'image = "scan.png"\nworld_file = "scan.wld"\ncrs = "EPSG:4326"\n'
    scan.with_name("digitize.toml").write_text(draft)
    desk = Desk(scan, scan.with_name("digitize.toml"), page=None)
    assert desk.weigh({"points": [], "entries": desk.draft.entries})["graticule"]
    asked = {"points": [], "entries": {**desk.draft.entries, "area": [AREA], "date": "1917-10-24"}}
    assert desk.save(asked)["lacking"] == ""


def test_pictures_show_every_pixel_at_its_place(tmp_path, monkeypatch):
    monkeypatch.setattr("frontlines.points.pictures._WHOLE_PX", 300)
    monkeypatch.setattr("frontlines.points.pictures._BAND_PX", 64)
    row, column = np.mgrid[:700, :1100]
    pixels = np.stack([column // 5, row // 5, (row + column) // 10], axis=-1).astype(np.uint8)
    path = tmp_path / "large.png"
    Image.fromarray(pixels).save(path)
    shown = Pictures(Desk(path, tmp_path / "digitize.toml", page=None).scan)
    assert (shown.factor, shown.levels) == (4, 3)

    def read(data):
        (tmp_path / "shown.jpg").write_bytes(data)
        with Image.open(tmp_path / "shown.jpg") as picture:
            return np.asarray(picture).astype(int)

    whole = read(shown.whole)
    assert whole.shape == (175, 275, 3)
    assert np.abs(whole - pixels[2::4, 2::4]).max() <= 6
    tile = read(shown.tile(0, 2, 1))
    assert tile.shape == (700 - 512, 1100 - 1024, 3)
    assert np.abs(tile - pixels[512:, 1024:]).max() <= 6
    assert read(shown.tile(1, 0, 0)).shape == (350, 512, 3)
    assert shown.tile(0, 3, 0) is None
    assert shown.tile(3, 0, 0) is None


def test_the_pipette_takes_the_fill_or_the_core_of_the_stroke(desk, drawn):
    assert desk.pick({"col": 100, "row": 300, "kind": "area"})["colour"].startswith("#f")
    column, row = drawn.pixel_of(46.95, 39.8)
    with pytest.raises(DigitizeError, match="there is no line where you clicked"):
        desk.pick({"col": 100, "row": 300, "kind": "line"})
    for off in (0, 1.5, -1.5, 3):
        dark = desk.pick({"col": column + off, "row": row, "kind": "line"})["colour"]
        assert max(bytes.fromhex(dark[1:])) < 90, (off, dark)
