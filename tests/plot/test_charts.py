"""Charts of a series, read off their artists."""

import re
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib import pyplot as plt
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.text import Text

from frontlines.errors import FrontlinesError
from frontlines.plot import (
    MapStyle,
    district_figure,
    draw_front_length,
    draw_gains_and_losses,
    draw_series,
    series_figure,
)
from frontlines.plot.charts import heading as heading_of
from frontlines.plot.style import dark
from frontlines.plot.text import renderer_of
from frontlines.plot.words import number
from frontlines.series.rows import COLUMNS
from frontlines.series.totals import series_totals

HOSTILE = "$x_1$ [bold] </b>"


def series(gained, lost, *, freq="D", **columns):
    """Make a series; `gained` and `lost` give a list of km² for each district."""
    steps = len(next(iter(gained.values())))
    days = pd.date_range("2031-06-01", periods=steps + 1, freq=freq)
    parts = []
    for district, up in gained.items():
        part = pd.DataFrame(dict.fromkeys(COLUMNS, 0.0), index=range(steps))
        down = np.asarray(lost[district], dtype=float)
        parts.append(
            part.assign(
                district=district, side="A", date_from=days[:-1], date_to=days[1:], period_end=days[1:],
                district_km2=1000.0,
                gained_km2=up, lost_km2=down, net_km2=up - down, turnover_km2=up + down,
                cadence="every snapshot", same_input=False, suspect=False, **columns,
            )
        )  # fmt: skip
    return pd.concat(parts).sort_values(["date_to", "district"], ignore_index=True)


def totals(steps, **columns):
    up = {"D": np.arange(1.0, steps + 1)}
    return series_totals(series(up, {"D": np.full(steps, 0.5)})).assign(**columns)


def artist(ax, gid):
    return next((a for a in ax.get_children() if a.get_gid() == gid), None)


def legend_texts(ax):
    return [
        t.get_text() for a in ax.get_children() if isinstance(a, mpl.legend.Legend) for t in a.get_texts()
    ]


def bars(ax, gid):
    """Return left, bottom, right, top of every bar of a kind."""
    polygons = artist(ax, gid).get_path().to_polygons()
    return [tuple(float(v) for v in shapely.Polygon(p).bounds) for p in polygons]


def letters(figure, monkeypatch):
    """Return every text that a figure draws with its place."""
    drawn, draw = [], Text.draw

    def note(text, renderer):
        if text.get_visible() and text.get_text().strip():
            drawn.append((text, text.get_window_extent(renderer)))
        draw(text, renderer)

    with monkeypatch.context() as patch:
        patch.setattr(Text, "draw", note)
        figure.draw(renderer_of(figure))
    return drawn


def assert_printable(figure, monkeypatch):
    """Every text within the page, 6 pt or more, and none upon another."""
    seen = letters(figure, monkeypatch)
    page = figure.bbox
    for text, box in seen:
        assert text.get_fontsize() >= 6
        assert not text.get_parse_math() or "$" not in text.get_text()
        assert page.x0 <= box.x0 <= box.x1 <= page.x1, text
        assert page.y0 <= box.y0 <= box.y1 <= page.y1, text
    for (one, a), (other, b) in combinations(seen, 2):
        assert not a.shrunk(0.98, 0.98).overlaps(b.shrunk(0.98, 0.98)), (one, other)


def test_the_line_starts_at_zero_and_ends_at_the_sum():
    line = artist(draw_series(totals(5)), "net")
    assert line.get_ydata().tolist() == [0, 0.5, 2, 4.5, 8, 12.5]
    assert line.get_xdata()[0] == date2num(pd.Timestamp("2031-06-01"))
    assert line.get_drawstyle() == "default"  # straight from snapshot to snapshot: no step is a jump of a day


def test_the_last_level_stands_at_the_end_with_its_sign_and_unit():
    assert [t.get_text() for t in draw_series(totals(5)).texts] == ["+12.5 km²"]
    falling = series_totals(series({"D": np.zeros(3)}, {"D": [1, 2, 4]}))
    assert [t.get_text() for t in draw_series(falling).texts] == ["−7.00 km²"]


