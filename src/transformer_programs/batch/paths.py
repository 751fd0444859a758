"""The best sequences of labels of many sequences at once: `semantics.best_path` as array operations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from transformer_programs.batch.alphabet import CannotLower

__all__ = ["LARGEST", "best_paths", "row_of"]

NEVER = -(1 << 61)
"""What stands for a label that cannot be there: less than any sum, and its sums with scores stay in 64 bits."""

LARGEST = 1 << 60
"""Sums of scores are smaller than this."""


def best_paths(
    scores: Int[np.ndarray, "sequence position label"],
    first: Sequence[int | None],
    follows: Sequence[Sequence[int | None]],
) -> Int[np.ndarray, "sequence position"]:
    """For sequences of one length, as `semantics.best_path` for each.

    Raises:
        CannotLower: sums that could leave 64 bits.

    >>> best_paths(np.array([[[0, 0, 9], [0, 0, 5]]]), (0, 0, None), ((0, 0, None), (0, 0, 0), (0, 0, 0))).tolist()
    [[1, 2]]
    """
    sequences, positions, _ = scores.shape
    start, moves = row_of(first), np.stack([row_of(row) for row in follows])
    known = [abs(score) for row in (first, *follows) for score in row if score is not None]
    if (int(np.abs(scores).max(initial=0)) + max(known)) * positions >= LARGEST:
        raise CannotLower("large scores")
    ahead = scores.astype(np.int64)
    for position in range(positions - 2, -1, -1):
        later = np.where(moves == NEVER, NEVER, moves + ahead[:, position + 1, None, :])
        ahead[:, position] += later.max(axis=2)
    path = np.zeros((sequences, positions), np.int64)
    allowed = np.broadcast_to(start, (sequences, len(start)))
    for position in range(positions):
        path[:, position] = np.where(allowed == NEVER, NEVER, allowed + ahead[:, position]).argmax(axis=1)
        allowed = moves[path[:, position]]
    return path


def row_of(row: Sequence[int | None]) -> Int[np.ndarray, " label"]:
    """What each label adds, as numbers.

    Raises:
        CannotLower: numbers that could leave 64 bits.
    """
    values = [NEVER if score is None else score for score in row]
    if max(abs(score) for score in values if score != NEVER) >= LARGEST:
        raise CannotLower("large scores")
    return np.array(values, np.int64)
