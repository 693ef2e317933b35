"""Styles for QGIS: they are XML, name columns that are there, and hold whatever names hold."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pyogrio
import pytest

from frontlines.study.qgis import STYLES, styles_of

HOSTILE = "O'Brien's <\"side\"> & \\ Co"


def rules(text):
    return [rule for rule in ET.fromstring(text).iter("rule") if "symbol" in rule.attrib]  # noqa: S314 - our own


@pytest.fixture(scope="module")
def hostile(karabakh_results):
    """The bundled study, one of whose sides is called what no side is called."""
    study = karabakh_results.study
    named = {"ARM": HOSTILE}
    change = karabakh_results.change.replace({"side_from": named, "side_to": named})
    balance = karabakh_results.balance.assign(side=HOSTILE)
    return replace(karabakh_results, study=replace(study, side=HOSTILE), change=change, balance=balance)


def test_styles_name_columns_and_rows_that_are_there(hostile):
    styles = styles_of(hostile)
    layers = {name: layer for file in hostile.layers.values() for name, layer in file.items()}
    assert set(styles) == set(layers)
    for name, text in styles.items():
        root = ET.fromstring(text)  # noqa: S314 - our own
        symbols = {symbol.get("name") for symbol in root.iter("symbol")}
        assert {rule.get("symbol") for rule in rules(text)} == symbols
        for rule in root.iter("rule"):
            assert set(re.findall(r'"(\w+)" (?:=|>|<|IS)', rule.get("filter"))) <= set(layers[name].columns)
    told = [rule.get("filter") for rule in rules(styles["change"])]
    written = HOSTILE.replace("\\", "\\\\").replace("'", "''")
    assert any(f"\"side_to\" = '{written}'" in where for where in told)


def test_a_geopackage_holds_change_by_district_and_its_styles(karabakh_results, tmp_path):
    karabakh_results.save(tmp_path / "out", map=False)
    package = tmp_path / "out" / "change.gpkg"
    assert [name for name, _ in pyogrio.list_layers(package)] == ["change", "districts", STYLES]
    districts = pyogrio.read_dataframe(package, layer="districts")
    assert districts["net_km2"].tolist() == pytest.approx(karabakh_results.balance["net_km2"].tolist())
    table = pyogrio.read_dataframe(package, layer=STYLES).set_index("f_table_name")
    for name in ("change", "districts"):
        beside = (tmp_path / "out" / f"{name}.qml").read_text(encoding="utf-8")
        assert table.loc[name, "styleQML"] == beside
    assert (tmp_path / "out" / "frontlines.qml").exists()
