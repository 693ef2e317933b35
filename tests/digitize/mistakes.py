"""Mistakes that people make in a recipe: what they wrote in place of what would do, by a title."""

import numpy as np
from PIL import Image

RECIPE = """image = "scan.png"
points = "points.csv"
date = 1994-05-12
sides = {ARM = [46.2, 40.5], AZE = [46.8, 40.5]}

[[line]]
colour = "black"
"""
POINTS = """id,col,row,lon,lat
a,30,20,46.1,40.9
b,270,20,46.9,40.9
c,30,180,46.1,40.1
d,270,180,46.9,40.1
e,150,100,46.5,40.5
"""
AREA = 'image = "scan.png"\npoints = "points.csv"\ndate = 1994-05-12\n[[area]]\ncolour = "#f3c9c0"\nside = "ARM"\n'
LINE = '[[line]]\ncolour = "black"\n'


def draw(path):
    """Draw a map of two grounds and a front between them."""
    pixels = np.full((200, 300, 3), 255, np.uint8)
    pixels[20:180, 30:150], pixels[20:180, 150:270] = (243, 201, 192), (201, 216, 238)
    pixels[20:180, 148:152] = 0
    Image.fromarray(pixels).save(path)


def _points(change):
    """Give the control points anew, each changed."""
    head, *rows = POINTS.splitlines()
    changed = [change(*row.split(",")) for row in rows]
    return "\n".join([head, *(",".join(map(str, row)) for row in changed)])


