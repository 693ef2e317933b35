"""What results can do: be drawn, looked at, made a page of, saved as the command saves them."""

import json
import re
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import typer
from matplotlib.figure import Figure
from shapely import Point, box

import frontlines as fl
from frontlines.cli.main import app
from frontlines.cli.options import Saves
from frontlines.datasets import locate
from frontlines.report import write_page
from frontlines.sources.formats import DECIMALS, OTHER_DECIMALS, rounded
from frontlines.study import outputs, pictures
from frontlines.study.questions import net_changes

NASTY = '=1+1</script><script>alert("1")</script>'
DOCS = Path(__file__).parents[2] / "docs" / "results.md"


def ground(front, day, side="A"):
    shapes = [box(46, 39, front, 41), box(front, 39, 48, 41)]
    frame = {"date": [day] * 2, "side": [side, "B"], "source": [NASTY] * 2}
    return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326")


@pytest.fixture(scope="module")
def districts():
    shapes = [box(46, 39, 47, 41), box(47, 39, 48, 41)]
    return gpd.GeoDataFrame({"district": [NASTY, "East"]}, geometry=shapes, crs="EPSG:4326")


@pytest.fixture(scope="module")
def nasty(districts):
    """Two days on which names and sides are markup and formulas."""
    towns = gpd.GeoDataFrame({"name": [NASTY]}, geometry=[Point(46.6, 40)], crs="EPSG:4326")
    days = ground(46.5, "2021-06-01", NASTY), ground(46.7, "2021-06-02", NASTY)
    return fl.compare(*days, districts, side=NASTY, settlements=towns, sigma_m=300)


@pytest.fixture(scope="module")
def series(districts):
    fronts = {"2021-06-01": 46.4, "2021-06-02": 46.8, "2021-06-03": 46.6}
    days = pd.concat([ground(front, day) for day, front in fronts.items()], ignore_index=True)
    return fl.follow(days, districts, side="A", margin_m=0, sigma_m=300)


def test_results_save_what_the_command_writes_byte_for_byte(karabakh_program, karabakh_results, tmp_path):
    _, out = karabakh_program
    names = karabakh_results.save(tmp_path / "out", map=False)
    assert list(names) == [
        file for file in (*outputs.FILES["change"], "settlements.csv") if not file.startswith("map.")
    ]
    same = [name for name in names if name != "change.gpkg"]  # GDAL writes the time
    assert [
        name for name in same if (tmp_path / "out" / name).read_bytes() != (out / name).read_bytes()
    ] == []
    with pytest.raises(
        fl.FrontlinesError, match=r"without ground\.topojson: run it again with --report and --force"
    ):
        write_page(out, tmp_path / "page.html")
    paged = karabakh_results.save(tmp_path / "paged", map=False, report=True)
    assert set(paged) - set(names) == {"ground.topojson", "report.html"}
    karabakh_results.report(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page == (tmp_path / "paged" / "report.html").read_text(encoding="utf-8")
    assert karabakh_results.headline.split(". ")[0] in page


def test_nothing_is_replaced_without_force(nasty, tmp_path):
    nasty.save(tmp_path, map=False, excel=True)
    with pytest.raises(
        fl.FrontlinesError, match=r"results\.xlsx of another run: pass force=True, or another folder"
    ):
        nasty.save(tmp_path, map=False)
    nasty.save(tmp_path, map=False, force=True)
    assert not (tmp_path / "results.xlsx").exists()
    with pytest.raises(TypeError, match="pictures"):
        nasty.save(tmp_path / "new", pictures=False)
    assert not (tmp_path / "new").exists()


def test_a_notebook_shows_sentence_table_map_and_caption_as_text(nasty, series, districts):
    moved = fl.measure_movement(
        ground(46.5, "2021-06-01"), ground(46.7, "2021-06-02"), districts, side="A", spacing_m=20_000
    )
    for found in (nasty, series, moved):
        shown = found._repr_html_()
        assert "<script" not in shown
        assert shown.count("data:image/png;base64,") == 1
        assert found.headline.split(NASTY)[-1][:20] in shown
        assert len(repr(found)) < 240
    assert "(draws=1000)" in fl.run_study("karabakh-1994")._repr_html_()  # notes speak of arguments
    cell = nasty.explore()
    assert "<script" not in cell._repr_html_()
    assert "default-src 'none'" in cell.html


def test_maps_and_charts_are_figures(nasty, series, monkeypatch):
    for name in ("change_figure", "transition_matrix_figure", "series_figure"):
        monkeypatch.setattr(pictures.plot, name, lambda *_args, _name=name, **_how: Figure(label=_name))
    assert [found.map().get_label() for found in (nasty, series)] == ["change_figure"] * 2
    assert nasty.chart().get_label() == "transition_matrix_figure"
    assert series.chart().get_label() == "series_figure"


def test_any_two_days_of_a_series_are_compared(series):
    whole, part = series.between(), series.between("2021-06-02", "2021-06-03")
    steps = series.totals["net_km2"]
    assert whole.totals["net_km2"].item() == pytest.approx(steps.sum(), rel=1e-6)
    assert part.totals["net_km2"].item() == pytest.approx(steps.iloc[1], rel=1e-6)
    assert whole.totals["sigma_km2"].item() > 0
    with pytest.raises(fl.FrontlinesError, match="no snapshot of 2021-07-01"):
        series.between(last="2021-07-01")


def test_what_scripts_read_holds_all_tables(nasty, series):
    found = json.loads(nasty.to_json())
    assert set(found) == {"kind", "headline", "tables", "manifest"}
    assert list(found["tables"]) == [
        "balance",
        "totals",
        "transitions",
        "settlements",
        "error_by_correlation",
    ]
    assert found["tables"]["balance"][0]["date_from"] == "2021-06-01"
    row = json.loads(series.to_json())["tables"]["totals"][0]
    assert row["net_km2"] == round(series.totals["net_km2"].iloc[0], 6)


def test_text_in_a_workbook_is_never_a_formula(nasty, tmp_path):
    for folder in ("one", "two"):
        nasty.save(tmp_path / folder, map=False, excel=True, bom=True)
    books = [(tmp_path / folder / "results.xlsx").read_bytes() for folder in ("one", "two")]
    assert books[0] == books[1]
    with zipfile.ZipFile(tmp_path / "one" / "results.xlsx") as book:
        sheets = [book.read(name).decode() for name in book.namelist() if "worksheets/sheet" in name]
        texts = book.read("xl/sharedStrings.xml").decode()
    assert len(sheets) == 1 + len(nasty.tables)
    assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)
    assert "=1+1&lt;/script&gt;" in texts
    table = tmp_path / "one" / "balance.csv"
    assert table.read_bytes().startswith(b"\xef\xbb\xbf")
    assert pd.read_csv(table)["net_km2"].sum() == pytest.approx(nasty.totals["net_km2"].item(), abs=1e-6)


