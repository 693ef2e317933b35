"""Lines of a scan, by colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shapely.geometry.base import BaseGeometry

from frontlines.digitize.images import Scan
from frontlines.digitize.stretches import Floats, Hidden, Knobs, Tracing
from frontlines.progress import Progress


def trace_lines(
    scan: Scan,
    colours: Mapping[str, str],
    *,
    masks: Sequence[BaseGeometry] = (),
    knobs: Knobs | Mapping[str, Knobs] | None = None,
    progress: Progress = None,
) -> Tracing:
    """Trace the lines of a scan by their colours.

    Parameters
    ----------
    scan
        From `open_scan`.
    colours
        Name of each line and its colour: hex, a CSS name, or a plain name as in "dark blue". The nearest ink
        that the scan has is taken.
    masks
        Polygons in pixels whose ground is left out: legend, title.
    knobs
        For all lines, or by line name.
    """
    raise NotImplementedError


def follow_hidden(tracing: Tracing) -> Tracing:
    """Join stretches along the lines that hide them; the joint counts as jumped."""
    raise NotImplementedError
