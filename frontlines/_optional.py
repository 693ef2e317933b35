"""Optional packages, or which extra to install."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from frontlines.errors import MissingExtraError


def require(package: str, *, extra: str) -> ModuleType:
    """Import an optional package at the moment it is needed."""
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        absent = error.name or package  # the package itself, or one that it cannot do without
        message = f"this needs the package {absent!r}: pip install 'frontlines[{extra}]'"
        raise MissingExtraError(message) from error
