"""How far the front moved, by every definition, signed by a side."""

from frontlines.movement.displacement import displacement
from frontlines.movement.distances import line_distances, nearest_distance
from frontlines.movement.estimators import estimator_table, mean_advance
from frontlines.movement.transects import make_transects

__all__ = [
    "displacement",
    "estimator_table",
    "line_distances",
    "make_transects",
    "mean_advance",
    "nearest_distance",
]
