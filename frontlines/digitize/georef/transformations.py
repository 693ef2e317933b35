"""Transformations from the pixels of a scan to the plane of its map.

==============  ===================================================  ============
family          what it can do                                       least points
==============  ===================================================  ============
``helmert``     turn, scale, shift                                   2
``affine``      the same with shear and two scales                   3
``projective``  the same seen askew: straight lines stay straight    4
``polynomial2`` bends of the second degree                           6
``polynomial3`` bends of the third degree                            10
``spline``      thin-plate spline: through every point, with the     3
                least bending between them
==============  ===================================================  ============

All but the spline are fitted by least squares on the plane. All of them work in coordinates about the middle
of the points, scaled to their spread, so that large coordinates cost no digits.

References
----------
Bookstein, F. L. (1989). Principal warps: thin-plate splines and the decomposition of deformations. IEEE
Transactions on Pattern Analysis and Machine Intelligence 11, 567-585. https://doi.org/10.1109/34.24792

Hartley, R. I. (1997). In defense of the eight-point algorithm. IEEE Transactions on Pattern Analysis and
Machine Intelligence 19, 580-593. https://doi.org/10.1109/34.601246
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np

from frontlines.arrays import Floats
from frontlines.errors import DigitizeError

Family = Literal["helmert", "affine", "projective", "polynomial2", "polynomial3", "spline"]

FAMILIES: tuple[Family, ...] = get_args(Family)
LEAST_POINTS: dict[Family, int] = {
    "helmert": 2, "affine": 3, "projective": 4, "polynomial2": 6, "polynomial3": 10, "spline": 3,
}  # fmt: skip
"""Least number of control points, k."""

_DEGREE = {"affine": 1, "polynomial2": 2, "polynomial3": 3}
_STEPS, _STILL = 50, 1e-14
_FLAT = 1e-10
_CHUNK = 20_000


@dataclass(frozen=True)
class _Scaling:
    """Coordinates about their middle, scaled to a spread of about one; y may be turned upwards."""

    middle: Floats
    scale: float
    turned: bool = False

    @classmethod
    def of(cls, xy: Floats, *, turned: bool = False) -> _Scaling:
        middle = xy.mean(axis=0)
        spread = float(np.sqrt(((xy - middle) ** 2).sum(axis=1).mean() / 2))
        return cls(middle, spread or 1.0, turned)

    @property
    def signs(self) -> Floats:
        return np.array([1.0, -1.0 if self.turned else 1.0])

    def __call__(self, xy: Floats) -> Floats:
        return np.asarray((xy - self.middle) / self.scale * self.signs)

    def back(self, uv: Floats) -> Floats:
        return np.asarray(uv * self.signs * self.scale + self.middle)


@dataclass(frozen=True)
class Transformation:
    """A fitted transformation."""

    family: Family  # one of `FAMILIES`
    parameters: Floats  # its parameters in the scaled coordinates
    pixels: Floats  # the control points it was fitted to, (n, 2): column and row [px]
    source: _Scaling
    target: _Scaling

    def __call__(self, pixels: Floats) -> Floats:
        """Take places of the scan, (m, 2): column and row [px], to the plane, (m, 2)."""
        uv = self.source(np.asarray(pixels, dtype=float))
        if self.family == "spline":
            blocks = [_spline_row(part, self.source(self.pixels)) @ self.parameters for part in _chunks(uv)]
            return self.target.back(np.concatenate(blocks))
        if self.family == "projective":
            return self.target.back(_projected(uv, self.parameters))
        return self.target.back(_design(uv, self.family) @ self.parameters)

    def jacobian(self, pixels: Floats) -> Floats:
        """Give the derivatives of x and y by column and row, (m, 2, 2) [unit of the plane per px]."""
        uv = self.source(np.asarray(pixels, dtype=float))
        if self.family == "spline":
            knots = self.source(self.pixels)
            inner = np.concatenate([_spline_slopes(part, knots, self.parameters) for part in _chunks(uv)])
        elif self.family == "projective":
            inner = _projective_slopes(uv, self.parameters)
        else:
            inner = _design_slopes(uv, self.family, self.parameters)
        return np.asarray(inner * self.source.signs * (self.target.scale / self.source.scale))

    def pixel_side(self, pixels: Floats) -> Floats:
        """Side of a pixel on the plane at places of the scan, (m,) [unit of the plane]."""
        return np.asarray(np.sqrt(np.abs(np.linalg.det(self.jacobian(pixels)))))

    def weights(self, pixels: Floats) -> Floats:
        """How the place on the plane depends on the control points' places there.

        Gives (m, 2, 2n): the derivative of x and y by the control points' x (first n) and y (last n).
        For the projective one it is that at the fit.
        """
        uv, knots = self.source(np.asarray(pixels, dtype=float)), self.source(self.pixels)
        if self.family == "spline":
            row = _spline_row(uv, knots) @ self._inverse[:, : len(knots)]
            zero = np.zeros_like(row)
            return np.stack([np.hstack([row, zero]), np.hstack([zero, row])], axis=1)
        return np.asarray(self.slopes_by_parameter(pixels) @ self._inverse)

    @cached_property
    def _inverse(self) -> Floats:
        """What takes the control points' places to the parameters."""
        if self.family == "spline":
            return _spline_inverse(self.source(self.pixels))
        design = self.slopes_by_parameter(self.pixels)
        return np.asarray(np.linalg.pinv(np.concatenate([design[:, 0], design[:, 1]])))

    def slopes_by_parameter(self, pixels: Floats) -> Floats:
        """Give the derivatives of x and y by the parameters, (m, 2, q); a spline's by its affine ones."""
        uv = self.source(np.asarray(pixels, dtype=float))
        if self.family == "projective":
            return _projective_by_parameter(uv, self.parameters)
        return _design(uv, "affine" if self.family == "spline" else self.family)

    @cached_property
    def residual_maker(self) -> Floats:
        """What takes the control points' places to their residuals, (2n, 2n), a point's x and y together.

        A spline has none; what is taken instead leaves, as a residual maker does, by `without_point` the one
        of the other points.
        """
        n = len(self.pixels)
        if self.family == "spline":
            return np.asarray(np.kron(self._inverse[:n, :n], np.eye(2)))
        design = self.slopes_by_parameter(self.pixels)
        maker = np.eye(2 * n) - np.concatenate([design[:, 0], design[:, 1]]) @ self._inverse
        return np.asarray(maker.reshape(2, n, 2, n).transpose(1, 0, 3, 2).reshape(2 * n, 2 * n))

    def left_out_weights(self) -> Floats:
        """`weights` at each control point of the fit to the others, (n, 2, 2n)."""
        n = len(self.pixels)
        rest = np.eye(2 * n).reshape(n, 2, 2 * n) - off_the_others(self.residual_maker)
        return rest.reshape(n, 2, n, 2).transpose(0, 1, 3, 2).reshape(n, 2, 2 * n)

    def left_out(self, xy: Floats) -> Floats:
        """Say where on the plane the other points put each control point, NaN if they do not determine it.

        For the projective transformation to first order, which is within a hundredth of the error.
        """
        target = self.target(xy)
        return self.target.back(target - off_the_others(self.residual_maker) @ target.ravel())

    def left_out_px(self, xy: Floats) -> Floats:
        """Leave-one-out error of each control point along x and y, (n, 2) [px]."""
        with np.errstate(divide="ignore", invalid="ignore"):  # a map pressed into a line has no size
            return np.asarray((xy - self.left_out(xy)) / self.pixel_side(self.pixels)[:, None])


