"""Pages made from the program itself at each build: its commands with their options, and its public names."""

from __future__ import annotations

import html
import importlib
from pathlib import Path
from typing import Any

import frontlines
from frontlines.cli.main import command

MADE = "made"
"""Folder under docs of what a build makes; never committed."""

MODULES = ("frontlines", "frontlines.digitize", "frontlines.report", "frontlines.datasets")
"""The modules whose names are public; `frontlines` has those of `frontlines.plot` too."""

WINGS = {
    "study": "Whole questions, in one call",
    "sources": "Files",
    "crs": "One plane",
    "layers": "The door: layers are checked",
    "control": "Lines to ground, and back",
    "change": "Two dates",
    "uncertainty": "How sure",
    "series": "Many dates",
    "movement": "How far the front moved",
    "two_sources": "Several sources",
    "plot": "Maps and charts",
    "report": "A page for the browser",
    "digitize": "Scanned maps",
    "datasets": "Bundled studies, made-up wars and scans",
    "limits": "Bounds",
    "errors": "Errors",
}


def _cell(text: str) -> str:
    return html.escape(" ".join(text.split()), quote=False).replace("|", "\\|").replace("*", "\\*")


def _row(option: Any) -> str:
    named = option.opts[0].startswith("-")
    names = [*option.opts, *option.secondary_opts] if named else [option.metavar]
    value = f" `{option.metavar}`" if named and option.metavar else ""
    default = getattr(option.default, "value", option.default)
    told = "" if default in (None, False, ()) else f"`{default}`"
    return f"| {', '.join(f'`{name}`' for name in names)}{value} | {_cell(option.help or '')} | {told} |"


def commands_page() -> str:
    """Write the options of all commands as tables, from the same source as ``--help``."""
    lines = [
        "# Commands and their options",
        "",
        "The same words as `frontlines COMMAND --help`; both come from one source.",
    ]
    for name, one in command().commands.items():
        lines += ["", f"## frontlines {name}", "", _cell(one.help or one.short_help or ""), ""]
        if one.epilog:
            lines += ["```text", one.epilog.removeprefix("Example: "), "```", ""]
        lines += ["| option | what it says | default |", "|---|---|---|"]
        lines += [_row(option) for option in one.params if not option.hidden]
    return "\n".join(lines) + "\n"


def names_page() -> str:
    """List every public name by its wing, with its first line; each has a page of its own."""
    public: dict[str, list[str]] = {wing: [] for wing in WINGS}
    for module in MODULES:
        for name in importlib.import_module(module).__all__:
            made_in = getattr(getattr(importlib.import_module(module), name), "__module__", module)
            wing = made_in.split(".")[1] if made_in.startswith("frontlines.") else module.split(".")[1]
            public[wing].append(f"{module}.{name}")
    lines = ["# Python", "", "Every public name. Nothing else is promised to stay."]
    for wing, names in public.items():
        lines += ["", f"## {WINGS[wing]}", "", "```{eval-rst}", ".. autosummary::", "   :toctree: api", ""]
        lines += [f"   {name}" for name in sorted(names, key=str.lower)]
        lines += ["```"]
    return "\n".join(lines) + "\n"


def _make(app: Any) -> None:
    folder = Path(app.confdir) / MADE
    folder.mkdir(exist_ok=True)
    for name, text in (("commands.md", commands_page()), ("python.md", names_page())):
        page = folder / name
        if not page.exists() or page.read_text("utf-8") != text:
            page.write_text(text, "utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Make the pages before Sphinx looks for sources."""
    _make(app)
    return {"version": frontlines.__version__, "parallel_read_safe": True}
