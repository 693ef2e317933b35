"""Whole pipelines: frames in, results out. Nothing here writes a file."""

from frontlines.study.agreement import AgreementResults, run_agreement
from frontlines.study.compare import Results, Study, run_study
from frontlines.study.files import load_study, read_study, study_from_files
from frontlines.study.movement import MovementResults, run_movement
from frontlines.study.questions import compare, follow, measure_movement
from frontlines.study.series import SeriesResults, run_series

__all__ = [
    "AgreementResults",
    "MovementResults",
    "Results",
    "SeriesResults",
    "Study",
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
