"""Training steps: draw programs, run each on its share of the batch, weigh every alternative, move the logits."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from transformer_programs.learn.hard import vectors as vec
from transformer_programs.learn.hard.backward import through_closest, through_count, through_table, through_words
from transformer_programs.learn.hard.compiled import entry
from transformer_programs.learn.hard.estimators import gather_moves, through_program, weigh_choices
from transformer_programs.learn.hard.forward import forward, given, score_tables
from transformer_programs.learn.hard.general import ONE, through_head
from transformer_programs.learn.hard.readout import classify, read_out, turned_tables
from transformer_programs.learn.hard.sampling import adam, draw_program, ladders, through_softmax, uniform

__all__ = ["Plan", "steps"]

single = np.float32


class Plan(NamedTuple):
    """A `Schedule` in the form compiled code takes."""

    steps: int
    batch: int
    programs: int
    noise: tuple[float, float]
    temperature: tuple[float, float]
    anneal: float
    still: float
    exact: float
    mixed: float
    gapped: bool
    rate: float
    score_rate: float
    decay: float
    shrink: float
    drop: float
    unknown: int


@entry
def steps(
    net: Any,
    modules: Any,
    far: Any,
    room: Any,
    plan: Any,
    todo: Any,
    tokens: Any,
    lengths: Any,
    labels: Any,
    theta: Any,
    mean: Any,
    square: Any,
    mask: Any,
    state: Any,
    first: Any,
    until: Any,
    trace: Any,
) -> Any:
    """Steps first..until - 1; loss and share of right answers of each into `trace`.

    With `plan.steps` 0 nothing is drawn and nothing moves: the program in the room is run on the sequences
    first..until - 1 in order, with exact differences, and the gradient is left in the room.
    """
    probe = plan.steps == 0
    sequences = (until - first) if probe else plan.batch // plan.programs
    programs = 1 if probe else plan.programs
    args, codes, values, raw, change, active = room.args, room.codes, room.values, room.raw, room.change, room.active
    by_code, by_query, error, found, gradient = room.by_code, room.by_query, room.error, room.found, room.gradient
    scores, turned, grown, shrunk, ladder = room.scores, room.turned, room.grown, room.shrunk, room.ladder
    chance, slope, share, heard = room.chance, room.slope, room.share, room.heard
    for step in range(first, first + 1 if probe else until):
        exact = single(1)
        noise, temperature, rate = single(0), single(1), 1.0
        score_tables(net, modules, theta, scores)
        if not probe:
            part = min(1.0, step / (plan.anneal * plan.steps))
            noise = single(plan.noise[0] * (plan.noise[1] / plan.noise[0]) ** part)
            temperature = single(plan.temperature[0] * (plan.temperature[1] / plan.temperature[0]) ** part)
            if step >= plan.steps * (1 - plan.still):
                noise = single(0)
            if step < plan.exact * plan.steps:
                exact = single(plan.mixed)
            rate = plan.decay + (1 - plan.decay) * 0.5 * (1 + np.cos(np.pi * step / plan.steps))
            ladders(theta, net.at_gates, net.gates, net.variable_lanes, noise, ladder)
            ladders(theta, net.at_rows, net.rows, net.lanes, noise, ladder)
            weigh_choices(net, theta, room.odds, room.moved, temperature)
        turned_tables(net, scores, turned, grown, shrunk, exact > 0)
        for x in range(0, net.end, 8):
            vec.store(gradient, x, vec.spread(single(0)))
        loss, right, asked = 0.0, 0, 0
        for _ in range(programs):
            if not probe:
                draw_program(net, modules, ladder, state, args, codes)
            for s in range(sequences):
                row = first + s if probe else np.intp(uniform(state) * lengths.size)
                n = np.intp(lengths[row])
                for i in range(n):
                    heard[0, i] = tokens[row, i]
                    if plan.drop > 0 and uniform(state) < plan.drop:
                        heard[0, i] = plan.unknown
                given(net, heard, 0, n, values)
                forward(net, modules, far, args, codes, heard, 0, n, todo, values, raw, found, room.match)
                more = classify(
                    net, modules, theta, scores, n, labels, row, values, raw, gradient, chance, slope
                )  # fmt: skip
                read_out(
                    net, turned, grown, shrunk, n, labels, row, exact, values, change, active, chance, slope, share
                )  # fmt: skip
                loss += more[0]
                right += more[1]
                asked += more[2]
                for m in range(len(modules) - 1, -1, -1):
                    kind, gate, rows, reach = modules[m, 0], modules[m, 1], modules[m, 2], modules[m, 3]
                    past = modules[m, 4] > 0
                    out = net.base + m
                    a, b, c = np.intp(args[3 * m]), np.intp(args[3 * m + 1]), np.intp(args[3 * m + 2])
                    if kind <= 1 and (modules[m, 5] != ONE or modules[m, 6] >= 0):
                        through_head(
                            net, modules, m, far, args, codes, heard, 0, n, values, raw, change, active, gradient,
                            by_code, by_query, error, found, room.match, room.matched,
                        )  # fmt: skip
                    elif kind == 0:
                        through_closest(
                            net, out, gate * net.variable_lanes, rows, reach, past, far, a, b, c,
                            codes, n, values, change, active, gradient, by_code, by_query, error,
                        )  # fmt: skip
                    elif kind == 1:
                        through_count(
                            net, out, gate * net.variable_lanes, rows, reach, past, a, b,
                            codes, n, values, change, active, gradient, by_code, by_query, raw, found,
                        )  # fmt: skip
                    elif kind == 2:
                        through_table(
                            net, out, gate * net.variable_lanes, rows, reach, a, b,
                            codes, n, values, change, active, gradient, by_code, by_query,
                        )  # fmt: skip
                    else:
                        through_words(net, out, rows, n, heard, 0, change, gradient)
            if not probe:
                through_program(
                    net, modules, args, codes, gradient, room.odds, room.moved, temperature, plan.gapped
                )  # fmt: skip
        trace[step - first, 0] = loss / max(asked, 1)
        trace[step - first, 1] = right / max(asked, 1)
        if not np.isfinite(loss):
            return step
        if not probe:
            if room.odds is None:
                through_softmax(theta, gradient, net.at_gates, net.gates, net.variable_lanes, temperature)
                through_softmax(theta, gradient, net.at_rows, net.rows, net.lanes, temperature)
            gather_moves(net, gradient, room.moved)
            for x in range(0, net.end - net.at_scores, 8):
                at = net.at_scores + x
                vec.store(gradient, at, vec.load(gradient, at) * vec.load(mask, x))
            scale = 1.0 / max(asked, 1)
            adam(theta, gradient, mean, square, net.at_gates, net.at_scores, plan.rate * rate, scale, step, 0.0)
            adam(
                theta, gradient, mean, square, net.at_scores, net.end, plan.score_rate * rate, scale, step, plan.shrink
            )
    return until
