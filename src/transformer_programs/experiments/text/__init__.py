"""Tagging and classifying real text: programs beside baselines, on the same files and splits."""

from transformer_programs.experiments.text.study import Row, TextRun, TextStudy, load_study, runs_of
from transformer_programs.experiments.text.summary import table

__all__ = ["Row", "TextRun", "TextStudy", "load_study", "runs_of", "table"]
