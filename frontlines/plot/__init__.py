"""Maps and charts: single pieces for any Axes, and whole figures for print."""

import importlib as _importlib
import sys as _sys
import types as _types
import typing as _typing

if _typing.TYPE_CHECKING:
    from frontlines.plot.agreement_figure import agreement_figure
    from frontlines.plot.animation import animate_control
    from frontlines.plot.change_figure import change_figure
    from frontlines.plot.charts import (
        draw_error_by_correlation,
        draw_front_length,
        draw_gains_and_losses,
        draw_series,
    )
    from frontlines.plot.front_layers import draw_frontlines, draw_transects
    from frontlines.plot.georeference import residual_figure
    from frontlines.plot.map_layers import (
        draw_change,
        draw_context,
        draw_control,
        draw_districts,
        draw_settlements,
    )
    from frontlines.plot.matrix_figure import transition_matrix_figure
    from frontlines.plot.movement_figure import movement_figure
    from frontlines.plot.picture_files import save_figure
    from frontlines.plot.profile import draw_profile, profile_figure
    from frontlines.plot.scan_figures import overlay_figure
    from frontlines.plot.series_figures import district_figure, series_figure
    from frontlines.plot.side_charts import draw_net_by_side, draw_sides
    from frontlines.plot.source_figures import agreement_chart, net_by_source_figure
    from frontlines.plot.style import MapStyle

__all__ = [
    "MapStyle",
    "agreement_chart",
    "agreement_figure",
    "animate_control",
    "change_figure",
    "district_figure",
    "draw_change",
    "draw_context",
    "draw_control",
    "draw_districts",
    "draw_error_by_correlation",
    "draw_front_length",
    "draw_frontlines",
    "draw_gains_and_losses",
    "draw_net_by_side",
    "draw_profile",
    "draw_series",
    "draw_settlements",
    "draw_sides",
    "draw_transects",
    "movement_figure",
    "net_by_source_figure",
    "overlay_figure",
    "profile_figure",
    "residual_figure",
    "save_figure",
    "series_figure",
    "transition_matrix_figure",
]


_HOMES = {  # of what is not in a module of its own name
    "charts": "draw_error_by_correlation draw_front_length draw_gains_and_losses draw_series",
    "front_layers": "draw_frontlines draw_transects",
    "map_layers": "draw_change draw_context draw_control draw_districts draw_settlements",
    "profile": "draw_profile profile_figure",
    "series_figures": "district_figure series_figure",
    "side_charts": "draw_net_by_side draw_sides",
    "source_figures": "agreement_chart net_by_source_figure",
    "animation": "animate_control", "georeference": "residual_figure", "picture_files": "save_figure",
    "matrix_figure": "transition_matrix_figure", "scan_figures": "overlay_figure", "style": "MapStyle",
}  # fmt: skip


def __getattr__(name: str) -> _typing.Any:
    """Load what is asked for: tables need no matplotlib, and only figures of scans the extra ``digitize``."""
    if name in __all__:
        home = next((home for home, names in _HOMES.items() if name in names.split()), name)
        return globals().setdefault(name, getattr(_importlib.import_module(f"frontlines.plot.{home}"), name))
    raise AttributeError(f"module 'frontlines.plot' has no attribute {name!r}")


class _Package(_types.ModuleType):
    """A package in which a function is not hidden by the module of its name once that is loaded."""

    def __setattr__(self, name: str, value: object) -> None:
        if name not in __all__ or not isinstance(value, _types.ModuleType):
            super().__setattr__(name, value)


_sys.modules[__name__].__class__ = _Package