MISTAKES = {  # title: (what stands in the recipe, what is written there, other files as they are written)
    # what TOML is
    "A path with backslashes": ("scan.png", r"C:\maps\scan.png", {}),
    "A text without quotes": ('"scan.png"', "scan.png", {}),
    "A text without quotes that begins with a number": (LINE, f"{LINE}name = 4 April 1918\n", {}),
    "Curly quotes": ('"scan.png"', "“scan.png”", {}),
    "A decimal comma": ("[46.2, 40.5]", "[46,2, 40,5]", {}),
    "A bracket that is not closed": ("40.5]}", "40.5]", {}),
    "An entry twice": ("date = 1994-05-12", "date = 1994-05-12\ndate = 1994-05-13", {}),
    "A day that there is not": ("1994-05-12", "1994-02-30", {}),
    "Day and month as numbers, without quotes": ("1994-05-12", "12.05.1994", {}),
    "UTF-16, as some editors save": (None, RECIPE.encode("utf-16"), {}),
    "A letter of an old code page": (None, RECIPE.replace("ARM", "Dněpr").encode("cp1250"), {}),
    # entries
    "A slip in a key": ("colour", "colur", {}),
    "A word of others": ("points =", "gcps =", {}),
    "A table in the plural": ("[[line]]", "[[lines]]", {}),
    "An entry of the whole map below a line": (LINE, f"{LINE}frame = [20, 10, 280, 190]\n", {}),
    "A knob above the tables": ("date =", "stroke_px = 4\ndate =", {}),
    "A number as text": ("date =", 'scale = "1:500000"\ndate =', {}),
    "A negative size": (LINE, f"{LINE}stroke_px = -4\n", {}),
    "Nothing to trace": (LINE, "", {}),
    "Sides forgotten": ("sides = {ARM = [46.2, 40.5], AZE = [46.8, 40.5]}", "", {}),
    "One side only": (", AZE = [46.8, 40.5]", "", {}),
    "A place with latitude first": ("[46.2, 40.5]", "[40.5, 106.2]", {}),
    "No day": ("date = 1994-05-12", "", {}),
    "A month in place of a day": ("1994-05-12", '"April 1918"', {}),
    "A day that may be read in two ways": ("1994-05-12", '"10/11/1917"', {}),
    "A year of two digits": ("1994-05-12", '"12.5.94"', {}),
    "An hour": ("1994-05-12", "1994-05-12T10:00:00", {}),
    "A day to come": ("1994-05-12", "2994-05-12", {}),
    "An area without a side": (None, AREA.replace('side = "ARM"\n', ""), {}),
    "Areas of two days": (
        None, f'{AREA}[[area]]\ncolour = "#c9d8ee"\nside = "AZE"\ndate = 1994-05-13\n', {},
    ),
    # colours
    "A colour in another language": ('"black"', '"schwarz"', {}),
    "Five digits of a colour": ('"black"', '"#12345"', {}),
    "A colour as numbers": ('"black"', "[0, 0, 0]", {}),
    "One colour twice": (LINE, f'{LINE}{LINE.replace("black", "#000000")}', {}),
    "A colour that the map lacks": ('"black"', '"green"', {}),
    # the image and its files
    "No such image": ("scan.png", "scann.png", {}),
    "A text in place of an image": ("scan.png", "points.csv", {}),
    "Points read on another copy": ("date =", "image_size = [330, 220]\ndate =", {}),
    "Another cut of the map": ("date =", "image_size = [330, 200]\ndate =", {}),
    "A page that there is not": ("date =", "page = 2\ndate =", {}),
    "A PDF that is none": ("scan.png", "scan.pdf", {"scan.pdf": "%PDF-1.4 cut off"}),
    "No such list of points": ("points.csv", "gcp.csv", {}),
    "No place on Earth": ('points = "points.csv"\n', "", {}),
    "A world file without its CRS": (
        'points = "points.csv"', 'world_file = "scan.wld"', {"scan.wld": "0.01\n0\n0\n-0.01\n46\n41\n"},
    ),
    "Points and a world file": ("points =", 'world_file = "scan.wld"\npoints =', {}),
    # CRS and transformation
    "A CRS that there is not": ("date =", 'crs = "EPSG:99999"\ndate =', {}),
    "The CRS of a globe in three axes": ("date =", "crs = 4978\ndate =", {}),
    "Degrees, said to be metres": ("date =", 'points_crs = "EPSG:32638"\ndate =', {}),
    "Metres, said to be degrees": (
        None, RECIPE, {"points.csv": _points(lambda name, c, r, x, y: (name, c, r, float(x) * 1e4, float(y) * 1e5))},
    ),
    "A transformation of another name": ("date =", 'transformation = "cubic"\ndate =', {}),
    "Too few points for it": ("date =", 'transformation = "polynomial3"\ndate =', {}),
    # control points
    "A column of another name": (None, RECIPE, {"points.csv": POINTS.replace("col,row", "x,y")}),
    "A number that is none": (None, RECIPE, {"points.csv": POINTS.replace("150,100", "about 150,100")}),
    "Decimal commas between commas": (None, RECIPE, {"points.csv": POINTS.replace("46.5,40.5", "46,5,40,5")}),
    "An id twice": (None, RECIPE, {"points.csv": POINTS.replace("e,", "a,")}),
    "Longitude and latitude have changed places": (
        None, RECIPE, {"points.csv": _points(lambda name, c, r, x, y: (name, c, r, y, x))},
    ),
    "Longitude and latitude of one point have changed places": (
        None, RECIPE, {"points.csv": f"{POINTS}f,30,60,46.1,40.7\ng,270,60,40.7,46.9\n"},
    ),
    "A slip of a degree in one point": (None, RECIPE, {"points.csv": f"{POINTS}f,30,60,46.1,40.7\ng,270,60,46.9,41.7\n"}),
    "Rows counted from the bottom": (
        None, RECIPE, {"points.csv": _points(lambda name, c, r, x, y: (name, c, 199 - int(r), x, y))},
    ),
    "Points of a copy four times as large": (
        None, RECIPE, {"points.csv": _points(lambda name, c, r, x, y: (name, 4 * int(c), 4 * int(r), x, y))},
    ),
    "Points on a line": (
        None, RECIPE, {"points.csv": _points(lambda name, c, _, x, __: (name, c, c, x, x))},
    ),
    "One point": (None, RECIPE, {"points.csv": "".join(POINTS.splitlines(keepends=True)[:2])}),
    "A point left out that there is not": ("date =", 'leave_out = ["z"]\ndate =', {}),
    # places on the scan
    "A frame of another image": ("date =", "frame = [900, 100, 3900, 2900]\ndate =", {}),
    "A mask from right to left": ("date =", "masks = [[290, 190, 240, 150]]\ndate =", {}),
    "A place beside the scan": ("[46.2, 40.5]", "{col = 900, row = 100}", {}),
    "Both places on one side of the line": ("[46.8, 40.5]", "[46.3, 40.4]", {}),
}  # fmt: skip


def write(folder, old, new, files):
    """Write a recipe with a mistake, and what it needs, into a folder that holds the scan."""
    text = new if old is None else RECIPE.replace(old, new)
    for name, body in {"points.csv": POINTS, **files, "digitize.toml": text}.items():
        path = folder / name
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return folder / "digitize.toml"


def _written(old, new):
    """Show the lines that the mistake brings, if they are few."""
    if not isinstance(new, str):
        return ""
    text = new if old is None else RECIPE.replace(old, new)
    lines = [line for line in text.splitlines() if line not in RECIPE.splitlines()]
    return f": `{'`, `'.join(lines)}`" if old and lines else ""


def page(answers):
    """Write the page of the documentation: what was wrong, and what is answered."""
    rows = [
        f"| {title}{_written(old, new)} | {answers[title]} |" for title, (old, new, _) in MISTAKES.items()
    ]
    return "\n".join([
        "# Mistakes in a recipe, and their answers", "",
        (
            "Each of these was made in a recipe that works, and answered by `frontlines digitize` with one "
            "line and exit code 2; nothing was written. A test compares the answers below with the program's."
        ),
        "", "| what is wrong | answer |", "|---|---|", *rows, "",
    ])  # fmt: skip
