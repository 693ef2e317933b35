"""Pages of two sources: what is drawn, what the legend says, and sources that agree wholly."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.legend import Legend
from shapely import box

from frontlines.plot import agreement_chart, agreement_figure

CRS = "EPSG:3035"
DISTRICTS = gpd.GeoDataFrame(
    {"district": ["W", "E"]}, geometry=[box(0, 0, 2e4, 1e5), box(2e4, 0, 4e4, 1e5)], crs=CRS
)


def figure_of(*kinds):
    edges = np.linspace(0, 4e4, len(kinds) + 1)
    shapes = [box(left, 0, right, 1e5) for left, right in pairwise(edges)]
    ground = gpd.GeoDataFrame({"kind": kinds}, geometry=shapes, crs=CRS)
    ground["area_km2"] = ground.area / 1e6
    return agreement_figure(
        ground, DISTRICTS, ("Map $1", "List"), side="A", title="Two sources", caption="Made up."
    )


def drawn(figure):
    return {str(artist.get_gid()) for ax in figure.axes for artist in ax.get_children() if artist.get_gid()}


def entries(ax):
    return [
        text.get_text() for legend in ax.get_children() if isinstance(legend, Legend) for text in legend.texts
    ]


def test_ground_of_one_source_only_has_a_colour_a_hatch_and_a_rim():
    figure = figure_of("both", "only_first", "only_second", "neither")
    assert {"both", "only_first", "only_second", "neither", "only_first:rim"} <= drawn(figure)
    main = next(ax for ax in figure.axes if ax.get_label() == "main")
    looks = [patch for patch in main.patches if str(patch.get_gid()).startswith("only_")]
    assert len({patch.get_facecolor() for patch in looks}) == len({patch.get_hatch() for patch in looks}) == 2
    texts = [" ".join(text.split()) for text in entries(figure.axes[0])]
    assert texts[0].replace("\\", "") == "A by Map $1 only: 1,000 km²"
    assert len(texts) == 4


def test_sources_that_agree_have_one_panel():
    figure = figure_of("both", "neither")
    assert [ax.get_label() for ax in figure.axes] == ["legend", "main"]
    assert "only_first" not in drawn(figure)


def test_the_chart_gives_net_change_by_each_source_and_bears_days_without_ground():
    table = pd.DataFrame({
        "date": pd.to_datetime(["2024-11-24", "2024-12-01", "2024-12-08"]), "district": "all districts",
        "iou": [np.nan, 0.9, 0.8], "iou_low": [np.nan, 0.85, 0.8], "iou_high": [np.nan, 0.9, 0.8],
        "both_km2": [0.0, 90.0, 80.0], "only_first_km2": [0.0, 10.0, 0.0], "only_second_km2": [0.0, 0.0, 20.0],
    })  # fmt: skip
    figure = agreement_chart(table, ("Map", "List"), side="A", title="Two sources", caption="Made up.")
    assert entries(figure.axes[0]) == ["Bounds, contested ground counted or not"]
    assert [text.replace("\N{MINUS SIGN}", "-") for text in entries(figure.axes[1])] == [
        "Map: +80.0 km²",
        "List: +100 km²",
    ]
    lines = {line.get_gid(): list(line.get_ydata()) for line in figure.axes[1].lines}
    assert lines["net:first"] == [0, 100, 80]
    assert lines["net:second"] == [0, 90, 100]
