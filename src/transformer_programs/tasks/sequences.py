"""Tasks that put the letters in another order: reverse and sort (paper, section 4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Int

from transformer_programs.program import Frame
from transformer_programs.tasks.dataset import Label
from transformer_programs.tasks.task import BOS, EOS
from transformer_programs.tasks.words import Words

__all__ = ["Reverse", "Sort"]


@dataclass(frozen=True, kw_only=True)
class _Rearranged(Words):
    """A word between both markers, answered by its letters in another order."""

    least_vocabulary: ClassVar[int] = 4
    least_length: ClassVar[int] = 3

    @property
    def frame(self) -> Frame:
        """Both markers."""
        return Frame((BOS,), (EOS,))

    @property
    def labels(self) -> tuple[str, ...]:
        """The letters."""
        return self.letters


@dataclass(frozen=True, kw_only=True)
class Reverse(_Rearranged):
    """The letters backwards.

    >>> Reverse(vocabulary_size=8, max_length=8).oracle(("<s>", "0", "1", "1", "2", "</s>"))
    (None, '2', '1', '1', '0', None)
    """

    name: ClassVar[str] = "reverse"
    summary: ClassVar[str] = "the letters backwards"
    example: ClassVar[tuple[str, ...]] = ("0", "1", "1", "2")

    def oracle(self, tokens: tuple[str, ...]) -> tuple[Label, ...]:
        """The letters backwards, None at the markers."""
        return (None, *reversed(tokens[1:-1]), None)

    def solve(self, tokens: Int[np.ndarray, "sequence length"]) -> Int[np.ndarray, "sequence length"]:
        """`oracle` in arrays."""
        labels = np.full_like(tokens, -1)
        labels[:, 1:-1] = tokens[:, -2:0:-1] - self._markers
        return labels


@dataclass(frozen=True, kw_only=True)
class Sort(_Rearranged):
    """The letters sorted in the order of the vocabulary.

    That is lexicographic for up to ten letters; from eleven on it is their order as numbers ("2" before "10"),
    where the released code sorts them as text.

    >>> Sort(vocabulary_size=8, max_length=8).oracle(("<s>", "2", "0", "2", "1", "</s>"))
    (None, '0', '1', '2', '2', None)
    """

    name: ClassVar[str] = "sort"
    summary: ClassVar[str] = "the letters in order"
    example: ClassVar[tuple[str, ...]] = ("2", "0", "2", "1")

    def oracle(self, tokens: tuple[str, ...]) -> tuple[Label, ...]:
        """The letters sorted, None at the markers."""
        return (None, *sorted(tokens[1:-1], key=int), None)

    def solve(self, tokens: Int[np.ndarray, "sequence length"]) -> Int[np.ndarray, "sequence length"]:
        """`oracle` in arrays."""
        labels = np.full_like(tokens, -1)
        labels[:, 1:-1] = np.sort(tokens[:, 1:-1], axis=1) - self._markers
        return labels
