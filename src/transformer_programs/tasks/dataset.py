"""A data set: examples in three parts, and what a program for them must know."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Int

from transformer_programs.program import Frame, Reading

__all__ = ["Dataset", "Encoded", "Example", "Kind", "encode", "read_counts"]

Label: TypeAlias = str | None


class Kind(Enum):
    """What is asked: a label a token, or a label a sequence."""

    TAGGING = "tagging"
    CLASSIFICATION = "classification"


@dataclass(frozen=True, slots=True)
class Example:
    """One sequence and its answer.

    Args:
        tokens: with the marker tokens of the task's frame, as they are written: what a program is given.
        labels: one a token (tagging; None where no answer is asked, as at the markers), or exactly
            one (classification).
    """

    tokens: tuple[str, ...]
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Examples to learn from, to choose by and to report on.

    Args:
        name: of the task or the file.
        kind: tagging or classification.
        vocabulary: every token a program must take, in order (`<unk>` among them where unknown ones may come).
        labels: every label, in order.
        max_length: most tokens in any sequence.
        causal: whether an answer may depend on earlier tokens only.
        reading: how the words of the examples become tokens of the vocabulary.
        frame: marker tokens around the user's own, already part of the examples.
        notes: what was left out or changed on reading, to tell the user.
        train, validation, test: the parts.
    """

    name: str
    kind: Kind
    vocabulary: tuple[str, ...]
    labels: tuple[str, ...]
    max_length: int
    causal: bool = False
    reading: Reading = Reading()
    frame: Frame = Frame()
    notes: tuple[str, ...] = ()
    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]

    def fingerprint(self) -> str:
        """A digest (SHA-256) of all examples, the vocabulary and the labels, in their order."""
        digest = hashlib.sha256(repr((self.vocabulary, self.labels, self.max_length)).encode())
        if not self.reading.plain:
            digest.update(repr(self.reading).encode())
        for part in (self.train, self.validation, self.test):
            digest.update(b"part")
            for example in part:
                digest.update(repr((example.tokens, example.labels)).encode())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """Examples as small integers, padded; the padding is never read by anything that stands for a program.

    Args:
        tokens: index in the vocabulary; 0 in the padding.
        lengths: number of tokens.
        labels: index in the labels, one a position (tagging) or one (classification, position axis of size 1);
            -1 where no answer is asked, and in the padding.
    """

    tokens: Int[np.ndarray, "sequence position"]
    lengths: Int[np.ndarray, " sequence"]
    labels: Int[np.ndarray, "sequence answer"]

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def mask(self) -> Bool[np.ndarray, "sequence position"]:
        """True where there is a token."""
        return np.arange(self.tokens.shape[1]) < self.lengths[:, None]

    def take(self, rows: Sequence[int] | np.ndarray | slice) -> Encoded:
        """These sequences."""
        return Encoded(self.tokens[rows], self.lengths[rows], self.labels[rows])


def encode(data: Dataset, examples: Iterable[Example]) -> Encoded:
    """Examples of the data set as integers (int32). Unknown tokens become `<unk>`."""
    examples = tuple(examples)
    token_index = {token: i for i, token in enumerate(data.vocabulary)}
    label_index: dict[Label, int] = {label: i for i, label in enumerate(data.labels)}
    unknown = token_index.get("<unk>", 0)
    if not data.reading.plain:
        words = dict.fromkeys(token for example in examples for token in example.tokens)
        token_index = {word: token_index.get(data.reading(word), unknown) for word in words}
    tokens = np.zeros((len(examples), data.max_length), np.int32)
    answers = data.max_length if data.kind is Kind.TAGGING else 1
    labels = np.full((len(examples), answers), -1, np.int32)
    lengths = np.array([len(example.tokens) for example in examples], np.int32)
    for row, example in enumerate(examples):
        tokens[row, : len(example.tokens)] = [token_index.get(token, unknown) for token in example.tokens]
        labels[row, : len(example.labels)] = [label_index.get(label, -1) for label in example.labels]
    return Encoded(tokens, lengths, labels)


def read_counts(counts: Mapping[str, int], reading: Reading) -> Counter[str]:
    """How often each token is there, of how often each word is.

    >>> read_counts({"The": 2, "the": 3}, Reading(lower=True))
    Counter({'the': 5})
    """
    found: Counter[str] = Counter()
    for word, count in counts.items():
        found[reading(word)] += count
    return found
