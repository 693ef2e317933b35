"""A page in Chromium, without a network: its size, and how long until the map stands there.

Run it as ``python -m benchmarks.page DIR``, with the folder of a run; its page is made anew.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from selenium import webdriver

from frontlines.report import GROUND, write_page

_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--proxy-server=127.0.0.1:9",
    "--window-size=1280,900",
)
_DRAWN = "return performance.getEntriesByName('map')[0].startTime"
_MOVED = "const start = performance.now(); state.at = arguments[0]; draw(); return performance.now() - start"


def measure(page: Path, times: int) -> tuple[list[float], ...]:
    """Open a page several times: time to the first map, CPU of all of it, a step of the slider [ms]."""
    first, cpu, steps = [], [], []
    for _ in range(times):
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        with tempfile.TemporaryDirectory() as profile:
            for word in (*_ARGUMENTS, f"--user-data-dir={profile}"):
                options.add_argument(word)
            service = webdriver.ChromeService(shutil.which("chromedriver"))
            chrome = webdriver.Chrome(options=options, service=service)
            chrome.get("about:blank")
            chrome.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
            chrome.get(page.as_uri())
            first.append(float(chrome.execute_script(_DRAWN)))
            while chrome.execute_script("return document.documentElement.dataset.drawn") is None:
                time.sleep(0.05)
            last = int(chrome.execute_script("return LAST"))
            found = chrome.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
            cpu.append(1e3 * next(one["value"] for one in found if one["name"] == "ThreadTime"))
            steps += [float(chrome.execute_script(_MOVED, at)) for at in range(0, last, max(last // 8, 1))]
            chrome.quit()
    return first, cpu, steps


def main() -> None:
    """Print size and times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        start = time.process_time()
        write_page(asked.folder, page)
        print(f"made in {time.process_time() - start:.1f} s of CPU")
        sizes = {path.name: path.stat().st_size / 1e6 for path in (asked.folder / GROUND, page)}
        print(", ".join(f"{name} {size:.2f} MB" for name, size in sizes.items()))
        first, cpu, steps = measure(page, asked.times)
    print(f"first map after {min(first):.0f} ms at best, {statistics.median(first):.0f} ms in the middle")
    print(f"all of the page takes {statistics.median(cpu):.0f} ms of CPU of its main thread")
    print(f"a step of the slider takes {statistics.median(steps):.0f} ms in the middle")


if __name__ == "__main__":
    main()
