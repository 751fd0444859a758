"""The loops over examples behind the final scores: losses with their gradients, margins, answers, integer steps.

Scores are an array (column, label); the examples a sparse matrix of items (`scores.Design`): item i has the entries
starts[i] to starts[i + 1], each a column and a value, and its scores are the sum of value * flat[column] over them.
As in `grow.kernels` the compiled functions (`_` before their names) only fill what others have made.

They see every column's scores in a row of its own, as long as whole vectors are, where the memory is aligned: the
labels of a row are then added up in registers. The sums are those of plain loops, in their order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from transformer_programs.learn.compiled import entry, part
from transformer_programs.learn.lanes import (
    DOUBLE,
    array,
    constant,
    primitive,
    read,
    row,
    spreading,
    types,
    wide_row,
    write,
)

__all__ = ["argmax", "hinge", "logistic", "margins", "perceptron", "probabilities"]

Array = np.ndarray

LANES = 8
"""Labels of a vector; two vectors at a time where there are as many."""

ALIGNED = 64
"""Bytes of the longest vector."""


def _rows(flat: Array) -> Array:
    """A copy of (column, label) with whole vectors of labels in a row, zeros behind the last, aligned."""
    columns, labels = flat.shape
    width = -(-labels // LANES) * LANES
    room = np.empty(columns * width + ALIGNED // 8)
    start = -room.ctypes.data % ALIGNED // 8
    rows = room[start : start + columns * width].reshape(columns, width)
    rows[:, :labels] = flat
    rows[:, labels:] = 0.0
    return rows


# --- vectors of labels ------------------------------------------------------------------------------------------


def _at(lanes: int, kind: Any) -> tuple[Any, Any, Any, Any]:
    """`zero`, `load`, `store` and `plus` for vectors of so many labels."""

    @primitive(kind)
    def zero(builder: Any) -> Any:
        return constant(DOUBLE, 0.0, lanes)

    @primitive(kind, array, types.intp)
    def load(builder: Any, data: Any, index: Any) -> Any:
        return read(builder, data, index, DOUBLE, lanes)

    @primitive(types.void, array, types.intp, kind)
    def store(builder: Any, data: Any, index: Any, value: Any) -> Any:
        return write(builder, data, index, value)

    @primitive(kind, kind, types.float64, kind)
    def plus(builder: Any, total: Any, factor: Any, x: Any) -> Any:
        return builder.fadd(total, builder.fmul(x, spreading(builder, factor, lanes)))

    return zero, load, store, plus


_zero, _load, _store, _plus = _at(LANES, row)
_zero_wide, _load_wide, _store_wide, _plus_wide = _at(2 * LANES, wide_row)


@part
def _scores(i: int, flat: Any, starts: Any, columns: Any, values: Any, out: Any) -> None:
    """The scores of item i. `flat` has its rows one behind the other, each as long as `out`."""
    width = len(out)
    for c in range(0, width - LANES, 2 * LANES):
        pair = _zero_wide()
        for e in range(starts[i], starts[i + 1]):
            pair = _plus_wide(pair, np.float64(values[e]), _load_wide(flat, np.intp(columns[e]) * width + c))
        _store_wide(out, c, pair)
    if width % (2 * LANES):
        c = width - LANES
        last = _zero()
        for e in range(starts[i], starts[i + 1]):
            last = _plus(last, np.float64(values[e]), _load(flat, np.intp(columns[e]) * width + c))
        _store(out, c, last)


@part
def _spread(i: int, slope: Any, starts: Any, columns: Any, values: Any, grad: Any) -> None:
    """Adds to the gradient what item i's scores pass on."""
    width = len(slope)
    for c in range(0, width - LANES, 2 * LANES):
        pair = _load_wide(slope, c)
        for e in range(starts[i], starts[i + 1]):
            at = np.intp(columns[e]) * width + c
            _store_wide(grad, at, _plus_wide(_load_wide(grad, at), np.float64(values[e]), pair))
    if width % (2 * LANES):
        c = width - LANES
        last = _load(slope, c)
        for e in range(starts[i], starts[i + 1]):
            at = np.intp(columns[e]) * width + c
            _store(grad, at, _plus(_load(grad, at), np.float64(values[e]), last))


@part
def _first_best(p: Any, labels: int) -> int:
    best = 0
    for c in range(1, labels):
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
    rows, slopes = _rows(flat), _rows(grad)
    loss = _logistic(rows.ravel(), starts, columns, values, counts, slopes.ravel(), np.zeros(rows.shape[1]))
    grad[...] = slopes[:, : grad.shape[1]]
    return float(loss)


@entry
def _logistic(flat: Any, starts: Any, columns: Any, values: Any, counts: Any, grad: Any, p: Any) -> float:
    labels = counts.shape[1]
    loss = 0.0
    for i in range(len(counts)):
        _scores(i, flat, starts, columns, values, p)
        top = p[_first_best(p, labels)]
        total = 0.0
        n = 0.0
        for c in range(labels):
            loss -= counts[i, c] * (p[c] - top)
            n += counts[i, c]
            p[c] = np.exp(p[c] - top)
            total += p[c]
        loss += n * np.log(total)
        for c in range(labels):
            p[c] = n * p[c] / total - counts[i, c]
        _spread(i, p, starts, columns, values, grad)
    return loss


