"""A study file: what it may hold, and a message for every fault."""

import json
from datetime import date

import pytest

from frontlines.errors import StudyError
from frontlines.sources.toml import read_study_toml

WHOLE = """
[study]
name = "mine"
title = "A title"
side = "A"
dates = [1994-04-07, 1994-05-12]
boundaries = ""
notes = ["one", "two"]
sources = []
[sides]
A = "Side A"
[layers]
frontlines = "lines.geojson"
districts = "districts.geojson"
theatre = "theatre.geojson"
settlements = "settlements.csv"
context = "context.geojson"
key = "NAME"
[method]
snap_m = 2000
sliver_m = 0.5
rest = "B"
border_m = 500.0
[map]
zoom = [46.5, 39.9, 47.2, 40.5]
towns = ["Ağdam"]
zoom_towns = []
"""


@pytest.fixture
def study(tmp_path):
    def written(text=WHOLE):
        (tmp_path / "study.toml").write_text(text, encoding="utf-8")
        return tmp_path / "study.toml"

    return written


def changed(old, new):
    assert WHOLE.count(old) == 1
    return WHOLE.replace(old, new)


def test_a_whole_study_is_read_as_it_stands(study):
    tables = read_study_toml(study())
    assert set(tables) == {"study", "sides", "layers", "method", "map"}
    assert tables["study"]["dates"] == [date(1994, 4, 7), date(1994, 5, 12)]
    assert tables["method"] == {"snap_m": 2000, "sliver_m": 0.5, "rest": "B", "border_m": 500}
    assert tables["map"]["zoom"] == [46.5, 39.9, 47.2, 40.5]


def test_a_mark_at_the_beginning_of_the_file_does_no_harm(study):
    assert read_study_toml(study("\ufeff" + WHOLE))["study"]["side"] == "A"


ENTRY = [
    ('title = "A title"', 'title = ""', "[study] title must be a text that is not empty, not ''"),
    ('title = "A title"', "title = 7", "[study] title must be a text that is not empty, not 7"),
    (
        'side = "A"',
        'side = " "',
        "[study] side must be a text that is not empty, or a list of such texts, not ' '",
    ),
    ('name = "mine"', "name = true", "[study] name must be a text that is not empty, not True"),
    ('boundaries = ""', "boundaries = []", "[study] boundaries must be a text, not []"),
    ('notes = ["one", "two"]', 'notes = "one"', "[study] notes must be a list of texts, not 'one'"),
    ('notes = ["one", "two"]', 'notes = ["one", 2]', "[study] notes must be a list of texts, not ['one', 2]"),
    ("sources = []", "sources = [[]]", "[study] sources must be a list of texts, not [[]]"),
    ('A = "Side A"', "A = 1", "[sides] A must be a text that is not empty, not 1"),
    ('key = "NAME"', 'key = ""', "[layers] key must be a text that is not empty, not ''"),
    (
        "snap_m = 2000",
        "snap_m = -1",
        "[method] snap_m must be a number of metres, 0 or more, at most 20,000,000, not -1",
    ),
    (
        "snap_m = 2000",
        "snap_m = nan",
        "[method] snap_m must be a number of metres, 0 or more, at most 20,000,000, not nan",
    ),
    (
        "snap_m = 2000",
        "snap_m = inf",
        "[method] snap_m must be a number of metres, 0 or more, at most 20,000,000, not inf",
    ),
    (
        "sliver_m = 0.5",
        "sliver_m = true",
        "[method] sliver_m must be a number of metres, 0 or more, at most 20,000,000, not True",
    ),
    (
        "sliver_m = 0.5",
        'sliver_m = "1"',
        "[method] sliver_m must be a number of metres, 0 or more, at most 20,000,000, not '1'",
    ),
    ('rest = "B"', 'rest = ""', "[method] rest must be a text that is not empty, not ''"),
    ('towns = ["Ağdam"]', "towns = [1]", "[map] towns must be a list of texts, not [1]"),
]


@pytest.mark.parametrize(("old", "new", "words"), ENTRY)
def test_an_entry_of_the_wrong_type_is_told_with_what_it_must_be(study, old, new, words):
    with pytest.raises(StudyError) as caught:
        read_study_toml(study(changed(old, new)))
    assert str(caught.value) == f"study.toml is not a study: {words}"


@pytest.mark.parametrize(
    "days",
    [
        "[1994-04-07]",
        "[1994-04-07, 1994-05-12, 1994-06-01]",
        "[1994-05-12, 1994-04-07]",
        "[1994-04-07, 1994-04-07]",
        '["1994-04-07", "1994-05-12"]',
        "[1994-04-07T00:00:00, 1994-05-12T00:00:00]",
        "1994-04-07",
        "[]",
    ],
)
def test_dates_must_be_two_days_in_order(study, days):
    with pytest.raises(StudyError, match=r"\[study\] dates must be two days, the earlier first, such as"):
        read_study_toml(study(changed("[1994-04-07, 1994-05-12]", days)))


