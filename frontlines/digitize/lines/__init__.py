"""Lines drawn on a scan, traced in pixels: the door, and what the rest of the wing needs of them."""

from frontlines.digitize.lines.filters import grouped as grouped
from frontlines.digitize.lines.filters import rows_of as rows_of
from frontlines.digitize.lines.hidden import RunningOn as RunningOn
from frontlines.digitize.lines.hidden import find_running_on as find_running_on
from frontlines.digitize.lines.hidden import follow_hidden
from frontlines.digitize.lines.pieces import Piece as Piece
from frontlines.digitize.lines.pieces import pieces_of as pieces_of
from frontlines.digitize.lines.stretches import Hidden, Knobs, Stretch, Tracing
from frontlines.digitize.lines.trace import trace_lines

__all__ = ["Hidden", "Knobs", "Stretch", "Tracing", "follow_hidden", "trace_lines"]
