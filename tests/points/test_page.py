"""The page in a browser: what is picked on it becomes files, and the files square kilometres."""

import csv
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from frontlines.datasets.natural_earth import towns_named
from frontlines.digitize import digitize, read_control_points, read_recipe
from tests.points.conftest import FRONT

AXE = Path(__file__).parents[1] / "report" / "axe-core" / "axe.min.js"
TOWN = "Stepanakert"


@pytest.fixture
def page(browser, served):
    """Open the page, and give what a hand does on it."""
    from selenium.webdriver import ActionChains, Keys  # noqa: PLC0415 - not where there is no browser
    from selenium.webdriver.common.by import By  # noqa: PLC0415 - as above

    browser.get_log("browser")
    browser.get(served.url)

    def do(script, *given):
        return browser.execute_script(script, *given)

    def until(script, *given):
        for _ in range(1000):
            if found := do(f"return {script}", *given):
                return found
            time.sleep(0.03)
        raise AssertionError(script, do("return document.querySelector('#panel').innerText"))

    def click(column, row, *, near=8):
        """Look at a place from near by, and click there."""
        stage = browser.find_element(By.ID, "stage")
        wide, high = do("return [stage.clientWidth, stage.clientHeight]")
        do("view.s = arguments[2]; view.x = arguments[0] - stage.clientWidth / 2 / view.s;"
           "view.y = arguments[1] - stage.clientHeight / 2 / view.s; drawScan(); drawOver()", column, row, near)  # fmt: skip
        x, y = do("return onScreen(arguments[0], arguments[1])", column, row)
        hand = ActionChains(browser, duration=0)
        hand.move_to_element_with_offset(stage, round(x - wide / 2), round(y - high / 2)).click().perform()

    def write(name, text):
        field = browser.find_element(By.ID, name)
        field.clear()
        field.send_keys(text, Keys.TAB)

    def use(tool):
        do("document.querySelector(`#tools [value=${arguments[0]}]`).click()", tool)

    until("document.documentElement.dataset.begun !== undefined")
    yield SimpleNamespace(browser=browser, do=do, until=until, click=click, write=write, use=use, keys=Keys)
    do("S.dirty = false")
    browser.get("about:blank")


def set_point(page, column, row, lon, lat):
    count = page.do("return S.points.length")
    page.click(column, row)
    page.until("S.points.length === arguments[0] + 1", count)
    page.browser.switch_to.active_element.send_keys(lon, page.keys.TAB, lat, page.keys.ENTER)
    page.until("S.points.at(-1).lon !== null")


