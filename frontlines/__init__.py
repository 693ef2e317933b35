"""How much ground changed hands, where, and how sure are we.

Dated maps of territorial control, compared district by district:

1. `working_crs` makes the one CRS of a study.
2. The door (`as_control`, `as_frontlines`, `as_districts`, `as_settlements`, `as_theatre`) checks raw
   frames and brings them into it.
3. `control_from_lines` and `frontlines_from_control` turn lines into polygons and back;
   `control_from_settlements` divides the ground between places.
4. `change_between`, `transitions_by_district` and `balance_by_district` compare two dates.
5. `balance_error` and `simulate_balance` carry the errors of lines into the areas (`NoiseModel`);
   `error_by_correlation` shows how much of the answer depends on the correlation length.
6. `change_series` follows one side through many dates, `series_error` carries the errors of lines into it,
   `follow_places` the settlements; `front_length` measures the front; `read_population` opens a raster.
7. `make_transects` and `displacement` measure how far the front moved, `mean_advance`, `nearest_distance`
   and `line_distances` by other definitions; `estimator_table` puts all of them side by side.
8. `agreement_by_district`, `differing_ground` and `front_apart` compare two sources on one day,
   `net_by_source` the net change by several.
9. `change_figure`, `series_figure`, `agreement_figure`, `animate_control` and the ``draw_`` functions draw.

Whole questions in one call, from files or frames: `compare`, `follow`, `measure_movement`, `agreement`.

Whole pipelines: `run_study` compares the two dates of a study from a file (`load_study`, `read_study`,
`study_from_files`), `run_movement` measures how far its front moved, `run_series` follows many snapshots,
`run_agreement` compares two sources.
"""

import importlib as _importlib
import typing as _typing
from importlib.util import find_spec as _find_spec

from frontlines import _command as _command

if _typing.TYPE_CHECKING:
    from frontlines.change import (
        balance_by_district,
        change_between,
        transition_matrix,
        transitions_by_district,
    )
    from frontlines.control import (
        control_from_lines,
        control_from_settlements,
        frontlines_from_control,
        fronts_of_side,
        lines_with_sides,
    )
    from frontlines.crs import working_crs
    from frontlines.errors import FrontlinesError
    from frontlines.layers import (
        as_control,
        as_districts,
        as_frontlines,
        as_settlements,
        as_theatre,
        check_layer,
    )
    from frontlines.limits import raised_limits
    from frontlines.movement import (
        displacement,
        estimator_table,
        front_length,
        line_distances,
        make_transects,
        mean_advance,
        nearest_distance,
    )
    from frontlines.plot import (
        MapStyle,
        agreement_chart,
        agreement_figure,
        animate_control,
        change_figure,
        district_figure,
        draw_change,
        draw_context,
        draw_control,
        draw_districts,
        draw_error_by_correlation,
        draw_front_length,
        draw_frontlines,
        draw_gains_and_losses,
        draw_net_by_side,
        draw_profile,
        draw_series,
        draw_settlements,
        draw_sides,
        draw_transects,
        movement_figure,
        net_by_source_figure,
        overlay_figure,
        profile_figure,
        residual_figure,
        save_figure,
        series_figure,
        transition_matrix_figure,
    )
    from frontlines.series import change_series, follow_places, series_error, series_totals
    from frontlines.sources.description import Description
    from frontlines.sources.files import (
        read_control,
        read_districts,
        read_frontlines,
        read_settlements,
        write,
    )
    from frontlines.sources.formats import read_layer
    from frontlines.sources.population import read_population
    from frontlines.study import (
        AgreementResults,
        MovementResults,
        Results,
        SeriesResults,
        Study,
        agreement,
        compare,
        follow,
        load_study,
        measure_movement,
        read_study,
        run_agreement,
        run_movement,
        run_series,
        run_study,
        study_from_files,
    )
    from frontlines.two_sources import agreement_by_district, differing_ground, front_apart, net_by_source
    from frontlines.uncertainty import (
        NoiseModel,
        balance_error,
        correlation_from,
        error_by_correlation,
        simulate_balance,
    )

    __version__: str

__all__ = [
    "AgreementResults",
    "Description",
    "FrontlinesError",
    "MapStyle",
    "MovementResults",
    "NoiseModel",
    "Results",
    "SeriesResults",
    "Study",
    "agreement",
    "agreement_by_district",
    "agreement_chart",
    "agreement_figure",
    "animate_control",
    "as_control",
    "as_districts",
    "as_frontlines",
    "as_settlements",
    "as_theatre",
    "balance_by_district",
    "balance_error",
    "change_between",
    "change_figure",
    "change_series",
    "check_layer",
    "compare",
    "control_from_lines",
    "control_from_settlements",
    "correlation_from",
    "differing_ground",
    "displacement",
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
    "error_by_correlation",
    "estimator_table",
    "follow",
    "follow_places",
    "front_apart",
    "front_length",
    "frontlines_from_control",
    "fronts_of_side",
    "line_distances",
    "lines_with_sides",
    "load_study",
    "make_transects",
    "mean_advance",
    "measure_movement",
    "movement_figure",
    "nearest_distance",
    "net_by_source",
    "net_by_source_figure",
    "overlay_figure",
    "profile_figure",
    "raised_limits",
    "read_control",
    "read_districts",
    "read_frontlines",
    "read_layer",
    "read_population",
    "read_settlements",
    "read_study",
    "residual_figure",
    "run_agreement",
    "run_movement",
    "run_series",
    "run_study",
    "save_figure",
    "series_error",
    "series_figure",
    "series_totals",
    "simulate_balance",
    "study_from_files",
    "transition_matrix",
    "transition_matrix_figure",
    "transitions_by_district",
    "working_crs",
    "write",
]

_HOMES = (
    "errors", "limits", "crs", "layers", "sources.description", "sources.files", "sources.formats",
    "sources.population", "control", "change", "movement", "uncertainty", "series", "two_sources", "study",
    "plot",
)  # fmt: skip


def __getattr__(name: str) -> _typing.Any:
    """Load what is asked for: help and refusals need not wait for geopandas, nor tables for matplotlib."""
    if name == "__version__":
        return _importlib.import_module("frontlines.manifest").version_of("frontlines")
    if name in __all__:
        homes = (_importlib.import_module(f"frontlines.{home}") for home in _HOMES)
        return globals().setdefault(name, next(getattr(home, name) for home in homes if hasattr(home, name)))
    if not name.startswith("_") and _find_spec(f"frontlines.{name}"):
        return _importlib.import_module(f"frontlines.{name}")
    raise AttributeError(f"module 'frontlines' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
