"""Who holds the ground: polygons from lines, and lines from polygons."""

from frontlines.control.from_lines import control_from_lines
from frontlines.control.to_lines import front_of_side, frontline_from_control

__all__ = ["control_from_lines", "front_of_side", "frontline_from_control"]
