"""Refinement of any program: what makes it right more often, then what makes it shorter at the same accuracy."""

from transformer_programs.learn.refine.search import Refine, Refined, refine

__all__ = ["Refine", "Refined", "refine"]
