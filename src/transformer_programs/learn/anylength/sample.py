"""A few examples as arrays, on which candidates are computed and told apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Int

from transformer_programs.tasks import Dataset, Encoded

__all__ = ["NO_NUMBER", "Sample"]

NO_NUMBER = -(1 << 30)
"""Stands where a label is no whole number."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Sequences side by side; what lies past a length is never looked at.

    Args:
        data: where they come from: vocabulary, labels, and whether heads see the past only.
        encoded: the sequences, cut to the longest of them.
    """

    data: Dataset
    encoded: Encoded

    @staticmethod
    def of(data: Dataset, encoded: Encoded) -> Sample:
        """The sequences without the places that none of them uses."""
        width = int(encoded.lengths.max())
        return Sample(data, Encoded(encoded.tokens[:, :width], encoded.lengths, encoded.labels[:, :width]))

    @cached_property
    def inside(self) -> Bool[np.ndarray, "sequence position"]:
        """Where there is a token."""
        return self.encoded.mask

    @cached_property
    def visible(self) -> Bool[np.ndarray, "sequence query key"]:
        """Which keys a query may see."""
        width = self.inside.shape[1]
        allowed = np.tril(np.ones((width, width), bool)) if self.data.causal else np.ones((width, width), bool)
        return self.inside[:, None, :] & allowed

    @cached_property
    def nearness(self) -> Int[np.ndarray, "query key"]:
        """Smaller is closer: left before right, itself last (program/semantics, closest)."""
        i, j = np.indices(self.visible.shape[1:])
        far = 2 * np.abs(i - j) + (j > i)
        return np.where(i == j, 2 * len(far) + 1, far).astype(np.int32)

    @cached_property
    def spelling(self) -> Int[np.ndarray, " token"]:
        """The rank of each token's text, which is what order between tokens means."""
        order = sorted(range(len(self.data.vocabulary)), key=self.data.vocabulary.__getitem__)
        rank = np.empty(len(order), np.int32)
        rank[order] = np.arange(len(order))
        return rank

    @cached_property
    def positions(self) -> Int[np.ndarray, "sequence position"]:
        """The positions themselves."""
        return np.broadcast_to(np.arange(self.inside.shape[1], dtype=np.int32), self.inside.shape).copy()

    @cached_property
    def asked(self) -> Bool[np.ndarray, "sequence position"]:
        """Where an answer is asked."""
        return self.encoded.labels >= 0

    @cached_property
    def labels(self) -> Int[np.ndarray, " answer"]:
        """The right labels, one an answer."""
        return self.encoded.labels[self.asked]

    @cached_property
    def numbers(self) -> Int[np.ndarray, " answer"]:
        """The right answers as whole numbers."""
        values = [int(text) if _is_number(text) else NO_NUMBER for text in self.data.labels]
        return np.array(values, np.int64)[self.labels]

    @cached_property
    def tokens(self) -> Int[np.ndarray, " answer"]:
        """The right answers as places in the vocabulary; -1 where the label is no token."""
        place = {token: code for code, token in enumerate(self.data.vocabulary)}
        return np.array([place.get(text, -1) for text in self.data.labels], np.int64)[self.labels]


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and text == str(int(text))
