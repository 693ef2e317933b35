"""The pieces and the whole figure, read off their artists."""

import copy
import sys
import warnings
from dataclasses import dataclass, field, replace
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import matplotlib.colors
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.text import Text

from frontlines.errors import CRSError, FrontlinesError
from frontlines.plot import (
    MapStyle,
    change_figure,
    draw_change,
    draw_context,
    draw_control,
    draw_districts,
    draw_frontlines,
    draw_settlements,
)
from frontlines.plot.artists import View, metres_per_pt, view_of
from frontlines.plot.front_layers import split_shared
from frontlines.plot.map_layers import change_classes
from frontlines.plot.map_page import Needs
from frontlines.plot.scene import detail_views
from frontlines.plot.text import renderer_of

KM = 1000.0
CRS = pyproj.CRS("+proj=laea +lat_0=40 +lon_0=46 +datum=WGS84 +units=m")
APRIL, MAY = pd.Timestamp("1994-04-07"), pd.Timestamp("1994-05-12")


def boxes_km(*corners):
    return [shapely.box(*(v * KM for v in c)) for c in corners]


def frame(geometry, crs=CRS, **columns):
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=crs)


@pytest.fixture
def ax():
    return new_ax()


def new_ax():
    figure = Figure(figsize=(4, 4), dpi=150)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xticks=[], yticks=[])
    return axes


def control():
    return frame(boxes_km((0, 0, 50, 100), (50, 0, 90, 100), (90, 0, 100, 100)), side=["W", "E", "contested"])


def change():
    cells = boxes_km((0, 0, 40, 100), (40, 0, 50, 50), (40, 50, 50, 100), (50, 0, 100, 100))
    return frame(cells, side_from=["W", "E", "W", "E"], side_to=["W", "W", "E", "E"])


def fronts():
    april = shapely.LineString([(40 * KM, 0), (40 * KM, 50 * KM), (50 * KM, 50 * KM), (50 * KM, 100 * KM)])
    may = shapely.LineString([(50 * KM, 0), (50 * KM, 50 * KM), (40 * KM, 50 * KM), (40 * KM, 100 * KM)])
    return frame([april, may], date=[APRIL, MAY], sigma_m=[2_000.0, 1_000.0])


def districts():
    return frame(boxes_km((0, 0, 50, 100), (50, 0, 100, 100)), district=["Ağdam", "Tərtər"], vintage="now")


def settlements():
    points = [shapely.Point(20 * KM, 20 * KM), shapely.Point(70 * KM, 70 * KM), shapely.Point(), None]
    return frame(points, name=["Talış", "Bərdə", "nowhere", "missing"], side=["W", "E", "E", "E"])


def context():
    lands = boxes_km((-100, -100, 200, 0), (-100, 100, 200, 200))
    oblast = shapely.LineString([(10 * KM, 10 * KM), (90 * KM, 10 * KM), (90 * KM, 90 * KM)])
    names = ["Southland", "Northland", "Old oblast, 1991"]
    return frame([*lands, oblast], kind=["country", "country", "oblast"], name=names)


@dataclass(frozen=True)
class Study:
    title: str = "Two fronts, $7_a$ and 12 May"
    side: str = "W"
    sides: Any = field(default_factory=lambda: {"W": "Western side", "E": "Eastern side"})
    theatre: Any = field(default_factory=lambda: frame(boxes_km((0, 0, 100, 100))))
    districts: Any = field(default_factory=districts)
    settlements: Any = field(default_factory=settlements)
    context: Any = field(default_factory=context)
    zoom: Any = None
    towns: tuple[str, ...] = ("Talış", "Bərdə", "nowhere")
    zoom_towns: tuple[str, ...] = ("Talış",)
    crs: Any = CRS
    colours: Any = field(default_factory=dict)
    around: str = "coast"

    @property
    def followed(self):
        return (self.side,)

    @property
    def every_side(self):
        return tuple(self.sides)


@dataclass(frozen=True)
class Results:
    study: Study = field(default_factory=Study)
    frontlines: Any = field(default_factory=fronts)
    change: Any = field(default_factory=change)
    balance: Any = field(
        default_factory=lambda: pd.DataFrame(
            {
                "district": ["Ağdam", "Tərtər"],
                "side": "W",
                "gained_km2": [500.0, 0.0],
                "lost_km2": [500.0, 0.0],
                "net_km2": [0.0, 0.0],
            }
        )
    )
    totals: Any = field(default_factory=lambda: pd.DataFrame({"net_km2": [0.0]}))
    errors: Any = None
    no_district: Any = None
    bare: Any = None
    caption: str = "Dates: 7 April and 12 May. Projection: Lambert azimuthal equal-area. " * 4


PIECES = {
    "control": (draw_control, control),
    "frontlines": (draw_frontlines, fronts),
    "districts": (draw_districts, districts),
    "settlements": (draw_settlements, settlements),
    "context": (draw_context, context),
    "change": (lambda data, **kwargs: draw_change(data, "W", **kwargs), change),
}


def gids(axes):
    return [a.get_gid() for a in axes.get_children() if a.get_gid()]


