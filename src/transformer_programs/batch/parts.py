"""Which sequences of a batch run together: those of about one length, so that little is computed past their ends."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from jaxtyping import Int

__all__ = ["Rows", "parts_of"]

LEAST_PER_THREAD = 2048

NARROW = 16
"""Sequences of a batch that is no wider are taken as they come."""

Rows: TypeAlias = slice | Int[np.ndarray, " row"]


def parts_of(lengths: Int[np.ndarray, " sequence"], width: int, threads: int) -> list[tuple[Rows, int]]:
    """Rows, and how many positions of them are needed; in the order of their lengths where these differ.

    Args:
        lengths: of all sequences; some may be wrong.
        width: positions of the array.
        threads: as many share what is large enough.

    >>> parts_of(np.array([40, 3, 30, 2]), 50, 1)
    [(array([3, 1]), 3), (array([2]), 30), (array([0]), 40)]
    >>> parts_of(np.array([3, 3]), 50, 1)
    [(slice(0, 2, None), 3)]
    """
    if not len(lengths):
        return []
    longest = _fitting(lengths.max(), width)
    if width <= NARROW or lengths.min() == lengths.max():
        return [(slice(start, end), longest) for start, end in _shares(0, len(lengths), threads)]
    order = np.argsort(lengths, kind="stable")
    ends = [NARROW << doubled for doubled in range((width // NARROW).bit_length())]
    bounds = [0, *np.searchsorted(lengths[order], ends, side="right").tolist(), len(order)]
    return [
        (order[start:end], _fitting(lengths[order[end - 1]], width))
        for low, high in pairwise(bounds)
        for start, end in _shares(low, high, threads)
    ]


def _shares(start: int, end: int, threads: int) -> Iterator[tuple[int, int]]:
    """The range in equal parts, one a thread, fewer where it is short."""
    count = end - start
    parts = max(min(threads, count // LEAST_PER_THREAD), min(count, 1))
    for i in range(parts):
        yield start + count * i // parts, start + count * (i + 1) // parts


def _fitting(length: int, width: int) -> int:
    return max(min(int(length), width), 1)
