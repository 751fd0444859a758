"""Programs for text: named variables of the words and of their neighbours, one convex fit, integer scores."""

from transformer_programs.learn.text.config import Text

__all__ = ["Text"]