@pytest.mark.parametrize(
    "corners",
    [
        "[46.5, 39.9, 47.2]",
        "[46.5, 40.5, 47.2, 39.9]",
        "[46.5, 39.9, 46.5, 40.5]",
        "[46.5, 39.9, 47.2, 91]",
        "[-361, 39.9, 47.2, 40]",
        '["46.5", 39.9, 47.2, 40.5]',
        "[nan, 39.9, 47.2, 40.5]",
        "46.5",
    ],
)
def test_a_zoom_must_be_four_degrees(study, corners):
    with pytest.raises(StudyError, match=r"\[map\] zoom must be west, south, east and north in degrees"):
        read_study_toml(study(changed("[46.5, 39.9, 47.2, 40.5]", corners)))


def test_a_zoom_may_cross_the_antimeridian(study):
    tables = read_study_toml(study(changed("[46.5, 39.9, 47.2, 40.5]", "[179, 65, -179, 66]")))
    assert tables["map"]["zoom"] == [179, 65, -179, 66]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "[study]",
            "[studie]",
            r"\[studie\] is not a table of a study \(they are study, sides, colours, layers,",
        ),
        (
            "snap_m = 2000",
            "snap = 2000",
            r"\[method\] snap is not known \(known are snap_m, sliver_m, border_m, margin_m, rest, reach_m, sigma_m, correlation_m, draws, mend\)",
        ),
        ('title = "A title"\n', "", r"\[study\] title is missing"),
        ("dates = [1994-04-07, 1994-05-12]\n", "", r"\[study\] dates is missing"),
        (
            'districts = "districts.geojson"\ntheatre = "theatre.geojson"\n',
            "",
            r"\[layers\] districts is missing \(or a theatre, which then is one district\)",
        ),
        ('frontlines = "lines.geojson"\n', "", r"\[layers\] must name either frontlines or control"),
        ("[layers]", '[layers]\ncontrol = "c.gpkg"', r"\[layers\] must name either frontlines or control"),
        ("[map]", "[maps]", r"\[maps\] is not a table of a study"),
    ],
)
def test_what_is_missing_or_unknown_is_named(study, old, new, words):
    with pytest.raises(StudyError, match=words):
        read_study_toml(study(changed(old, new)))


def test_a_table_must_be_a_table(study):
    with pytest.raises(StudyError, match=r"study must be a table: write \[study\] on a line of its own"):
        read_study_toml(study("study = 1"))
    with pytest.raises(StudyError, match=r"layers must be a table"):
        read_study_toml(study('layers = "a"\n[study]\ntitle="t"\nside="A"\ndates=[1994-04-07, 1994-05-12]'))
    with pytest.raises(StudyError, match=r"study must be a table"):
        read_study_toml(study("[[study]]\ntitle='a'\n[[study]]\ntitle='b'"))


def test_all_faults_are_told_at_once(study):
    with pytest.raises(StudyError) as caught:
        read_study_toml(study("[study]\nside = 1\ncolour = 'red'\n[war]\n"))
    for words in (
        "[study] side must be",
        "[study] colour is not known",
        "[war] is not a table",
        "[study] title is missing",
        "[study] dates is missing",
        "[layers] districts is missing",
    ):
        assert words in str(caught.value)


def test_an_empty_file_lacks_everything(study):
    with pytest.raises(StudyError, match=r"\[study\] title is missing; .*\[layers\] districts is missing"):
        read_study_toml(study(""))


def test_a_long_value_is_cut_short(study):
    with pytest.raises(StudyError) as caught:
        read_study_toml(study(changed('notes = ["one", "two"]', f'notes = "{"long " * 100}"')))
    assert str(caught.value).endswith("…")
    assert len(str(caught.value)) < 150


@pytest.mark.parametrize("content", [b"[study", b"title = ", b"\xff\xfe\x00", b"a = 1\na = 2", b"\x00"])
def test_what_is_not_toml_is_refused(tmp_path, content):
    (tmp_path / "study.toml").write_bytes(content)
    with pytest.raises(StudyError, match=r"study\.toml cannot be read as a study: "):
        read_study_toml(tmp_path / "study.toml")


def test_a_file_that_is_not_there_or_a_folder_is_refused(tmp_path):
    with pytest.raises(StudyError, match=r"absent\.toml is not a file: check the path"):
        read_study_toml(tmp_path / "absent.toml")
    with pytest.raises(StudyError, match="cannot be read as a study"):
        read_study_toml(tmp_path)


@pytest.mark.parametrize("text", ["[bold]x[/bold]", "$x$", "two\nlines", "</script>", '"quoted"', "\\frac"])
def test_hostile_text_is_read_as_it_stands_and_shown_on_one_line(study, text):
    quoted = json.dumps(text)
    assert read_study_toml(study(changed('"A title"', quoted)))["study"]["title"] == text
    with pytest.raises(StudyError) as caught:
        read_study_toml(study(changed('notes = ["one", "two"]', f"notes = {quoted}")))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", [f"a = {'[' * 10_000}", f"a = {'9' * 5_000}"], ids=["deep", "long number"])
def test_what_the_parser_gives_up_on_is_no_study(study, text):
    with pytest.raises(StudyError, match="cannot be read as a study"):
        read_study_toml(study(text))


def test_a_number_beyond_all_numbers_is_refused(study):
    with pytest.raises(StudyError, match="snap_m must be a number of metres"):
        read_study_toml(study(WHOLE.replace("snap_m = 2000", f"snap_m = {'9' * 400}")))
