"""Local search on a discrete program, with exact differences.

A round: refit the classifier on what the program computes; on some training sequences weigh every single change of a
gate, a predicate row or a table cell by the exact difference it would make alone at the next place it is read; try the
most promising ones in order on the whole program, each exactly; keep what lowers the loss. The best program by
validation accuracy is returned, which may be the one it began with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from transformer_programs.learn.hard.config import Search
from transformer_programs.learn.hard.network import parameters, room
from transformer_programs.learn.hard.problem import Candidate, Problem, measured
from transformer_programs.learn.hard.steps import Plan, steps
from transformer_programs.learn.hard.sweeps import fill, record, refit, sweep

__all__ = ["search"]

LEAST = 1e-3
"""By how much the summed loss must fall for a change to be kept, in nats."""

MEMORY = 2**28
"""Most bytes for what a program computes on the training part; beyond, a sample of it is used."""

PROBE = Plan(0, 0, 0, (1.0, 1.0), (1.0, 1.0), 1.0, 0.0, 0.0, 0.0, False, 0.0, 0.0, 0.0, 0.0, 0.0, 0)


def search(
    problem: Problem,
    start: Candidate,
    config: Search,
    random: np.random.Generator,
    report: Callable[[int, Candidate, int], None] = lambda round_, candidate, kept: None,
    stop: Callable[[], bool] = lambda: False,
) -> Candidate:
    """The best program found from `start`.

    Args:
        problem: the data and the network.
        start: where to begin.
        config: how long and how wide.
        random: draws sequences.
        report: called after each round with its number, the program, and how many changes were kept.
        stop: asked between rounds.
    """
    network, train = problem.network, _sample(problem, random)
    net, modules, far = network.sizes, network.modules, network.far
    space, kept_values = room(network), record(network, len(train))
    args, codes, theta = start.args.copy(), start.codes.copy(), start.theta.copy()
    mean, square = np.zeros_like(theta), np.zeros_like(theta)
    everything, nothing = np.ones(len(modules), np.uint8), np.zeros(len(modules), np.uint8)
    state = np.array([random.integers(2**63)], np.uint64)
    best, since = start, 0

    def fill_in(todo: np.ndarray, chosen: np.ndarray) -> None:
        fill(
            net, modules, far, args, codes, theta, space.scores, space.found, space.match, space.share, todo,
            train.tokens, train.lengths, train.labels, chosen, *kept_values,
        )  # fmt: skip

    for turn in range(config.rounds):
        if stop() or best.perfect or since >= config.patience:
            break
        fill_in(everything, np.arange(len(train)))
        refit(
            net, modules, theta, problem.mask, space.scores, space.gradient, mean, square, space.chance, space.slope,
            state, config.refit_steps, config.refit_batch, config.refit_rate, config.refit_shrink,
            train.lengths, train.labels, kept_values.values, kept_values.raw,
        )  # fmt: skip
        now = measured(problem, args.copy(), codes.copy(), theta.copy(), space)
        since = 0 if now.accuracy > best.accuracy else since + 1
        best = now if now.better(best) else best
        chosen = np.sort(random.permutation(len(train))[: config.sequences])
        fill_in(nothing, chosen)
        gates, places, choices = _promising(problem, args, codes, theta, train.take(chosen), space, config.candidates)
        kept, _ = sweep(
            net, modules, far, args, codes, theta, space.scores, space.found, space.match, space.share, nothing.copy(),
            space.values, space.raw, gates, places, choices, LEAST,
            train.tokens, train.lengths, train.labels, chosen, *kept_values,
        )  # fmt: skip
        report(turn + 1, best, int(kept))
    return best


def _promising(
    problem: Problem, args: np.ndarray, codes: np.ndarray, theta: np.ndarray, part: Any, space: Any, most: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The best change of every gate and row, most promising first: is it a gate, its place, the new choice."""
    network = problem.network
    net = network.sizes
    space.args[:], space.codes[:] = args, codes
    unused = np.zeros(0, np.float32)
    steps(
        net, network.modules, network.far, space, PROBE, np.ones(len(network.modules), np.uint8),
        part.tokens, part.lengths, part.labels, theta, unused, unused, unused, np.zeros(1, np.uint64),
        0, len(part), np.zeros((1, 2)),
    )  # fmt: skip
    change = parameters(network, space.gradient[: net.end])
    allowed = parameters(network, theta)
    places = np.array([3 * m + g for m, module in enumerate(network.choices) for g in range(len(module.candidates))])
    found = [(1, place) for place in places] + [(0, row) for row in range(net.rows)]
    now = np.concatenate([args[places], codes[: net.rows]]).astype(np.int64)
    best, gain = [], []
    for differences, logits, current in (
        (change.gates, allowed.gates, now[: len(places)]),
        (change.rows, allowed.rows, now[len(places) :]),
    ):
        differences = np.where(np.isfinite(logits), differences, np.inf)
        best.append(differences.argmin(axis=1))
        gain.append(differences.min(axis=1) - np.take_along_axis(differences, current[:, None], axis=1)[:, 0])
    choice, gains = np.concatenate(best), np.concatenate(gain)
    order = np.argsort(gains, kind="stable")[:most]
    order = order[gains[order] < -LEAST]
    what = np.array(found, np.int64)[order].reshape(-1, 2)
    return what[:, 0].copy(), what[:, 1].copy(), choice[order].astype(np.uint8)


def _sample(problem: Problem, random: np.random.Generator) -> Any:
    net = problem.network.sizes
    each = net.positions * (3 * net.variable_lanes + 4 * net.label_lanes + 4)
    most = max(1000, MEMORY // each)
    train = problem.train
    return train if len(train) <= most else train.take(np.sort(random.permutation(len(train))[:most]))