@pytest.mark.parametrize("lost", [[0, 0, 9, 0, 0, 9], [0, 9, 0, 3, 1, 0], [9, 0, 0, 0, 9, 0]])
def test_the_last_level_stands_clear_of_the_line(lost):
    gained = [5.0, 8.0, 0.0, 7.0, 2.0, 1.0]
    ax = draw_series(series_totals(series({"D": gained}, {"D": lost})))
    ax.figure.draw_without_rendering()
    (label,) = ax.texts
    line = artist(ax, "net")
    x, y = line.get_data()
    corners = np.column_stack([x, y])
    drawn = shapely.LineString(ax.transData.transform(corners))
    assert not drawn.intersects(shapely.box(*label.get_window_extent().extents))
    assert label.get_window_extent().y1 <= ax.get_window_extent().y1


def test_headings_name_side_dates_and_cadence():
    for draw in (draw_series, draw_gains_and_losses):
        heading = draw(totals(3)).get_title(loc="left")
        for part in ("A: ", "1 June 2031 to 4 June 2031", "every snapshot"):
            assert part in heading


def test_labels_name_units():
    assert draw_series(totals(3)).get_ylabel() == "km² since 1 June 2031"
    assert draw_gains_and_losses(totals(3)).get_ylabel() == "km² per step"


@pytest.mark.parametrize("draw", [draw_series, draw_gains_and_losses])
def test_a_series_is_summed_over_its_districts(draw):
    table = series({"N": [1.0, 2.0], "S": [3.0, 0.0]}, {"N": [0.0, 1.0], "S": [0.5, 0.0]})
    one, other = draw(table), draw(series_totals(table))
    gid = "net" if draw is draw_series else "gained"
    data = [
        a.get_xydata() if gid == "net" else a.get_path().vertices
        for a in (artist(one, gid), artist(other, gid))
    ]
    np.testing.assert_array_equal(*data)


def test_suspect_steps_are_marked_and_explained():
    table = totals(3, suspect=[False, True, False])
    ax = draw_series(table)
    assert artist(ax, "suspect").get_ydata().tolist() == [2]
    assert "Suspect: far out of the ordinary (1 of 3 steps)" in legend_texts(ax)
    mirrored = draw_gains_and_losses(table)
    assert artist(mirrored, "suspect").get_ydata()[0] > 2
    assert any("Suspect" in text for text in legend_texts(mirrored))


def test_contested_ground_lies_on_top_of_the_line():
    table = totals(3, contested_before_km2=[4.0, 2.0, 0.0], contested_after_km2=[2.0, 0.0, 3.0])
    ax = draw_series(table)
    band = artist(ax, "contested")
    edges, values = band.get_xy()[:4].T
    baseline = band.get_xy()[7:3:-1, 1]
    assert edges.tolist() == date2num(pd.date_range("2031-06-01", periods=4)).tolist()
    assert baseline.tolist() == [0, 0.5, 2, 4.5]
    assert (values - baseline).tolist() == [4, 2, 0, 3]
    assert "With contested ground, 3.00 km² on the last day" in legend_texts(ax)
    assert ax.get_ylim()[1] > 4.5 + 3


def test_without_contested_ground_there_is_no_band():
    assert artist(draw_series(totals(3)), "contested") is None
    bare = totals(3).drop(columns=["contested_before_km2", "contested_after_km2"])
    ax = draw_series(bare)
    assert artist(ax, "contested") is None
    assert legend_texts(ax) == ["A: net gain"]


def test_contested_ground_of_a_district_fits_its_panel():
    table = series({"N": [1.0, 0.0], "S": [1.0, 5.0]}, {"N": [0.0, 0.0], "S": [0.0, 0.0]})
    foggy = table.assign(contested_after_km2=np.where(table["district"] == "N", 20.0, 0.0))
    panels = {ax.get_label(): ax for ax in district_figure(foggy).axes}
    assert artist(panels["S"], "contested") is None
    assert artist(panels["N"], "contested").get_xy()[:3, 1].tolist() == [0, 21, 21]
    assert panels["N"].get_ylim() == panels["S"].get_ylim()
    assert panels["S"].get_ylim()[1] > 21
    told = ["A: net gain", "With contested ground, 20.0 km² on the last day"]
    assert legend_texts(panels["legend"]) == told


