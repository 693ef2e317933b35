"""Optional packages, or which extra to install."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

from frontlines.errors import MissingExtraError


@contextmanager
def asking_for(extra: str) -> Iterator[None]:
    """Say which extra to install where an import inside the block fails."""
    try:
        yield
    except ModuleNotFoundError as error:
        # the package itself, or one that it cannot do without
        message = f"this needs the package {error.name!r}: pip install 'frontlines[{extra}]'"
        raise MissingExtraError(message) from error


def require(package: str, *, extra: str) -> ModuleType:
    """Import an optional package at the moment it is needed."""
    with asking_for(extra):
        return import_module(package)
