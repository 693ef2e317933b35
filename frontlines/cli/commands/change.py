"""``frontlines change``: two files of control polygons or lines, to a printed map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from frontlines.cli.commands.run import compare
from frontlines.cli.options import (
    BorderM,
    CorrelationM,
    DateAfter,
    DateBefore,
    Districts,
    Draws,
    Force,
    Key,
    Label,
    MarginM,
    Mend,
    Out,
    ReachM,
    Rest,
    Settlements,
    Side,
    SideNames,
    SigmaM,
    SliverM,
    SnapM,
    Source,
    Theatre,
    Title,
    describes_layers,
    shows_errors,
    study_options,
)
from frontlines.sources.description import Description
from frontlines.study import study_from_files


@shows_errors
@describes_layers
def change(
    before: Annotated[
        Path,
        typer.Argument(
            metavar="BEFORE", help="Control polygons, frontlines or places with a side on the earlier day."
        ),
    ],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="The same on the later day.")],
    districts: Districts,
    side: Side,
    key: Key = "district",
    out: Out = Path("out"),
    theatre: Theatre = None,
    date_before: DateBefore = None,
    date_after: DateAfter = None,
    rest: Rest = None,
    settlements: Settlements = None,
    label: Label = None,
    title: Title = None,
    source: Source = None,
    side_names: SideNames = None,
    snap_m: SnapM = None,
    sliver_m: SliverM = None,
    border_m: BorderM = None,
    reach_m: ReachM = None,
    margin_m: MarginM = None,
    sigma_m: SigmaM = None,
    correlation_m: CorrelationM = None,
    draws: Draws = None,
    mend: Mend = False,
    force: Force = False,
    *,
    description: Description,
) -> None:
    """Compare two files of control polygons, frontlines or places with a side, district by district."""
    asked = study_options(
        dates=(date_before, date_after),
        side_names=side_names,
        title=title,
        source=source,
        label=label,
        settlements=settlements,
        mend=mend,
        rest=rest,
        snap_m=snap_m,
        border_m=border_m,
        reach_m=reach_m,
        margin_m=margin_m,
        sigma_m=sigma_m,
        description=description,
        sliver_m=sliver_m,
        correlation_m=correlation_m,
        draws=draws,
    )
    compare(
        lambda: study_from_files(
            before, after, districts=districts, key=key, side=side, theatre=theatre, **asked
        ),
        out,
        force=force,
        inputs=(before, after, districts, theatre, settlements),
    )
