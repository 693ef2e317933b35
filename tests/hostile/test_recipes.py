"""A table of recipes, control points and images that make no sense, each with its answer."""

import os
import struct
import zlib

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from PIL import Image

from frontlines.datasets import render_scan
from frontlines.digitize import open_scan, read_recipe
from frontlines.digitize.settings import BOUNDS
from frontlines.errors import DigitizeError
from tests.hostile.running import content_of, faults_of, run

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

BASE = {
    "image": '"scan.png"',
    "points": '"points.csv"',
    "crs": '"EPSG:32638"',
    "sides": "{N = {col = 100, row = 5}, S = {col = 100, row = 110}}",
    "date": "1994-05-12",
}
OUT = "lies outside the scan of 200 × 120 px, or far beyond it"
DAY = "date must be a day up to today, such as 1994-05-12"


def _recipe(**changes):
    """Write a recipe with some entries changed, left out (None), or put into [knobs] or the line (line_…)."""
    line = {name[5:]: changes.pop(name) for name in list(changes) if name.startswith("line_")}
    line = {"colour": '"blue"', **line}
    knobs = {name: changes.pop(name) for name in list(changes) if name.endswith("_px")}
    head = changes.pop("table", "[[line]]")
    held = {**BASE, **changes}
    text = [f"{name} = {value}" for name, value in held.items() if value is not None]
    text += ["[knobs]", *(f"{name} = {value}" for name, value in knobs.items())] * bool(knobs)
    return "\n".join([*text, head, *(f"{name} = {value}" for name, value in line.items())])


_BAD_NUMBERS = {"0": "0", "below": "-1", "tiny": "1e-6", "huge": "1e20", "nan": "nan", "inf": "inf"}
_BAD_NUMBERS |= {"text": '"ten"', "bool": "true", "list": "[1]", "digits": "1" + "0" * 400}
_OF_LINES = ("stroke_px", "min_length_px", "gap_px", "spur_px", "min_area_px", "border_px")

NUMBERS = [
    (key, value)
    for key in (*_OF_LINES, "page", "scale", "source_m")
    for name, value in _BAD_NUMBERS.items()
    if (key, name) not in {("source_m", "0"), ("source_m", "tiny")}
]
"""A number of a recipe, and what it must not be."""

