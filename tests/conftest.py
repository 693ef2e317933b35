"""What all tests share: no screen, no open figures, and where the benchmark data may lie."""

import gc
import os
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import settings
from matplotlib.figure import Figure

import frontlines as fl

mpl.use("Agg")
SCREEN_DPI = 72
settings.register_profile("frontlines", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("frontlines")

ROOT = Path(__file__).parent.parent


PICTURES = (
    "agreement_chart", "agreement_figure", "change_figure", "district_figure", "movement_figure",
    "profile_figure", "series_figure", "transition_matrix_figure",
)  # fmt: skip

NO_NETWORK = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--proxy-server=127.0.0.1:9", "--window-size=1280,900",
)  # fmt: skip


def pytest_collection_finish():
    """Let no later search for garbage go through all that was loaded."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _no_open_figures():
    yield
    import matplotlib.pyplot as plt  # noqa: PLC0415

    plt.close("all")


@pytest.fixture(autouse=True)
def _coarse_pictures(request, monkeypatch):
    """Save pictures in few pixels, for nobody looks at them; the mark `print_size` keeps all."""
    if request.node.get_closest_marker("print_size") is not None:
        return
    save = Figure.savefig

    def coarse(figure, *args, dpi="figure", **kwargs):
        return save(figure, *args, dpi=min(figure.dpi if dpi == "figure" else dpi, SCREEN_DPI), **kwargs)

    monkeypatch.setattr(Figure, "savefig", coarse)


@pytest.fixture
def empty_pictures(monkeypatch):
    """Let commands save empty pages, for tests of what is read; what is drawn of it has tests of its own."""
    for name in PICTURES:
        monkeypatch.setattr(f"frontlines.plot.{name}", lambda *_, **__: Figure(figsize=(1, 1)))


@pytest.fixture(scope="session")
def karabakh_results():
    """What the library finds for the bundled study, for all who only look at it."""
    return fl.run_study(fl.load_study("karabakh-1994"))


@pytest.fixture(scope="session")
def karabakh_program(tmp_path_factory):
    """The program's run of the bundled study, a process of its own: what it said, and its folder."""
    out = tmp_path_factory.mktemp("karabakh") / "new" / "out"
    words = ["-c", "from frontlines.cli.main import main; main()", "run", "karabakh-1994", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, check=False, encoding="utf-8", cwd=ROOT
    )
    return done, out


@pytest.fixture(scope="session")
def bench() -> Path:
    """Folder of the benchmark data, which does not ship with the repository."""
    folder = Path(os.environ.get("FRONTLINES_BENCH", ROOT.parent / "shared" / "bench"))
    if not folder.is_dir():
        pytest.skip("the benchmark data are not here; FRONTLINES_BENCH names their folder")
    return folder


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Debian's Chromium without a network; `FRONTLINES_BROWSER` names it, and then it must be there."""
    named = os.environ.get("FRONTLINES_BROWSER")
    found = named or shutil.which("chromium")
    driver = shutil.which("chromedriver")
    if not named and not (found and driver):
        pytest.skip("no browser here: chromium and chromedriver draw the pages")
    from selenium import webdriver  # noqa: PLC0415 - not where there is no browser

    options = webdriver.ChromeOptions()
    options.binary_location = found
    for word in (*NO_NETWORK, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield chrome
    chrome.quit()
