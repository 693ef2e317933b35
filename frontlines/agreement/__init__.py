"""Two sources on one day: where they agree on whose ground it is, and where they do not."""

from frontlines.agreement.apart import front_apart
from frontlines.agreement.tables import agreement, differing_ground

__all__ = ["agreement", "differing_ground", "front_apart"]