def test_from_a_scan_and_no_coordinates_to_square_kilometres(page, scan, drawn):  # noqa: PLR0915 - one way
    rows = {row["id"]: row for row in drawn.crossings.to_dict("records")}
    typed = {
        "46.5E 40.5N": ("46°30′", "40°30′00″N"), "47.5E 40.5N": ("47 30 E", "40,5"),
        "46.5E 39.5N": ("46.5", "39 30"), "47.5E 39.5N": ("39°30′N 47°30′E", ""),
        "47E 40N": ("47", "40")
    }  # fmt: skip
    for name, (lon, lat) in typed.items():
        set_point(page, rows[name]["col"], rows[name]["row"], lon, lat)
    page.until("document.querySelector('#fit').innerText.includes('control points')")
    (town,) = towns_named(TOWN)
    page.click(*drawn.pixel_of(town.lon, town.lat))
    page.until("S.points.length === 6")
    page.write("town", TOWN)
    page.do("document.getElementById('find').click()")
    page.until("document.querySelectorAll('#towns button').length === 1")
    assert page.do("return S.points.at(-1).lon") is None  # offered, not taken
    page.do("document.querySelector('#towns button').click()")
    page.until("S.points.at(-1).lon !== null")
    page.until("S.fit.points && S.fit.points.length === 6")
    assert page.do("return Math.max(...S.fit.points.map(one => one.left_out_px))") < 2
    assert {"47°E", "47°30′E", "40°N"} <= set(page.do("return S.fit.graticule.map(one => one.label)"))
    page.do("drawOver()")
    assert page.do("return document.querySelectorAll('#under path.net').length") >= 4
    assert page.do("return document.querySelectorAll('#under line.off').length") == 6
    assert page.do("return document.querySelectorAll('#points tbody tr').length") == 6
    for side, lon in (("ARM", 46.4), ("AZE", 47.6)):
        page.use("area")
        count = page.do("return (S.entries.area || []).length")
        page.click(*drawn.pixel_of(lon, 40.1))
        page.until("(S.entries.area || []).length === arguments[0] + 1", count)
        page.browser.find_element("css selector", "#colours li:last-child input").send_keys(
            side, page.keys.TAB
        )
    page.use("line")
    middle = drawn.pixel_of(*[(FRONT[1][k] + FRONT[2][k]) / 2 for k in (0, 1)])
    page.click(*middle)
    page.until("(S.entries.line || []).length === 1")
    for k, (side, lon) in enumerate((("ARM", 46.4), ("AZE", 47.6))):
        page.write(f"side{k}", side)
        page.use(f"side{k}")
        page.click(*drawn.pixel_of(lon, 40.0))
        page.until(f"S.sides[{k}].places.length === 1")
    page.use("frame")
    size = page.do("return S.size")
    for corner in ((4, 4), (size[0] - 5, size[1] - 5)):
        page.click(*corner, near=2)
    page.until("S.entries.frame")
    page.use("mask")
    for corner in ((6, 6), (30, 20)):
        page.click(*corner, near=2)
    page.until("(S.entries.masks || []).length === 1")
    page.use("ring")
    for corner in ((40, 8), (60, 12), (55, 20), (40, 8)):
        page.click(*corner, near=2)
    page.until("S.entries.masks.length === 2")
    page.write("date", "12 May 1994")
    own_day = page.browser.find_element("css selector", '#colours [aria-label^="Line 1: its day"]')
    own_day.send_keys("13 May 1994", page.keys.TAB)
    page.do("document.getElementById('save').click()")
    page.until("document.documentElement.dataset.saved === '1'")
    assert page.do("return document.getElementById('saved').innerText") == (
        "Saved: digitize.toml, points.csv. Now, in the terminal: frontlines digitize digitize.toml --out traced"
    )
    assert page.browser.get_log("browser") == []

    recipe = read_recipe(scan.with_name("digitize.toml"))
    assert {area.side for area in recipe.areas} == {"ARM", "AZE"}
    assert [one.date.day for one in (*recipe.lines, *recipe.areas)] == [13, 12, 12]
    assert len(read_control_points(recipe.points)) == 6
    assert recipe.frame is not None
    assert [len(mask.exterior.coords) for mask in recipe.masks] == [5, 4]
    with recipe.points.open(encoding="utf-8") as file:
        given = [row["given"] for row in csv.DictReader(file)]
    assert given[0] == "46°30′ 40°30′00″N"
    assert given[5] == f"{TOWN}, Azerbaijan (Natural Earth)"
    found = digitize(recipe)
    held = found.control
    for side, km2 in drawn.km2.items():
        row = held[held["side"] == side]
        assert float(row["area_km2"].iloc[0]) == pytest.approx(km2, rel=0.005)
    lines = found.frontlines
    assert set(lines["side_left"]) | set(lines["side_right"]) == {"ARM", "AZE"}
    assert float(lines["length_km"].sum()) == pytest.approx(drawn.front_km, rel=0.01)


def test_the_keyboard_alone_sets_moves_and_takes_away(page):
    keys = page.keys
    page.do("stage.focus()")
    stage = page.browser.switch_to.active_element
    stage.send_keys("+", "+", keys.ARROW_RIGHT, keys.ARROW_DOWN, keys.ENTER)
    page.until("S.points.length === 1 && document.activeElement.id === 'p-lon'")
    before = page.do("return [S.points[0].col, S.points[0].row]")
    mark = page.browser.find_element("css selector", "#over .point")
    page.do("document.querySelector('#over .point').focus()")
    for key in (keys.ARROW_RIGHT, keys.ARROW_RIGHT, keys.ARROW_UP):
        page.browser.switch_to.active_element.send_keys(key)
        page.do("drawOver()")
    assert page.do("return [S.points[0].col, S.points[0].row]") == pytest.approx(
        [before[0] + 2, before[1] - 1]
    )
    assert mark is not None
    page.browser.switch_to.active_element.send_keys(keys.DELETE)
    page.until("S.points.length === 0 && document.activeElement === stage")
    page.use("mask")
    stage.send_keys(keys.ENTER, keys.ARROW_LEFT, keys.ARROW_UP, keys.ENTER)
    page.until("(S.entries.masks || []).length === 1")
    wanted = page.do(
        "return [...document.querySelectorAll('button,select,input,summary,[tabindex=\"0\"]')].filter(one => one.checkVisibility()"
        " && !one.disabled && !(one.type === 'radio' && !one.checked)).map((one, n) => (one.dataset.stop = n, n))"
    )
    page.do("document.querySelector('.skip').focus()")
    reached = set()
    for _ in range(len(wanted) + 3):
        page.browser.switch_to.active_element.send_keys(keys.TAB)
        reached.add(page.do("return document.activeElement.dataset.stop"))
    assert {str(one) for one in wanted} <= reached


