"""Tables for the terminal: what is shown, what is counted, and that it fits."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from rich.console import Console

from frontlines.change.tables import BALANCE, balance_by_district
from frontlines.study.readable import balance_table
from frontlines.uncertainty.columns import total_of

BOOKS = ("closure_error_km2", "sliver_km2", "control_mended_km2", "control_outside_km2",
         "districts_mended_km2", "districts_outside_km2", "theatre_beyond_districts_km2")  # fmt: skip


@pytest.fixture(scope="module")
def results(karabakh_results):
    return karabakh_results


def shown(results, width=80):
    console = Console(width=width, markup=False, highlight=False, force_terminal=False)
    with console.capture() as capture:
        console.print(balance_table(results))
    return capture.get().splitlines()


def cells(line):
    return [cell.strip() for cell in line.strip("│┃").split("│")]


def with_balance(results, rows):
    """Give other rows, of lines whose errors are not known."""
    empty = dict.fromkeys(BALANCE[1:], 0.0) | {"district_km2": 100.0}
    balance = pd.DataFrame([{"district": name} | empty | row for name, row in rows.items()])
    return replace(results, balance=balance, errors=None)


def with_books(results, **books):
    held = dict.fromkeys(BOOKS, 0.0) | {"theatre_km2": 1000.0} | books
    return replace(results, manifest={**results.manifest, "books": held})


def test_the_table_fits_a_terminal_of_80_columns(results):
    lines = shown(results)
    assert max(map(len, lines)) <= 80
    assert lines == shown(results, width=120)
    assert not [line for line in lines if line != line.rstrip()]


def test_the_table_says_what_a_reader_wants(results):
    lines = shown(results)
    assert lines[0] == "Ground of ARM (Armenian side), 7 April 1994 to 12 May 1994, km²"
    districts = [cells(line)[0] for line in lines if line.startswith("│")]
    assert districts[0] == "Tərtər"
    assert districts[-1] == "all districts"
    net = results.balance.set_index("district")["net_km2"]
    listed = [net[name] for name in districts[:-1]]
    assert listed == sorted(listed, reverse=True)
    total = next(cells(line) for line in lines if "all districts" in line)
    assert total[1] == f"{results.balance['gained_km2'].sum():,.1f}"
    assert total[3] == f"{results.balance['net_km2'].sum():,.1f}"
    row = results.totals.iloc[0]
    assert total[4] == f"{row['net_low_km2']:,.0f} to {row['net_high_km2']:,.0f}"
    share = results.balance["before_km2"].sum() / results.balance["district_km2"].sum()
    assert total[5].startswith(f"{share:.1%} → ")
    text = "\n".join(lines)
    assert "net, 95%: interval from errors of the lines (sigma 1.5 to 5 km, each stretch off" in text
    assert "closure error" in text
    assert "slivers taken as unchanged: 0 km²" in text
    assert "35 days apart" in text


def test_districts_without_the_side_are_counted_not_listed(results):
    nothing = (results.balance[["before_km2", "after_km2"]] == 0).all(axis=1)
    absent = results.balance[nothing & (results.balance["trust"] != "no")]
    text = "\n".join(shown(results))
    assert f"{len(absent)} districts without change or without this side" in text
    assert not [name for name in absent["district"] if name in text]
    few = with_balance(results, {"D": {"held_km2": 1.0, "before_km2": 1.0, "after_km2": 1.0}, "E": {}})
    assert "1 district without change" in "\n".join(shown(few))


def test_of_many_districts_only_those_that_changed_are_listed(results):
    rows = {f"D{n}": {"held_km2": 1.0} for n in range(41)} | {"X": {"lost_km2": 2.0, "net_km2": -2.0}}
    lines = shown(with_balance(results, rows))
    assert [cells(line)[0] for line in lines if line.startswith("│")] == ["X", "all districts"]
    assert "41 districts without change" in "\n".join(lines)


@pytest.mark.parametrize(
    ("km2", "text"),
    [
        (0.0, "0"),
        (0.04, "0.04"),
        (0.00123, "0.0012"),
        (0.05, "0.1"),
        (-1.66, "-1.7"),
        (12345.678, "12,345.7"),
    ],
)
def test_areas_are_written_for_readers(results, km2, text):
    rows = {"D": {"gained_km2": 1.0, "net_km2": km2}}
    (line,) = [line for line in shown(with_balance(results, rows)) if line.startswith("│ D ")]
    assert cells(line)[4] == text


def test_long_names_fold_and_numbers_stay_whole(results):
    rows = {"74538382B91884310989160" * 3: {"gained_km2": 12345.6, "held_km2": 123456.7, "net_km2": 12345.6}}
    lines = shown(with_balance(results, rows))
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    assert "12,345.6" in text
    assert "123,456.7" in text
    assert "…" not in text.replace("→", "")


def test_ground_that_was_moved_or_left_out_is_told(results):
    text = "\n".join(shown(with_books(results, sliver_km2=0.0123, control_outside_km2=17090.0), width=120))
    assert "slivers taken as unchanged: 0.012 km²" in text
    assert re.search(r"ground of the control layers beyond the theatre.*: 17,090\.0 km²", text)
    assert "mending" not in text
    books = {"control_mended_km2": 3.0, "theatre_beyond_districts_km2": 2.0, "districts_mended_km2": 1e-9}
    text = "\n".join(shown(with_books(results, **books), width=120))
    assert re.search(r"mending the control layers.*: 3\.0 km²", text)
    assert "ground of the theatre in no district: 2.0 km²" in text
    assert "mending the districts" not in text


def test_contested_ground_is_told_where_there_is_any(results):
    assert "contested" not in "\n".join(shown(results))
    rows = {"D": {"gained_km2": 1.0, "contested_before_km2": 5.0, "contested_after_km2": 0.0}}
    text = "\n".join(shown(with_balance(results, rows)))
    assert "contested ground, counted for nobody: 5.0 km² before, 0 km² after" in text


def test_errors_that_the_formula_cannot_vouch_for_are_marked(results):
    lines = shown(results)
    marked = {cells(line)[0] for line in lines if line.startswith("│") and cells(line)[4].endswith("~")}
    balance = results.balance.set_index("district")
    unsure = balance["trust"] == "no"
    assert marked == set(balance.index[unsure & balance["net_low_km2"].notna()])
    unknown = {cells(line)[0] for line in lines if line.startswith("│") and cells(line)[4] == "–"}
    assert unknown == set(balance.index[unsure]) - marked  # nothing changed there, but the lines are near
    assert {"Ağcabədi", "Bərdə"} <= unknown
    assert "~: a border or a corner of the district is within reach" in "\n".join(lines)


def test_a_lopsided_interval_is_written_from_end_to_end(results):
    row = results.balance.iloc[:1].assign(
        district="D", net_km2=1.0, net_low_km2=-0.04, net_high_km2=3.26, sigma_km2=1.0, trust="no"
    )
    (line,) = [line for line in shown(replace(results, balance=row)) if line.startswith("│ D ")]
    assert cells(line)[4] == "0.0 to 3.3~"


def test_many_districts_are_listed_if_the_errors_may_change_them(results):
    rows = pd.concat([results.balance.iloc[:1]] * 42).assign(
        district=[f"D{n}" for n in range(42)],
        gained_km2=0.0,
        lost_km2=0.0,
        net_km2=0.0,
        sigma_km2=0.0,
        trust="yes",
    )
    rows.iloc[3, rows.columns.get_loc("sigma_km2")] = 2.0
    rows.iloc[5, rows.columns.get_loc("trust")] = "no"
    lines = shown(replace(results, balance=rows))
    assert [cells(line)[0] for line in lines if line.startswith("│")] == ["D3", "D5", "all districts"]


def test_the_table_says_how_many_stretches_took_the_sigma_given(results):
    record = results.manifest["errors"] | {"sigma_m": 50.0, "stretches_given_sigma_m": 0, "stretches": 9}
    text = "\n".join(shown(replace(results, manifest=results.manifest | {"errors": record})))
    assert "sigma 50 m taken by 0 of 9 stretches; the others have their own" in text


def test_lines_without_sigma_have_no_errors_and_the_table_says_so(results):
    record = {"stretches": 8, "stretches_without_sigma_m": 3}
    bare = replace(results, errors=None, balance=results.balance[BALANCE])
    bare = replace(bare, manifest={**results.manifest, "errors": record})
    text = "\n".join(shown(bare))
    assert "net, 95%" not in text
    assert "no errors: 3 of 8 stretches of line have no sigma_m; --sigma-m gives them one" in text
    still = replace(
        bare, manifest=bare.manifest | {"errors": {"stretches": 0, "stretches_without_sigma_m": 0}}
    )
    assert "no errors: there is no front on either date" in "\n".join(shown(still))


def test_a_matrix_of_many_sides_is_a_list(results):
    sides = [f"S{number}" for number in range(10)]
    days = results.transitions[["date_from", "date_to"]].iloc[[0]]
    rows = pd.DataFrame({"district": "D", "side_from": sides, "side_to": [*sides[1:], "S0"], "area_km2": 2.0})
    transitions = rows.merge(days, how="cross")
    balance = balance_by_district(transitions)
    study = replace(results.study, side=None, label=None)
    many = replace(
        results, study=study, transitions=transitions, balance=balance, totals=total_of(balance), errors=None
    )
    text = "\n".join(shown(many))
    assert "Ground that changed hands: all" in text
    assert "Ground that changed hands, by district: all" in text
    assert "Ground by side before" not in text
