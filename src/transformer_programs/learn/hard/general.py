"""Heads beyond the paper's class: predicates that are sets or comparisons, and sums of a learned weight of the token.

A predicate says whether key code c matches query code q:

    ONE   c is the code that row q chose (what the paper has; here only for sums of weights)
    SET   row q * lanes + c chose 1: any set of key codes for each query code
    FORM  the form that the only row chose holds: c = q, c = q - 1, c = q + 1, c < q, c > q, c <= q, c >= q, any c

A count adds up, over its matches, ones or the weight of the token there: what the token's row chose, less 1.

The differences are those of `backward`, and the same rows and gates are weighed: a cell of a set by the output with
that one key code taken in or left out, a form by the output under it, a weight by the sum with another in its place.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from transformer_programs.learn.hard import vectors as vec
from transformer_programs.learn.hard.compiled import entry, part

__all__ = ["FORMS", "ONE", "SET", "WEIGHTS", "compares", "head", "through_head"]

ONE, SET, FORM = 0, 1, 2
COUNT = 1
FORMS = 8
WEIGHTS = 4
single = np.float32


@entry
def compares(form: Any, query: Any, key: Any) -> Any:
    """Whether a key code stands to a query code as this form says."""
    if form < 3:
        return key == query + (0 if form == 0 else 1 if form == 2 else -1)
    if form < 5:
        return key < query if form == 3 else key > query
    if form < 7:
        return key <= query if form == 5 else key >= query
    return True


@part
def holds(predicate: Any, codes: Any, first: Any, lanes: Any, query: Any, key: Any) -> Any:
    """Whether a key code matches a query code."""
    if predicate == SET:
        return codes[first + query * lanes + key] == 1
    if predicate == FORM:
        return compares(np.intp(codes[first]), query, key)
    return np.intp(codes[first + query]) == key


@part
def weight(codes: Any, weights: Any, token: Any) -> Any:
    """What a match with this token adds: `weights` is the first row of weights, -1 where ones are added."""
    return np.intp(codes[weights + token]) - 1 if weights >= 0 else 1


@part
def head(
    net: Any,
    modules: Any,
    m: Any,
    far: Any,
    args: Any,
    codes: Any,
    tokens: Any,
    row: Any,
    n: Any,
    values: Any,
    raw: Any,
    beyond: Any,
) -> None:
    """Computes the variable of one head, for the n tokens of sequence `row`; with `beyond` None nothing is compiled."""
    if beyond is None:
        return
    width, lanes, out = net.variable_lanes, net.lanes, net.base + m
    kind, first, past, predicate, weights = modules[m, 0], modules[m, 2], modules[m, 4], modules[m, 5], modules[m, 6]
    a, b, c = np.intp(args[3 * m]), np.intp(args[3 * m + 1]), np.intp(args[3 * m + 2])
    for i in range(n):
        query = np.intp(values[i * width + a])
        last = i + 1 if past else n
        if kind == COUNT:
            total = 0
            for j in range(last):
                if holds(predicate, codes, first, lanes, query, np.intp(values[j * width + b])):
                    total += weight(codes, weights, tokens[row, j])
            raw[i * width + out] = total
            values[i * width + out] = min(max(total, 0), net.limit)
        else:
            at: Any = 0
            order = (last * net.positions + i) * net.positions
            for r in range(last - 1, -1, -1):
                k = np.intp(far[order + r])
                if holds(predicate, codes, first, lanes, query, np.intp(values[k * width + b])):
                    at = k
                    break
            values[i * width + out] = values[at * width + c]


@part
def through_head(
    net: Any,
    modules: Any,
    m: Any,
    far: Any,
    args: Any,
    codes: Any,
    tokens: Any,
    row: Any,
    n: Any,
    values: Any,
    raw: Any,
    change: Any,
    active: Any,
    gradient: Any,
    by_code: Any,
    by_query: Any,
    error: Any,
    mass: Any,
    match: Any,
    turned: Any,
) -> None:
    """The differences of one head.

    Args:
        by_code, error, mass: scratch for one position.
        by_query: for every position the change for every query code that might stand there.
        match, turned: scratch for the predicate, 1 where key matches query: by query code, and by key code. With None
            nothing is compiled.
    """
    if match is None:
        return
    width, lanes, variables, out = net.variable_lanes, net.lanes, net.variables, net.base + m
    kind, first, reach, past = modules[m, 0], modules[m, 2], modules[m, 3], modules[m, 4]
    gate, query = modules[m, 1] * width, np.intp(args[3 * m])
    for q in range(lanes):
        for c in range(lanes):
            matches = single(1) if holds(modules[m, 5], codes, first, lanes, q, c) else single(0)
            match[q * lanes + c] = matches
            turned[c * lanes + q] = matches
    for i in range(n):
        if not active[i * variables + out]:
            continue
        last = i + 1 if past else n
        if kind == COUNT:
            through_sum(
                net, modules, m, args, codes, tokens, row, i, last, values, raw, change, active, gradient, by_query,
                mass, match, turned,
            )  # fmt: skip
        else:
            through_nearest(
                net, modules, m, far, args, i, last, values, change, active, gradient, by_code, by_query, error,
                mass, match, turned,
            )  # fmt: skip
        if query >= net.base:
            active[i * variables + query] = 1
            for x in range(0, lanes, 8):
                vec.accumulate(change, (i * variables + query) * lanes + x, vec.load(by_query, i * lanes + x))
    for w in range(0, reach, 16):
        total = vec.load_wide(gradient, gate + w)
        for i in range(n):
            if active[i * variables + out]:
                total = total + vec.gather_wide(by_query, i * lanes, lanes, values, i * width + w)
        vec.store_wide(gradient, gate + w, total)


@part
def through_sum(
    net: Any,
    modules: Any,
    m: Any,
    args: Any,
    codes: Any,
    tokens: Any,
    row: Any,
    i: Any,
    last: Any,
    values: Any,
    raw: Any,
    change: Any,
    active: Any,
    gradient: Any,
    by_query: Any,
    mass: Any,
    match: Any,
    turned: Any,
) -> None:
    """A count at position i: with mass[c] the sum over the keys of code c, other rows, queries and keys give others."""
    width, lanes, variables, limit = net.variable_lanes, net.lanes, net.variables, net.limit
    first, reach, predicate, weights = modules[m, 2], modules[m, 3], modules[m, 5], modules[m, 6]
    key, gate = np.intp(args[3 * m + 1]), (modules[m, 1] + 1) * width
    here, q = (i * variables + net.base + m) * lanes, np.intp(values[i * width + np.intp(args[3 * m])])
    total = np.intp(raw[i * width + net.base + m])
    for c in range(lanes):
        mass[c] = 0
    for j in range(last):
        mass[np.intp(values[j * width + key])] += weight(codes, weights, tokens[row, j])
    for x in range(0, lanes, 8):
        sums = vec.spread(single(0))
        for c in range(lanes):
            if mass[c] != 0:
                sums = vec.multiply_add(vec.load(turned, c * lanes + x), single(mass[c]), sums)
        vec.store(by_query, i * lanes + x, vec.gather_sums(change, here, sums, limit))
    rows = net.at_rows + first * lanes
    if predicate == SET:
        for c in range(lanes):
            if mass[c] != 0:
                without = total - mass[c] if match[q * lanes + c] > 0 else total
                cell = rows + (q * lanes + c) * lanes
                gradient[cell] += change[here + clipped(without, limit)]
                gradient[cell + 1] += change[here + clipped(without + mass[c], limit)]
    elif predicate == FORM:
        for form in range(FORMS):
            found = 0
            for c in range(lanes):
                if compares(form, q, c):
                    found += mass[c]
            gradient[rows + form] += change[here + clipped(found, limit)]
    else:
        for c in range(lanes):
            gradient[rows + q * lanes + c] += change[here + clipped(mass[c], limit)]
    for w in range(0, reach, 16):
        matched = vec.spread_wide(single(0))
        for j in range(last):
            adds = vec.spread_wide(single(weight(codes, weights, tokens[row, j])))
            matched = matched + vec.gather_wide(match, q * lanes, lanes, values, j * width + w) * adds
        by_key = vec.gather_sums_wide(change, here, matched, limit)
        vec.store_wide(gradient, gate + w, vec.load_wide(gradient, gate + w) + by_key)
    if weights >= 0:
        through_weights(
            net, codes, weights, tokens, row, last, values, key, q, total, here, change, gradient, match
        )  # fmt: skip
    if key >= net.base:
        for j in range(last):
            adds = weight(codes, weights, tokens[row, j])
            without = total - adds if match[q * lanes + np.intp(values[j * width + key])] > 0 else total
            more = change[here + clipped(without + adds, limit)] - change[here + clipped(without, limit)]
            active[j * variables + key] = 1
            for x in range(0, lanes, 8):
                step = vec.load(match, q * lanes + x) * vec.spread(more)
                vec.accumulate(change, (j * variables + key) * lanes + x, step)


@part
def clipped(total: Any, limit: Any) -> Any:
    """A sum as it is read."""
    return min(max(total, 0), limit)


@part
def through_weights(
    net: Any,
    codes: Any,
    weights: Any,
    tokens: Any,
    row: Any,
    last: Any,
    values: Any,
    key: Any,
    q: Any,
    total: Any,
    here: Any,
    change: Any,
    gradient: Any,
    match: Any,
) -> None:
    """Other weights of each token that is seen, once a token."""
    width, lanes = net.variable_lanes, net.lanes
    for j in range(last):
        token, times, seen = tokens[row, j], 0, False
        for k in range(last):
            if tokens[row, k] == token:
                seen = seen or k < j
                if match[q * lanes + np.intp(values[k * width + key])] > 0:
                    times += 1
        if not seen and times > 0:
            now = np.intp(codes[weights + token])
            at = net.at_rows + (weights + token) * lanes
            for other in range(WEIGHTS):
                gradient[at + other] += change[here + clipped(total + (other - now) * times, net.limit)]


@part
def through_nearest(
    net: Any,
    modules: Any,
    m: Any,
    far: Any,
    args: Any,
    i: Any,
    last: Any,
    values: Any,
    change: Any,
    active: Any,
    gradient: Any,
    by_code: Any,
    by_query: Any,
    error: Any,
    seen: Any,
    match: Any,
    turned: Any,
) -> None:
    """A closest-match head at position i; error[j] is the change if the output were the value at j."""
    width, lanes, variables = net.variable_lanes, net.lanes, net.variables
    first, reach, predicate, gate = modules[m, 2], modules[m, 3], modules[m, 5], modules[m, 1] * width
    key, value = np.intp(args[3 * m + 1]), np.intp(args[3 * m + 2])
    here, q = (i * variables + net.base + m) * lanes, np.intp(values[i * width + np.intp(args[3 * m])])
    order = (last * net.positions + i) * net.positions
    for j in range(last):
        error[j] = change[here + values[j * width + value]]
    nearest: Any = -1
    second: Any = 0
    for r in range(last - 1, -1, -1):
        k = np.intp(far[order + r])
        if match[q * lanes + np.intp(values[k * width + key])] > 0:
            if nearest < 0:
                nearest = k
            else:
                second = k
                break
    at = max(nearest, 0)
    for x in range(0, lanes, 8):
        best = vec.spread(error[0])
        for r in range(last):
            k = np.intp(far[order + r])
            best = vec.where(vec.load(turned, np.intp(values[k * width + key]) * lanes + x), error[k], best)
        vec.store(by_query, i * lanes + x, best)
    rows = net.at_rows + first * lanes
    if predicate == SET:
        other: Any = 0
        # The nearest match of another code than the match: what is read when that code leaves the set.
        for r in range(last):
            k = np.intp(far[order + r])
            c = np.intp(values[k * width + key])
            if match[q * lanes + c] > 0 and c != np.intp(values[at * width + key]):
                other = k
        for code in range(lanes):
            seen[code] = 0
        for r in range(last - 1, -1, -1):
            k = np.intp(far[order + r])
            c = np.intp(values[k * width + key])
            cell = rows + (q * lanes + c) * lanes
            if k == nearest:
                gradient[cell] += error[other] - error[at]
                break
            if not seen[c]:
                gradient[cell + 1] += error[k] - error[at]
                seen[c] = 1
    elif predicate == FORM:
        for form in range(FORMS):
            read = error[0]
            for r in range(last):
                k = np.intp(far[order + r])
                if compares(form, q, np.intp(values[k * width + key])):
                    read = error[k]
            gradient[rows + form] += read
    else:
        for code in range(lanes):
            by_code[code] = error[0]
        for r in range(last):
            k = np.intp(far[order + r])
            by_code[np.intp(values[k * width + key])] = error[k]
        for code in range(lanes):
            gradient[rows + q * lanes + code] += by_code[code]
    for w in range(0, reach, 16):
        by_key = vec.spread_wide(error[0])
        for r in range(last):
            k = np.intp(far[order + r])
            by_key = vec.where_wide(vec.gather_wide(match, q * lanes, lanes, values, k * width + w), error[k], by_key)
        to = gate + width + w
        vec.store_wide(gradient, to, vec.load_wide(gradient, to) + by_key)
        to = gate + 2 * width + w
        by_value = vec.gather_wide(change, here, lanes, values, at * width + w)
        vec.store_wide(gradient, to, vec.load_wide(gradient, to) + by_value)
    if value >= net.base:
        active[at * variables + value] = 1
        for x in range(0, lanes, 8):
            vec.accumulate(change, (at * variables + value) * lanes + x, vec.load(change, here + x))
    if key >= net.base:
        for r in range(last - 1, -1, -1):
            k = np.intp(far[order + r])
            active[k * variables + key] = 1
            step = vec.spread(error[k] - error[second if k == nearest else at])
            for x in range(0, lanes, 8):
                vec.accumulate(
                    change, (k * variables + key) * lanes + x, vec.load(match, q * lanes + x) * step
                )  # fmt: skip
            if k == nearest:
                break
