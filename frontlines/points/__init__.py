"""A page of one's own machine on which the points, boxes, colours and places of a recipe are picked by hand.

`desk` holds what is picked and what the library says of it, `draft` keeps it as ``points.csv`` and
``digitize.toml``, `pictures` shows the scan, and `server` serves the page to this machine alone.
"""

from frontlines._optional import asking_for

with asking_for("digitize"):
    from frontlines.points.desk import Desk
    from frontlines.points.server import Server

__all__ = ["Desk", "Server"]