def by_gid(axes, gid):
    return [a for a in axes.get_children() if a.get_gid() == gid]


def texts_of(figure):
    return [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]


def assert_clean_type(figure):
    """No text over text, none outside the page, none below 6 pt, none read as markup."""
    renderer = renderer_of(figure)
    figure.canvas.draw()
    texts = texts_of(figure)
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in texts]
    for axes in figure.axes:
        bars = [a for a in axes.artists if hasattr(a, "info")]
        boxes += [(bar.info.scale_text, bar.info.window_extent) for bar in bars]
    clashes = [(a, b) for (a, one), (b, two) in combinations(boxes, 2) if one.overlaps(two)]
    assert clashes == []
    page = figure.bbox
    assert [t for t, b in boxes if b.x0 < page.x0 or b.x1 > page.x1 or b.y0 < page.y0 or b.y1 > page.y1] == []
    assert min(t.get_fontsize() for t in texts) >= 6
    assert not [t.get_text() for t in texts if t.get_parse_math() and "$" in t.get_text()]


# -- every piece


@pytest.mark.parametrize("name", PIECES)
def test_pieces_return_the_axes_and_change_nothing_else(name, ax):
    draw, make = PIECES[name]
    data = make()
    before, settings = data.copy(deep=True), copy.deepcopy(dict(mpl.rcParams))
    assert draw(data, ax=ax) is ax
    assert_geodataframe_equal(data, before)
    assert dict(mpl.rcParams) == settings
    assert ax.get_aspect() == 1
    west, east = ax.get_xlim()
    assert east - west > 10 * KM


@pytest.mark.parametrize("name", PIECES)
def test_pieces_keep_the_extent_as_found(name, ax):
    draw, make = PIECES[name]
    ax.plot([0, 1], [0, 1])
    ax.set(xlim=(-5 * KM, 30 * KM), ylim=(3 * KM, 38 * KM))
    draw(make(), ax=ax)
    assert ax.get_xlim() == (-5 * KM, 30 * KM)
    assert ax.get_ylim() == (3 * KM, 38 * KM)


@pytest.mark.parametrize("name", PIECES)
def test_pieces_make_axes_when_there_are_none(name):
    draw, make = PIECES[name]
    figures = plt.get_fignums()
    made = draw(make())
    assert len(plt.get_fignums()) == len(figures) + 1
    assert made.figure.number in plt.get_fignums()
    made.figure.canvas.draw()


@pytest.mark.parametrize("name", PIECES)
def test_empty_frames_are_fine(name, ax):
    draw, make = PIECES[name]
    assert draw(make().iloc[:0], ax=ax) is ax
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", PIECES)
def test_missing_and_empty_geometry_is_passed_over(name, ax):
    draw, make = PIECES[name]
    data = make()
    shapes = [None, shapely.GeometryCollection(), *data.geometry.iloc[2:]]
    draw(data.set_geometry(gpd.GeoSeries(shapes[: len(data)], index=data.index, crs=CRS)), ax=ax)
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", PIECES)
def test_frames_that_are_not_in_metres_are_refused(name, ax):
    draw, make = PIECES[name]
    with pytest.raises(CRSError, match="has no CRS"):
        draw(make().set_crs(None, allow_override=True), ax=ax)
    with pytest.raises(CRSError, match="plane in metres"):
        draw(make().set_crs(4326, allow_override=True), ax=ax)


def test_pieces_compose(ax):
    draw_context(context(), ax=ax)
    draw_control(control(), ax=ax)
    draw_districts(districts(), ax=ax)
    draw_frontlines(fronts(), ax=ax)
    draw_settlements(settlements(), ax=ax)
    assert {"country", "side:W", "district", "front:1994-04-07", "town"} <= set(gids(ax))
    assert_clean_type(ax.figure)


# -- control and change


def test_each_side_has_its_colour_and_contested_its_hatch(ax):
    draw_control(control(), ax=ax)
    patches = {p.get_gid(): p for p in ax.patches}
    assert list(patches) == ["side:E", "side:W", "side:contested"]
    assert patches["side:contested"].get_hatch() == MapStyle().contested_hatch
    assert len({matplotlib.colors.to_hex(p.get_facecolor()) for p in patches.values()}) == 3


def test_a_side_keeps_its_colour_when_another_is_missing():
    one, two = (
        draw_control(control(), ax=new_ax()),
        draw_control(control().iloc[:1], ax=new_ax(), sides=["W", "E"]),
    )
    assert by_gid(one, "side:W")[0].get_facecolor() == by_gid(two, "side:W")[0].get_facecolor()


def test_holes_stay_open(ax):
    ring = shapely.box(0, 0, 9 * KM, 9 * KM).difference(shapely.box(3 * KM, 3 * KM, 6 * KM, 6 * KM))
    draw_control(frame([ring], side=["W"]), ax=ax)
    ax.axis("off")
    ax.figure.canvas.draw()
    pixels = np.asarray(ax.figure.canvas.buffer_rgba())[..., :3]
    middle, rim = pixels[300, 300], pixels[300, 60]
    assert tuple(middle) == (255, 255, 255)
    assert tuple(rim) != (255, 255, 255)


