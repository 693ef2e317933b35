"""Mean advance: net area by the length of both fronts."""

import pandas as pd
import pytest

import frontlines as fl
from frontlines.errors import LayerError
from frontlines.names import WHOLE
from tests.fronts import FIRST, LAST, balance, districts, front, path, square

DAYS = pd.to_datetime([FIRST, LAST])
PARTS = districts(West=square(0, -5, 5, 5), East=square(5, -5, 10, 5))
LINES = front((FIRST, path((0, 0), (10, 0))), (LAST, path((0, 0), (5, 0), (5, 2), (10, 2))))


def test_mean_advance_by_hand():
    # whole: 10 km² by the mean of 10 and 12 km; East: 5 km and 5 + half of the 2 km on the border
    lengths = fl.front_length(LINES, PARTS, resolution_m=[0])
    advance = fl.mean_advance(balance(East=(10, 0), West=(0, 0)), lengths)
    by = advance.set_index("district")
    assert by.index.tolist() == [WHOLE, "East", "West"]
    assert by["mean_front_km"].tolist() == pytest.approx([11, 5.5, 5.5], abs=1e-4)
    assert by["mean_advance_m"].tolist() == pytest.approx([10_000 / 11, 10_000 / 5.5, 0], abs=1e-1)
    lost = fl.mean_advance(
        balance(East=(3.0, 4.0), West=(0.0, 0.0)), fl.front_length(LINES, PARTS, resolution_m=[0])
    )
    assert lost["mean_advance_m"][0] == pytest.approx(-1000 / 11, abs=1e-2)
    assert lost["turnover_over_front_m"][0] == pytest.approx(7000 / 11, abs=1e-1)


def test_mean_advance_has_a_row_for_each_resolution_and_none_without_a_front():
    parts = pd.concat([PARTS, districts(Far=square(40, 0, 41, 1))], ignore_index=True)
    lengths = fl.front_length(LINES, parts, resolution_m=[0, 500])
    table = fl.mean_advance(balance(East=(10, 0), West=(0, 0), Far=(0, 0)), lengths)
    assert table["resolution_m"].tolist() == [0.0] * 4 + [500.0] * 4
    assert table.loc[table["district"] == "Far", "mean_advance_m"].isna().all()


def test_mean_advance_refuses_what_does_not_belong_together():
    lengths = fl.front_length(LINES, PARTS, resolution_m=0)
    two = pd.concat([balance(East=(1, 0)), balance(East=(1, 0)).assign(date_to=pd.Timestamp("1999-01-01"))])
    with pytest.raises(LayerError, match="the balance is of 2 pairs of dates: pass the rows of one"):
        fl.mean_advance(two, lengths)
    with pytest.raises(
        LayerError, match="lengths have no row for 1994-05-12: pass front_length of both dates"
    ):
        fl.mean_advance(balance(East=(1, 0)), lengths[lengths["date"] == DAYS[0]])
    with pytest.raises(LayerError, match="lengths have no row for district North"):
        fl.mean_advance(balance(North=(1, 0)), lengths)
    with pytest.raises(
        LayerError, match="lengths have 2 rows for district East, 1994-05-02, at 0 m: pass one"
    ):
        fl.mean_advance(balance(East=(1, 0)), pd.concat([lengths, lengths]))
    with pytest.raises(LayerError, match="a district is called 'all districts', as the row of the whole"):
        fl.mean_advance(balance(**{WHOLE: (1, 0)}), lengths)
