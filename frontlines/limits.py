"""Bounds: on work and size, which can be raised, and on lengths, which cannot."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Real
from typing import Any, NamedTuple

from frontlines.errors import FrontlinesError, LimitError

LONGEST_M = 20_000_000
"""The longest length that any option takes: half the way round the Earth [m]."""


SHORTEST_M = 0.001
"""The shortest length above 0 that any option takes: no map and no coordinate is finer [m]."""


class Limit(NamedTuple):
    """How much is done unasked, in which unit, and why no more."""

    most: float
    unit: str
    why: str


LIMITS = {
    "draws": Limit(100_000, "draws", "an interval of 95 % is sure to 1 % of its length by 20,000"),
    "steps": Limit(40_000, "steps", "a century of days; each step has a row for each district"),
    "points": Limit(1_000_000, "points", "10,000 km of front at 10 m; transects and distances start there"),
    "drawn_points": Limit(200_000_000, "points of fronts", "1,000 draws of 200,000 points"),
    "rows": Limit(2_000_000, "rows of a layer", "about 2 GB of memory"),
    "unpacked_mb": Limit(500, "MB unpacked", "read whole, at five times its size in memory"),
    "vertices": Limit(20_000_000, "vertices of a layer", "about 2 GB of memory"),
    "pixels": Limit(200_000_000, "pixels of an image", "about 2 GB of memory"),
    "control_points": Limit(500, "control points", "each is judged by the others: time grows with the cube"),
    "name_letters": Limit(250, "letters of a name", "a longer one finds no room on a map"),
    "letters": Limit(2_000, "letters of a text", "more fills a page of a map"),
}
"""The bounds by their names."""

_raised: ContextVar[dict[str, float] | None] = ContextVar("raised", default=None)


def bound(name: str) -> float:
    """Give the bound that holds now."""
    return (_raised.get() or {}).get(name, LIMITS[name].most)


def within(name: str, amount: float, what: str) -> None:
    """Refuse more than a bound before the work begins; `what` says what asks for it, such as "draws"."""
    limit, most = LIMITS[name], bound(name)
    if not amount <= most:
        raise LimitError(
            f"{what}: {amount:,.0f} {limit.unit} are more than the bound of {most:,.0f} ({limit.why}): "
            f"give less, or raise it with frontlines.raised_limits({name}={-(-amount // 1):.0f})"
        )


@contextmanager
def raised_limits(**bounds: float) -> Iterator[None]:
    """Let other bounds on work and size hold within a ``with`` block.

    Parameters
    ----------
    **bounds
        The bounds by their names (keys of `frontlines.limits.LIMITS`); `math.inf` for none.

    Yields
    ------
    None
        Nothing; the bounds hold again when the block ends.

    Raises
    ------
    LimitError
        If a bound is not known, or not above 0.

    Examples
    --------
    >>> with raised_limits(draws=1e6):
    ...     within("draws", 200_000, "draws=200000")
    """
    for name, most in bounds.items():
        number: Any = most
        if name not in LIMITS:
            raise LimitError(f"there is no limit {name!r}: use one of {', '.join(LIMITS)}")
        if not (isinstance(number, int | float) and number > 0):
            raise LimitError(f"the bound {name} is {most!r}: give a number above 0; inf for none")
    token = _raised.set((_raised.get() or {}) | bounds)
    try:
        yield
    finally:
        _raised.reset(token)


def require_metres(
    error: type[FrontlinesError],
    *, above_0: bool = False, or_inf: bool = False, needed: bool = False, **lengths: Any,
) -> None:  # fmt: skip
    """Refuse, by their names, lengths that are none; unless needed, None stands for one that is not given."""
    least = "more than 0" if above_0 else "0 or more"
    for name, metres in lengths.items():
        if (metres is None and not needed) or (or_inf and metres == math.inf):
            continue
        known = isinstance(metres, Real) and (metres == 0 or SHORTEST_M <= float(metres) <= LONGEST_M)
        if not known or (above_0 and metres == 0):
            raise error(
                f"{name} is {metres}: give a number of metres, {least}, {'or inf, ' * or_inf}no finer than "
                f"{SHORTEST_M} and at most {LONGEST_M:,} (half the way round the Earth)"
            )


def lengths_given(error: type[FrontlinesError], **given: float | Iterable[float]) -> list[float]:
    """Give one or more lengths, each once, the shortest first; refuse none at all, and what is no length."""
    ((name, metres),) = given.items()
    lengths = sorted({*map(float, metres)} if isinstance(metres, Iterable) else {float(metres)})
    if not lengths:
        raise error(f"{name} is {metres}: give one or more distances in metres, 0 or more")
    for one in lengths:
        length: dict[str, Any] = {name: one}
        require_metres(error, **length)
    return lengths


def require_text(text: str, what: str) -> None:
    """Refuse a text that no page has room for, or that is none."""
    within("letters", len(text), what)
    if text != text.encode(errors="ignore").decode():
        raise LimitError(f"{what} holds bytes that are not UTF-8: write it in UTF-8")


def bounds_of(written: Iterable[str]) -> dict[str, float]:
    """Read bounds that are written as ``NAME=NUMBER``."""
    try:
        bounds = {name.strip(): float(most) for name, _, most in (text.partition("=") for text in written)}
    except ValueError as error:
        raise LimitError(f"--limit {' '.join(written)!r}: write NAME=NUMBER, such as rows=5e6") from error
    if unknown := bounds.keys() - LIMITS.keys():
        raise LimitError(f"--limit {min(unknown)}: no such limit, use one of {', '.join(LIMITS)}")
    return bounds
