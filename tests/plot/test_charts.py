"""Charts of a series, read off their artists."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from frontlines.plot.charts import draw_gains_and_losses, draw_series, series_figure

HOSTILE = "$x_1$ [bold] </b>"


def totals(steps, **columns):
    days = pd.date_range("2031-06-01", periods=steps + 1, freq="D")
    gained, lost = np.arange(1.0, steps + 1), np.full(steps, 0.5)
    table = {
        "side": "A",
        "date_from": days[:-1],
        "date_to": days[1:],
        "gained_km2": gained,
        "lost_km2": lost,
        "cumulative_net_km2": np.cumsum(gained - lost),
        "cadence": "every snapshot",
        "suspect": False,
        "same_input": False,
    }
    return pd.DataFrame(table | columns)


def test_the_line_starts_at_zero_and_ends_at_the_sum():
    line = draw_series(totals(5)).get_lines()[1]
    assert line.get_ydata().tolist() == [0, 0.5, 2, 4.5, 8, 12.5]
    assert line.get_drawstyle() == "steps-post"


def test_suspect_steps_have_a_ring_and_a_key():
    ax = draw_series(totals(3, suspect=[False, True, False]))
    ring = next(line for line in ax.get_lines() if line.get_marker() == "o")
    assert ring.get_ydata().tolist() == [2]
    assert "suspect" in ax.get_legend().get_texts()[1].get_text()


def test_gains_stand_above_losses_in_the_maps_colours():
    ax = draw_gains_and_losses(totals(2))
    heights = [patch.get_height() for patch in ax.patches]
    assert heights == [1, 2, -0.5, -0.5]
    faces = {patch.get_facecolor() for patch in ax.patches}
    hatches = {patch.get_hatch() for patch in ax.patches}
    assert len(faces) == len(hatches) == 2


def test_bars_are_as_wide_as_their_steps():
    long = totals(1).assign(date_to=pd.Timestamp("2031-07-01"))
    assert draw_gains_and_losses(long).patches[0].get_width() == 30


def test_repeated_snapshots_are_told_from_calm_days():
    ax = draw_gains_and_losses(totals(2, same_input=[False, True]))
    assert any("repeats" in text.get_text() for text in ax.get_legend().get_texts())


@pytest.mark.parametrize("steps", [1, 12, 383])
def test_the_page_is_printable(steps):
    figure = series_figure(totals(steps), title=HOSTILE, caption="A caption. " * 30)
    assert isinstance(figure, Figure)
    assert figure.get_figwidth() * 25.4 == pytest.approx(180)
    figure.canvas.draw()
    page = figure.bbox
    for text in figure.texts + [label for ax in figure.axes for label in ax.get_xticklabels()]:
        box = text.get_window_extent()
        assert page.x0 <= box.x0 <= box.x1 <= page.x1 + 1
        assert text.get_fontsize() >= 6
    boxes = [text.get_window_extent() for text in figure.texts if text.get_text()]
    assert not any(one.overlaps(other) for n, one in enumerate(boxes) for other in boxes[n + 1 :])
    low = min(ax.get_tightbbox().y0 for ax in figure.axes)
    assert max(box.y1 for box in boxes[1:]) < low
    assert figure.texts[0].get_text() == HOSTILE


def test_the_table_is_left_alone():
    table = totals(4)
    before = table.copy()
    series_figure(table, title="A", caption="B")
    pd.testing.assert_frame_equal(table, before)