def test_gained_lost_and_held_differ_in_colour_and_hatch(ax):
    draw_change(change(), "W", ax=ax)
    patches = {p.get_gid(): p for p in ax.patches}
    assert set(patches) == {"gained:W", "lost:E", "side:W", "side:E"}
    assert len({p.get_facecolor() for p in patches.values()}) == 4
    assert len({p.get_hatch() for p in patches.values()}) == 3
    assert patches["side:E"].get_hatch() is patches["side:W"].get_hatch() is None
    assert patches["gained:W"].get_path().get_extents().bounds == (40 * KM, 0, 10 * KM, 50 * KM)
    assert patches["lost:E"].get_path().get_extents().bounds == (40 * KM, 50 * KM, 10 * KM, 50 * KM)


def test_what_one_side_gains_the_other_loses():
    assert list(change_classes(change(), "W")) == ["held", "gained", "lost", "rest"]
    assert list(change_classes(change(), "E")) == ["rest", "lost", "gained", "held"]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("W", "W", "held"), ("E", "W", "gained"), ("unknown", "W", "gained"), ("W", "unknown", "lost"),
        ("W", "contested", "lost"), ("contested", "W", "gained"), ("E", "E", "rest"), ("E", "N", "others"),
        ("E", "unknown", "unknown"), ("unknown", "unknown", "unknown"), ("contested", "contested", "rest"),
    ],
)  # fmt: skip
def test_classes_follow_the_definitions(before, after, kind):
    assert list(change_classes(pd.DataFrame({"side_from": [before], "side_to": [after]}), "W")) == [kind]


def test_contested_ground_is_hatched_over_its_class(ax):
    cells = frame(boxes_km((0, 0, 9, 9), (9, 0, 19, 9)), side_from=["W", "E"], side_to=["contested", "E"])
    draw_change(cells, "W", ax=ax)
    assert [p.get_gid() for p in ax.patches] == ["side:E", "lost:contested", "contested"]
    (over,) = by_gid(ax, "contested")
    assert over.get_hatch() == MapStyle().contested_hatch
    assert over.get_facecolor()[3] == 0


# -- fronts


def colour_of(axes, gid):
    (line,) = by_gid(axes, gid)
    return matplotlib.colors.to_hex(line.get_colors()[0])


def test_the_earlier_front_is_grey_and_dashed_and_the_later_black(ax):
    draw_frontlines(fronts(), ax=ax)
    early, late = MapStyle().front_tones
    assert colour_of(ax, "front:1994-04-07") == early.lower()
    assert colour_of(ax, "front:1994-05-12") == late.lower()
    dashes = [by_gid(ax, f"front:{day}")[0].get_linestyles()[0][1] for day in ("1994-04-07", "1994-05-12")]
    assert [one is None for one in dashes] == [False, True]


def shared_fronts():
    april = shapely.LineString([(0, 0), (50 * KM, 0), (100 * KM, 0)])
    may = shapely.LineString([(0, 0), (50 * KM, 0), (100 * KM, 50 * KM)])
    return frame([april, may], date=[APRIL, MAY])


def test_where_fronts_run_together_both_colours_show(ax):
    draw_frontlines(shared_fronts(), ax=ax)
    (over,) = by_gid(ax, "shared:1994-05-12")
    (under,) = by_gid(ax, "front:1994-04-07")
    assert over.get_zorder() > under.get_zorder()
    _, dashes = over.get_linestyles()[0]
    assert dashes is not None
    length = sum(np.hypot(*np.diff(p.vertices, axis=0).T).sum() for p in over.get_paths())
    assert length == pytest.approx(50 * KM, rel=0.03)
    ax.axis("off")
    ax.figure.canvas.draw()
    pixels = np.asarray(ax.figure.canvas.buffer_rgba())[..., :3].astype(int).reshape(-1, 3)
    for colour in MapStyle().front_tones:
        wanted = (np.array(matplotlib.colors.to_rgb(colour)) * 255).round()
        assert (abs(pixels - wanted).max(axis=1) < 12).sum() > 50


def test_the_shortest_piece_that_runs_together_at_an_end_shows_both_tones(ax):
    april = shapely.LineString([(0, 0), (100 * KM, 0)])
    may = shapely.LineString([(-50 * KM, 50 * KM), (-0.5 * KM, 0), (0.5 * KM, 0)])
    draw_frontlines(frame([april, may], date=[APRIL, MAY]), ax=ax)
    (over,), (under,) = by_gid(ax, "shared:1994-05-12"), by_gid(ax, "under:1994-05-12")
    _, (on, off) = over.get_linestyles()[0]
    length_pt = shapely.length(shapely.LineString(over.get_paths()[0].vertices)) / metres_per_pt(ax)
    assert on == pytest.approx(off)
    assert on <= length_pt / 2 + 1e-6
    assert under.get_colors()[0].tolist() != over.get_colors()[0].tolist()


def test_lines_that_cross_do_not_run_together():
    one, two = shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(50, -50), (50, 50)])
    alone, shared = split_shared([two], [one], 1.0)
    assert len(shared) == 0
    assert shapely.length(alone).sum() == pytest.approx(100)


