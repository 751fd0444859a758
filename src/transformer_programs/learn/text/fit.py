"""Scores of categorical variables for text: multinomial logistic regression on sparse rows, then whole numbers.

    minimise  sum over answers -log softmax(x W)[label] + penalty / 2 (|F|^2 + |U|^2),   W = S F + V U

x has a 1 for the value of every variable, summed over the sequence where the program is pooled, and a 1 for the
bias. S is diagonal: how freely each column moves. V has word vectors for the columns that are words, and zeros: scores
of words with like vectors are then alike as far as the examples let them be (a Gaussian prior whose covariance is
S S' + V V'), and words that training has seldom lean on their neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int
from numba import njit

from transformer_programs.learn.lbfgs import minimise

__all__ = [
    "Leaning",
    "Prior",
    "Rows",
    "fit",
    "loss_of",
    "naive_bayes",
    "scores_of",
    "sharpest_loss",
    "whole",
]

SMOOTH = 0.5
"""What is added to every count of naive Bayes."""

Weights = Float[np.ndarray, "column label"]


@dataclass(frozen=True, slots=True, eq=False)
class Leaning:
    """Columns whose scores lean on vectors.

    Args:
        begin: the first of them.
        vectors: one a column; in single precision, since reading them is what a fit spends its time on.
    """

    begin: int
    vectors: Float32[np.ndarray, "column dimension"]

    @property
    def columns(self) -> slice:
        """Their places."""
        return slice(self.begin, self.begin + len(self.vectors))


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Answers as sparse rows: column 0 is the bias, then the values of every variable.

    Args:
        starts: where each answer's entries begin, and the end.
        columns: of each entry.
        values: how often it counts.
        labels: one an answer.
        asked: for every row its number among all positions (or sequences) of the corpus.
        width: number of columns.
    """

    starts: Int[np.ndarray, " answer_and_end"]
    columns: Int[np.ndarray, " entry"]
    values: Float[np.ndarray, " entry"]
    labels: Int[np.ndarray, " answer"]
    asked: Int[np.ndarray, " answer"]
    width: int

    @staticmethod
    def of(
        codes: Sequence[Int[np.ndarray, " position"]],
        sizes: Sequence[int],
        labels: Int[np.ndarray, " answer"],
        groups: Int[np.ndarray, " position"] | None = None,
    ) -> Rows:
        """From the codes of every variable at every position.

        Args:
            codes, sizes: of the variables.
            labels: one a position, or with `groups` one a sequence; -1: not asked.
            groups: None, or for every position its sequence.
        """
        offsets = np.cumsum([1, *sizes])
        width = int(offsets[-1])
        asked = np.flatnonzero(labels >= 0)
        columns = np.stack([column + offset for column, offset in zip(codes, offsets)], axis=1)
        if groups is None:
            kept = np.concatenate([np.zeros((len(asked), 1), np.int64), columns[asked]], axis=1)
            starts = np.arange(len(asked) + 1) * kept.shape[1]
            flat = kept.ravel()
            return Rows(starts, flat.astype(np.int32), np.ones(len(flat), np.float32), labels[asked], asked, width)
        keys = (groups[:, None] * width + columns).ravel()
        # A program adds its bias once a position; what counts once a sequence is the score of its marker `<s>`.
        bias = groups * width
        entries, values = np.unique(np.concatenate([bias, keys]), return_counts=True)
        keep = labels[entries // width] >= 0
        entries, values = entries[keep], values[keep]
        starts = np.searchsorted(entries, np.append(asked, len(labels)) * width)
        return Rows(starts, (entries % width).astype(np.int32), values.astype(np.float32), labels[asked], asked, width)


@njit(cache=True, nogil=True, fastmath=True)
def _loss(weights: Any, starts: Any, columns: Any, values: Any, labels: Any, grad: Any) -> float:
    classes = weights.shape[1]
    total = 0.0
    scores = np.empty(classes)
    for answer in range(len(labels)):
        scores[:] = 0.0
        for entry in range(starts[answer], starts[answer + 1]):
            column, value = columns[entry], values[entry]
            for o in range(classes):
                scores[o] += value * weights[column, o]
        most = scores.max()
        norm = 0.0
        for o in range(classes):
            scores[o] = np.exp(scores[o] - most)
            norm += scores[o]
        label = labels[answer]
        total -= np.log(max(scores[label] / norm, 1e-300))
        for o in range(classes):
            scores[o] /= norm
        scores[label] -= 1.0
        for entry in range(starts[answer], starts[answer + 1]):
            column, value = columns[entry], values[entry]
            for o in range(classes):
                grad[column, o] += value * scores[o]
    return total


@njit(cache=True, nogil=True)
def _scores(weights: Any, starts: Any, columns: Any, values: Any) -> Any:
    out = np.zeros((len(starts) - 1, weights.shape[1]), weights.dtype)
    for answer in range(len(out)):
        for entry in range(starts[answer], starts[answer + 1]):
            for o in range(weights.shape[1]):
                out[answer, o] += weights[columns[entry], o] * weights.dtype.type(values[entry])
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """How freely scores move, and what they lean on.

    Args:
        free: the diagonal of S.
        leanings: the parts of V.
    """

    free: Float[np.ndarray, " column"]
    leanings: tuple[Leaning, ...] = ()

    @property
    def unknowns(self) -> int:
        """Rows of F and of every U together."""
        return len(self.free) + sum(leaning.vectors.shape[1] for leaning in self.leanings)

    def weights(self, unknown: Weights) -> Weights:
        """W, of F and every U one below the other."""
        found = self.free[:, None] * unknown[: len(self.free)]
        for leaning, function in zip(self.leanings, self.maps(unknown)):
            found[leaning.columns] += leaning.vectors @ function.astype(np.float32)
        return found

    def maps(self, unknown: Weights) -> list[Weights]:
        """Every U."""
        sizes = [leaning.vectors.shape[1] for leaning in self.leanings]
        return np.split(unknown[len(self.free) :], np.cumsum(sizes)[:-1]) if sizes else []

    def back(self, gradient: Weights) -> Weights:
        """The gradient in F and every U from that in W."""
        single = gradient.astype(np.float32)
        parts = (one.vectors.T @ single[one.columns] for one in self.leanings)
        return np.concatenate([self.free[:, None] * gradient, *parts])


def fit(
    rows: Rows, prior: Prior, labels: int, *, penalty: float, start: Weights | None = None, steps: int = 100
) -> tuple[Weights, Weights]:
    """The scores that minimise the penalised loss, and the unknowns behind them.

    Args:
        rows: the answers.
        prior: how freely scores move.
        labels: how many there are.
        penalty: weight of the squared unknowns.
        start: unknowns to begin with; None: zero.
        steps: most L-BFGS iterations.
    """
    shape = (prior.unknowns, labels)

    def objective(x: np.ndarray) -> tuple[float, np.ndarray]:
        unknown = x.reshape(shape)
        weights = prior.weights(unknown)
        gradient = np.zeros_like(weights)
        loss = _loss(weights, rows.starts, rows.columns, rows.values, rows.labels, gradient)
        return loss + 0.5 * penalty * float(np.sum(unknown * unknown)), (
            prior.back(gradient) + penalty * unknown
        ).ravel()

    begin = np.zeros(shape) if start is None else start
    unknown = minimise(objective, begin.ravel(), steps=steps, tolerance=1e-4).reshape(shape)
    return prior.weights(unknown), unknown


def loss_of(rows: Rows, weights: Weights) -> float:
    """Mean cross-entropy of the answers in nats."""
    rest = np.zeros_like(weights)
    return float(_loss(weights, rows.starts, rows.columns, rows.values, rows.labels, rest)) / max(len(rows.labels), 1)


SHARPNESSES = tuple(float(t) for t in np.geomspace(0.3, 20.0, 16))


def sharpest_loss(scores: Float[np.ndarray, "answer label"], labels: Int[np.ndarray, " answer"]) -> float:
    """Mean cross-entropy of the answers in nats, the least over what all scores may be multiplied by.

    An argmax does not see their scale, so it does not count here.

    >>> scores = np.array([[2.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    >>> [round(sharpest_loss(scale * scores, np.array([0, 1, 1])), 4) for scale in (1, 7)]
    [0.5752, 0.5752]
    """
    level = scores - scores.max(axis=1, keepdims=True)
    level = level / max(float(np.abs(level).mean()), 1e-9)
    right = np.take_along_axis(level, labels[:, None], axis=1)[:, 0]
    return min(float(np.mean(np.log(np.exp(t * level).sum(axis=1)) - t * right)) for t in SHARPNESSES)


def scores_of(rows: Rows, weights: np.ndarray) -> np.ndarray:
    """The scores of every answer: whole where the weights are."""
    return np.asarray(_scores(weights, rows.starts, rows.columns, rows.values))


def naive_bayes(rows: Rows, sizes: Sequence[int], classes: int) -> Weights:
    """Log-probabilities of values given the label, less their mean over labels; zeros for the bias and what follows.

    Without those of the labels themselves, which a program has no place for but the score of `<s>`.

    Args:
        rows: the answers.
        sizes: values of the first variables, those that are counted.
        classes: how many labels there are.
    """
    counts = np.zeros((rows.width, classes))
    answers = np.repeat(np.arange(len(rows.labels)), np.diff(rows.starts))
    np.add.at(counts, (rows.columns, rows.labels[answers]), rows.values)
    weights = np.zeros_like(counts)
    for begin, size in zip(np.cumsum([1, *sizes]), sizes):
        part = counts[begin : begin + size] + SMOOTH
        weights[begin : begin + size] = np.log(part / part.sum(axis=0))
    return weights - weights.mean(axis=1, keepdims=True)


def whole(weights: Weights, largest: int) -> Int[np.ndarray, "column label"]:
    """The weights, each row less its mean, scaled so that the largest is `largest`, rounded."""
    level = weights - weights.mean(axis=1, keepdims=True)
    return np.rint(level * (largest / max(float(np.abs(level).max()), 1e-9))).astype(np.int64)
