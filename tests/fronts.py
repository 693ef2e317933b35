"""Fronts made by hand, in kilometres about the centre of EPSG:3035, where lengths in the plane are true."""

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, box

X, Y = 4321000, 3210000
FIRST, LAST = "1994-05-02", "1994-05-12"


def path(*places):
    return LineString([(X + 1000 * x, Y + 1000 * y) for x, y in places])


def square(x0, y0, x1, y1):
    return box(X + 1000 * x0, Y + 1000 * y0, X + 1000 * x1, Y + 1000 * y1)


def front(*rows, left="B", right="A"):
    """Make a front of (day, line) or (day, line, sigma_m); by default A is on the right of each line."""
    table = pd.DataFrame(
        {
            "date": pd.to_datetime([row[0] for row in rows]),
            "side_left": left,
            "side_right": right,
            "source": "made up",
            "sigma_m": [row[2] if len(row) > 2 else np.nan for row in rows],
        }
    )
    return gpd.GeoDataFrame(table, geometry=[row[1] for row in rows], crs="EPSG:3035")


def districts(**shapes):
    frame = {"district": list(shapes)}
    return gpd.GeoDataFrame(frame, geometry=list(shapes.values()), crs="EPSG:3035")


def frame(*shapes):
    return gpd.GeoDataFrame(geometry=list(shapes), crs="EPSG:3035")


def balance(**rows):
    """Make a balance from the km² that each district gained and lost."""
    table = pd.DataFrame(
        [(name, *row) for name, row in rows.items()], columns=["district", "gained_km2", "lost_km2"]
    )
    first, last = pd.to_datetime([FIRST, LAST])
    return table.assign(net_km2=table["gained_km2"] - table["lost_km2"], date_from=first, date_to=last)
