"""Names never lie on each other, on markers or on furniture, and are never read as markup."""

from itertools import combinations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from frontlines.plot.furniture import draw_scale_bar
from frontlines.plot.labels import Label, occupied, place_labels
from frontlines.plot.style import DEFAULT_STYLE
from frontlines.plot.text import MOST_LINES, font_of, renderer_of, shortened, slant_of, text_size_px, wrap
from frontlines.plot.words import clean


@pytest.fixture
def ax():
    return make_ax()


def make_ax(width=3.0, height=3.0):
    figure = Figure(figsize=(width, height), dpi=200)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 100_000), ylim=(0, 100_000 * height / width), aspect="equal")
    return axes


def boxes_of(texts, axes):
    renderer = renderer_of(axes.figure)
    return [t.get_window_extent(renderer) for t in texts]


def overlaps(boxes):
    return [(a, b) for a, b in combinations(boxes, 2) if a.overlaps(b)]


def test_a_single_name_stands_right_of_its_point(ax):
    done = place_labels(ax, [Label("Tərtər", 50_000, 50_000)])
    (box,) = boxes_of(done.texts, ax)
    x, y = ax.transData.transform((50_000, 50_000))
    assert box.x0 > x
    assert box.y0 < y < box.y1
    assert box.x0 - x < 10


def test_crowded_names_do_not_overlap_and_the_rest_is_told(ax):
    names = [Label(f"Kənd {i}", 50_000 + 900 * i, 50_000, priority=-i) for i in range(40)]
    done = place_labels(ax, names)
    assert overlaps(boxes_of(done.texts, ax)) == []
    assert len(done.texts) + len(done.left_out) == 40
    assert done.left_out
    assert {t.get_text() for t in done.texts} | {lab.text for lab in done.left_out} == {
        lab.text for lab in names
    }


@given(
    st.lists(
        st.tuples(
            st.text("ABCşğə $_^{}\\-", min_size=1, max_size=12),
            st.floats(-1e4, 1.1e5),
            st.floats(-1e4, 1.1e5),
        ),
        max_size=25,
    )
)
def test_names_never_overlap_and_stay_inside_the_frame(places):
    axes = make_ax(2.0, 1.5)
    done = place_labels(axes, [Label(text, x, y) for text, x, y in places])
    boxes, frame = boxes_of(done.texts, axes), axes.get_window_extent()
    assert overlaps(boxes) == []
    assert all(frame.x0 <= b.x0 and b.x1 <= frame.x1 and frame.y0 <= b.y0 and b.y1 <= frame.y1 for b in boxes)


def test_more_important_names_come_first(ax):
    crowd = [Label(f"minor {i}", 50_000, 50_000, priority=0) for i in range(30)]
    done = place_labels(ax, [*crowd, Label("MAJOR", 50_000, 50_000, priority=1)])
    assert done.texts[0].get_text() == "MAJOR"


def test_the_order_of_the_input_does_not_matter():
    names = [Label(f"place {i % 7}", 40_000 + 1_500 * i, 50_000 + 500 * (i % 3)) for i in range(20)]
    rng = np.random.default_rng(1)
    found = []
    for _ in range(3):
        done = place_labels(make_ax(), [names[i] for i in rng.permutation(len(names))])
        found.append([(t.get_text(), t.xy, t.xyann) for t in done.texts])
    assert found[0] == found[1] == found[2]


def test_a_name_makes_room_for_another_that_has_no_other_place(ax):
    # The first could stand left or right of its point; the second, near a wall, only left of its own.
    walls = [Bbox.from_extents(*e) for e in ((0, 320, 600, 600), (0, 0, 600, 280), (390, 0, 600, 600))]
    names = [Label("first", 35_000, 50_000, priority=2), Label("second", 62_000, 50_000, priority=1)]
    alone = place_labels(make_ax(), names[:1], obstacles=walls)
    both = place_labels(ax, names, obstacles=walls)
    assert boxes_of(alone.texts, ax)[0].x0 > ax.transData.transform((35_000, 0))[0]
    assert both.left_out == []
    assert overlaps(boxes_of(both.texts, ax)) == []


def test_names_keep_off_markers_texts_and_furniture(ax):
    ax.scatter([52_000], [50_000], s=400)
    ax.text(30_000, 50_000, "here already")
    draw_scale_bar(ax, loc="upper right")
    names = [Label(f"p{i}", 20_000 + 4_000 * i, 50_000 + 3_000 * (i % 5)) for i in range(20)]
    names += [Label("in the corner", 90_000, 94_000)]
    taken = occupied(ax)
    assert len(taken) == 3
    boxes = boxes_of(place_labels(ax, names).texts, ax)
    assert not [b for b in boxes for other in taken if b.overlaps(other)]


def test_names_keep_off_given_obstacles(ax):
    wall = Bbox.from_extents(0, 0, 600, 600)
    done = place_labels(ax, [Label("nowhere", 50_000, 50_000)], obstacles=[wall])
    assert done.texts == []
    assert [lab.text for lab in done.left_out] == ["nowhere"]


def test_names_keep_off_the_front_where_they_can(ax):
    front = shapely.LineString([(50_000, 52_000), (100_000, 52_000)])
    (text,) = place_labels(ax, [Label("Ağdam", 50_000, 50_000)], avoid=front).texts
    box = text.get_window_extent(renderer_of(ax.figure))
    assert box.y1 < ax.transData.transform((0, 52_000))[1]


