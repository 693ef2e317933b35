"""Several sources: where two agree on whose ground it is, and how far apart their net change is.

The wing has another name than its verb, for ``frontlines.agreement`` is the function.
"""

from frontlines.two_sources.net import SourceNets, net_by_source
from frontlines.two_sources.tables import agreement_by_district, differing_ground, front_apart

__all__ = ["SourceNets", "agreement_by_district", "differing_ground", "front_apart", "net_by_source"]
