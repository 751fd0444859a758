"""A suite: tasks times seeds with one learner, run one after another, resumable after every run."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from transformer_programs.errors import ConfigError, TransformerProgramError
from transformer_programs.files import write_text
from transformer_programs.learn import learner_named
from transformer_programs.learn.options import with_settings
from transformer_programs.learn.train import train
from transformer_programs.program import dumps
from transformer_programs.tasks import make_task

__all__ = ["Case", "Suite", "load_suite", "run_suite"]

RESULTS = "results.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One task of a suite.

    Args:
        task: its name.
        vocabulary_size, max_length: None: the task's usual ones.
        size: distinct examples.
        settings: `NAME=VALUE` settings of the learner.
        target: what is to be reached, for the table: a share of right sequences or answers.
        measure: which one: "sequence" over all inputs (or fresh ones), or "token" on the test part.
        minutes: the time allowed, for the table.
    """

    task: str
    vocabulary_size: int | None = None
    max_length: int | None = None
    size: int = 20_000
    settings: tuple[str, ...] = ()
    target: float | None = None
    measure: str = "sequence"
    minutes: float | None = None

    @property
    def title(self) -> str:
        """Name and size."""
        task = make_task(self.task, self.vocabulary_size, self.max_length)
        return f"{self.task} {task.vocabulary_size}/{task.max_length}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What to run.

    Args:
        name: of the suite.
        learner: one of `learn.LEARNERS`.
        preset: of the learner, if any.
        seeds: master seeds; every case is run once with each, for the data and for the learner.
        cases: the tasks.
    """

    name: str
    learner: str
    preset: str | None = None
    seeds: tuple[int, ...]
    cases: tuple[Case, ...]


def load_suite(name: str) -> Suite:
    """A suite by its name, or from a TOML file.

    Raises:
        ConfigError: no such suite, or a file with unknown or missing keys.
    """
    built_in = files("transformer_programs.experiments") / "suites"
    if (built_in / f"{name}.toml").is_file():
        text = (built_in / f"{name}.toml").read_text(encoding="utf-8")
    elif Path(name).is_file():
        text = Path(name).read_text(encoding="utf-8")
    else:
        known = sorted(entry.name.removesuffix(".toml") for entry in built_in.iterdir() if entry.name.endswith(".toml"))
        raise ConfigError(place="suite", got=repr(name), expected=f"a TOML file, or one of {', '.join(known)}")
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(place=name, got=f"no TOML ({error})") from error
    try:
        cases = tuple(Case(**{**case, "settings": tuple(case.get("settings", ()))}) for case in body.pop("cases"))
        return Suite(cases=cases, seeds=tuple(body.pop("seeds")), **body)
    except (KeyError, TypeError) as error:
        raise ConfigError(place=name, got=f"keys that do not make a suite ({error})", expected="see docs") from error


def run_suite(
    suite: Suite,
    out: Path,
    *,
    only: Sequence[str] = (),
    tell: Callable[[str], None] = print,
) -> Iterator[Mapping[str, Any]]:
    """Runs what is not yet in `out/results.jsonl`, and yields every row, old and new, in order.

    A failed run is a row with its reason and is not tried again.
    """
    out.mkdir(parents=True, exist_ok=True)
    path = out / RESULTS
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    done = {(row["case"], row["seed"]): row for row in rows}
    for case in suite.cases:
        if only and case.task not in only:
            continue
        for seed in suite.seeds:
            key = (case.title, seed)
            if key not in done:
                tell(f"{suite.name}: {case.title}, seed {seed}")
                done[key] = _run(suite, case, seed, out)
                rows.append(done[key])
                write_text(path, "".join(json.dumps(row) + "\n" for row in rows))
            yield done[key]


def _run(suite: Suite, case: Case, seed: int, out: Path) -> dict[str, Any]:
    row: dict[str, Any] = {
        "suite": suite.name,
        "case": case.title,
        "seed": seed,
        "target": case.target,
        "measure": case.measure,
        "minutes": case.minutes,
    }
    try:
        task = make_task(case.task, case.vocabulary_size, case.max_length)
        learner = with_settings(learner_named(suite.learner, preset=suite.preset), case.settings)
        data = task.dataset(size=case.size, seed=seed)
        outcome = train(data, learner, name=suite.learner, task=task, seed=seed)
    except TransformerProgramError as error:
        return {**row, "failed": str(error)}
    folder = out / f"{case.title.replace('/', '-').replace(' ', '-')}-seed{seed}"
    folder.mkdir(exist_ok=True)
    write_text(folder / "program.json", dumps(outcome.program))
    return {**row, **outcome.report}
