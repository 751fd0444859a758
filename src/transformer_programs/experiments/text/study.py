"""A declared study of text: baselines and programs on the same files, a row a run, resumable."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from transformer_programs.batch import Batch
from transformer_programs.emit.python import print_python
from transformer_programs.errors import ConfigError
from transformer_programs.experiments.digests import Digests
from transformer_programs.experiments.text.inputs import files_of_row, files_of_study
from transformer_programs.experiments.text.scoring import Scored, scored
from transformer_programs.experiments.text.suite import TRANSFORMER, Row, TextStudy
from transformer_programs.experiments.work import PRINTED, PROGRAM
from transformer_programs.learn.baselines import guesses
from transformer_programs.learn.text.learner import CHOSEN
from transformer_programs.program import Program, dumps
from transformer_programs.tasks import Dataset, Kind, encode

__all__ = ["TextRun", "runs_of", "score_program"]


READ = ("kind", "lower", "digits", "min_count", "vocabulary_size", "max_length")
"""What a study says about how its data is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRun:
    """A row with a seed (`work.Job`).

    Args:
        study, row: what it is part of.
        folder: of the data.
        vectors: files of word vectors, separated by commas.
        files: what data, vectors and gazetteers hold (`digests.Digests`).
        seed: of the learner and of the split.
        share: of the training examples, for a learning curve.
    """

    study: TextStudy
    row: Row
    folder: Path
    vectors: str
    files: tuple[str, ...]
    seed: int
    share: float = 1.0

    @property
    def settings(self) -> tuple[str, ...]:
        """Everything that the result depends on beside name and seed: settings, how the data is read, every file."""
        read = {name: getattr(self.study, name) for name in READ}
        return (
            *([f"baseline={self.row.baseline}"] if self.row.baseline else []),
            *self.row.settings,
            *([] if self.share == 1 else [f"share={self.share:g}"]),
            *(f"{name}={value}" for name, value in read.items()),
            *self.files,
        )

    @property
    def title(self) -> str:
        """For eyes, and the name of its folder."""
        words = "".join(c if c.isalnum() else " " for c in self.row.name).split()
        part = "" if self.share == 1 else f"-share{self.share:g}"
        return f"{'-'.join(words)}{part}-seed{self.seed}"

    @property
    def key(self) -> tuple[str, str, tuple[str, ...], int]:
        """What tells it from all others."""
        return self.study.name, self.row.name, self.settings, self.seed

    def begun(self) -> dict[str, Any]:
        """What its row says before there is a result."""
        return {
            "suite": self.study.name,
            "case": self.row.name,
            "settings": list(self.settings),
            "seed": self.seed,
            "share": self.share,
        }

    def perform(self) -> dict[str, Any]:
        """Does it: its row, with the scores of every part."""
        begin, cpu = time.monotonic(), time.process_time()
        found = self.begun()
        data = self.study.data(self.folder, self.seed)
        whole = None if self.study.max_length is None else self.study.data(self.folder, self.seed, whole=True)
        if whole is not None:
            found["left_out"] = left_out(self.study, data, whole)
        data = dataclasses.replace(data, train=data.train[: max(round(self.share * len(data.train)), 1)])
        if self.row.baseline == TRANSFORMER:
            parts = self._transformer(data, whole)
        elif self.row.baseline:
            parts = {part: _baseline(data, part, self.row.baseline) for part in ("validation", "test")}
        else:
            program = self.row.learner(self.vectors)(data, seed=self.seed)
            found |= {PROGRAM: dumps(program), "how": dict(program.about), "variables": len(program.steps)}
            parts = {part: score_program(program, data, part) for part in ("validation", "test")}
            if whole is not None:
                parts["test_whole"] = score_program(program, whole, "test")
        found["seconds"], found["cpu_seconds"] = round(time.monotonic() - begin, 1), round(time.process_time() - cpu, 1)
        if not self.row.baseline:
            found[PRINTED] = print_python(program)
        for name, one in parts.items():
            found |= {name: one.value, f"{name}_accuracy": one.accuracy}
        if CHOSEN in found.get("how", {}):  # a program fitted to validation, too, cannot be chosen by it any more
            found["validation"] = float(found["how"][CHOSEN])
            del found["validation_accuracy"]
        return {**found, "measure": parts["test"].measure, "per_class": parts["test"].per_class}

    def _transformer(self, data: Dataset, whole: Dataset | None) -> dict[str, Scored]:
        trained = self.row.transformer(self.vectors)(data, seed=self.seed)
        parts = {part: _scored(data, part, trained.guesses(part)) for part in ("validation", "test")}
        if whole is not None:
            whole = dataclasses.replace(data, test=whole.test, max_length=whole.max_length)
            parts["test_whole"] = _scored(whole, "test", trained.guesses("test", whole))
        return parts


