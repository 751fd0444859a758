"""Local search in compiled code: whole data sets of computed variables, single changes tried exactly."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int16, UInt8

from transformer_programs.learn.hard import vectors as vec
from transformer_programs.learn.hard.compiled import entry, part
from transformer_programs.learn.hard.forward import (
    COUNT,
    forward,
    given,
    position_scores,
    score_tables,
)
from transformer_programs.learn.hard.network import Network
from transformer_programs.learn.hard.readout import classify
from transformer_programs.learn.hard.sampling import adam, uniform

__all__ = ["Record", "fill", "record", "refit", "sweep"]

single = np.float32


class Record(NamedTuple):
    """What a program computes on a set of sequences.

    Args:
        values, raw: the variables, as `forward` leaves them.
        scores: of every label (pooled: of the sequence, at position 0).
        losses: of every answer.
    """

    values: UInt8[np.ndarray, "sequence position_variable"]
    raw: Int16[np.ndarray, "sequence position_variable"]
    scores: Float[np.ndarray, "sequence position_label"]
    losses: Float[np.ndarray, "sequence position"]


def record(network: Network, sequences: int) -> Record:
    """An empty record."""
    net = network.sizes
    width = net.positions * net.variable_lanes + 16
    return Record(
        values=np.zeros((sequences, width), np.uint8),
        raw=np.zeros((sequences, width), np.int16),
        scores=np.zeros((sequences, net.positions * net.label_lanes), np.float32),
        losses=np.zeros((sequences, net.positions), np.float32),
    )


@part
def answer_loss(net: Any, scores: Any, at: Any, y: Any) -> Any:
    """Cross-entropy of one answer."""
    top = scores[at]
    for o in range(1, net.labels):
        top = max(top, scores[at + o])
    total = single(0)
    for o in range(0, net.label_lanes, 8):
        total += vec.lane_sum(vec.exponential(vec.load(scores, at + o) - vec.spread(top)))
    return np.log(total) + top - scores[at + y]


@entry
def fill(
    net: Any,
    modules: Any,
    far: Any,
    args: Any,
    codes: Any,
    theta: Any,
    tables: Any,
    found: Any,
    beyond: Any,
    part: Any,
    todo: Any,
    tokens: Any,
    lengths: Any,
    labels: Any,
    chosen: Any,
    values: Any,
    raw: Any,
    scores: Any,
    losses: Any,
) -> Any:
    """Computes the modules with `todo` set, and all scores and losses, of the sequences `chosen`; the summed loss."""
    width = net.label_lanes
    score_tables(net, modules, theta, tables)
    loss = 0.0
    for c in range(chosen.size):
        row = chosen[c]
        n = np.intp(lengths[row])
        given(net, tokens, row, n, values[row])
        forward(net, modules, far, args, codes, tokens, row, n, todo, values[row], raw[row], found, beyond)
        for i in range(n):
            position_scores(net, modules, theta, tables, values[row], raw[row], i, part, 0)
            to = 0 if net.pooled else i * width
            for o in range(width):
                x = part[o] / n if net.pooled else part[o]
                if o >= net.labels:
                    x = single(-np.inf)
                scores[row, to + o] = x if i == 0 or not net.pooled else scores[row, o] + x
        for i in range(1 if net.pooled else n):
            y = np.intp(labels[row, i])
            if y >= 0:
                losses[row, i] = answer_loss(net, scores[row], i * width, y)
                loss += losses[row, i]
    return loss


@entry
def refit(
    net: Any,
    modules: Any,
    theta: Any,
    mask: Any,
    tables: Any,
    gradient: Any,
    mean: Any,
    square: Any,
    chance: Any,
    slope: Any,
    state: Any,
    steps: Any,
    batch: Any,
    rate: Any,
    shrink: Any,
    lengths: Any,
    labels: Any,
    values: Any,
    raw: Any,
) -> None:
    """Adam steps on the classifier alone, the variables being as recorded; the rate falls linearly to a tenth."""
    for x in range(net.at_scores, net.end):
        mean[x] = 0
        square[x] = 0
    for step in range(steps):
        score_tables(net, modules, theta, tables)
        for x in range(net.at_scores, net.end, 8):
            vec.store(gradient, x, vec.spread(single(0)))
        asked = 0
        for _ in range(batch):
            row = np.intp(uniform(state) * lengths.size)
            n = np.intp(lengths[row])
            asked += classify(
                net, modules, theta, tables, n, labels, row, values[row], raw[row], gradient, chance, slope
            )[2]
        for x in range(0, net.end - net.at_scores, 8):
            at = net.at_scores + x
            vec.store(gradient, at, vec.load(gradient, at) * vec.load(mask, x))
        now = rate * (1 - 0.9 * step / steps)
        adam(theta, gradient, mean, square, net.at_scores, net.end, now, 1.0 / max(asked, 1), step, shrink)


@entry
def sweep(
    net: Any,
    modules: Any,
    far: Any,
    args: Any,
    codes: Any,
    theta: Any,
    tables: Any,
    found: Any,
    beyond: Any,
    part: Any,
    todo: Any,
    old_values: Any,
    old_raw: Any,
    gates: Any,
    places: Any,
    choices: Any,
    least: Any,
    tokens: Any,
    lengths: Any,
    labels: Any,
    chosen: Any,
    values: Any,
    raw: Any,
    scores: Any,
    losses: Any,
) -> Any:
    """Tries single changes in order, each on the sequences `chosen`, and keeps those that lower the loss.

    Args:
        gates: whether change c is of a gate (place: 3 * module + gate) or of a row (place: row).
        places, choices: what is changed and to what.
        least: by how much the summed loss must fall.

    Returns:
        how many were kept, and the change of the summed loss.
    """
    lanes, width, labels_width = net.lanes, net.variable_lanes, net.label_lanes
    kept, gained = 0, 0.0
    for c in range(places.size):
        place = places[c]
        if gates[c]:
            module = place // 3
            before = args[place]
            args[place] = choices[c]
        else:
            module = 0
            while module + 1 < len(modules) and modules[module + 1, 2] <= place:
                module += 1
            before = codes[place]
            codes[place] = choices[c]
        if before == choices[c]:
            continue
        for m in range(len(modules)):
            todo[m] = m == module
            if m > module and modules[m, 0] < 3:
                for r in range(3 if modules[m, 0] == 0 else 2):
                    read = np.intp(args[3 * m + r]) - net.base
                    if read >= 0 and todo[read]:
                        todo[m] = 1
        change, spread = 0.0, 0.0
        for s in range(chosen.size):
            row = chosen[s]
            n = np.intp(lengths[row])
            for x in range(0, n * width):
                old_values[x] = values[row, x]
                old_raw[x] = raw[row, x]
            forward(net, modules, far, args, codes, tokens, row, n, todo, old_values, old_raw, found, beyond)
            differs = False
            before_row = change
            for i in range(n):
                y = np.intp(labels[row, 0 if net.pooled else i])
                if y < 0:
                    continue
                moved = False
                for m in range(module, len(modules)):
                    if todo[m]:
                        at = i * width + net.base + m
                        was, now = np.intp(values[row, at]), np.intp(old_values[at])
                        more: Any = 0
                        if modules[m, 0] == COUNT:
                            more = (np.intp(old_raw[at]) - now) - (np.intp(raw[row, at]) - was)
                        if was != now or more != 0:
                            if not moved and (not net.pooled or not differs):
                                start = 0 if net.pooled else i * labels_width
                                for o in range(labels_width):
                                    part[o] = scores[row, start + o]
                            moved = True
                            differs = True
                            v = net.base + m
                            for o in range(net.labels):
                                x = tables[(v * lanes + now) * labels_width + o]
                                x -= tables[(v * lanes + was) * labels_width + o]
                                if more != 0:
                                    x += more * theta[net.at_linear + v * labels_width + o]
                                part[o] += x / n if net.pooled else x
                if moved and not net.pooled:
                    change += answer_loss(net, part, 0, y) - losses[row, i]
            if net.pooled and differs:
                change += answer_loss(net, part, 0, np.intp(labels[row, 0])) - losses[row, 0]
            spread += (change - before_row) ** 2
            # Worse by three standard errors: not worth the other sequences.
            if s % 64 == 63 and change > 3 * np.sqrt(spread):
                break
        if change < -least:
            kept += 1
            gained += change
            fill(
                net,
                modules,
                far,
                args,
                codes,
                theta,
                tables,
                found,
                beyond,
                part,
                todo,
                tokens,
                lengths,
                labels,
                chosen,
                values,
                raw,
                scores,
                losses,
            )
        elif gates[c]:
            args[place] = before
        else:
            codes[place] = before
    return kept, gained
