"""The CRS that a recipe or a file names for its map."""

from __future__ import annotations

from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from frontlines.errors import DigitizeError

WGS84 = CRS("EPSG:4326")


def crs_of(text: CRS | str, what: str) -> CRS:
    """Understand a CRS given as an EPSG code, a PROJ string or WKT.

    Parameters
    ----------
    text
        What a recipe or file says.
    what
        How to call it in the message.

    Returns
    -------
    crs
        The CRS.

    Raises
    ------
    DigitizeError
        If PROJ does not know it, it is no CRS of a map, or no way leads from it to WGS 84.

    Examples
    --------
    >>> crs_of("EPSG:3857", "crs").name
    'WGS 84 / Pseudo-Mercator'
    """
    try:
        crs = CRS(text)
    except CRSError as error:
        raise DigitizeError(
            f"{what} is {str(text)[:60]!r}, which PROJ does not know: give an EPSG code such as "
            '"EPSG:32638", a PROJ string or WKT'
        ) from error
    if crs.is_geographic or crs.is_projected:
        _refuse_no_way(crs, what)
        return crs
    raise DigitizeError(
        f"{what} is {crs.name[:60]!r}, which is no plane of a map: give a projected CRS, or a geographic one"
    )


def _refuse_no_way(crs: CRS, what: str) -> None:
    try:
        Transformer.from_crs(crs, WGS84, always_xy=True)
    except ProjError as error:
        raise DigitizeError(
            f"{what} is {crs.name[:60]!r}, from which PROJ knows no way to longitude and latitude on WGS 84: "
            "give a CRS of the Earth with a datum"
        ) from error
