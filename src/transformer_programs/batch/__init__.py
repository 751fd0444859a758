"""Whole data sets at once over small integers, on all cores, equal to the interpreter. Layer 3."""

from transformer_programs.batch.batch import Answers, Batch, Path
from transformer_programs.batch.evaluate import (
    Accuracy,
    Counterexample,
    counterexamples,
    evaluate,
    exhaustive,
    sampled,
)
from transformer_programs.batch.paths import best_paths

__all__ = [
    "Accuracy",
    "Answers",
    "Batch",
    "Counterexample",
    "Path",
    "best_paths",
    "counterexamples",
    "evaluate",
    "exhaustive",
    "sampled",
]
