"""A declared study of text: baselines and programs on the same files, a row a run, resumable."""

from __future__ import annotations

import dataclasses
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from transformer_programs.batch import Batch
from transformer_programs.errors import ConfigError
from transformer_programs.experiments.text.scoring import Scored, scored
from transformer_programs.experiments.work import PROGRAM
from transformer_programs.learn.baselines import guesses
from transformer_programs.learn.options import with_settings
from transformer_programs.learn.standard import Standard
from transformer_programs.learn.text import Text
from transformer_programs.learn.text.learner import CHOSEN
from transformer_programs.program import Program, Reading, dumps
from transformer_programs.tasks import Columns, Dataset, Kind, encode, framed, load_dataset
from transformer_programs.tasks.source import file_source

__all__ = ["Row", "TextRun", "TextStudy", "load_study", "runs_of", "score_program"]


TRANSFORMER = "transformer"
"""The baseline that is a standard Transformer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Args:
        name: shown in it.
        baseline: `majority`, `unigram`, `logistic` or `transformer` (`learn.standard`); "": a program.
        settings: of the learner `text`, or of the Transformer, as `--set` takes them.
        published: the paper's figure in per cent, if it has one.
        target, target_whole: what the study is to reach, on the test part and on all of the test file.
    """

    name: str
    baseline: str = ""
    settings: tuple[str, ...] = ()
    published: float | None = None
    target: float | None = None
    target_whole: float | None = None

    @property
    def trained(self) -> bool:
        """Whether it depends on vectors and on the seed: a program, or the Transformer."""
        return self.baseline in ("", TRANSFORMER)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextStudy:
    """What to run.

    Args:
        name: of the study.
        kind: tagging (strict entity F1 where the tags are IOB2) or classification (accuracy).
        train, validation, test: names of the files; no validation: a tenth of training, by the seed.
        lower, digits: how words become tokens (`program.Reading`).
        min_count: rarer words become `<unk>`.
        vocabulary_size: most words beside `<unk>`; the paper has 10,000.
        max_length: longer sentences are left out; the test file is then measured whole as well.
        seeds: of the learner and of the split.
        rows: in the order of the table.
    """

    name: str
    kind: str
    train: str
    test: str
    validation: str | None = None
    lower: bool = False
    digits: bool = False
    min_count: int = 2
    vocabulary_size: int = 10_000
    max_length: int | None = None
    seeds: tuple[int, ...] = (0,)
    rows: tuple[Row, ...]

    def data(self, folder: Path, seed: int, *, whole: bool = False) -> Dataset:
        """The files, with markers; `whole`: sentences of any length."""
        validation = None if self.validation is None else folder / self.validation
        data = load_dataset(
            folder / self.train,
            kind=self.kind,
            validation=validation,
            test=folder / self.test,
            reading=Reading(lower=self.lower, digits=self.digits),
            min_count=self.min_count,
            vocabulary_size=self.vocabulary_size,
            max_length=None if whole else self.max_length,
            seed=seed,
            name=self.name,
        )
        return framed(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRun:
    """A row with a seed (`work.Job`).

    Args:
        study, row: what it is part of.
        folder: of the data.
        vectors: files of word vectors, separated by commas.
        seed: of the learner and of the split.
        share: of the training examples, for a learning curve.
    """

    study: TextStudy
    row: Row
    folder: Path
    vectors: str
    seed: int
    share: float = 1.0

    @property
    def settings(self) -> tuple[str, ...]:
        """Everything that the result depends on beside name and seed: for what is trained the vectors, too."""
        names = ",".join(Path(name).name for name in self.vectors.split(",") if name)
        part = () if self.share == 1 else (f"share={self.share:g}",)
        return (*self.row.settings, *part, *((f"vectors={names}",) if self.row.trained else ()))

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
        data = dataclasses.replace(data, train=data.train[: max(round(self.share * len(data.train)), 1)])
        if self.row.baseline == TRANSFORMER:
            parts = self._transformer(data)
        elif self.row.baseline:
            parts = {part: _baseline(data, part, self.row.baseline) for part in ("validation", "test")}
        else:
            learner = with_settings(dataclasses.replace(Text(), vectors=self.vectors), self.row.settings)
            program = learner(data, seed=self.seed)
            found |= {PROGRAM: dumps(program), "how": dict(program.about), "variables": len(program.steps)}
            parts = {part: score_program(program, data, part) for part in ("validation", "test")}
            if self.study.max_length is not None:
                whole = self.study.data(self.folder, self.seed, whole=True)
                parts["test_whole"] = score_program(program, whole, "test")
        found["seconds"], found["cpu_seconds"] = round(time.monotonic() - begin, 1), round(time.process_time() - cpu, 1)
        for name, one in parts.items():
            found |= {name: one.value, f"{name}_accuracy": one.accuracy}
        if CHOSEN in found.get("how", {}):  # a program fitted to validation, too, cannot be chosen by it any more
            found["validation"] = float(found["how"][CHOSEN])
            del found["validation_accuracy"]
        return {**found, "measure": parts["test"].measure, "per_class": parts["test"].per_class}

    def _transformer(self, data: Dataset) -> dict[str, Scored]:
        config = with_settings(dataclasses.replace(Standard(), vectors=self.vectors), self.row.settings)
        trained = config(data, seed=self.seed)
        parts = {part: _scored(data, part, trained.guesses(part)) for part in ("validation", "test")}
        if self.study.max_length is not None:
            whole = self.study.data(self.folder, self.seed, whole=True)
            whole = dataclasses.replace(data, test=whole.test, max_length=whole.max_length)
            parts["test_whole"] = _scored(whole, "test", trained.guesses("test", whole))
        return parts


def load_study(name: str) -> TextStudy:
    """A study by its name, or from a TOML file.

    Raises:
        ConfigError: no such study, or a file with unknown or missing keys.
    """
    built_in = files("transformer_programs.experiments.text") / "suites"
    if (built_in / f"{name}.toml").is_file():
        text = (built_in / f"{name}.toml").read_text(encoding="utf-8")
    elif Path(name).is_file():
        text = Path(name).read_text(encoding="utf-8")
    else:
        known = sorted(entry.name.removesuffix(".toml") for entry in built_in.iterdir() if entry.name.endswith(".toml"))
        raise ConfigError(place="study", got=repr(name), expected=f"a TOML file, or one of {', '.join(known)}")
    try:
        body = tomllib.loads(text)
        rows = tuple(Row(**{**row, "settings": tuple(row.get("settings", ()))}) for row in body.pop("rows"))
        return TextStudy(rows=rows, seeds=tuple(body.pop("seeds")), **body)
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ConfigError(place=name, got=f"no study ({error})", expected="see docs/text.md") from error


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
        DataError: a file of the study is not there.
    """
    for name in (study.train, study.validation, study.test):
        if name is not None:
            file_source(folder / name, Kind(study.kind), Columns(), None)
    return [
        TextRun(study=study, row=row, folder=folder, vectors=vectors, seed=seed, share=share)
        for row in study.rows
        if not only or any(part in row.name for part in only)
        for share in shares
        for seed in (study.seeds[:seeds] if row.trained else study.seeds[:1])
    ]


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
