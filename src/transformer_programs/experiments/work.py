"""One run of a study, from its declaration to its row: what a worker does, on this machine or on another."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from transformer_programs.errors import TransformerProgramError
from transformer_programs.experiments.suite import Run, Stop
from transformer_programs.learn import learner_named
from transformer_programs.learn.base import Progress
from transformer_programs.learn.options import with_settings
from transformer_programs.learn.train import train
from transformer_programs.program import dumps
from transformer_programs.tasks import Dataset, Task, load_dataset, make_task

__all__ = ["PROGRAM", "Row", "Watch", "begun", "perform"]

Row = dict[str, Any]
"""A line of `results.jsonl`: what was asked, then the report of the run, or `failed` with the reason."""

PROGRAM = "program.json"
"""Key under which a row brings its program home; it is kept as a file of its own."""


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


def begun(run: Run) -> Row:
    """What a row says of a run before its result."""
    case, settings, seed = run.key
    return {
        "suite": run.suite,
        "case": case,
        "settings": list(settings),
        "seed": seed,
        "learner": run.learner,
        "target": run.case.target,
        "measure": run.case.measure,
        "minutes": run.case.minutes,
    }


def perform(run: Run) -> Row:
    """Runs it. Errors of ours become rows with the reason: they would come again."""
    row = begun(run)
    try:
        data, task = _data(run)
        learner = with_settings(learner_named(run.learner, preset=run.preset), run.settings)
        outcome = train(data, learner, name=run.learner, task=task, seed=run.seed, session=Watch(run.stop, run.budget))
    except TransformerProgramError as error:
        return {**row, "stopped" if isinstance(error, Stopped) else "failed": str(error)}
    return {**row, **outcome.report, PROGRAM: dumps(outcome.program)}


def _data(run: Run) -> tuple[Dataset, Task | None]:
    case = run.case
    if case.task is not None:
        task = make_task(case.task, case.vocabulary_size, case.max_length)
        return task.dataset(size=case.size, seed=run.seed), task
    assert case.data is not None
    assert case.kind is not None
    extra: dict[str, Any] = {} if case.vocabulary_size is None else {"vocabulary_size": case.vocabulary_size}
    return load_dataset(case.data, kind=case.kind, seed=run.seed, max_length=case.max_length, **extra), None