def off_the_others(maker: Floats) -> Floats:
    """From a residual maker: what takes the places to each point's distance from where the others put it."""
    n = len(maker) // 2
    own = maker.reshape(n, 2, n, 2)[np.arange(n), :, np.arange(n)]
    with np.errstate(invalid="ignore"):  # of a fit that is not determined
        undone, open_ = np.full_like(own, np.nan), np.abs(np.linalg.det(own)) > _FLAT
    undone[open_] = np.linalg.inv(own[open_])
    return np.asarray(undone @ maker.reshape(n, 2, 2 * n))


def without_point(maker: Floats, k: int) -> Floats:
    """From a residual maker: that of the other points (Schur complement), NaN if they determine no fit."""
    gone = slice(2 * k, 2 * k + 2)
    rest = np.delete(np.arange(len(maker)), gone)
    others, between = maker[np.ix_(rest, rest)], maker[rest, gone]
    if not np.isfinite(maker).all() or not abs(np.linalg.det(maker[gone, gone])) > _FLAT:
        return np.full_like(others, np.nan)
    return np.asarray(others - between @ np.linalg.solve(maker[gone, gone], maker[gone][:, rest]))


def fit(pixels: Floats, xy: Floats, family: Family) -> Transformation:
    """Fit a transformation to control points."""
    refuse_unknown(family)
    if len(pixels) < LEAST_POINTS[family]:
        count = f"{len(pixels)} control points are" if len(pixels) > 1 else "1 control point is"
        raise DigitizeError(
            f"{count} too few for the transformation {family}: it needs "
            f"{LEAST_POINTS[family]}, and some to spare so that its error can be told"
        )
    if not np.ptp(pixels, axis=0).any() or not np.ptp(xy, axis=0).any():
        raise _undetermined(family)
    source, target = _Scaling.of(pixels, turned=True), _Scaling.of(xy)
    uv, st = source(pixels), target(xy)
    if family == "spline":
        parameters = _spline_inverse(uv) @ np.vstack([st, np.zeros((3, 2))])
    elif family == "projective":
        parameters = _projective(uv, st)
    else:
        parameters = _least_squares(_design(uv, family), st, family)
    return Transformation(family, parameters, np.asarray(pixels, dtype=float), source, target)


