"""The page of a run as a file: its words, its data, what it allows, and what is refused."""

import base64
import hashlib
import json
import re
import shutil
from html import unescape
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, box
from shapely.geometry import shape
from typer.testing import CliRunner

import frontlines.report
from frontlines.cli.main import app
from frontlines.datasets.natural_earth import CREDIT, CREDIT_OF_COAST
from frontlines.errors import SourceError
from frontlines.names import RESERVED
from frontlines.plot.style import DEFAULT_STYLE, MapStyle, dark, pale, seen_from, side_faces
from frontlines.report import GROUND, PAGE, write_page
from frontlines.report.topology import ground_topology

VENDOR = Path(frontlines.report.__file__).parent / "vendor"
NASTY = "</script><script>alert(1)</script>"
RUNS = ("change", "series", "sides", "compare")


def html(folder):
    return (folder / PAGE).read_text(encoding="utf-8")


def data_of(folder):
    return json.loads(re.search(r'id="data">(.*?)</script>', html(folder), re.DOTALL)[1])


def headline(folder):
    return [unescape(re.search(mark, html(folder))[1]) for mark in ("<h1>(.*?)</h1>", '"lead">(.*?)</p>')]


def column(runs, n_steps):
    """Undo what the page does to a column: the value of each step."""
    values = [None] * n_steps
    for step, value in zip(runs[::2], runs[1::2], strict=True):
        values[step:] = [value] * (n_steps - step)
    return values


@pytest.mark.parametrize("name", RUNS)
def test_a_page_holds_all_it_needs_and_asks_nobody(runs, name):
    text = html(runs / name)
    assert NASTY not in text
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', text)[1]
    allowed = dict(part.split(" ", 1) for part in policy.split("; "))
    assert allowed["default-src"] == "'none'"
    assert "unsafe" not in policy
    for tag, source in (("script", "script-src"), ("style", "style-src")):
        held = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in held]
        assert allowed[source].split() == [f"'sha256-{digest}'" for digest in digests]
    assert not re.search(r"\beval\(|\bFunction\(|fetch\(|XMLHttpRequest|WebSocket|<link|<img|src=", text)
    own = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)[-1]
    assert not re.search(r"innerHTML|\.html\(|insertAdjacent|document\.write", own)
    assert "Permission to use, copy, modify" in text  # the notices of the libraries go with them


def test_headlines_say_what_was_found(runs):
    said, more = headline(runs / "change")
    total = pd.read_csv(runs / "change" / "totals.csv").iloc[0]
    assert (
        said
        == f"Side A gained {total['gained_km2']:,.1f} km² and lost no ground between 1 June 2021 and 6 June 2021"
    )
    low, high = total["net_low_km2"], total["net_high_km2"]
    assert more == f"Net change +{total['net_km2']:,.1f} km², 95% interval {low:,.1f} to {high:,.1f} km²."
    said, more = headline(runs / "series")
    steps = pd.read_csv(runs / "series" / "totals.csv")
    assert f"and lost {steps['lost_km2'].sum():,.1f} km² between" in said
    assert more == f"Net change +{steps['net_km2'].sum():,.1f} km², in 5 steps (every snapshot)."
    said, more = headline(runs / "sides")
    assert re.fullmatch(r"[\d,.]+ km² changed hands between 1 June 2021 and 6 June 2021", said)
    assert data_of(runs / "sides")["followed"] == ["A", "B", "C"]  # not who holds nothing in any district
    assert re.fullmatch(r"Net change: A \+[\d,.]+ km², B −[\d,.]+ km², C −[\d,.]+ km²\.", more)
    table = pd.read_csv(runs / "compare" / "agreement.csv")
    said, more = headline(runs / "compare")
    assert said.startswith(
        f"First and {NASTY} agree on {int(1000 * table['iou'].iloc[-1]) / 10}% of the ground"
    )
    assert more.startswith("Only First: 0 km².")


