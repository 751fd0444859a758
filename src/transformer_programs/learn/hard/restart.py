"""One restart: train from random logits, keep the best snapshot, repair it by local search.

A restart can be trained in parts, so that restarts can be compared half-way and only the best of them go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from transformer_programs.errors import TrainingError
from transformer_programs.learn.base import Progress, Session
from transformer_programs.learn.hard.config import Estimator, Schedule, Search
from transformer_programs.learn.hard.local import search
from transformer_programs.learn.hard.network import Room, room
from transformer_programs.learn.hard.problem import Candidate, Problem, hardened, inclined, initial
from transformer_programs.learn.hard.steps import Plan, steps
from transformer_programs.run import UNKNOWN

__all__ = ["Restart", "Run", "Training", "as_plan", "candidate_of", "state_of"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Restart:
    """What to do in one restart.

    Args:
        problem, schedule, repair: data and shape, training, local search.
        seed: of its own random numbers.
        name: for progress, such as "hard 2/8".
        key: under which its state is kept.
        start: None, or the program that training begins with, and that is kept where nothing better is found.
    """

    problem: Problem
    schedule: Schedule
    repair: Search
    seed: tuple[int, ...]
    name: str
    key: str
    start: Candidate | None = None


class Training:
    """The logits of one restart and the steps that move them."""

    def __init__(
        self, problem: Problem, schedule: Schedule, random: np.random.Generator, start: Candidate | None = None
    ) -> None:
        self.problem = problem
        self.step = 0
        self.theta = initial(problem, random) if start is None else inclined(problem, start, random)
        self.mean, self.square = np.zeros_like(self.theta), np.zeros_like(self.theta)
        self.state = np.array([random.integers(2**63)], np.uint64)
        self._plan = as_plan(schedule, problem)
        self._apart = schedule.estimator is not Estimator.DIFFERENCES
        self._room: Room | None = None
        self._todo = np.ones(len(problem.network.modules), np.uint8)

    @property
    def _space(self) -> Room:
        self._room = self._room or room(self.problem.network, self._apart)
        return self._room

    def rest(self) -> None:
        """Gives scratch memory back until the next step."""
        self._room = None

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


class Run:
    """A restart under way.

    Its state is saved at every snapshot: a run that is killed goes on from there and ends with the same program.
    """

    def __init__(self, restart: Restart, session: Session) -> None:
        self.restart, self._session = restart, session
        random = np.random.default_rng(restart.seed)
        self._training = Training(restart.problem, restart.schedule, random, restart.start)
        self._best = restart.start
        self._repaired = False
        self._trail = np.zeros((0, 3))
        saved = session.restore(restart.key)
        if saved is not None:
            self._training.restore(saved)
            self._best, self._repaired, self._trail = candidate_of(saved), "repaired" in saved, saved["trail"]

    def standing(self, step: int) -> tuple[float, float]:
        """Accuracy and negative loss of the best snapshot up to a step; what came later is not looked at."""
        accuracy, loss = self._trail[self._trail[:, 0] <= step][-1, 1:]
        return float(accuracy), -float(loss)

    def train(self, until: int, stop: Callable[[], bool]) -> Candidate | None:
        """The best snapshot up to step `until`, which is one of a snapshot, or None where it was told to stop.

        Raises:
            TrainingError: the loss is not finite.
        """
        restart, schedule, training = self.restart, self.restart.schedule, self._training
        for step in schedule.snapshot_steps:
            if not training.step < step <= until or (self._best and self._best.perfect):
                continue
            if stop():
                return None
            loss = training.advance(step)
            if training.step < step:
                raise TrainingError(
                    place=f"{restart.name}, step {training.step}",
                    got="a loss that is not finite",
                    todo=f"lower schedule.score_rate ({schedule.score_rate}) or schedule.rate ({schedule.rate})",
                )
            found = training.hardened()
            best = found if self._best is None or found.better(self._best) else self._best
            self._trail = np.vstack([self._trail, [step, best.accuracy, best.loss]])
            self._keep(best)
            self._session.report(_progress(restart, step, loss, found.accuracy))
        training.rest()
        assert self._best is not None
        return self._best

    def repair(self, stop: Callable[[], bool]) -> Candidate | None:
        """The best snapshot after local search, or None where it was told to stop."""
        restart, start = self.restart, self._best
        assert start is not None
        if self._repaired:
            return start

        def report(turn: int, candidate: Candidate, kept: int) -> None:
            note = f"local search, round {turn}: {kept} changes kept"
            self._session.report(_progress(restart, restart.schedule.steps, candidate.loss, candidate.accuracy, note))

        random = np.random.default_rng((*restart.seed, 1))
        found = search(restart.problem, start, restart.repair, random, report, stop)
        if stop():
            return None
        self._repaired = True
        self._keep(found)
        return found

    def _keep(self, best: Candidate) -> None:
        self._best = best
        state = {**self._training.saved(), **state_of(best), "trail": self._trail}
        self._session.save(self.restart.key, {**state, "repaired": np.array(True)} if self._repaired else state)


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
        mixed=schedule.mixed,
        gapped=schedule.estimator is Estimator.GAPPED,
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