@pytest.mark.parametrize("draw", [draw_series, draw_gains_and_losses])
def test_repeated_snapshots_are_told_from_calm_days(draw):
    ax = draw(totals(3, same_input=[False, True, False]))
    rug = artist(ax, "same_input")
    (span,) = rug.get_paths()
    assert span.get_extents().x0 == date2num(pd.Timestamp("2031-06-02"))
    assert span.get_extents().x1 == date2num(pd.Timestamp("2031-06-03"))
    assert any("no sign of calm (1 of 3 steps)" in text for text in legend_texts(ax))


@pytest.mark.parametrize("draw", [draw_series, draw_gains_and_losses])
def test_an_ordinary_series_has_no_marks(draw):
    ax = draw(totals(3))
    assert artist(ax, "suspect") is None
    assert artist(ax, "same_input") is None
    assert not any("uspect" in text or "repeats" in text for text in legend_texts(ax))


def test_gains_stand_above_losses_in_the_maps_colours_and_hatches():
    style = MapStyle(side_colours={"A": "#0072b2", "B": "#d55e00"})
    ax = draw_gains_and_losses(totals(2), style=style)
    assert sorted(top for _, _, _, top in bars(ax, "gained")) == [1, 2]
    assert [bottom for _, bottom, _, _ in bars(ax, "lost")] == [-0.5, -0.5]
    for name, side in (("gained", "A"), ("lost", "B")):
        patch = artist(ax, name)
        assert mpl.colors.same_color(patch.get_facecolor(), dark(style.side_colours[side]))
        assert patch.get_hatch() == getattr(style, name).hatch


def test_numbers_below_zero_have_no_sign_on_mirrored_bars():
    ax = draw_gains_and_losses(series_totals(series({"D": [0.0, 1.0]}, {"D": [90.0, 50.0]})))
    ax.figure.draw_without_rendering()
    assert {"0", "20", "80"} <= {label.get_text() for label in ax.get_yticklabels()}
    assert not any("−" in label.get_text() for label in ax.get_yticklabels())


def test_empires_are_told_in_millions(monkeypatch):
    figure = series_figure(series({"D": [12e6, 3e6]}, {"D": [0.0, 25e6]}), title="A", caption="")
    assert [ax.get_ylabel() for ax in figure.axes] == [
        "million km² since 1 June 2031",
        "million km² per step",
    ]
    assert {"0", "5", "10", "−10"} <= {label.get_text() for label in figure.axes[0].get_yticklabels()}
    assert_printable(figure, monkeypatch)


def test_the_legend_sums_gains_and_losses():
    assert legend_texts(draw_gains_and_losses(totals(4))) == [
        "A: gained 10.0 km² in all",
        "A: lost 2.00 km² in all",
    ]
    two = MapStyle(side_colours={"B": "#d55e00"})
    assert legend_texts(draw_gains_and_losses(totals(4), style=two))[1].endswith(", in the colour of B")


def test_bars_are_as_wide_as_their_steps():
    narrow = bars(draw_gains_and_losses(totals(383)), "gained")
    assert all(right - left == pytest.approx(1) for left, _, right, _ in narrow)
    wide = bars(draw_gains_and_losses(totals(1).assign(date_to=pd.Timestamp("2031-07-01"))), "gained")
    assert 29 < wide[0][2] - wide[0][0] <= 30


def test_the_last_level_stands_at_its_point_after_a_fall():
    fallen = series_totals(series({"D": [24.0, 0.0]}, {"D": [0.0, 6.0]}))
    ax = draw_series(fallen)
    label = artist(ax, "last")
    assert (label.get_text(), label.xy[1]) == ("+18.0 km²", 18.0)
    ax.figure.canvas.draw()
    (_, top) = ax.transData.transform((0, 18.0))
    assert label.get_window_extent().y1 < top
    plt.close(ax.figure)


