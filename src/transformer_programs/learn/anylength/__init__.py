"""Programs for any length, found by search: the shortest that explains the examples."""

from transformer_programs.learn.anylength.learner import AnyLength
from transformer_programs.learn.anylength.search import Effort

__all__ = ["AnyLength", "Effort"]
