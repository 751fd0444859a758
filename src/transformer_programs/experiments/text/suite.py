"""A suite of text: what a study runs, declared in a TOML file, every key of which is checked.

name = "mine"               # of the study
kind = "tagging"            # or "classification"
train = "train.conll"       # files in the folder of --data
validation = "valid.conll"  # without: a part of training, by the seed
test = "test.conll"
lower = true                # words are read in lower case
digits = true               # every run of digits is read as "0"
min_count = 2               # rarer words become <unk>
vocabulary_size = 10000     # most words beside <unk>
max_length = 30             # longer sentences are left out
seeds = [0, 1, 2]           # of the learner and of the split

[[rows]]                    # a line of the table
name = "unigram tag"
baseline = "unigram"        # or majority, logistic, transformer; without: a program
published = 66.2            # in per cent, as are target and target_whole

[[rows]]
name = "program"
settings = ["reach=1"]      # of the learner `text`, or of the Transformer
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from transformer_programs.config import MAX_VOCABULARY
from transformer_programs.errors import ConfigError
from transformer_programs.experiments.keys import (
    Reader,
    choice,
    declared,
    flag,
    listed,
    number,
    read_keys,
    text,
    told_apart,
    whole,
)
from transformer_programs.learn.options import with_settings
from transformer_programs.learn.standard import Standard
from transformer_programs.learn.text import Text
from transformer_programs.program import Reading
from transformer_programs.tasks import Dataset, Kind, framed, load_dataset
from transformer_programs.tasks.records import MAX_TOKENS

__all__ = ["TRANSFORMER", "Row", "TextStudy", "load_study"]

TRANSFORMER = "transformer"
"""The baseline that is a standard Transformer."""

BASELINES = ("majority", "unigram", "logistic", TRANSFORMER)


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

    def learner(self, vectors: str) -> Text:
        """Of a program: its learner, with the study's files of vectors."""
        return with_settings(replace(Text(), vectors=vectors), self.settings)

    def transformer(self, vectors: str) -> Standard:
        """Of the Transformer: how it is made, with the study's files of vectors."""
        return with_settings(replace(Standard(), vectors=vectors), self.settings)


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

    @property
    def parts(self) -> dict[str, str]:
        """The files, by the part that each is."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {part: name for part, name in named.items() if name is not None}

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


def load_study(name: str) -> TextStudy:
    """A study by its name, or from a TOML file.

    Raises:
        ConfigError: no such study; no TOML; an unknown or missing key, or one of another type or out of range, with
            file, row and key.
    """
    body = declared("study", name, "transformer_programs.experiments.text", "see docs/text.md")
    study = TextStudy(**read_keys(name, body, STUDY, ("name", "kind", "train", "test", "seeds", "rows")))
    told_apart(f"{name}, seeds", study.seeds)
    told_apart(f"{name}, rows, name", [row.name for row in study.rows])
    return study


def _row(place: str, body: Any) -> Row:
    row = Row(**read_keys(place, body, ROW, ("name",)))
    if row.settings and not row.trained:
        got = f"settings of the baseline {row.baseline}"
        raise ConfigError(
            place=f"{place}, settings", got=got, expected=f"none: only a program and the {TRANSFORMER} have"
        )
    for setting in row.settings:
        try:
            with_settings(Standard() if row.baseline else Text(), (setting,))
        except ConfigError as error:
            place = f"{place}, settings, {setting.partition('=')[0]}"
            raise ConfigError(place=place, got=error.got, expected=error.expected) from error
    return row


PER_CENT = number(0, 100)

ROW: Mapping[str, Reader] = {
    "name": text,
    "baseline": choice(BASELINES),
    "settings": listed(text),
    "published": PER_CENT,
    "target": PER_CENT,
    "target_whole": PER_CENT,
}
"""The keys of a row."""

STUDY: Mapping[str, Reader] = {
    "name": text,
    "kind": choice([kind.value for kind in Kind]),
    "train": text,
    "validation": text,
    "test": text,
    "lower": flag,
    "digits": flag,
    "min_count": whole(1),
    "vocabulary_size": whole(1, MAX_VOCABULARY),
    "max_length": whole(1, MAX_TOKENS),
    "seeds": listed(whole(0), least=1),
    "rows": listed(_row, least=1),
}
"""The keys of a study."""
