"""Whole pipelines: frames in, results out; results draw, show and save themselves when asked."""

from frontlines.study.agreement import AgreementResults, NetResults, run_agreement
from frontlines.study.compare import Results, run_study
from frontlines.study.files import load_study, read_study, study_from_files
from frontlines.study.movement import MovementResults, run_movement
from frontlines.study.questions import agreement, compare, follow, measure_movement
from frontlines.study.series import run_series
from frontlines.study.series_results import SeriesResults
from frontlines.study.study import Study

__all__ = [
    "AgreementResults",
    "MovementResults",
    "NetResults",
    "Results",
    "SeriesResults",
    "Study",
    "agreement",
    "compare",
    "follow",
    "load_study",
    "measure_movement",
    "read_study",
    "run_agreement",
    "run_movement",
    "run_series",
    "run_study",
    "study_from_files",
]
