"""An algorithmic task: an exact answer for every input, all inputs in order, and samples of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from random import Random
from typing import ClassVar

import numpy as np
from jaxtyping import Int

from transformer_programs.config import MAX_VOCABULARY
from transformer_programs.errors import ConfigError
from transformer_programs.program import Frame
from transformer_programs.tasks.dataset import Dataset, Encoded, Example, Kind, Label
from transformer_programs.tasks.sampling import draw, seeded, split

__all__ = ["BOS", "EOS", "MAX_LENGTH", "UNKNOWN", "Task", "encoded_inputs", "encoded_samples"]

BOS, EOS, UNKNOWN = "<s>", "</s>", "<unk>"

MAX_LENGTH = 10_000


@dataclass(frozen=True, kw_only=True)
class Task(ABC):
    """A task of a given size, with its exact oracle.

    Args:
        vocabulary_size: as the paper counts it, with `<pad>` (which no sequence of ours ever holds) and the markers.
        max_length: most tokens in a sequence, with the markers.

    Class attributes: `name`; `summary`, one line; `causal`; `example`, an input without its markers to show;
    the least and the most that the two sizes can be.

    Raises:
        ConfigError: no sequence of that size exists, or too many tokens.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    causal: ClassVar[bool] = False
    example: ClassVar[tuple[str, ...]]
    least_vocabulary: ClassVar[int]
    most_vocabulary: ClassVar[int] = MAX_VOCABULARY
    least_length: ClassVar[int]
    most_length: ClassVar[int] = MAX_LENGTH

    vocabulary_size: int
    max_length: int

    def __post_init__(self) -> None:
        for flag, got, least, most in (
            ("vocabulary size", self.vocabulary_size, self.least_vocabulary, self.most_vocabulary),
            ("maximum length", self.max_length, self.least_length, self.most_length),
        ):
            if not least <= got <= most:
                expected = f"{least} to {most}" if least < most else f"{least}, the only one it has"
                raise ConfigError(place=f"task {self.name}, {flag}", got=str(got), expected=expected)

    @property
    @abstractmethod
    def vocabulary(self) -> tuple[str, ...]:
        """Every token, markers first, in the order in which inputs are enumerated."""

    @property
    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """Every label the oracle can give."""

    @property
    def frame(self) -> Frame:
        """The marker tokens around a user's own."""
        return Frame((BOS,))

    @abstractmethod
    def oracle(self, tokens: tuple[str, ...]) -> tuple[Label, ...]:
        """The right label of every position, None where none is asked. The tokens must be an input of the task."""

    @abstractmethod
    def sample(self, rng: Random) -> tuple[str, ...]:
        """One random input."""

    def sample_at(self, rng: Random, length: int) -> tuple[str, ...]:
        """One random input of exactly so many tokens, with the markers, whatever `max_length` is.

        Raises:
            ConfigError: the task has no inputs of that length.
        """
        longest = replace(self, max_length=length)
        while True:
            tokens = longest.sample(rng)
            if len(tokens) == length:
                return tokens

    @abstractmethod
    def inputs(self) -> Iterator[tuple[str, ...]]:
        """ALL inputs, by length, then in the order of the vocabulary."""

    @abstractmethod
    def count(self) -> int:
        """How many inputs there are, exactly, without enumerating them."""

    def framed(self, tokens: tuple[str, ...]) -> tuple[str, ...]:
        """The tokens between their markers."""
        return self.frame.around(tokens)

    def fresh(self, count: int, seed: int = 0) -> tuple[Example, ...]:
        """Random examples, which may repeat."""
        rng = seeded(seed)
        sampled = (self.sample(rng) for _ in range(count))
        return tuple(Example(tokens, self.oracle(tokens)) for tokens in sampled)

    def dataset(self, size: int = 20_000, seed: int = 0) -> Dataset:
        """Distinct examples (as token tuples), split 80/10/10; all inputs where there are no more than `size`.

        Raises:
            ConfigError: a size or a seed out of range.
            DataError: too few inputs exist, or too few distinct ones turn up.
        """
        drawn = draw(self.sample, self.inputs, self.count(), size=size, seed=seed, place=f"task {self.name}")
        train, validation, test = split(tuple(Example(tokens, self.oracle(tokens)) for tokens in drawn))
        return Dataset(
            name=self.name,
            kind=Kind.TAGGING,
            vocabulary=self.vocabulary,
            labels=self.labels,
            max_length=self.max_length,
            causal=self.causal,
            frame=self.frame,
            train=train,
            validation=validation,
            test=test,
        )

    @cached_property
    def _token_index(self) -> dict[str, int]:
        return {token: i for i, token in enumerate(self.vocabulary)}

    @cached_property
    def _label_index(self) -> dict[Label, int]:
        return {None: -1, **{label: i for i, label in enumerate(self.labels)}}

    def blocks(self, batch_size: int) -> Iterator[Int[np.ndarray, "sequence length"]]:
        """All inputs in order as token indices, without padding: a block holds sequences of one length.

        Tasks override it where arithmetic is faster than going through the tokens.
        """
        rows: list[list[int]] = []
        for tokens in self.inputs():
            if rows and (len(rows) == batch_size or len(rows[0]) != len(tokens)):
                yield np.array(rows, np.int32)
                rows = []
            rows.append([self._token_index[token] for token in tokens])
        if rows:
            yield np.array(rows, np.int32)

    def solve(self, tokens: Int[np.ndarray, "sequence length"]) -> Int[np.ndarray, "sequence length"]:
        """The oracle in arrays: label indices of sequences of one length, -1 where none is asked.

        Tasks override it with array arithmetic; the tests hold it against `oracle`.
        """
        vocabulary, index = self.vocabulary, self._label_index
        answers = ([index[label] for label in self.oracle(tuple(vocabulary[i] for i in row))] for row in tokens)
        return np.array(list(answers), np.int32).reshape(tokens.shape)


def _padded(task: Task, tokens: Int[np.ndarray, "sequence length"]) -> Encoded:
    sequences, length = tokens.shape
    wide, labels = np.zeros((2, sequences, task.max_length), np.int32)
    wide[:, :length] = tokens
    labels[:, :length] = task.solve(tokens)
    labels[:, length:] = -1
    return Encoded(wide, np.full(sequences, length, np.int32), labels)


def encoded_inputs(task: Task, batch_size: int = 65_536) -> Iterator[Encoded]:
    """ALL inputs with their right labels as integers, in the order of `task.inputs()`; a batch has one length.

    >>> from transformer_programs.tasks import make_task
    >>> sum(len(batch) for batch in encoded_inputs(make_task("sort")))
    19530
    """
    return (_padded(task, block) for block in task.blocks(batch_size))


def encoded_samples(task: Task, count: int, seed: int = 0, batch_size: int = 65_536) -> Iterator[Encoded]:
    """The sequences of `task.fresh(count, seed)` with their right labels as integers, in its order."""
    rng = seeded(seed)
    sampled = (task.sample(rng) for _ in range(count))
    index = task._token_index
    while rows := [[index[token] for token in tokens] for tokens in islice(sampled, batch_size)]:
        lengths = np.array([len(row) for row in rows], np.int32)
        tokens = np.zeros((len(rows), task.max_length), np.int32)
        labels = np.full((len(rows), task.max_length), -1, np.int32)
        for length in np.unique(lengths):
            (chosen,) = np.nonzero(lengths == length)
            tokens[chosen, :length] = [rows[i] for i in chosen]
            labels[chosen, :length] = task.solve(tokens[chosen, :length])
        yield Encoded(tokens, lengths, labels)