def hinge(flat: Array, starts: Array, columns: Array, values: Array, counts: Array, grad: Array) -> float:
    """Sum over items and wrong labels of max(0, 1 - (score of the right one - this one))^2, and its gradient."""
    rows, slopes = _rows(flat), _rows(grad)
    p, d = np.zeros((2, rows.shape[1]))
    loss = _hinge(rows.ravel(), starts, columns, values, counts, slopes.ravel(), p, d)
    grad[...] = slopes[:, : grad.shape[1]]
    return float(loss)


@entry
def _hinge(flat: Any, starts: Any, columns: Any, values: Any, counts: Any, grad: Any, p: Any, d: Any) -> float:
    labels = counts.shape[1]
    loss = 0.0
    for i in range(len(counts)):
        y = _label(i, counts)
        if counts[i, y] == 0.0:
            continue
        _scores(i, flat, starts, columns, values, p)
        least = 1.0 - p[y]
        p[y] = -np.inf
        all_short = 0.0
        for c in range(labels):
            short = max(0.0, least + p[c])
            loss += short * short
            d[c] = 2.0 * short
            all_short += d[c]
        if all_short > 0.0:
            d[y] = -all_short
            _spread(i, d, starts, columns, values, grad)
    return loss


def margins(flat: Array, starts: Array, columns: Array, values: Array, counts: Array) -> Array:
    """Score of each item's right label less the largest other score; infinite where no answer is asked."""
    out = np.empty(len(counts))
    rows = _rows(flat)
    _margins(rows.ravel(), starts, columns, values, counts, np.empty(rows.shape[1]), out)
    return out


@entry
def _margins(flat: Any, starts: Any, columns: Any, values: Any, counts: Any, p: Any, out: Any) -> None:
    for i in range(len(counts)):
        y = _label(i, counts)
        _scores(i, flat, starts, columns, values, p)
        right = p[y]
        p[y] = -np.inf
        out[i] = right - p[_first_best(p, counts.shape[1])] if counts[i, y] > 0.0 else np.inf


def argmax(flat: Array, starts: Array, columns: Array, values: Array) -> Array:
    """First label with the largest score of every item.

    >>> scores = np.array([[0.0, 1.0], [2.0, 0.0]])
    >>> argmax(scores, np.array([0, 1, 3]), np.array([0, 0, 1], np.int32), np.array([1, 1, 1], np.int32)).tolist()
    [1, 0]
    """
    out = np.empty(len(starts) - 1, np.int32)
    rows = _rows(flat)
    _argmax(rows.ravel(), starts, columns, values, flat.shape[1], np.empty(rows.shape[1]), out)
    return out


@entry
def _argmax(flat: Any, starts: Any, columns: Any, values: Any, labels: int, p: Any, out: Any) -> None:
    for i in range(len(out)):
        _scores(i, flat, starts, columns, values, p)
        out[i] = _first_best(p, labels)


def probabilities(flat: Array, starts: Array, columns: Array, values: Array) -> Array:
    """Softmax of the scores of every item."""
    out = np.empty((len(starts) - 1, flat.shape[1]))
    rows = _rows(flat)
    _every(rows.ravel(), starts, columns, values, np.empty(rows.shape[1]), out)
    np.exp(out - out.max(axis=1, keepdims=True), out=out)
    return np.asarray(out / out.sum(axis=1, keepdims=True))


@entry
def _every(flat: Any, starts: Any, columns: Any, values: Any, p: Any, out: Any) -> None:
    for i in range(len(out)):
        _scores(i, flat, starts, columns, values, p)
        for c in range(out.shape[1]):
            out[i, c] = p[c]


def perceptron(flat: Array, starts: Array, columns: Array, values: Array, right: Array, passes: int) -> int:
    """Integer perceptron steps on the items that are wrong, in place; the number wrong in the last pass."""
    rows = _rows(flat)
    wrong = _perceptron(rows.ravel(), starts, columns, values, right, passes, flat.shape[1], np.empty(rows.shape[1]))
    flat[...] = rows[:, : flat.shape[1]]
    return int(wrong)


@entry
def _perceptron(flat: Any, starts: Any, columns: Any, values: Any, right: Any, passes: int, labels: int, p: Any) -> int:
    wrong = 0
    for _ in range(passes):
        wrong = 0
        for i in range(len(right)):
            y = right[i]
            _scores(i, flat, starts, columns, values, p)
            best = _first_best(p, labels)
            if best != y:
                wrong += 1
                for e in range(starts[i], starts[i + 1]):
                    at = columns[e] * len(p)
                    flat[at + y] += values[e]
                    flat[at + best] -= values[e]
        if wrong == 0:
            break
    return wrong
