"""The loss differences of every alternative choice, for one sequence.

`change[(i * variables + v) * lanes + a]` is the estimated change of the loss if variable v were a at position i. It
starts at the classifier and goes back through the modules that read v; constants may be added to each row of it,
only differences count. Every alternative of a gate or a row is weighed with all other choices as drawn:

- the classifier: first order  sum_o U[v, a, o] (p - onehot)_o,  or exact  log sum_o p_o e^{d_o} - d_label  with
  d = U[v, a] - U[v, current];
- a gate that would read variable w: the module's output recomputed with w, at every position;
- a row: likewise, the output with every other code in it;
- the variables read: the output if one position of it changed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from transformer_programs.learn.hard import vectors as vec
from transformer_programs.learn.hard.compiled import compiled
from transformer_programs.learn.hard.forward import COUNT, position_scores

__all__ = [
    "classify",
    "read_out",
    "through_closest",
    "through_count",
    "through_table",
    "through_words",
    "turned_tables",
]

single = np.float32


@compiled
def turned_tables(net: Any, scores: Any, turned: Any, grown: Any, shrunk: Any, exact: Any) -> None:
    """`turned[v, o, code]`: the scores with codes in the lanes; and where exact, its e^x, and e^-x of the scores."""
    lanes, labels, width = net.lanes, net.labels, net.label_lanes
    for v in range(net.variables):
        for o in range(labels):
            for code in range(lanes):
                turned[(v * labels + o) * lanes + code] = scores[(v * lanes + code) * width + o]
    if exact:
        low, high, zero = vec.spread(single(-40)), vec.spread(single(40)), vec.spread(single(0))
        for x in range(0, net.variables * labels * lanes, 8):
            vec.store(grown, x, vec.exponential(vec.minimum(vec.maximum(vec.load(turned, x), low), high)))
        for x in range(0, net.variables * lanes * width, 8):
            vec.store(shrunk, x, vec.exponential(zero - vec.minimum(vec.maximum(vec.load(scores, x), low), high)))


@compiled
def classify(
    net: Any,
    modules: Any,
    theta: Any,
    scores: Any,
    n: Any,
    labels: Any,
    row: Any,
    values: Any,
    raw: Any,
    gradient: Any,
    chance: Any,
    slope: Any,
) -> Any:
    """Loss, right and asked answers of a sequence, the gradient of the classifier, and at every position the chances
    of the labels and the slope of the loss in their scores (chance - onehot; a share of it where pooled)."""
    lanes, count, width, variables = net.lanes, net.labels, net.label_lanes, net.variables
    loss, right, asked = 0.0, 0, 0
    for i in range(n):
        y = np.intp(labels[row, 0 if net.pooled else i])
        if y < 0:
            continue
        p = i * width
        if net.pooled and i > 0:
            for o in range(0, width, 8):
                vec.store(chance, p + o, vec.load(chance, o))
                vec.store(slope, p + o, vec.load(slope, o))
        else:
            if net.pooled:
                for o in range(width):
                    chance[o] = 0
                for j in range(n):
                    position_scores(net, modules, theta, scores, values, raw, j, slope, 0)
                    for o in range(0, width, 8):
                        vec.accumulate(chance, o, vec.load(slope, o) / vec.spread(single(n)))
            else:
                position_scores(net, modules, theta, scores, values, raw, i, chance, p)
            best = 0
            for o in range(1, count):
                if chance[p + o] > chance[p + best]:
                    best = o
            right += best == y
            asked += 1
            for o in range(count, width):
                chance[p + o] = -np.inf
            top, own, total = chance[p + best], chance[p + y], single(0)
            for o in range(0, width, 8):
                e = vec.exponential(vec.load(chance, p + o) - vec.spread(top))
                vec.store(chance, p + o, e)
                total += vec.lane_sum(e)
            loss += np.log(total) + top - own
            part = single(n) if net.pooled else single(1)
            for o in range(0, width, 8):
                e = vec.load(chance, p + o) / vec.spread(total)
                vec.store(chance, p + o, e)
                vec.store(slope, p + o, e / vec.spread(part))
            slope[p + y] -= single(1) / part
        for o in range(0, width, 8):
            step = vec.load(slope, p + o)
            vec.accumulate(gradient, net.at_bias + o, step)
            for v in range(variables):
                code = np.intp(values[i * net.variable_lanes + v])
                vec.accumulate(gradient, net.at_scores + (v * lanes + code) * width + o, step)
                if v >= net.base and modules[v - net.base, 0] == COUNT:
                    times = vec.spread(single(raw[i * net.variable_lanes + v]))
                    vec.accumulate(gradient, net.at_linear + v * width + o, step * times)
    return loss, right, asked


@compiled
def read_out(
    net: Any,
    turned: Any,
    grown: Any,
    shrunk: Any,
    n: Any,
    labels: Any,
    row: Any,
    exact: Any,
    values: Any,
    change: Any,
    active: Any,
    chance: Any,
    slope: Any,
    share: Any,
) -> None:
    """`change` as the classifier sees it, after `classify`: `exact` is the weight of the exact differences, the rest is
    first order. Where pooled all of it is."""
    lanes, count, width, variables = net.lanes, net.labels, net.label_lanes, net.variables
    zero = vec.spread(single(0))
    weight = single(0) if net.pooled else single(exact)
    for i in range(n):
        y = np.intp(labels[row, 0 if net.pooled else i])
        p = i * width
        if y < 0:
            for v in range(variables):
                active[i * variables + v] = 0
            for x in range(i * variables * lanes, (i + 1) * variables * lanes, 8):
                vec.store(change, x, zero)
            continue
        for v in range(net.base, variables):
            active[i * variables + v] = 1
            to = (i * variables + v) * lanes
            if weight > 0:
                code = np.intp(values[i * net.variable_lanes + v])
                for o in range(0, width, 8):
                    vec.store(share, o, vec.load(chance, p + o) * vec.load(shrunk, (v * lanes + code) * width + o))
                for a in range(0, lanes, 8):
                    total = zero
                    for o in range(count):
                        total = vec.multiply_add(vec.load(grown, (v * count + o) * lanes + a), share[o], total)
                    own = vec.load(turned, (v * count + y) * lanes + a)
                    vec.store(change, to + a, vec.logarithm(total) - own)
            if weight < 1:
                for a in range(0, lanes, 8):
                    total = zero
                    for o in range(count):
                        total = vec.multiply_add(vec.load(turned, (v * count + o) * lanes + a), slope[p + o], total)
                    if weight > 0:
                        total = total + (vec.load(change, to + a) - total) * vec.spread(weight)
                    vec.store(change, to + a, total)


@compiled
def through_closest(
    net: Any,
    out: Any,
    gate: Any,
    first: Any,
    reach: Any,
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
    or key variable is e at its closest match; position j's key alone matters where it is nearer than the match."""
    width, lanes, variables = net.variable_lanes, net.lanes, net.variables
    for i in range(n):
        if not active[i * variables + out]:
            continue
        here = (i * variables + out) * lanes
        last = i + 1 if net.causal else n
        order = (last * net.positions + i) * net.positions
        code = codes[first + values[i * width + query]]
        for j in range(last):
            error[j] = change[here + values[j * width + value]]
        for a in range(0, lanes, 8):
            best = vec.spread(error[0])
            for r in range(last):
                k = np.intp(far[order + r])
                best = vec.put_lane(a, values[k * width + key], error[k], best)
            vec.store(by_code, i * lanes + a, best)
        for w in range(0, reach, 16):
            by_key = vec.spread_wide(error[0])
            for r in range(last):
                k = np.intp(far[order + r])
                by_key = vec.select_equal(values, k * width + w, code, error[k], by_key)
            to = gate + width + w
            vec.store_wide(gradient, to, vec.load_wide(gradient, to) + by_key)
        nearest: Any = -1
        second: Any = 0
        for r in range(last - 1, -1, -1):
            k = np.intp(far[order + r])
            if values[k * width + key] == code:
                if nearest < 0:
                    nearest = k
                else:
                    second = k
                    break
        at = max(nearest, 0)
        for w in range(0, reach, 16):
            to = gate + 2 * width + w
            by_value = vec.gather_wide(change, here, values, at * width + w)
            vec.store_wide(gradient, to, vec.load_wide(gradient, to) + by_value)
        if value >= net.base:
            active[at * variables + value] = 1
            for a in range(0, lanes, 8):
                vec.accumulate(change, (at * variables + value) * lanes + a, vec.load(change, here + a))
        if key >= net.base:
            for r in range(last - 1, -1, -1):
                k = np.intp(far[order + r])
                active[k * variables + key] = 1
                if k == nearest:
                    change[(k * variables + key) * lanes + code] += error[k] - error[second]
                    break
                change[(k * variables + key) * lanes + code] += error[k] - error[at]
    through_query(net, out, gate, first, reach, query, codes, n, values, change, active, gradient, by_code, by_query)


