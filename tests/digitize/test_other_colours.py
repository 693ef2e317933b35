"""What is traced in another colour than was asked for is told."""

import json
import shutil

import geopandas as gpd
import pytest
from PIL import Image
from shapely import LineString, box

from frontlines.datasets import ScanLook, render_scan
from frontlines.digitize import digitize

RECIPE = """
image = "scan.png"
world_file = "scan.wld"
crs = "EPSG:32638"
date = 1994-05-12
sides = {N = {col = 200, row = 10}, S = {col = 200, row = 290}}
[[line]]
colour = "LINE"
[[area]]
colour = "AREA"
side = "S"
"""


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("colours")
    line = gpd.GeoDataFrame(
        {"colour": ["#2450a8"], "width_px": [4.0]}, geometry=[LineString([(20, 60), (200, 90), (380, 60)])]
    )
    fills = gpd.GeoDataFrame({"colour": ["#cf6f5c"]}, geometry=[box(60, 150, 340, 260)])
    made = render_scan(line, areas=fills, size_px=(400, 300), look=ScanLook(rotation_deg=0.0))
    Image.fromarray(made.pixels).save(folder / "scan.png")
    (folder / "scan.wld").write_text("100 0 0 -100 600000 4400000")
    return folder


@pytest.mark.parametrize(
    ("line", "area", "told"),
    [
        ("blue", "red", []),
        ("#2450a8", "#cf6f5c", []),
        ("purple", "red", ["line '1994-05-12'"]),
        ("blue", "#f2ead0", ["area of S"]),
        ("purple", "#f2ead0", ["line '1994-05-12'", "area of S"]),
    ],
)
def test_colours_that_the_scan_does_not_have_are_told(scanned, tmp_path, line, area, told):
    folder = shutil.copytree(scanned, tmp_path / "copy")
    (folder / "digitize.toml").write_text(RECIPE.replace("LINE", line).replace("AREA", area))
    found = digitize(folder / "digitize.toml")
    cautions = [one.text for one in found.cautions if one.name == "colour"]
    assert [text.partition(":")[0] for text in cautions] == told
    assert all("give the colour as it is on the scan" in text for text in cautions)
    (row,) = json.loads(json.dumps(found.manifest))["areas"]
    assert row["colours"][0]["colour_asked"] == area
    assert row["colours"][0]["colour_found"] == found.traced_areas["colour"].iloc[0]
