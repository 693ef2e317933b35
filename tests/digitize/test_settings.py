"""Thresholds have one home, and a run writes them down."""

import ast
import json
from pathlib import Path

import pytest

import frontlines.digitize
from frontlines.digitize.settings import FILLS, as_record

MODULES = [
    path
    for part in ("areas", "colour")
    for path in sorted((Path(frontlines.digitize.__file__).parent / part).glob("*.py"))
]
KNOWN = {"_DECIMALS", "_LINEAR_BELOW", "UNKNOWN", "_UPRIGHT"}  # of CIELAB and sRGB, a code, of EXIF


def test_the_record_of_a_run_has_each_threshold_as_plain_data():
    record = as_record()
    assert json.loads(json.dumps(record)) == record
    assert record["fills"]["border_px"] == FILLS.border_px
    assert all(name == name.lower() for group in record.values() for name in group)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_module_has_a_bare_number_of_its_own(path):
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant | ast.Tuple):
            numbers = [one for one in ast.walk(node.value) if isinstance(one, ast.Constant)]
            names = {
                name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)
            }
            assert names <= KNOWN or not any(isinstance(one.value, int | float) for one in numbers), names
