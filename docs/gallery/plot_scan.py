"""
A scanned map: what was traced
==============================

A paper map with two fronts, printed and scanned by the library itself, so that anybody can try it; the recipe
says which colours to trace and who is where. The traced lines lie over the scan: the first thing to look at.
"""

from pathlib import Path
from tempfile import mkdtemp

from PIL import Image
from pyproj import CRS

import frontlines as fl
from frontlines.datasets import locate, scan_of_map
from frontlines.digitize import digitize

bundled = locate("karabakh-1994").parent
fronts = fl.read_frontlines(bundled / "frontlines.geojson").dissolve("date")[["geometry"]]
conic = "+proj=lcc +lat_1=39 +lat_2=41 +lon_0=45 +lat_0=40 +datum=WGS84"
sheet = scan_of_map(
    fronts.assign(colour=["#2b5fd0", "#d02b2b"], width_px=3.0), crs=CRS(conic), width_px=700,
    borders=fl.read_districts(bundled / "districts.geojson"), rng=7,
)  # fmt: skip

folder = Path(mkdtemp())
Image.fromarray(sheet.pixels).save(folder / "scan.png")
sheet.control_points.to_csv(folder / "points.csv", index=False)
(folder / "recipe.toml").write_text(f"""
image = "scan.png"
points = "points.csv"
crs = "{conic}"
map = "A made-up scan of the fronts of 1994"
sides = {{ARM = [46.75, 39.82], AZE = [47.35, 40.3]}}

[[line]]
colour = "blue"
date = 1994-04-07

[[line]]
colour = "red"
date = 1994-05-12
""")
figure = fl.overlay_figure(digitize(folder / "recipe.toml"))
