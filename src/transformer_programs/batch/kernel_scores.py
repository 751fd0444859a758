"""The kernel's output: sums of integer scores, the first best label, or a column as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from transformer_programs.batch.code import Op
from transformer_programs.batch.kernel_patterns import index

__all__ = ["answer", "score"]

BIAS, SCORE, POOL, ARGMAX = int(Op.BIAS), int(Op.SCORE), int(Op.POOL), int(Op.ARGMAX)

Array = Any


@njit(nogil=True, no_rewrites=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def score(
    op: int, a: int, b: int, c: int, n: int, width: int, labels: int,
    pool: Array, columns: Array, scores: Array, one: Array,
) -> None:  # fmt: skip
    """One instruction that starts the scores or adds to them."""
    lanes = columns.shape[1]
    for i in range(n):
        if op == SCORE:
            index(columns, pool, width, i, a, b, c, one)
        for label in range(labels):
            cell = i * labels + label
            if op == SCORE:
                for lane in range(lanes):
                    scores[cell, lane] += pool[np.uint64(one[lane] + label)]
            else:
                weight = pool[a + label]
                if op == BIAS:
                    for lane in range(lanes):
                        scores[cell, lane] = weight
                else:
                    for lane in range(lanes):
                        scores[cell, lane] += weight * columns[b * width + i, lane]


@njit(nogil=True, no_rewrites=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def answer(
    op: int, a: int, b: int, n: int, width: int, labels: int, start: int, filled: int,
    size: Array, columns: Array, scores: Array, answers: Array, one: Array, two: Array,
) -> None:  # fmt: skip
    """One instruction that makes answers; those past a sequence's end are left alone."""
    lanes = columns.shape[1]
    if op == POOL:
        for i in range(1, n):
            for label in range(labels):
                for lane in range(lanes):
                    scores[label, lane] += scores[i * labels + label, lane] if i < size[lane] else 0
        return
    for i in range(1 if op == ARGMAX and a else n):
        if op == ARGMAX:
            for lane in range(lanes):
                one[lane] = 0
                two[lane] = scores[i * labels, lane]
            for label in range(1, labels):
                for lane in range(lanes):
                    better = scores[i * labels + label, lane] > two[lane]
                    one[lane] = label if better else one[lane]
                    two[lane] = max(scores[i * labels + label, lane], two[lane])
        else:
            for lane in range(lanes):
                one[lane] = columns[a * width + i, lane] - b
        for lane in range(filled):
            if i < size[lane]:
                answers[start + lane, i] = one[lane]
