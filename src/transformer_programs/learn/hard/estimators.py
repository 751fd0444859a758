"""Gradients that depend on what each program drew.

`sampling.through_softmax` needs only D summed over the programs of a step. Here every program moves the logits by
itself. With p = softmax(z / t), x its choice in a row, D_c its difference for choice c, and mean_p D = sum_c p_c D_c:

    ZGR     t dz_c = (p_c (D_c - mean_p D) + (1[c = x] - p_c) (D_x - mean_p D)) / 2
                   = (p_c (D_c - D_x) + 1[c = x] (D_x - mean_p D)) / 2
    gapped  t dz_c = q_c (D_c - mean_q D),  q = softmax(z' / t),  z'_x = max z,  z'_c = min(z_c, max z - 1) for c != x

ZGR (Shekhovtsov, "Cold analysis of Rao-Blackwellized straight-through Gumbel-softmax gradient estimator", 2023) is the
mean of straight-through and DARN. Where D is linear in the choice, D_c = dL/dx_c, and L quadratic, its mean over
x ~ p is the gradient of the mean of L. The gapped estimator (Fan and others, "Training discrete deep generative models
via gapped straight-through estimator", 2022) makes the drawn choice the likeliest by a gap of 1. A row that no
difference reaches stays where it is under both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from transformer_programs.learn.hard import vectors as vec
from transformer_programs.learn.hard.compiled import part

__all__ = ["gather_moves", "through_program", "weigh_choices"]

single = np.float32


@part
def weigh_choices(net: Any, theta: Any, odds: Any, moved: Any, temperature: Any) -> None:
    """Before the programs of a step: exp((z - max z) / t) of every row into `odds`; no moves yet."""
    if odds is None:
        return
    for start, count, lanes in (
        (net.at_gates, net.gates, net.variable_lanes),
        (net.at_rows, net.rows, net.lanes),
    ):
        for r in range(count):
            at = start + r * lanes
            top = vec.load(theta, at)
            for b in range(8, lanes, 8):
                top = vec.maximum(top, vec.load(theta, at + b))
            peak, warmth = vec.spread(vec.lane_maximum(top)), vec.spread(temperature)
            for b in range(0, lanes, 8):
                vec.store(odds, at + b, vec.exponential((vec.load(theta, at + b) - peak) / warmth))
                vec.store(moved, at + b, vec.spread(single(0)))


@part
def through_program(
    net: Any, modules: Any, args: Any, codes: Any, gradient: Any, odds: Any, moved: Any, temperature: Any, gapped: Any
) -> None:
    """The differences of one program, in `gradient`, are added to `moved` as moves of the logits, and cleared."""
    if odds is None:
        return
    for m in range(len(modules)):
        gate = modules[m, 1]
        gates = (modules[m + 1, 1] if m + 1 < len(modules) else net.gates) - gate
        for g in range(gates):
            at = (gate + g) * net.variable_lanes
            through_choice(at, net.variable_lanes, args[3 * m + g], gradient, odds, moved, temperature, gapped)
    for r in range(net.rows):
        at = net.at_rows + r * net.lanes
        through_choice(at, net.lanes, codes[r], gradient, odds, moved, temperature, gapped)


@part
def through_choice(
    at: Any, lanes: Any, choice: Any, gradient: Any, odds: Any, moved: Any, temperature: Any, gapped: Any
) -> None:
    """One row: with x = `choice`, s and m as the estimator has them, dz_c = s p_c (D_c - m), and more for c = x."""
    x = at + np.intp(choice)
    drawn = gradient[x]
    own, most = (single(1), np.exp(single(-1) / temperature)) if gapped else (odds[x], single(1))
    total, mean = vec.spread(single(0)), vec.spread(single(0))
    for b in range(0, lanes, 8):
        p = vec.put_lane(b, choice, own, vec.minimum(vec.load(odds, at + b), vec.spread(most)))
        total = total + p
        mean = mean + p * vec.load(gradient, at + b)
    whole = vec.lane_sum(total)
    centre = vec.lane_sum(mean) / whole
    middle, scale = vec.spread(centre if gapped else drawn), (single(1) if gapped else single(0.5)) / temperature
    for b in range(0, lanes, 8):
        p = vec.put_lane(b, choice, own, vec.minimum(vec.load(odds, at + b), vec.spread(most)))
        vec.accumulate(moved, at + b, p * vec.spread(scale / whole) * (vec.load(gradient, at + b) - middle))
        vec.store(gradient, at + b, vec.spread(single(0)))
    if not gapped:
        moved[x] += scale * (drawn - centre)


@part
def gather_moves(net: Any, gradient: Any, moved: Any) -> None:
    """After the programs of a step: their moves are the gradient."""
    if moved is None:
        return
    for x in range(0, net.at_scores, 8):
        vec.store(gradient, x, vec.load(moved, x))
