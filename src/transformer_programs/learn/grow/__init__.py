"""Constructive learning: functional gradient steps."""

from transformer_programs.learn.grow.growth import Effort
from transformer_programs.learn.grow.learner import Grow

__all__ = ["Effort", "Grow"]
