"""Sequences of words laid end to end, as the variables of a text program see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int

from transformer_programs.tasks import Dataset, Example, Kind

__all__ = ["Corpus"]


@dataclass(frozen=True, eq=False)
class Corpus:
    """Some examples of a data set.

    Args:
        words: the distinct words as they are written.
        read: what each of them is read as.
        tokens: for every position its place in `words`.
        first, last: for every position those of its sequence's ends.
        labels: one a position (tagging) or one a sequence; -1 where no answer is asked.
        pooled: whether a sequence has one answer.
    """

    words: tuple[str, ...]
    read: tuple[str, ...]
    tokens: Int[np.ndarray, " position"]
    first: Int[np.ndarray, " position"]
    last: Int[np.ndarray, " position"]
    labels: Int[np.ndarray, " answer"]
    pooled: bool

    @staticmethod
    def of(data: Dataset, examples: Sequence[Example], outside: int = -1) -> Corpus:
        """The examples as one corpus.

        Args:
            outside: the label of places where no answer is asked, such as markers; -1: none.
        """
        places: dict[str, int] = {}
        tokens = [places.setdefault(token, len(places)) for example in examples for token in example.tokens]
        lengths = np.array([len(example.tokens) for example in examples], np.int64)
        starts = np.cumsum(lengths) - lengths
        index = {label: i for i, label in enumerate(data.labels)}
        labels = [
            outside if label is None else index.get(label, -1) for example in examples for label in example.labels
        ]
        return Corpus(
            tuple(places),
            tuple(map(data.reading, places)),
            np.array(tokens, np.int64),
            np.repeat(starts, lengths),
            np.repeat(starts + lengths - 1, lengths),
            np.array(labels, np.int64),
            data.kind is Kind.CLASSIFICATION,
        )

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each word stands here, as it is written."""
        return Counter(dict(zip(self.words, np.bincount(self.tokens, minlength=len(self.words)).tolist())))

    @cached_property
    def token_counts(self) -> Counter[str]:
        """How often each token stands here: each word as it is read."""
        found: Counter[str] = Counter()
        for token, word in zip(self.read, self.words):
            found[token] += self.counts[word]
        return found

    @cached_property
    def groups(self) -> Int[np.ndarray, " position"]:
        """For every position the number of its sequence."""
        return np.cumsum(self.first == np.arange(len(self))) - 1

    def neighbour(self, offset: int) -> Int[np.ndarray, " position"]:
        """For every position the one `offset` places to the right, or the first of the sequence where there is none.

        What `Closest` over `Offset` means.
        """
        places = np.arange(len(self)) + offset
        return np.where((places < self.first) | (places > self.last), self.first, places)
