"""Constructive learning: functional gradient steps."""

from transformer_programs.learn.grow.effort import Effort
from transformer_programs.learn.grow.learner import WORDS, Grow

__all__ = ["WORDS", "Effort", "Grow"]