def test_changes_are_taken_back_one_by_one(page):
    def undo():
        page.do("stage.focus()")
        page.browser.switch_to.active_element.send_keys(page.keys.CONTROL, "z", page.keys.NULL)

    set_point(page, 100, 100, "46.5", "40")
    page.do("Object.assign(S.points[0], { col: 101 }); changed()")
    page.use("mask")
    for corner in ((20, 20), (60, 50)):
        page.click(*corner, near=2)
    page.until("(S.entries.masks || []).length === 1")
    undo()
    page.until("!S.entries.masks")
    undo()
    page.until("S.points[0].col < 101 && S.points[0].lon === 46.5")
    page.do("document.getElementById('undo').click()")
    page.until("S.points[0].lon === null")
    undo()
    page.until("S.points.length === 0 && document.querySelectorAll('#over .point').length === 0")
    undo()
    page.until("document.getElementById('status').innerText === 'There is no change to take back.'")


def test_two_crossings_give_the_others(page, drawn):
    rows = {row["id"]: row for row in drawn.crossings.to_dict("records")}
    set_point(page, rows["46.5E 40.5N"]["col"], rows["46.5E 40.5N"]["row"], "46.5", "40.5")
    page.do("document.getElementById('cross').click()")
    page.until("document.getElementById('cross-error').innerText.includes('needs two crossings')")
    set_point(page, rows["47.5E 39.5N"]["col"] + 1, rows["47.5E 39.5N"]["row"], "47.5", "39.5")
    page.do("document.getElementById('cross').click()")
    page.until("S.points.length >= 9 && S.fit.points && S.fit.points.length === S.points.length")
    assert page.do("return Math.max(...S.fit.points.map(one => one.left_out_px))") < 1
    assert page.do("return S.points.every(one => one.given)")


def test_fingers_set_drag_and_zoom(page):
    cdp = page.browser.execute_cdp_cmd
    left, top = page.do("const edge = stage.getBoundingClientRect(); return [edge.left, edge.top]")

    def touch(kind, *places):
        points = [{"x": left + x, "y": top + y, "id": k} for k, (x, y) in enumerate(places)]
        cdp("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    cdp("Emulation.setTouchEmulationEnabled", {"enabled": True})
    page.do("showAll(); drawScan(); drawOver()")
    here = page.do("return [Math.round(stage.clientWidth / 2), Math.round(stage.clientHeight / 2)]")
    touch("Start", here)
    touch("End")
    page.until("S.points.length === 1")  # a tap sets a point where the finger was
    assert page.do("return onScreen(S.points[0].col, S.points[0].row)") == pytest.approx(here, abs=1.5)
    touch("Start", here)
    for step in (10, 30, 50):
        touch("Move", (here[0] + step, here[1]))
    touch("End")
    page.until("onScreen(S.points[0].col, 0)[0] > arguments[0] + 40", here[0])  # a drag on it moves the point
    before = page.do("return [view.s, view.x, S.points[0].col, ...onScan(200, 200)]")
    touch("Start", (60, 60))
    touch("Move", (100, 60))
    touch("End")
    page.until("view.x < arguments[0]", before[1])  # a drag beside it moves the scan
    touch("Start", (150, 200), (250, 200))
    touch("Move", (100, 200), (300, 200))
    touch("End")
    page.until("view.s > 1.8 * arguments[0] && view.s < 2.2 * arguments[0]", before[0])  # two fingers zoom
    assert page.do("return [S.points.length, S.points[0].col]") == [1, before[2]]
    cdp("Emulation.setTouchEmulationEnabled", {"enabled": False})


def test_axe_finds_no_fault_and_text_stays_text(page, drawn):
    row = drawn.crossings.iloc[0]
    set_point(page, float(row["col"]), float(row["row"]), "46.5", "40.5")
    nasty = "<img src=x onerror=alert(1)>"
    for k in (0, 1):
        page.write(f"side{k}", nasty)
        page.use(f"side{k}")
        page.click(60, 60 + k)
        page.until(f"S.sides[{k}].places.length === 1")
    page.write("p-id", nasty)
    page.until("S.points[0].id === arguments[0]", nasty)
    assert page.do("return document.querySelectorAll('img').length") == 0
    assert nasty in page.do("return document.querySelector('#places').innerText")
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        page.do(AXE.read_text(encoding="utf-8"))
        found = page.browser.execute_async_script(
            "const done = arguments[0]; axe.run(document).then(found => done(found.violations.map("
            "one => [one.id, one.impact, one.nodes.map(node => node.html.slice(0, 160)).slice(0, 3)])))"
        )
        assert found == [], scheme
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