@pytest.mark.parametrize("draw", [draw_series, draw_gains_and_losses])
def test_where_nothing_changed_the_axis_has_whole_numbers(draw):
    ax = draw(series_totals(series({"D": [1e-12, 0.0]}, {"D": [0.0, 0.0]})))
    ax.figure.canvas.draw()
    assert not [text for text in ax.get_yticklabels() if "e" in text.get_text()]
    assert np.ptp(ax.get_ylim()) > 0.1
    plt.close(ax.figure)


def test_narrow_bars_have_no_hatch():
    ax = draw_gains_and_losses(totals(383))
    assert [artist(ax, name).get_hatch() for name in ("gained", "lost")] == [None, None]


def test_steps_without_change_have_no_bars():
    ax = draw_gains_and_losses(series_totals(series({"D": [0.0]}, {"D": [0.0]})))
    assert list(ax.patches) == []


def test_the_front_has_a_line_for_each_resolution_from_zero():
    days = pd.to_datetime(["2031-06-01", "2031-06-02"])
    rows = [(d, r, n, km) for d in days for r, km in ((500, 10.0), (1000, 6.0)) for n in "NS"]
    lengths = pd.DataFrame(rows, columns=["date", "resolution_m", "district", "front_km"])
    ax = draw_front_length(lengths)
    assert artist(ax, "front:500").get_ydata().tolist() == [20, 20]
    assert artist(ax, "front:1000").get_ydata().tolist() == [12, 12]
    assert ax.get_ylim()[0] == 0
    assert ax.get_ylabel() == "km"
    assert legend_texts(ax) == ["measured at 500 m", "measured at 1 km"]
    looks = {artist(ax, gid).get_linestyle() for gid in ("front:500", "front:1000")}
    assert len(looks) == 2


def test_a_front_may_be_known_on_one_day_only():
    lengths = pd.DataFrame({"date": ["2031-06-01"], "resolution_m": 500.0, "front_km": 1.0})
    heading = draw_front_length(lengths).get_title(loc="left")
    assert heading == "Length of the front, 1 June 2031 to 1 June 2031, 1 snapshot"


@pytest.mark.parametrize("draw", [draw_series, draw_gains_and_losses, draw_front_length])
def test_a_table_without_its_columns_or_rows_is_refused(draw):
    with pytest.raises(
        FrontlinesError, match=r"has no column '.*: pass what comes from (change_series|front_length)"
    ):
        draw(pd.DataFrame({"a": [1]}))
    columns = [*totals(1).columns, "date", "resolution_m", "front_km"]
    with pytest.raises(FrontlinesError, match="nothing to draw: the table has no rows"):
        draw(pd.DataFrame(columns=columns))


def test_a_series_without_its_columns_is_refused():
    with pytest.raises(FrontlinesError, match="has no column 'absorbed_km2'"):
        draw_series(series({"D": [1.0]}, {"D": [0.0]}).drop(columns="absorbed_km2"))


def test_pieces_go_on_the_axes_given():
    ax = Figure().add_subplot()
    for draw in (draw_series, draw_gains_and_losses):
        assert draw(totals(3), ax=ax) is ax
    assert plt.get_fignums() == []


def test_dates_may_be_text():
    table = totals(3).astype({"date_from": str, "date_to": str})
    assert artist(draw_series(table), "net").get_ydata().tolist() == [0, 0.5, 2, 4.5]


@pytest.mark.parametrize(
    ("steps", "freq", "first"),
    [(5, "D", "1 Jun\n2031"), (383, "D", "Jul\n2031"), (24, "MS", "Jul\n2031"), (40, "YS", "2035")],
)
def test_days_along_the_foot_are_few_and_name_the_year(steps, freq, first):
    up = {"D": np.ones(steps)}
    table = series_totals(series(up, up, freq=freq))
    ax = series_figure(table, title="A", caption="").axes[0]
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels[0].strip() == first or labels[0].split("\n")[-1] in {"2031", "2032"}
    assert 3 <= len(labels) <= 30


@pytest.mark.parametrize("columns", [{}, {"suspect": True, "same_input": True}], ids=["plain", "marked"])
@pytest.mark.parametrize("steps", [1, 5, 24, 383])
def test_the_page_is_printable(steps, columns, monkeypatch):
    table = totals(steps, **columns)
    figure = series_figure(table, title=HOSTILE * 12, caption="A caption. " * 30)
    assert figure.get_figwidth() * 25.4 == pytest.approx(180)
    assert_printable(figure, monkeypatch)
    net, mirrored = figure.axes
    assert net.get_xlim() == mirrored.get_xlim()
    assert net.get_position().x0 == mirrored.get_position().x0


