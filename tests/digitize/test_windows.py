"""Windows agree with scipy's filters, at the image's edge too."""

import numpy as np
import pytest
from scipy import ndimage

from frontlines.digitize.windows import least_around, most_around, smoothed


@pytest.mark.parametrize("size_px", [1, 3, 5, 31])
def test_least_and_most_are_those_of_filters(size_px):
    image = np.random.default_rng(0).integers(0, 255, (40, 53)).astype(np.uint8)
    assert (least_around(image, size_px) == ndimage.minimum_filter(image, size_px, mode="nearest")).all()
    assert (most_around(image, size_px) == ndimage.maximum_filter(image, size_px, mode="nearest")).all()


def test_means_are_those_of_a_filter():
    pixels = np.random.default_rng(0).uniform(0, 255, (20, 31, 3)).astype(np.float32)
    assert smoothed(pixels) == pytest.approx(
        ndimage.uniform_filter(pixels, (3, 3, 1), mode="nearest"), abs=1e-3
    )
