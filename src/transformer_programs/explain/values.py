"""How tokens and values are written where people read them: as they are, or quoted where that would mislead."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from transformer_programs.emit.listing import shown
from transformer_programs.program import Program

__all__ = ["framed", "runs", "shown", "some", "width"]


def width(text: str) -> int:
    """How many columns of a terminal a text takes.

    >>> width("ab"), width("日本")
    (2, 4)
    """
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def framed(program: Program, tokens: Sequence[str]) -> tuple[tuple[str, ...], range]:
    """The tokens between the program's markers, and the positions that are the user's own.

    Tokens that start with the first marker are taken as they are, as `tprog run` does; then all positions are.
    """
    before, after = program.frame.before, program.frame.after
    if not before or tuple(tokens[:1]) == before[:1]:
        return tuple(tokens), range(len(tokens))
    return (*before, *tokens, *after), range(len(before), len(before) + len(tokens))


def some(values: Iterable[Any], most: int = 8) -> str:
    """The first values, and how many more there are.

    >>> some("abc"), some(range(12), 3)
    ('a b c', '0 1 2 and 9 more')
    """
    texts = [shown(value) for value in values]
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return " ".join(texts[:most]) + more


def runs(numbers: Sequence[int]) -> str:
    """Ascending numbers, with those that follow each other joined.

    >>> runs([0, 2, 3, 4, 7, 8])
    '0 2..4 7 8'
    """
    parts: list[str] = []
    start = 0
    for end in range(1, len(numbers) + 1):
        if end == len(numbers) or numbers[end] != numbers[end - 1] + 1:
            run = numbers[start:end]
            parts += [f"{run[0]}..{run[-1]}"] if len(run) > 2 else map(str, run)
            start = end
    return " ".join(parts)