def test_splitting_loses_nothing():
    rng = np.random.default_rng(2)
    points = np.cumsum(rng.normal(size=(60, 2)), axis=0)
    line, other = shapely.LineString(points), shapely.LineString(np.vstack([points[20:40], points[40:] + 3]))
    alone, shared = split_shared([line], [other], 0.01)
    assert shapely.length(alone).sum() + shapely.length(shared).sum() == pytest.approx(line.length)
    assert shapely.length(shared).sum() >= shapely.LineString(points[20:40]).length * 0.99


def test_many_dates_each_have_a_colour(ax):
    days = pd.date_range("2022-01-01", periods=4)
    lines = [shapely.LineString([(0, i * KM), (50 * KM, i * 3 * KM)]) for i in range(4)]
    draw_frontlines(frame(lines, date=days), ax=ax)
    assert len({colour_of(ax, f"front:{d:%Y-%m-%d}") for d in days}) == 4


def test_the_band_is_one_sigma_wide_and_lies_behind_the_lines(ax):
    draw_frontlines(fronts(), ax=ax)
    bands = by_gid(ax, "band:1994-04-07")
    widest = max(bands, key=lambda p: p.get_path().get_extents().width)
    assert widest.get_path().get_extents().x0 == pytest.approx(38 * KM)
    assert widest.get_path().get_extents().x1 == pytest.approx(52 * KM)
    assert all(0 < p.get_alpha() < 0.3 for p in bands)
    assert max(p.get_zorder() for p in bands) < by_gid(ax, "front:1994-04-07")[0].get_zorder()


def test_no_band_when_it_is_not_wanted_or_there_is_no_sigma():
    plain = draw_frontlines(fronts(), ax=new_ax(), band=False)
    without = draw_frontlines(fronts().drop(columns="sigma_m"), ax=new_ax())
    assert not [g for axes in (plain, without) for g in gids(axes) if g.startswith("band")]


def test_the_band_is_cut_to_the_theatre(ax):
    draw_frontlines(fronts(), ax=ax, within=shapely.box(0, 10 * KM, 45 * KM, 90 * KM))
    extents = [p.get_path().get_extents() for p in by_gid(ax, "band:1994-04-07")]
    assert max(e.x1 for e in extents) == pytest.approx(45 * KM)
    assert min(e.y0 for e in extents) == pytest.approx(10 * KM)


# -- base map


def test_districts_are_outlined_and_named(ax):
    draw_districts(districts(), ax=ax)
    (path,) = by_gid(ax, "district")[0].get_paths()
    assert np.isnan(path.vertices).all(axis=1).sum() == 1  # two outlines, one gap
    assert sorted(t.get_text() for t in ax.texts) == ["Ağdam", "Tərtər"]


def test_a_label_column_is_written_in_place_of_the_key(ax):
    draw_districts(districts().assign(label=["A", "B"]), ax=ax)
    assert sorted(t.get_text() for t in ax.texts) == ["A", "B"]


def test_only_so_many_districts_are_named_the_weightiest_first(ax):
    draw_districts(districts(), ax=ax, most=1, weight={"Tərtər": 2.0})
    assert [t.get_text() for t in ax.texts] == ["Tərtər"]
    assert [t.get_text() for t in draw_districts(districts(), ax=new_ax(), label=False).texts] == []


def test_settlements_without_a_point_are_left_out_and_names_choose(ax):
    draw_settlements(settlements(), ax=ax)
    assert sorted(t.get_text() for t in ax.texts) == ["Bərdə", "Talış"]
    chosen = draw_settlements(settlements(), ax=new_ax(), names=["Bərdə", "unheard of"])
    (dots,) = by_gid(chosen, "town")
    assert np.asarray(dots.get_offsets()).tolist() == [[70 * KM, 70 * KM]]


def test_a_settlement_with_several_dates_is_drawn_once(ax):
    twice = pd.concat([settlements(), settlements()], ignore_index=True)
    draw_settlements(twice, ax=ax)
    assert len(by_gid(ax, "town")[0].get_offsets()) == 2


def test_countries_are_grey_off_the_sea_and_the_oblast_dashed(ax):
    theatre = shapely.box(0, 50 * KM, 100 * KM, 150 * KM)
    sea = frame(boxes_km((-100, -100, 200, 200)), kind=["sea"], name=[None])
    draw_context(pd.concat([sea, context()]), ax=ax, aside=theatre)
    style = MapStyle()
    assert matplotlib.colors.to_hex(by_gid(ax, "country")[0].get_facecolor()) == style.country_face.lower()
    assert matplotlib.colors.to_hex(by_gid(ax, "sea")[0].get_facecolor()) == style.sea_face.lower()
    assert by_gid(ax, "oblast")[0].get_linestyles()[0][1] is not None
    assert sorted(t.get_text() for t in ax.texts) == ["Northland", "Southland"]
    inside = [t for t in ax.texts if theatre.contains(shapely.Point(t.xy))]
    assert inside == []


# -- the whole figure


