"""The examples, and the scores fitted to some of their variables: what a program gets right, and what is left over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from transformer_programs.learn.grow.bank import Bank
from transformer_programs.learn.grow.graph import Variable
from transformer_programs.learn.lbfgs import Descent
from transformer_programs.learn.scores import Design, Features, Scores, compress, fit, predict, probabilities

__all__ = ["Examples", "Feature", "Model", "fit_model"]

FIT_ITEMS = 40_000
"""Distinct feature rows that the fit between two additions looks at; the last fit looks at all."""


@dataclass(frozen=True, slots=True, order=True)
class Feature:
    """A variable that the scores read: by a table of its values, or (linear) as a number times a weight."""

    variable: Variable
    linear: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Sequences with their labels, and the tokens that the scores are read from.

    Args:
        bank: the sequences, perhaps with others.
        labels: one an answer.
        home: the sequence of every answer.
        sequence, position: of every row; a row is a token that the scores are read from.
        answer: the answer that a row's scores go to.
        pooled: several rows an answer.
        classes: number of labels.
        weights: None, or how often each answer counts.
    """

    bank: Bank
    labels: Int[np.ndarray, " answer"]
    home: Int[np.ndarray, " answer"]
    sequence: Int[np.ndarray, " row"]
    position: Int[np.ndarray, " row"]
    answer: Int[np.ndarray, " row"]
    pooled: bool
    classes: int
    weights: Float[np.ndarray, " answer"] | None = None

    @staticmethod
    def of(bank: Bank, labels: Int[np.ndarray, "sequence answer"], pooled: bool, classes: int) -> Examples:
        """The examples of sequences in a bank."""
        if pooled:
            home = np.flatnonzero(labels[:, 0] >= 0)
            sequence, position = np.nonzero(bank.mask & (labels >= 0))
            return Examples(
                bank, labels[home, 0], home, sequence, position, np.searchsorted(home, sequence), pooled, classes
            )
        sequence, position = np.nonzero(labels >= 0)
        return Examples(
            bank, labels[sequence, position], sequence, sequence, position, np.arange(len(sequence)), pooled, classes
        )

    def part(self, bank: Bank, place: Int[np.ndarray, " sequence"], weight: np.ndarray | None = None) -> Examples:
        """The examples of some of the sequences.

        Args:
            bank: that has them.
            place: for every sequence its number in that bank, -1 where it is left out.
            weight: None, or how often the answers of each sequence count.
        """
        answers, rows = np.flatnonzero(place[self.home] >= 0), np.flatnonzero(place[self.sequence] >= 0)
        number = np.cumsum(place[self.home] >= 0) - 1
        return Examples(
            bank,
            self.labels[answers],
            place[self.home[answers]],
            place[self.sequence[rows]],
            self.position[rows],
            number[self.answer[rows]],
            self.pooled,
            self.classes,
            None if weight is None else weight[self.home[answers]],
        )

    def codes(self, variable: Variable) -> Int[np.ndarray, " row"]:
        """A variable's code at every row."""
        return self.bank[variable][self.sequence, self.position]

    def features(self, features: Sequence[Feature]) -> Features:
        """The feature columns, in the given order: tables first, then numbers."""
        finite = [feature.variable for feature in features if not feature.linear]
        numbers = [feature.variable for feature in features if feature.linear]
        return Features(
            codes=self._stack(finite),
            sizes=tuple(self.bank.graph.sizes[variable] for variable in finite),
            numbers=self._stack(numbers),
            labels=self.labels,
            groups=self.answer if self.pooled else None,
            weights=self.weights,
        )

    def _stack(self, variables: Sequence[Variable]) -> Int[np.ndarray, "row variable"]:
        columns = [self.codes(variable) for variable in variables]
        return np.stack(columns, axis=1) if columns else np.zeros((len(self.sequence), 0), np.int32)

    @property
    def sequences(self) -> int:
        """Number of sequences that have an answer."""
        return len(np.unique(self.home))


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Scores fitted to some features of the examples.

    Args:
        features: tables first, then numbers.
        scores: real scores.
        design: the examples' feature rows.
        loss: summed cross-entropy in nats over all training answers.
        right: for every answer, whether the scores get it right.
        chance: for every answer the probabilities of all labels.
    """

    features: tuple[Feature, ...]
    scores: Scores
    design: Design
    loss: float
    right: Bool[np.ndarray, " answer"]
    chance: Float[np.ndarray, "answer label"]

    @property
    def accuracy(self) -> float:
        """Share of the answers that are right."""
        return float(self.right.mean())

    def accuracy_on(self, examples: Examples) -> float:
        """Share of other answers that the scores get right; NaN where there are none."""
        if not len(examples.labels):
            return float("nan")
        design = compress(examples.features(self.features), examples.classes)
        return float((predict(design, self.scores)[design.item] == examples.labels).mean())

    @property
    def exact(self) -> bool:
        """Whether every answer is right."""
        return bool(self.right.all())


def fit_model(
    examples: Examples,
    features: Sequence[Feature],
    *,
    start: Model | None = None,
    penalty: float = 0.1,
    steps: int = 100,
    seed: int = 0,
    descent: Descent | None = None,
) -> Model:
    """Fits the scores, warm from a model that shares features with it (or from where `descent` was left)."""
    ordered = tuple(f for f in features if not f.linear) + tuple(f for f in features if f.linear)
    design = compress(examples.features(ordered), examples.classes)
    first = None if start is None else _warm(start, ordered, design)
    part = design
    if len(design.counts) > FIT_ITEMS:
        part = design.take(np.sort(np.random.default_rng(seed).permutation(len(design.counts))[:FIT_ITEMS]))
        penalty *= FIT_ITEMS / len(design.counts)
    scores, _ = fit(part, first, penalty=penalty, steps=steps, descent=descent)
    return judge(examples, ordered, scores, design)


def judge(examples: Examples, features: tuple[Feature, ...], scores: Scores, design: Design) -> Model:
    """The model of given scores."""
    chance = probabilities(design, scores)[design.item]
    right = predict(design, scores)[design.item] == examples.labels
    own = chance[np.arange(len(examples.labels)), examples.labels]
    weights = 1.0 if examples.weights is None else examples.weights
    loss = float(-(weights * np.log(np.maximum(own, 1e-300))).sum())
    return Model(features, scores, design, loss, right, chance)


def _warm(start: Model, features: tuple[Feature, ...], design: Design) -> Scores:
    finite = [f for f in start.features if not f.linear]
    known = dict(
        zip([*finite, *(f for f in start.features if f.linear)], [*start.scores.tables, *start.scores.numbers])
    )
    classes = design.counts.shape[1]
    sizes = iter(design.sizes)
    tables = []
    for feature in features:
        if not feature.linear:
            size = next(sizes)
            tables.append(known.get(feature, np.zeros((size, classes))))
    numbers = [known.get(feature, np.zeros(classes)) for feature in features if feature.linear]
    return Scores(start.scores.bias, tuple(tables), np.array(numbers).reshape(len(numbers), classes))
