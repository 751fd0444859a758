"""The final scores of a program: a convex fit on exact features, then whole numbers.

A program's answer is argmax over labels c of  bias[c] + sum over finite variables T[value, c] + sum over whole
numbers x of x * w[c]. Given the variables' columns, the best real scores are a convex problem (multinomial
logistic regression); a program wants small integers. So three stages: `fit`, `separate` (where the examples can
be told apart without error, a solution with a margin), `whole`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from transformer_programs.learn import score_kernels as kernels
from transformer_programs.learn.design import Design, Features, compress
from transformer_programs.learn.lbfgs import Descent, minimise

__all__ = [
    "Design",
    "Features",
    "Scores",
    "compress",
    "correct",
    "fit",
    "predict",
    "probabilities",
    "refit",
    "separate",
    "whole",
]

SCALES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024, 4096, 65536)
"""Largest integer score, tried in this order."""

EDGE = 1e-6
"""Margins up to this are none."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores in the shape of a program's output, real or whole.

    Args:
        bias: one a label.
        tables: for each finite variable an array (value, label).
        numbers: for each whole-number variable one weight a label.
    """

    bias: np.ndarray
    tables: tuple[np.ndarray, ...]
    numbers: np.ndarray

    @property
    def flat(self) -> np.ndarray:
        """All of them below each other: bias, tables, numbers."""
        return np.concatenate([self.bias[None], *self.tables, self.numbers])

    @staticmethod
    def unflat(flat: np.ndarray, sizes: Sequence[int]) -> Scores:
        """The inverse of `flat`."""
        stops = np.cumsum([1, *sizes])
        tables = tuple(flat[a:b].copy() for a, b in pairwise(stops))
        return Scores(flat[0].copy(), tables, flat[stops[-1] :].copy())


def predict(design: Design, scores: Scores) -> Int[np.ndarray, " item"]:
    """The label that the scores give every item (`design.item` leads from answers to items)."""
    return kernels.argmax(scores.flat.astype(float), design.starts, design.columns, design.values)


def correct(design: Design, scores: Scores) -> int:
    """Number of answers that the scores get right."""
    return int(design.counts[np.arange(len(design.counts)), predict(design, scores)].sum())


def fit(
    design: Design,
    start: Scores | None = None,
    *,
    penalty: float = 0.1,
    smooth: Sequence[int] = (),
    smoothness: float = 1.0,
    steps: int = 200,
    descent: Descent | None = None,
) -> tuple[Scores, float]:
    """Multinomial logistic regression by L-BFGS.

        minimise  sum over answers -log softmax(x W)[label] + penalty / 2 |W|^2
                  + smoothness / 2 * sum over ordered tables and values v of |T[v + 1] - T[v]|^2

    The last term is what values never seen in the examples go by: they continue their neighbours.

    Args:
        design: from `compress`.
        start: scores to begin with (zeros).
        penalty: the L2 weight, beside a loss that is a sum over answers.
        smooth: indices of the finite variables whose values are ordered (counts, positions).
        steps: most L-BFGS iterations.
        descent: see `minimise`.

    Returns:
        the scores and the summed loss in nats, without the penalties.
    """
    shape = (design.width, design.counts.shape[1])
    chains = _chains(design, smooth)

    def objective(x: np.ndarray) -> tuple[float, np.ndarray]:
        flat = x.reshape(shape)
        grad = penalty * flat
        loss = kernels.logistic(flat, design.starts, design.columns, design.values, design.counts, grad)
        loss += 0.5 * penalty * float(np.sum(x * x)) + _roughness(flat, grad, chains, smoothness)
        return loss, grad.ravel()

    x = np.zeros(shape[0] * shape[1]) if start is None else start.flat.astype(float).ravel()
    flat = minimise(objective, x, steps=steps, descent=descent).reshape(shape)
    scratch = np.zeros(shape)
    loss = float(kernels.logistic(flat, design.starts, design.columns, design.values, design.counts, scratch))
    return Scores.unflat(flat, design.sizes), loss


def _chains(design: Design, smooth: Sequence[int]) -> list[tuple[int, int]]:
    stops = np.cumsum([1, *design.sizes])
    return [(int(stops[i]), int(stops[i + 1])) for i in smooth]


def _roughness(flat: np.ndarray, grad: np.ndarray, chains: Sequence[tuple[int, int]], weight: float) -> float:
    loss = 0.0
    for a, b in chains:
        steps = flat[a + 1 : b] - flat[a : b - 1]
        loss += 0.5 * weight * float((steps * steps).sum())
        grad[a + 1 : b] += weight * steps
        grad[a : b - 1] -= weight * steps
    return loss


def separate(
    design: Design,
    *,
    penalty: float = 1e-3,
    smooth: Sequence[int] = (),
    steps: int = 1000,
    rounds: int = 20,
    batch: int = 2000,
    early: bool = False,
    seed: int = 0,
) -> Scores | None:
    """Scores that get every answer right with a margin, or None where this did not find any.

    Minimises the squared hinge loss over all pairs (right label, other label), with a small L2 term that keeps the
    scores, and so the integers made of them, small. Only a working set of items is looked at: a random one at first;
    after each solution a random choice of those within the margin joins it (cutting planes), until none is wrong.
    Two thousand items are often enough for a hundred thousand. Gives up early where the working set itself stays
    wrong, and at once where two answers with the same features disagree.

    Args:
        design: from `compress`.
        penalty: the L2 weight.
        smooth: indices of the finite variables whose values are ordered.
        steps: most L-BFGS iterations a round.
        rounds: most rounds.
        batch: most items that join in a round.
        early: ends a round where nothing in the working set is wrong, however narrowly: enough to know that there are
            such scores, at a fraction of the time.
        seed: of the random choices.
    """
    if int((design.counts > 0).sum(axis=1).max(initial=0)) > 1:
        return None
    shape = (design.width, design.counts.shape[1])
    chains = _chains(design, smooth)
    random = np.random.default_rng(seed)
    asked = np.flatnonzero(design.counts.sum(axis=1) > 0)
    flat = np.zeros(shape)
    active = np.zeros(len(design.counts), bool)
    active[random.permutation(asked)[:batch]] = True
    for turn in range(rounds):
        part = design.take(np.flatnonzero(active))

        def objective(x: np.ndarray, part: Design = part) -> tuple[float, np.ndarray]:
            flat = x.reshape(shape)
            grad = penalty * flat
            loss = kernels.hinge(flat, part.starts, part.columns, part.values, part.counts, grad)
            loss += 0.5 * penalty * float(np.sum(x * x)) + _roughness(flat, grad, chains, penalty)
            return loss, grad.ravel()

        def apart(x: np.ndarray, part: Design = part) -> bool:
            found = kernels.margins(x.reshape(shape), part.starts, part.columns, part.values, part.counts)
            return bool((found > EDGE).all())

        done = apart if early else None
        flat = minimise(objective, flat.ravel(), steps=steps, tolerance=1e-4, done=done).reshape(shape)
        margins = kernels.margins(flat, design.starts, design.columns, design.values, design.counts)
        if not (margins <= EDGE).any():
            return Scores.unflat(flat, design.sizes)
        if float((margins[active] <= EDGE).mean()) > (0.02 if turn else 0.05):
            return None
        active[random.permutation(np.flatnonzero((margins < 0.5) & ~active))[:batch]] = True
    return None


def whole(scores: Scores, design: Design, *, at_least: int | None = None, repair: int = 20) -> Scores:
    """Integer scores: the smallest range whose argmax is right as often as before.

    Scores are multiplied and rounded so that the largest is 1, 2, 3, ... (`SCALES`); the first that gets at least
    `at_least` answers right (default: as many as the real scores do) is taken, else the best. Where everything is to
    be right, integer perceptron steps mend the few that rounding spoils.
    """
    aim = correct(design, scores) if at_least is None else at_least
    flat = scores.flat
    flat = flat - flat.mean(axis=1, keepdims=True)
    largest = float(np.abs(flat).max(initial=0.0)) or 1.0
    margins = kernels.margins(flat, design.starts, design.columns, design.values, design.counts)
    near = design.take(np.flatnonzero(margins <= 4.0 * max(float(margins.min()), 0.5)))
    right = near.counts.argmax(axis=1)
    best: tuple[int, Scores] | None = None
    for scale in SCALES:
        rounded = np.rint(flat * (scale / largest)).astype(np.int64)
        found = Scores.unflat(rounded, design.sizes)
        hits = correct(design, found)
        if aim == design.answers and 0.98 * aim <= hits < aim:
            kernels.perceptron(rounded, near.starts, near.columns, near.values, right, repair)
            found = Scores.unflat(rounded, design.sizes)
            hits = correct(design, found)
        if best is None or hits > best[0]:
            best = (hits, found)
        if hits >= aim:
            break
    assert best is not None
    return _normal(best[1])


def _normal(scores: Scores) -> Scores:
    """The same argmax for every input with as many zeros as possible, for the reader's sake.

    A constant added to a whole row changes no argmax; a constant added to one label's column of a table can be moved
    to the bias, because every position has exactly one value of every finite variable.
    """
    bias = scores.bias.copy()
    tables = []
    for table in scores.tables:
        table = table - np.array([[_commonest(row)] for row in table], np.int64).reshape(-1, 1)
        moved = np.array([_commonest(column) for column in table.T], np.int64)
        tables.append(table - moved)
        bias += moved
    numbers = np.array([row - _commonest(row) for row in scores.numbers], np.int64).reshape(scores.numbers.shape)
    return Scores(bias - _commonest(bias), tuple(tables), numbers)


def _commonest(values: np.ndarray) -> int:
    if len(values) == 0:
        return 0
    distinct, times = np.unique(values, return_counts=True)
    return int(distinct[np.lexsort((np.abs(distinct), -times))[0]])


def probabilities(design: Design, scores: Scores) -> Float[np.ndarray, "item label"]:
    """Softmax of the scores of every item."""
    return kernels.probabilities(scores.flat.astype(float), design.starts, design.columns, design.values)


def refit(
    features: Features,
    classes: int,
    *,
    check: Features | None = None,
    penalty: float = 0.1,
    smooth: Sequence[int] = (),
    steps: int = 300,
) -> Scores:
    """Features in, integer scores out: `fit`, `separate` where that can succeed, `whole`.

    Args:
        features: the training rows.
        classes: number of labels.
        check: more rows that rounding must not harm (the validation part).
        penalty, smooth, steps: see `fit`.

    >>> rows = Features(np.array([[0], [1], [2], [1]]), (3,), np.zeros((4, 0), int), np.array([1, 0, 1, 0]))
    >>> scores = refit(rows, 2)
    >>> predict(compress(rows, 2), scores).tolist(), scores.tables[0].dtype
    ([1, 0, 1], dtype('int64'))
    """
    design = compress(features, classes)
    both = design if check is None else compress(_joined(features, check), classes)
    apart = separate(both, smooth=smooth)
    if apart is not None:
        return whole(apart, both)
    scores, _ = fit(design, penalty=penalty, smooth=smooth, steps=steps)
    return whole(scores, both)


def _joined(a: Features, b: Features) -> Features:
    groups = None
    if a.groups is not None and b.groups is not None:
        groups = np.concatenate([a.groups, b.groups + len(a.labels)])
    return Features(
        np.concatenate([a.codes, b.codes]),
        a.sizes,
        np.concatenate([a.numbers, b.numbers]),
        np.concatenate([a.labels, b.labels]),
        groups,
    )
