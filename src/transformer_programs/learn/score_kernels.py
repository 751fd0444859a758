"""The loops over examples behind the final scores: losses with their gradients, margins, answers, integer steps.

Scores are an array (column, label); the examples a sparse matrix of items (`scores.Design`): item i has the entries
starts[i] to starts[i + 1], each a column and a value, and its scores are the sum of value * flat[column] over them.
As in `grow.kernels` the compiled functions (`_` before their names) only fill what others have made.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from transformer_programs.learn.compiled import entry, part

__all__ = ["argmax", "hinge", "logistic", "margins", "perceptron", "probabilities"]

Array = np.ndarray


@part
def _scores(i: int, flat: Any, starts: Any, columns: Any, values: Any, out: Any) -> None:
    """The scores of item i."""
    for c in range(len(out)):
        out[c] = 0
    for e in range(starts[i], starts[i + 1]):
        column, x = columns[e], values[e]
        for c in range(len(out)):
            out[c] += x * flat[column, c]


@part
def _spread(i: int, slope: Any, starts: Any, columns: Any, values: Any, grad: Any) -> None:
    """Adds to the gradient what item i's scores pass on."""
    for e in range(starts[i], starts[i + 1]):
        column, x = columns[e], values[e]
        for c in range(len(slope)):
            grad[column, c] += x * slope[c]


@part
def _first_best(p: Any) -> int:
    best = 0
    for c in range(1, len(p)):
        if p[c] > p[best]:
            best = c
    return best


@part
def _label(i: int, counts: Any) -> int:
    """The label that item i has most often."""
    y = 0
    for c in range(1, counts.shape[1]):
        if counts[i, c] > counts[i, y]:
            y = c
    return y


def logistic(flat: Array, starts: Array, columns: Array, values: Array, counts: Array, grad: Array) -> float:
    """Sum over answers of -log p, and its gradient added to `grad`."""
    return float(_logistic(flat, starts, columns, values, counts, grad, np.empty(counts.shape[1])))


@entry
def _logistic(flat: Any, starts: Any, columns: Any, values: Any, counts: Any, grad: Any, p: Any) -> float:
    loss = 0.0
    for i in range(len(counts)):
        _scores(i, flat, starts, columns, values, p)
        top = p[_first_best(p)]
        total = 0.0
        n = 0.0
        for c in range(len(p)):
            loss -= counts[i, c] * (p[c] - top)
            n += counts[i, c]
            p[c] = np.exp(p[c] - top)
            total += p[c]
        loss += n * np.log(total)
        for c in range(len(p)):
            p[c] = n * p[c] / total - counts[i, c]
        _spread(i, p, starts, columns, values, grad)
    return loss


def hinge(flat: Array, starts: Array, columns: Array, values: Array, counts: Array, grad: Array) -> float:
    """Sum over items and wrong labels of max(0, 1 - (score of the right one - this one))^2, and its gradient."""
    classes = counts.shape[1]
    return float(_hinge(flat, starts, columns, values, counts, grad, np.empty(classes), np.empty(classes)))


@entry
def _hinge(flat: Any, starts: Any, columns: Any, values: Any, counts: Any, grad: Any, p: Any, d: Any) -> float:
    loss = 0.0
    for i in range(len(counts)):
        y = _label(i, counts)
        if counts[i, y] == 0.0:
            continue
        _scores(i, flat, starts, columns, values, p)
        for c in range(len(p)):
            d[c] = 0.0
        for c in range(len(p)):
            short = 1.0 - p[y] + p[c]
            if c != y and short > 0.0:
                loss += short * short
                d[c] += 2.0 * short
                d[y] -= 2.0 * short
        if d[y] < 0.0:
            _spread(i, d, starts, columns, values, grad)
    return loss


def margins(flat: Array, starts: Array, columns: Array, values: Array, counts: Array) -> Array:
    """Score of each item's right label less the largest other score; infinite where no answer is asked."""
    out = np.empty(len(counts))
    _margins(flat, starts, columns, values, counts, np.empty(counts.shape[1]), out)
    return out


@entry
def _margins(flat: Any, starts: Any, columns: Any, values: Any, counts: Any, p: Any, out: Any) -> None:
    for i in range(len(counts)):
        y = _label(i, counts)
        _scores(i, flat, starts, columns, values, p)
        right = p[y]
        p[y] = -np.inf
        out[i] = right - p[_first_best(p)] if counts[i, y] > 0.0 else np.inf


def argmax(flat: Array, starts: Array, columns: Array, values: Array) -> Array:
    """First label with the largest score of every item.

    >>> scores = np.array([[0.0, 1.0], [2.0, 0.0]])
    >>> argmax(scores, np.array([0, 1, 3]), np.array([0, 0, 1], np.int32), np.array([1, 1, 1], np.int32)).tolist()
    [1, 0]
    """
    out = np.empty(len(starts) - 1, np.int32)
    _argmax(flat, starts, columns, values, np.empty(flat.shape[1]), out)
    return out


@entry
def _argmax(flat: Any, starts: Any, columns: Any, values: Any, p: Any, out: Any) -> None:
    for i in range(len(out)):
        _scores(i, flat, starts, columns, values, p)
        out[i] = _first_best(p)


def probabilities(flat: Array, starts: Array, columns: Array, values: Array) -> Array:
    """Softmax of the scores of every item."""
    out = np.empty((len(starts) - 1, flat.shape[1]))
    _every(flat, starts, columns, values, np.empty(flat.shape[1]), out)
    np.exp(out - out.max(axis=1, keepdims=True), out=out)
    return np.asarray(out / out.sum(axis=1, keepdims=True))


@entry
def _every(flat: Any, starts: Any, columns: Any, values: Any, p: Any, out: Any) -> None:
    for i in range(len(out)):
        _scores(i, flat, starts, columns, values, p)
        for c in range(len(p)):
            out[i, c] = p[c]


def perceptron(flat: Array, starts: Array, columns: Array, values: Array, right: Array, passes: int) -> int:
    """Integer perceptron steps on the items that are wrong, in place; the number wrong in the last pass."""
    return int(_perceptron(flat, starts, columns, values, right, passes, np.empty_like(flat[0])))


@entry
def _perceptron(flat: Any, starts: Any, columns: Any, values: Any, right: Any, passes: int, p: Any) -> int:
    wrong = 0
    for _ in range(passes):
        wrong = 0
        for i in range(len(right)):
            y = right[i]
            _scores(i, flat, starts, columns, values, p)
            best = _first_best(p)
            if best != y:
                wrong += 1
                for e in range(starts[i], starts[i + 1]):
                    flat[columns[e], y] += values[e]
                    flat[columns[e], best] -= values[e]
        if wrong == 0:
            break
    return wrong
