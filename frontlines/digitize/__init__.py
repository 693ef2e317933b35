"""Lines and areas of a scanned map, traced by their colours in pixels.

Pixel coordinates everywhere: x is the column and y the row, the centre of the first pixel is (0, 0), and y
grows downwards.
"""

from frontlines.digitize.areas import trace_areas
from frontlines.digitize.hidden import follow_hidden
from frontlines.digitize.images import Scan, open_scan
from frontlines.digitize.lines import trace_lines
from frontlines.digitize.palette import suggest_colours
from frontlines.digitize.stretches import Hidden, Knobs, Stretch, Tracing

__all__ = [
    "Hidden",
    "Knobs",
    "Scan",
    "Stretch",
    "Tracing",
    "follow_hidden",
    "open_scan",
    "suggest_colours",
    "trace_areas",
    "trace_lines",
]
