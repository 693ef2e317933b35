"""Pictures of several sides: each has its colour in all of them, and nobody's gain is another's loss."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import geopandas as gpd
import matplotlib.colors
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.legend import Legend
from PIL import Image

from frontlines.change import balance_by_district, transitions_by_district
from frontlines.errors import FrontlinesError
from frontlines.plot import (
    MapStyle,
    animate_control,
    change_figure,
    district_figure,
    draw_change,
    draw_net_by_side,
    draw_sides,
    series_figure,
    transition_matrix_figure,
)
from frontlines.plot.style import dark, pale, side_faces, side_looks
from frontlines.series import change_series, series_totals
from frontlines.series.rows import COLUMNS
from frontlines.uncertainty.columns import total_of

CRS, KM = "+proj=laea +lat_0=40 +lon_0=46 +datum=WGS84 +units=m", 1000.0
DAYS = pd.date_range("2021-06-01", periods=4)
NAMES = {"a": "Alpha", "b": "Beta"}


def frame(geometry, **columns):
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


def strips(ends_km):
    """Cut 100 by 50 km from west to east."""
    ends = [0.0, *ends_km, 100.0]
    return [shapely.box(w * KM, 0, e * KM, 50 * KM) for w, e in pairwise(ends)]


def districts():
    return frame(strips([50]), district=["West", "East"])


def control(dates=DAYS, *, unknown=True):
    """Sides a, b and c from west to east, then ground that is contested, and ground that is unknown."""
    sides = ["a", "b", "c", "contested", *(["unknown"] if unknown else [])]
    days = [
        frame(strips([30 + 5 * k, 60, 80 - k, 90])[: len(sides)], side=sides, date=day)
        for k, day in enumerate(dates)
    ]
    return gpd.GeoDataFrame(pd.concat(days, ignore_index=True), crs=CRS)


def change():
    ends = strips([30, 45, 60, 77, 80, 90])
    before = ["a", "b", "b", "c", "c", "contested", "unknown"]
    after = ["a", "a", "b", "c", "contested", "contested", "unknown"]
    days = {"date_from": DAYS[0], "date_to": DAYS[-1]}
    return frame(ends, side_from=before, side_to=after, **days)


def transitions():
    return transitions_by_district(change(), districts())


def theatre():
    return frame([shapely.box(0, 0, 100 * KM, 50 * KM)])


@dataclass(frozen=True)
class Study:
    title: str = "Three sides"
    sides: Any = field(default_factory=lambda: NAMES)
    followed: tuple[str, ...] = ("a", "b", "c", "contested", "unknown")
    every_side: tuple[str, ...] = ("a", "b", "c", "contested", "unknown")
    theatre: Any = field(default_factory=theatre)
    districts: Any = field(default_factory=districts)
    settlements: Any = None
    context: Any = None
    zoom: Any = None
    towns: tuple[str, ...] = ()
    zoom_towns: tuple[str, ...] = ()
    colours: Any = field(default_factory=dict)
    around: str = "coast"
    crs: Any = field(default_factory=lambda: theatre().crs)


@dataclass(frozen=True)
class Results:
    study: Study = field(default_factory=Study)
    frontlines: Any = field(
        default_factory=lambda: frame(
            [shapely.LineString([(x * KM, 0), (x * KM, 50 * KM)]) for x in (30, 45)], date=DAYS[[0, -1]]
        )
    )
    change: Any = field(default_factory=change)
    balance: Any = field(default_factory=lambda: balance_by_district(transitions()))
    totals: Any = field(default_factory=lambda: total_of(balance_by_district(transitions())))
    errors: Any = None
    no_district: Any = None
    bare: Any = None
    caption: str = "Made up."


def words(figure):
    return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]


def faces(ax):
    return {p.get_gid(): matplotlib.colors.to_hex(p.get_facecolor()) for p in ax.patches if p.get_gid()}


def test_a_map_has_ground_in_the_colour_of_its_side_and_stripes_of_the_one_before():
    ax, looks = draw_change(change()), side_looks(Study().every_side)
    drawn = {patch.get_gid(): patch for patch in ax.patches}
    assert set(drawn) == {*(f"side:{side}" for side in Study().every_side), "from:b:a", "from:c:contested"}
    for side, look in looks.items():
        assert matplotlib.colors.to_hex(drawn[f"side:{side}"].get_facecolor()) == pale(look.face).lower()
    stripes = drawn["from:b:a"]
    assert stripes.get_hatch() == MapStyle().stripe_hatch
    assert matplotlib.colors.to_hex(stripes.get_facecolor()) == dark(looks["a"].face)
    assert matplotlib.colors.to_hex(stripes.get_edgecolor()) == pale(looks["b"].face)
    assert stripes.get_path().get_extents().x0 == 30 * KM
    assert drawn["side:contested"].get_hatch() == MapStyle().contested_hatch


def test_the_figure_of_several_sides_names_them_all_and_takes_none():
    written = words(change_figure(Results()))
    for text in (
        "Alpha: 1,500 → 2,250 km²",
        "Beta: 1,500 → 750 km²",
        "c: 1,000 → 850 km²",
        "Contested: 500 → 650 km²",
        "Unknown: 500 → 500 km²",
        "Net by side, km²",
        "Changed hands",
    ):
        assert text in written
    assert written.count("Alpha") >= 2  # on its ground, and in the table
    assert not [text for text in written if "gained" in text or "lost" in text]
    assert any(
        text.startswith("Changed hands: dark, with stripes")
        for text in (t.replace("\n", " ") for t in written)
    )


def test_a_chart_stacks_what_each_side_holds():
    totals = series_totals(change_series(control(unknown=False), districts()))
    ax, looks = draw_sides(totals, whole_km2=5000.0, sides=NAMES), side_looks(Study().every_side)
    assert faces(ax) == {f"side:{side}": looks[side].face.lower() for side in ("a", "b", "c", "contested")}
    values = {patch.get_gid(): patch.get_xy() for patch in ax.patches}
    assert values["side:a"][:4, 1].tolist() == pytest.approx([1500, 1750, 2000, 2250])
    assert values["side:b"][7:3:-1, 1].tolist() == pytest.approx(values["side:a"][:4, 1].tolist())
    assert ax.get_ylim() == (0.0, 5000.0)
    assert {"Alpha 2,250 km²", "c 850 km²", "Rest of the districts 500 km²"} <= set(words(ax.figure))


def test_names_beside_a_chart_do_not_lie_on_each_other():
    ax = draw_net_by_side(change_series(control(), districts()))
    ax.figure.canvas.draw()
    boxes = sorted((t.get_window_extent() for t in ax.texts if t.get_gid() == "end"), key=lambda box: box.y0)
    assert len(boxes) == 4  # unknown ground never changed
    assert all(low.y1 <= high.y0 + 1 for low, high in pairwise(boxes))
    assert {line.get_gid() for line in ax.lines if "net:" in str(line.get_gid())} == {
        "net:a", "net:b", "net:c", "net:contested"
    }  # fmt: skip


def test_pages_of_a_series_of_several_sides():
    series = change_series(control(), districts())
    labels = [ax.get_label() for ax in series_figure(series, title="Three sides", caption="").axes]
    assert labels == ["sides", "net"]
    figure = district_figure(series, sides=NAMES)
    assert [ax.get_label() for ax in figure.axes] == ["legend", "West", "East"]
    assert {"Alpha", "Beta", "c", "Contested", "Unknown", "2,500 km²"} <= set(words(figure))
    west = faces(figure.axes[1])
    assert west["side:a"] == side_looks(Study().every_side)["a"].face.lower()


def test_a_matrix_shades_only_what_changed_hands():
    figure = transition_matrix_figure(transitions(), title="Three sides", caption="", sides=NAMES)
    whole, *rest = figure.axes
    assert [ax.get_label() for ax in figure.axes] == ["all districts", "West", "East"]
    assert "By district: all 2" in {text.get_text() for text in figure.texts}
    cells, paper = faces(whole), matplotlib.colors.to_hex(MapStyle().paper)
    held = matplotlib.colors.to_hex(pale(side_faces("abc")["a"]))
    assert cells["a:a"] == held
    assert cells["a:b"] == paper
    assert len({cells["b:a"], cells["c:contested"], paper, held}) == 4
    assert {"750", "150", "2,250"} <= {text.get_text() for text in whole.texts}
    assert "unknown:unknown" not in faces(rest[0])
    assert "contested:c" in faces(rest[0])


@pytest.mark.parametrize(
    ("alter", "most", "message"),
    [
        (lambda table: table.drop(columns="side_to"), 9, "transitions has no column 'side_to'"),
        (lambda table: table.assign(date_to=[*table["date_to"][:-1], DAYS[1]]), 9, "holds 2 pairs of dates"),
        (lambda table: table, -1, "most is -1: pass what transitions_by_district gave"),
    ],
)
def test_a_matrix_needs_the_transitions_of_one_pair_of_dates(alter, most, message):
    with pytest.raises(FrontlinesError, match=message):
        transition_matrix_figure(alter(transitions()), title="", caption="", most=most)


def test_a_film_shows_each_side_and_a_bar_of_shares(tmp_path):
    ground = control(unknown=False)
    path = animate_control(
        ground, districts(), tmp_path / "war", side=["a", "b", "c", "contested"], sides=NAMES, width_px=480,
        totals=series_totals(change_series(ground, districts())),
    )  # fmt: skip
    first, *_, last = [np.array(Image.open(file)) for file in sorted(path.iterdir())]
    looks = side_looks(("a", "b", "c", "contested", "unknown"))
    for picture, share in ((first, 1500 / 4000), (last, 2250 / 3850)):
        head = picture[: len(picture) // 8]
        own, every = (
            [
                int(
                    (part == np.rint(255 * np.array(matplotlib.colors.to_rgb(looks[s].face))))
                    .all(axis=2)
                    .sum()
                )
                for s in ("a", "b", "c")
            ]
            for part in (head, picture)
        )
        assert own[0] / sum(own) == pytest.approx(share, abs=0.02)
        assert min(every) > max(own)
    grey = np.rint(255 * np.array(matplotlib.colors.to_rgb(looks["unknown"].face)))
    assert (last == grey).all(axis=2).sum() > 1000


def test_many_sides_keep_tables_and_matrices_legible():
    names = [f"side {number:02d}" for number in range(14)]
    ends = strips([7 * k for k in range(1, 14)])
    days = {"date_from": DAYS[0], "date_to": DAYS[-1]}
    ground = frame(ends, side_from=names, side_to=[*names[1:], names[0]], **days)
    table = transitions_by_district(ground, districts())
    whole, *rest = transition_matrix_figure(table, title="Many", caption="").axes
    assert len(whole.patches) == 14 * 14 + 2 * 14
    assert [round(len(ax.patches) ** 0.5) for ax in rest] == [9, 9]  # eight sides, and their bands
    long = {f"side {number}": f"The long name of side {number}" for number in range(20)}
    moved = pd.DataFrame(
        {"side_from": [*long], "side_to": [*list(long)[1:], "side 0"], "district": "West", **days}
    )
    many = pd.concat([moved, moved.assign(side_to=moved["side_from"])]).assign(
        area_km2=[*range(20), *[100.0] * 20]
    )
    figure = transition_matrix_figure(many, title="Many", caption="", sides=long)
    whole = figure.axes[0]
    assert len(whole.patches) == 14 * 14 + 2 * 14
    heads = [text for text in whole.texts if text.get_rotation()]
    assert heads[-1].get_text() == "7 more sides"
    sums = [
        float(text.get_text().replace(",", ""))
        for text in whole.texts
        if text.get_weight() == "bold" and text.get_text()[0].isdigit()
    ]
    assert sum(sums) == 2 * (20 * 100 + 190)
    assert any(text.get_text().startswith("Not shaded: 21") for text in figure.texts)
    balance = balance_by_district(table)
    study = Study(followed=tuple(names), every_side=tuple(names))
    written = words(
        change_figure(Results(study=study, change=ground, balance=balance, totals=total_of(balance)))
    )
    assert "6 more sides" in written  # eight of fourteen are named


def test_of_sixty_sides_charts_name_those_there_is_room_for():
    one = pd.DataFrame({name: [1.0] for name in COLUMNS}).assign(
        district="D", date_from=DAYS[0], date_to=DAYS[-1], period_end=DAYS[-1], cadence="daily",
        same_input=False, suspect=False, cumulative_net_km2=1.0,
    )  # fmt: skip
    series = pd.concat(
        [one.assign(side=f"side {n:02d}", after_km2=1.0 + n) for n in range(60)], ignore_index=True
    )
    for draw in (draw_sides, draw_net_by_side):
        ax = draw(series)
        ends = [text for text in ax.texts if text.get_gid() == "end"]
        (rest,) = (text.get_text() for text in ends if text.get_text().endswith("more sides"))
        assert len(ends) - 1 + int(rest.split()[0]) == 60
        boxes = sorted((text.get_window_extent() for text in ends), key=lambda box: box.y0)
        assert boxes[0].y0 > ax.get_window_extent().y0 - 10
        assert all(low.y1 <= high.y0 + 1 for low, high in pairwise(boxes))


@pytest.mark.parametrize("followed", [1, 2, 60])
def test_of_sixty_sides_the_map_keeps_its_room_and_the_legend_names_the_first(followed):
    names = [f"side {number:02d}" for number in range(60)]
    whole = strips([100 / 60 * k for k in range(1, 60)])
    ground = frame(whole, side_from=names, side_to=[*names[:-2], names[-1], names[-1]])
    ground = ground.assign(date_from=DAYS[0], date_to=DAYS[-1])
    study = Study(followed=tuple(names[-followed:]), every_side=tuple(names))
    balance = balance_by_district(transitions_by_district(ground, districts()), study.followed)
    figure = change_figure(Results(study=study, change=ground, balance=balance, totals=total_of(balance)))
    axes = {ax.get_label(): ax for ax in figure.axes}
    named = [text.get_text() for text in axes["legend"].findobj(Legend)[0].get_texts()]
    rest = int(next(text for text in named if text.endswith("more sides")).split()[0])
    assert rest + sum(text.startswith("side ") and "ained" not in text for text in named) == 60 - (
        followed == 1
    )
    assert any(text.startswith("side 59") for text in named)
    assert axes["main"].get_position().height * figure.get_figheight() * 25.4 > 60
    assert figure.get_figheight() * 25.4 <= 231
