"""Bounds on work: refused before it begins, with the way to raise them."""

import math
import re
from pathlib import Path

import pytest

import frontlines
from frontlines.errors import LimitError
from frontlines.limits import LIMITS, within


@pytest.mark.parametrize("name", LIMITS)
def test_more_than_a_bound_is_refused_unless_it_is_raised(name):
    most = LIMITS[name].most
    within(name, most, name)
    with pytest.raises(LimitError, match=re.escape(f"frontlines.raised_limits({name}={2 * most:.0f})")):
        within(name, 2 * most, name)
    with frontlines.raised_limits(**{name: 2 * most}):
        within(name, 2 * most, name)
        with pytest.raises(LimitError):
            within(name, 3 * most, name)
    with frontlines.raised_limits(**{name: math.inf}):
        within(name, 1e30, name)
    with pytest.raises(LimitError):
        within(name, math.nan, name)


@pytest.mark.parametrize("bounds", [{"nothing": 1}, {"draws": 0}, {"draws": math.nan}])
def test_a_bound_that_is_none_is_refused(bounds):
    with pytest.raises(LimitError), frontlines.raised_limits(**bounds):
        pass


def test_the_docs_state_every_bound():
    text = (Path(__file__).parents[1] / "docs" / "safety.md").read_text(encoding="utf-8")
    for name, limit in LIMITS.items():
        assert f"| `{name}` | {limit.most:,.0f} {limit.unit} | {limit.why} |" in text
