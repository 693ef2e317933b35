"""Bounds on work and size: each is checked before the work, and can be raised."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from frontlines.errors import LimitError


class Limit(NamedTuple):
    """How much is done unasked, in which unit, and why no more."""

    most: float
    unit: str
    why: str


LIMITS = {
    "draws": Limit(100_000, "draws", "an interval of 95 % is sure to 1 % of its length by 20,000"),
    "steps": Limit(40_000, "steps", "a century of days; each step has a row for each district"),
    "transects": Limit(100_000, "transects", "1,000 km of front at 10 m; each is cut with every front"),
    "rows": Limit(2_000_000, "rows of a layer", "about 2 GB of memory"),
    "unpacked_mb": Limit(500, "MB unpacked", "read whole, at five times its size in memory"),
    "vertices": Limit(20_000_000, "vertices of a layer", "about 2 GB of memory"),
    "pixels": Limit(200_000_000, "pixels of an image", "about 2 GB of memory"),
    "name_letters": Limit(250, "letters of a name", "a longer one finds no room on a map"),
    "letters": Limit(2_000, "letters of a text on maps", "more fills a page"),
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
        if name not in LIMITS:
            raise LimitError(f"there is no bound {name!r}: use one of {', '.join(LIMITS)}")
        if not most > 0:
            raise LimitError(f"the bound {name} is {most:g}: give a number above 0; inf for none")
    token = _raised.set((_raised.get() or {}) | bounds)
    try:
        yield
    finally:
        _raised.reset(token)
