"""The inner loops of growing: attention over integers, and gains of all choices at once.

Arrays that stand for a variable hold a code at every position, garbage in the padding, which no loop reads.
A position sees all of the sequence, or up to itself where causal. What is seen from the outside makes arrays; the
loops (`_` before their names) are compiled and only fill them (see `learn.compiled`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from transformer_programs.learn.compiled import entry, part

__all__ = ["cells", "gains", "head", "merge", "nearest", "pair_gains", "seen", "width"]

Array = np.ndarray


def head(query: Array, key: Array, rows: Array, value: Array, lengths: Array, causal: bool) -> Array:
    """The value at the closest position whose key is rows[query]; at position 0 where there is none.

    >>> tokens, rows = np.array([[0, 1, 0]], np.int32), np.array([1, -1], np.int32)
    >>> head(tokens, tokens, rows, np.array([[0, 1, 2]], np.int32), np.array([3], np.int32), causal=False).tolist()
    [[1, 0, 1]]
    """
    out = np.zeros(query.shape, np.int32)
    _head(query, key, rows, value, lengths, causal, out)
    return out


@entry
def _head(query: Any, key: Any, rows: Any, value: Any, lengths: Any, causal: bool, out: Any) -> None:
    for s in range(len(lengths)):
        n = lengths[s]
        for i in range(n):
            wanted = rows[query[s, i]]
            found = -1
            if wanted >= 0:
                for d in range(1, n):
                    if i - d >= 0 and key[s, i - d] == wanted:
                        found = i - d
                        break
                    if not causal and i + d < n and key[s, i + d] == wanted:
                        found = i + d
                        break
                if found < 0 and key[s, i] == wanted:
                    found = i
            out[s, i] = value[s, max(found, 0)]


def width(query: Array, key: Array, rows: Array, lengths: Array, causal: bool, size: int) -> Array:
    """The number of visible positions whose key is rows[query]."""
    out = np.zeros(query.shape, np.int32)
    _width(query, key, rows, lengths, causal, np.zeros(size, np.int32), out)
    return out


@entry
def _width(query: Any, key: Any, rows: Any, lengths: Any, causal: bool, times: Any, out: Any) -> None:
    for s in range(len(lengths)):
        n = lengths[s]
        for b in range(len(times)):
            times[b] = 0
        if not causal:
            for j in range(n):
                times[key[s, j]] += 1
        for i in range(n):
            if causal:
                times[key[s, i]] += 1
            wanted = rows[query[s, i]]
            if wanted >= 0:
                out[s, i] = times[wanted]


def nearest(key: Array, lengths: Array, causal: bool, size: int) -> Array:
    """For every position and every key value the closest position that has it (0: none), and 0 once more at the end.

    The last entry stands for the choice "matches nothing".
    """
    out = np.zeros((*key.shape, size + 1), np.int16)
    _nearest(key, lengths, causal, np.empty(size, np.int64), out)
    return out


@entry
def _nearest(key: Any, lengths: Any, causal: bool, last: Any, out: Any) -> None:
    size = len(last)
    for s in range(len(lengths)):
        n = lengths[s]
        for b in range(size):
            last[b] = -1
        for i in range(n):
            for b in range(size):
                out[s, i, b] = last[b]
            last[key[s, i]] = i
        for b in range(size):
            last[b] = -1
        for k in range(n):
            i = n - 1 - k
            for b in range(size):
                left = out[s, i, b]
                if not causal and last[b] >= 0 and (left < 0 or last[b] - i < i - left):
                    out[s, i, b] = last[b]
                elif left < 0:
                    out[s, i, b] = i if key[s, i] == b else 0
            last[key[s, i]] = i


def seen(key: Array, lengths: Array, causal: bool, size: int) -> Array:
    """For every position and key value the number of visible positions that have it, and 0 once more at the end."""
    out = np.zeros((*key.shape, size + 1), np.int16)
    _seen(key, lengths, causal, np.zeros(size, np.int64), out)
    return out


@entry
def _seen(key: Any, lengths: Any, causal: bool, times: Any, out: Any) -> None:
    size = len(times)
    for s in range(len(lengths)):
        n = lengths[s]
        for b in range(size):
            times[b] = 0
        if not causal:
            for i in range(n):
                times[key[s, i]] += 1
        for i in range(n):
            if causal:
                times[key[s, i]] += 1
            for b in range(size):
                out[s, i, b] = times[b]


def cells(codes: Array, size: int, force: Array) -> Array:
    """Sums of the force over the rows of every code.

    >>> cells(np.array([1, 0, 1], np.int32), 2, np.array([[1.0], [2.0], [3.0]])).tolist()
    [[2.0], [4.0]]
    """
    sums = np.zeros((size, force.shape[1]))
    _cells(codes, force, sums)
    return sums


@entry
def _cells(codes: Any, force: Any, sums: Any) -> None:
    for r in range(len(codes)):
        for c in range(force.shape[1]):
            sums[codes[r], c] += force[r, c]


def pair_gains(codes: Array, sizes: Array, pairs: Array, force: Array, damping: float) -> Array:
    """The gain of every pair of variables read together: of a table of the two that forgets nothing.

    Args:
        codes: array (variable, row).
        sizes: of the variables.
        pairs: array (pair, 2) of indices into them.
        force: of every row.
        damping: see `gains`.

    >>> codes, force = np.array([[0, 1, 1], [0, 0, 1]], np.int32), np.array([[2.0, 1.0], [1.0, 1.0], [-1.0, 1.0]])
    >>> pair_gains(codes, np.array([2, 2]), np.array([[0, 0], [0, 1]]), force, 1.0).tolist()
    [1.0, 1.5]
    """
    out = np.zeros(len(pairs))
    largest = int((sizes[pairs[:, 0]] * sizes[pairs[:, 1]]).max(initial=0))
    _pair_gains(codes, sizes, pairs, force, damping, np.empty((largest, force.shape[1])), out)
    return out


@entry
def _pair_gains(codes: Any, sizes: Any, pairs: Any, force: Any, damping: float, sums: Any, out: Any) -> None:
    for p in range(len(pairs)):
        a, b = pairs[p, 0], pairs[p, 1]
        size = sizes[a] * sizes[b]
        for cell in range(size):
            for c in range(sums.shape[1]):
                sums[cell, c] = 0.0
        for r in range(codes.shape[1]):
            cell = codes[a, r] * sizes[b] + codes[b, r]
            for c in range(sums.shape[1]):
                sums[cell, c] += force[r, c]
        for cell in range(size):
            out[p] += _gain(sums, cell, damping)


@part
def _gain(sums: Any, row: int, damping: float) -> float:
    """Second-order gain of one value: 1/2 * sum over labels of G^2 / (H + damping)."""
    classes = sums.shape[1] // 2
    total = 0.0
    for c in range(classes):
        total += sums[row, c] * sums[row, c] / (sums[row, classes + c] + damping)
    return 0.5 * total


def gains(sums: Array, damping: float) -> Array:
    """The gain of every value (first axis): 1/2 * sum over labels of G^2 / (H + damping)."""
    classes = sums.shape[1] // 2
    force = sums[:, :classes]
    return np.asarray(0.5 * (force * force / (sums[:, classes:] + damping)).sum(axis=1))


def merge(sums: Array, damping: float, price: float, most: int) -> tuple[Array, float]:
    """Groups values so that little gain is lost: repeatedly merges the pair whose merging loses least.

    Stops when every merging loses more than `price` and at most `most` groups are left. Values without rows (all
    sums 0) stay ungrouped: -1.

    Returns:
        the group of every value, and the gain of the groups.

    >>> group, gain = merge(np.array([[2.0, 1.0], [0.0, 0.0], [-2.0, 1.0], [2.0, 1.0]]), 1.0, 0.1, 9)
    >>> group.tolist()
    [0, -1, 1, 0]
    """
    members = np.flatnonzero((sums != 0.0).any(axis=1))
    total = np.ascontiguousarray(sums[members])
    gain = gains(total, damping)
    leader = np.arange(len(members))
    _merge(total, damping, price, most, leader, gain, np.full(len(members), -1), np.full(len(members), np.inf))
    leaders = list(dict.fromkeys(leader.tolist()))
    group = np.full(len(sums), -1, np.int64)
    group[members] = [leaders.index(i) for i in leader.tolist()]
    return group, float(gain[leaders].sum())


@entry
def _merge(
    total: Any, damping: float, price: float, most: int, leader: Any, gain: Any, partner: Any, loss: Any
) -> None:
    """Merges groups, each named by its first member; the leaders at the end are those that lead themselves."""
    members = len(gain)
    left = members
    for m in range(members):
        _find_partner(m, total, gain, leader, damping, partner, loss)
    while left > 1:
        i = -1
        for m in range(members):
            if leader[m] == m and (i < 0 or loss[m] < loss[i]):
                i = m
        if loss[i] > price and left <= most:
            break
        j = partner[i]
        for c in range(total.shape[1]):
            total[i, c] += total[j, c]
        gain[i] = _gain(total, i, damping)
        left -= 1
        for m in range(members):
            if leader[m] == j:
                leader[m] = i
        for m in range(members):
            if leader[m] == m and (m == i or partner[m] == i or partner[m] == j):
                _find_partner(m, total, gain, leader, damping, partner, loss)
        # Pairs of the new group are looked at from both sides, since it may be nearer to others than theirs.
        for m in range(members):
            if leader[m] == m and m != i:
                lost = gain[m] + gain[i] - _joint(total, m, i, damping)
                if lost < loss[m]:
                    loss[m] = lost
                    partner[m] = i


@part
def _joint(total: Any, a: int, b: int, damping: float) -> float:
    classes = total.shape[1] // 2
    gain = 0.0
    for c in range(classes):
        force = total[a, c] + total[b, c]
        gain += force * force / (total[a, classes + c] + total[b, classes + c] + damping)
    return 0.5 * gain


@part
def _find_partner(i: int, total: Any, gain: Any, leader: Any, damping: float, partner: Any, loss: Any) -> None:
    loss[i] = np.inf
    partner[i] = -1
    for j in range(len(gain)):
        if leader[j] == j and j != i:
            lost = gain[i] + gain[j] - _joint(total, i, j, damping)
            if lost < loss[i]:
                loss[i] = lost
                partner[i] = j