@compiled
def through_count(
    net: Any,
    out: Any,
    gate: Any,
    first: Any,
    reach: Any,
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
    if not net.causal:
        for j in range(n):
            found[values[j * width + key]] += 1
    for i in range(n):
        if net.causal:
            found[values[i * width + key]] += 1
        if not active[i * variables + out]:
            continue
        here = (i * variables + out) * lanes
        last = i + 1 if net.causal else n
        code = codes[first + values[i * width + query]]
        for a in range(lanes):
            by_code[i * lanes + a] = change[here + min(found[a], limit)]
        for w in range(0, reach, 16):
            total = vec.no_counts()
            for j in range(last):
                total = vec.count_equal(values, j * width + w, code, total)
            to = gate + width + w
            by_key = vec.gather_counts(change, here, total, np.uint8(limit))
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


@compiled
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
                found = vec.gather(by_code, i * lanes, codes, first + a)
                vec.store(by_query, i * lanes + a, found)
                if query >= net.base:
                    vec.accumulate(change, (i * variables + query) * lanes + a, found)
            if query >= net.base:
                active[i * variables + query] = 1
    for w in range(0, reach, 16):
        total = vec.load_wide(gradient, gate + w)
        for i in range(n):
            if active[i * variables + out]:
                total = total + vec.gather_wide(by_query, i * lanes, values, i * width + w)
        vec.store_wide(gradient, gate + w, total)


@compiled
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
            by_b = vec.gather(change, here, codes, first + a * lanes + x)
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
                left_total = left_total + vec.gather_wide(by_left, i * lanes, values, i * width + w)
                right_total = right_total + vec.gather_wide(by_right, i * lanes, values, i * width + w)
        vec.store_wide(gradient, gate + w, left_total)
        vec.store_wide(gradient, gate + width + w, right_total)


@compiled
def through_words(net: Any, out: Any, first: Any, n: Any, tokens: Any, row: Any, change: Any, gradient: Any) -> None:
    """A word's other codes."""
    lanes = net.lanes
    for i in range(n):
        to = net.at_rows + (first + np.intp(tokens[row, i])) * lanes
        for a in range(0, lanes, 8):
            vec.accumulate(gradient, to + a, vec.load(change, (i * net.variables + out) * lanes + a))