def refuse_unknown(family: str) -> None:
    """Refuse the name of a transformation that there is not."""
    if family not in FAMILIES:
        raise DigitizeError(f"{family!r} is no transformation: they are {', '.join(FAMILIES)}")


def _chunks(uv: Floats) -> list[Floats]:
    return [uv[k : k + _CHUNK] for k in range(0, max(len(uv), 1), _CHUNK)]


def _undetermined(family: str) -> DigitizeError:
    return DigitizeError(
        f"the control points do not determine the transformation {family}: they lie on a line, or two lie at "
        "one place; add points in other parts of the map, or take a simpler transformation"
    )


def _exponents(degree: int) -> list[tuple[int, int]]:
    return [(total - j, j) for total in range(degree + 1) for j in range(total + 1)]


def _terms(uv: Floats, degree: int) -> Floats:
    return np.stack([uv[:, 0] ** i * uv[:, 1] ** j for i, j in _exponents(degree)], axis=1)


def _design(uv: Floats, family: str) -> Floats:
    """Give the derivatives of x and y by the parameters, (m, 2, q)."""
    u, v, one, zero = uv[:, 0], uv[:, 1], np.ones(len(uv)), np.zeros(len(uv))
    if family == "helmert":
        return np.stack([np.stack([u, -v, one, zero], axis=1), np.stack([v, u, zero, one], axis=1)], axis=1)
    terms = _terms(uv, _DEGREE[family])
    blank = np.zeros_like(terms)
    return np.stack([np.hstack([terms, blank]), np.hstack([blank, terms])], axis=1)


def _design_slopes(uv: Floats, family: str, parameters: Floats) -> Floats:
    if family == "helmert":
        a, b = parameters[:2]
        return np.broadcast_to(np.array([[a, -b], [b, a]]), (len(uv), 2, 2))
    u, v = uv[:, 0], uv[:, 1]
    powers = _exponents(_DEGREE[family])
    by_u = np.stack([i * u ** max(i - 1, 0) * v**j for i, j in powers], axis=1)
    by_v = np.stack([j * u**i * v ** max(j - 1, 0) for i, j in powers], axis=1)
    both = parameters.reshape(2, -1)
    return np.stack([by_u @ both.T, by_v @ both.T], axis=2)


