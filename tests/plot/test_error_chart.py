"""The chart of the error against the correlation length."""

import numpy as np
import pandas as pd
import pytest

from frontlines.errors import FrontlinesError
from frontlines.plot import draw_error_by_correlation


@pytest.fixture
def table():
    return pd.DataFrame({
        "correlation_m": [0, 100, 1000, 10000, np.inf], "sigma_km2": [5.0, 5.0, 15.0, 40.0, 60.0],
        "net_km2": 90.0, "side": "A$_x$", "date_from": "1994-04-07", "date_to": "1994-05-12", "own": [False, False, True, False, False],
    })  # fmt: skip


def artist(ax, gid):
    return next(a for a in ax.get_children() if a.get_gid() == gid)


def test_the_curve_and_both_ends_are_drawn_and_named(table):
    ax = draw_error_by_correlation(table.sample(frac=1, random_state=1))
    assert artist(ax, "sigma").get_xydata().tolist() == [[0.1, 5.0], [1.0, 15.0], [10.0, 40.0]]
    assert artist(ax, "vertices").get_ydata()[0] == 5
    assert artist(ax, "shifted").get_ydata()[0] == 60
    assert artist(ax, "own").get_xydata().tolist() == [[1.0, 15.0]]
    words = " ".join(text.get_text() for text in ax.texts)
    assert "each drawn vertex is off by itself, 5.00 km²" in words
    assert "each line is off as a whole, 60.0 km²" in words
    assert "this study: 1 km, 15.0 km²" in words
    assert (
        " ".join(ax.get_title(loc="left").split())
        == "A$_x$: error of net change, +90.0 km², 7 April 1994 to 12 May 1994"
    )
    assert not any(text.get_parse_math() for text in ax.texts)


def test_where_no_change_is_within_the_interval_is_shaded(table):
    assert artist(draw_error_by_correlation(table), "sure").get_y() == pytest.approx(90 / 1.959964)
    far = draw_error_by_correlation(table.assign(net_km2=900.0))
    assert "sure" not in [a.get_gid() for a in far.get_children()]


def test_a_table_that_is_another_is_refused(table):
    with pytest.raises(FrontlinesError, match="has no column own: make it with uncertainty"):
        draw_error_by_correlation(table.drop(columns="own"))
    with pytest.raises(FrontlinesError, match="needs the lengths 0 and infinity and two in between"):
        draw_error_by_correlation(table.iloc[1:])
