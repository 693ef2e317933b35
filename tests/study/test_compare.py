"""Studies: from a file to results, books closed and everything on record."""

import json
import shutil
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, box

from frontlines.datasets import locate
from frontlines.errors import LayerError, NoiseError, StudyError
from frontlines.manifest import to_json
from frontlines.plot import change_figure
from frontlines.sources.description import Description
from frontlines.sources.files import write
from frontlines.study import Study, load_study, read_study, run_study, study_from_files

HOSTILE = "[bold]$x_1$ </script> _a_ \\frac"


@pytest.fixture(scope="module")
def karabakh(karabakh_results):
    return karabakh_results


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A small study of lines in files."""
    folder = tmp_path_factory.mktemp("written")
    districts = gpd.GeoDataFrame(
        {"district": ["West", "East"]}, geometry=[box(46, 39, 47, 41), box(47, 39, 48, 41)], crs="EPSG:4326"
    )
    write(districts, folder / "districts.geojson")
    for day, lon in (("1994-04-07", 46.5), ("1994-05-12", 47.25)):
        line = gpd.GeoDataFrame(
            {"date": [day], "side_left": ["A"], "side_right": ["B"], "source": ["a map"]},
            geometry=[LineString([(lon, 38.9), (lon, 41.1)])],
            crs="EPSG:4326",
        )
        ground = gpd.GeoDataFrame(
            {"date": [day], "side": ["A"], "source": ["a map"]},
            geometry=[box(46, 39, lon, 41)],
            crs="EPSG:4326",
        )
        write(line, folder / f"line_{day}.geojson")
        write(ground, folder / f"control_{day}.geojson")
    both = pd.concat([gpd.read_file(folder / f"line_{day}.geojson") for day in ("1994-04-07", "1994-05-12")])
    write(both, folder / "lines.geojson")
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path, dirs_exist_ok=True)


TOML = """
[study]
title = "A title"
side = "A"
dates = [1994-04-07, 1994-05-12]
[layers]
frontlines = "lines.geojson"
districts = "districts.geojson"
"""


def toml(folder, text=TOML, name="study.toml"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_the_books_of_karabakh_close(karabakh):
    books = karabakh.manifest["books"]
    assert abs(books["closure_error_km2"]) < 1e-9 * books["theatre_km2"]
    assert abs(books["districts_closure_error_km2"]) < 1e-9 * books["theatre_km2"]
    assert books["sliver_km2"] == 0
    assert karabakh.transitions["area_km2"].sum() == pytest.approx(books["theatre_km2"], rel=1e-9)
    assert karabakh.balance["lost_km2"].sum() == 0
    assert karabakh.balance["gained_km2"].sum() == pytest.approx(
        karabakh.change.query("side_from == 'AZE' and side_to == 'ARM'")["area_km2"].sum(), rel=1e-9
    )


def test_the_manifest_says_what_was_read_and_done(karabakh):
    manifest = json.loads(to_json(karabakh.manifest))
    assert manifest["dates"] == ["1994-04-07", "1994-05-12"]
    assert {entry["role"] for entry in manifest["inputs"]} >= {"study", "frontlines", "districts", "theatre"}
    assert all(len(entry["sha256"]) == 64 for entry in manifest["inputs"])
    assert manifest["parameters"]["snap_m"] == 2000
    assert manifest["projection"]["largest_area_error"] < 1e-9
    assert {"frontlines", "shapely", "GEOS", "PROJ", "Python"} <= set(manifest["versions"])


def test_the_caption_says_what_a_reader_must_know(karabakh):
    for words in (
        "7 April 1994",
        "12 May 1994",
        "was not available",
        "Natural Earth",
        "Lambert azimuthal equal-area",
        "Boundar|boundar",
    ):
        assert any(word in karabakh.caption for word in words.split("|")), words


def test_the_same_study_gives_the_same_text_and_progress_rises_to_one(karabakh):
    told = []
    again = run_study(load_study("karabakh-1994"), progress=lambda share, what: told.append((share, what)))
    assert to_json(again.manifest) == to_json(karabakh.manifest)
    assert again.balance.to_csv() == karabakh.balance.to_csv()
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert all(what for _, what in told)


def test_a_study_file_of_ones_own(folder):
    results = run_study(read_study(toml(folder)))
    balance = results.balance.set_index("district")
    assert balance.loc["West", "share_after"] == pytest.approx(1)
    assert balance.loc["East", "share_before"] == pytest.approx(0, abs=1e-9)
    assert results.study.name == folder.name


def test_hostile_text_is_only_text(folder):
    text = TOML.replace('"A title"', json.dumps(HOSTILE)) + f"[sides]\nA = {json.dumps(HOSTILE)}\n"
    results = run_study(read_study(toml(folder, text)))
    assert results.study.title == HOSTILE
    assert json.loads(to_json(results.manifest))["sides"]["A"] == HOSTILE


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("[study]", "[war]"), r"\[war\]"),
        (('title = "A title"', ""), "title"),
        (('side = "A"', "side = 7"), "side"),
        (("1994-05-12]", "1994-05-12, 1994-06-01]"), "dates"),
        (("[1994-04-07, 1994-05-12]", "[1994-05-12, 1994-04-07]"), "dates"),
        (('frontlines = "lines.geojson"', ""), "frontlines or control"),
        (
            ('frontlines = "lines.geojson"', 'frontlines = "lines.geojson"\ncontrol = "c.gpkg"'),
            "frontlines or control",
        ),
        (("[layers]", "[layers]\ncolour = 'red'"), "colour"),
        (("1994-05-12]", "1994-05-13]"), "hold nothing for 1994-05-13"),
        (("[study]", "study"), "cannot be read"),
        (("[layers]", "[method]\nsnap_m = -1\n[layers]"), "snap_m"),
    ],
)
def test_faults_of_a_study_file_are_named(folder, change, words):
    with pytest.raises(StudyError, match=words):
        read_study(toml(folder, TOML.replace(*change)))


def test_a_wrong_layer_is_named_with_its_file(folder):
    (folder / "lines.geojson").write_text((folder / "lines.geojson").read_text().replace('"B"', '"A"'))
    with pytest.raises(LayerError, match=r"(?s)lines\.geojson: .*same side"):
        read_study(toml(folder))


def test_two_files_of_polygons(folder):
    study = study_from_files(
        folder / "control_1994-04-07.geojson",
        folder / "control_1994-05-12.geojson",
        districts=folder / "districts.geojson",
        key="DISTRICT",
        side="A",
        rest="B",
    )
    results = run_study(study)
    assert results.manifest["sources"] == ["a map"]
    assert set(results.control["side"]) == {"A", "B"}
    assert len(results.frontlines) == 2


def test_two_files_of_lines_give_the_same_as_polygons(folder):
    def net(kind):
        files = [folder / f"{kind}_{day}.geojson" for day in ("1994-04-07", "1994-05-12")]
        study = study_from_files(
            *files, districts=folder / "districts.geojson", key="district", side="A", rest="B"
        )
        return run_study(study).balance["net_km2"].tolist()

    assert net("line") == pytest.approx(net("control"), rel=1e-6)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("control_1994-05-12", "control_1994-04-07", "give the earlier day first"),
        ("control_1994-05-12", "control_1994-05-12", "two different days"),
        ("control_1994-04-07", "line_1994-05-12", "give polygons alone or lines alone"),
        ("lines", "line_1994-05-12", r"lines.geojson holds 2 days \(1994-04-07, 1994-05-12\): say which"),
    ],
)
def test_files_that_do_not_pair_are_refused(folder, before, after, words):
    with pytest.raises(LayerError, match=words):
        study_from_files(
            folder / f"{before}.geojson",
            folder / f"{after}.geojson",
            districts=folder / "districts.geojson",
            key="district",
            side="A",
        )


def test_a_bundled_study_that_was_altered_is_refused(tmp_path, monkeypatch):
    import shutil  # noqa: PLC0415

    shutil.copytree(locate("karabakh-1994").parent, tmp_path / "karabakh-1994")
    monkeypatch.setattr("frontlines.datasets.bundled._INSTALLED", tmp_path)
    load_study("karabakh-1994")
    with (tmp_path / "karabakh-1994" / "frontlines.geojson").open("a") as file:
        file.write(" ")
    with pytest.raises(StudyError, match=r"frontlines.geojson .* was altered"):
        load_study("karabakh-1994")
    (tmp_path / "karabakh-1994" / "frontlines.geojson").unlink()
    with pytest.raises(StudyError, match=r"lacks frontlines\.geojson"):
        load_study("karabakh-1994")
    with pytest.raises(StudyError, match=r"no bundled study 'x'.*karabakh-1994"):
        load_study("x")


def test_a_file_without_a_row_shows_that_nobody_of_the_side_is_left_where_that_is_said(folder):
    write(gpd.GeoDataFrame(geometry=[], crs="EPSG:4326"), folder / "control_1994-06-01.geojson")
    files = [folder / f"control_1994-{day}.geojson" for day in ("05-12", "06-01")]
    ground = {"districts": folder / "districts.geojson", "key": "district", "side": "A", "rest": "B"}
    with pytest.raises(LayerError, match=r"control_1994-06-01\.geojson holds no row: take the file away"):
        study_from_files(*files, **ground)
    study = study_from_files(*files, **ground, description=Description(allow_empty=True))
    balance = run_study(study).balance
    assert balance["after_km2"].sum() == 0
    assert balance["lost_km2"].sum() == pytest.approx(balance["before_km2"].sum())


def test_polygons_that_do_not_say_whose_they_are_are_on_record(folder):
    bare = gpd.read_file(folder / "control_1994-05-12.geojson").rename(columns={"side": "holder"})
    write(bare, folder / "bare_1994-05-12.geojson")
    study = study_from_files(
        folder / "control_1994-04-07.geojson",
        folder / "bare_1994-05-12.geojson",
        districts=folder / "districts.geojson",
        key="district",
        side="A",
    )
    assert run_study(study).manifest["parameters"]["read_as_ground_of_side"] == ["bare_1994-05-12.geojson"]


def test_the_errors_of_lines_reach_the_balance_and_the_manifest(karabakh):
    assert {"net_low_km2", "net_high_km2", "sigma_km2", "p_gain", "trust"} <= set(karabakh.balance)
    assert {"net_low_km2", "sigma_km2"} <= set(karabakh.totals)
    record = json.loads(to_json(karabakh.manifest))["errors"]
    assert record["correlation_m"] == "stretch"
    assert record["method"] == "formula"
    assert record["total"]["sigma_km2"] == pytest.approx(karabakh.errors.total["sigma_km2"].iloc[0])
    low, high = (record["total"][f"net_{end}_km2"] for end in ("low", "high"))
    assert f"Armenian side, net: 282 km² (95% interval −{-low:,.0f} to {high:,.0f} km²)." in karabakh.caption
    assert "each stretch off as a whole), by formula" in karabakh.caption


def test_lines_without_sigma_have_no_error_unless_the_study_gives_one(folder):
    bare = run_study(read_study(toml(folder)))
    assert bare.errors is None
    assert "sigma_km2" not in bare.balance
    assert bare.manifest["errors"]["stretches_without_sigma_m"] == 2
    assert "interval" not in bare.caption
    text = TOML + "[method]\nsigma_m = 800.0\ncorrelation_m = inf\n"
    given = run_study(read_study(toml(folder, text)))
    assert given.frontlines["sigma_m"].tolist() == [800.0, 800.0]
    assert given.manifest["errors"]["correlation_m"] == "inf"
    length_km = given.frontlines.clip(given.study.theatre).length / 1000
    assert given.totals["sigma_km2"].iloc[0] == pytest.approx(0.8 * (length_km**2).sum() ** 0.5, rel=1e-3)
    assert "each line off as a whole" in given.caption


def test_a_stretch_that_does_not_bound_the_side_needs_no_sigma():
    """A holds the west; the line between B and C in the east has no sigma."""
    ground = gpd.GeoDataFrame(geometry=[box(0, 0, 40_000, 40_000)], crs="EPSG:3035")
    rows = [
        (day, side, shape, sigma)
        for day, x in (("1994-04-07", 15_000), ("1994-05-12", 20_000))
        for side, shape, sigma in (
            ("A", box(0, 0, x, 40_000), 500.0),
            ("B", box(x, 0, 40_000, 20_000), np.nan),
            ("C", box(x, 20_000, 40_000, 40_000), np.nan),
        )
    ]
    table = pd.DataFrame(rows, columns=["date", "side", "geometry", "sigma_m"])
    table = table.assign(date=pd.to_datetime(table["date"]), source="made up")
    study = Study(
        name="three", title="Three sides", side="A", dates=tuple(pd.to_datetime(["1994-04-07", "1994-05-12"])),
        crs=ground.crs, theatre=ground, districts=ground.assign(district="D", vintage="made up"),
        control=gpd.GeoDataFrame(table, geometry="geometry", crs=ground.crs),
    )  # fmt: skip
    found = run_study(study)
    assert found.manifest["errors"]["stretches_without_sigma_m"] == 2
    assert found.totals["sigma_km2"].iloc[0] > 0
    assert run_study(replace(study, side="B")).errors is None


def test_a_study_may_be_simulated(folder):
    study = read_study(toml(folder, TOML + "[method]\nsigma_m = 800.0\ndraws = 60\n"))
    assert study.draws == 60
    with pytest.raises(NoiseError, match="draws is 1: give a whole number"):
        replace(study, draws=1)
    drawn = run_study(study)
    study = replace(study, draws=0)
    record = drawn.manifest["errors"]
    assert (record["method"], record["draws"], record["seed"]) == ("simulation", 60, 0)
    assert "60 draws" in drawn.caption
    formula = run_study(study).totals["sigma_km2"].iloc[0]
    assert drawn.totals["sigma_km2"].iloc[0] == pytest.approx(formula, rel=0.3)


def test_errors_that_are_no_lengths_are_refused(folder):
    study = read_study(toml(folder))
    with pytest.raises(NoiseError, match="sigma_m is -1: give a number of metres"):
        replace(study, sigma_m=-1)


def test_a_side_that_held_all_and_lost_it_to_two_others_has_results_without_errors(folder):
    halves = [box(46, 39, 47, 41), box(47, 39, 48, 41)]
    rows = {"1994-04-07": (["A"], [box(46, 39, 48, 41)]), "1994-05-12": (["B", "C"], halves)}
    for day, (sides, shapes) in rows.items():
        frame = gpd.GeoDataFrame(
            {"date": day, "side": sides, "source": "m"}, geometry=shapes, crs="EPSG:4326"
        )
        write(frame, folder / f"all_{day}.gpkg")
    files = [folder / f"all_{day}.gpkg" for day in rows]
    study = study_from_files(*files, districts=folder / "districts.geojson", key="district", side="A")
    results = run_study(study)
    assert results.errors is None
    assert results.totals["net_km2"].iloc[0] == pytest.approx(-study.theatre.area.sum() / 1e6)
    assert "NaN" not in to_json(results.manifest)
    known = run_study(replace(study, sigma_m=300.0))
    assert known.manifest["errors"]["sigma_range_m"] == [300.0, 300.0]


def test_ground_in_no_district_is_warned_of_with_its_places_and_drawn(folder):
    """The side's ground reaches 0.1° beyond the districts in the west, and a little in the south."""
    for day in ("1994-04-07", "1994-05-12"):
        ground = gpd.GeoDataFrame({"side": ["A"]}, geometry=[box(45.9, 38.99, 46.5, 41)], crs="EPSG:4326")
        far = gpd.GeoDataFrame({"side": ["A"]}, geometry=[box(48.2, 40, 48.3, 40.1)], crs="EPSG:4326")
        write(gpd.GeoDataFrame(pd.concat([ground, far], ignore_index=True)), folder / f"wide_{day}.gpkg")
    files = [folder / f"wide_{day}.gpkg" for day in ("1994-04-07", "1994-05-12")]
    results = run_study(
        study_from_files(*files, districts=folder / "districts.geojson", key="district", side="A")
    )
    first, _ = results.manifest["no_district"]
    assert [one["district"] for one in first["largest"]] == ["West", "East"]
    assert first["largest"][1]["place"] == "48.2500°E 40.0500°N"
    assert first["share"] == pytest.approx(0.18, abs=0.02)
    assert first["km2"] == pytest.approx(results.no_district.area.sum() / 2e6)
    assert results.manifest["books"]["control_outside_km2"] == pytest.approx(first["km2"])  # with `far`
    assert "Ground in no district is in no figure: " in results.caption
    assert "In no district, not counted" in [
        text.get_text() for text in change_figure(results).findobj(lambda artist: hasattr(artist, "get_text"))
    ]


