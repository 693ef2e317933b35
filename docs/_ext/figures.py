"""Pictures of the gallery: figures of this library are unknown to pyplot, so each is taken by its name."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sphinx_gallery.scrapers import figure_rst

DOTS_PER_INCH = 130


def scrape(_block: Any, names: dict[str, Any], conf: dict[str, Any]) -> str:
    """Save what an example calls `figure`, or the file that it calls `film`."""
    held = names["example_globals"]
    figure, film = held.pop("figure", None), held.pop("film", None)
    if figure is None and film is None:
        return ""
    path = Path(next(names["image_path_iterator"]))
    if figure is None:
        path = path.with_suffix(film.suffix)
        shutil.copy(film, path)
    else:
        figure.savefig(path, dpi=DOTS_PER_INCH)
    return str(figure_rst([str(path)], conf["src_dir"]))
