"""The inks of a scan."""

from __future__ import annotations

import pandas as pd

from frontlines.digitize.images import Scan


def suggest_colours(scan: Scan, *, most: int = 12) -> pd.DataFrame:
    """List the line-like colours of a scan, the longest first.

    Returns
    -------
    colours
        `colour` (hex as on the scan), `name` (nearest CSS name), `stroke_px`, `length_px`, `pixels`, and
        `column`, `row`: a place on the scan where it is drawn.
    """
    raise NotImplementedError
