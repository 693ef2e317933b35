"""The package as a whole: what it exports, what it loads, how it is built."""

import ast
import importlib
import inspect
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

import frontlines
from frontlines._optional import require
from frontlines.errors import FrontlinesError, MissingExtraError
from frontlines.progress import reporting, track

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "frontlines").rglob("*.py"))


def test_all_is_sorted_and_true():
    assert list(frontlines.__all__) == sorted(frontlines.__all__)
    for name in frontlines.__all__:
        assert getattr(frontlines, name) is not None
    own = {
        name
        for name, thing in vars(frontlines).items()
        if not name.startswith("_") and not inspect.ismodule(thing)
    }
    assert own - {"import_module", "Any", "TYPE_CHECKING"} <= set(frontlines.__all__)
    with pytest.raises(AttributeError, match="no attribute 'peace'"):
        _ = frontlines.peace


@pytest.mark.parametrize("name", frontlines.__all__)
def test_public_names_are_documented(name):
    thing = getattr(frontlines, name)
    text = inspect.getdoc(thing) or ""
    assert text
    if inspect.isfunction(thing):
        assert "Returns" in text or "Yields" in text or name == "write"
        assert ">>>" in text


def _exported():
    """Every name in an `__all__` of the package or of a wing, once."""
    for path in [ROOT / "frontlines" / "__init__.py", *sorted((ROOT / "frontlines").rglob("*/__init__.py"))]:
        module = importlib.import_module(".".join(path.parent.relative_to(ROOT).parts))
        for name in getattr(module, "__all__", []):
            yield pytest.param(getattr(module, name), id=f"{module.__name__}.{name}")


@pytest.mark.parametrize("thing", list(_exported()))
def test_exported_names_say_what_goes_in_and_out_and_show_it(thing):
    if not inspect.isfunction(thing):
        return
    text = inspect.getdoc(thing) or ""
    tree = ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]
    raises = any(isinstance(node, ast.Raise) for node in ast.walk(tree))
    wanted = ["Examples"] + ["Parameters"] * bool(tree.args.args) + ["Raises"] * raises
    absent = [part for part in wanted if f"\n{part}\n---" not in text]
    assert not absent, absent
    assert ">>> " in text


def test_the_names_of_the_package_are_those_of_its_list():
    assert set(frontlines.__all__) <= set(dir(frontlines))
    assert len(set(frontlines.__all__)) == len(frontlines.__all__)
    assert (Path(frontlines.__file__).parent / "py.typed").is_file()


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        ("frontlines", ("matplotlib", "dask", "bokeh", "skimage", "scipy", "rasterio")),
        ("frontlines.study, frontlines.study.outputs", ("matplotlib", "skimage", "scipy", "rasterio")),
    ],
)
def test_importing_loads_nothing_heavy(modules, heavy):
    code = f"import sys, {modules}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_stay_small_and_quiet(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 700
    own = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            assert node.end_lineno - body[0].lineno < 50, node.name
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print", f"line {node.lineno}"
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("frontlines"):
            own.add(node.module)
    if path.name != "__init__.py" and path.parent.name != "lines":
        assert len(own) <= 12, own


def test_the_house_stays_small():
    """The first house was to have 140 files and 28,500 lines; files of anyone, several sides, a page, bounds,
    errors of series and of sources, answers that show and save themselves, drafts of studies and a page to pick
    points came after it."""
    assert len(MODULES) <= 215
    assert sum(path.read_text(encoding="utf-8").count("\n") for path in MODULES) <= 49_358


def test_the_repository_speaks_of_the_project_alone():
    done = subprocess.run(["git", "ls-files"], capture_output=True, check=False, text=True, cwd=ROOT)
    if done.returncode:
        pytest.skip("not a checkout")
    words = ["/" + "work/", "/" + "tmp/w", "pypi" + ".org", "python" + "hosted"]
    for name in done.stdout.splitlines():
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".yml", ".cff", ".csv", ".ipynb"} and path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not [word for word in words if word in text], name


def test_the_tiers_hold():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        capture_output=True, check=False, text=True, cwd=ROOT,
    )  # fmt: skip
    assert "1 kept, 0 broken" in done.stdout, done.stdout + done.stderr


def test_the_gate_runs_the_commands_of_the_readme():
    readme, gate = (
        (ROOT / "README.md").read_text(encoding="utf-8"),
        (ROOT / ".ci" / "run").read_text(encoding="utf-8"),
    )
    for name in ("install", "test"):
        assert f"<!-- {name} -->\n```\n.venv" in readme or f"<!-- {name} -->\n```\npython3 -m venv" in readme
        assert f"\nreadme {name}\n" in gate


def test_every_error_is_ours():
    from frontlines import errors  # noqa: PLC0415

    own = {name: kind for name, kind in vars(errors).items() if inspect.isclass(kind)}
    tree = {name: kind for name, kind in own.items() if kind.__module__ == errors.__name__}
    assert all(issubclass(kind, FrontlinesError) for kind in tree.values())
    assert issubclass(FrontlinesError, ValueError)
    drawn = inspect.getdoc(errors)
    assert all(name in drawn for name in tree)


def test_an_absent_package_is_told_with_its_extra():
    with pytest.raises(
        MissingExtraError, match=r"needs the package 'nonesuch'.*pip install 'frontlines\[digitize\]'"
    ):
        require("nonesuch", extra="digitize")
    assert require("json", extra="all").loads("1") == 1


def test_progress_is_silent_a_function_or_a_bar(capsys):
    told = []
    assert list(track("abc", lambda share, what: told.append((share, what)), "letters", total=3)) == list(
        "abc"
    )
    assert told == [
        (0, "letters"),
        (pytest.approx(1 / 3), "letters"),
        (pytest.approx(2 / 3), "letters"),
        (1, "letters"),
    ]
    for progress in (None, False, True):
        with reporting(progress) as report:
            report(0.5, "half")
    assert capsys.readouterr().out == ""


@pytest.mark.slow
def test_the_wheel_carries_its_data(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("frontlines-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "unpacked")
    assert {"frontlines/py.typed", "frontlines/data/karabakh-1994/study.toml"} <= names
    assert {"frontlines/points/page.js", "frontlines/data/natural-earth/places.csv"} <= names
    assert "frontlines/sources/publishers/deepstate.toml" in names
    assert {"page.css", "page.html", "script/map.js", "vendor/LICENSES", "vendor/d3-zoom.min.js"} <= {
        name.removeprefix("frontlines/report/") for name in names
    }
    code = (
        "import frontlines as fl; r = fl.run_study(fl.load_study('karabakh-1994'));"
        "print(fl.__file__, round(r.balance['net_km2'].sum(), 1))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True, cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "unpacked"), "PATH": ""},
    )  # fmt: skip
    place, net = done.stdout.split()
    assert str(tmp_path) in place
    assert float(net) > 0
