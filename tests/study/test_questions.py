"""One call for a whole question gives what the steps give, from files and from frames alike."""

import pandas as pd
import pytest

import frontlines as fl
from frontlines.datasets import locate, synthetic_war

FOLDER = locate("karabakh-1994").parent


@pytest.fixture(scope="module")
def karabakh():
    """Both days of the bundled study, as files on hand and as frames."""
    lines = fl.read_frontlines(FOLDER / "frontlines.geojson")
    return [rows for _, rows in lines.groupby("date")], fl.read_districts(FOLDER / "districts.geojson")


def test_frames_files_and_the_study_agree(karabakh):
    (before, after), districts = karabakh
    whole = fl.run_study(fl.load_study("karabakh-1994"))
    alike = {"side": "ARM", "correlation_m": whole.study.correlation_m}
    found = fl.compare(before, after, districts, **alike)
    pd.testing.assert_frame_equal(found.balance, whole.balance)
    file = FOLDER / "frontlines.geojson"
    days = tuple(f"{day:%Y-%m-%d}" for day in whole.study.dates)
    from_files = fl.compare(file, file, FOLDER / "districts.geojson", days=days, **alike)
    pd.testing.assert_frame_equal(found.balance, from_files.balance)


def test_the_manifest_knows_frames_by_their_content(karabakh):
    (before, after), districts = karabakh
    inputs = fl.compare(before, after, districts, side="ARM").manifest["inputs"]
    assert [(one["role"], one["rows"]) for one in inputs] == [
        ("before", len(before)), ("after", len(after)), ("districts", len(districts)),
    ]  # fmt: skip
    assert len({one["sha256"] for one in inputs}) == 3


def test_what_is_wrong_is_said_of_the_frame(karabakh):
    (before, after), districts = karabakh
    with pytest.raises(fl.FrontlinesError, match="before shows 1994-05-12 and after 1994-04-07"):
        fl.compare(after, before, districts, side="ARM")
    with pytest.raises(fl.FrontlinesError, match="districts has no column 'district'"):
        fl.compare(districts, before, after)
    with pytest.raises(fl.FrontlinesError, match="districts has no column 'raion'"):
        fl.compare(before, after, districts, key="raion")
    with pytest.raises(fl.FrontlinesError, match=r"(?s)before.*CRS"):
        fl.compare(before.set_crs(None, allow_override=True), after, districts)


def test_the_caller_keeps_the_frames(karabakh):
    (before, _after), districts = karabakh
    kept = before.copy(), districts.copy()
    fl.compare(*karabakh[0], districts, side="ARM")
    pd.testing.assert_frame_equal(before, kept[0])
    pd.testing.assert_frame_equal(districts, kept[1])


def test_a_series_of_frames_is_that_of_the_steps():
    war = synthetic_war(60, n_vertices=80)
    found = fl.follow(war.control, war.districts, side="Red", every="month")
    crs = fl.working_crs(war.districts)
    steps = fl.change_series(
        fl.as_control(war.control, crs), fl.as_districts(war.districts, crs), "Red", freq="MS"
    )
    pd.testing.assert_frame_equal(found.series, steps)


def test_movement_in_one_call_is_that_of_the_study(karabakh):
    whole = fl.run_movement(fl.load_study("karabakh-1994"), spacing_m=20_000)
    found = fl.measure_movement(*karabakh[0], karabakh[1], side="ARM", spacing_m=20_000)
    pd.testing.assert_frame_equal(found.estimators, whole.estimators)