def test_the_ground_of_a_page_is_in_the_colours_of_the_map(runs):
    names = {"A": "Side A"}
    for name in ("change", "series", "sides", "compare"):
        data, ground = data_of(runs / name), json.loads((runs / name / GROUND).read_text(encoding="utf-8"))
        faces = side_faces(ground["sides"])
        assert [side["name"] for side in data["sides"]] == [
            names.get(side, side) if name in ("change", "series") and side not in RESERVED else
            side.capitalize() if side in RESERVED else side for side in ground["sides"]
        ]  # fmt: skip
        place = {side: number for number, side in enumerate(ground["sides"])}
        a, b = place["A"], place["B"]
        looks = {kind: look[:2] for kind, look in data["looks"].items()}
        assert looks[f"side-{a}"] == [pale(faces["A"]), ""]
        assert looks[f"gained-{a}"] == [dark(faces["A"]), DEFAULT_STYLE.gained.hatch]
        assert looks[f"lost-{b}"] == [dark(faces["B"]), DEFAULT_STYLE.lost.hatch]
        assert data["looks"][f"from-{b}-to-{a}"] == [dark(faces["A"]), "striped", pale(faces["B"])]
        if name != "sides":
            assert data["others"]["A"] == b
            seen = seen_from("A", MapStyle(side_colours=faces))
            assert [list(seen.gained), list(seen.lost)] == [
                data["looks"][f"gained-{a}"], data["looks"][f"lost-{b}"],
            ]  # fmt: skip
        else:
            assert data["others"] == {"A": None, "B": None, "C": None}
    own = [*data["looks"]["first"]], [*data["looks"]["second"]]
    assert own == (list(DEFAULT_STYLE.first), list(DEFAULT_STYLE.second))


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (int(digits[k : k + 2], 16) / 255 for k in (0, 2, 4))
    ]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_fronts_and_rims_stand_out_on_light_and_on_dark_paper(runs):
    """Bars and lines in the colours of sides have a rim of the soft tone, whatever the colours are."""
    text = html(runs / "small")
    blocks = re.findall(r":root \{([^}]*)\}", text)
    tones = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block, re.IGNORECASE)) for block in blocks]
    for fronts, scheme in ((0, 2), (1, 3), (0, 4)):  # light, dark, print
        held = tones[scheme] | tones[fronts]
        for name in ("first", "now", "soft", "ink", "link"):
            low, high = sorted([luminance(held["paper"]), luminance(held[name])])
            assert (high + 0.05) / (low + 0.05) >= 3, (scheme, name)
    assert all(
        rule in text
        for rule in (
            "#chart .line.casing, #chart .mark { stroke: var(--soft)",
            ".bars * { stroke: var(--soft)",
        )
    )


def test_small_ground_is_in_square_metres_in_headline_and_data(runs):
    data, totals = data_of(runs / "small"), pd.read_csv(runs / "small" / "totals.csv")
    assert data["unit"] == {"name": "m²", "km2": 1e-6, "digits": 0}
    gained = totals["gained_km2"].sum()
    assert gained == pytest.approx(4e-5, rel=0.01)
    said, more = headline(runs / "small")
    assert said == f"A gained {gained / 1e-6:.0f} m² and lost no ground between 1 June 2021 and 6 June 2021"
    assert more.startswith(f"Net change +{gained / 1e-6:.0f} m²")


@pytest.mark.parametrize("name", RUNS)
def test_the_data_are_the_tables_to_the_last_digit(runs, name):
    table = {"change": "balance", "compare": "agreement"}.get(name, "series")
    rows = pd.read_csv(runs / name / f"{table}.csv")
    data = data_of(runs / name)
    days = [one["date_to"] for one in data["steps"]]
    names = [f"'{one}" if one[0] == "=" else one for one in data["districts"]]
    checked = 0
    for side, columns in data["figures"].items():
        for quantity in {"gained_km2", "lost_km2", "after_km2", "only_first_km2", "iou", "net_low_km2"} & set(
            columns
        ):
            for place, district in enumerate(names):
                own = rows[(rows["side"] == side) & (rows["district"] == district)]
                found = column(columns[quantity][place], len(days))
                stated = [None if pd.isna(value) else value for value in own[quantity]]
                assert found == stated, (side, quantity, district)
                checked += len(found)
    assert checked >= 9


