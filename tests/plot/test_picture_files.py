"""Figures as files: text as text, few bytes, and words for who cannot see."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from frontlines.errors import SourceError
from frontlines.plot import MapStyle, save_figure
from frontlines.plot.artists import area_path, write

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "Red & <Blue> $x$"


@pytest.fixture
def figure():
    """Two circles of many corners, curves of a marker, and two names with halos and one gid."""
    made = Figure(figsize=(3, 2))
    made.text(0.1, 0.95, HOSTILE, gid="title", parse_math=False)
    ax = made.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, 3), ylim=(0, 2))
    rings = shapely.buffer(shapely.points([[1, 1], [2, 1]]), 0.4, quad_segs=500)
    ax.add_artist(PathPatch(area_path(rings), gid="ground"))
    ax.plot([1], [1], "o")
    for x in (1, 2):
        write(ax, HOSTILE, (x, 1), (0, 0), size_pt=6.0, name="town", style=MapStyle())
    return made


def test_an_svg_has_text_as_text_and_says_what_it_shows(figure, tmp_path):
    settings = figure.findobj(lambda artist: artist.get_path_effects())
    save_figure(figure, tmp_path / "a.svg", description=HOSTILE)
    written = (tmp_path / "a.svg").read_text(encoding="utf-8")
    root = ET.fromstring(written)  # noqa: S314 - our own
    texts = [text for text in root.iter(f"{SVG}text") if text.text == HOSTILE]
    assert len(texts) == 1 + 2 * 2  # a halo under each name
    assert sum("stroke-width" in text.get("style") for text in texts) == 2
    assert all("sans-serif" in text.get("style") for text in texts)
    assert root.find(f"{SVG}title").text == root.find(f"{SVG}desc").text == HOSTILE
    assert root.get("aria-labelledby") == "figure-title figure-desc"
    ids = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    assert figure.findobj(lambda artist: artist.get_path_effects()) == settings
    save_figure(figure, tmp_path / "b.svg", description=HOSTILE)
    assert (tmp_path / "b.svg").read_text(encoding="utf-8") == written


def test_paths_keep_what_can_be_seen(figure, tmp_path):
    save_figure(figure, tmp_path / "a.svg")
    written = (tmp_path / "a.svg").read_text(encoding="utf-8")
    (ground,) = re.findall(r'<g id="ground">.*?d="([^"]*)"', written, re.DOTALL)
    rings = [re.findall(r"-?\d*\.?\d+", ring) for ring in ground.split("z") if ring]
    assert len(rings) == 2
    assert all(len(ring) < 400 for ring in rings)  # of 4000
    assert all(len(figure.partition(".")[2]) <= 2 for ring in rings for figure in ring)
    first, second = (np.cumsum(np.array(ring, dtype=float).reshape(-1, 2), axis=0) for ring in rings)
    centres = [(points.min(axis=0) + points.max(axis=0)) / 2 for points in (first, second + first[0])]
    assert centres[1] - centres[0] == pytest.approx([72.0, 0.0], abs=0.05)
    assert first.max(axis=0) - first.min(axis=0) == pytest.approx([57.6, 57.6], abs=0.1)


def test_a_pdf_has_its_title_and_no_other_format_is_known(figure, tmp_path):
    figure.text(0.5, 0.5, "no halo").set_path_effects(None)
    save_figure(figure, tmp_path / "a.pdf", description="Two circles.")
    written = (tmp_path / "a.pdf").read_bytes()
    assert b"/Title (Red & <Blue> $x$)" in written
    assert b"/Subject (Two circles.)" in written
    assert b"/FontFile2" in written
    with pytest.raises(SourceError, match=r"pictures are \.png, \.svg or \.pdf"):
        save_figure(figure, tmp_path / "a.gif")


def test_a_picture_that_cannot_be_drawn_leaves_the_one_that_stands_there(figure, tmp_path):
    for name in ("a.png", "a.svg", "a.pdf"):
        save_figure(figure, tmp_path / name)
    earlier = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    figure.text(0.5, 0.5, r"$\nothing$")  # refused by matplotlib while it draws
    for name in earlier:
        with pytest.raises(ValueError, match="nothing"):
            save_figure(figure, tmp_path / name)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == earlier
