"""Declared studies: a suite file says what to run, a results file keeps one row a finished run. Layer 6."""

from transformer_programs.experiments.suite import Case, Suite, load_suite, run_suite
from transformer_programs.experiments.summary import summarise

__all__ = ["Case", "Suite", "load_suite", "run_suite", "summarise"]
