"""Text to tokens: a small tokenizer."""

from __future__ import annotations

from transformer_programs.program.semantics import split_text

__all__ = ["tokenize"]


def tokenize(text: str) -> list[str]:
    """Numbers, words and single punctuation marks, in order; white space is dropped.

    A program that was learned from such text cuts its input alike (`program.Reading`).

    >>> tokenize("Don't wake me at 10:30, O.K.?")
    ["Don't", 'wake', 'me', 'at', '10:30', ',', 'O', '.', 'K', '.', '?']
    """
    return split_text(text)
