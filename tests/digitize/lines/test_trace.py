"""Lines of rendered scans, against the truth: place, completeness, nothing false, and the error that is quoted."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from frontlines.datasets import ScanLook, render_scan
from frontlines.digitize import Knobs, follow_hidden, open_scan, trace_lines
from frontlines.errors import DigitizeError
from tests.digitize.warmaps import PALETTES, score, war_map

LOOKS = {
    "clean": ScanLook(),
    "yellowed": ScanLook(paper="#f1e7cf", jpeg_quality=60, vignette=0.15, blur_px=0.8, unevenness=0.05),
    "poor": ScanLook(paper="#e8dcc0", jpeg_quality=75, blur_px=1.2, grain=4, rotation_deg=-1.5, vignette=0.2),
    "level": ScanLook(jpeg_quality=60, blur_px=0.5, rotation_deg=0.0),
}
CASES = [  # seed, palette, look, press fills
    (0, "blue-red", "clean", False),
    (9, "purple-brown-thin", "clean", False),
    (26, "black-red-thick", "yellowed", True),
    (46, "magenta-teal-dashed", "poor", False),
    (31, "orange-green", "level", False),
]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[1]}-{case[2]}")
def traced(request):
    seed, palette, look, fills = request.param
    scan, colours, _ = war_map(seed, palette, look=LOOKS[look], fills=fills, size=(1000, 800))
    return scan, trace_lines(open_scan(scan.pixels), colours)


@pytest.mark.parametrize("name", ["first", "second"])
def test_a_line_is_where_it_was_drawn(traced, name):
    scan, tracing = traced
    result = score(tracing, scan, name)
    assert result["median"] <= 0.7
    assert result["p95"] <= 2.5
    assert result["complete"] >= 0.98
    assert result["false"] < tracing.knobs[name].min_length_px


def test_the_quoted_error_covers_the_true_one(traced):
    scan, tracing = traced
    off, sigma = [], []
    for stretch in tracing.stretches:
        truth = scan.lines.loc[scan.lines["name"] == stretch.line].geometry.iloc[0]
        seen = np.ones(len(stretch.points), bool)
        for start, end in stretch.jumped:
            seen[start + 1 : end] = False
        off.append(shapely.distance(shapely.points(stretch.points), truth)[seen])
        sigma.append(stretch.sigma_px[seen])
    assert 0.6 <= (np.concatenate(off) < np.concatenate(sigma)).mean() <= 0.82


def test_a_stretch_is_in_order_and_knows_its_width_and_what_it_jumped(traced):
    scan, tracing = traced
    for stretch in tracing.stretches:
        drawn = scan.lines.loc[scan.lines["name"] == stretch.line, "width_px"].iloc[0]
        assert stretch.geometry.is_valid
        assert np.hypot(*np.diff(stretch.points, axis=0).T).max() < tracing.knobs[stretch.line].gap_px + 5
        assert np.median(stretch.half_width_px) * 2 == pytest.approx(drawn, abs=1.5)
        assert all(0 <= start < end < len(stretch.points) for start, end in stretch.jumped)
        assert (stretch.sigma_px > 0).all()


def test_keys_of_the_legend_are_told_and_left_out(traced):
    scan, tracing = traced
    keys = scan.lines[(scan.lines.length < 60) & (scan.lines["width_px"] > 1.6)]
    for stretch in tracing.stretches:
        assert keys.distance(stretch.geometry).min() > 3


def test_where_a_line_is_hidden_is_told_and_nothing_is_made_up():
    scan, colours, _ = war_map(7, "orange-green", merge=True, look=LOOKS["clean"])
    tracing = trace_lines(open_scan(scan.pixels), colours)
    hidden = [one for one in tracing.hidden if one.line == "first"]
    assert len(hidden) == 1
    assert hidden[0].under == "second"
    together = scan.lines.set_index("name").geometry
    assert np.quantile(shapely.distance(shapely.points(hidden[0].path), together["second"]), 0.95) < 2.5
    told = shapely.LineString(hidden[0].path)
    mine = shapely.union_all([one.geometry for one in tracing.stretches if one.line == "first"])
    assert mine.intersection(told.buffer(0.1)).length < 30

    followed = follow_hidden(tracing)
    result = score(followed, scan, "first")
    assert result["n"] == 1
    whole = next(one for one in followed.stretches if one.line == "first")
    assert any(
        shapely.LineString(whole.points[a : b + 1]).length > 0.8 * told.length for a, b in whole.jumped
    )
    assert followed.hidden == ()


def _line(points, *, size=(300, 200), colour="#1f4fb4", width=4.0, **others):
    frame = gpd.GeoDataFrame(
        {"colour": [colour], "width_px": [width], **{key: [value] for key, value in others.items()}},
        geometry=[shapely.LineString(points)],
    )
    return render_scan(frame, size_px=size, look=ScanLook(rotation_deg=0.0, jpeg_quality=None, grain=0.5))


BENT = [(20, 60), (100, 90), (180, 60), (280, 140)]


def test_a_mask_takes_out_its_ground():
    scan = open_scan(_line(BENT).pixels)
    whole = trace_lines(scan, {"a": "blue"}).stretches
    cut = trace_lines(scan, {"a": "blue"}, masks=[shapely.box(0, 0, 140, 200)]).stretches
    assert len(whole) == len(cut) == 1
    assert whole[0].points[:, 0].min() < 25
    assert cut[0].points[:, 0].min() == pytest.approx(141, abs=3)


def test_a_closed_front_closes():
    around = np.linspace(0, 2 * np.pi, 80)
    ring = np.column_stack([150 + 60 * np.cos(around), 100 + 60 * np.sin(around)])
    (stretch,) = trace_lines(open_scan(_line(ring).pixels), {"pocket": "blue"}).stretches
    assert stretch.points[0].tolist() == stretch.points[-1].tolist()
    assert shapely.Polygon(stretch.points).area == pytest.approx(np.pi * 60**2, rel=0.005)


@pytest.mark.parametrize("dashes", [None, (12.0, 8.0)])
def test_the_width_of_a_line_is_that_of_its_stroke_whole_or_dashed(dashes):
    tracing = trace_lines(open_scan(_line(BENT, dashes_px=dashes).pixels), {"a": "blue"})
    assert tracing.stroke_px["a"] == pytest.approx(4.0, abs=0.4)


def test_a_given_width_is_kept():
    tracing = trace_lines(open_scan(_line(BENT).pixels), {"a": "blue"}, knobs=Knobs(stroke_px=5.0))
    assert tracing.stroke_px["a"] == 5.0


def test_knobs_decide_what_is_jumped_and_what_is_too_short():
    scan = open_scan(_line(BENT, dashes_px=(30.0, 12.0)).pixels)
    (jumped,) = trace_lines(scan, {"a": "blue"}).stretches
    assert len(jumped.jumped) >= 5
    apart = trace_lines(scan, {"a": "blue"}, knobs={"a": Knobs(gap_px=4, min_length_px=15)}).stretches
    assert len(apart) >= 5
    assert trace_lines(scan, {"a": "blue"}, knobs=Knobs(gap_px=4, min_length_px=60)).stretches == ()


def test_the_same_scan_gives_the_same_tracing():
    scan = open_scan(_line(BENT).pixels)
    first, second = (trace_lines(scan, {"a": "blue"}).stretches[0] for _ in range(2))
    assert np.array_equal(first.points, second.points)
    assert np.array_equal(first.sigma_px, second.sigma_px)


@pytest.mark.parametrize(
    ("colours", "others", "words"),
    [
        ({}, {}, "no line is asked for: give a name and a colour"),
        ({"a": "blurple"}, {}, "'blurple' is no colour: write hex, as #1f4fb4, or a CSS name, as blue"),
        ({"a": "yellow"}, {}, "line 'a': no ink of the scan is like 'yellow'; it has #"),
        ({"a": "black"}, {}, "line 'a': no ink of the scan is like 'black'; it has #"),
        (
            {"a": "blue", **{f"b{k}": f"#ff{k:02x}00" for k in range(30)}},
            {},
            "31 lines are asked for, but the scan has the inks #",
        ),
        (
            {"a": "blue", "b": "#0000FF"},
            {},
            "lines 'a' and 'b' have one colour, '#0000FF', and cannot be told",
        ),
        ({"a": "blue"}, {"knobs": {"b": Knobs()}}, "knobs for 'b', but the lines are 'a'"),
        (
            {"a": "blue"},
            {"masks": [shapely.Point(0, 0)]},
            "mask 0 is no valid polygon: give corners in pixels",
        ),
        (
            {"a": "blue"},
            {"masks": [shapely.box(-1, -1, 5000, 5000)]},
            "line 'a': nothing of this colour lies outside masks and frame",
        ),
    ],
)
def test_what_cannot_be_done_is_told(colours, others, words):
    scan = open_scan(_line(BENT).pixels)
    with pytest.raises(DigitizeError, match=words):
        trace_lines(scan, colours, **others)


@pytest.mark.parametrize(("drawn", "asked"), [("#4a4a4a", "green"), ("#c01818", "black")])
def test_a_grey_is_no_colour_and_a_colour_no_grey(drawn, asked):
    with pytest.raises(DigitizeError, match=f"no ink of the scan is like '{asked}'"):
        trace_lines(open_scan(_line(BENT, colour=drawn).pixels), {"a": asked})


def test_blank_paper_has_no_ink():
    with pytest.raises(DigitizeError, match="1 lines are asked for, but the scan has the inks none"):
        trace_lines(open_scan(np.full((60, 60), 240, np.uint8)), {"a": "blue"})


@pytest.mark.parametrize("name", ["stroke_px", "min_length_px", "gap_px", "spur_px"])
def test_knobs_are_lengths(name):
    with pytest.raises(DigitizeError, match=rf"{name} must be a number from .* \[px\], not -1"):
        Knobs(**{name: -1})


def test_a_named_stroke_is_measured_all_the_same():
    scan = open_scan(_line(BENT).pixels)
    assert trace_lines(scan, {"a": "blue"}).measured_px == {}
    named = trace_lines(scan, {"a": "blue"}, knobs=Knobs(stroke_px=40))
    assert named.stroke_px == {"a": 40}
    assert 2 < named.measured_px["a"] < 6


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 124))
def test_maps_that_nobody_looked_at(seed):
    palette = list(PALETTES)[seed % len(PALETTES)]
    look = list(LOOKS.values())[(seed // 2) % 4]
    scan, colours, _ = war_map(seed, palette, look=look, fills=seed % 3 == 2, size=(1000, 800))
    tracing = trace_lines(open_scan(scan.pixels), colours)
    for name in colours:
        result = score(tracing, scan, name)
        assert result["median"] <= 0.7, name
        assert result["p95"] <= 2.5, name
        assert result["complete"] >= 0.96, name
        assert result["false"] < tracing.knobs[name].min_length_px, name
