"""The overlay and the residuals, read off the artists."""

import dataclasses
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.collections import LineCollection
from matplotlib.legend import Legend
from PIL import Image
from pyproj import CRS

from frontlines.datasets import render_scan, scan_of_map
from frontlines.digitize import digitize, open_scan
from frontlines.errors import FrontlinesError
from frontlines.plot import overlay_figure, residual_figure
from frontlines.plot import style as styles
from frontlines.plot.scan_figures import (
    line_colours,
    magnification,
    magnified,
    nice_factor,
    overlay_caption,
    pale,
    residual_vectors,
    thumbnail,
)

RECIPE = """
image = "scan.png"
points = "points.csv"
crs = "EPSG:32638"
map = "A map of $x^2$"
sides = {N = {col = 200, row = 10}, S = {col = 200, row = 240}}
[[line]]
colour = "blue"
date = 1994-04-07
[[line]]
colour = "red"
date = 1994-05-12
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scan")
    x = np.linspace(20, 480, 120)
    red = np.column_stack([x, 120 + 25 * np.sin(x / 30)])
    bulge = np.where((x > 150) & (x < 350), 60 * np.sin(np.pi * (x - 150) / 200), 0)
    drawn = gpd.GeoDataFrame(
        {"colour": ["#1f4fb4", "#cc2222"], "width_px": [4.0, 4.0]},
        geometry=[shapely.LineString(red + np.column_stack([0 * x, bulge])), shapely.LineString(red)],
    )
    Image.fromarray(render_scan(drawn, size_px=(500, 250)).pixels).save(folder / "scan.png")
    pixels = np.array([[c, r] for r in (5, 125, 245) for c in (5, 170, 340, 495)], dtype=float)
    ground = gpd.GeoSeries.from_xy(6e5 + 100 * pixels[:, 0], 4.4e6 - 100 * pixels[:, 1], crs=32638).to_crs(
        4326
    )
    read = pixels + np.random.default_rng(2).normal(0, 0.6, pixels.shape)
    read[3] += [0, 60]
    points = pd.DataFrame(
        {
            "id": [f"p{k}" for k in range(12)],
            "col": read[:, 0],
            "row": read[:, 1],
            "lon": ground.x,
            "lat": ground.y,
        }
    )
    points.to_csv(folder / "points.csv", index=False)
    (folder / "digitize.toml").write_text(RECIPE)
    return digitize(folder / "digitize.toml")


def panel(page, name):
    return next(ax for ax in page.axes if ax.get_label() == name)


def test_the_overlay_shows_lines_points_and_what_was_not_seen(found):
    page = overlay_figure(found)
    ax = panel(page, "scan")
    dashed = [
        one
        for one in ax.collections
        if isinstance(one, LineCollection) and one.get_linestyles()[0][1] is not None
    ]
    assert sum(len(one.get_segments()) for one in dashed) == int((~found.frontlines["seen"]).sum())
    assert len(ax.images) == 1
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # rows grow downwards
    (legend,) = [a for a in panel(page, "legend").get_children() if isinstance(a, Legend)]
    texts = [" ".join(text.get_text().split()) for text in legend.get_texts()]
    assert texts[:3] == ["7 April 1994", "12 May 1994", "not seen: under another line, or over a gap"]
    assert "control point that does not belong, at its length" in texts


def test_the_overlay_names_the_sides_where_the_recipe_does(found):
    ax = panel(overlay_figure(found), "scan")
    places = {
        line.get_gid(): (line.get_xdata()[0], line.get_ydata()[0])
        for line in ax.lines
        if str(line.get_gid()).startswith("side:")
    }
    assert set(places) == {"side:N", "side:S"}
    assert places["side:N"][1] < places["side:S"][1]
    assert {"N", "S"} <= {text.get_text() for text in ax.texts}


def test_the_overlay_tints_the_flanks_of_lines_as_they_were_found(found):
    swapped = found.frontlines.rename(columns={"side_left": "side_right", "side_right": "side_left"})
    for one, upper in ((found, "N"), (dataclasses.replace(found, frontlines=swapped), "S")):
        rows = {"N": [], "S": []}
        for patch in panel(overlay_figure(one), "scan").patches:
            kind, _, side = str(patch.get_gid()).partition(":")
            if kind == "flank":
                rows[side].append(patch.get_path().vertices[:, 1].mean())
        assert min(rows, key=lambda side: np.mean(rows[side])) == upper


def test_the_overlay_marks_the_cautions_of_its_caption_by_number(found):
    (mark,) = (line for line in panel(overlay_figure(found), "scan").lines if line.get_gid() == "caution:1")
    told = next(one for one in found.cautions if one.name == "bad point")
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == pytest.approx(told.pixel)
    assert f"(1) Control {told.text.removeprefix('control ')}" in overlay_caption(found)
    (hidden, *_) = (one for one in found.cautions if one.name == "hidden")
    lon, lat = found.georeference.lonlat(np.array([hidden.pixel]))[0]
    assert hidden.text.endswith(f"(longitude {lon:.4f}, latitude {lat:.4f})")


def test_vectors_lead_from_where_a_point_was_read_to_where_it_is_put(found):
    table = found.residuals
    vectors = residual_vectors(found)
    np.testing.assert_allclose(np.hypot(*vectors.T), table["residual_px"], rtol=0.02, atol=0.02)
    (worst,) = np.flatnonzero(table["bad"])
    assert table["id"][worst] == "p3"


def test_captions_say_how_the_scan_sits_and_what_to_mind(found):
    text = overlay_caption(found)
    assert "adjusted for 10 degrees of freedom (n - k)" in text
    assert "Control point p3" in text
    assert "standard error across it" in text
    assert "standard error across it" not in overlay_caption(found, lines=False)
    yard = {"side": "A", "area_km2": 0.000412, "sigma_m": 0.4}
    tiny = SimpleNamespace(**{name: getattr(found, name) for name in ("recipe", "georeference", "cautions")})
    tiny.manifest = {"lines": [], "areas": [yard]}
    assert "A: 412 m², standard error of its edge 0.40 m." in overlay_caption(tiny)


def test_however_much_is_to_be_said_there_is_room_for_the_scan(found):
    many = tuple(dataclasses.replace(found.cautions[0], name="sides") for _ in range(100))
    recipe = dataclasses.replace(found.recipe, map_name="A very long title of a map " * 150)
    crowded = dataclasses.replace(found, cautions=many, recipe=recipe)
    assert "And 92 more cautions: see the manifest." in overlay_caption(crowded)
    page = overlay_figure(crowded)
    scan = panel(page, "scan")
    assert scan.get_position().height * page.get_figheight() * 25.4 >= 59


def test_both_pages_are_drawn_without_markup(found, tmp_path):
    for figure in (overlay_figure(found), residual_figure(found)):
        assert figure.get_size_inches()[0] == pytest.approx(180 / 25.4)
        texts = [text for ax in figure.axes for text in ax.texts] + figure.texts
        assert any("$x^2$" in text.get_text() for text in texts)
        assert not any(text.get_parse_math() for text in texts)
        figure.savefig(tmp_path / "page.png", dpi=60)
    bars = panel(residual_figure(found), "bars")
    assert bars.get_yticklabels()[0].get_text() == "p3"


def test_without_control_points_there_is_nothing_to_draw(found):
    bare = dataclasses.replace(
        found, georeference=dataclasses.replace(found.georeference, residuals=found.residuals.iloc[:0])
    )
    with pytest.raises(FrontlinesError, match="has no control points"):
        residual_figure(bare)
    assert residual_vectors(bare).shape == (0, 2)


def test_a_spline_shows_leave_one_out_errors(found):
    from frontlines.digitize import georeference  # noqa: PLC0415

    spline = georeference(
        found.georeference.control, found.georeference.size_px, crs=CRS("EPSG:32638"), transformation="spline"
    )
    other = dataclasses.replace(found, georeference=spline)
    assert np.hypot(*residual_vectors(other).T).min() > 0.01
    texts = [text.get_text() for text in residual_figure(other).texts]
    assert any("only leave-one-out errors are given" in text for text in texts)


def test_lines_are_drawn_like_their_inks_whatever_their_dates():
    inks = {"May": "#2f5bb8", "April": "#ad131e", "March": "#297c45", "June": "#2b2b2b", "July": "#d97c08"}
    drawn = line_colours(inks, styles.DEFAULT_STYLE)
    assert drawn == {
        "May": "#3B93DB", "April": "#A50F20", "March": "#009E73", "June": "#1A1A1A", "July": "#E69F00",
    }  # fmt: skip
    two_blues = line_colours({"a": "#2450be", "b": "#6f9ad8"}, styles.DEFAULT_STYLE)
    assert len(set(two_blues.values())) == 2
    many = {str(k): f"#{k:02x}0000" for k in range(20)}
    assert line_colours(many, styles.DEFAULT_STYLE) == many


def test_residuals_too_small_to_matter_have_no_arrows(found):
    table = found.residuals.assign(**{
        f"residual_{way}_m": found.residuals[f"residual_{way}_m"] / 1000 for way in ("east", "north")
    })  # fmt: skip
    exact = dataclasses.replace(found, georeference=dataclasses.replace(found.georeference, residuals=table))
    assert magnification(found, 180.0) >= 1
    assert magnification(exact, 180.0) == 0
    assert "not drawn" in magnified(0.0)
    ax = panel(overlay_figure(exact), "scan")
    arrows = [one for one in ax.collections if isinstance(one, LineCollection) and one.get_zorder() == 6]
    lengths = [np.ptp(path.vertices, axis=0).max() for one in arrows for path in one.get_paths()]
    assert max(lengths) < 0.05  # that of the bad point, which is never magnified


def test_magnification_shrinking_and_paleness():
    assert [nice_factor(length) for length in (10.0, 1.0, 0.3, 0.02, 100.0)] == [1, 10, 20, 500, 1]
    pixels = np.zeros((1000, 300, 3), np.uint8)
    pixels[:, 150:] = 200
    small = thumbnail(open_scan(pixels), 30)
    assert small.shape == (100, 30, 3)
    assert small[:, :15].max() == 0
    assert small[:, 15:].min() == 200
    assert pale(small).min() == 128


def test_a_made_up_map_needs_crossings():
    line = gpd.GeoDataFrame(
        {"colour": ["#1f4fb4"], "width_px": [4.0]},
        geometry=[shapely.LineString([(46.1, 39.1), (46.2, 39.2)])],
        crs=4326,
    )
    with pytest.raises(
        FrontlinesError, match=r"\d crossings of the graticule lie on the scan: make graticule_deg smaller"
    ):
        scan_of_map(line, crs=CRS("EPSG:32638"), width_px=200)


def test_masks_and_frame_are_drawn(found):
    recipe = dataclasses.replace(
        found.recipe, masks=(shapely.box(10, 10, 60, 40),), frame=(5.0, 5.0, 490.0, 240.0)
    )
    page = overlay_figure(dataclasses.replace(found, recipe=recipe))
    drawn = {patch.get_gid(): patch.get_path().get_extents().bounds for patch in panel(page, "scan").patches}
    assert drawn["masks"] == (10, 10, 50, 30)
    assert drawn["frame"] == (5, 5, 485, 235)