RECIPES = {
    "coast-nowhere": ({"coast": '"within"'}, "coast must be one of inside, middle, outside"),
    "stroke-of-its-line": ({"line_stroke_px": "1e6"}, r"\[\[line\]\] 1: stroke_px must be a number from"),
    "stroke-larger-than-the-scan": ({"stroke_px": "900"}, "stroke_px = 900 is more than the scan of 200 × 120"),
    "gap-larger-than-the-scan": ({"gap_px": "99999"}, "gap_px = 99999 is more than the scan"),
    "area-larger-than-the-scan": ({"min_area_px": "24000"}, "min_area_px = 24000 is more than the scan"),
    "mask-1e100": ({"masks": "[[0, 0, 1e100, 9]]"}, "masks must be a list of boxes"),
    "mask-1e10": ({"masks": "[[-1e10, -1e10, 1e10, 1e10]]"}, "masks must be a list of boxes"),
    "mask-nan": ({"masks": "[[0, 0, nan, 9]]"}, "masks must be a list of boxes"),
    "mask-far": ({"masks": "[[0, 0, 5, 5], [0, 0, 9000, 9]]"}, f"mask 2 {OUT}"),
    "mask-beside": ({"masks": "[[210, 0, 230, 9]]"}, f"mask 1 {OUT}"),
    "mask-inverted": ({"masks": "[[50, 0, 10, 9]]"}, "masks must be a list of boxes"),
    "mask-of-no-area": ({"masks": "[[[5, 5], [9, 9], [20, 20]]]"}, "masks must be a list of boxes"),
    "mask-bow-tie": ({"masks": "[[[0, 0], [9, 9], [9, 0], [0, 9]]]"}, "masks must be a list of boxes"),
    "mask-of-all": ({"masks": "[[-5, -5, 230, 230]]"}, "leave nothing of the scan"),
    "masks-no-list": ({"masks": "7"}, "masks must be a list of boxes"),
    "frame-inverted": ({"frame": "[100, 100, 10, 10]"}, "frame must be left, top, right and bottom"),
    "frame-empty": ({"frame": "[10, 10, 10, 90]"}, "frame must be left, top, right and bottom"),
    "frame-inf": ({"frame": "[0, 0, inf, 90]"}, "frame must be left, top, right and bottom"),
    "frame-of-a-copy": ({"frame": "[40, 40, 780, 460]"}, f"the frame {OUT}"),
    "frame-beside": ({"frame": "[300, 0, 350, 50]"}, f"the frame {OUT}"),
    "frame-of-a-pixel": ({"frame": "[10, 10, 11, 11]"}, "leave nothing of the scan"),
    "side-off-the-scan": (
        {"sides": "{N = {col = 100, row = 5}, S = {col = 9000, row = 5}}"}, "a place of S lies off the map",
    ),
    "side-1e100": ({"sides": "{N = {col = 1e100, row = 5}, S = {col = 1, row = 5}}"}, "sides must be the two"),
    "side-nan": ({"sides": "{N = [nan, 5], S = [1, 2]}"}, "sides must be the two sides"),
    "one-side": ({"sides": "{N = [1, 5]}"}, "sides must be the two sides"),
    "sides-at-one-place": (
        {"sides": "{N = {col = 100, row = 5}, S = {col = 100, row = 5}}"}, "do not settle who is where",
    ),
    "date-month": ({"date": '"April 1918"'}, DAY),
    "date-either": ({"date": '"04/05/1918"'}, DAY),
    "date-two-digits": ({"date": '"24.10.95"'}, DAY),
    "date-none": ({"date": '"31.2.1918"'}, DAY),
    "date-later": ({"date": "2994-05-12"}, DAY),
    "date-year-1": ({"date": "0001-01-01"}, DAY),
    "date-and-time": ({"date": "1994-05-12T00:00:00"}, DAY),
    "date-number": ({"date": "19940512"}, DAY),
    "date-bare": ({"date": "24.10.1917"}, "cannot be read as a recipe: .*line 5"),
    "crs-unknown": ({"crs": "999999"}, "crs is '999999', which PROJ does not know"),
    "crs-digits": ({"crs": "1" + "0" * 30}, "which PROJ does not know"),
    "crs-bool": ({"crs": "true"}, "crs must be a text"),
    "crs-local": ({"crs": '"LOCAL_CS[\\"a\\",UNIT[\\"metre\\",1]]"'}, "no plane of a map|PROJ does not know"),
    "colour-none": ({"line_colour": '"blurple"'}, "colour must be a colour: hex, as "),
    "colour-nothing": ({"line_colour": '""'}, "colour must be a colour: hex, as "),
    "transformation": ({"transformation": '"tps"'}, "transformation must be one of"),
    "leave-out-all": ({"leave_out": "[0, 1, 2, 3, 4, 5, 6, 7, 8]"}, "no control point"),
    "nested": ({"masks": "[" * 5000 + "]" * 5000}, "nested too deep|cannot be read as a recipe"),
    "image-is-a-folder": ({"image": '"."'}, "no such file"),
    "image-is-the-recipe": ({"image": '"x.toml"'}, "cannot be read as an image"),
    "points-are-the-image": ({"points": '"scan.png"'}, "cannot be read as control points"),
    "page-of-a-png": ({"page": "2"}, "has one page, not 2"),
    "knobs-twice": ({"table": "[[knobs]]\ngap_px = 2\n[[line]]"}, "knobs must be a table"),
}  # fmt: skip


def _grid(change=lambda col, row: (col, row)):
    """Control points of the scan, their places on it changed."""
    rows = ["id,col,row,x,y"]
    for k, (col, row) in enumerate((c, r) for r in (5, 60, 115) for c in (5, 100, 195)):
        at = change(col, row)
        rows.append(f"{k},{at[0]},{at[1]},{600000 + 100 * col},{4400000 - 100 * row}")
    return "\n".join(rows)


def _along(count, width):
    """Points along a diagonal of the scan, a little off it to either side."""
    share = np.linspace(0, 1, count)
    col, row = 5 + 190 * share, 5 + 110 * share + width * (np.arange(count) % 2)
    rows = [
        f"{k},{c},{r},{6e5 + 100 * c},{4.4e6 - 100 * r}"
        for k, (c, r) in enumerate(zip(col, row, strict=True))
    ]
    return "\n".join(["id,col,row,x,y", *rows])


def _lonlat(lon, lat):
    return f"id,col,row,lon,lat\n1,5,5,{lon},{lat}\n2,100,60,46.5,40.5\n3,190,5,47,41"