def test_numbers_have_the_decimals_of_their_units():
    table = pd.DataFrame(
        {"net_km2": [1.23456789], "front_km": [1.23456], "nsm_m": [1.23456], "share": [1 / 3]}
    )
    assert rounded(table).iloc[0].tolist() == [1.234568, 1.235, 1.23, 0.333333]
    text = DOCS.read_text(encoding="utf-8").split("<!-- decimals -->")[1]
    stated = dict(re.findall(r"^\| `_(\w+)` \| (\d) \|", text, re.MULTILINE))
    assert {unit: int(places) for unit, places in stated.items()} == DECIMALS
    assert f"ratios | {OTHER_DECIMALS} |" in text


def test_the_docs_name_every_option_of_saving():
    text = DOCS.read_text(encoding="utf-8")
    params = typer.main.get_command(app).commands["change"].params
    flags = [one.opts[0] for one in params if one.name in set(Saves) - {"out", "force"}]
    assert len(flags) == len(Saves) - 2
    assert [flag for flag in flags if f"`{flag}`" not in text] == []


def test_a_study_is_a_path_its_folder_or_a_name(karabakh_results):
    path = locate("karabakh-1994")
    for named in (str(path), path.parent):
        found = fl.run_study(named)
        pd.testing.assert_frame_equal(found.totals, karabakh_results.totals)


def test_two_sources_in_one_call_and_their_net_changes(districts):
    one = pd.concat([ground(46.4, "2021-06-01"), ground(46.8, "2021-06-02")], ignore_index=True)
    other = pd.concat([ground(46.5, "2021-06-01"), ground(46.8, "2021-06-02")], ignore_index=True)
    found = fl.agreement(one, other, districts, side="A", names=("map", "list"))
    assert found.totals["iou"].round(3).tolist() == [0.8, 1.0]
    assert found.headline.startswith("map and list agree on 100.0% of the ground")
    nets = net_changes(
        [one, other], districts, side="A", dates=("2021-06-01", "2021-06-02"), names=("map", "list")
    )
    assert (nets.nets.table["net_km2"] > 0).all()
    with pytest.raises(fl.FrontlinesError, match=r"no page of net change .* use chart\(\)"):
        nets.report("page.html")
    with pytest.raises(fl.FrontlinesError, match=r"NetResults has no map\(\): use chart\(\)"):
        nets.map()


def test_arguments_that_are_swapped_or_no_layers_are_told(districts):
    before, after = ground(46.5, "2021-06-01"), ground(46.7, "2021-06-02")
    with pytest.raises(fl.FrontlinesError, match="is it given in place of the districts"):
        fl.compare(districts, before, after)
    with pytest.raises(
        fl.FrontlinesError,
        match="before is a DataFrame: give a text or a path or a GeoDataFrame with geometry",
    ):
        fl.compare(pd.DataFrame({"side": ["A"]}), after, districts)
    with pytest.raises(fl.FrontlinesError, match="before is a list: give a text or a path"):
        fl.compare([before], after, districts)
    with pytest.raises(fl.FrontlinesError, match="give districts and their key, or a theatre"):
        fl.compare(before, after)