@pytest.mark.parametrize("name", RUNS)
def test_the_ground_is_what_each_side_held_on_each_day(runs, name):
    topology = json.loads((runs / name / GROUND).read_text(encoding="utf-8"))
    cell_km2 = topology["transform"]["scale"][0] ** 2 / 1e6
    held, districts = {}, {}
    for face in topology["objects"]["ground"]["geometries"]:
        area = (
            shape({"type": "Polygon", "coordinates": [ring(one, topology) for one in face["arcs"]]}).area
            * cell_km2
        )
        place = face["properties"]["district"]
        if place < 0:  # in no district, and in no figure
            continue
        districts[place] = districts.get(place, 0) + area
        for state, side in enumerate(column(face["properties"]["held"], len(topology["run"]["states"]))):
            held[state, side] = held.get((state, side), 0) + area
    whole = sum(districts.values())
    own = topology["sides"].index("A")
    if name == "compare":
        last = pd.read_csv(runs / name / "agreement.csv").iloc[-1]
        assert held[1, own] == pytest.approx(last["both_km2"] + last["only_first_km2"], rel=2e-4)
    else:
        totals = pd.read_csv(runs / name / "totals.csv").query("side == 'A'")
        for state, km2 in enumerate([totals["before_km2"].iloc[0], *totals["after_km2"]]):
            assert held[state, own] == pytest.approx(km2, rel=2e-4)
    assert sum(km2 for (state, _), km2 in held.items() if state == 0) == pytest.approx(whole, rel=1e-9)
    runs_of = [tuple(map(tuple, arc)) for arc in topology["arcs"]]
    assert len(set(runs_of)) == len(runs_of)


def ring(numbers, topology):
    """Follow the pieces of a ring, in cells."""
    corners = []
    for number in numbers:
        x = y = 0
        piece = [(x := x + dx, y := y + dy) for dx, dy in topology["arcs"][~number if number < 0 else number]]
        corners += piece[::-1] if number < 0 else piece
    assert corners[0] == corners[-1]
    return corners


def test_the_same_run_gives_the_same_page(runs, tmp_path):
    write_page(runs / "series", tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == (runs / "series" / PAGE).read_bytes()


def damaged(change):
    """Damage a file of a run and make its manifest name the damaged one, as only a forger would."""

    def damage(folder, name):
        path = folder / name
        held = change(json.loads(path.read_text(encoding="utf-8")))
        path.write_text(json.dumps(held), encoding="utf-8")
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if name != "manifest.json":
            manifest["outputs"][name] = hashlib.sha256(path.read_bytes()).hexdigest()
            (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")

    return damage


@pytest.mark.parametrize(
    ("around", "day", "kinds", "credit"),
    [
        ("coast", "2021-06-01", {"sea", "country"}, f"Coast and neighbouring states: {CREDIT}"),
        ("tiles", "2021-06-01", {"sea", "country"}, f"Coast and neighbouring states: {CREDIT}"),
        ("coast", "1914-06-01", {"sea", "land"}, f"Coast: {CREDIT_OF_COAST}"),
        ("none", "2021-06-01", set(), ""),
    ],
)
def test_a_page_draws_what_lies_about_its_ground_as_the_pictures_do(
    runs, tmp_path, around, day, kinds, credit
):
    folder = shutil.copytree(runs / "change", tmp_path / "run")
    damaged(lambda held: held | {"around": around})(folder, "manifest.json")
    damaged(lambda held: held | {"run": held["run"] | {"states": [day, "2021-06-06"]}})(folder, GROUND)
    write_page(folder, folder / PAGE)
    topology = data_of(folder)["topology"]
    found = topology["objects"]["context"]["geometries"]
    assert {one["properties"]["kind"] for one in found} == kinds
    assert ("Natural Earth" in html(folder)) == bool(credit)
    assert f"<li>{credit}</li>" in html(folder) or not credit
    names = {one["properties"]["name"] for one in found if "at" in one["properties"]}
    assert names == ({"Armenia", "Azerbaijan", "Iran", "Georgia"} if "country" in kinds else set())
    for one in found:
        for pieces in one["arcs"]:
            ring(pieces, topology)  # closed
    ground = json.loads((folder / GROUND).read_text(encoding="utf-8"))
    assert ground["objects"]["context"]["geometries"] == []  # nothing is looked up before a page is made


@pytest.mark.parametrize("name", ["small", "sides"])
def test_small_ground_has_no_coarse_coast_about_it_and_no_context_means_none(runs, name):
    assert data_of(runs / name)["topology"]["objects"]["context"]["geometries"] == []
    assert "Natural Earth" not in html(runs / name)


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("totals.csv", lambda folder, name: (folder / name).unlink(), "lacks totals.csv, which its manifest names"),
        ("totals.csv", lambda folder, name: (folder / name).write_text("side\nA\n"), "was changed after its run"),
        (GROUND, lambda folder, name: (folder / name).write_text("{}"), "was changed after its run"),
        ("manifest.json", lambda folder, name: (folder / name).write_text("[]"), "does not hold a run as this version"),
        ("manifest.json", lambda folder, name: (folder / name).unlink(), "FileNotFoundError"),
        ("manifest.json", damaged(lambda held: held | {"outputs": {}}), "holds no run that a page is made of"),
        ("manifest.json", damaged(lambda held: held | {"outputs": {"series.parquet": "", "totals.csv": ""}}),
         "run without ground.topojson: run it again with --report and --force"),
        ("manifest.json", damaged(lambda held: held | {"sources": 3}), "TypeError"),
        ("manifest.json", damaged(lambda held: held | {"books": {}}), "KeyError"),
        (GROUND, damaged(lambda held: held | {"run": held["run"] | {"districts": ["E"]}}), "KeyError"),
        (GROUND, damaged(lambda held: held | {"sides": None}), "TypeError"),
        (GROUND, damaged(lambda _: []), "TypeError"),
    ],
)  # fmt: skip
def test_what_is_not_as_it_was_written_is_refused_in_a_line(runs, tmp_path, name, damage, message):
    shutil.copytree(runs / "series", tmp_path / "run")
    (tmp_path / "run" / PAGE).unlink()
    damage(tmp_path / "run", name)
    before = sorted(tmp_path.rglob("*"))
    done = CliRunner().invoke(app, ["report", str(tmp_path / "run")])
    assert done.exit_code == 2, done.output
    assert message in " ".join(done.stderr.split())
    assert done.stderr.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_a_page_replaces_nothing_unasked(runs, tmp_path):
    shutil.copytree(runs / "series", tmp_path / "run")
    run = tmp_path / "run"
    held = (run / "totals.csv").read_bytes()
    for words, message in (
        ([run], "report.html is there already: pass --force, or another --out"),
        (
            [run, "--out", run / "totals.csv", "--force"],
            "totals.csv is no name of a page: pass one that ends in .html",
        ),
        ([run, "--out", tmp_path / "run"], "is no name of a page"),
        ([tmp_path / "none"], "none is no folder: pass the folder of a run, its --out"),
        ([runs / "d.gpkg"], "d.gpkg is no folder"),
    ):
        done = CliRunner().invoke(app, ["report", *map(str, words)])
        assert done.exit_code == 2
        assert message in " ".join(done.stderr.split()), done.stderr
    assert (run / "totals.csv").read_bytes() == held
    (run / PAGE).write_text("old", encoding="utf-8")
    done = CliRunner().invoke(app, ["report", str(run), "--force"])
    assert done.exit_code == 0
    assert done.stderr == f"written to {run / PAGE}\n"
    assert html(run) == html(runs / "series")
    with pytest.raises(SourceError, match="cannot be written"):
        write_page(run, run / "totals.csv" / "page.html")


