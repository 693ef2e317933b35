"""One self-contained page of a run: map, slider, chart and tables in one HTML file."""

from frontlines.report.ground_file import GROUND
from frontlines.report.page import PAGE, write_page

__all__ = ["GROUND", "PAGE", "write_page"]