def test_the_figure_fits_a_journal_page():
    figure = change_figure(Results())
    width, height = figure.get_size_inches() * 25.4
    assert width == pytest.approx(180)
    assert height <= 230
    assert isinstance(figure.canvas, FigureCanvasAgg)
    assert_clean_type(figure)


def test_the_figure_touches_neither_pyplot_nor_rcparams_nor_its_input():
    results = Results()
    before = {name: getattr(results, name).copy(deep=True) for name in ("frontlines", "change")}
    study = {
        name: getattr(results.study, name).copy(deep=True) for name in ("theatre", "districts", "context")
    }
    settings, figures = copy.deepcopy(dict(mpl.rcParams)), plt.get_fignums()
    change_figure(results)
    assert dict(mpl.rcParams) == settings
    assert plt.get_fignums() == figures
    for name, data in before.items():
        assert_geodataframe_equal(getattr(results, name), data)
    for name, data in study.items():
        assert_geodataframe_equal(getattr(results.study, name), data)


def test_the_figure_does_not_depend_on_rcparams():
    usual = change_figure(Results())
    with mpl.rc_context(
        {"font.size": 30, "lines.scale_dashes": False, "text.color": "red", "axes.facecolor": "k"}
    ):
        other = change_figure(Results())
    one, two = (
        [(t.get_text(), t.get_fontsize(), t.get_color()) for t in texts_of(f)] for f in (usual, other)
    )
    assert one == two


ZOOM = (46.3, 40.2, 46.75, 40.7)


def panel(figure, name):
    return next(a for a in figure.axes if a.get_gid() == name)


def test_the_figure_has_all_its_parts():
    figure = change_figure(Results(study=Study(zoom=ZOOM)))
    main, zoom = panel(figure, "main"), panel(figure, "zoom")
    assert panel(figure, "locator") is not None
    for axes in (main, zoom):
        assert {
            "gained:W",
            "lost:E",
            "side:W",
            "side:E",
            "front:1994-04-07",
            "front:1994-05-12",
            "north",
        } <= set(gids(axes))
        assert len([a for a in axes.artists if hasattr(a, "info")]) == 1
    words = [t.get_text() for t in texts_of(figure)]
    for word in (
        "Two fronts, $7_a$ and 12 May", "Front, 7 April 1994", "Front, 12 May 1994", "Western side: gained",
        "Western side: lost", "Western side: held on both dates", "Eastern side: held on both dates",
        "± 1 sigma of the front's position", "District boundary", "Old oblast, 1991", "State border or coast",
        "Town or village", "Northland", "Southland", "Talış", "Bərdə", "Ağdam",
    ):  # fmt: skip
        assert word in words, word
    assert "nowhere" not in words
    caption = " ".join(t.get_text() for t in texts_of(figure) if t.get_gid() == "caption")
    assert caption.split()[: len(Results().caption.split())] == Results().caption.split()
    assert " ".join(caption.split()).endswith(
        "Natural Earth 4.1 (public domain), borders as held de facto about 2018."
    )


def test_the_frame_on_the_first_panel_is_what_the_second_shows():
    figure = change_figure(Results(study=Study(zoom=ZOOM)))
    main, zoom = panel(figure, "main"), panel(figure, "zoom")
    (rectangle,) = by_gid(main, "zoom-frame")
    assert (rectangle.get_x(), rectangle.get_x() + rectangle.get_width()) == pytest.approx(zoom.get_xlim())
    assert (rectangle.get_y(), rectangle.get_y() + rectangle.get_height()) == pytest.approx(zoom.get_ylim())


def test_panels_are_aligned_and_not_distorted():
    figure = change_figure(Results(study=Study(zoom=ZOOM)))
    main, zoom = panel(figure, "main"), panel(figure, "zoom")
    assert main.get_position().y1 == pytest.approx(zoom.get_position().y1)
    for axes in (main, zoom):
        box, (west, east), (south, north) = axes.get_window_extent(), axes.get_xlim(), axes.get_ylim()
        assert (east - west) / (north - south) == pytest.approx(box.width / box.height, rel=1e-3)
    margin = 3.0 / 180
    assert main.get_position().x0 == pytest.approx(margin)
    assert zoom.get_position().x1 == pytest.approx(1 - margin)


def test_a_zoom_in_degrees_is_shown_whole():
    figure = change_figure(Results(study=Study(zoom=(46.2, 40.1, 46.6, 40.5))))
    zoom = panel(figure, "zoom")
    x, y = pyproj.Transformer.from_crs(4326, CRS, always_xy=True).transform([46.2, 46.6], [40.1, 40.5])
    assert zoom.get_xlim()[0] <= x[0] < x[1] <= zoom.get_xlim()[1] + 1
    assert zoom.get_ylim()[0] <= y[0] < y[1] <= zoom.get_ylim()[1] + 1


def test_the_second_panel_is_about_the_side_of_the_study():
    cells = boxes_km((0, 0, 90, 90), (0, 90, 8, 98), (75, 90, 99, 99))
    moved = frame(cells, side_from=["W", "E", "N"], side_to=["W", "W", "E"])
    zoom = panel(change_figure(Results(change=moved)), "zoom")
    assert zoom.get_xlim()[1] < 50 * KM
    others = frame(cells[1:], side_from=["E", "N"], side_to=["E", "E"])
    zoom = panel(change_figure(Results(change=others)), "zoom")
    assert 50 * KM < zoom.get_xlim()[0] < 75 * KM
    assert zoom.get_xlim()[1] > 98 * KM


