"""Two dates compared: which ground changed hands, and by district."""

from frontlines.change.between import change_between
from frontlines.change.people import people_by_ground, population_by_district
from frontlines.change.settlements import settlements_by_side
from frontlines.change.tables import balance_by_district, transition_matrix, transitions_by_district
from frontlines.sources.population import PopulationRaster

__all__ = [
    "PopulationRaster",
    "balance_by_district",
    "change_between",
    "people_by_ground",
    "population_by_district",
    "settlements_by_side",
    "transition_matrix",
    "transitions_by_district",
]
