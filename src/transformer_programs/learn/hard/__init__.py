"""Gradient on programs that are discrete in every forward pass."""

from transformer_programs.learn.hard.config import (
    RECIPE_A,
    RECIPE_F,
    RECIPE_G,
    Estimator,
    Halving,
    Schedule,
    Search,
    Shape,
    Words,
)
from transformer_programs.learn.hard.learner import Hard

__all__ = ["RECIPE_A", "RECIPE_F", "RECIPE_G", "Estimator", "Halving", "Hard", "Schedule", "Search", "Shape", "Words"]
