"""A large scan in tiles that overlap, so that what looks around each pixel needs little memory."""

from __future__ import annotations

from collections.abc import Iterator

Window = tuple[slice, slice]


def tiles_of(shape: tuple[int, ...], side_px: int, overlap_px: int) -> Iterator[tuple[Window, Window]]:
    """Cut a scan into tiles.

    Parameters
    ----------
    shape
        Rows and columns.
    side_px
        Side of a tile [px].
    overlap_px
        How far the window of a tile reaches beyond it, where the scan goes on [px].

    Yields
    ------
    window, own
        Rows and columns of the window; and the part of the window that is the tile itself. The tiles fill
        the scan, each pixel once.

    Examples
    --------
    >>> list(tiles_of((10, 4), 6, 2))[1]
    ((slice(4, 10, None), slice(0, 4, None)), (slice(2, 6, None), slice(0, 4, None)))
    """
    height, width = shape[:2]
    for row in range(0, height, side_px):
        for column in range(0, width, side_px):
            top, left = max(0, row - overlap_px), max(0, column - overlap_px)
            bottom, right = min(height, row + side_px), min(width, column + side_px)
            window = (
                slice(top, min(height, bottom + overlap_px)),
                slice(left, min(width, right + overlap_px)),
            )
            yield window, (slice(row - top, bottom - top), slice(column - left, right - left))