def test_no_word_of_districts_where_all_ground_lies_in_one(karabakh):
    assert karabakh.no_district is None or len(karabakh.no_district)
    assert "no_district" in karabakh.manifest


def lines_that_state(folder, *lengths):
    write(
        gpd.read_file(folder / "lines.geojson").assign(correlation_m=list(lengths)), folder / "lines.geojson"
    )


@pytest.mark.parametrize(
    ("stated", "method", "taken", "words"),
    [
        (["inf", "inf"], "", "inf", "each line off as a whole, as the lines state)"),
        (["inf", None], "", "inf", "each line off as a whole, as the lines state)"),
        ([800, 2000], "", 2000, "alike over 2 km along the front, as the lines state)"),
        ([800, None], "", 5000, "alike over 5 km along the front, as the lines state)"),
        (["inf", "inf"], "correlation_m = 7000.0\n", 7000, "alike over 7 km along the front)"),
    ],
)
def test_lines_state_over_what_length_they_are_off_together(folder, stated, method, taken, words):
    given = f"{TOML}[method]\nsigma_m = 800.0\ncorrelation_m = {taken}\n"
    without = run_study(read_study(toml(folder, given)))
    lines_that_state(folder, *stated)
    found = run_study(read_study(toml(folder, f"{TOML}[method]\nsigma_m = 800.0\n{method}")))
    assert found.totals["sigma_km2"].tolist() == without.totals["sigma_km2"].tolist()
    assert words in found.caption
    record = json.loads(to_json(found.manifest))["errors"]
    assert (record["correlation_m"], record["correlation_m_given"]) == (taken, bool(method))
    assert record["correlation_m_of_lines"] == [stated[0], stated[-1] or stated[0]]
    assert "correlation_m_of_lines" not in without.manifest["errors"]


def test_polygons_state_it_too(folder):
    paths = [folder / f"control_{day}.geojson" for day in ("1994-04-07", "1994-05-12")]
    for path in paths:
        write(gpd.read_file(path).assign(sigma_m=800.0, correlation_m="inf"), path)
    study = study_from_files(*paths, districts=folder / "districts.geojson", side="A")
    assert run_study(study).manifest["errors"]["correlation_m"] == "inf"


def test_a_length_that_is_none_is_refused(folder):
    lines_that_state(folder, "inf", "long")
    with pytest.raises(NoiseError, match=r"correlation_m of row 1 of the frontlines is 'long': give metres"):
        run_study(read_study(toml(folder, TOML + "[method]\nsigma_m = 800.0\n")))
