"""Balanced brackets: dyck1 and dyck2 (paper, section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random
from typing import ClassVar

import numpy as np
from jaxtyping import Int

from transformer_programs.tasks.dataset import Label
from transformer_programs.tasks.words import Words

__all__ = ["Dyck1", "Dyck2"]


@dataclass(frozen=True, kw_only=True)
class _Dyck(Words):
    """Strings of max_length - 1 brackets; each prefix is balanced (T), can be completed to be (P), or cannot (F)."""

    causal: ClassVar[bool] = True
    least_length: ClassVar[int] = 2
    kinds: ClassVar[tuple[tuple[str, str], ...]]

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """The brackets, each pair opening first."""
        return tuple(bracket for pair in self.kinds for bracket in pair)

    @property
    def lengths(self) -> Sequence[int]:
        """One: all brackets that fit."""
        return (self.max_length - 1,)

    @property
    def labels(self) -> tuple[str, ...]:
        """T, P and F."""
        return ("T", "P", "F")

    def oracle(self, tokens: tuple[str, ...]) -> tuple[Label, ...]:
        """T, P or F for each prefix, None at the marker. Once F, always F; P does not ask whether there is room."""
        closes = dict(self.kinds)
        labels: list[Label] = [None]
        due: list[str] = []
        failed = False
        for bracket in tokens[1:]:
            if bracket in closes:
                due.append(closes[bracket])
            elif not due or due.pop() != bracket:
                failed = True
            labels.append("F" if failed else "P" if due else "T")
        return tuple(labels)

    def sample(self, rng: Random) -> tuple[str, ...]:
        """Half of the time even, half a balanced string, cut or filled with random brackets (paper, appendix).

        The balanced string has 1 to max_length // 2 pairs of random kinds, each put behind or around the string so far.
        """
        length = self.max_length - 1
        string: list[str] = []
        if rng.random() < 0.5:
            for _ in range(rng.randint(1, self.max_length // 2)):
                opening, closing = rng.choice(self.kinds)
                string = [*string, opening, closing] if rng.random() < 0.5 else [opening, *string, closing]
        string += rng.choices(self.letters, k=max(0, length - len(string)))
        return self.framed(tuple(string[:length]))

    def sample_at(self, rng: Random, length: int) -> tuple[str, ...]:
        """As `sample`, which draws the longest."""
        return replace(self, max_length=length).sample(rng)

    def solve(self, tokens: Int[np.ndarray, "sequence length"]) -> Int[np.ndarray, "sequence length"]:
        """`oracle` in arrays: one stack of due brackets a sequence."""
        rows = np.arange(len(tokens))
        labels = np.full_like(tokens, -1)
        due = np.zeros_like(tokens)
        depth = np.zeros(len(tokens), np.int64)
        failed = np.zeros(len(tokens), bool)
        for position in range(1, tokens.shape[1]):
            bracket = tokens[:, position]
            opens = bracket % 2 == 1
            failed |= ~opens & ((depth == 0) | (due[rows, depth - 1] != bracket))
            due[rows[opens], depth[opens]] = bracket[opens] + 1
            # A failed sequence may leave its stack wherever it was; only its depth must stay an index.
            depth = np.maximum(depth + np.where(opens, 1, -1), 0)
            labels[:, position] = np.where(failed, 2, depth > 0)
        return labels


@dataclass(frozen=True, kw_only=True)
class Dyck1(_Dyck):
    """One kind of brackets.

    >>> Dyck1(vocabulary_size=4, max_length=5).oracle(("<s>", "(", ")", ")", "("))
    (None, 'P', 'T', 'F', 'F')
    """

    name: ClassVar[str] = "dyck1"
    summary: ClassVar[str] = "each prefix of brackets: balanced (T), can be completed (P), neither (F)"
    example: ClassVar[tuple[str, ...]] = ("(", "(", ")", ")", "(", ")", ")")
    kinds: ClassVar[tuple[tuple[str, str], ...]] = (("(", ")"),)
    least_vocabulary: ClassVar[int] = 4
    most_vocabulary: ClassVar[int] = 4


@dataclass(frozen=True, kw_only=True)
class Dyck2(_Dyck):
    """Two kinds of brackets.

    >>> Dyck2(vocabulary_size=6, max_length=5).oracle(("<s>", "(", "{", "}", ")"))
    (None, 'P', 'P', 'P', 'T')
    """

    name: ClassVar[str] = "dyck2"
    summary: ClassVar[str] = "each prefix of two kinds of brackets: balanced (T), can be completed (P), neither (F)"
    example: ClassVar[tuple[str, ...]] = ("(", "{", "}", ")", "(", "}")
    kinds: ClassVar[tuple[tuple[str, str], ...]] = (("(", ")"), ("{", "}"))
    least_vocabulary: ClassVar[int] = 6
    most_vocabulary: ClassVar[int] = 6
