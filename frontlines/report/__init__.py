"""One self-contained page of a run: map, slider, chart and tables in one HTML file."""

from frontlines.report.ground_file import GROUND, changed_rows, write_ground
from frontlines.report.page import PAGE, write_page

__all__ = ["GROUND", "PAGE", "changed_rows", "write_ground", "write_page"]
