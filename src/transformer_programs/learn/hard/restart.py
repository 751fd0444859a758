"""One restart: train from random logits, keep the best snapshot, repair it by local search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from transformer_programs.errors import TrainingError
from transformer_programs.learn.base import Progress, Session
from transformer_programs.learn.hard.config import Schedule, Search
from transformer_programs.learn.hard.local import search
from transformer_programs.learn.hard.network import room
from transformer_programs.learn.hard.problem import Candidate, Problem, hardened, initial
from transformer_programs.learn.hard.steps import Plan, steps
from transformer_programs.run import UNKNOWN

__all__ = ["Restart", "Training", "as_plan", "candidate_of", "run", "state_of"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Restart:
    """What to do in one restart.

    Args:
        problem, schedule, repair: data and shape, training, local search.
        seed: of its own random numbers.
        name: for progress, such as "hard 2/8".
        key: under which its state is kept.
    """

    problem: Problem
    schedule: Schedule
    repair: Search
    seed: tuple[int, ...]
    name: str
    key: str


class Training:
    """The logits of one restart and the steps that move them."""

    def __init__(self, problem: Problem, schedule: Schedule, random: np.random.Generator) -> None:
        self.problem = problem
        self.step = 0
        self.theta = initial(problem, random)
        self.mean, self.square = np.zeros_like(self.theta), np.zeros_like(self.theta)
        self.state = np.array([random.integers(2**63)], np.uint64)
        self._plan, self._space = as_plan(schedule, problem), room(problem.network)
        self._todo = np.ones(len(problem.network.modules), np.uint8)

    def advance(self, until: int) -> float:
        """Steps up to `until`, or to the one whose loss is not finite; the mean loss."""
        problem, network = self.problem, self.problem.network
        trace = np.zeros((until - self.step, 2))
        self.step = steps(
            network.sizes, network.modules, network.far, self._space, self._plan, self._todo,
            problem.train.tokens, problem.train.lengths, problem.train.labels,
            self.theta, self.mean, self.square, problem.mask, self.state, self.step, until, trace,
        )  # fmt: skip
        return float(trace[:, 0].mean())

    def hardened(self) -> Candidate:
        """The program of the largest logits."""
        return hardened(self.problem, self.theta, self._space)

    def saved(self) -> dict[str, np.ndarray]:
        """Everything that further steps depend on."""
        arrays = {"theta": self.theta, "mean": self.mean, "square": self.square, "state": self.state}
        return {"step": np.array(self.step), **{name: array.copy() for name, array in arrays.items()}}

    def restore(self, saved: Mapping[str, np.ndarray]) -> None:
        """Back to where `saved` was called."""
        self.step = int(saved["step"])
        for name, array in (("theta", self.theta), ("mean", self.mean), ("square", self.square), ("state", self.state)):
            array[:] = saved[name]


def run(restart: Restart, session: Session, stop: Callable[[], bool]) -> Candidate | None:
    """The best program of a restart, or None where it was told to stop.

    Its state is saved at every snapshot: a run that is killed goes on from there and ends with the same program.

    Raises:
        TrainingError: the loss is not finite.
    """
    schedule = restart.schedule
    training = Training(restart.problem, schedule, np.random.default_rng(restart.seed))
    best: Candidate | None = None
    saved = session.restore(restart.key)
    if saved is not None:
        training.restore(saved)
        best = candidate_of(saved)
        if "repaired" in saved:
            return best
    every = max(1, schedule.steps // schedule.snapshots)
    while training.step < schedule.steps and not (best and best.perfect):
        if stop():
            return None
        until = min(training.step + every, schedule.steps)
        loss = training.advance(until)
        if training.step < until:
            raise TrainingError(
                place=f"{restart.name}, step {training.step}",
                got="a loss that is not finite",
                todo=f"lower schedule.score_rate ({schedule.score_rate}) or schedule.rate ({schedule.rate})",
            )
        found = training.hardened()
        best = found if best is None or found.better(best) else best
        session.save(restart.key, {**training.saved(), **state_of(best)})
        session.report(_progress(restart, until, loss, found.accuracy))
    assert best is not None

    def report(turn: int, candidate: Candidate, kept: int) -> None:
        note = f"local search, round {turn}: {kept} changes kept"
        session.report(_progress(restart, schedule.steps, candidate.loss, candidate.accuracy, note))

    random = np.random.default_rng((*restart.seed, 1))
    best = search(restart.problem, best, restart.repair, random, report, stop)
    if stop():
        return None
    session.save(restart.key, {**training.saved(), **state_of(best), "repaired": np.array(True)})
    return best


def as_plan(schedule: Schedule, problem: Problem) -> Plan:
    """A schedule in the form compiled code takes."""
    vocabulary = problem.data.vocabulary
    unknown = vocabulary.index(UNKNOWN) if UNKNOWN in vocabulary and problem.network.sizes.words else -1
    return Plan(
        steps=schedule.steps,
        batch=schedule.batch,
        programs=schedule.programs,
        noise=(schedule.noise_start, schedule.noise_end),
        temperature=(schedule.temperature_start, schedule.temperature_end),
        anneal=schedule.anneal,
        still=schedule.still,
        exact=schedule.exact_from,
        rate=schedule.rate,
        score_rate=schedule.score_rate,
        decay=schedule.decay,
        shrink=schedule.shrink,
        drop=schedule.drop if unknown >= 0 else 0.0,
        unknown=unknown,
    )


def _progress(restart: Restart, step: int, loss: float, accuracy: float, note: str = "") -> Progress:
    steps = restart.schedule.steps
    return Progress(learner=restart.name, step=step, steps=steps, loss=loss, accuracy=accuracy, note=note)


def state_of(best: Candidate) -> dict[str, np.ndarray]:
    """A candidate as arrays to keep."""
    return {
        "best.args": best.args,
        "best.codes": best.codes,
        "best.theta": best.theta,
        "best.measures": np.array([best.accuracy, best.loss, best.perfect]),
    }


def candidate_of(saved: Mapping[str, np.ndarray]) -> Candidate:
    """The candidate that `state_of` was given."""
    accuracy, loss, perfect = saved["best.measures"].tolist()
    return Candidate(
        args=saved["best.args"],
        codes=saved["best.codes"],
        theta=saved["best.theta"],
        accuracy=accuracy,
        loss=loss,
        perfect=bool(perfect),
    )