POINTS = {
    "on-a-line": (_along(6, 0), "lie on a line, or nearly"),
    "on-a-line-but-for-rounding": (_along(7, 1), "lie on a line, or nearly"),
    "three-on-a-strip": (_along(3, 30), "lie on a line, or nearly"),
    "all-equal": (_grid(lambda *_: (7, 7)), "lie on a line, or nearly"),
    "twice-as-large": (_grid(lambda c, r: (2 * c, 2 * r)), "a copy 2 times as large, divide col and row by 2"),
    "four-times": (_grid(lambda c, r: (4 * c, 4 * r)), "a copy 4 times as large, divide col and row by 4"),
    "far-beyond": (_grid(lambda c, r: (c * 1e9, r)), "outside the scan .*: read col and row on this image"),
    "one-far-beyond": (_grid(lambda c, r: (c + 5000 * (c == r), r)), "1 of 9 control points lie outside"),
    "mirrored": (_grid(lambda c, r: (200 - c, r)), "show the map from behind"),
    "nan": (_grid(lambda *at: ("nan", at[1])), "no number in col, row, x, y of line 2"),
    "ten-thousand": (_along(10_000, 9), "10,000 control points are more than the bound of 500 .*--limit control"),
    "empty": ("", "holds no control point"),
    "one": (_along(1, 0), "too few for the transformation helmert"),
    "minutes-over-60": (_lonlat("46°75′E", "40°30′N"), "degrees as 46°30′15″E or 46 30 15 E"),
    "north-as-longitude": (_lonlat("46 30 N", "40 30 N"), "degrees as 46°30′15″E"),
    "signed-west": (_lonlat("-46 30 W", "40 30"), "degrees as 46°30′15″E"),
    "beyond-the-pole": (_lonlat("46 30", "95 00 N"), "no longitude and latitude in degrees"),
}  # fmt: skip


def _chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _bomb(folder):
    """A PNG of a few bytes that says it has 4,000 million pixels."""
    header = struct.pack(">IIBBBBB", 100_000, 40_000, 8, 2, 0, 0, 0)
    chunks = [_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(b"\0" * 1000)), _chunk(b"IEND", b"")]
    (folder / "x").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


def _saved(kind, cut=1.0, **options):
    def make(folder):
        with Image.open(folder / "scan.png") as image:
            image.convert(options.pop("mode", "RGB")).save(folder / "x", kind, **options)
        content = (folder / "x").read_bytes()
        (folder / "x").write_bytes(content[: int(len(content) * cut)])

    return make


