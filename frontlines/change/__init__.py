"""Two dates compared: which ground changed hands, and by district."""

from frontlines.change.between import change_between
from frontlines.change.settlements import population_by_district, settlements_by_side
from frontlines.change.tables import balance_by_district, transition_matrix, transitions_by_district

__all__ = [
    "balance_by_district",
    "change_between",
    "population_by_district",
    "settlements_by_side",
    "transition_matrix",
    "transitions_by_district",
]
