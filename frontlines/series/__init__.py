"""One side followed through many snapshots."""

from frontlines.names import CADENCES, TOLERANCE_M
from frontlines.series.change_series import change_series
from frontlines.series.errors import WITHHELD, SeriesErrors, series_error
from frontlines.series.places import FollowedPlaces, follow_places, people_in_series
from frontlines.series.rows import COLUMNS, every_row
from frontlines.series.totals import SUSPECT, series_totals

__all__ = [
    "CADENCES",
    "COLUMNS",
    "SUSPECT",
    "TOLERANCE_M",
    "WITHHELD",
    "FollowedPlaces",
    "SeriesErrors",
    "change_series",
    "every_row",
    "follow_places",
    "people_in_series",
    "series_error",
    "series_totals",
]
