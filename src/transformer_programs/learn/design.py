"""What scores are fitted on: feature rows, equal ones merged, as a sparse matrix.

On the algorithmic tasks a hundred thousand tokens become a few thousand distinct rows, and every pass over the data is
that much cheaper.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

__all__ = ["Design", "Features", "compress"]


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What the scores may read, one row a token.

    Args:
        codes: values of the finite variables.
        sizes: number of values of each of them.
        numbers: values of the whole-number variables.
        labels: one a row, -1 where no answer is asked; with `groups` one a group.
        groups: None, or for every row the sequence it belongs to (0, 1, ...): a pooled program, whose scores are
            summed over the rows of a sequence.
        weights: None, or how often each answer counts.
    """

    codes: Int[np.ndarray, "row finite"]
    sizes: tuple[int, ...]
    numbers: Int[np.ndarray, "row number"]
    labels: Int[np.ndarray, " answer"]
    groups: Int[np.ndarray, " row"] | None = None
    weights: Float[np.ndarray, " answer"] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Distinct feature rows as a sparse matrix, with the labels that go with each.

    Args:
        starts: where each item's entries begin, and the end.
        columns: index of each entry into the flat scores.
        values: its value (1 for a finite variable's value, the number itself, a sum where pooled).
        counts: how many answers with these features have each label.
        item: for every answer its item, -1 where no answer is asked.
        sizes: of the finite variables.
        width: number of columns.
    """

    starts: Int[np.ndarray, " item_and_end"]
    columns: Int[np.ndarray, " entry"]
    values: Int[np.ndarray, " entry"]
    counts: Float[np.ndarray, "item label"]
    item: Int[np.ndarray, " answer"]
    sizes: tuple[int, ...]
    width: int

    @property
    def answers(self) -> int:
        """Number of answers."""
        return int(self.counts.sum())

    def take(self, items: Int[np.ndarray, " chosen"]) -> Design:
        """Some of the items."""
        lengths = np.diff(self.starts)[items]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        entries = np.repeat(self.starts[items] - starts[:-1], lengths) + np.arange(starts[-1])
        return Design(
            starts, self.columns[entries], self.values[entries], self.counts[items], items, self.sizes, self.width
        )


def compress(features: Features, classes: int) -> Design:
    """Merges equal feature rows (pooled: one item a sequence, equal entries of it merged)."""
    offsets = np.cumsum([1, *features.sizes])
    numbers = features.numbers.shape[1]
    width = int(offsets[-1]) + numbers
    if features.groups is not None:
        return _pooled(features, classes, offsets, width)
    asked = np.flatnonzero(features.labels >= 0)
    codes, whole_numbers = features.codes[asked], features.numbers[asked]
    key, keys = np.zeros(len(asked), np.int64), 1
    for column in [*codes.T, *whole_numbers.T]:
        column = column.astype(np.int64) - column.min(initial=0)
        size = int(column.max(initial=0)) + 1
        if keys > 2**62 // size:
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
            keys = len(asked)
        key, keys = key * size + column, keys * size
    _, first, item = np.unique(key, return_index=True, return_inverse=True)
    counts = np.zeros((len(first), classes))
    np.add.at(counts, (item, features.labels[asked]), 1.0 if features.weights is None else features.weights[asked])
    ones = np.ones((len(first), 1), np.int64)
    columns = np.concatenate([0 * ones, codes[first] + offsets[:-1], ones * (offsets[-1] + np.arange(numbers))], axis=1)
    values = np.concatenate([ones, np.ones_like(codes[first]), whole_numbers[first]], axis=1)
    starts = np.arange(len(first) + 1, dtype=np.int64) * columns.shape[1]
    back = np.full(len(features.labels), -1, np.int64)
    back[asked] = item
    return Design(
        starts, columns.ravel().astype(np.int32), values.ravel().astype(np.int32), counts, back, features.sizes, width
    )


def _pooled(features: Features, classes: int, offsets: np.ndarray, width: int) -> Design:
    assert features.groups is not None
    answers = len(features.labels)
    group = features.groups.astype(np.int64)
    keys = [group * width]
    weights = [np.ones(len(group), np.int64)]
    for index, offset in enumerate(offsets[:-1]):
        keys.append(group * width + offset + features.codes[:, index])
        weights.append(np.ones(len(group), np.int64))
    for index in range(features.numbers.shape[1]):
        keys.append(group * width + offsets[-1] + index)
        weights.append(features.numbers[:, index].astype(np.int64))
    entry, inverse = np.unique(np.concatenate(keys), return_inverse=True)
    values = np.bincount(inverse, np.concatenate(weights), len(entry)).astype(np.int32)
    starts = np.searchsorted(entry, np.arange(answers + 1) * width)
    counts = np.zeros((answers, classes))
    asked = np.flatnonzero(features.labels >= 0)
    counts[asked, features.labels[asked]] = 1.0 if features.weights is None else features.weights[asked]
    item = np.where(features.labels >= 0, np.arange(answers), -1)
    return Design(starts, (entry % width).astype(np.int32), values, counts, item, features.sizes, width)