def test_names_keep_off_the_points_of_others(ax):
    done = place_labels(ax, [Label("west", 50_000, 50_000), Label("east", 60_000, 50_000)])
    boxes = dict(zip([t.get_text() for t in done.texts], boxes_of(done.texts, ax), strict=True))
    east_dot = ax.transData.transform((60_000, 50_000))
    assert not boxes["west"].contains(*east_dot)


def test_the_name_of_a_district_lies_inside_it(ax):
    area = shapely.Polygon(
        [(0, 0), (90_000, 0), (90_000, 20_000), (20_000, 20_000), (20_000, 90_000), (0, 90_000)]
    )
    (text,) = place_labels(ax, [Label("Füzuli", area=area)]).texts
    corners = ax.transData.inverted().transform(text.get_window_extent(renderer_of(ax.figure)).corners())
    assert all(area.contains(shapely.Point(c)) for c in corners)


def test_a_long_name_is_broken_rather_than_left_out(ax):
    area = shapely.box(40_000, 40_000, 62_000, 60_000)
    (text,) = place_labels(ax, [Label("Bilhorod-Dnistrovskyi", area=area, inside=0.95)]).texts
    assert text.get_text() == "Bilhorod-\nDnistrovskyi"


def test_a_district_smaller_than_its_name_or_out_of_view_gets_none(ax):
    small, away = shapely.box(0, 0, 2_000, 2_000), shapely.box(2e5, 2e5, 3e5, 3e5)
    done = place_labels(ax, [Label("Xocavənd", area=small), Label("far", area=away)])
    assert [lab.text for lab in done.left_out] == ["Xocavənd", "far"]


def test_only_the_visible_part_of_a_district_counts(ax):
    area = shapely.box(-500_000, 40_000, 40_000, 60_000)
    (text,) = place_labels(ax, [Label("Goranboy", area=area)]).texts
    assert text.get_window_extent(renderer_of(ax.figure)).x0 >= ax.get_window_extent().x0


def test_names_that_are_not_at_a_place_are_left_out(ax):
    done = place_labels(
        ax, [Label("lost", float("nan"), 1.0), Label("  "), Label("none", area=shapely.Polygon())]
    )
    assert done.texts == []
    assert [lab.text for lab in done.left_out] == ["lost", "none"]


@pytest.mark.parametrize(
    "name", [r"$x^2$", "a_b_c", r"\frac{1}{2}", "100 % $", "Мар'їнка", "Ստեփանակերտ", "Şuşa"]
)
def test_names_are_never_read_as_markup(ax, name):
    (text,) = place_labels(ax, [Label(name, 50_000, 50_000)]).texts
    assert text.get_text() == name
    assert not text.get_parse_math()
    assert not text.get_usetex()
    ax.figure.canvas.draw()


def test_control_characters_and_line_breaks_leave_names():
    assert clean("a\x00b\r\n c\u2028d\u0007") == "a b c d"
    assert clean(7) == "7"


def test_measuring_leaves_the_canvas_of_the_caller_alone():
    axes = Figure(figsize=(2, 2)).add_subplot()
    canvas = axes.figure.canvas
    place_labels(axes, [Label("Ağdam", 0.5, 0.5)])
    assert axes.figure.canvas is canvas


def test_labels_stay_put_when_the_figure_is_saved_at_another_size(ax, tmp_path):
    names = [Label(f"Kənd {i}", 30_000 + 3_000 * i, 50_000) for i in range(10)]
    done = place_labels(ax, names)
    ax.figure.savefig(tmp_path / "map.png", dpi=90)
    ax.figure.set_dpi(90)
    assert overlaps(boxes_of(done.texts, ax)) == []


def test_a_name_whose_letters_the_slanted_face_lacks_is_upright(ax, recwarn):
    areas = {"حلب": shapely.box(0, 0, 50_000, 100_000), "Halab": shapely.box(50_000, 0, 100_000, 100_000)}
    labels = [Label(text, area=area, slant="italic") for text, area in areas.items()]
    placed = place_labels(ax, labels)
    assert {text.get_text(): text.get_fontstyle() for text in placed.texts} == {
        "حلب": "normal",
        "Halab": "italic",
    }
    ax.figure.canvas.draw()
    assert not [one for one in recwarn if "missing from font" in str(one.message)]
    assert slant_of(DEFAULT_STYLE, "一", slant="italic") == "normal"


def test_a_name_without_end_is_cut_and_a_title_ends_after_its_last_line(ax):
    endless = "Kənd" * 2_500
    (text,) = place_labels(ax, [Label(endless, 30_000, 50_000)]).texts
    assert text.get_text().startswith("KəndKənd")
    assert text.get_text().endswith("…")
    font = font_of(DEFAULT_STYLE, 6.0)
    for words in (endless, "Kənd " * 2_000):
        lines = wrap(words, 300, ax.figure, font).split("\n")
        assert len(lines) == MOST_LINES
        assert lines[-1].endswith("…")
        assert all(text_size_px(line, font, ax.figure.dpi)[0] <= 301 for line in lines)
    assert shortened("Kənd", 300, ax.figure, font) == wrap("Kənd", 300, ax.figure, font) == "Kənd"
    assert shortened("Kənd", 1, ax.figure, font) == "…"