def runs_of(
    study: TextStudy,
    folder: Path,
    *,
    vectors: str = "",
    only: Sequence[str] = (),
    seeds: int | None = None,
    shares: Sequence[float] = (1.0,),
) -> list[TextRun]:
    """The runs of a study: baselines once, programs and Transformers with every seed.

    Args:
        folder: of the data.
        vectors: files of word vectors, separated by commas.
        only: names of rows, or parts of them; none: all.
        seeds: so many of the study's; None: all.
        shares: of the training examples; several make a learning curve.

    Raises:
        ConfigError: `only` names no row, or more seeds than there are.
        DataError: a file of data or vectors is not there.
    """
    for part in only:
        if not any(part in row.name for row in study.rows):
            expected = f"a part of one of {', '.join(repr(row.name) for row in study.rows)}"
            raise ConfigError(place="--only", got=repr(part), expected=expected)
    if seeds is not None and seeds > len(study.seeds):
        raise ConfigError(place="--seeds", got=str(seeds), expected=f"at most {len(study.seeds)}, the study's")
    digests = Digests()
    data = files_of_study(digests, study, folder)
    for name in filter(None, vectors.split(",")):
        digests.told("vectors", Path(name.strip()))
    return [
        TextRun(
            study=study,
            row=row,
            folder=folder,
            vectors=vectors,
            files=(*data, *files_of_row(digests, row, vectors)),
            seed=seed,
            share=share,
        )
        for row in study.rows
        if not only or any(part in row.name for part in only)
        for share in shares
        for seed in (study.seeds[:seeds] if row.trained else study.seeds[:1])
    ]


def left_out(study: TextStudy, data: Dataset, whole: Dataset) -> dict[str, int]:
    """How many sentences of each file are longer than the study takes."""
    counts = {part: len(getattr(whole, part)) - len(getattr(data, part)) for part in ("train", "validation", "test")}
    if study.validation is None:  # split off from training after the long ones are out
        counts["train"] += counts.pop("validation")
    return counts


def _baseline(data: Dataset, part: Any, baseline: Any) -> Scored:
    return _scored(data, part, guesses(data, part, baseline))


def _scored(data: Dataset, part: str, codes: np.ndarray) -> Scored:
    labels = encode(data, getattr(data, part)).labels
    pairs = [(gold[gold >= 0], guess[gold >= 0]) for gold, guess in zip(labels, codes)]
    names = np.array(data.labels)
    return scored(data, [names[gold].tolist() for gold, _ in pairs], [names[guess].tolist() for _, guess in pairs])


def score_program(program: Program, data: Dataset, part: str) -> Scored:
    """A program on a part of the data."""
    examples = getattr(data, part)
    answers = Batch(program).predict([example.tokens for example in examples])
    gold = [[label for label in example.labels if label is not None] for example in examples]
    if data.kind is Kind.TAGGING:
        answers = [
            [str(a) for a, label in zip(answer, example.labels) if label is not None]
            for answer, example in zip(answers, examples)
        ]
    return scored(data, gold, [[str(a) for a in answer] for answer in answers])
