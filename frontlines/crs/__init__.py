"""The working CRS of a study, its distortion, and the way into it.

One Lambert azimuthal equal-area plane a study, centred on its theatre: areas in it are areas on the
WGS 84 ellipsoid. Lengths and directions are not kept, and are measured on the ellipsoid instead.
"""

from frontlines.crs.projecting import STRAY_M, polygons_of, project
from frontlines.crs.working import working_crs

__all__ = [
    "STRAY_M",
    "polygons_of",
    "project",
    "working_crs",
]
