"""The kernel's patterns: bits of key positions, so that and, or and not are one instruction."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from transformer_programs.batch.code import Op

__all__ = ["index", "pattern", "span"]

SPAN, EQUAL, AT_MOST, GRID = int(Op.SPAN), int(Op.EQUAL), int(Op.AT_MOST), int(Op.GRID)
AND, OR, NOT = int(Op.AND), int(Op.OR), int(Op.NOT)
BIT, NONE, ALL = np.uint64(1), np.uint64(0), np.uint64(0xFFFFFFFFFFFFFFFF)

Array = Any


@njit(nogil=True, no_rewrites=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def span(first: int, last: int, word: int) -> Any:
    """The bits of word number `word` that stand for positions first..last."""
    low = max(first - 64 * word, 0)
    high = min(last + 1 - 64 * word, 64)
    if low >= high:
        return NONE
    return (ALL >> np.uint64(64 - (high - low))) << np.uint64(low)


@njit(nogil=True, no_rewrites=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def index(columns: Array, pool: Array, width: int, i: int, base: int, reads: int, count: int, out: Array) -> None:
    """Where in the pool each lane finds its cell: base plus the reads, see code.py."""
    lanes = columns.shape[1]
    for lane in range(lanes):
        out[lane] = base
    for read in range(reads, reads + 4 * count, 4):
        row = pool[read] * width + i
        low, high, stride = pool[read + 1], pool[read + 2], pool[read + 3]
        for lane in range(lanes):
            out[lane] += (min(max(columns[row, lane], low), high) - low) * stride


@njit(nogil=True, no_rewrites=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def pattern(
    op: int, a: int, b: int, c: int, d: int, n: int, width: int,
    pool: Array, columns: Array, visible: Array, patterns: Array,
) -> None:  # fmt: skip
    """One instruction that makes or changes the pattern at depth `a`."""
    words, lanes = visible.shape[0] // width, visible.shape[1]
    base = a * width * words
    if op >= AND:
        other = base + width * words
        for cell in range(n * words):
            for lane in range(lanes):
                here, there = patterns[base + cell, lane], visible[cell, lane]
                if op != NOT:
                    there = patterns[other + cell, lane]
                patterns[base + cell, lane] = here | there if op == OR else there & (here if op == AND else ~here)
        return
    for i in range(n):
        query = c * width + i
        for word in range(words):
            cell = base + i * words + word
            whole = span(i + b, i + c, word) if op == SPAN else NONE
            for lane in range(lanes):
                patterns[cell, lane] = whole
            for j in range(64 * word, 64 * word if op == SPAN else min(n, 64 * word + 64)):
                shift = np.uint64(j & 63)
                key = b * width + j
                if op == EQUAL:
                    for lane in range(lanes):
                        same = columns[key, lane] == columns[query, lane]
                        patterns[cell, lane] |= BIT << shift if same else NONE
                elif op == AT_MOST:
                    for lane in range(lanes):
                        fits = columns[key, lane] <= columns[query, lane] + d
                        patterns[cell, lane] |= BIT << shift if fits else NONE
                else:
                    for lane in range(lanes):
                        place = columns[key, lane]
                        row = pool[np.uint64(d + columns[query, lane] + (place >> 6))]
                        patterns[cell, lane] |= (np.uint64(row >> (place & 63)) & BIT) << shift
            for lane in range(lanes):
                patterns[cell, lane] &= visible[i * words + word, lane]
