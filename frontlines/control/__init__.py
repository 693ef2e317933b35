"""Who holds the ground: polygons from lines or places, and lines from polygons."""

from frontlines.control.from_lines import control_from_lines
from frontlines.control.from_settlements import control_from_settlements
from frontlines.control.naming import lines_with_sides
from frontlines.control.side_fronts import fronts_of_side
from frontlines.control.to_lines import frontlines_from_control

__all__ = [
    "control_from_lines",
    "control_from_settlements",
    "frontlines_from_control",
    "fronts_of_side",
    "lines_with_sides",
]
