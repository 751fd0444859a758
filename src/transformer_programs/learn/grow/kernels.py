"""The inner loops of growing: attention over integers, and gains of all choices at once.

Arrays that stand for a variable hold a code at every position, garbage in the padding, which no loop reads.
`reach` is the number of positions a query sees: all of the sequence, or up to itself where causal.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["cells", "choose", "gain_of", "gains", "head", "histogram", "merge", "nearest", "seen", "width"]


@njit(cache=True, nogil=True)
def head(query: Any, key: Any, rows: Any, value: Any, lengths: Any, causal: bool) -> Any:
    """The value at the closest position whose key is rows[query]; at position 0 where there is none."""
    sequences, positions = query.shape
    out = np.zeros((sequences, positions), np.int32)
    for s in range(sequences):
        n = lengths[s]
        for i in range(n):
            wanted = rows[query[s, i]]
            found = 0
            if wanted >= 0:
                found = -1
                for d in range(1, n):
                    if i - d >= 0 and key[s, i - d] == wanted:
                        found = i - d
                        break
                    if not causal and i + d < n and key[s, i + d] == wanted:
                        found = i + d
                        break
                    if i - d < 0 and (causal or i + d >= n):
                        break
                if found < 0:
                    found = i if key[s, i] == wanted else 0
            out[s, i] = value[s, found]
    return out


@njit(cache=True, nogil=True)
def width(query: Any, key: Any, rows: Any, lengths: Any, causal: bool, size: int) -> Any:
    """The number of visible positions whose key is rows[query]."""
    sequences, positions = query.shape
    out = np.zeros((sequences, positions), np.int32)
    seen_so_far = np.zeros(size, np.int32)
    for s in range(sequences):
        n = lengths[s]
        seen_so_far[:] = 0
        if not causal:
            for j in range(n):
                seen_so_far[key[s, j]] += 1
        for i in range(n):
            if causal:
                seen_so_far[key[s, i]] += 1
            wanted = rows[query[s, i]]
            if wanted >= 0:
                out[s, i] = seen_so_far[wanted]
    return out


@njit(cache=True, nogil=True)
def nearest(key: Any, lengths: Any, causal: bool, size: int) -> Any:
    """For every position and every key value the closest position that has it (0: none), and 0 once more at the end.

    The last entry stands for the choice "matches nothing".
    """
    sequences, positions = key.shape
    out = np.zeros((sequences, positions, size + 1), np.int16)
    last = np.empty(size, np.int64)
    for s in range(sequences):
        n = lengths[s]
        last[:] = -1
        for i in range(n):
            for b in range(size):
                out[s, i, b] = last[b]
            last[key[s, i]] = i
        if not causal:
            last[:] = -1
            for i in range(n - 1, -1, -1):
                for b in range(size):
                    left = out[s, i, b]
                    if last[b] >= 0 and (left < 0 or last[b] - i < i - left):
                        out[s, i, b] = last[b]
                last[key[s, i]] = i
        for i in range(n):
            if out[s, i, key[s, i]] < 0:
                out[s, i, key[s, i]] = i
            for b in range(size):
                if out[s, i, b] < 0:
                    out[s, i, b] = 0
    return out


@njit(cache=True, nogil=True)
def seen(key: Any, lengths: Any, causal: bool, size: int) -> Any:
    """For every position and key value the number of visible positions that have it, and 0 once more at the end."""
    sequences, positions = key.shape
    out = np.zeros((sequences, positions, size + 1), np.int16)
    for s in range(sequences):
        n = lengths[s]
        for i in range(n):
            if i > 0:
                out[s, i] = out[s, i - 1]
            out[s, i, key[s, i]] += 1
        if not causal:
            for i in range(n - 1):
                out[s, i] = out[s, n - 1]
    return out


@njit(cache=True, nogil=True)
def histogram(query: Any, output: Any, beside: Any, outputs: int, force: Any, sums: Any) -> None:
    """Adds up the force of every row under each choice: sums[query, choice, beside * outputs + output] += force.

    Args:
        query: code of every row.
        output: for every row and every choice (a key value) the code that would come out.
        beside: a code of every row that the output is read together with.
        outputs: number of output codes.
        force: for every row gradient and curvature, side by side.
        sums: array (query value, choice, joint output, force); its third axis counts `beside` outermost.
    """
    rows, choices = output.shape
    width = force.shape[1]
    for r in range(rows):
        a = query[r]
        base = beside[r] * outputs
        for b in range(choices):
            target = sums[a, b, base + output[r, b]]
            for c in range(width):
                target[c] += force[r, c]


@njit(cache=True, nogil=True)
def cells(codes: Any, size: int, force: Any) -> Any:
    """Sums of the force over the rows of every code."""
    sums = np.zeros((size, force.shape[1]))
    for r in range(len(codes)):
        target = sums[codes[r]]
        for c in range(len(target)):
            target[c] += force[r, c]
    return sums


@njit(cache=True, nogil=True)
def _gain(sums: Any, damping: float) -> float:
    """Second-order gain of one value: 1/2 * sum over labels of G^2 / (H + damping)."""
    classes = len(sums) // 2
    total = 0.0
    for c in range(classes):
        total += sums[c] * sums[c] / (sums[classes + c] + damping)
    return 0.5 * total


@njit(cache=True, nogil=True)
def gains(sums: Any, damping: float) -> Any:
    """The gain of every value (first axis)."""
    out = np.empty(len(sums))
    for v in range(len(sums)):
        out[v] = _gain(sums[v], damping)
    return out


@njit(cache=True, nogil=True)
def choose(sums: Any, damping: float, price: float, passes: int) -> Any:
    """One choice for every query value, by coordinate ascent on the gain of the variable that results.

    Every row begins at "nothing" (the last choice), which is free; any other costs `price`. First the rows are gone
    through, those with most to gain alone first, then `passes` times more with the others held fixed.

    Returns:
        the choices, and the gain of the variable less nothing (prices are not subtracted).
    """
    queries, choices, outputs, width = sums.shape
    classes = width // 2
    rows = np.full(queries, choices - 1, np.int64)
    total = np.zeros((outputs, width))
    promise = np.zeros(queries)
    # Most cells are empty; a cell with a row has a positive curvature.
    used = np.empty((queries, choices, outputs), np.int16)
    uses = np.zeros((queries, choices), np.int64)
    for a in range(queries):
        for b in range(choices):
            alone = 0.0
            for v in range(outputs):
                if sums[a, b, v, classes] > 0.0:
                    used[a, b, uses[a, b]] = v
                    uses[a, b] += 1
                    alone += _gain(sums[a, b, v], damping)
            promise[a] = max(promise[a], alone)
        for u in range(uses[a, choices - 1]):
            v = used[a, choices - 1, u]
            for c in range(width):
                total[v, c] += sums[a, choices - 1, v, c]
    order = np.argsort(-promise)
    trial = np.zeros(width)
    for _ in range(passes + 1):
        changed = False
        for a in order:
            if promise[a] <= 0.0:
                continue
            held = rows[a]
            for u in range(uses[a, held]):
                v = used[a, held, u]
                for c in range(width):
                    total[v, c] -= sums[a, held, v, c]
            best = choices - 1
            best_gain = -np.inf
            for b in range(choices - 1, -1, -1):
                gain = -price if b < choices - 1 else 0.0
                for u in range(uses[a, b]):
                    v = used[a, b, u]
                    for c in range(width):
                        trial[c] = total[v, c] + sums[a, b, v, c]
                    gain += _gain(trial, damping) - _gain(total[v], damping)
                if gain > best_gain + 1e-9:
                    best_gain = gain
                    best = b
            rows[a] = best
            changed = changed or best != held
            for u in range(uses[a, best]):
                v = used[a, best, u]
                for c in range(width):
                    total[v, c] += sums[a, best, v, c]
        if not changed:
            break
    gain = 0.0
    for v in range(outputs):
        gain += _gain(total[v], damping)
    return rows, gain


@njit(cache=True, nogil=True)
def merge(sums: Any, damping: float, price: float, most: int) -> Any:
    """Groups values so that little gain is lost: repeatedly merges the pair whose merging loses least.

    Stops when every merging loses more than `price` and at most `most` groups are left. Values without rows (all
    sums 0) stay ungrouped: -1.

    Returns:
        the group of every value, and the gain of the groups.
    """
    size, width = sums.shape
    group = np.full(size, -1, np.int64)
    members = 0
    for v in range(size):
        if np.any(sums[v] != 0.0):
            group[v] = members
            members += 1
    total = np.zeros((members, width))
    for v in range(size):
        if group[v] >= 0:
            for c in range(width):
                total[group[v], c] += sums[v, c]
    alive = np.ones(members, np.bool_)
    gain = np.empty(members)
    for i in range(members):
        gain[i] = _gain(total[i], damping)
    partner = np.full(members, -1, np.int64)
    loss = np.full(members, np.inf)
    for i in range(members):
        _find_partner(i, total, gain, alive, damping, partner, loss)
    left = members
    while left > 1:
        i = int(np.argmin(loss))
        if loss[i] > price and left <= most:
            break
        j = partner[i]
        for c in range(width):
            total[i, c] += total[j, c]
        gain[i] = _gain(total[i], damping)
        alive[j] = False
        loss[j] = np.inf
        left -= 1
        for v in range(size):
            if group[v] == j:
                group[v] = i
        for m in range(members):
            if alive[m] and (m == i or partner[m] == i or partner[m] == j):
                _find_partner(m, total, gain, alive, damping, partner, loss)
        # Pairs of the new group are looked at from both sides, since it may be nearer to others than theirs.
        for m in range(members):
            if alive[m] and m != i:
                lost = gain[m] + gain[i] - _joint(total[m], total[i], damping)
                if lost < loss[m]:
                    loss[m] = lost
                    partner[m] = i
    final = np.full(members, -1, np.int64)
    names = 0
    whole = 0.0
    for v in range(size):
        if group[v] >= 0:
            if final[group[v]] < 0:
                final[group[v]] = names
                whole += gain[group[v]]
                names += 1
            group[v] = final[group[v]]
    return group, whole


@njit(cache=True, nogil=True)
def _joint(a: Any, b: Any, damping: float) -> float:
    classes = len(a) // 2
    total = 0.0
    for c in range(classes):
        g = a[c] + b[c]
        total += g * g / (a[classes + c] + b[classes + c] + damping)
    return 0.5 * total


@njit(cache=True, nogil=True)
def _find_partner(i: int, total: Any, gain: Any, alive: Any, damping: float, partner: Any, loss: Any) -> None:
    loss[i] = np.inf
    partner[i] = -1
    for j in range(len(gain)):
        if alive[j] and j != i:
            lost = gain[i] + gain[j] - _joint(total[i], total[j], damping)
            if lost < loss[i]:
                loss[i] = lost
                partner[i] = j


@njit(cache=True, nogil=True)
def gain_of(sums: Any, rows: Any, damping: float) -> float:
    """The gain of the variable that these choices make (`histogram`'s sums)."""
    queries, _, outputs, width = sums.shape
    total = np.zeros((outputs, width))
    for a in range(queries):
        for v in range(outputs):
            for c in range(width):
                total[v, c] += sums[a, rows[a], v, c]
    gain = 0.0
    for v in range(outputs):
        gain += _gain(total[v], damping)
    return gain
