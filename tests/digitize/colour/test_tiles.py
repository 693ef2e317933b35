"""Tiles fill a scan."""

import numpy as np
import pytest

from frontlines.digitize.colour.scan import tiles_of


@pytest.mark.parametrize("shape", [(100, 70), (64, 64), (5, 200), (1, 1)])
@pytest.mark.parametrize("overlap_px", [0, 7, 40])
def test_each_pixel_is_in_one_tile_and_seen_with_all_that_is_around_it(shape, overlap_px):
    times = np.zeros(shape, int)
    wide = np.pad(np.arange(times.size).reshape(shape), overlap_px, constant_values=-1)
    image = wide[overlap_px : overlap_px + shape[0], overlap_px : overlap_px + shape[1]]
    for window, own in tiles_of(shape, 32, overlap_px):
        times[window][own] += 1
        top, left = (part.start + inner.start for part, inner in zip(window, own, strict=True))
        height, width = image[window][own].shape
        around = wide[top : top + height + 2 * overlap_px, left : left + width + 2 * overlap_px]
        assert image[window].size == (around >= 0).sum()
    assert (times == 1).all()
