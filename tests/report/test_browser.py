"""The page in a browser without a network: drawn, moved, read out, reached by the keyboard alone."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest
from PIL import ImageColor

from frontlines.plot.style import MapStyle
from frontlines.report import PAGE

AXE = Path(__file__).parent / "axe-core" / "axe.min.js"
AXE_SHA256 = "b511cd9dec01c76f4b2ad1723b66b6db37d4c2eb4ed199076e1829d9ee7b75e3"
NASTY = "</script><script>alert(1)</script>"
RUNS = ("change", "series", "sides", "compare")


def shown(value):
    """Write a figure as the table does."""
    text = f"{value:,.1f}".replace("-", "−")
    return text if set(text) & set("123456789") else "0"


def rows_of(page):
    script = (
        "return [...document.querySelectorAll('#table tbody tr, #table tfoot tr')]"
        ".map(row => [...row.children].map(cell => cell.textContent))"
    )
    return {name: cells for name, *cells in page.do(script)}


def move(page, position):
    """Move the slider as a pointer would, and wait for the page to follow."""
    page.browser.execute_async_script(
        "const done = arguments[1], slider = document.getElementById('slider'); slider.value = arguments[0];"
        "slider.dispatchEvent(new Event('input')); requestAnimationFrame(() => requestAnimationFrame(done))",
        position,
    )


@pytest.mark.parametrize("name", RUNS)
def test_a_page_draws_itself_without_a_request_or_a_fault(page, name):
    opened = page(name)
    messages = [json.loads(entry["message"])["message"] for entry in opened.browser.get_log("performance")]
    asked = [
        one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"
    ]
    assert asked == [(opened.folder / PAGE).as_uri()]
    assert opened.browser.get_log("browser") == []
    assert opened.do("return document.querySelectorAll('#map .ground path').length") >= 2
    assert opened.do("return document.querySelectorAll('#legend li').length") >= 2
    assert opened.do("return document.documentElement.scrollWidth <= innerWidth")
    assert NASTY in opened.text("#district") or name == "series"
    assert opened.do("return document.scripts.length") == 3


@pytest.mark.parametrize("name", RUNS)
def test_axe_finds_no_fault(page, name):
    assert hashlib.sha256(AXE.read_bytes()).hexdigest() == AXE_SHA256
    opened = page(name)
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        opened.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        opened.do(AXE.read_text(encoding="utf-8"))
        found = opened.browser.execute_async_script(
            "const done = arguments[0]; axe.run(document).then(found => done(found.violations.map("
            "one => [one.id, one.impact, one.nodes.map(node => node.html.slice(0, 120)).slice(0, 3)])))"
        )
        assert found == [], scheme
    opened.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_the_slider_moves_map_chart_and_figures_which_are_those_of_the_table(page):
    opened = page("series")
    series = pd.read_csv(opened.folder / "series.csv")
    series["district"] = series["district"].map({"'=W": "West", "E": "East"}).fillna(NASTY)
    days = sorted(series["date_to"].unique())
    paths = set()
    for position in (5, 3, 1):
        move(opened, position)
        paths.add(
            opened.do(
                "return [...document.querySelectorAll('#map .ground path')].map(p => p.getAttribute('d')).join()"
            )
        )
        assert opened.text("#date") == f"{int(days[position - 1][-2:])} June 2021"
        assert opened.do(
            "return document.getElementById('slider').getAttribute('aria-valuetext')"
        ).startswith(opened.text("#date"))
        until = series[series["date_to"] <= days[position - 1]]
        sums = until.groupby("district")[["gained_km2", "lost_km2", "net_km2"]].sum()
        rows = rows_of(opened)
        assert set(rows) == {"All districts", *sums.index[sums["gained_km2"] > 0]}
        for name, cells in rows.items():
            own = sums.sum() if name == "All districts" else sums.loc[name]
            net = shown(own["net_km2"])
            assert cells[:3] == [
                shown(own["gained_km2"]),
                shown(own["lost_km2"]),
                net if net == "0" else f"+{net}",
            ]
    assert len(paths) == 3
    opened.do("document.querySelectorAll('#views input')[1].click()")
    move(opened, 3)
    step = series[series["date_to"] == days[2]].set_index("district")
    cells = rows_of(opened)["East"]
    assert cells[:3] == [
        shown(step.loc["East", "gained_km2"]),
        shown(step.loc["East", "lost_km2"]),
        shown(step.loc["East", "net_km2"]),
    ]
    cursor = opened.do("return document.querySelector('#chart .cursor').getAttribute('x1')")
    opened.do("const c = document.querySelector('#chart svg'), b = c.getBoundingClientRect();"
              "c.dispatchEvent(new PointerEvent('pointerdown', {clientX: b.right - 18, clientY: b.top + 60}))")  # fmt: skip
    move(opened, int(opened.do("return state.at")))
    assert opened.text("#date") == "6 June 2021"
    assert opened.do("return document.querySelector('#chart .cursor').getAttribute('x1')") != cursor


def test_small_ground_is_in_square_metres_on_the_page_and_in_km2_in_the_download(page):
    opened = page("small")
    total = pd.read_csv(opened.folder / "totals.csv").iloc[-1]
    gained, after = (f"{total[name] / 1e-6:,.0f}" for name in ("gained_km2", "after_km2"))
    assert rows_of(opened)["All districts"][:4] == [gained, "0", f"+{gained}", after]
    assert opened.text("#table thead").startswith("districtgained, m²lost, m²net, m²")
    assert "km²" not in opened.text("main")
    assert f"net +{gained} m²" in opened.do("return slider.getAttribute('aria-valuetext')")
    assert float(opened.do("return csv()").splitlines()[-1].split(",")[7]) == total["gained_km2"]


def test_the_map_and_its_legend_say_what_changed_and_where_the_front_was(page):
    for name, told in (
        ("series", ["Side A: gained since 1 June 2021", "Side A: held on both dates", "B: held on both dates",
                    "Contested: on both dates", "In no district, not counted", "Front, 1 June 2021", "Front, 6 June 2021", "Fronts of both dates",
                    "State border or coast", "Settlement that changed hands"]),
        ("compare", [f"A by {NASTY} only", "A by both", "Contested in either", "Front by First",
                     f"Front by {NASTY}", "Fronts of both sources", "State border or coast"]),
    ):  # fmt: skip
        opened = page(name)
        texts = opened.do("return [...document.querySelectorAll('#legend li')].map(one => one.textContent)")
        assert texts == told
        tones = opened.do(
            "return ['first', 'now', 'both'].map(one => { const style = getComputedStyle(document.querySelector("
            "`#map .front.${one}:not(.casing)`)); return [style.stroke, style.strokeDasharray !== 'none']; })"
        )
        assert tones == [
            ["rgb(106, 106, 106)", True],
            ["rgb(17, 17, 17)", False],
            ["rgb(106, 106, 106)", True],
        ]


def test_ground_in_no_district_is_drawn_as_not_counted_and_never_as_front(page):
    for name in ("change", "series", "sides"):
        opened = page(name)
        west, east, front = opened.do(
            "const found = document.querySelector('#map [data-look=no-district]').getBBox(),"
            " front = document.querySelector('#map .front.now').getBBox();"
            "return [found.x, found.x + found.width, front.x]"
        )
        assert west < east < front + 1, name
        assert "In no district, not counted" in opened.text("#legend")
        assert "Ground in no district" in opened.text(".limits")


def test_of_several_sides_a_page_opens_on_the_one_with_the_most_change(page):
    opened = page("sides")
    totals = pd.read_csv(opened.folder / "totals.csv")
    change = totals.assign(km2=totals["gained_km2"] + totals["lost_km2"]).groupby("side")["km2"].sum()
    assert opened.do("return [state.side, document.getElementById('side').value]") == [change.idxmax()] * 2
    assert opened.text("#card p").startswith(f"Ground of {change.idxmax()}, ")


def test_the_names_of_the_largest_changes_come_first_and_lie_over_no_other(page):
    opened = page("series")
    opened.do("document.getElementById('closeup').click()")
    names, boxes, telling, px = opened.do(
        "const found = [...document.querySelectorAll('#map .name-name')];"
        "return [found.map(one => one.textContent), found.map(one => one.getBoundingClientRect())"
        ".map(one => [one.x, one.y, one.width, one.height]), [...telling].map(called),"
        " parseFloat(getComputedStyle(document.querySelector('#map .front.now:not(.casing)')).strokeWidth)]"
    )
    assert names[0] == telling[0]
    assert all(
        a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]
        for place, a in enumerate(boxes)
        for b in boxes[:place]
    )
    assert 0.9 <= px <= 2.2


def test_bars_have_their_numbers_where_there_is_room(page):
    opened = page("series")
    script = "return [...document.querySelectorAll('#chart .value')].map(one => one.textContent)"
    totals = pd.read_csv(opened.folder / "totals.csv")
    areas = [*totals["gained_km2"], *totals["lost_km2"]]
    assert opened.do(script) == [shown(km2) for km2 in areas if km2]
    opened = page("change")  # whiskers that leave no room have none beside them
    boxes = opened.do("return [...document.querySelectorAll('#chart .value, #chart .whisker')].map(one => "
                      "[one.classList[0], ...Object.values(one.getBoundingClientRect().toJSON()).slice(0, 4)])")  # fmt: skip
    values, whiskers = ([rest for kind, *rest in boxes if kind == own] for own in ("value", "whisker"))
    gained = [cells[0] for name, cells in rows_of(opened).items() if name != "All districts"]
    assert sorted(opened.do(script)) == sorted(gained)
    for x, y, wide, high in values:
        assert all(
            x + wide <= left or left + width <= x or y + high <= top or top + tall <= y
            for left, top, width, tall in whiskers
        )


def test_neighbours_are_named_beside_the_ground(page):
    opened = page("change")
    names = opened.do(
        "return [...document.querySelectorAll('#map .country-name')].map(one => one.textContent)"
    )
    assert {"ARMENIA", "IRAN"} & set(names)
    faces = opened.do("return ['sea', 'country'].map(one => "
                      "getComputedStyle(document.querySelector(`#map .${one}`)).fill)")  # fmt: skip
    assert faces == [
        f"rgb{ImageColor.getrgb(face)}" for face in (MapStyle().sea_face, MapStyle().country_face)
    ]


def test_a_chart_runs_from_snapshot_to_snapshot_and_names_days_in_the_words_of_the_pictures(page):
    opened = page("series")
    line = opened.do("return document.querySelector('#chart .line').getAttribute('d')")
    assert (line.count("M"), line.count("H"), line.count("V"), line.count("L")) == (1, 0, 0, 5)
    days = opened.do("return [...document.querySelectorAll('#chart > svg > g:last-of-type .tick text')]"
                     ".map(one => one.textContent)")  # fmt: skip
    assert days == ["1 Jun2021", *(f"{day} Jun" for day in range(2, 7))]


def test_intervals_are_those_of_the_balance_and_say_why_they_are_withheld(page):
    opened = page("change")
    balance = pd.read_csv(opened.folder / "balance.csv").set_index("district")
    ends = [shown(balance.loc["E", f"net_{end}_km2"]) for end in ("low", "high")]
    assert rows_of(opened)["East"][3].removesuffix(" ~") == " to ".join(ends)
    if balance["gained_low_km2"].isna().any():
        assert "withheld" in opened.text("#reasons") + opened.text("#card")
    assert "Ashford" in opened.text("#places")
    assert "A snapshot’s date is not the date of a change" in opened.text(".limits")
    assert opened.do("return document.querySelector('#chart svg').getAttribute('aria-label')").startswith(
        "Bar chart"
    )


def test_the_keyboard_alone_reaches_everything(page):
    from selenium.webdriver import ActionChains, Keys  # noqa: PLC0415 - not where there is no browser

    opened = page("sides")
    wanted = opened.do(
        "return [...document.querySelectorAll('button,select,input,a[href],summary,[tabindex]')].filter(one => one.checkVisibility()"
        " && !one.disabled && !(one.type === 'radio' && !one.checked)).map((one, n) => (one.dataset.stop = n, n))"
    )
    reached = set()
    for _ in range(len(wanted) + 4):
        ActionChains(opened.browser).send_keys(Keys.TAB).perform()
        stop = opened.do(
            "const one = document.activeElement, outlines = [one, one.closest('label')].filter(Boolean)"
            ".map(each => getComputedStyle(each).outlineStyle);"
            "return [one.dataset.stop ?? null, outlines.find(style => style !== 'none') ?? 'none']"
        )
        reached.add(None if stop[0] is None else int(stop[0]))
        assert stop[0] is None or stop[1] != "none", stop
    assert reached >= set(wanted)
    before = opened.do(
        "document.getElementById('map').focus(); return document.querySelector('.world').getAttribute('transform')"
    )
    ActionChains(opened.browser).send_keys("+", Keys.ARROW_LEFT).perform()
    assert opened.do("return document.querySelector('.world').getAttribute('transform')") != before
    opened.do("document.getElementById('slider').focus()")
    ActionChains(opened.browser).send_keys(Keys.ARROW_LEFT).perform()
    move(opened, opened.do("return Number(document.getElementById('slider').value)"))
    assert opened.text("#date") == "5 June 2021"


def test_a_pointer_shows_the_figures_of_a_district_and_a_click_keeps_them(page):
    opened = page("sides")
    opened.do("const d = document.querySelectorAll('#map .district')[0]; for (const type of ['pointermove', 'click'])"
              " d.dispatchEvent(new PointerEvent(type, {bubbles: true, clientX: 200, clientY: 300}))")  # fmt: skip
    assert opened.text("#tip b") in {"East", "West", NASTY}
    assert opened.text("#card h3") == opened.text("#tip b")
    assert opened.do("return document.querySelector('.chosen').getAttribute('d')").startswith("M")
    opened.do(
        "document.getElementById('side').value = 'B'; document.getElementById('side').dispatchEvent(new Event('change'))"
    )
    assert "Ground of B" in opened.text("#card p")


def test_the_download_has_every_figure_to_its_last_digit(page):
    opened = page("series")
    lines = opened.do("return csv()").splitlines()
    totals = pd.read_csv(opened.folder / "totals.csv")
    assert (
        lines[0] == "district,label,side,date_from,date_to,before_km2,after_km2,gained_km2,lost_km2,net_km2"
    )
    assert lines[1].startswith('"E","East","A",2021-06-01,2021-06-06,') or lines[1].startswith('"</script>')
    assert any(line.startswith('"\'=W"') for line in lines)
    assert float(lines[-1].split(",")[6]) == totals["after_km2"].iloc[-1]


def test_a_phone_and_a_printer_get_pages_of_their_own(page):
    opened = page("sides")
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    opened.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    opened.browser.refresh()
    assert opened.do(
        "return [document.documentElement.scrollWidth, document.querySelector('#map svg').clientWidth <= 360]"
    ) == [360, True]
    hidden = "return [...document.querySelectorAll('.scroll:has(.cards)')].filter(one => one.scrollWidth > one.clientWidth).length"
    assert opened.do(hidden) == 0  # tables are cards
    assert opened.do("return getComputedStyle(document.querySelector('#table td'), '::before').content") == (
        '"gained, km² "'
    )
    opened.do("document.getElementById('map').style.display = 'none'; resize()")  # as in a hidden tab
    assert opened.browser.get_log("browser") == []
    opened.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    opened.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    hidden = opened.do(
        "return ['#play', '#slider', '#views', '#csv'].map(one => document.querySelector(one).offsetParent)"
    )
    assert hidden == [None] * 4
    assert opened.do("return document.querySelector('#date').offsetParent !== null")
    opened.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
