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
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError
from transformer_programs.experiments.cases import Case, Stop
from transformer_programs.experiments.work import Run
from transformer_programs.learn import learner_named
from transformer_programs.learn.options import with_settings

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
        """
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
            )
            for case in self.cases
            if not only or case.name in only
            for choices in itertools.product(*(alternatives for _, alternatives in self.grid))
            for seed in self.seeds
        )


def load_suite(name: str) -> Suite:
    """A suite by its name, or from a TOML file.

    Raises:
        ConfigError: no such suite; no TOML; an unknown or missing key, learner, task or setting, with where it stands.
    """
    built_in = files("transformer_programs.experiments") / "suites"
    if (built_in / f"{name}.toml").is_file():
        text = (built_in / f"{name}.toml").read_text(encoding="utf-8")
    elif Path(name).is_file():
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                place=name, got=f"a file that cannot be read ({error})", expected="a TOML file"
            ) from error
    else:
        known = sorted(entry.name.removesuffix(".toml") for entry in built_in.iterdir() if entry.name.endswith(".toml"))
        raise ConfigError(place="suite", got=repr(name), expected=f"a TOML file, or one of {', '.join(known)}")
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(place=name, got=f"no TOML ({error})") from error
    suite = _suite(name, body)
    # A wrong setting is told now, not after the first hours of the study.
    for run in suite.runs():
        with_settings(learner_named(run.learner, preset=run.preset), run.settings)
    return suite


def _suite(place: str, body: Mapping[str, Any]) -> Suite:
    body = _known(place, Suite, body, "seeds", "cases", "name", "learner")
    cases = []
    for i, case in enumerate(_list(f"{place}, cases", body["cases"]), 1):
        known = _known(f"{place}, case {i}", Case, case)
        cases.append(Case(**{**known, "settings": tuple(known.get("settings", ()))}))
    grid = tuple(
        (axis, tuple((one,) if isinstance(one, str) else tuple(one) for one in _list(f"{place}, grid.{axis}", given)))
        for axis, given in body.get("grid", {}).items()
    )
    stop = body.get("stop")
    if stop is not None:
        stop = Stop(**_known(f"{place}, stop", Stop, stop, "after", "below"))
    seeds = tuple(_list(f"{place}, seeds", body["seeds"]))
    return Suite(**{**body, "cases": tuple(cases), "seeds": seeds, "grid": grid, "stop": stop})


def _known(place: str, kind: type, body: Any, *needed: str) -> dict[str, Any]:
    """A table of the file, all of whose keys are fields of a class."""
    if not isinstance(body, Mapping):
        raise ConfigError(place=place, got=repr(body), expected="a table of keys and values")
    names = [field.name for field in fields(kind)]
    for key in body:
        if key not in names:
            raise ConfigError(place=place, got=f"the unknown key {key!r}", expected=f"some of {', '.join(names)}")
    for key in needed:
        if key not in body:
            raise ConfigError(place=place, got=f"no key {key!r}", expected=f"at least {', '.join(needed)}")
    return dict(body)


def _list(place: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ConfigError(place=place, got=repr(value), expected="a list")
    return value
