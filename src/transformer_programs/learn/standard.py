"""An ordinary Transformer on the same words: what a program gives up by being discrete, measured.

An encoder as Vaswani et al. (2017) have it, with the norms before the parts: word vectors (random, or a Gaussian random
projection of pretrained ones) plus learned positions, layers of attention and an MLP, dropout. Tags are read at
every token, classes off the mean of all tokens. Adam; the epoch that validation likes best is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError, DataError
from transformer_programs.learn.baselines import Part
from transformer_programs.learn.text.entities import entity_f1, is_iob2
from transformer_programs.tasks import Dataset, Encoded, Kind, encode
from transformer_programs.tasks.vectors import vocabulary_vectors

__all__ = ["Standard"]

UNKNOWN = "<unk>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """How the Transformer is made and trained.

    Args:
        vectors: files of word vectors, separated by commas; none: words begin at random.
        layers, heads: of attention.
        width, hidden: of the residual stream; of each MLP.
        dropout: share of the numbers left out after the embedding and after every part of a layer.
        unknown: share of the training tokens that are shown as `<unk>`, so that it is learned, too.
        rate: Adam's learning rate.
        batch: sequences a step.
        epochs: most of them.
        patience: epochs without a better validation after which training ends.
    """

    vectors: str = ""
    layers: int = 2
    heads: int = 4
    width: int = 128
    hidden: int = 256
    dropout: float = 0.3
    unknown: float = 0.05
    rate: float = 5e-4
    batch: int = 32
    epochs: int = 30
    patience: int = 4

    def __call__(
        self, data: Dataset, *, seed: int = 0, report: Callable[[int, float], None] = lambda epoch, value: None
    ) -> Trained:
        """The trained Transformer: same data, vectors, seed and machine, same weights.

        Args:
            report: told every epoch and its value on the validation part.

        Raises:
            ConfigError: a width that the heads do not divide, a share outside 0 to 1.
            DataError: no training examples, vectors that cannot be read.
        """
        self.check()
        if not data.train:
            raise DataError(place=data.name, got="no training examples", expected="at least one")
        from transformer_programs.learn.encoder import train

        model, epoch = train(self, data, _vectors(self, data, seed), seed, _measure(data), report)
        return Trained(self, data, model, epoch)

    def check(self) -> None:
        """Whether a Transformer can be made with these settings.

        Raises:
            ConfigError: a width that the heads do not divide, a number out of range.
        """
        for name in ("layers", "heads", "width", "hidden", "batch", "epochs", "patience"):
            at_least(name, getattr(self, name), 1)
        if self.width % self.heads:
            raise ConfigError(place="width", got=str(self.width), expected=f"a multiple of {self.heads} heads")
        for name in ("dropout", "unknown"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(place=name, got=str(getattr(self, name)), expected="from 0 to below 1")


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A trained Transformer.

    Args:
        config, data: what it was trained with.
        model: its weights.
        epoch: the one that was kept, from 1.
    """

    config: Standard
    data: Dataset
    model: Any
    epoch: int

    def guesses(self, part: Part, data: Dataset | None = None) -> Int[np.ndarray, "sequence answer"]:
        """The label at every place where one is asked, -1 elsewhere.

        Args:
            part: of the data.
            data: another data set with the same vocabulary and labels, perhaps longer; None: that of training.
        """
        from transformer_programs.learn.encoder import answers

        data = data or self.data
        return answers(self.model, encode(data, getattr(data, part)), data.kind is Kind.CLASSIFICATION)


def _vectors(config: Standard, data: Dataset, seed: int) -> Float[np.ndarray, "word width"]:
    """The first word vectors: deviation 1 / sqrt(width), by random projection where there are pretrained ones."""
    rng = np.random.default_rng([seed, 2])
    table = rng.normal(size=(len(data.vocabulary), config.width))
    found = np.zeros(len(data.vocabulary), bool)
    parts = []
    for file in filter(None, (name.strip() for name in config.vectors.split(","))):
        vectors = vocabulary_vectors(file, data.vocabulary)
        parts.append(vectors.matrix / np.maximum(np.linalg.norm(vectors.matrix, axis=1, keepdims=True), 1e-9))
        found |= vectors.found
    if parts:
        joined = np.concatenate(parts, axis=1)
        projected = joined @ rng.normal(size=(joined.shape[1], config.width))
        table[found] = projected[found] / max(float(projected[found].std()), 1e-9)
    return (table / config.width**0.5).astype(np.float32)


def _measure(data: Dataset) -> Callable[[Encoded, np.ndarray], float]:
    """What chooses the epoch: strict entity F1 for IOB2 tags, else accuracy."""
    if data.kind is Kind.TAGGING and is_iob2(data.labels):

        def f1(held: Encoded, guess: np.ndarray) -> float:
            asked = held.labels >= 0
            rows = np.nonzero(asked)[0]
            return entity_f1(data.labels, held.labels[asked], guess[asked], np.diff(rows, prepend=-1) > 0)

        return f1
    return lambda held, guess: float(np.mean((held.labels == guess)[held.labels >= 0]))


def batches(
    part: Encoded, size: int, rng: np.random.Generator | None = None
) -> Iterator[tuple[Int[np.ndarray, " row"], int]]:
    """Rows of every batch with the power of two it is padded to; like lengths together, shuffled by `rng`.

    >>> data = Encoded(np.zeros((3, 20), np.int32), np.array([3, 20, 5]), np.zeros((3, 1), np.int32))
    >>> [(rows.tolist(), length) for rows, length in batches(data, 2)]
    [([0, 2], 16), ([1], 32)]
    """
    noise = np.zeros(len(part)) if rng is None else rng.random(len(part)) * 4
    order = np.argsort(part.lengths + noise, kind="stable")
    groups = [order[i : i + size] for i in range(0, len(order), size)]
    if rng is not None:
        rng.shuffle(groups)
    for rows in groups:
        yield rows, max(16, 1 << int(part.lengths[rows].max() - 1).bit_length())