def test_without_change_there_is_no_second_panel():
    still = change().assign(side_from=["W", "W", "E", "E"], side_to=["W", "W", "E", "E"])
    figure = change_figure(Results(change=still))
    assert [a.get_gid() for a in figure.axes] == ["main", "legend", "locator"]
    words = [t.get_text() for t in texts_of(figure)]
    assert "Western side: gained" not in words
    assert "a" not in words
    assert_clean_type(figure)


def test_a_study_with_nothing_but_its_ground():
    bare = Study(
        settlements=None, context=None, districts=districts().iloc[:1], towns=(), zoom_towns=(), title=""
    )
    figure = change_figure(Results(study=bare, caption="", frontlines=fronts().iloc[:0]))
    assert [a.get_gid() for a in figure.axes] == ["main", "legend", "locator"]
    assert_clean_type(figure)
    plain = change_figure(Results(study=replace(bare, around="none"), caption=""))
    assert "locator" not in [a.get_gid() for a in plain.axes]
    assert not [t for t in texts_of(plain) if t.get_gid() == "caption"]


def wide_results(count=21):
    """A theatre 3000 km wide with hundreds of districts, of which few have changed ground."""
    xs, ys = np.meshgrid(np.linspace(-1500, 1500, count + 4), np.linspace(-900, 900, count))
    cells = shapely.box(xs[:-1, :-1] * KM, ys[:-1, :-1] * KM, xs[1:, 1:] * KM, ys[1:, 1:] * KM).ravel()
    names = [f"Район № {i}" for i in range(len(cells))]
    ground = frame(cells, district=names)
    before = np.where(shapely.get_x(shapely.centroid(cells)) < 0, "W", "E")
    after = before.copy()
    after[[11 * 24 + 12, 12 * 24 + 12, 13 * 24 + 12]] = "W"
    moved = frame(cells, side_from=before, side_to=after)
    gained = np.where(before != after, 100.0, 0.0)
    balance = pd.DataFrame({"district": names, "side": "W", "gained_km2": gained, "lost_km2": 0.0})
    balance["net_km2"] = gained
    line = shapely.LineString([(0, -900 * KM), (0, 900 * KM)])
    lines = frame([line, line], date=[APRIL, MAY], sigma_m=[500.0, 500.0])
    study = Study(theatre=frame([shapely.union_all(cells)]), districts=ground, context=None, settlements=None)
    return Results(study=study, change=moved, balance=balance, frontlines=lines)


def test_a_wide_theatre_takes_the_width_of_the_page():
    figure = change_figure(wide_results())
    main = panel(figure, "main").get_position()
    assert main.width == pytest.approx(174 / 180)
    assert figure.get_size_inches()[1] * 25.4 <= 230
    assert_clean_type(figure)


def test_of_very_many_districts_only_those_with_changed_ground_are_named():
    figure = change_figure(wide_results())
    moved = {"Район № 276", "Район № 300", "Район № 324"}
    main, zoom = (
        {t.get_text().replace("\n", " ") for t in panel(figure, name).texts if "Район" in t.get_text()}
        for name in ("main", "zoom")
    )
    assert main <= moved
    assert moved <= zoom


def test_a_theatre_across_the_antimeridian():
    crs = pyproj.CRS("+proj=laea +lat_0=40 +lon_0=180 +datum=WGS84 +units=m")
    turned = {
        k: getattr(Study(), k).set_crs(crs, allow_override=True) for k in ("theatre", "districts", "context")
    }
    study = Study(**turned, settlements=None, zoom=(179.7, 40.1, -179.2, 40.8), crs=crs)
    data = {k: getattr(Results(), k).set_crs(crs, allow_override=True) for k in ("frontlines", "change")}
    figure = change_figure(Results(study=study, **data))
    west, east = panel(figure, "zoom").get_xlim()
    assert west < east
    assert east - west < 150 * KM
    assert_clean_type(figure)


def test_many_sides_contested_and_unknown_ground():
    names = [f"side {c}" for c in "ABCDEFGHIJKL"] + ["contested", "unknown"]
    cells = [shapely.box(i * 5 * KM, 0, (i + 1) * 5 * KM, 100 * KM) for i in range(20)]
    before = [names[i % 14] for i in range(20)]
    after = [names[(i + i % 3) % 14] for i in range(20)]
    study = Study(side="side A", sides={n: n.title() for n in names}, settlements=None)
    figure = change_figure(Results(study=study, change=frame(cells, side_from=before, side_to=after)))
    words = [t.get_text() for t in texts_of(figure)]
    for word in (
        "Changed hands between other sides",
        "Changed hands, not known on one of the dates",
        "Contested: on both dates",
    ):
        assert word in words
    assert_clean_type(figure)


