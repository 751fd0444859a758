"""One run of a study, from its declaration to its row: what a worker does, on this machine or on another."""

from __future__ import annotations

import itertools
import math
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from transformer_programs.errors import TransformerProgramError
from transformer_programs.experiments.cases import Case, Stop
from transformer_programs.learn import learner_named
from transformer_programs.learn.base import Progress
from transformer_programs.learn.options import with_settings
from transformer_programs.learn.train import train
from transformer_programs.program import dumps
from transformer_programs.tasks import Dataset, Task, load_dataset, make_task

__all__ = ["PRINTED", "PROGRAM", "Job", "Row", "Run", "Watch", "done"]

Row = dict[str, Any]
"""A line of `results.jsonl`: what was asked, then the report of the run, or `failed` with the reason."""

PROGRAM = "program.json"
"""Key under which a row brings its program home; it is kept as a file of its own."""

PRINTED = "program.py"
"""The same of the printed program, if the run prints it."""


class Job(Protocol):
    """A piece of a study: a declaration that can be sent to a worker and done there.

    Its key holds all that its row depends on: a row is taken up again only where the key is the same.
    """

    @property
    def title(self) -> str:
        """For eyes, and for the name of its folder."""

    @property
    def key(self) -> tuple[str, str, tuple[str, ...], int]:
        """Suite, case, settings and seed: what tells it from the others."""

    def begun(self) -> Row:
        """What its row says before there is a result."""

    def perform(self) -> Row:
        """Does it."""


def done(job: Job) -> Row:
    """The row of a job. An error that is none of ours is a row, too, with where it was raised: it would come again."""
    try:
        return job.perform()
    except TransformerProgramError:
        raise
    except Exception as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"an error in tprog: {type(error).__name__}: {error} ({Path(at.filename).name}, line {at.lineno})"
        return {**job.begun(), "failed": reason}


class Stopped(TransformerProgramError):
    """A run that its suite does not let go on."""


class Watch:
    """A session that ends a run that is hopeless, or that takes too long.

    Args:
        stop: when it is hopeless.
        budget: minutes that it may take.
    """

    def __init__(self, stop: Stop | None, budget: float | None) -> None:
        self._stop = stop
        self._budget = budget
        self._start = time.monotonic()
        self._best = 0.0

    def report(self, progress: Progress) -> None:
        """Looks at it.

        Raises:
            Stopped: the run is not to go on.
        """
        minutes = (time.monotonic() - self._start) / 60
        if self._budget is not None and minutes > self._budget:
            raise Stopped(
                place=f"{progress.learner}, step {progress.step}", got=f"the budget of {self._budget:g} min used up"
            )
        if math.isfinite(progress.accuracy):
            self._best = max(self._best, progress.accuracy)
        stop = self._stop
        if stop is None or not progress.steps or progress.step / progress.steps < stop.after:
            return
        if math.isfinite(progress.accuracy) and self._best < stop.below:
            raise Stopped(
                place=f"{progress.learner}, step {progress.step} of {progress.steps}",
                got=f"{100 * self._best:.2f} % of answers at best",
                expected=f"{100 * stop.below:g} % by then, else the run is hopeless",
            )

    def save(self, key: str, state: Mapping[str, np.ndarray]) -> None:
        """Nothing: a run of a study begins anew."""

    def restore(self, key: str) -> Mapping[str, np.ndarray] | None:
        """None."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a suite: all that a worker needs, wherever it is.

    Args:
        suite: its name.
        case: what is learned.
        learner, preset: who learns.
        choices: one alternative of each axis of the grid.
        seed: of the data and of the learner.
        stop, budget: as in `Suite`.
        digest: of the case's file, if it is about one.
    """

    suite: str
    case: Case
    learner: str
    preset: str | None
    choices: tuple[tuple[str, ...], ...]
    seed: int
    stop: Stop | None
    budget: float | None
    digest: str = ""

    @property
    def settings(self) -> tuple[str, ...]:
        """The case's settings, then the grid's."""
        return (*self.case.settings, *itertools.chain.from_iterable(self.choices))

    @property
    def title(self) -> str:
        """Case, settings of the grid, and seed."""
        return " ".join([self.case.title, *itertools.chain.from_iterable(self.choices), f"seed {self.seed}"])

    @property
    def asked(self) -> tuple[str, ...]:
        """All that its result depends on, beside case, grid and seed."""
        case, stop = self.case, self.stop
        of_file = case.task is None
        told = {
            "learner": self.learner,
            "preset": self.preset,
            "kind": case.kind,
            "vocabulary_size": case.vocabulary_size if of_file else None,
            "max_length": case.max_length if of_file else None,
            "size": None if of_file else case.size,
            "stop": None if stop is None else f"{stop.below:g} after {stop.after:g}",
            "budget": self.budget,
        }
        about = tuple(f"{name}={value}" for name, value in told.items() if value is not None)
        return (*case.settings, *about, *([self.digest] if self.digest else []))

    @property
    def key(self) -> tuple[str, str, tuple[str, ...], int]:
        """What tells a run from all others."""
        grid = itertools.chain.from_iterable(self.choices)
        return self.suite, self.case.title, (*grid, *self.asked), self.seed

    def begun(self) -> Row:
        """What a row says of a run before its result."""
        suite, case, settings, seed = self.key
        return {
            "suite": suite,
            "case": case,
            "choices": list(itertools.chain.from_iterable(self.choices)),
            "settings": list(settings),
            "seed": seed,
            "learner": self.learner,
            "target": self.case.target,
            "measure": self.case.measure,
            "minutes": self.case.minutes,
        }

    def perform(self) -> Row:
        """Runs it. Errors of ours become rows with the reason: they would come again."""
        try:
            data, task = _data(self)
            learner = with_settings(learner_named(self.learner, preset=self.preset), self.settings)
            watch = Watch(self.stop, self.budget)
            outcome = train(data, learner, name=self.learner, task=task, seed=self.seed, session=watch)
        except TransformerProgramError as error:
            return {**self.begun(), "stopped" if isinstance(error, Stopped) else "failed": str(error)}
        return {**self.begun(), **outcome.report, PROGRAM: dumps(outcome.program)}


def _data(run: Run) -> tuple[Dataset, Task | None]:
    case = run.case
    if case.task is not None:
        task = make_task(case.task, case.vocabulary_size, case.max_length)
        return task.dataset(size=case.size, seed=run.seed), task
    assert case.data is not None
    assert case.kind is not None
    extra: dict[str, Any] = {} if case.vocabulary_size is None else {"vocabulary_size": case.vocabulary_size}
    return load_dataset(case.data, kind=case.kind, seed=run.seed, max_length=case.max_length, **extra), None
