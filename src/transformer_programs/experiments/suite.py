"""A suite: what a study runs, declared in a TOML file.

name = "heads"              # of the study
learner = "relaxed"         # one of auto, grow, hard, relaxed
preset = "paper"            # of the learner, if any
seeds = [0, 1, 2]           # for the data and for the learner
budget = 20                 # minutes; a run that needs more is stopped

[stop]                      # a run is hopeless when,
after = 0.3                 # this share of its steps done,
below = 0.2                 # its discrete program was never this often right

[grid]                      # every combination; an alternative is one setting or a list of them
layers = ["shape.layers=2", "shape.layers=3"]

[[cases]]                   # a built-in task, or a file: data = "tags.conll", kind = "tagging"
task = "sort"
target = 0.999
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformer_programs.config import MAX_VOCABULARY, at_least
from transformer_programs.errors import ConfigError
from transformer_programs.experiments.cases import Case, Stop
from transformer_programs.experiments.digests import Digests
from transformer_programs.experiments.keys import Reader, declared, listed, number, read_keys, text, told_apart, whole
from transformer_programs.experiments.work import Run
from transformer_programs.learn import learner_named
from transformer_programs.learn.options import with_settings
from transformer_programs.tasks.records import MAX_TOKENS

__all__ = ["Suite", "load_suite"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What to run: every case with every combination of the grid and every seed.

    Args:
        name: of the suite.
        learner: one of `learn.LEARNERS`.
        preset: of the learner, if any.
        seeds: master seeds, for the data and for the learner.
        cases: the tasks.
        grid: axis -> its alternatives, each some settings of the learner.
        stop: when a run is hopeless; None: never.
        budget: minutes after which a run is stopped; None: never.
    """

    name: str
    learner: str
    preset: str | None = None
    seeds: tuple[int, ...]
    cases: tuple[Case, ...]
    grid: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = ()
    stop: Stop | None = None
    budget: float | None = None

    def __post_init__(self) -> None:
        for seed in self.seeds:
            at_least("seeds", seed, 0)
        if not self.seeds or not self.cases:
            raise ConfigError(place=self.name, got="nothing to run", expected="at least one case and one seed")

    def runs(self, only: Sequence[str] = ()) -> tuple[Run, ...]:
        """All of them, or those of some tasks, in order.

        Raises:
            ConfigError: `only` names a task that no case is about.
            DataError: the file of a case cannot be read.
        """
        digests = Digests()
        names = [case.name for case in self.cases]
        for name in only:
            if name not in names:
                raise ConfigError(place="--only", got=repr(name), expected=f"some of {', '.join(dict.fromkeys(names))}")
        return tuple(
            Run(
                suite=self.name,
                case=case,
                learner=self.learner,
                preset=self.preset,
                choices=choices,
                seed=seed,
                stop=self.stop,
                budget=self.budget,
                digest="" if case.data is None else digests.told("data", Path(case.data)),
            )
            for case in self.cases
            if not only or case.name in only
            for choices in itertools.product(*(alternatives for _, alternatives in self.grid))
            for seed in self.seeds
        )


def load_suite(name: str) -> Suite:
    """A suite by its name, or from a TOML file.

    Raises:
        ConfigError: no such suite; no TOML; an unknown or missing key, learner, task or setting, one of another type or
            out of range, two runs that are the same, with where it stands.
        DataError: the file of a case cannot be read.
    """
    body = declared("suite", name, "transformer_programs.experiments", "see docs/sweep.md")
    suite = _suite(name, body)
    runs = suite.runs()
    # A wrong setting is told now, not after the first hours of the study.
    for run in runs:
        with_settings(learner_named(run.learner, preset=run.preset), run.settings)
    told_apart(f"{name}, runs", [run.key for run in runs])
    return suite


def _suite(place: str, body: Mapping[str, Any]) -> Suite:
    suite = Suite(**read_keys(place, body, SUITE, ("name", "learner", "seeds", "cases")))
    told_apart(f"{place}, seeds", suite.seeds)
    return suite


def _case(place: str, body: Any) -> Case:
    try:
        case = Case(**read_keys(place, body, CASE, ()))
        assert case.title  # the task is one, and has this size
    except ConfigError as error:
        inside = error.place if error.place.startswith(place) else f"{place}, {error.place}"
        raise ConfigError(place=inside, got=error.got, expected=error.expected, todo=error.todo) from error
    return case


def _stop(place: str, body: Any) -> Stop:
    return Stop(**read_keys(place, body, {"after": SHARE, "below": SHARE}, ("after", "below")))


def _grid(place: str, body: Any) -> tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]:
    axes = read_keys(place, body, dict.fromkeys(body, listed(_alternative, least=1)) if body else {}, ())
    return tuple(axes.items())


def _alternative(place: str, value: Any) -> tuple[str, ...]:
    settings: tuple[str, ...] = (text(place, value),) if isinstance(value, str) else listed(text)(place, value)
    return settings


SHARE, MINUTES = number(0, 1), number(0.001, 1_000_000)

CASE: Mapping[str, Reader] = {
    "task": text,
    "data": text,
    "kind": text,
    "vocabulary_size": whole(1, MAX_VOCABULARY),
    "max_length": whole(1, MAX_TOKENS),
    "size": whole(1),
    "settings": listed(text),
    "target": SHARE,
    "measure": text,
    "minutes": MINUTES,
}
"""The keys of a case."""

SUITE: Mapping[str, Reader] = {
    "name": text,
    "learner": text,
    "preset": text,
    "seeds": listed(whole(0), least=1),
    "budget": MINUTES,
    "stop": _stop,
    "grid": _grid,
    "cases": listed(_case, least=1),
}
"""The keys of a suite."""
