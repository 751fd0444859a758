"""What the classifier makes of a program's variables: loss, its own gradient, and the differences of every code.

`change[(i * variables + v) * lanes + a]` is the estimated change of the loss if variable v were a at position i:
first order  sum_o U[v, a, o] (p - onehot)_o,  or exact  log sum_o p_o e^{d_o} - d_label  with
d = U[v, a] - U[v, current].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from transformer_programs.learn.hard import vectors as vec
from transformer_programs.learn.hard.compiled import part
from transformer_programs.learn.hard.forward import COUNT, position_scores

__all__ = ["classify", "read_out", "turned_tables"]

single = np.float32


@part
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


@part
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


@part
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
