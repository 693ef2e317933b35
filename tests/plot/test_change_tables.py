"""The table on the map."""

from dataclasses import replace

import pandas as pd
import pytest

from frontlines.plot.balance_table import draw_table, table_mm, tables_of
from frontlines.plot.page import Box, FigurePage
from frontlines.plot.style import DEFAULT_STYLE


@pytest.fixture(scope="module")
def results(karabakh_results):
    return karabakh_results


def _balance(nets, **columns):
    return pd.DataFrame({
        "district": [f"D{n}" for n in range(len(nets))], "net_km2": nets,
        "gained_km2": [max(net, 0) for net in nets], "lost_km2": [max(-net, 0) for net in nets], **columns,
    })  # fmt: skip


def test_districts_stand_by_what_changed_hands_and_the_sum_comes_last(results):
    rows = tables_of(results)(8)
    assert [row.name for row in rows] == [
        "Armenian side: net, km²",
        "Tərtər",
        "Ağdam",
        "Goranboy",
        "all districts",
    ]
    assert rows[0].interval == "95% interval"
    moved = results.balance.set_index("district").loc[["Tərtər", "Ağdam", "Goranboy"], "net_km2"]
    assert [float(row.net) for row in rows[1:4]] == pytest.approx(moved.tolist(), abs=0.5)
    low, high = results.totals[["net_low_km2", "net_high_km2"]].iloc[0]
    assert rows[-1].interval == f"{low:+,.0f} to {high:+,.0f}".replace("-", "\N{MINUS SIGN}")


def test_rows_beyond_the_eighth_are_summed_unless_there_is_room_for_more(results):
    few = replace(
        results, balance=_balance([9.0, 8.0, -7.0, 6.0, 5.5, 5.0, 4.5, 4.0, 3.0, -2.0, 0.01, 0.0]), errors=None,
        totals=pd.DataFrame({"net_km2": [36.0]}),
    )  # fmt: skip
    rows = tables_of(few)(8)
    assert [(row.name, row.net) for row in rows[1:]] == [
        ("D0", "+9.0"), ("D1", "+8.0"), ("D3", "+6.0"), ("D4", "+5.5"), ("D5", "+5.0"), ("D6", "+4.5"),
        ("D7", "+4.0"), ("D2", "−7.0"), ("3 more", "+1.0"), ("all districts", "+36.0"),
    ]  # fmt: skip
    assert {row.interval for row in rows} == {""}
    one_less = replace(few, balance=few.balance.iloc[:9])
    assert "D8" in [row.name for row in tables_of(one_less)(8)]  # a name takes no more room than "1 more"
    assert [row.name for row in tables_of(few)(10)][-3:] == ["D9", "D2", "all districts"]


@pytest.mark.parametrize(
    ("scale", "unit", "written"),
    [(1.0, "km²", ["+30.0", "−0.6", "+29.4"]), (1e-3, "ha", ["+3.00", "−0.06", "+2.94"]), (1e-6, "m²", ["+30", "−1", "+29"])],
)  # fmt: skip
def test_small_ground_is_in_hectares_or_square_metres_with_one_number_of_decimals(
    results, scale, unit, written
):
    small = _balance([30.0 * scale, -0.6 * scale, 1e-4 * scale])
    total = pd.DataFrame({"net_km2": [29.4 * scale], "gained_km2": [30.0 * scale], "lost_km2": [0.6 * scale]})
    head, *rows = tables_of(replace(results, balance=small, errors=None, totals=total))(8)
    assert head.name.endswith(f"net, {unit}")
    assert [row.net for row in rows] == written  # what rounds to nothing has no row


def test_without_change_there_is_no_table(results):
    calm = replace(results, balance=_balance([0.0, 0.0]))
    assert tables_of(calm)(8) == []
    assert table_mm([], DEFAULT_STYLE) == 0


def test_figures_that_are_about_say_so_and_names_are_cut_and_not_interpreted(results):
    long = results.balance.assign(district=[f"$x_{n}$ " + "y" * 80 for n in range(len(results.balance))])
    rows = tables_of(replace(results, balance=long))(8)
    assert [row.interval.startswith("~ ") for row in rows[1:]] == [True, True, True, False]
    page = FigurePage(DEFAULT_STYLE)
    draw_table(page, rows, Box(10, 10, 60, table_mm(rows, DEFAULT_STYLE)))
    figure = page.figure
    figure.canvas.draw()
    names = [text for text in figure.texts if text.get_text().startswith("$x")]
    assert len(names) == 3
    for text in names:
        assert text.get_text().endswith("…")
        assert not text.get_parse_math()
        others = [one for one in figure.texts if one is not text and one.get_text()]
        assert not any(text.get_window_extent().overlaps(one.get_window_extent()) for one in others)
    assert any(text.get_text().startswith("~ about") for text in figure.texts)
    assert table_mm(rows, DEFAULT_STYLE) == pytest.approx(6 * 1.5 * DEFAULT_STYLE.legend_pt * 25.4 / 72)
