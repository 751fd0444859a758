"""Tasks that count letters: hist, double_hist and most_freq (paper, section 4.1)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Int

from transformer_programs.tasks.dataset import Label
from transformer_programs.tasks.task import BOS
from transformer_programs.tasks.words import Words

__all__ = ["DoubleHist", "Hist", "MostFreq"]


def _counts(letters: Int[np.ndarray, "sequence letter"]) -> Int[np.ndarray, "sequence letter"]:
    """How often the value at each place occurs in its row."""
    counts = np.zeros_like(letters)
    for place in range(letters.shape[1]):
        counts += letters == letters[:, place : place + 1]
    return counts


@dataclass(frozen=True, kw_only=True)
class _Counted(Words):
    """A word after the start marker."""

    least_vocabulary: ClassVar[int] = 3
    least_length: ClassVar[int] = 2
    example: ClassVar[tuple[str, ...]] = ("0", "1", "1", "2")


@dataclass(frozen=True, kw_only=True)
class Hist(_Counted):
    """For each letter, how often it occurs.

    >>> Hist(vocabulary_size=8, max_length=8).oracle(("<s>", "0", "1", "1", "2"))
    (None, '1', '2', '2', '1')
    """

    name: ClassVar[str] = "hist"
    summary: ClassVar[str] = "for each letter, how often it occurs"

    @property
    def labels(self) -> tuple[str, ...]:
        """The counts 1 to the longest word."""
        return tuple(map(str, self.lengths))

    def oracle(self, tokens: tuple[str, ...]) -> tuple[Label, ...]:
        """The count of each letter, None at the marker."""
        count = Counter(tokens[1:])
        return (None, *(str(count[letter]) for letter in tokens[1:]))

    def solve(self, tokens: Int[np.ndarray, "sequence length"]) -> Int[np.ndarray, "sequence length"]:
        """`oracle` in arrays."""
        labels = np.full_like(tokens, -1)
        labels[:, 1:] = _counts(tokens[:, 1:]) - 1
        return labels


@dataclass(frozen=True, kw_only=True)
class DoubleHist(_Counted):
    """For each letter, how many distinct letters occur as often as it does.

    >>> DoubleHist(vocabulary_size=8, max_length=8).oracle(("<s>", "0", "1", "1", "2"))
    (None, '2', '1', '1', '2')
    """

    name: ClassVar[str] = "double_hist"
    summary: ClassVar[str] = "for each letter, how many distinct letters occur as often"

    @property
    def labels(self) -> tuple[str, ...]:
        """The numbers 1 to the most distinct letters a word can have."""
        return tuple(str(i + 1) for i in range(min(len(self.letters), self.lengths[-1])))

    def oracle(self, tokens: tuple[str, ...]) -> tuple[Label, ...]:
        """How many letters share the count of each letter, None at the marker."""
        count = Counter(tokens[1:])
        sharing = Counter(count.values())
        return (None, *(str(sharing[count[letter]]) for letter in tokens[1:]))

    def solve(self, tokens: Int[np.ndarray, "sequence length"]) -> Int[np.ndarray, "sequence length"]:
        """`oracle` in arrays: of the places whose count is c, each distinct letter has c."""
        labels = np.full_like(tokens, -1)
        counts = _counts(tokens[:, 1:])
        labels[:, 1:] = _counts(counts) // counts - 1
        return labels


@dataclass(frozen=True, kw_only=True)
class MostFreq(_Counted):
    """The distinct letters, the most frequent first, of equally frequent ones the one that occurs first.

    The places left over are labelled with the start marker, which counts as an answer.

    >>> MostFreq(vocabulary_size=8, max_length=8).oracle(("<s>", "0", "1", "1", "2"))
    (None, '1', '0', '2', '<s>')
    """

    name: ClassVar[str] = "most_freq"
    summary: ClassVar[str] = "the distinct letters by falling frequency, then <s>"

    @property
    def labels(self) -> tuple[str, ...]:
        """The start marker and the letters."""
        return (BOS, *self.letters)

    def oracle(self, tokens: tuple[str, ...]) -> tuple[Label, ...]:
        """The letters by frequency, then the start marker, None at the marker itself."""
        # Counter lists letters as they first occur, and sorting keeps that order among equals.
        ranked = [letter for letter, _ in Counter(tokens[1:]).most_common()]
        return (None, *ranked, *[BOS] * (len(tokens) - 1 - len(ranked)))

    def solve(self, tokens: Int[np.ndarray, "sequence length"]) -> Int[np.ndarray, "sequence length"]:
        """`oracle` in arrays: places sorted by count where they are the first of their letter, by 0 elsewhere."""
        letters = tokens[:, 1:]
        rank = _counts(letters)
        for place in range(1, letters.shape[1]):
            again = np.any(letters[:, :place] == letters[:, place : place + 1], axis=1)
            rank[again, place] = 0
        order = np.argsort(-rank, axis=1, kind="stable")
        ranked = np.where(np.take_along_axis(rank, order, 1) > 0, np.take_along_axis(letters, order, 1), 0)
        return np.concatenate([np.full_like(tokens[:, :1], -1), ranked], axis=1)
