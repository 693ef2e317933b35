"""Transects and profiles on Axes, and their pages: what is drawn, where, and in which words."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from shapely import Point

import frontlines as fl
from frontlines.errors import CRSError, FrontlinesError
from frontlines.plot.front_layers import transect_entries
from frontlines.plot.style import DEFAULT_STYLE
from tests.fronts import FIRST, LAST, X, Y, districts, frame, front, path, square

# from x = 0 an advance up to 6 km, then nothing, then a retreat of 1 km; the last part is beyond reach
LINES = front(
    (FIRST, path((0, 0), (40, 0)), 100.0),
    (LAST, path((0, 0), (5, 6), (10, 0), (20, 0), (22, -1), (28, -1), (30, 0), (31, 30), (40, 30)), 200.0),
)
PARTS = districts(West=square(0, -9, 20, 40), East=square(20, -9, 40, 40))


def displaced():
    transects = fl.make_transects(LINES, "A", length_m=8000, smoothing_m=0)
    return fl.displacement(transects, LINES, districts=PARTS)


def axes():
    return Figure(figsize=(7, 4)).add_subplot()


def gids(ax):
    return {a.get_gid() for a in (*ax.collections, *ax.lines, *ax.texts, *ax.patches)}


def towns(**places):
    points = [Point(X + 1000 * x, Y + 1000 * y) for x, y in places.values()]
    return gpd.GeoDataFrame({"name": list(places)}, geometry=points, crs="EPSG:3035")


def test_transects_without_movement_are_thin_lines():
    ax = fl.draw_transects(fl.make_transects(LINES, "A"), ax=axes())
    assert gids(ax) == {"transect"}
    assert len(ax.collections[0].get_paths()) == 40


def test_movements_are_drawn_from_position_to_position_in_classes():
    moved = displaced()
    ax = fl.draw_transects(moved, ax=axes())
    drawn = {a.get_gid(): a for a in ax.collections}
    assert {"advance:2", "advance:1", "retreat:1", "unmoved", "no-value"} <= set(drawn)
    number = sum(len(a.get_paths()) for name, a in drawn.items() if name.startswith("advance"))
    assert number == (moved["nsm_m"] > 0).sum()
    longest = max((p.vertices for p in drawn["advance:2"].get_paths()), key=lambda v: np.ptp(v[:, 1]))
    assert np.ptp(longest[:, 1]) == pytest.approx(moved["nsm_m"].max(), abs=1)
    assert len(drawn["no-value"].get_offsets()) == moved["nsm_m"].isna().sum()
    assert len(drawn["unmoved"].get_paths()) == (moved["nsm_m"] == 0).sum()


def test_a_tick_near_the_edge_of_the_theatre_is_as_short_as_any():
    lines = front((FIRST, path((0, 0), (10, 0))), (LAST, path((0, 0), (5, 0), (5, 2), (10, 2))))
    theatre = frame(square(-1, -0.05, 11, 9))  # the front runs 50 m from the edge
    moved = fl.displacement(fl.make_transects(lines, "A", theatre=theatre), lines)
    drawn = {a.get_gid(): a for a in fl.draw_transects(moved, ax=axes()).collections}
    sizes = [np.ptp(path_.vertices, axis=0) for path_ in drawn["unmoved"].get_paths()]
    assert len(sizes) == 5
    np.testing.assert_allclose(sizes, np.tile(sizes[0], (5, 1)), atol=1e-3)
    assert sizes[0][0] == pytest.approx(0, abs=1e-3)
    assert 0 < sizes[0][1] < 300


def test_retreats_are_dashed_and_larger_movements_darker():
    drawn = {a.get_gid(): a for a in fl.draw_transects(displaced(), ax=axes()).collections}
    assert drawn["retreat:1"].get_linestyle()[0][1] is not None
    assert drawn["advance:1"].get_linestyle()[0][1] is None
    grey = [
        np.dot(to_rgb(drawn[f"advance:{n}"].get_colors()[0][:3]), (0.3, 0.59, 0.11))
        for n in (0, 1, 2)
        if f"advance:{n}" in drawn
    ]
    assert grey == sorted(grey, reverse=True)
    assert len(set(grey)) == len(grey)


def test_the_legend_names_what_is_drawn_and_nothing_else():
    texts = [text for text, _ in transect_entries(displaced(), DEFAULT_STYLE)]
    assert texts[-2:] == ["No movement", "No figure can be given"]
    assert any(text.startswith("Advance, over") for text in texts)
    still = displaced().assign(nsm_m=0.0)
    assert [text for text, _ in transect_entries(still, DEFAULT_STYLE)] == ["No movement"]


def test_transects_in_degrees_are_refused():
    with pytest.raises(CRSError, match="transects is in WGS 84"):
        fl.draw_transects(displaced().to_crs("EPSG:4326"), ax=axes())


def test_the_profile_shows_movement_error_districts_and_what_is_missing():
    moved = displaced()
    ax = fl.draw_profile(moved, ax=axes())
    assert {"movement", "advance", "retreat", "error", "no-value", "district"} <= gids(ax)
    y = np.concatenate([line.get_ydata() for line in ax.lines if line.get_gid() == "movement"])
    assert y.max() == pytest.approx(moved["nsm_m"].max() / 1000)
    edges = [line.get_ydata() for line in ax.lines if line.get_gid() == "error-edge"]
    assert max(e.max() for e in edges) == pytest.approx(
        (moved["nsm_m"] + 1.96 * moved["nsm_sigma_m"]).max() / 1000, rel=1e-3
    )
    assert {t.get_text() for t in ax.texts} == {"West", "East"}
    assert ax.get_xlabel().startswith("km along the front of 2 May 1994, from east to west")
    assert ax.get_ylabel() == "km, advance of A upwards"
    (drawn,) = [child for child in ax.get_children() if isinstance(child, Legend)]
    legend = [text.get_text() for text in drawn.get_texts()]
    assert legend == ["Advance", "Retreat", "95% error of the positions", "No figure can be given"]


def test_without_sigma_there_is_no_band_and_pieces_stand_apart():
    lines = front(
        (FIRST, path((0, 0), (4, 0))), (FIRST, path((9, 0), (12, 0))), (LAST, path((0, 1), (12, 1)))
    )
    moved = fl.displacement(fl.make_transects(lines, "A"), lines)
    ax = fl.draw_profile(moved, ax=axes())
    assert "error" not in gids(ax)
    assert sum(line.get_gid() == "movement" for line in ax.lines) == 2


def test_settlements_near_the_front_are_named_along_the_axis_as_they_are_written():
    near = towns(**{"$x^2$": (10, 2), "Near": (30, -1), "Beside": (30.2, -3), "Far": (20, 80)})
    ax = fl.draw_profile(displaced(), ax=axes(), settlements=near)
    named = {t.get_text(): t for t in ax.texts if t.get_gid() == "settlement"}
    assert set(named) == {"$x^2$", "Near"}
    assert not named["$x^2$"].get_parse_math()
    assert named["Near"].xy[0] == pytest.approx(9.5, abs=1e-3)  # 30 km from the west is 10 from the east


def test_a_stretch_without_a_figure_is_hatched_and_not_drawn_at_zero():
    ax = fl.draw_profile(displaced(), ax=axes())
    gaps = [patch for patch in ax.patches if patch.get_gid() == "no-value"]
    missing = displaced()[displaced()["nsm_m"].isna()]
    assert sum(gap.get_width() for gap in gaps) == pytest.approx(missing["stands_for_m"].sum() / 1000)
    assert all(gap.get_hatch() for gap in gaps)
    assert not any(line.get_gid() == "no-value" for line in ax.lines)


def test_advance_and_retreat_end_where_the_movement_changes_its_sign():
    # +2 km up to x = 4.5, -2 km from 5.5 on: zero in the middle
    later = path((0, 2), (4.99, 2), (5.01, -2), (10, -2))
    lines = front((FIRST, path((0, 0), (10, 0))), (LAST, later))
    ax = fl.draw_profile(fl.displacement(fl.make_transects(lines, "A"), lines), ax=axes())
    x = {
        a.get_gid(): np.concatenate([p.vertices[:, 0] for p in a.get_paths()])
        for a in ax.collections
        if a.get_gid() in {"advance", "retreat"}
    }
    assert x["retreat"].max() == pytest.approx(5, abs=0.01)  # the front runs from east to west
    assert x["advance"].min() == pytest.approx(5, abs=0.01)


def test_a_long_name_of_a_settlement_is_cut():
    ax = fl.draw_profile(displaced(), ax=axes(), settlements=towns(**{"Very long " * 12: (30, -1)}))
    (text,) = [t for t in ax.texts if t.get_gid() == "settlement"]
    assert text.get_text().startswith("Very long")
    assert text.get_text().endswith("…")
    assert text.get_window_extent().height / ax.figure.dpi * 25.4 < 31


def test_a_profile_without_any_figure_is_refused_and_one_without_movement_has_a_plain_axis():
    moved = displaced()
    with pytest.raises(FrontlinesError, match="no transect has a net movement: there is nothing to draw"):
        fl.draw_profile(moved.assign(nsm_m=np.nan), ax=axes())
    still = moved.assign(nsm_m=0.0, nsm_sigma_m=0.0)
    assert fl.draw_profile(still, ax=axes()).get_ylim()[1] > 1


def test_the_legend_of_the_map_names_fronts_in_view_alone():
    away = front((FIRST, path((0, 0), (9, 0))), (LAST, path((300, 0), (309, 0))))
    near = front((FIRST, path((0, 0), (9, 0))), (LAST, path((0, 0), (9, 0))))
    moved = fl.displacement(fl.make_transects(near, "A"), near)
    (ax,) = fl.movement_figure(moved, away, title="", caption="made up").axes
    (drawn,) = [child for child in ax.get_children() if isinstance(child, Legend)]
    assert [text.get_text() for text in drawn.get_texts()] == ["Front, 2 May 1994"]


def test_a_profile_needs_movements():
    with pytest.raises(FrontlinesError, match="of numbers: pass what comes from displacement"):
        fl.draw_profile(fl.make_transects(LINES, "A"), ax=axes())


def test_pages_hold_title_caption_and_the_right_ground():
    moved, texts = displaced(), {"title": "A title", "caption": "Sources: made up, $1 and <b>."}
    page = fl.profile_figure(moved, settlements=towns(Near=(30, -1)), **texts)
    assert {"A title"} <= {t.get_text() for t in page.texts}
    assert any("Sources: made up, $1 and <b>." in t.get_text() for t in page.texts)
    page = fl.movement_figure(moved, LINES, districts=PARTS, settlements=towns(Near=(30, -1)), **texts)
    (ax,) = page.axes
    assert {"front:1994-05-02", "front:1994-05-12", "advance:2", "district"} <= gids(ax)
    assert {"Near", "West"} <= {t.get_text() for t in ax.texts}
    assert ax.get_xlim()[0] < X + 5000 < ax.get_xlim()[1]
    assert page.get_figwidth() * 25.4 == pytest.approx(180)


def test_a_map_where_nothing_moved_shows_the_whole_front():
    lines = front((FIRST, path((0, 0), (9, 0))), (LAST, path((0, 0), (9, 0))))
    moved = fl.displacement(fl.make_transects(lines, "A"), lines)
    (ax,) = fl.movement_figure(moved, lines, title="", caption="made up").axes
    assert "shared:1994-05-12" in gids(ax)
    assert "unmoved" not in gids(ax)
    assert {"A", "B"} <= {text.get_text() for text in ax.texts}
    assert ax.get_xlim()[0] < X < X + 9000 < ax.get_xlim()[1]


def test_a_profile_across_an_axis_says_so():
    bent = frame(path((5, -9), (5, 9)))
    transects = fl.make_transects(LINES, "A", axis=bent, copies=2)
    ax = fl.draw_profile(fl.displacement(transects, LINES), ax=axes())
    assert ax.get_xlabel().startswith("km across the copies of the axis")
    assert shapely.is_valid(transects.geometry.values).all()
    assert pd.notna(transects["along_km"]).all()