def test_the_page_of_a_hostile_side_is_printable(monkeypatch):
    figure = series_figure(totals(3, side=HOSTILE * 20, cadence=HOSTILE), title="", caption="")
    assert_printable(figure, monkeypatch)


def test_the_title_stands_as_given():
    figure = series_figure(totals(2), title=HOSTILE, caption="B")
    assert HOSTILE in [t.get_text() for t in figure.texts]


def districts(n):
    names = {f"{HOSTILE} {i}" if i else "A very long name of a district " * 4: i for i in range(n)}
    up = {name: np.array([1.0, 2.0, 0.0]) * i for name, i in names.items()}
    return series(up, {name: np.array([0.0, 0.5, 0.5]) for name in names})


def test_the_districts_that_changed_most_have_a_panel_each():
    table = series(
        {"N": [1.0, 0.0], "S": [0.0, 5.0], "W": [0.0, 0.0], "E": [2.0, 2.0]},
        {"N": [0.0, 0.0], "S": [0.0, 0.0], "W": [0.0, 0.0], "E": [0.0, 3.0]},
    )
    figure = district_figure(table, most=2)
    panels = [ax for ax in figure.axes if ax.get_label() != "legend"]
    assert [ax.get_label() for ax in panels] == ["E", "S"]
    assert artist(panels[0], "net").get_ydata().tolist() == [0, 2, 1]
    assert len({ax.get_ylim() for ax in panels}) == len({ax.get_xlim() for ax in panels}) == 1
    told = " ".join(t.get_text() for t in figure.texts).replace("\n", " ")
    assert "The 2 of 4 districts where most ground changed hands (3 where any did)" in told
    assert "all on one scale" in told


def test_panels_may_have_scales_of_their_own():
    table = series({"N": [1.0, 0.0], "S": [0.0, 500.0]}, {"N": [0.0, 0.0], "S": [0.0, 0.0]})
    figure = district_figure(table, free_scale=True)
    tops = {ax.get_label(): ax.get_ylim()[1] for ax in figure.axes if ax.get_label() != "legend"}
    assert tops["N"] < 2
    assert tops["S"] > 500
    assert "each on a scale of its own" in " ".join(t.get_text() for t in figure.texts)


@pytest.mark.parametrize("steps", [3, 24, 120])
def test_bars_have_their_numbers_where_there_is_room(steps):
    table = totals(steps)
    ax = series_figure(table, title="A", caption="").axes[1]
    values = [text for text in ax.texts if text.get_gid() == "value"]
    renderer = ax.figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in values]
    assert not [1 for k, one in enumerate(boxes) for other in boxes[k + 1 :] if one.overlaps(other)]
    assert bool(values) == (steps < 120)
    if steps == 3:
        known = {number(v, scale=float(table["gained_km2"].max())) for v in table["gained_km2"]} - {"0"}
        assert known <= {text.get_text() for text in values}


def test_suspect_steps_are_marked_where_the_district_has_a_part_in_them():
    table = series({"N": [1.0, 0.0], "S": [1.0, 5.0]}, {"N": [0.0, 0.0], "S": [0.0, 0.0]})
    table = table.assign(suspect=table["date_to"] == table["date_to"].max())
    figure = district_figure(table)
    marked = {ax.get_label(): artist(ax, "suspect") is not None for ax in figure.axes}
    assert marked["S"]
    assert not marked["N"]


@pytest.mark.parametrize("n", [1, 3, 7, 14])
def test_panels_are_printable(n, monkeypatch):
    table = districts(n).assign(suspect=True, same_input=True)
    assert_printable(district_figure(table), monkeypatch)


def test_districts_without_change_make_a_page_that_says_so():
    figure = district_figure(series({"N": [0.0]}, {"N": [0.0]}))
    assert "No ground changed hands in any of 1 districts." in [t.get_text() for t in figure.texts]


