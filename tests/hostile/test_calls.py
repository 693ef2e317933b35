"""Calls from Python with what no function can work with: answered with an error of our own."""

import contextlib
import random
import warnings

import pytest

import frontlines as fl
from frontlines import datasets, digitize, plot, report
from frontlines.errors import LayerError
from frontlines.names import LONLAT
from frontlines.sources.description import Description
from frontlines.sources.files import Reading
from frontlines.sources.snapshots import read_snapshots
from frontlines.study.many_days import snapshots_from_files
from tests.hostile.calls import AFTER, BEFORE, CRS, DISTRICTS, THEATRE, calls, spoiled

CASES = 4  # of each function
MADE_BY_FUNCTIONS = {  # and given to others: nobody makes one by hand
    "AgreementResults", "Caution", "Digitized", "FrontlinesError", "Georeference", "Hidden", "MapScan",
    "MovementResults", "Results", "Scan", "SeriesResults", "Sheet", "Stretch", "Study", "SyntheticScan",
    "SyntheticWar", "Tracing", "available",
}  # fmt: skip
NAMES = sorted(
    {
        name
        for wing in (fl, plot, digitize, report, datasets)
        for name in wing.__all__
        if callable(getattr(wing, name))
    }
    - MADE_BY_FUNCTIONS
)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    table = calls(tmp_path_factory.mktemp("calls"))
    return {call.__name__: (call, arguments) for call, arguments in table.items()}


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_argument_is_refused_in_words_of_ours(good, name):
    """Four arguments of each function are spoiled by lot, the same in every run."""
    call, arguments = good[name]
    with warnings.catch_warnings(action="ignore"):  # of shapes that are none
        cases = [(one, how, bad) for one, value in arguments.items() for how, bad in spoiled(value)]
    for one, how, bad in random.Random(name).sample(cases, CASES):  # noqa: S311 - by lot, not a secret
        with warnings.catch_warnings(action="ignore"), contextlib.suppress(fl.FrontlinesError):
            try:
                call(**{**arguments, one: bad})
            except Exception as error:
                error.add_note(f"{name}({one}={how})")
                raise


@pytest.mark.parametrize("name", ["compare", "follow", "agreement", "measure_movement", "balance_error"])
def test_what_is_spoiled_works_as_it_is(good, name):
    call, arguments = good[name]
    assert call(**arguments) is not None


WRONG = {
    fl.change_between: {
        "theatre": None,
        "sliver_m": "far",
        "before": 7,
        "after": BEFORE.drop(columns="side"),
    },
    fl.balance_by_district: {"side": 3, "transitions": None},
    fl.change_series: {"day": 1.5, "districts": DISTRICTS.assign(district="x"), "control": "x"},
    fl.as_control: {"crs": None, "margin_m": 1e-9, "rest": 3, "frame": BEFORE.geometry},
    fl.read_study: {"path": 3},
    fl.read_population: {"path": "x" * 300},
    fl.series_totals: {"series": None},
    fl.balance_error: {"border_m": float("nan"), "reach_m": -1},
    fl.run_series: {"border_m": -1, "workers": 0},
    fl.follow_places: {"sigma_m": float("nan")},
}
TYPES = {"theatre", "sliver_m", "before", "side", "transitions", "day", "control", "crs", "rest", "series"}


@pytest.mark.parametrize("call", WRONG, ids=lambda call: call.__name__)
def test_a_refusal_names_the_argument_and_a_wrong_type_is_a_type_error(good, call):
    arguments = good[call.__name__][1]
    for name, bad in WRONG[call].items():
        kind = TypeError if name in TYPES else fl.FrontlinesError
        with pytest.raises(kind, match=name.removesuffix("s")) as caught:
            call(**{**arguments, name: bad})
        assert isinstance(caught.value, fl.FrontlinesError)
        assert isinstance(caught.value, ValueError)


def test_names_that_find_no_room_on_a_map_are_refused():
    with pytest.raises(fl.FrontlinesError, match="district of row 0: 9,000 letters of a name are more than"):
        fl.as_districts(DISTRICTS.assign(district=["D" * 9000, "E"]), CRS)


def test_books_of_an_earlier_run_are_not_booked_again():
    held = {"mended_km2": ["much", "5"], "margin_km2": 7.0, "outside_km2": "x"}
    control = fl.as_control(BEFORE.assign(**held), CRS, theatre=THEATRE, margin_m=10.0)
    assert control[["mended_km2", "outside_km2", "margin_km2"]].sum().tolist() == [0, 0, 0]


def test_a_key_that_no_column_has_is_refused():
    with pytest.raises(fl.FrontlinesError, match="no column 'nonsense'"):
        fl.as_districts(DISTRICTS, CRS, key="nonsense")


def test_a_list_is_no_side():
    with pytest.raises(fl.FrontlinesError, match="have no side"):
        fl.as_control(BEFORE.assign(side=[["A"], ["B"]]), CRS)


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".zip", ".parquet", ".kml", ".csv"])
def test_rows_and_vertices_are_bounded_in_every_format(tmp_path, suffix):
    path = tmp_path / f"layer{suffix}"
    fl.write(DISTRICTS.to_crs(LONLAT), path)
    for bounds in ({"rows": 1}, {"vertices": 9}):
        with fl.raised_limits(**bounds), pytest.raises(fl.FrontlinesError, match=f"layer{suffix}: "):
            fl.read_layer(path)
    assert len(fl.read_layer(path)) == len(DISTRICTS)


def test_what_an_operating_system_leaves_in_a_folder_is_no_layer(tmp_path):
    fl.write(BEFORE, tmp_path / "a_1994-04-07.gpkg")
    fl.write(AFTER.drop(columns=["date"]), tmp_path / "b_1994-05-12.gpkg")
    for name in ("._a_1994-04-07.gpkg", ".DS_Store", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"\x00\x05\x16\x07")
    read = read_snapshots(tmp_path, Reading(), side=None)
    assert len(read) == len(BEFORE) + len(AFTER)
    assert read.index[0] == "0 of a_1994-04-07.gpkg"


def test_a_file_without_a_row_shows_in_a_series_what_it_shows_between_two_days(tmp_path):
    fl.write(BEFORE.drop(columns="date"), tmp_path / "a_1994-04-07.gpkg")
    fl.write(BEFORE.iloc[:0].drop(columns="date"), tmp_path / "b_1994-05-12.gpkg")
    fl.write(DISTRICTS, tmp_path.parent / "districts.gpkg")
    given = {"districts": [tmp_path.parent / "districts.gpkg"], "key": "district", "side": "A"}
    with pytest.raises(LayerError, match=r"b_1994-05-12.gpkg holds no row: take the file away .*allow_empty"):
        snapshots_from_files(tmp_path, **given)
    made = snapshots_from_files(tmp_path, **given, rest="B", description=Description(allow_empty=True))
    control = made.control.checked()
    km2 = control.assign(km2=control.area / 1e6).groupby(["date", "side"])["km2"].sum()
    assert km2.loc["1994-05-12"].round(3).to_dict() == {"B": 64.0}
    said = "b_1994-05-12.gpkg holds no row: all ground of 1994-05-12 is that of B"
    assert said in made.record["notes"]
