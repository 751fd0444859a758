"""In-context learning: which number followed this letter earlier? (paper, section 4.2)"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from random import Random
from string import ascii_lowercase
from typing import ClassVar

import numpy as np
from jaxtyping import Int

from transformer_programs.errors import ConfigError
from transformer_programs.tasks.dataset import Label
from transformer_programs.tasks.task import BOS, UNKNOWN, Task

__all__ = ["Induction"]


@dataclass(frozen=True, kw_only=True)
class Induction(Task):
    """`<s>`, then letter number letter number ... letter, with a map from letters to numbers of its own per sequence.

    Asked at every letter: the number that followed it earlier, or `<unk>` at its first occurrence. Half of the
    vocabulary without `<s>` and `<pad>` is letters, half numbers.

    >>> task = Induction(vocabulary_size=10, max_length=10)
    >>> task.oracle(("<s>", "a", "3", "b", "0", "a", "3", "c", "0", "b"))
    (None, '<unk>', None, '<unk>', None, '3', None, '<unk>', None, '0')
    """

    name: ClassVar[str] = "induction"
    summary: ClassVar[str] = "at each letter, the number that followed it earlier"
    causal: ClassVar[bool] = True
    example: ClassVar[tuple[str, ...]] = ("a", "3", "b", "0", "a", "3", "c", "0", "b")
    least_vocabulary: ClassVar[int] = 4
    most_vocabulary: ClassVar[int] = 2 + 2 * len(ascii_lowercase)
    least_length: ClassVar[int] = 2
    most_length: ClassVar[int] = 1_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.vocabulary_size % 2:
            raise ConfigError(
                place="task induction, vocabulary size",
                got=str(self.vocabulary_size),
                expected="an even number: <pad>, <s>, as many letters as numbers",
            )
        if self.max_length % 2:
            raise ConfigError(
                place="task induction, maximum length",
                got=str(self.max_length),
                expected="an even number: <s>, pairs of letter and number, a letter",
            )

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """The letters a, b, ..."""
        return tuple(ascii_lowercase[: (self.vocabulary_size - 2) // 2])

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """As many numbers 0, 1, ..."""
        return tuple(str(i) for i in range(len(self.letters)))

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """The start marker, letters, numbers."""
        return (BOS, *self.letters, *self.numbers)

    @property
    def labels(self) -> tuple[str, ...]:
        """The numbers and `<unk>`."""
        return (*self.numbers, UNKNOWN)

    def oracle(self, tokens: tuple[str, ...]) -> tuple[Label, ...]:
        """The number seen behind the same letter before, at every letter."""
        seen: dict[str, str] = {}
        labels: list[Label] = [None]
        for position in range(1, len(tokens), 2):
            labels.append(seen.get(tokens[position], UNKNOWN))
            if position + 1 < len(tokens):
                seen[tokens[position]] = tokens[position + 1]
                labels.append(None)
        return tuple(labels)

    def sample(self, rng: Random) -> tuple[str, ...]:
        """A random map and random letters, both evenly."""
        follows = dict(zip(self.letters, rng.choices(self.numbers, k=len(self.letters))))
        *leading, last = rng.choices(self.letters, k=self.max_length // 2)
        return self.framed((*(token for letter in leading for token in (letter, follows[letter])), last))

    def inputs(self) -> Iterator[tuple[str, ...]]:
        """ALL sequences that some map allows, in the order of the vocabulary: a walk that keeps the map so far."""
        path: list[str] = [BOS]
        follows: dict[str, str] = {}

        def walk(pairs: int) -> Iterator[tuple[str, ...]]:
            if not pairs:
                yield from ((*path, letter) for letter in self.letters)
                return
            for letter in self.letters:
                new = letter not in follows
                for number in self.numbers if new else (follows[letter],):
                    follows[letter] = number
                    path.extend((letter, number))
                    yield from walk(pairs - 1)
                    del path[-2:]
                if new:
                    del follows[letter]

        return walk(self.max_length // 2 - 1)

    def count(self) -> int:
        """The sum over d of (letter strings with d distinct ones) * (maps of d letters), times the last letters.

        Strings of n letters with exactly d distinct of k: S(n, d) * k! / (k - d)!, S the Stirling number of the
        second kind, by its recurrence.
        """
        size, pairs = len(self.letters), self.max_length // 2 - 1
        stirling: list[int] = [1, *repeat(0, size)]
        for _ in range(pairs):
            stirling = [0, *(d * stirling[d] + stirling[d - 1] for d in range(1, size + 1))]
        return size * sum(ways * math.perm(size, d) * int(size**d) for d, ways in enumerate(stirling))

    def solve(self, tokens: Int[np.ndarray, "sequence length"]) -> Int[np.ndarray, "sequence length"]:
        """`oracle` in arrays."""
        labels = np.full_like(tokens, -1)
        labels[:, 1::2] = len(self.numbers)
        for earlier in range(1, tokens.shape[1] - 2, 2):
            number = tokens[:, earlier + 1, None] - 1 - len(self.letters)
            again = tokens[:, earlier + 2 :: 2] == tokens[:, earlier, None]
            labels[:, earlier + 2 :: 2] = np.where(again, number, labels[:, earlier + 2 :: 2])
        return labels
