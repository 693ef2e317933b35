"""People on changed ground: a raster against sums by hand, what is refused, and its words."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Geod
from shapely import Polygon, box

from frontlines.change.settlements import people_by_ground, population_by_district
from frontlines.errors import SourceError
from frontlines.sources.population import read_population

rasterio = pytest.importorskip("rasterio")
pytest.importorskip("exactextract")

CRS = "EPSG:3035"
X, Y = 4_321_000, 3_210_000
VALUES = [[1, 2, 3, 4], [10, 20, 30, 40]]  # people in pixels of 1 km, the northern row first


def rectangle(west, south, east, north):
    """Give a rectangle [km]."""
    return box(X + 1000 * west, Y + 1000 * south, X + 1000 * east, Y + 1000 * north)


def raster(
    folder, values=VALUES, name="people_count.tif", crs=CRS, at=(X, Y + 2000), pixel=1000.0, **profile
):
    array = np.array(values, dtype=profile.pop("dtype", "float32"))
    array = array[None] if array.ndim == 2 else array
    place = rasterio.Affine(pixel, 0, at[0], 0, -pixel, at[1])
    shape = {"count": len(array), "height": array.shape[1], "width": array.shape[2]}
    units = profile.pop("units", None)
    held = {"driver": "GTiff", "dtype": array.dtype, "crs": crs, "transform": place, **shape, **profile}
    with rasterio.open(folder / name, "w", **held) as dataset:
        dataset.write(array)
        if units:
            dataset.units = [units]
    return folder / name


@pytest.fixture
def change():
    sides = {"side_from": ["A", "B", "B"], "side_to": ["A", "A", "B"]}
    shapes = [rectangle(0, 0, 1, 2), rectangle(1, 0, 2.5, 2), rectangle(2.5, 0, 4, 2)]
    return gpd.GeoDataFrame(sides, geometry=shapes, crs=CRS)


@pytest.fixture
def districts():
    shapes = [rectangle(0, 0, 4, 0.75), rectangle(0, 0.75, 4, 2)]
    return gpd.GeoDataFrame({"district": ["S", "N"]}, geometry=shapes, crs=CRS)


def test_pixels_count_with_the_part_that_lies_in_a_district_and_on_changed_ground(
    tmp_path, change, districts
):
    rows = people_by_ground(change, districts, read_population(raster(tmp_path)))
    assert rows["without_km2"].tolist() == pytest.approx([0] * 6, abs=1e-9)
    people = population_by_district(rows, "A", source="raster").set_index("district")
    assert "places_gained" not in people
    # S: three quarters of the southern row; of the third pixel half was taken
    south = {"before": 7.5, "held": 7.5, "gained": 0.75 * (20 + 15), "lost": 0, "after": 7.5 + 26.25}
    north = {"before": 1 + 2.5, "gained": 2 + 1.5 + 0.25 * (20 + 15), "lost": 0}
    for name, wanted in (("S", south), ("N", north)):
        got = {kind: people.loc[name, f"population_{kind}"] for kind in wanted}
        assert got == pytest.approx(wanted, rel=1e-6)
    assert people.loc["all districts", "population_gained"] == pytest.approx(3.5 + 35, rel=1e-6)
    mirror = population_by_district(rows, "B", source="raster").set_index("district")
    assert mirror["population_lost"].tolist() == pytest.approx(people["population_gained"].tolist())
    assert rows["population"].sum() == pytest.approx(110, rel=1e-6)


def test_density_is_turned_into_people_by_the_true_area_of_pixels(tmp_path):
    square = gpd.GeoDataFrame(geometry=[box(30, 50, 30.5, 50.5)], crs="EPSG:4326")
    km2 = abs(Geod(ellps="WGS84").geometry_area_perimeter(square.geometry[0].segmentize(0.01))[0]) / 1e6
    for crs, at, pixel in (("EPSG:4326", (29, 51), 0.1), ("EPSG:3857", (3_200_000, 6_700_000), 10_000)):
        values = np.full((30, 30), 7.0)
        path = raster(tmp_path, values, "density.tif", crs=crs, at=at, pixel=pixel)
        found = read_population(path)
        assert (found.per, found.said_by) == ("km2", "as its name says")
        people = found.people(square.to_crs(CRS))
        assert people["population"].iloc[0] == pytest.approx(7 * km2, rel=2e-4)


def test_pixels_without_a_value_count_nobody_and_their_ground_is_said(tmp_path, districts):
    for mark, nodata in ((-99, -99), (np.nan, None), (0, 0)):
        values = np.array(VALUES, dtype=float)
        values[1, 3] = mark
        people = read_population(raster(tmp_path, values, nodata=nodata)).people(districts)
        assert people["population"].sum() == pytest.approx(70, rel=1e-6)
        assert people["without_km2"].tolist() == pytest.approx([0.75, 0.25], rel=1e-6)
    shifted = read_population(raster(tmp_path, at=(X + 2000, Y + 2000))).people(districts)
    assert shifted["without_km2"].sum() == pytest.approx(4, rel=1e-6)


def test_scale_and_whole_numbers_are_taken_as_they_are_meant(tmp_path, districts):
    path = raster(tmp_path, dtype="int16", nodata=-1)
    with rasterio.open(path, "r+") as dataset:
        dataset.scales = (10.0,)
    assert read_population(path).people(districts)["population"].sum() == pytest.approx(1100, rel=1e-6)


@pytest.mark.parametrize(
    ("units", "name", "per", "said_by"),
    [
        ("people per km2", "x.tif", "km2", "as the file says"),
        ("persons per pixel", "density.tif", "pixel", "as the file says"),
        (None, "ukr_ppp_2020.tif", "pixel", "as its name says"),
        (None, "ukr_pd_2020_1km.tif", "km2", "as its name says"),
        (None, "gpw_v4_population_count_rev11.tif", "pixel", "as its name says"),
    ],
)
def test_what_values_count_is_found_where_it_is_said(tmp_path, units, name, per, said_by):
    found = read_population(raster(tmp_path, name=name, units=units))
    assert (found.per, found.said_by) == (per, said_by)


def test_what_cannot_be_told_or_is_no_raster_of_people_is_refused_with_the_mend(tmp_path, districts):
    unsaid = raster(tmp_path, name="people.tif")
    with pytest.raises(SourceError, match=r"people.tif does not say what its values count: give per='pixel'"):
        read_population(unsaid)
    assert read_population(unsaid, per="km2").said_by == "as it was said"
    with pytest.raises(SourceError, match="per is 'ha': use one of 'pixel', 'km2'"):
        read_population(unsaid, per="ha")
    with pytest.raises(SourceError, match="has 2 bands: give a raster of one"):
        read_population(raster(tmp_path, [VALUES, VALUES]))
    with pytest.raises(SourceError, match=r"names no CRS: say which with crs="):
        read_population(raster(tmp_path, crs=None))
    assert read_population(raster(tmp_path, crs=None), crs=CRS).people(districts)["population"].sum() > 109
    negative = raster(tmp_path, [[1, 2, 3, 4], [1, -200, 3, 4]], nodata=-99)
    with pytest.raises(
        SourceError, match=r"negative values, such as -200, and names -99 as nodata: .* --nodata -200"
    ):
        read_population(negative).people(districts)
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(SourceError, match="cannot be read as a GeoTIFF"):
        read_population(tmp_path / "text.tif")
    with pytest.raises(SourceError, match="no such file"):
        read_population("/vsicurl/http://127.0.0.1:9/count.tif")


def test_only_the_file_itself_is_read(tmp_path, districts):
    inner = raster(tmp_path, name="inner_count.tif")
    vrt = f'<VRTDataset rasterXSize="4" rasterYSize="2"><VRTRasterBand dataType="Float32" band="1"><SimpleSource><SourceFilename>{inner}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>'
    (tmp_path / "count.tif").write_text(vrt)
    with pytest.raises(SourceError, match="cannot be read as a GeoTIFF"):
        read_population(tmp_path / "count.tif")
    beside = '<PAMDataset><PAMRasterBand band="1"><NoDataValue>40</NoDataValue></PAMRasterBand></PAMDataset>'
    (tmp_path / "inner_count.tif.aux.xml").write_text(beside)
    (tmp_path / "inner_count.tfw").write_text("1\n0\n0\n-1\n0\n0\n")
    assert read_population(inner).people(districts)["population"].sum() == pytest.approx(110, rel=1e-6)


def test_slivers_and_empty_ground_hold_nobody(tmp_path):
    found = read_population(raster(tmp_path))
    shapes = [Polygon(), rectangle(9, 9, 10, 10), rectangle(0, 0, 1e-9, 1)]
    people = found.people(gpd.GeoDataFrame(geometry=shapes, crs=CRS))
    assert people["population"].tolist() == pytest.approx([0, 0, 0], abs=1e-6)
    assert isinstance(people, pd.DataFrame)
    assert found.people(gpd.GeoDataFrame(geometry=[], crs=CRS)).empty
