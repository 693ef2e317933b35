"""Pictures of the gallery: figures of this library are unknown to pyplot, so each is taken by its name."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst

DOTS_PER_INCH = 160


def scrape(_block: Any, names: dict[str, Any], conf: dict[str, Any]) -> str:
    """Save what an example calls `figure`."""
    figure = names["example_globals"].pop("figure", None)
    if not isinstance(figure, Figure):
        return ""
    path = next(names["image_path_iterator"])
    figure.savefig(path, dpi=DOTS_PER_INCH)
    return str(figure_rst([path], conf["src_dir"]))
