"""Declared studies: a suite file says what to run, a results file keeps one row a finished run. Layer 6."""

from transformer_programs.experiments.backends import Dask, Here, Processes, Ray
from transformer_programs.experiments.cases import Case, Stop
from transformer_programs.experiments.results import Results
from transformer_programs.experiments.suite import Suite, load_suite
from transformer_programs.experiments.summary import summarise
from transformer_programs.experiments.sweep import run_suite, sweep
from transformer_programs.experiments.work import Run

__all__ = [
    "Case",
    "Dask",
    "Here",
    "Processes",
    "Ray",
    "Results",
    "Run",
    "Stop",
    "Suite",
    "load_suite",
    "run_suite",
    "summarise",
    "sweep",
]
