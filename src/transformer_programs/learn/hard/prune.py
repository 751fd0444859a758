"""Dropping what the classifier can do without: fewer scores, fewer variables, a shorter program.

The classifier reads a *feature* of a variable: its codes (a table of scores) or, of a count, the number (a weight).
Features leave, the least useful first, as long as the refitted program is right as often as before on a sample of the
training part and on the validation part. Variables that nothing reads any more are dropped by the passes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from transformer_programs.learn.hard.network import Parameters, parameters, room
from transformer_programs.learn.hard.problem import Candidate, Problem, measured
from transformer_programs.learn.hard.sweeps import fill, record, refit
from transformer_programs.tasks import Encoded

__all__ = ["Feature", "features", "pruned"]

SAMPLE = 4000
"""Training sequences that are looked at."""

STEPS, BATCH, RATE = 80, 128, 0.02
"""Adam steps on the classifier after features have left, sequences a step, learning rate."""

Feature: TypeAlias = tuple[int, bool]
"""A variable, and whether it is read as a number."""


def features(problem: Problem) -> list[Feature]:
    """Every feature the classifier of a problem may read."""
    net = problem.network.sizes
    views = _full(problem, problem.mask)
    codes = [(v, False) for v in range(net.variables) if views.scores[v].any()]
    return codes + [(v, True) for v in range(net.variables) if views.linear[v].any()]


def pruned(problem: Problem, start: Candidate, random: np.random.Generator) -> tuple[Candidate, list[Feature]]:
    """The program with fewer features, and which they are."""
    trial = _Trial(problem, start, random)
    kept, theta = features(problem), _centred(problem, start, trial)
    aim = trial.right(theta)
    for feature in kept:
        alone = trial.refitted(_without(problem, theta, [other for other in kept if other != feature]), [feature])
        if trial.right(alone) >= aim:
            kept, theta = [feature], alone
            break
    while len(kept) > 1:
        order = sorted(kept, key=lambda feature: trial.loss(_without(problem, theta, [feature])))
        before, chunk, at = len(kept), max(len(order) // 2, 1), 0
        while at < len(order):
            leaving = order[at : at + chunk]
            fewer = [feature for feature in kept if feature not in leaving]
            refitted = trial.refitted(_without(problem, theta, leaving), fewer)
            if trial.right(refitted) >= aim:
                kept, theta, at = fewer, refitted, at + chunk
            elif chunk > 1:
                chunk = max(chunk // 2, 1)
            else:
                at += 1
        if len(kept) == before:
            break
    found = measured(problem, start.args, start.codes, theta, trial.space)
    return replace(found, perfect=start.perfect), kept


class _Trial:
    """The sample, with the program's variables computed on it once: classifiers are tried on these."""

    def __init__(self, problem: Problem, candidate: Candidate, random: np.random.Generator) -> None:
        train, check = problem.train, problem.validation
        sample = train.take(np.sort(random.permutation(len(train))[:SAMPLE]))
        self.learned = len(sample)
        self.part = Encoded(
            np.concatenate([sample.tokens, check.tokens]),
            np.concatenate([sample.lengths, check.lengths]),
            np.concatenate([sample.labels, check.labels]),
        )
        self.problem, self.candidate, self.shrink = problem, candidate, 0.0
        self.space, self.kept = room(problem.network), record(problem.network, len(self.part))
        self.state = np.array([random.integers(2**63)], np.uint64)
        self._fill(candidate.theta, np.ones(len(problem.network.modules), np.uint8))

    def loss(self, theta: np.ndarray) -> float:
        """Summed loss."""
        return self._fill(theta, np.zeros(len(self.problem.network.modules), np.uint8))

    def right(self, theta: np.ndarray) -> int:
        """Number of right answers."""
        self.loss(theta)
        net, labels = self.problem.network.sizes, self.part.labels
        shape = (len(self.part), net.positions, net.label_lanes)
        answers = self.kept.scores.reshape(shape)[:, : labels.shape[1], : net.labels].argmax(axis=2)
        return int(((answers == labels) & (labels >= 0)).sum())

    def refitted(self, theta: np.ndarray, kept: list[Feature]) -> Float[np.ndarray, " parameter"]:
        """The classifier fitted anew with these features, to the training sample alone."""
        problem, space, theta = self.problem, self.space, theta.copy()
        network = problem.network
        refit(
            network.sizes, network.modules, theta, _mask(problem, kept), space.scores, space.gradient,
            np.zeros_like(theta), np.zeros_like(theta), space.chance, space.slope, self.state,
            STEPS, BATCH, RATE, self.shrink,
            self.part.lengths[: self.learned], self.part.labels[: self.learned], self.kept.values, self.kept.raw,
        )  # fmt: skip
        return theta

    def _fill(self, theta: np.ndarray, todo: np.ndarray) -> float:
        network, part, space, candidate = self.problem.network, self.part, self.space, self.candidate
        return float(
            fill(
                network.sizes, network.modules, network.far, candidate.args, candidate.codes, theta, space.scores,
                space.found, space.match, space.share, todo, part.tokens, part.lengths, part.labels,
                np.arange(len(part)), *self.kept,
            )
        )  # fmt: skip


def _full(problem: Problem, classifier: np.ndarray) -> Parameters:
    flat = np.zeros(problem.network.sizes.end, np.float32)
    flat[problem.network.sizes.at_scores :] = classifier
    return parameters(problem.network, flat)


def _mask(problem: Problem, kept: list[Feature]) -> Float[np.ndarray, " score"]:
    mask = problem.mask.copy()
    views = _full(problem, mask)
    flat = np.zeros(problem.network.sizes.end, np.float32)
    only = parameters(problem.network, flat)
    only.bias[:] = views.bias
    for variable, number in kept:
        if number:
            only.linear[variable] = views.linear[variable]
        else:
            only.scores[variable] = views.scores[variable]
    return flat[problem.network.sizes.at_scores :]


def _without(problem: Problem, theta: np.ndarray, leaving: list[Feature]) -> Float[np.ndarray, " parameter"]:
    theta = theta.copy()
    views = parameters(problem.network, theta)
    for variable, number in leaving:
        (views.linear if number else views.scores)[variable] = 0
    return theta


def _centred(problem: Problem, candidate: Candidate, trial: _Trial) -> Float[np.ndarray, " parameter"]:
    """The same scores with each table's mean over the sample moved to the bias, so that leaving shifts nothing."""
    net = problem.network.sizes
    theta = candidate.theta.copy()
    views = parameters(problem.network, theta)
    width = net.positions * net.variable_lanes
    codes = trial.kept.values[:, :width].reshape(-1, net.positions, net.variable_lanes)
    visible = np.arange(net.positions) < trial.part.lengths[:, None]
    for variable in range(net.variables):
        share = np.bincount(codes[:, :, variable][visible], minlength=net.lanes) / visible.sum()
        mean = (share[:, None] * views.scores[variable]).sum(axis=0)
        views.scores[variable, : net.limit + 1] -= mean
        views.bias[:] += mean
    return theta
