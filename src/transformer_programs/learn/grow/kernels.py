"""The inner loops of growing: attention over integers, and gains of all choices at once.

Arrays that stand for a variable hold a code at every position, garbage in the padding, which no loop reads.
A position sees all of the sequence, or up to itself where causal. What is seen from the outside makes arrays; the
loops (`_` before their names) are compiled and only fill them (see `learn.compiled`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from transformer_programs.learn.compiled import entry, part

__all__ = ["cells", "choose", "gain_of", "gains", "head", "histogram", "merge", "nearest", "seen", "width"]

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


def histogram(query: Array, output: Array, beside: Array, outputs: int, force: Array, sums: Array) -> None:
    """Adds up the force of every row under each choice: sums[query, choice, beside * outputs + output] += force.

    Args:
        query: code of every row.
        output: for every row and every choice (a key value) the code that would come out.
        beside: a code of every row that the output is read together with.
        outputs: number of output codes.
        force: for every row gradient and curvature, side by side.
        sums: array (query value, choice, joint output, force); its third axis counts `beside` outermost.
    """
    _histogram(query, output, beside, outputs, sums.shape[2], force, sums.reshape(-1, sums.shape[3]))


@entry
def _histogram(query: Any, output: Any, beside: Any, outputs: int, joint: int, force: Any, sums: Any) -> None:
    rows, choices = output.shape
    for r in range(rows):
        first = query[r] * choices * joint + beside[r] * outputs
        for b in range(choices):
            cell = first + b * joint + output[r, b]
            for c in range(force.shape[1]):
                sums[cell, c] += force[r, c]


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


def choose(sums: Array, damping: float, price: float, passes: int) -> tuple[Array, float]:
    """One choice for every query value, by coordinate ascent on the gain of the variable that results.

    Every row begins at "nothing" (the last choice), which is free; any other costs `price`. First the rows are gone
    through, those with most to gain alone first, then `passes` times more with the others held fixed.

    Returns:
        the choices, and the gain of the variable less nothing (prices are not subtracted).
    """
    queries, choices, outputs, force = sums.shape
    flat = sums.reshape(-1, force)
    promise = np.zeros(queries)
    # Most cells are empty; a cell with a row has a positive curvature.
    used = np.empty((queries * choices, outputs), np.int16)
    uses = np.zeros(queries * choices, np.int64)
    _promise(flat, choices, damping, used, uses, promise)
    order = np.argsort(-promise)
    rows = np.full(queries, choices - 1, np.int64)
    total = sums[:, -1].sum(axis=0)
    scratch = np.zeros((1, force))
    for _ in range(passes + 1):
        if not _ascend(flat, choices, damping, price, used, uses, promise, order, rows, total, scratch):
            break
    return rows, float(gains(total, damping).sum())


@entry
def _promise(sums: Any, choices: int, damping: float, used: Any, uses: Any, promise: Any) -> None:
    """Which outputs every choice of a row has, and what the row's best choice gains alone."""
    outputs, classes = used.shape[1], sums.shape[1] // 2
    for a in range(len(promise)):
        for b in range(a * choices, (a + 1) * choices):
            alone = 0.0
            for v in range(outputs):
                if sums[b * outputs + v, classes] > 0.0:
                    used[b, uses[b]] = v
                    uses[b] += 1
                    alone += _gain(sums, b * outputs + v, damping)
            promise[a] = max(promise[a], alone)


@part
def _add(sums: Any, choice: int, used: Any, uses: Any, sign: float, total: Any) -> None:
    for u in range(uses[choice]):
        v = used[choice, u]
        for c in range(sums.shape[1]):
            total[v, c] += sign * sums[choice * used.shape[1] + v, c]


@entry
def _ascend(
    sums: Any, choices: int, damping: float, price: float, used: Any, uses: Any, promise: Any, order: Any,
    rows: Any, total: Any, trial: Any,
) -> bool:  # fmt: skip
    """One pass over the rows; whether any of them changed."""
    outputs, width = used.shape[1], sums.shape[1]
    changed = False
    for k in range(len(order)):
        a = order[k]
        if promise[a] <= 0.0:
            continue
        held = rows[a]
        first = a * choices
        _add(sums, first + held, used, uses, -1.0, total)
        best = choices - 1
        best_gain = -np.inf
        for less in range(1, choices + 1):
            b = choices - less
            gain = 0.0 if less == 1 else -price
            for u in range(uses[first + b]):
                v = used[first + b, u]
                for c in range(width):
                    trial[0, c] = total[v, c] + sums[(first + b) * outputs + v, c]
                gain += _gain(trial, 0, damping) - _gain(total, v, damping)
            if gain > best_gain + 1e-9:
                best_gain = gain
                best = b
        rows[a] = best
        changed = changed or best != held
        _add(sums, first + best, used, uses, 1.0, total)
    return changed


def gain_of(sums: Array, rows: Array, damping: float) -> float:
    """The gain of the variable that these choices make (`histogram`'s sums)."""
    return float(gains(sums[np.arange(len(sums)), rows].sum(axis=0), damping).sum())


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
