"""Tagging and classifying real text: programs beside baselines, on the same files and splits."""

from transformer_programs.experiments.text.inputs import check_runs
from transformer_programs.experiments.text.study import TextRun, runs_of
from transformer_programs.experiments.text.suite import Row, TextStudy, load_study
from transformer_programs.experiments.text.summary import table

__all__ = ["Row", "TextRun", "TextStudy", "check_runs", "load_study", "runs_of", "table"]
