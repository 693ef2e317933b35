"""The errors of the library.

::

    FrontlinesError (a ValueError)
    ├── ArgumentError    an argument is of a wrong type, as Python's own error says it too
    ├── SourceError      a file cannot be read or written
    ├── CRSError         a frame has no CRS, or not the one of the study
    ├── LayerError       a layer is not what its kind must be; ``faults`` holds every fault found
    ├── ControlError     lines do not divide the theatre into sides
    ├── ClosureError     a book does not close: areas do not sum to what they must
    ├── NoiseError       the errors of lines are not fit to be carried into areas
    │   └── UnknownSigmaError  the error of some line is not known
    ├── DigitizeError    a scan, its colours or its control points do not give what was asked of them
    │   └── NoSuchColourError  nothing on a scan has the colour that was asked for
    ├── StudyError       a study file, or the name of a study, is wrong
    ├── LimitError       more is asked for than is done unasked; `raised_limits` raises the bound
    ├── ScaleError       workers die again and again, or a scheduler is gone
    └── MissingExtraError (also an ImportError)  an optional package is not installed

Every message says what is wrong, which rows, and what to do next.
"""

from __future__ import annotations

from typing import Any


class FrontlinesError(ValueError):
    """Whatever this library refuses."""


class ArgumentError(FrontlinesError, TypeError):
    """An argument of a call is of a wrong type."""


class SourceError(FrontlinesError):
    """A file cannot be read or written."""


class CRSError(FrontlinesError):
    """A frame has no CRS, or another one than the study's working CRS."""


class LayerError(FrontlinesError):
    """A layer is not what its kind must be.

    Parameters
    ----------
    message
        Every fault on its own line, with rows, amounts and what to do next.
    faults
        The faults as a GeoDataFrame (see `frontlines.layers.faults.find_faults`), for a look at the places.

    Examples
    --------
    >>> error = LayerError("1 of 2 rows has no side", faults=None)
    >>> isinstance(error, ValueError)
    True
    """

    def __init__(self, message: str, faults: Any = None) -> None:
        super().__init__(message)
        self.faults = faults


class ControlError(FrontlinesError):
    """Lines do not divide the theatre into sides."""


class ClosureError(FrontlinesError):
    """Areas do not sum to what they must."""


class NoiseError(FrontlinesError):
    """The errors of lines are not fit to be carried into areas."""


class UnknownSigmaError(NoiseError):
    """The error of some line is not known."""


class DigitizeError(FrontlinesError):
    """A scan, its colours or its control points do not give what was asked of them."""


class NoSuchColourError(DigitizeError):
    """Nothing on a scan has the colour that was asked for."""


class StudyError(FrontlinesError):
    """A study file, or the name of a study, is wrong."""


class LimitError(FrontlinesError):
    """More is asked for than is done unasked."""


class ScaleError(FrontlinesError):
    """Workers die again and again, or a scheduler is gone."""


class MissingExtraError(FrontlinesError, ImportError):
    """An optional package is not installed."""