@pytest.mark.usefixtures("without_pictures")
def test_an_old_page_does_not_outlive_its_run(runs, tmp_path):
    shutil.copytree(runs / "series", tmp_path / "run")
    words = [
        "series",
        runs / "one.gpkg",
        "--districts",
        runs / "d.gpkg",
        "--key",
        "key",
        "--side",
        "A",
        "--margin-m",
        0,
    ]
    done = CliRunner().invoke(app, [str(word) for word in (*words, "--out", tmp_path / "run", "--force")])
    assert done.exit_code == 0, done.output
    assert not {PAGE, GROUND} & {path.name for path in (tmp_path / "run").iterdir()}


def test_the_libraries_are_the_published_ones():
    stated = dict(
        reversed(line.split()) for line in (VENDOR / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    )
    assert sorted(stated) == sorted(path.name for path in VENDOR.glob("*.js"))
    for name, digest in stated.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest
        assert name.removesuffix(".min.js") in (VENDOR / "LICENSES").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("kinds", "shapes", "drawn"),
    [
        (["oblast"], [LineString([(0, 0), (9e4, 9e4)])], ["LineString"]),
        (["country"], [box(1e4, 1e4, 2e4, 2e4)], ["Polygon"]),  # all of it under the ground: no name
        (["country"], [box(1e7, 1e7, 2e7, 2e7)], []),
        ([], [], []),
    ],
)
def test_a_layer_of_a_study_may_hold_lines_alone_or_nothing_near(kinds, shapes, drawn):
    whole = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(0, 0, 1e5, 1e5)], crs=3035)
    own = gpd.GeoDataFrame({"kind": kinds, "name": ["N"] * len(kinds)}, geometry=shapes, crs=3035)
    states = [(["A"], whole.geometry.to_numpy())]
    found = ground_topology(states, whole, context=own)["objects"]["context"]["geometries"]
    assert [one["type"] for one in found] == drawn
    assert not any("at" in one["properties"] for one in found)
