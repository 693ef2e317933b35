"""Maps and charts: single pieces for any Axes, and whole figures for print."""

from frontlines.plot.animation import animate_control
from frontlines.plot.base import draw_context, draw_districts, draw_settlements
from frontlines.plot.charts import draw_front_length, draw_gains_and_losses, draw_series
from frontlines.plot.fronts import draw_frontlines
from frontlines.plot.ground import draw_change, draw_control
from frontlines.plot.maps import change_map
from frontlines.plot.movement import movement_map, profile_figure
from frontlines.plot.profile import draw_profile
from frontlines.plot.sheets import district_panels, series_figure
from frontlines.plot.style import MapStyle
from frontlines.plot.sureness import draw_error_by_correlation
from frontlines.plot.transects import draw_transects

__all__ = [
    "MapStyle",
    "animate_control",
    "change_map",
    "district_panels",
    "draw_change",
    "draw_context",
    "draw_control",
    "draw_districts",
    "draw_error_by_correlation",
    "draw_front_length",
    "draw_frontlines",
    "draw_gains_and_losses",
    "draw_profile",
    "draw_series",
    "draw_settlements",
    "draw_transects",
    "movement_map",
    "profile_figure",
    "series_figure",
]
