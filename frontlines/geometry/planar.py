"""A planar arrangement: the faces that lines cut the plane into, and the face on either side of each edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from frontlines.names import Floats, Geometries, Ints

OUTSIDE = -1
"""Number of the face that is no face: the ground beyond the outermost lines."""


@dataclass(frozen=True)
class Arrangement:
    """Faces and edges of a set of lines."""

    faces: Geometries  # polygons, (n_faces,), in a fixed order (see `arrange`)
    edges: Floats  # coordinates of the straight pieces between nodes, (n_edges, 4) as x0, y0, x1, y1
    # left, right: number of the face to the left and to the right of each edge, seen from its
    # start, (n_edges,); `OUTSIDE` where there is none
    left: Ints
    right: Ints

    @property
    def middles(self) -> Floats:
        """Middle point of each edge, (n_edges, 2)."""
        return np.asarray((self.edges[:, :2] + self.edges[:, 2:]) / 2)


def arrange(lines: Geometries, *, grid_m: float | None = None) -> Arrangement:
    """Node lines and find the faces between them."""
    noded = shapely.get_parts(shapely.union_all(lines, grid_size=grid_m))
    noded = noded[shapely.get_type_id(noded) == shapely.GeometryType.LINESTRING]
    faces = _in_order(shapely.get_parts(shapely.polygonize(noded)))
    edges = segments(noded)[0]
    ring_edges, owner = _ring_edges(faces)
    return Arrangement(
        faces=faces,
        edges=edges,
        left=_match(edges, ring_edges, owner),
        right=_match(edges[:, [2, 3, 0, 1]], ring_edges, owner),
    )


def segments(lines: Geometries) -> tuple[Floats, Ints]:
    """Break lines into their straight pieces."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    inner = owner[:-1] == owner[1:]
    return np.hstack([xy[:-1], xy[1:]])[inner], owner[:-1][inner]


def _in_order(faces: Geometries) -> Geometries:
    bounds = shapely.bounds(faces)
    points = shapely.get_coordinates(shapely.point_on_surface(faces))
    order = np.lexsort((points[:, 1], points[:, 0], bounds[:, 1], bounds[:, 0]))
    return np.asarray(faces[order])


def _ring_edges(faces: Geometries) -> tuple[Floats, Ints]:
    """Directed edges of the rings, face on the left: shells counter-clockwise, holes clockwise."""
    rings, face = shapely.get_rings(shapely.orient_polygons(faces), return_index=True)
    edges, ring = segments(rings)
    return edges, face[ring]


def _match(edges: Floats, ring_edges: Floats, owner: Ints) -> Ints:
    """Find the owner of each edge among directed ring edges."""
    columns = ["x0", "y0", "x1", "y1"]
    known = pd.DataFrame(ring_edges, columns=columns).assign(face=owner)
    found = pd.DataFrame(edges, columns=columns).merge(known, on=columns, how="left")
    return found["face"].fillna(OUTSIDE).to_numpy(dtype=np.int64)
