"""The publishers whose maps are read as they come: one file a publisher.

To add one, write ``NAME.py`` beside `deepstate` with a function that takes a path (a folder or a file) and
returns a raw frame for `as_control` (`date`, `side`, `source`, polygons); `pieces` takes GeoJSON and tables
apart for it. Then name the function in `PUBLISHERS`: ``frontlines series --format NAME`` reads it.
"""

from collections.abc import Callable
from typing import Any

from frontlines.sources.publishers.deepstate import read_deepstate

PUBLISHERS: dict[str, Callable[..., Any]] = {"deepstate": read_deepstate}
"""How a publisher's map is read, by the name of the publisher."""
