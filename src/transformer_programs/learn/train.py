"""One training run, whole: data, learner, simplified program, measured report."""

from __future__ import annotations

import dataclasses
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from transformer_programs import __version__
from transformer_programs.batch import Accuracy, evaluate, exhaustive, sampled
from transformer_programs.batch.beside import compiled_beside
from transformer_programs.emit.python import print_python
from transformer_programs.learn.agreement import agreement
from transformer_programs.learn.base import QUIET, Learner, Session
from transformer_programs.learn.baselines import beside, share_right
from transformer_programs.learn.entity_scores import entities_of_codes, entities_of_program
from transformer_programs.learn.longer import beyond
from transformer_programs.learn.memory import check_memory
from transformer_programs.learn.missing import missing
from transformer_programs.learn.text.entities import is_iob2
from transformer_programs.passes import simplify
from transformer_programs.program import Program, Reading, with_labels
from transformer_programs.tasks import Dataset, Kind, Task

__all__ = ["EXHAUSTIVE_UP_TO", "FRESH_SAMPLES", "Outcome", "entities", "measure", "train"]

EXHAUSTIVE_UP_TO = 1_000_000
"""Domains of at most so many inputs are checked on every input after training."""

FRESH_SAMPLES = 100_000
"""Inputs drawn anew where the domain is larger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A trained program and what was measured of it."""

    program: Program
    report: Mapping[str, Any]


def train(
    data: Dataset,
    learner: Learner,
    *,
    name: str,
    task: Task | None = None,
    seed: int = 0,
    session: Session = QUIET,
) -> Outcome:
    """Learns, simplifies, checks and measures.

    Args:
        data: what to learn from.
        learner: which learner, configured.
        name: of the learner, for the report.
        task: where the data came from a built-in task: its oracle then measures beyond the data's own test part.
        seed: of the learner.
        session: takes progress and state.

    Raises:
        ConfigError: settings that contradict each other or the data, or sizes that no memory here holds.
        TrainingError: learning that cannot go on, with what to change.
    """
    check_memory(data)
    start = time.monotonic()
    with compiled_beside():
        learned = learner(data, seed=seed, session=session)
        program = simplify(learned)
    seconds = time.monotonic() - start
    accuracy = measure(program, data, task)
    longer = beyond(program, task) if task is not None else {}
    learned_from = [accuracy[part] for part in ("train", "validation") if part in accuracy]
    lacks = None if all(part.token_accuracy == 1 for part in learned_from) else missing(program, data)
    agreed = agreement(program, learned, data, seed=seed)
    program = dataclasses.replace(program, about=_about(task, program, name, seed, accuracy, longer))
    if task is None:
        program = with_labels(program, data.labels)
    tagged = entities(program, data)
    report = {
        "program": program.name,
        "task": None
        if task is None
        else {"name": task.name, "vocabulary_size": task.vocabulary_size, "max_length": task.max_length},
        **({} if program.reading == Reading() else {"reading": dataclasses.asdict(program.reading)}),
        "learner": name,
        "seed": seed,
        "seconds": round(seconds, 2),
        "accuracy": {part: dataclasses.asdict(value) | tagged.get(part, {}) for part, value in accuracy.items()},
        **_baselines(data, task),
        **({"any_length": {key: dataclasses.asdict(value) for key, value in longer.items()}} if longer else {}),
        **({} if lacks is None else {"missing": lacks.as_json()}),
        "agreement": dataclasses.asdict(agreed),
        "lines": print_python(program).count("\n"),
        "variables": len(program.steps),
        "how": dict(learned.about),
        "versions": {
            "transformer-programs": __version__,
            "python": platform.python_version(),
            **{package: version(package) for package in ("numpy", "numba", "jax")},
        },
    }
    return Outcome(program=program, report=report)


def measure(program: Program, data: Dataset, task: Task | None) -> dict[str, Accuracy]:
    """Accuracy of the discrete program on every part, and on all inputs of the task (or fresh ones where too many)."""
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    found = {name: evaluate(program, data, examples) for name, examples in parts.items() if examples}
    if task is not None and task.count() <= EXHAUSTIVE_UP_TO:
        found["all_inputs"] = exhaustive(program, task)
    elif task is not None:
        found["fresh_samples"] = sampled(program, task, FRESH_SAMPLES, seed=1_000_003)
    return found


def entities(program: Program, data: Dataset) -> dict[str, dict[str, float]]:
    """Strict scores of entities on every part, where the labels are IOB2 tags."""
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    scores = {name: entities_of_program(program, data, examples) for name, examples in parts.items() if examples}
    return {name: dataclasses.asdict(score) for name, score in scores.items() if score is not None}


def _baselines(data: Dataset, task: Task | None) -> dict[str, dict[str, float]]:
    """What is right on the test part without any program, which a program must beat: shares of answers, entity F1."""
    answers = beside(data, words=task is None)
    found = {"baselines": {name: share_right(data, "test", codes) for name, codes in answers.items()}}
    if answers and data.kind is Kind.TAGGING and is_iob2(data.labels):
        f1 = {name: entities_of_codes(data, data.test, codes) for name, codes in answers.items()}
        found["baselines_entity_f1"] = f1
    return found


def _about(
    task: Task | None,
    program: Program,
    name: str,
    seed: int,
    accuracy: Mapping[str, Accuracy],
    longer: Mapping[str, Accuracy],
) -> tuple[tuple[str, str], ...]:
    lines = [] if task is None else [("task", task.summary)]
    lines.append(("learned", f"tprog train, learner {name}, seed {seed}"))
    wording = {"test": "test part", "all_inputs": "all inputs", "fresh_samples": "fresh samples"}
    for part, words in wording.items():
        if part in accuracy and not (part == "test" and "all_inputs" in accuracy):
            got = accuracy[part]
            lines.append(
                (
                    words,
                    f"{percent(got.sequence_accuracy)} of {got.inputs:,} sequences, "
                    f"{percent(got.token_accuracy)} of answers right",
                )
            )
    for words, got in longer.items():
        lines.append((f"{words} tokens", f"{percent(got.sequence_accuracy)} of {got.inputs:,} sequences right"))
    return tuple(lines)


def percent(share: float) -> str:
    """A share for eyes, never rounded up to 100 %.

    >>> percent(1.0), percent(0.99999), percent(0.5)
    ('100 %', '99.99 %', '50.00 %')
    """
    return "100 %" if share == 1 else f"{min(100 * share, 99.99):.2f} %"
