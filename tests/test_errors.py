"""Every error is a FrontlinesError, carries its words, and is raised somewhere."""

import pickle
import re
from pathlib import Path

import pytest

from frontlines import errors
from frontlines.errors import FrontlinesError, LayerError, MissingExtraError

PACKAGE = Path(errors.__file__).parent
OWN = {
    name: kind for name, kind in vars(errors).items() if getattr(kind, "__module__", "") == errors.__name__
}


@pytest.mark.parametrize("kind", OWN.values(), ids=OWN)
def test_an_error_is_ours_and_a_value_error(kind):
    assert issubclass(kind, FrontlinesError)
    assert issubclass(kind, ValueError)
    assert str(kind("what is wrong: what to do")) == "what is wrong: what to do"


@pytest.mark.parametrize("kind", OWN.values(), ids=OWN)
def test_an_error_survives_the_way_from_a_worker(kind):
    back = pickle.loads(pickle.dumps(kind("words")))  # noqa: S301 - our own bytes
    assert type(back) is kind
    assert str(back) == "words"


def test_the_tree_in_the_module_names_all():
    drawn = set(re.findall(r"\w+Error\b", errors.__doc__)) - {"ValueError", "ImportError"}
    assert drawn == set(OWN)


def test_a_missing_extra_is_an_import_error_too():
    assert issubclass(MissingExtraError, ImportError)


def test_a_layer_error_carries_its_faults():
    assert LayerError("words").faults is None
    assert LayerError("words", "the faults").faults == "the faults"


@pytest.mark.parametrize("name", sorted(set(OWN) - {"FrontlinesError"}))
def test_every_kind_is_raised_somewhere(name):
    sources = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    assert any(f"raise {name}(" in text for text in sources)


def test_no_module_raises_a_bare_value_error():
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"raise (ValueError|Exception|RuntimeError)\b", text), path.name
