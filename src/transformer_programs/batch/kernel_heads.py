"""The kernel's heads: what they make of the pattern at depth 0."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from transformer_programs.batch.bits import leading, population, trailing
from transformer_programs.batch.code import Op

__all__ = ["head"]

CLOSEST, WIDTH, TOTAL = int(Op.CLOSEST), int(Op.WIDTH), int(Op.TOTAL)
BIT, NONE, ALL = np.uint64(1), np.uint64(0), np.uint64(0xFFFFFFFFFFFFFFFF)

Array = Any


@njit(nogil=True, no_rewrites=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _closest(i: int, width: int, words: int, patterns: Array, left: Array, right: Array) -> None:
    """The closest match to i, into `left`: semantics.closest by counting zeros to both sides of i.

    The nearest match on the left wins unless the one on the right is nearer; without either, i itself if it matches
    or position 0. `far` stands for none: it loses against every position, and is no position.
    """
    lanes = patterns.shape[1]
    here, far = i >> 6, 4 * width
    below = (BIT << np.uint64(i & 63)) - BIT
    itself = below + BIT
    above = ~(below + itself)
    for lane in range(lanes):
        left[lane] = -far
        right[lane] = far
    for word in range(here + 1):
        keep = below if word == here else ALL
        for lane in range(lanes):
            mask = patterns[i * words + word, lane] & keep
            left[lane] = left[lane] if mask == NONE else 64 * word + 63 - leading(mask)
    for word in range(words - 1, here - 1, -1):
        keep = above if word == here else ALL
        for lane in range(lanes):
            mask = patterns[i * words + word, lane] & keep
            right[lane] = right[lane] if mask == NONE else 64 * word + trailing(mask)
    for lane in range(lanes):
        alone = i if patterns[i * words + here, lane] & itself != NONE else 0
        found = left[lane] if i - left[lane] <= right[lane] - i else right[lane]
        left[lane] = found if 0 <= found < width else alone


@njit(nogil=True, no_rewrites=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def head(
    op: int, out: int, values: int, n: int, width: int, words: int,
    columns: Array, patterns: Array, one: Array, two: Array,
) -> None:  # fmt: skip
    """One instruction that reads the pattern and fills a column."""
    lanes = columns.shape[1]
    for i in range(n):
        row = out * width + i
        if op == CLOSEST:
            _closest(i, width, words, patterns, one, two)
            for lane in range(lanes):
                columns[row, lane] = columns[np.uint64(values * width + one[lane]), lane]
            continue
        for lane in range(lanes):
            columns[row, lane] = 0
        if op == WIDTH:
            for word in range(words):
                for lane in range(lanes):
                    columns[row, lane] += population(patterns[i * words + word, lane])
        else:
            for j in range(n):
                cell, shift, source = i * words + (j >> 6), np.uint64(j & 63), values * width + j
                for lane in range(lanes):
                    kept = columns[source, lane] & -np.int64((patterns[cell, lane] >> shift) & BIT)
                    columns[row, lane] = columns[row, lane] + kept if op == TOTAL else max(columns[row, lane], kept)
