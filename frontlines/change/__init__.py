"""Two dates compared: which ground changed hands, and by district."""

from frontlines.change.between import change_between
from frontlines.change.tables import balance_by_district, transition_matrix, transitions_by_district
from frontlines.sources.population import PopulationRaster

__all__ = [
    "PopulationRaster",
    "balance_by_district",
    "change_between",
    "transition_matrix",
    "transitions_by_district",
]