def test_markup_and_long_words_in_texts_stay_text():
    names = [r"$\frac{1}{0}$", "a_b^c"]
    towns = settlements().assign(name=["$Talış_1$", "Bərdə", "x", "y"])
    study = Study(
        title=r"\bad $title_{" + "w" * 200,
        districts=districts().assign(district=names),
        settlements=towns,
        towns=("$Talış_1$",),
        sides={"W": "W" * 90, "E": "$E$"},
    )
    figure = change_figure(Results(study=study, caption=r"$\undefined{" + "sha256" * 60))
    assert "$Talış_1$" in [t.get_text() for t in texts_of(figure)]
    assert_clean_type(figure)


def test_towns_whose_names_find_no_room_lose_their_dots():
    crowd = frame(
        [shapely.Point(60 * KM + i, 60 * KM) for i in range(40)], name=[f"Kənd {i}" for i in range(40)]
    )
    figure = change_figure(Results(study=Study(settlements=crowd, towns=tuple(crowd["name"]))))
    main = panel(figure, "main")
    named = [t.get_text() for t in main.texts if t.get_text().startswith("Kənd")]
    (dots,) = [c for c in main.collections if isinstance(c, PathCollection)]
    assert 0 < len(named) == len(dots.get_offsets()) < 40


def test_map_tiles_are_seen_through_the_ground_and_are_credited(monkeypatch):
    asked = []

    def add_basemap(ax, *, crs, source, **_):
        asked.append((pyproj.CRS(crs), source.url, view_of(ax)))
        ax.set(xlim=(0, 1), ylim=(0, 1))  # as tiles do that reach beyond the map

    mapnik = SimpleNamespace(url="tiles", attribution="(C) OpenStreetMap contributors")
    providers = SimpleNamespace(OpenStreetMap=SimpleNamespace(Mapnik=mapnik))
    fake = SimpleNamespace(add_basemap=add_basemap, providers=providers)
    monkeypatch.setitem(sys.modules, "contextily", fake)
    figure = change_figure(Results(study=Study(around="tiles")))
    main = panel(figure, "main")
    assert asked[0][:2] == (CRS, "tiles")
    assert asked[0][2] == view_of(main)
    assert {patch.get_alpha() < 1 for patch in main.patches} == {True}
    caption = " ".join(text.get_text() for text in texts_of(figure) if text.get_gid() == "caption")
    assert "Tiles: © OpenStreetMap contributors." in " ".join(caption.split())
    fake.add_basemap = lambda *_, **__: (_ for _ in ()).throw(ConnectionError("Max retries\nexceeded"))
    with pytest.raises(FrontlinesError, match="server: there is no connection; leave --basemap out"):
        change_figure(Results(study=Study(around="tiles")))


def test_the_same_results_give_the_same_figure(tmp_path):
    pictures = []
    for i in range(2):
        change_figure(Results()).savefig(tmp_path / f"{i}.png", metadata={"Software": None})
        pictures.append((tmp_path / f"{i}.png").read_bytes())
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_figure_can_be_saved_without_a_warning(tmp_path, suffix):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        change_figure(Results()).savefig(tmp_path / f"map.{suffix}")
    assert (tmp_path / f"map.{suffix}").stat().st_size > 5_000


def test_another_style_makes_another_page():
    style = replace(MapStyle(), width_mm=120.0, max_height_mm=160.0)
    figure = change_figure(Results(), style=style)
    width, height = figure.get_size_inches() * 25.4
    assert width == pytest.approx(120)
    assert height <= 160
    assert_clean_type(figure)


def test_frames_in_several_crs_are_refused():
    with pytest.raises(CRSError, match="is in another CRS than theatre"):
        change_figure(Results(change=change().set_crs(3035, allow_override=True)))


# -- the views of the details

WHOLE, NEEDS = View(0, 0, 100 * KM, 100 * KM), Needs(main_aspect=1.0, title_mm=8.0, caption_mm=10.0)


def views(*corners):
    return [one.view for one in detail_views(np.array(boxes_km(*corners)), WHOLE, NEEDS, MapStyle())]


def test_a_detail_holds_the_ground_that_moved():
    (view,) = views((40, 40, 50, 50))
    assert View(40 * KM, 40 * KM, 50 * KM, 50 * KM).box().within(view.box())
    assert view.width < 20 * KM


def test_slivers_far_away_have_no_detail_and_a_speck_is_not_enlarged_without_end():
    (view,) = views((40, 40, 50, 50), (99, 99, 99.009, 99.009))
    assert view.width < 20 * KM
    (view,) = views((5, 5, 5.001, 5.001))
    assert view.width > 3 * KM


def test_change_in_places_far_apart_has_up_to_three_details_each_of_whole_pieces():
    corners = [(0, 0, 9, 9), (90, 90, 99, 99), (80, 0, 88, 9), (0, 91, 2, 93)]
    found = views(*corners)
    assert len(found) == 3
    for piece in boxes_km(*corners[:3]):
        assert sum(piece.within(view.box()) for view in found) == 1


def test_thin_change_is_enlarged_until_fronts_leave_it_to_be_seen():
    wide, thin = ([(60, 30 + 8 * k, 60 + width, 32 + 8 * k) for k in (0, 2)] for width in (2, 0.1))
    assert len(views(*wide)) == 1
    narrow = views(*thin)
    assert max(view.width for view in narrow) < views(*wide)[0].width


