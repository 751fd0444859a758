"""Running a discrete program over integers, one sequence at a time.

A program is two byte arrays: `args`, the variable each gate chose (three a module), and `codes`, the code each row
chose. `values[i * variable_lanes + v]` is variable v at position i; `raw` holds the counts before they are clipped.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from transformer_programs.learn.hard import vectors as vec
from transformer_programs.learn.hard.compiled import entry, part
from transformer_programs.learn.hard.general import ONE, head

__all__ = ["evaluate", "forward", "position_scores", "score_tables"]

CLOSEST, COUNT, TABLE = 0, 1, 2
single = np.float32


@part
def forward(
    net: Any,
    modules: Any,
    far: Any,
    args: Any,
    codes: Any,
    tokens: Any,
    row: Any,
    n: Any,
    todo: Any,
    values: Any,
    raw: Any,
    found: Any,
    beyond: Any,
) -> None:
    """Computes the variables of the modules with `todo` set, for the n tokens of sequence `row`.

    `beyond` is None where all heads are the paper's: what others do is then not compiled.
    """
    width, lanes, limit = net.variable_lanes, net.lanes, net.limit
    for m in range(len(modules)):
        if not todo[m]:
            continue
        out = net.base + m
        kind, first, past = modules[m, 0], modules[m, 2], modules[m, 4] > 0
        a, b, c = np.intp(args[3 * m]), np.intp(args[3 * m + 1]), np.intp(args[3 * m + 2])
        if kind <= COUNT and (modules[m, 5] != ONE or modules[m, 6] >= 0):
            head(net, modules, m, far, args, codes, tokens, row, n, values, raw, beyond)
        elif kind == CLOSEST:
            # Left to right the last match so far, kept in `raw` meanwhile; right to left likewise; the nearer of both.
            for code in range(lanes):
                found[code], found[lanes + code] = -2 * n, 4 * n
            for i in range(n):
                raw[i * width + out] = found[codes[first + values[i * width + a]]]
                found[values[i * width + b]] = i
            for i in range(n - 1, -1, -1):
                code, key = codes[first + values[i * width + a]], values[i * width + b]
                left, right = np.intp(raw[i * width + out]), found[lanes + code]
                at = left if i - left <= right - i else right
                if at < 0:
                    at = i if key == code else 0
                values[i * width + out], raw[i * width + out] = values[at * width + c], 0
                if not past:
                    found[lanes + key] = i
        elif kind == COUNT:
            for code in range(lanes):
                found[code] = 0
            if not past:
                for j in range(n):
                    found[values[j * width + b]] += 1
            for i in range(n):
                if past:
                    found[values[i * width + b]] += 1
                count = found[codes[first + values[i * width + a]]]
                raw[i * width + out] = count
                values[i * width + out] = min(count, limit)
        elif kind == TABLE:
            for i in range(n):
                values[i * width + out] = codes[first + np.intp(values[i * width + a]) * lanes + values[i * width + b]]
        else:
            for i in range(n):
                values[i * width + out] = codes[first + tokens[row, i]]


@part
def given(net: Any, tokens: Any, row: Any, n: Any, values: Any) -> None:
    """The variables that no module makes: positions and tokens."""
    for i in range(n):
        values[i * net.variable_lanes] = min(i, net.limit)
        if not net.words:
            values[i * net.variable_lanes + 1] = tokens[row, i]


@part
def score_tables(net: Any, modules: Any, theta: Any, scores: Any) -> None:
    """What every code of every variable adds to every label's score: its row, and for a count also count * weight."""
    lanes, width = net.lanes, net.label_lanes
    for v in range(net.variables):
        for code in range(lanes):
            at = (v * lanes + code) * width
            for o in range(0, width, 8):
                x = vec.load(theta, net.at_scores + at + o)
                if v >= net.base and modules[v - net.base, 0] == COUNT:
                    x = vec.multiply_add(vec.load(theta, net.at_linear + v * width + o), single(code), x)
                vec.store(scores, at + o, x)


@part
def position_scores(
    net: Any, modules: Any, theta: Any, scores: Any, values: Any, raw: Any, i: Any, out: Any, to: Any
) -> None:
    """The label scores of position i, into `out` from `to` on."""
    lanes, width = net.lanes, net.label_lanes
    for o in range(0, width, 8):
        total = vec.load(theta, net.at_bias + o)
        for v in range(net.variables):
            code = np.intp(values[i * net.variable_lanes + v])
            total = total + vec.load(scores, (v * lanes + code) * width + o)
        vec.store(out, to + o, total)
    for m in range(len(modules)):
        v = net.base + m
        beyond = np.intp(raw[i * net.variable_lanes + v]) - np.intp(values[i * net.variable_lanes + v])
        if modules[m, 0] == COUNT and beyond != 0:
            above = single(beyond)
            for o in range(net.labels):
                out[to + o] += above * theta[net.at_linear + v * width + o]


@entry
def evaluate(
    net: Any,
    modules: Any,
    far: Any,
    room: Any,
    todo: Any,
    theta: Any,
    args: Any,
    codes: Any,
    tokens: Any,
    lengths: Any,
    labels: Any,
    answers: Any,
) -> Any:
    """Mean loss, right answers, asked answers and wholly right sequences of a program; its answers into `answers`."""
    values, raw, p, part, found = room.values, room.raw, room.chance, room.share, room.found
    scores = room.scores
    score_tables(net, modules, theta, scores)
    loss, right, asked, whole = 0.0, 0, 0, 0
    for row in range(lengths.size):
        n = np.intp(lengths[row])
        given(net, tokens, row, n, values)
        forward(net, modules, far, args, codes, tokens, row, n, todo, values, raw, found, room.match)
        good = 1
        if net.pooled:
            for o in range(net.labels):
                p[o] = 0
            for i in range(n):
                position_scores(net, modules, theta, scores, values, raw, i, part, 0)
                for o in range(net.labels):
                    p[o] += part[o] / single(n)
        for i in range(1 if net.pooled else n):
            if not net.pooled:
                position_scores(net, modules, theta, scores, values, raw, i, p, 0)
            best = 0
            for o in range(1, net.labels):
                if p[o] > p[best]:
                    best = o
            answers[row, i] = best
            y = np.intp(labels[row, i])
            if y >= 0:
                total = 0.0
                for o in range(net.labels):
                    total += np.exp(p[o] - p[best])
                loss += np.log(total) + p[best] - p[y]
                asked += 1
                if best == y:
                    right += 1
                else:
                    good = 0
        whole += good
    return loss / max(asked, 1), right, asked, whole
