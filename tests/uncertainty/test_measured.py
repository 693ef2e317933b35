"""Sigma and correlation length measured from drawings of one line whose errors are known."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from frontlines import correlation_from
from frontlines.errors import LayerError

Y = np.arange(0.0, 400_001.0, 1_000.0)


def layer(shapes):
    return gpd.GeoDataFrame(geometry=list(shapes), crs="EPSG:3035")


def drawn(rng, sigma_m, length_m):
    """A straight line whose vertices are off by an Ornstein-Uhlenbeck process."""
    off, tie = rng.standard_normal(len(Y)), np.exp(-1_000 / length_m)
    for k in range(1, len(off)):
        off[k] = tie * off[k - 1] + np.sqrt(1 - tie**2) * off[k]
    return shapely.LineString(np.column_stack([sigma_m * off, Y]))


@pytest.mark.parametrize(("sigma_m", "length_m"), [(1_000.0, 5_000.0), (300.0, 12_000.0)])
def test_two_drawings_and_control_points_tell_how_far_lines_are_off(sigma_m, length_m):
    rng = np.random.default_rng(5)
    truth = layer(shapely.points(0 * Y, Y)[::3])
    found = []
    for _ in range(6):
        one, other = (layer([drawn(rng, sigma_m, length_m)]) for _ in range(2))
        found += [correlation_from(one, other), correlation_from(one, truth)]
    for part in (found[::2], found[1::2]):
        assert np.mean([one.sigma_m for one in part]) == pytest.approx(sigma_m, rel=0.2)
        assert np.median([one.correlation_m for one in part]) == pytest.approx(length_m, rel=0.5)


def test_what_tells_nothing_is_refused():
    line = layer([shapely.LineString([(0, 0), (0, 9_000)])])
    with pytest.raises(
        LayerError, match="the first layer is empty or holds other shapes than lines: pass lines"
    ):
        correlation_from(layer([shapely.box(0, 0, 1, 1)]), line)
    with pytest.raises(LayerError, match="3 places tell nothing of a correlation: give 8 or more"):
        correlation_from(line, layer(shapely.points([10.0, 5.0, 0.0], [1.0, 2.0, 3.0])))
    assert correlation_from(line, line)[:2] == pytest.approx((0, 0), abs=1e-6)