def test_panels_need_districts():
    with pytest.raises(
        FrontlinesError, match="series has no column 'district' of texts: pass what comes from change_series"
    ):
        district_figure(totals(2))
    with pytest.raises(FrontlinesError, match="most = 0 draws nothing"):
        district_figure(districts(2), most=0)


def test_tables_and_settings_are_left_alone():
    table, whole, before = totals(4), districts(3), dict(mpl.rcParams)
    copies = table.copy(), whole.copy()
    series_figure(table, title="A", caption="B")
    district_figure(whole)
    pd.testing.assert_frame_equal(table, copies[0])
    pd.testing.assert_frame_equal(whole, copies[1])
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []


def test_the_lines_of_the_documentation_run(tmp_path, monkeypatch):
    text = (Path(__file__).parents[2] / "docs" / "series.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    exec(compile("\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL)), "series.md", "exec"), {})  # noqa: S102 - our own text
    assert {path.name for path in tmp_path.iterdir()} == {"series.png", "districts.png", "war.gif"}


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (-0.004, "0"), (1234.5, "+1,234"), (-12.34, "−12.3"), (0.5, "+0.50")]
)
def test_numbers_have_three_figures_and_a_true_minus(value, text):
    assert number(value, sign=True) == text


def test_intervals_of_net_are_a_band_and_whiskers():
    days = pd.date_range("2031-06-01", periods=3)
    totals = pd.DataFrame({
        "side": "A", "date_from": days[:2], "date_to": days[1:], "gained_km2": [3.0, 1.0], "lost_km2": [1.0, 2.0],
        "net_km2": [2.0, -1.0], "cumulative_net_km2": [2.0, 1.0], "cadence": "daily", "same_input": False,
        "suspect": False, "net_low_km2": [1.0, float("nan")], "net_high_km2": [5.0, float("nan")],
        "cumulative_low_km2": [1.0, -1.0], "cumulative_high_km2": [3.0, 9.0],
    })  # fmt: skip
    ax = draw_series(totals)
    band = next(one for one in ax.collections if one.get_gid() == "interval")
    assert band.get_datalim(ax.transData).bounds[1::2] == pytest.approx((-1.0, 10.0))
    assert ax.get_ylim()[1] > 9
    ax = draw_gains_and_losses(totals)
    assert any(one.get_gid() == "net" for one in (*ax.lines, *ax.containers))
    assert ax.get_ylim()[1] > 5


def test_a_district_ends_with_its_interval():
    table = series({"N": [5.0, 2.0], "S": [1.0, 1.0]}, {"N": [0.0, 0.0], "S": [0.0, 0.0]})
    overall = pd.DataFrame(
        {"district": ["N", "S"], "net_low_km2": [-3.0, np.nan], "net_high_km2": [17.0, np.nan]}
    )
    panels = {ax.get_label(): ax for ax in district_figure(table, overall).axes}
    ends = {name: [one for one in ax.lines if one.get_gid() == "interval"] for name, ax in panels.items()}
    assert (bool(ends["N"]), bool(ends["S"])) == (True, False)
    assert panels["S"].get_ylim()[0] < -3
    assert panels["S"].get_ylim()[1] > 17
    assert legend_texts(panels["legend"]) == [
        "A: net gain",
        "Last day with its interval, by the errors of the lines",
    ]


def test_a_first_or_last_step_that_is_part_of_a_month_is_named():
    ends = pd.to_datetime(["2024-07-08", "2024-07-31", "2024-08-31", "2024-09-30", "2024-10-31"])
    steps = pd.DataFrame({"side": "A", "date_from": ends[:-1], "date_to": ends[1:], "cadence": "monthly"})
    assert heading_of(steps, "net").endswith("monthly, first step in part")
    assert heading_of(steps[1:], "net").endswith("monthly")
    two = steps[:2].assign(date_to=pd.to_datetime(["2024-07-31", "2024-08-12"]))
    assert heading_of(two, "net").endswith("monthly, first and last step in part")
    assert heading_of(two[1:], "net").endswith("monthly, in part")
    assert heading_of(steps.assign(cadence="every snapshot"), "net").endswith("every snapshot")
