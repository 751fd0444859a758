"""Drawing programs, and turning loss differences into a step of the logits.

A choice is drawn as argmax_c (z_c + s g_c) with standard Gumbel noise g. That is the distribution softmax(z / s), so
one number u a choice is enough: `ladder` holds the cumulative distribution of every row of logits, and the choice is
the number of its rungs at or below u. Backward, with p = softmax(z / t):  dz_c = p_c (D_c - sum_b p_b D_b) / t.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from transformer_programs.learn.hard import vectors as vec
from transformer_programs.learn.hard.compiled import entry, part

__all__ = ["adam", "draw_program", "harden", "ladders", "through_softmax", "uniform"]

single = np.float32


@part
def uniform(state: Any) -> Any:
    """A number in [0, 1); Steele and others, "Fast splittable pseudorandom number generators" (2014)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return single(np.int64((z ^ (z >> np.uint64(31))) >> np.uint64(40))) * single(2.0**-24)


@part
def ladders(theta: Any, start: Any, count: Any, lanes: Any, noise: Any, ladder: Any) -> None:
    """The cumulative distributions of `count` rows of logits; noise 0: all on the largest."""
    for r in range(count):
        at = start + r * lanes
        top = vec.load(theta, at)
        for b in range(8, lanes, 8):
            top = vec.maximum(top, vec.load(theta, at + b))
        peak = vec.lane_maximum(top)
        if noise == 0:
            best = 0
            while theta[at + best] != peak and best < lanes - 1:
                best += 1
            for b in range(lanes):
                ladder[at + b] = single(2) if b >= best else single(-1)
            continue
        total = single(0)
        for b in range(0, lanes, 8):
            e = vec.exponential((vec.load(theta, at + b) - vec.spread(peak)) / vec.spread(noise))
            rungs = vec.cumulate(e) + vec.spread(total)
            vec.store(ladder, at + b, rungs)
            total = vec.last_lane(rungs)
        # A little above 1, so that no u, however rounded, goes past the last allowed choice.
        factor = vec.spread(single(1.000001) / total)
        for b in range(0, lanes, 8):
            vec.store(ladder, at + b, vec.load(ladder, at + b) * factor)


@part
def draw(ladder: Any, at: Any, lanes: Any, u: Any) -> Any:
    """The choice for u."""
    choice = vec.rank(ladder, at, u)
    for b in range(8, lanes, 8):
        choice += vec.rank(ladder, at + b, u)
    return choice


@part
def draw_program(net: Any, modules: Any, ladder: Any, state: Any, args: Any, codes: Any) -> None:
    """A whole program."""
    for m in range(len(modules)):
        gate = modules[m, 1]
        gates = (modules[m + 1, 1] if m + 1 < len(modules) else net.gates) - gate
        for r in range(gates):
            args[3 * m + r] = draw(ladder, (gate + r) * net.variable_lanes, modules[m, 3], uniform(state))
    for r in range(net.rows):
        codes[r] = draw(ladder, net.at_rows + r * net.lanes, net.lanes, uniform(state))


@entry
def harden(net: Any, modules: Any, theta: Any, ladder: Any, state: Any, args: Any, codes: Any) -> None:
    """The program of the largest logits."""
    ladders(theta, net.at_gates, net.gates, net.variable_lanes, single(0), ladder)
    ladders(theta, net.at_rows, net.rows, net.lanes, single(0), ladder)
    draw_program(net, modules, ladder, state, args, codes)


@part
def through_softmax(theta: Any, gradient: Any, start: Any, count: Any, lanes: Any, temperature: Any) -> None:
    """Differences D into gradients of the logits, in place."""
    for r in range(count):
        at = start + r * lanes
        top = vec.load(theta, at)
        for b in range(8, lanes, 8):
            top = vec.maximum(top, vec.load(theta, at + b))
        peak, warmth = vec.spread(vec.lane_maximum(top)), vec.spread(temperature)
        total, mean = vec.spread(single(0)), vec.spread(single(0))
        for b in range(0, lanes, 8):
            e = vec.exponential((vec.load(theta, at + b) - peak) / warmth)
            total = total + e
            mean = mean + e * vec.load(gradient, at + b)
        whole = vec.lane_sum(total)
        centre, factor = vec.spread(vec.lane_sum(mean) / whole), vec.spread(single(1) / (whole * temperature))
        for b in range(0, lanes, 8):
            e = vec.exponential((vec.load(theta, at + b) - peak) / warmth)
            vec.store(gradient, at + b, e * factor * (vec.load(gradient, at + b) - centre))


@part
def adam(
    theta: Any,
    gradient: Any,
    mean: Any,
    square: Any,
    start: Any,
    end: Any,
    rate: Any,
    scale: Any,
    step: Any,
    shrink: Any,
) -> None:
    """A step of Adam (Kingma and Ba, 2015) with decay rates 0.9 and 0.99; the gradient is multiplied by `scale`, and
    the parameters shrink by rate * shrink, apart from the step (Loshchilov and Hutter, 2019)."""
    slow, fast = single(0.9), single(0.99)
    first = single(rate) / (single(1) - slow ** single(step + 1))
    stays = vec.spread(single(1) - single(rate) * single(shrink))
    second = single(1) / (single(1) - fast ** single(step + 1))
    for x in range(start, end, 8):
        g = vec.load(gradient, x) * vec.spread(single(scale))
        m = vec.multiply_add(vec.load(mean, x), slow, g * vec.spread(single(1) - slow))
        v = vec.multiply_add(vec.load(square, x), fast, g * g * vec.spread(single(1) - fast))
        vec.store(mean, x, m)
        vec.store(square, x, v)
        size = vec.root(v * vec.spread(second)) + vec.spread(single(1e-8))
        vec.store(theta, x, vec.load(theta, x) * stays - m * vec.spread(first) / size)
