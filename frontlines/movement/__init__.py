"""How far the front moved, by every definition, signed by a side; and how long it is."""

from frontlines.movement.crossings import REASONS, Rule
from frontlines.movement.displacement import DOUBTS, displacement
from frontlines.movement.distances import line_distances, nearest_distance
from frontlines.movement.estimators import DEFINITIONS, estimator_table, mean_advance
from frontlines.movement.front_length import front_length
from frontlines.movement.transects import make_transects

__all__ = [
    "DEFINITIONS",
    "DOUBTS",
    "REASONS",
    "Rule",
    "displacement",
    "estimator_table",
    "front_length",
    "line_distances",
    "make_transects",
    "mean_advance",
    "nearest_distance",
]
