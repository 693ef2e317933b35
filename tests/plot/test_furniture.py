"""Scale bar, north arrow, locator, legend, degrees and blocks of text."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from frontlines.plot.artists import View, metres_per_pt
from frontlines.plot.furniture import (
    draw_graticule,
    draw_graticule_ticks,
    draw_legend,
    draw_north_arrow,
    draw_scale_bar,
    emptiest_corners,
    fans_out,
    nice_length_m,
    true_north_deg,
)
from frontlines.plot.page import Box, FigurePage
from frontlines.plot.style import MapStyle
from frontlines.plot.surroundings import draw_locator, locator_view
from frontlines.plot.text import font_of, renderer_of, wrap

LAEA = pyproj.CRS("+proj=laea +lat_0=40 +lon_0=46 +datum=WGS84 +units=m")


@pytest.fixture
def ax():
    return make_ax()


def make_ax(west=-100_000.0, south=-100_000.0, size=200_000.0):
    figure = Figure(figsize=(3, 3), dpi=200)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(west, west + size), ylim=(south, south + size), aspect="equal")
    return axes


@pytest.mark.parametrize(
    ("limit", "length"),
    [(1.0, 1.0), (1.9, 1.0), (2.0, 2.0), (4_999.0, 2_000.0), (5_000.0, 5_000.0), (0.07, 0.05), (9.99e6, 5e6)],
)
def test_scale_bars_have_round_lengths(limit, length):
    assert nice_length_m(limit) == pytest.approx(length)


@pytest.mark.parametrize(("size", "text"), [(200_000.0, "50 km"), (900.0, "200 m"), (3_000_000.0, "500 km")])
def test_the_scale_bar_is_as_long_as_it_says(size, text):
    axes = make_ax(0.0, 0.0, size)
    bar = draw_scale_bar(axes)
    axes.figure.canvas.draw()
    assert bar.info.scale_text == text
    length_m = float(text.split()[0]) * (1000 if "km" in text else 1)
    assert bar.info.length_px == pytest.approx(length_m)  # in data units, which are metres


def test_the_scale_bar_tells_its_extent(ax):
    extent = draw_scale_bar(ax, loc="lower left").get_window_extent()
    frame = ax.get_window_extent()
    assert frame.x0 <= extent.x0
    assert frame.y0 <= extent.y0
    assert extent.width > 0.2 * frame.width
    assert extent.height > 8


def test_north_is_up_at_the_centre_and_leans_inwards_off_it():
    assert true_north_deg(LAEA, 0.0, 0.0) == pytest.approx(0.0, abs=1e-6)
    assert true_north_deg(LAEA, 0.0, 800_000.0) == pytest.approx(0.0, abs=1e-6)
    east, west = true_north_deg(LAEA, 500_000.0, 0.0), true_north_deg(LAEA, -500_000.0, 0.0)
    assert east == pytest.approx(-west)
    # Meridians converge by the difference in longitude times the sine of the latitude.
    lon, lat = pyproj.Transformer.from_crs(LAEA, 4326, always_xy=True).transform(500_000.0, 0.0)
    assert east == pytest.approx(-(lon - 46) * np.sin(np.radians(lat)), abs=0.1)


def test_north_at_the_pole_and_across_the_antimeridian():
    polar = pyproj.CRS("+proj=laea +lat_0=90 +lon_0=0 +datum=WGS84 +units=m")
    assert true_north_deg(polar, 0.0, 0.0) == 0.0
    pacific = pyproj.CRS("+proj=laea +lat_0=65 +lon_0=180 +datum=WGS84 +units=m")
    assert true_north_deg(pacific, 0.0, 0.0) == pytest.approx(0.0, abs=1e-6)
    assert abs(true_north_deg(pacific, 100_000.0, 0.0)) < 5


def test_the_arrow_points_where_north_is():
    arrows = [draw_north_arrow(make_ax(west, 0.0), LAEA) for west in (-100_000.0, 900_000.0)]
    letters = [next(t for t in arrow.findobj(Text) if t.get_text() == "N") for arrow in arrows]
    offsets = [letter.get_position()[0] - 6.5 for letter in letters]
    east = true_north_deg(LAEA, 100_000.0, 200_000.0)  # where the arrow stands: in the upper right corner
    assert offsets[0] == pytest.approx(8.6 * np.sin(np.radians(east)), abs=0.01)
    assert offsets[1] < -0.5  # east of the centre north leans to the west


def test_where_meridians_fan_out_there_is_a_graticule():
    polar = pyproj.CRS("+proj=laea +lat_0=89 +lon_0=20 +datum=WGS84 +units=m")
    axes = make_ax(-400_000.0, -400_000.0, 800_000.0)
    assert fans_out(axes, polar)
    assert not fans_out(make_ax(), LAEA)
    draw_graticule(axes, polar)
    (drawn,) = [a for a in axes.collections if a.get_gid() == "graticule"]
    assert len(drawn.get_paths()) > 10


def test_the_emptiest_corner_comes_first():
    ax = make_ax(0.0, 0.0, 100.0)  # 76.2 mm wide; a corner is 34 mm by 9 mm
    corners = emptiest_corners(ax, [shapely.box(0, 0, 50, 20)])
    assert corners[0] == ("lower right", 0.0)
    assert [name for name, _ in corners][-1] == "lower left"
    line = shapely.LineString([(0, 95), (100, 95)])
    assert emptiest_corners(ax, [line, shapely.GeometryCollection()])[0][0] == "lower left"
    inset = {"view": View(40, 40, 60, 60), "size_mm": (5.0, 5.0)}
    corners = dict(emptiest_corners(ax, [shapely.box(55, 55, 60, 60)], **inset))
    assert [name for name, busy in corners.items() if busy] == ["upper right"]


def region():
    lands = shapely.box([-900_000.0, 0.0], [-900_000.0, -900_000.0], [0.0, 900_000.0], [900_000.0, 900_000.0])
    return gpd.GeoDataFrame({"kind": ["country"] * 2, "name": ["West", "East"]}, geometry=lands, crs=LAEA)


def test_the_locator_shows_the_theatre_in_its_region(ax):
    theatre = gpd.GeoDataFrame(geometry=[shapely.box(-50_000, -50_000, 50_000, 50_000)], crs=LAEA)
    draw_locator(ax, region(), theatre)
    gids = {a.get_gid() for a in ax.get_children()}
    assert {"country", "border", "locator-theatre"} <= gids
    west, east = ax.get_xlim()
    assert west < -50_000
    assert east > 50_000
    assert (east - west) > 300_000


def test_no_locator_where_the_context_ends_with_the_theatre():
    near = gpd.GeoDataFrame(
        {"kind": ["country"], "name": ["A"]}, geometry=[shapely.box(0, 0, 110, 110)], crs=LAEA
    )
    assert locator_view(near, View(0.0, 0.0, 100.0, 100.0)) is None
    assert locator_view(near.iloc[:0], View(0.0, 0.0, 100.0, 100.0)) is None
    assert locator_view(near.assign(kind="sea"), View(0.0, 0.0, 10.0, 10.0)) is None  # nothing to know it by
    islets = shapely.multipolygons(shapely.box(900.0, np.arange(50.0), 950.0, np.arange(50.0) + 0.1))
    far = near.set_geometry([islets])  # a long coast, but hardly any land
    sea = gpd.GeoDataFrame({"kind": ["sea"]}, geometry=[shapely.box(-2e3, -2e3, 2e3, 2e3)], crs=LAEA)
    assert locator_view(pd.concat([far, sea]), View(0.0, 0.0, 100.0, 100.0)) is None


def test_the_legend_is_plain_text_in_the_given_order(ax):
    entries = [("$a$ front", Line2D([], [], color="red")), ("b_c", (Line2D([], []), Line2D([], [])))]
    legend = draw_legend(ax, entries)
    assert [t.get_text() for t in legend.get_texts()] == ["$a$ front", "b_c"]
    assert not any(t.get_parse_math() or t.get_usetex() for t in legend.get_texts())
    assert all(t.get_fontsize() >= 6 for t in legend.get_texts())


def test_long_entries_of_a_legend_are_wrapped(ax):
    legend = draw_legend(ax, [("word " * 20, Line2D([], []))], width_px=300)
    assert legend.get_window_extent(renderer_of(ax.figure)).width <= 310
    assert "\n" in legend.get_texts()[0].get_text()


def test_degrees_stand_where_the_meridians_are(ax):
    written = draw_graticule_ticks(ax, LAEA)
    assert "46.0° E" in written
    assert "40.0° N" in written
    to_plane = pyproj.Transformer.from_crs(4326, LAEA, always_xy=True)
    text = next(t for t in ax.texts if t.get_text() == "46.0° E")
    assert text.xy == pytest.approx((0.0, 100_000.0), abs=50)
    text = next(t for t in ax.texts if t.get_text() == "40.0° N")
    _, lat = pyproj.Transformer.from_crs(LAEA, 4326, always_xy=True).transform(*text.xy)
    assert lat == pytest.approx(40.0, abs=1e-3)
    assert to_plane.transform(46, 40) == pytest.approx((0, 0), abs=1e-6)


def test_degrees_across_the_antimeridian():
    crs = pyproj.CRS("+proj=laea +lat_0=0 +lon_0=180 +datum=WGS84 +units=m")
    axes = make_ax(-2e6, -2e6, 4e6)
    written = draw_graticule_ticks(axes, crs)
    assert {"180°", "170° E", "170° W", "0°"} <= set(written)


def test_degrees_stand_outside_the_frame(ax):
    ax.set_position((0.2, 0.2, 0.6, 0.6))
    draw_graticule_ticks(ax, LAEA)
    frame = ax.get_window_extent()
    assert ax.texts
    assert not any(t.get_window_extent(renderer_of(ax.figure)).overlaps(frame) for t in ax.texts)


def test_wrapped_text_is_no_wider_than_asked(ax):
    style = MapStyle()
    font = font_of(style, 6.0)
    text = "Front lines of 7 April and 12 May 1994, from words. " * 6 + "w" * 300
    lines = wrap(text, 400.0, ax.figure, font, most=99).split("\n")
    widths = [renderer_of(ax.figure).get_text_width_height_descent(l, font, ismath=False)[0] for l in lines]
    assert max(widths) <= 400
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_line_breaks_begin_paragraphs(ax):
    assert wrap("one\ntwo  three\n\nfour", 1e4, ax.figure, font_of(MapStyle(), 6)) == "one\ntwo three\n\nfour"
    assert wrap("", 100.0, ax.figure, font_of(MapStyle(), 6)) == ""


def test_a_title_is_as_wide_as_the_page_and_plain():
    page = FigurePage(MapStyle(), title="a $b$ c_d " * 60)
    (title,) = page.figure.texts
    extent, mm_per_px = title.get_window_extent(renderer_of(page.figure)), 25.4 / page.figure.dpi
    assert extent.width * mm_per_px <= page.inner_mm + 0.1
    assert not title.get_parse_math()
    assert page.top_mm == pytest.approx(3 + extent.height * mm_per_px + 2)
    assert FigurePage(MapStyle(), title="  ").top_mm == 3


def test_long_captions_stand_in_two_columns_that_do_not_touch():
    text = "Projection: Lambert azimuthal equal-area. " * 40
    page = FigurePage(MapStyle(), caption=text)
    left, right = page.figure.texts
    renderer = renderer_of(page.figure)
    assert left.get_window_extent(renderer).x1 < right.get_window_extent(renderer).x0
    assert abs(left.get_text().count("\n") - right.get_text().count("\n")) <= 1
    words = f"{left.get_text()} {right.get_text()}".split()
    assert words == text.split()


def test_short_captions_stand_in_one_and_empty_ones_are_not_there():
    assert len(FigurePage(MapStyle(), caption="Short.").figure.texts) == 1
    empty = FigurePage(MapStyle(), caption="")
    assert empty.figure.texts == []
    assert empty.caption_mm == 0


def test_what_is_on_a_page_keeps_its_place_when_the_page_is_cut():
    page = FigurePage(MapStyle(), caption="Made up.")
    ax = page.add("map", Box(10, 20, 100, 50))
    text = page.write("here", 10, 18, size_pt=7, name="heading")
    figure = page.end(74)
    assert figure.get_size_inches() * 25.4 == pytest.approx([180, 74 + page.caption_mm + 3])
    box = ax.get_window_extent().transformed(figure.dpi_scale_trans.inverted())
    left, top = box.x0 * 25.4, page.height_mm - box.y1 * 25.4
    assert (left, top, box.width * 25.4, box.height * 25.4) == pytest.approx((10, 20, 100, 50))
    assert (1 - text.get_position()[1]) * page.height_mm == pytest.approx(18)
    caption = next(t for t in figure.texts if t.get_gid() == "caption")
    assert (1 - caption.get_position()[1]) * page.height_mm == pytest.approx(74)


def test_metres_per_point(ax):
    assert metres_per_pt(ax) == pytest.approx(200_000 / (3 * 72))