def _spoilt(kind):
    """The middle of an image overwritten."""

    def make(folder):
        _saved(kind)(folder)
        content = bytearray((folder / "x").read_bytes())
        content[len(content) // 2 : len(content) // 2 + 60] = b"\xff\x00" * 30
        (folder / "x").write_bytes(content)

    return make


def _bands(count, kind):
    def make(folder):
        shape = {"width": 60, "height": 60, "count": count, "dtype": kind}
        transform = Affine(1, 0, 0, 0, -1, 60)
        with rasterio.open(folder / "x.tif", "w", driver="GTiff", transform=transform, **shape) as file:
            file.write(np.zeros((count, 60, 60), kind))
        (folder / "x.tif").rename(folder / "x")

    return make


def _written(content):
    return lambda folder: (folder / "x").write_bytes(content)


IMAGES = {
    "empty": (_written(b""), "cannot be read as an image"),
    "a-byte": (_written(b"\x89"), "cannot be read as an image"),
    "a-signature": (_written(b"\x89PNG\r\n\x1a\n"), "cannot be read as an image"),
    "bomb": (_bomb, r"100000 × 40000 px: 4,000,000,000 pixels of an image are more than .*--limit pixels="),
    "one-pixel": (lambda folder: Image.new("RGB", (1, 1)).save(folder / "x", "PNG"), "1 × 1 px is no map"),
    "one-row": (lambda folder: Image.new("RGB", (900, 1)).save(folder / "x", "PNG"), "900 × 1 px is no map"),
    "black": (
        lambda folder: Image.new("RGB", (200, 120)).save(folder / "x", "PNG"),
        "the scan has the inks none",
    ),
    "cut-png": (_saved("PNG", 0.6), "cannot be read as an image"),
    "cut-jpeg": (_saved("JPEG", 0.6), "cannot be read as an image"),
    "cut-tiff": (_saved("TIFF", 0.6), "cannot be read as an image"),
    "cut-gif": (_saved("GIF", 0.3), "cannot be read as an image"),
    "spoilt-png": (_spoilt("PNG"), "cannot be read as an image"),
    "five-bands": (_bands(5, "uint8"), "1 to 4 bands make a picture, not 5"),
    "thousand-bands": (_bands(1000, "uint8"), "1 to 4 bands make a picture, not 1000"),
    "floats": (_bands(1, "float64"), "pixels are float64"),
    "complex": (_bands(1, "complex64"), "pixels are complex64"),
    "svg": (_written(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "cannot be read as an image"),
    "vrt": (_written(b"<VRTDataset rasterXSize='20' rasterYSize='20'/>"), "cannot be read as an image"),
    "pdf-none": (_written(b"%PDF-1.4"), "cannot be read as an image"),
    "bad-exif": (
        _saved("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + b"\xff" * 40),
        "cannot be read as an image",
    ),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A folder with a small scan and its control points."""
    folder = tmp_path_factory.mktemp("scan")
    line = shapely.LineString([(10, 50), (60, 60), (120, 45), (190, 55)])
    drawn = gpd.GeoDataFrame({"colour": ["#1f4fb4"], "width_px": [4.0]}, geometry=[line])
    Image.fromarray(render_scan(drawn, size_px=(200, 120)).pixels).save(folder / "scan.png")
    return folder


def _answer(sound, tmp_path, text, points=None, make=None):
    """Carry out a recipe in a folder of its own; give the answer, and whether the folder is as it was."""
    folder = tmp_path / "w"
    folder.mkdir()
    (folder / "scan.png").write_bytes((sound / "scan.png").read_bytes())
    (folder / "points.csv").write_text(points or _grid(), encoding="utf-8")
    (folder / "x.toml").write_text(text, encoding="utf-8")
    if make is not None:
        make(folder)
    before = content_of(folder)
    answer = run(["digitize", "x.toml"], folder)
    return answer, content_of(folder) == before


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_that_makes_no_sense_is_refused(sound, tmp_path, name):
    changes, says = RECIPES[name]
    answer, same = _answer(sound, tmp_path, _recipe(**{"points_crs": "32638", **changes}))
    assert (faults_of(answer, says), same) == ([], True)


@pytest.mark.parametrize("name", POINTS)
def test_control_points_that_make_no_sense_are_refused(sound, tmp_path, name):
    points, says = POINTS[name]
    crs = None if "lon" in points else "32638"
    answer, same = _answer(sound, tmp_path, _recipe(points_crs=crs), points or "\n")
    assert (faults_of(answer, says), same) == ([], True)


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_that_is_none_is_refused(sound, tmp_path, name):
    make, says = IMAGES[name]
    answer, same = _answer(sound, tmp_path, _recipe(points_crs="32638", image='"x"'), make=make)
    assert (faults_of(answer, says), same) == ([], True)


def test_numbers_of_a_recipe_are_refused_as_it_is_read(tmp_path):
    for key, value in NUMBERS:
        (tmp_path / "x.toml").write_text(_recipe(**{key: value}), encoding="utf-8")
        with pytest.raises(DigitizeError, match=rf"{key} must be a (whole )?number from") as caught:
            read_recipe(tmp_path / "x.toml")
        assert "\n" not in str(caught.value)
    assert {key for key, _ in NUMBERS} == set(BOUNDS) - {
        "col",
        "row",
        "lon",
        "lat",
        "side_px",
    }  # pairs of numbers have tests of their own


@pytest.mark.parametrize(
    "changes",
    [
        {"date": '"24.10.1917"', "crs": "32638", "table": "[line]"},
        {
            "date": '"April 1, 1918"',
            "image": '"x"',
            "masks": "[[-20, -20, 250, 8]]",
            "frame": "[0, 0, 200, 120]",
        },
    ],
)
def test_what_people_write_is_read(sound, tmp_path, changes):
    make = _saved("TIFF", mode="CMYK") if "image" in changes else None
    answer, _ = _answer(sound, tmp_path, _recipe(points_crs="32638", **changes), make=make)
    assert (answer.code, answer.err.count("\n")) == (0, 1), answer


def test_of_an_animated_picture_the_first_frame_is_read_and_told(tmp_path):
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue", "lime", "white", "black")]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    scan = open_scan(tmp_path / "x.gif")
    assert (
        scan.read(slice(0, 1), slice(0, 1)).tolist() == [[[254, 0, 0]]]
        or scan.read(slice(0, 1))[0, 0, 1] == 0
    )
    assert scan.notes == ("it has 5 frames, and the first is read",)
