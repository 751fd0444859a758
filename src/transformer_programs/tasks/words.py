"""Tasks whose inputs are all words over an alphabet of letters, between markers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from random import Random

import numpy as np
from jaxtyping import Int

from transformer_programs.tasks.task import Task

__all__ = ["Words"]


@dataclass(frozen=True, kw_only=True)
class Words(Task):
    """All words of one letter up to what fits between the markers. The letters are "0", "1", ..., "10", ...

    Their order is that of the numbers. The vocabulary is counted as in the paper: `<pad>`, markers, letters.
    """

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """The alphabet, in order."""
        return tuple(str(i) for i in range(self.vocabulary_size - 1 - self._markers))

    @property
    def lengths(self) -> Sequence[int]:
        """How many letters a word may have, ascending."""
        return range(1, self.max_length - self._markers + 1)

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """Markers, then letters."""
        return (*self.frame.before, *self.frame.after, *self.letters)

    @cached_property
    def _markers(self) -> int:
        return len(self.frame.before) + len(self.frame.after)

    def sample(self, rng: Random) -> tuple[str, ...]:
        """A length, evenly among all lengths, then letters, evenly (as in the paper)."""
        return self.framed(tuple(rng.choices(self.letters, k=rng.choice(self.lengths))))

    def sample_at(self, rng: Random, length: int) -> tuple[str, ...]:
        """Letters, evenly."""
        longest = replace(self, max_length=length)
        return longest.framed(tuple(rng.choices(self.letters, k=longest.lengths[-1])))

    def inputs(self) -> Iterator[tuple[str, ...]]:
        """ALL words, by length, then in the order of the letters."""
        return (self.framed(word) for length in self.lengths for word in product(self.letters, repeat=length))

    def count(self) -> int:
        """The sum over all lengths n of (number of letters) ** n."""
        return sum(len(self.letters) ** length for length in self.lengths)

    def blocks(self, batch_size: int) -> Iterator[Int[np.ndarray, "sequence length"]]:
        """The words as numbers written in base (number of letters), counted up."""
        base, first = len(self.letters), self._markers
        for length in self.lengths:
            total = base**length
            for start in range(0, total, batch_size):
                block = np.zeros((min(batch_size, total - start), length + self._markers), np.int32)
                if self.frame.after:
                    block[:, -1] = 1
                # Python splits the start, which may have hundreds of bits; NumPy only counts on from it.
                carry = np.arange(len(block), dtype=np.int64)
                for position in range(length, 0, -1):
                    start, digit = divmod(start, base)
                    carry, block[:, position] = np.divmod(carry + digit, base)
                    block[:, position] += first
                yield block
