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

__all__ = ["Restart", "run"]


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


def run(restart: Restart, session: Session, stop: Callable[[], bool]) -> Candidate | None:
    """The best program of a restart, or None where it was told to stop.

    Its state is saved at every snapshot: a run that is killed goes on from there and ends with the same program.

    Raises:
        TrainingError: the loss is not finite.
    """
    problem, schedule, network = restart.problem, restart.schedule, restart.problem.network
    plan = as_plan(schedule)
    random = np.random.default_rng(restart.seed)
    theta = initial(problem, random)
    mean, square = np.zeros_like(theta), np.zeros_like(theta)
    state = np.array([random.integers(2**63)], np.uint64)
    space, todo = room(network), np.ones(len(network.modules), np.uint8)
    best: Candidate | None = None
    start = 0
    saved = session.restore(restart.key)
    if saved is not None:
        start, best = int(saved["step"]), _candidate(saved)
        theta[:], mean[:], square[:], state[:] = (saved[name] for name in ("theta", "mean", "square", "state"))
    every = max(1, schedule.steps // schedule.snapshots)
    train = problem.train
    while start < schedule.steps and not (best and best.perfect):
        if stop():
            return None
        until = min(start + every, schedule.steps)
        trace = np.zeros((until - start, 2))
        done = steps(
            network.sizes, network.modules, network.far, space, plan, todo, train.tokens, train.lengths, train.labels,
            theta, mean, square, problem.mask, state, start, until, trace,
        )  # fmt: skip
        if done < until:
            raise TrainingError(
                place=f"{restart.name}, step {done}",
                got="a loss that is not finite",
                todo=f"lower schedule.score_rate ({schedule.score_rate}) or schedule.rate ({schedule.rate})",
            )
        found = hardened(problem, theta, space)
        best = found if best is None or found.better(best) else best
        start = until
        session.save(restart.key, _state(start, theta, mean, square, state, best))
        session.report(_progress(restart, start, float(trace[:, 0].mean()), found.accuracy))
    assert best is not None

    def report(turn: int, candidate: Candidate, kept: int) -> None:
        note = f"local search, round {turn}: {kept} changes kept"
        session.report(_progress(restart, schedule.steps, candidate.loss, candidate.accuracy, note))

    best = search(problem, best, restart.repair, np.random.default_rng((*restart.seed, 1)), report, stop)
    return None if stop() else best


def as_plan(schedule: Schedule) -> Plan:
    """A schedule in the form compiled code takes."""
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
    )


def _progress(restart: Restart, step: int, loss: float, accuracy: float, note: str = "") -> Progress:
    steps = restart.schedule.steps
    return Progress(learner=restart.name, step=step, steps=steps, loss=loss, accuracy=accuracy, note=note)


def _state(
    step: int, theta: np.ndarray, mean: np.ndarray, square: np.ndarray, state: np.ndarray, best: Candidate
) -> Mapping[str, np.ndarray]:
    return {
        "step": np.array(step),
        "theta": theta.copy(),
        "mean": mean.copy(),
        "square": square.copy(),
        "state": state.copy(),
        "best.args": best.args,
        "best.codes": best.codes,
        "best.theta": best.theta,
        "best.measures": np.array([best.accuracy, best.loss, best.perfect]),
    }


def _candidate(saved: Mapping[str, np.ndarray]) -> Candidate:
    accuracy, loss, perfect = saved["best.measures"].tolist()
    return Candidate(
        args=saved["best.args"],
        codes=saved["best.codes"],
        theta=saved["best.theta"],
        accuracy=accuracy,
        loss=loss,
        perfect=bool(perfect),
    )