def test_change_everywhere_or_nowhere_has_no_detail():
    assert views((0, 0, 90, 60)) == []
    assert detail_views(np.array([], dtype=object), WHOLE, NEEDS, MapStyle()) == []


def test_details_are_at_least_twice_as_large_and_their_heading_says_how_much_they_show():
    cells = boxes_km((0, 0, 100, 100), (10, 10, 14, 16), (80, 80, 90, 84))
    ground = [cells[0].difference(shapely.union_all(cells[1:])), *cells[1:]]
    moved = frame(ground, side_from=["E", "E", "E"], side_to=["E", "W", "W"])
    figure = change_figure(Results(change=moved))
    main, *details = (axes for axes in figure.axes if axes.get_gid() in {"main", "zoom"})
    assert len(details) == 2
    for axes in details:
        assert metres_per_pt(main) / metres_per_pt(axes) >= 2
        assert sum(piece.within(view_of(axes).box()) for piece in cells[1:]) == 1
    words = {t.get_text() for t in texts_of(figure)}
    assert {
        "b",
        "c",
        "62% of ground that changed hands",
        "38% of ground that changed hands",
    } <= words
    assert_clean_type(figure)


def test_ground_in_no_district_has_a_hatch_and_an_entry_of_its_own():
    strip = gpd.GeoDataFrame(geometry=[shapely.box(-2000, 0, 0, 50_000)], crs=CRS)
    bare = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 2000, 50_000)], crs=CRS)
    figure = change_figure(Results(no_district=strip, bare=bare))
    main = next(ax for ax in figure.axes if ax.get_label() == "main")
    drawn = {
        a.get_gid(): a.get_hatch() for a in main.get_children() if a.get_gid() in ("no-district", "bare")
    }
    assert drawn == {"no-district": MapStyle().hole.hatch, "bare": MapStyle().bare.hatch}
    said = {"In no district, not counted", "Covered by no polygon along the edge"}
    assert said <= {text.get_text() for text in figure.findobj(Text)}


def quiet_war(*lost_km):
    """A side gains ten kilometres in the middle of a theatre of a thousand, and loses `lost_km`."""
    gained = shapely.box(500 * KM, 500 * KM, 510 * KM, 510 * KM)
    west, east, lost = (
        shapely.box(*(v * KM for v in own)) for own in ((0, 0, 500, 1e3), (500, 0, 1e3, 1e3), lost_km)
    )
    ground = [west - lost, east - gained, gained, lost]
    cells = frame(ground, side_from=["W", "E", "E", "W"], side_to=["W", "E", "W", "E"])
    whole = frame(boxes_km((0, 0, 1000, 1000)), district=["Ağdam"], vintage="now")
    study = Study(theatre=whole, districts=whole, context=None, settlements=None)
    line = shapely.LineString([(500 * KM, 400 * KM), (500 * KM, 600 * KM)])
    lines = frame([line, line], date=[APRIL, MAY], sigma_m=[2_000.0, 1_000.0])
    return Results(study=study, change=cells, frontlines=lines)


def test_of_a_quiet_theatre_the_fronts_are_shown_and_the_locator_says_where():
    figure = change_figure(quiet_war(499.9, 560, 500, 560.1))
    main, detail, locator = (
        next(a for a in figure.axes if a.get_label() == n) for n in ("main", "zoom", "locator")
    )
    assert view_of(main).width < 600 * KM
    assert view_of(main).box().contains(shapely.box(500 * KM, 400 * KM, 510 * KM, 600 * KM))
    framed = by_gid(locator, "locator-frame")[0].get_paths()[0].get_extents()
    assert framed.extents == pytest.approx(view_of(main))
    assert any("framed on the small map" in t.get_text() for t in figure.texts)
    entries = {t.get_text() for t in figure.findobj(Text)}
    assert "Western side: lost (1.00 ha, too small to see)" in {one.replace("\n", " ") for one in entries}
    assert "Western side: gained" in entries
    rim = shapely.box(*view_of(detail)).boundary
    for name in (t for t in main.texts if t.get_gid() == "label"):
        box = name.get_window_extent(renderer_of(figure))
        low, high = main.transData.inverted().transform(box.get_points())
        assert not shapely.box(*low, *high).intersects(rim)


def test_no_state_is_named_in_a_hole_of_the_theatre():
    ring = shapely.box(0, 0, 100 * KM, 100 * KM) - shapely.box(10 * KM, 10 * KM, 90 * KM, 90 * KM)
    around = frame(boxes_km((0, 0, 100, 100)), kind=["country"], name=["Southland"])
    whole = frame([ring], district=["Ağdam"], vintage="now")
    study = Study(theatre=whole, districts=whole, context=around, settlements=None, around="none")
    held = frame([ring], side_from=["W"], side_to=["W"])
    main = change_figure(Results(study=study, change=held, frontlines=fronts().iloc[:0])).axes[0]
    assert "Southland" not in [t.get_text() for t in main.texts]