def _least_squares(design: Floats, st: Floats, family: str) -> Floats:
    stacked = np.concatenate([design[:, 0], design[:, 1]])
    parameters, _, rank, _ = np.linalg.lstsq(stacked, st.T.ravel(), rcond=_FLAT)
    if rank < stacked.shape[1]:
        raise _undetermined(family)
    return np.asarray(parameters)


def _projected(uv: Floats, h: Floats) -> Floats:
    depth = uv @ h[6:] + 1
    return np.stack([uv @ h[0:2] + h[2], uv @ h[3:5] + h[5]], axis=1) / depth[:, None]


def _projective_by_parameter(uv: Floats, h: Floats) -> Floats:
    depth = (uv @ h[6:] + 1)[:, None]
    xy = _projected(uv, h)
    plain = np.hstack([uv, np.ones((len(uv), 1))]) / depth
    blank = np.zeros_like(plain)
    by_x = np.hstack([plain, blank, -xy[:, :1] * uv / depth])
    by_y = np.hstack([blank, plain, -xy[:, 1:] * uv / depth])
    return np.stack([by_x, by_y], axis=1)


def _projective_slopes(uv: Floats, h: Floats) -> Floats:
    depth = (uv @ h[6:] + 1)[:, None, None]
    linear = np.stack([h[0:2], h[3:5]])
    return np.asarray((linear - _projected(uv, h)[:, :, None] * h[6:]) / depth)


def _projective(uv: Floats, st: Floats) -> Floats:
    """Solve the linear equations, then make the squares on the plane least (Levenberg and Marquardt)."""
    start = np.zeros(8)
    linear = _projective_by_parameter(uv, start)
    for axis in (0, 1):
        linear[:, axis, 6:] = -st[:, axis, None] * uv
    h = _least_squares(linear, st, "projective")
    damping, left = 1e-6, st - _projected(uv, h)
    for _ in range(_STEPS):
        slopes = np.concatenate(list(_projective_by_parameter(uv, h).transpose(1, 0, 2)))
        normal = slopes.T @ slopes
        try:
            step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), slopes.T @ left.T.ravel())
        except np.linalg.LinAlgError as error:
            raise _undetermined("projective") from error
        there = st - _projected(uv, h + step)
        if (there**2).sum() <= (left**2).sum():
            h, left, damping = h + step, there, damping / 10
        else:
            damping *= 10
        if np.abs(step).max() < _STILL:
            break
    return np.asarray(h)


def _kernel(squared: Floats) -> Floats:
    """Bending of a thin plate, r² log r, from r²."""
    return np.asarray(0.5 * squared * np.log(np.where(squared > 0, squared, 1.0)))


def _spline_row(uv: Floats, knots: Floats) -> Floats:
    squared = ((uv[:, None] - knots[None]) ** 2).sum(axis=2)
    return np.hstack([_kernel(squared), _terms(uv, 1)])


def _spline_inverse(knots: Floats) -> Floats:
    n = len(knots)
    system = np.zeros((n + 3, n + 3))
    system[:n] = _spline_row(knots, knots)
    system[n:, :n] = system[:n, n:].T
    try:
        inverse = np.linalg.inv(system)
    except np.linalg.LinAlgError as error:
        raise _undetermined("spline") from error
    if not np.abs(inverse).max() * np.abs(system).max() < 1 / _FLAT:
        raise _undetermined("spline")
    return np.asarray(inverse)


def _spline_slopes(uv: Floats, knots: Floats, parameters: Floats) -> Floats:
    apart = uv[:, None] - knots[None]
    squared = (apart**2).sum(axis=2)
    rate = np.log(np.where(squared > 0, squared, 1.0)) + 1
    bend = np.einsum("mn,mnk,na->mak", rate * (squared > 0), apart, parameters[: len(knots)])
    return np.asarray(bend + parameters[len(knots) + 1 :].T)
