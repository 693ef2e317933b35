"""What all tests share: no screen, no open figures, and where the benchmark data may lie."""

import os
from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import settings

mpl.use("Agg")
settings.register_profile("frontlines", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("frontlines")

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _no_open_figures():
    yield
    import matplotlib.pyplot as plt  # noqa: PLC0415

    plt.close("all")


@pytest.fixture(scope="session")
def bench() -> Path:
    """Folder of the benchmark data, which does not ship with the repository."""
    folder = Path(os.environ.get("FRONTLINES_BENCH", ROOT.parent / "shared" / "bench"))
    if not folder.is_dir():
        pytest.skip("the benchmark data are not here; FRONTLINES_BENCH names their folder")
    return folder
