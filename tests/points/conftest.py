"""A made-up scan whose truth is known, and its page served to this machine."""

import threading
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image
from pyproj import Geod
from shapely import LineString, Polygon

from frontlines.datasets import ScanLook, scan_of_map
from frontlines.digitize import Georeference, GroundControl, georeference
from frontlines.points import Desk, Server

FRONT = [(46.9, 40.75), (46.8, 40.5), (47.1, 40.2), (46.95, 39.8), (47.2, 39.25)]
GROUND = {
    "ARM": Polygon([(46.2, 39.25), *FRONT[::-1], (46.2, 40.75)]),
    "AZE": Polygon([(47.8, 39.25), (47.8, 40.75), *FRONT]),
}
INKS = {"ARM": "#f3c9c0", "AZE": "#c9d8ee"}
CONIC = "+proj=lcc +lat_1=39 +lat_2=41 +lon_0=45 +lat_0=40 +datum=WGS84"


@dataclass(frozen=True)
class Drawn:
    """A scan as a file, the crossings of its graticule, where it lies, and how large each side's ground is."""

    path: Path
    crossings: pd.DataFrame
    lies: Georeference
    km2: dict[str, float]
    front_km: float

    def pixel_of(self, lon, lat):
        """Give where a place of the ground lies on the scan."""
        return self.lies.pixels_of(np.array([[lon, lat]]))[0]


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    line = gpd.GeoDataFrame(
        {"colour": ["#202020"], "width_px": [4.0]}, geometry=[LineString(FRONT)], crs=4326
    )
    areas = gpd.GeoDataFrame({"colour": [*INKS.values()]}, geometry=[*GROUND.values()], crs=4326)
    scan = scan_of_map(
        line, crs=CONIC, width_px=520, areas=areas, graticule_deg=0.5, rng=3,
        look=ScanLook(rotation_deg=1.0, unevenness=0.01, vignette=0.0),
    )  # fmt: skip
    path = tmp_path_factory.mktemp("drawn") / "scan.png"
    Image.fromarray(scan.pixels).save(path)
    geod = Geod(ellps="WGS84")
    km2 = {
        side: abs(geod.geometry_area_perimeter(shapely.segmentize(ground, 0.01))[0]) / 1e6
        for side, ground in GROUND.items()
    }
    lies = georeference(GroundControl(scan.control_points), scan.pixels.shape[1::-1], crs=CONIC)
    return Drawn(path, scan.control_points, lies, km2, geod.geometry_length(LineString(FRONT)) / 1000)


@pytest.fixture
def scan(drawn, tmp_path):
    """Give the scan in a folder of its own."""
    path = tmp_path / "scan.png"
    path.write_bytes(drawn.path.read_bytes())
    return path


@pytest.fixture
def desk(scan):
    return Desk(scan, scan.with_name("digitize.toml"), page=None)


@pytest.fixture
def served(desk):
    """Serve a page until the end of a test."""
    server = Server(desk, 0)
    worker = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    worker.start()
    yield server
    server.ended.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def points(drawn):
    """Give the crossings of the graticule as the page does."""
    rows = drawn.crossings.to_dict("records")
    return [{**row, "id": str(k), "enable": True, "given": ""} for k, row in enumerate(rows)]
