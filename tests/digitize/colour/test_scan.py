"""Images of every kind become sRGB, windows of large ones too."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio
from affine import Affine
from PIL import Image, ImageOps
from rasterio.control import GroundControlPoint

from frontlines.digitize import open_scan
from frontlines.digitize.colour import scan as images
from frontlines.digitize.settings import SCANS
from frontlines.errors import DigitizeError

RGB = np.zeros((20, 30, 3), np.uint8)
RGB[:, :15], RGB[:, 15:] = (200, 100, 50), (10, 20, 30)


def _pixels(scan):
    return scan.read(slice(None))


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "jpg"])
def test_files_are_read(tmp_path, suffix):
    path = tmp_path / f"map.{suffix}"
    Image.fromarray(RGB).save(path, **({"quality": 100, "subsampling": 0} if suffix == "jpg" else {}))
    scan = open_scan(path)
    assert (scan.width_px, scan.height_px, scan.transform, scan.crs) == (30, 20, None, None)
    assert np.abs(_pixels(scan).astype(int) - RGB).max() <= (8 if suffix == "jpg" else 0)
    assert scan.read(slice(5, 7), slice(14, 16)).shape == (2, 2, 3)


def test_palette_grey_alpha_and_one_bit(tmp_path):
    Image.fromarray(RGB).convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "palette.png")
    assert np.abs(_pixels(open_scan(tmp_path / "palette.png")).astype(int) - RGB).max() <= 1
    Image.fromarray(RGB[..., 0]).save(tmp_path / "grey.png")
    assert _pixels(open_scan(tmp_path / "grey.png"))[0, 0].tolist() == [200, 200, 200]
    clear = np.dstack([RGB, np.full((20, 30), 0, np.uint8)])
    clear[:, 15:, 3] = 255
    Image.fromarray(clear).save(tmp_path / "alpha.png")
    assert _pixels(open_scan(tmp_path / "alpha.png"))[0, [0, -1]].tolist() == [[255, 255, 255], [10, 20, 30]]
    assert _pixels(open_scan(RGB[..., 0] > 100))[0, [0, -1]].tolist() == [[255] * 3, [0] * 3]
    assert np.array_equal(_pixels(open_scan(np.dstack([RGB, np.full((20, 30), 255, np.uint8)]))), RGB)


def test_sixteen_bits_and_a_georeference(tmp_path):
    path = tmp_path / "map.tif"
    profile = {
        "driver": "GTiff",
        "width": 30,
        "height": 20,
        "count": 3,
        "dtype": "uint16",
        "crs": "EPSG:32638",
    }
    with rasterio.open(path, "w", transform=Affine(10, 0, 1000, 0, -5, 2000), **profile) as file:
        file.write(np.moveaxis(RGB.astype(np.uint16) * 257, -1, 0))
    scan = open_scan(path)
    assert np.array_equal(_pixels(scan), RGB)
    assert scan.transform == (10, 0, 1005, 0, -5, 1997.5)
    assert scan.crs.to_epsg() == 32638


def test_a_large_image_is_read_from_a_temporary_file(tmp_path, monkeypatch):
    path = tmp_path / "map.png"
    noise = np.random.default_rng(0).integers(0, 256, (700, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    monkeypatch.setattr(images, "SCANS", replace(SCANS, in_memory_px=1000))
    scan = open_scan(path)
    assert not isinstance(scan._store, np.ndarray)
    assert np.array_equal(_pixels(scan), noise)
    assert np.array_equal(scan.read(slice(510, 520), slice(3, 9)), noise[510:520, 3:9])
    assert [first for first, _ in scan.bands(300)] == [0, 300, 600]
    assert np.array_equal(np.concatenate([band for _, band in scan.bands(300)]), noise)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((4, 40)), "pixels are float64: save the image with 8 or 16 bit per channel"),
        (np.zeros((4, 40), np.uint8), "40 × 4 px is no map: 16 px at least"),
        (np.zeros((40, 40, 5), np.uint8), "1 to 4 bands make a picture"),
        ("nowhere.png", "nowhere.png: no such file"),
    ],
)
def test_what_is_no_picture_is_told(image, words):
    with pytest.raises(DigitizeError, match=words):
        open_scan(image)


def test_a_broken_file_is_told(tmp_path):
    (tmp_path / "map.png").write_text("not a picture", encoding="utf-8")
    with pytest.raises(DigitizeError, match="cannot be read as an image"):
        open_scan(tmp_path / "map.png")


def _written(path, bands, **profile):
    profile = {
        "driver": "GTiff",
        "height": bands.shape[1],
        "width": bands.shape[2],
        "transform": Affine(1, 0, 0, 0, -1, 20),
        **profile,
    }
    with rasterio.open(path, "w", count=len(bands), dtype=bands.dtype, **profile) as file:
        file.write(bands)
    return path


def test_a_cut_off_png_is_told(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DigitizeError, match=r"cut\.png: cannot be read as an image"):
        open_scan(tmp_path / "cut.png")


def test_what_has_no_data_is_white_as_a_colour_key_is(tmp_path):
    bands = np.moveaxis(RGB, -1, 0).copy()
    bands[:, :, :5] = 0
    scan = open_scan(_written(tmp_path / "map.tif", bands, nodata=0))
    assert _pixels(scan)[0, [0, 6, -1]].tolist() == [[255] * 3, [200, 100, 50], [10, 20, 30]]
    Image.fromarray(RGB).save(tmp_path / "key.png", transparency=(10, 20, 30))
    assert _pixels(open_scan(tmp_path / "key.png"))[0, [0, -1]].tolist() == [[200, 100, 50], [255] * 3]


def test_a_stroke_of_the_value_of_no_data_is_ink_and_a_thin_collar_is_not(tmp_path):
    bands = np.full((3, 1200, 200), 220, np.uint8)
    bands[:, :, 100:108] = 0  # a black line, from edge to edge
    y, x = np.mgrid[:1200, :200]
    bands[:, x < (1200 - y) / 30] = 0  # the collar of a sheet that lies askew, narrowing to nothing
    bands[:, 500:560, 120:180] = 0  # and a hole, across two bands of reading
    pixels = _pixels(open_scan(_written(tmp_path / "map.tif", bands, nodata=0)))
    expected = np.moveaxis(bands, 0, -1).copy()
    expected[x < (1200 - y) / 30] = 255
    expected[500:560, 120:180] = 255
    assert (pixels != expected).any(axis=-1).sum() < 20
    assert (pixels[40:-40, 100:108] == 0).all()


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits_reach_from_black_to_white(tmp_path, bits):
    grey = np.zeros((1, 20, 30), np.uint8)
    grey[..., 15:] = 2**bits - 1
    path = _written(tmp_path / "map.png", grey, driver="PNG", nbits=bits)
    assert _pixels(open_scan(path))[0, [0, -1]].tolist() == [[0] * 3, [255] * 3]


def test_twelve_bits_inverted_grey_and_a_band_that_is_no_alpha(tmp_path):
    twelve = np.moveaxis(RGB.astype(np.uint16) << 4, -1, 0)
    scan = open_scan(_written(tmp_path / "twelve.tif", twelve, nbits=12))
    assert np.abs(_pixels(scan).astype(int) - RGB).max() <= 1
    inverted = _written(tmp_path / "inverted.tif", 255 - RGB[None, ..., 0], photometric="MINISWHITE")
    assert _pixels(open_scan(inverted))[0, [0, -1]].tolist() == [[200] * 3, [10] * 3]
    four = np.concatenate([np.moveaxis(RGB, -1, 0), np.full((1, 20, 30), 40, np.uint8)])
    assert np.array_equal(
        _pixels(open_scan(_written(tmp_path / "four.tif", four, photometric="RGB", alpha="NO"))), RGB
    )


def test_eight_bits_in_sixteen_are_told(tmp_path):
    words = "its 16 bit reach 200 of 65535 only, which is black: stretch the values"
    with pytest.raises(DigitizeError, match=words):
        open_scan(RGB.astype(np.uint16))
    with pytest.raises(DigitizeError, match=words):
        open_scan(_written(tmp_path / "map.tif", np.moveaxis(RGB.astype(np.uint16), -1, 0)))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("large", [False, True])
def test_a_photograph_is_turned_as_viewers_do(tmp_path, monkeypatch, orientation, large):
    if large:
        monkeypatch.setattr(images, "SCANS", replace(SCANS, in_memory_px=100))
    photo = Image.fromarray(RGB.copy())
    photo.paste((250, 250, 250), (0, 0, 8, 12))
    tag = Image.Exif()
    tag[0x0112] = orientation
    photo.save(tmp_path / "map.jpg", exif=tag, quality=100, subsampling=0)
    scan = open_scan(tmp_path / "map.jpg")
    upright = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "map.jpg")))
    assert (scan.height_px, scan.width_px) == upright.shape[:2]
    assert np.abs(_pixels(scan).astype(int) - upright).max() <= 8
    assert scan.turned == (orientation > 1)
    assert [f"EXIF orientation is {orientation}" in note for note in scan.notes] == [True] * scan.turned


def test_a_page_of_a_tiff(tmp_path):
    path = tmp_path / "map.tif"
    Image.fromarray(RGB).save(path, save_all=True, append_images=[Image.fromarray(255 - RGB)])
    assert np.array_equal(_pixels(open_scan(path, page=2)), 255 - RGB)
    assert open_scan(path, page=1).notes == ()
    unnamed = open_scan(path)
    assert np.array_equal(_pixels(unnamed), RGB)
    assert "it has 2 pages, and the first is read" in unnamed.notes[0]
    with pytest.raises(DigitizeError, match=r"map\.tif has 2 pages, not 3: page counts from 1"):
        open_scan(path, page=3)
    Image.fromarray(RGB).save(tmp_path / "map.png")
    with pytest.raises(DigitizeError, match=r"map\.png has one page, not 2"):
        open_scan(tmp_path / "map.png", page=2)


def test_control_points_inside_a_geotiff_count_from_the_corner(tmp_path):
    gcps = [
        GroundControlPoint(row, col, 46 + col / 100, 40 - row / 100) for row, col in ((0.5, 0.5), (9.5, 20.5))
    ]
    path = tmp_path / "map.tif"
    _written(path, np.moveaxis(RGB, -1, 0), transform=None, gcps=gcps, crs="EPSG:4326")
    assert open_scan(path).control.pixels.tolist() == [[0, 0], [20, 9]]
    np.testing.assert_allclose(open_scan(path).control.lonlat, [[46.005, 39.995], [46.205, 39.905]])


def test_arrays_of_either_byte_order_are_read():
    big = (RGB.astype(np.uint16) * 257).astype(">u2")
    assert np.array_equal(_pixels(open_scan(big)), RGB)


def test_an_array_is_copied():
    pixels = RGB.copy()
    scan = open_scan(pixels)
    pixels[:] = 0
    assert np.array_equal(_pixels(scan), RGB)
