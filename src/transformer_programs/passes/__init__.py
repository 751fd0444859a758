"""Simplifications: each keeps the program equal on every input, one a file. Layer 2."""

from transformer_programs.passes.measure import Measure, lines, measure
from transformer_programs.passes.pipeline import PASSES, Pass, simplify

__all__ = ["PASSES", "Measure", "Pass", "lines", "measure", "simplify"]
