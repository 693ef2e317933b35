"""Two sources on one day: where they agree on whose ground it is, and where they do not.

The wing has another name than its verb, for ``frontlines.agreement`` is the function.
"""

from frontlines.two_sources.apart import front_apart
from frontlines.two_sources.tables import agreement, differing_ground

__all__ = ["agreement", "differing_ground", "front_apart"]
