"""The loss differences of every alternative choice, for one sequence.

`change[(i * variables + v) * lanes + a]` is the estimated change of the loss if variable v were a at position i. It
starts at the classifier and goes back through the modules that read v; constants may be added to each row of it,
only differences count. Every alternative of a gate or a row is weighed with all other choices as drawn:

- the classifier: `readout`;
- a gate that would read variable w: the module's output recomputed with w, at every position;
- a row: likewise, the output with every other code in it;
- the variables read: the output if one position of it changed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from transformer_programs.learn.hard import vectors as vec
from transformer_programs.learn.hard.compiled import part

__all__ = ["through_closest", "through_count", "through_table", "through_words"]


@part
def through_closest(
    net: Any,
    out: Any,
    gate: Any,
    first: Any,
    reach: Any,
    past: Any,
    far: Any,
    query: Any,
    key: Any,
    value: Any,
    codes: Any,
    n: Any,
    values: Any,
    change: Any,
    active: Any,
    gradient: Any,
    by_code: Any,
    by_query: Any,
    error: Any,
) -> None:
    """A closest-match head. With e_j the change if the output were the value at j, the output for another row, query
    or key variable is e at its closest match; position j's key alone matters where it is nearer than the match.
    `error` holds e in the order of `far`, from 1 on, so that of several matches the nearest comes last; `error[0]` is e
    where nothing matches. `nearest` and `second` count likewise."""
    width, lanes, variables = net.variable_lanes, net.lanes, net.variables
    for i in range(n):
        if not active[i * variables + out]:
            continue
        here = (i * variables + out) * lanes
        last = i + 1 if past else n
        order = (last * net.positions + i) * net.positions - 1
        code = codes[first + values[i * width + query]]
        error[0] = change[here + values[value]]
        for a in range(0, lanes, 8):
            vec.store(by_code, i * lanes + a, vec.spread(error[0]))
        nearest: Any = 0
        second: Any = 0
        for r in range(1, last + 1):
            k = np.intp(far[order + r])
            own = values[k * width + key]
            error[r] = change[here + values[k * width + value]]
            by_code[i * lanes + own] = error[r]
            second = nearest if own == code else second
            nearest = r if own == code else nearest
        at: Any = 0
        if nearest > 0:
            at = np.intp(far[order + nearest])
        for w in range(0, reach, 16):
            by_key = vec.spread_wide(error[0])
            for r in range(1, last + 1):
                by_key = vec.select_equal(values, np.intp(far[order + r]) * width + w, code, error[r], by_key)
            to = gate + width + w
            vec.store_wide(gradient, to, vec.load_wide(gradient, to) + by_key)
        for w in range(0, reach, 16):
            to = gate + 2 * width + w
            by_value = vec.gather_wide(change, here, lanes, values, at * width + w)
            vec.store_wide(gradient, to, vec.load_wide(gradient, to) + by_value)
        if value >= net.base:
            active[at * variables + value] = 1
            for a in range(0, lanes, 8):
                vec.accumulate(change, (at * variables + value) * lanes + a, vec.load(change, here + a))
        if key >= net.base:
            for r in range(last, nearest, -1):
                k = np.intp(far[order + r])
                active[k * variables + key] = 1
                change[(k * variables + key) * lanes + code] += error[r] - error[nearest]
            if nearest > 0:
                active[at * variables + key] = 1
                change[(at * variables + key) * lanes + code] += error[nearest] - error[second]
    through_query(net, out, gate, first, reach, query, codes, n, values, change, active, gradient, by_code, by_query)


@part
def through_count(
    net: Any,
    out: Any,
    gate: Any,
    first: Any,
    reach: Any,
    past: Any,
    query: Any,
    key: Any,
    codes: Any,
    n: Any,
    values: Any,
    change: Any,
    active: Any,
    gradient: Any,
    by_code: Any,
    by_query: Any,
    raw: Any,
    found: Any,
) -> None:
    """A counting head: another row, query or key variable gives another count; one key more or less, one."""
    width, lanes, variables = net.variable_lanes, net.lanes, net.variables
    limit = net.limit
    for code in range(lanes):
        found[code] = 0
    if not past:
        for j in range(n):
            found[values[j * width + key]] += 1
    for i in range(n):
        if past:
            found[values[i * width + key]] += 1
        if not active[i * variables + out]:
            continue
        here = (i * variables + out) * lanes
        last = i + 1 if past else n
        code = codes[first + values[i * width + query]]
        for a in range(lanes):
            by_code[i * lanes + a] = change[here + min(found[a], limit)]
        for w in range(0, reach, 16):
            total = vec.no_counts()
            for j in range(last):
                total = vec.count_equal(values, j * width + w, code, total)
            to = gate + width + w
            by_key = vec.gather_counts(change, here, lanes, total, np.uint8(limit))
            vec.store_wide(gradient, to, vec.load_wide(gradient, to) + by_key)
        if key >= net.base:
            count = np.intp(raw[i * width + out])
            now = change[here + min(count, limit)]
            more = change[here + min(count + 1, limit)] - now
            less = now - change[here + min(max(count - 1, 0), limit)]
            for j in range(last):
                active[j * variables + key] = 1
                change[(j * variables + key) * lanes + code] += less if values[j * width + key] == code else more
    through_query(net, out, gate, first, reach, query, codes, n, values, change, active, gradient, by_code, by_query)


@part
def through_query(
    net: Any,
    out: Any,
    gate: Any,
    first: Any,
    reach: Any,
    query: Any,
    codes: Any,
    n: Any,
    values: Any,
    change: Any,
    active: Any,
    gradient: Any,
    by_code: Any,
    by_query: Any,
) -> None:
    """What both heads share: `by_code[i]` holds the change for every key code that position i might look for."""
    width, lanes, variables = net.variable_lanes, net.lanes, net.variables
    rows = net.at_rows + first * lanes
    for i in range(n):
        if active[i * variables + out]:
            row = rows + np.intp(values[i * width + query]) * lanes
            for a in range(0, lanes, 8):
                vec.accumulate(gradient, row + a, vec.load(by_code, i * lanes + a))
                found = vec.gather(by_code, i * lanes, lanes, codes, first + a)
                vec.store(by_query, i * lanes + a, found)
                if query >= net.base:
                    vec.accumulate(change, (i * variables + query) * lanes + a, found)
            if query >= net.base:
                active[i * variables + query] = 1
    for w in range(0, reach, 16):
        total = vec.load_wide(gradient, gate + w)
        for i in range(n):
            if active[i * variables + out]:
                total = total + vec.gather_wide(by_query, i * lanes, lanes, values, i * width + w)
        vec.store_wide(gradient, gate + w, total)


@part
def through_table(
    net: Any,
    out: Any,
    gate: Any,
    first: Any,
    reach: Any,
    left: Any,
    right: Any,
    codes: Any,
    n: Any,
    values: Any,
    change: Any,
    active: Any,
    gradient: Any,
    by_left: Any,
    by_right: Any,
) -> None:
    """A table of two arguments: the cell's other outputs, and the cells that other arguments lead to."""
    width, lanes, variables = net.variable_lanes, net.lanes, net.variables
    for i in range(n):
        if not active[i * variables + out]:
            continue
        here = (i * variables + out) * lanes
        a, b = np.intp(values[i * width + left]), np.intp(values[i * width + right])
        cell = net.at_rows + (first + a * lanes + b) * lanes
        for x in range(lanes):
            by_left[i * lanes + x] = change[here + codes[first + x * lanes + b]]
        for x in range(0, lanes, 8):
            vec.accumulate(gradient, cell + x, vec.load(change, here + x))
            by_b = vec.gather(change, here, lanes, codes, first + a * lanes + x)
            vec.store(by_right, i * lanes + x, by_b)
            if right >= net.base:
                vec.accumulate(change, (i * variables + right) * lanes + x, by_b)
            if left >= net.base:
                vec.accumulate(change, (i * variables + left) * lanes + x, vec.load(by_left, i * lanes + x))
        if left >= net.base:
            active[i * variables + left] = 1
        if right >= net.base:
            active[i * variables + right] = 1
    for w in range(0, reach, 16):
        left_total, right_total = vec.load_wide(gradient, gate + w), vec.load_wide(gradient, gate + width + w)
        for i in range(n):
            if active[i * variables + out]:
                left_total = left_total + vec.gather_wide(by_left, i * lanes, lanes, values, i * width + w)
                right_total = right_total + vec.gather_wide(by_right, i * lanes, lanes, values, i * width + w)
        vec.store_wide(gradient, gate + w, left_total)
        vec.store_wide(gradient, gate + width + w, right_total)


@part
def through_words(net: Any, out: Any, first: Any, n: Any, tokens: Any, row: Any, change: Any, gradient: Any) -> None:
    """A word's other codes."""
    lanes = net.lanes
    for i in range(n):
        to = net.at_rows + (first + np.intp(tokens[row, i])) * lanes
        for a in range(0, lanes, 8):
            vec.accumulate(gradient, to + a, vec.load(change, (i * net.variables + out) * lanes + a))
