"""The files that a study reads: their digests, which tell rows apart, and whether all of them can be used."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from transformer_programs.errors import ConfigError, DataError
from transformer_programs.experiments.text.suite import Row, TextStudy
from transformer_programs.learn.text.checks import check_settings
from transformer_programs.learn.text.design import vector_files
from transformer_programs.learn.text.gazetteer import gazetteer
from transformer_programs.learn.text.surface import features_of, gazetteers_of
from transformer_programs.tasks import Columns, Dataset, Kind, read_vectors, vector_words
from transformer_programs.tasks.source import file_source

if TYPE_CHECKING:
    from transformer_programs.experiments.text.study import TextRun

__all__ = ["Digests", "check_runs"]


class Digests:
    """Digests of files by what they hold, each read once.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "a.txt"
    >>> _ = file.write_text("one")
    >>> Digests().told("list", file)
    'list a.txt sha256:7692c3ad3540bb80'
    """

    def __init__(self) -> None:
        self._known: dict[Path, str] = {}

    def told(self, use: str, file: Path) -> str:
        """What the file is for, its name, the first 16 digits of its SHA-256.

        Raises:
            DataError: it cannot be read.
        """
        if file not in self._known:
            try:
                with file.open("rb") as stream:
                    self._known[file] = hashlib.file_digest(stream, "sha256").hexdigest()[:16]
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                got = f"a file that cannot be read ({reason})"
                raise DataError(place=str(file), got=got, expected="a file") from error
        return f"{use} {file.name} sha256:{self._known[file]}"

    def of_study(self, study: TextStudy, folder: Path) -> tuple[str, ...]:
        """Those of its data.

        Raises:
            ConfigError: a name that does not say a format.
            DataError: a file that is not there.
        """
        for name in study.parts.values():
            file_source(folder / name, Kind(study.kind), Columns(), None)
        return tuple(self.told(part, folder / name) for part, name in study.parts.items())

    def of_row(self, row: Row, vectors: str) -> tuple[str, ...]:
        """Those of the vectors and the gazetteers that its learner reads.

        Raises:
            DataError: a file that is not there.
        """
        if row.baseline and not row.trained:
            return ()
        learner = row.learner(vectors) if not row.baseline else row.transformer(vectors)
        found = [self.told("vectors", Path(name)) for name in _vectors(learner.vectors)]
        if not row.baseline:
            found += [self.told("gazetteer", Path(name)) for name in gazetteers_of(row.learner(vectors))]
        return tuple(found)


def check_runs(runs: Sequence[TextRun]) -> None:
    """Whether every run can be done: its data and vectors are read whole, its settings held against the data.

    A study looks before it begins, so that nothing is found out after hours, or after the first file is written.

    Raises:
        DataError: a file that cannot be used, with its line.
        ConfigError: a setting that cannot, with its row.
    """
    if not runs:
        return
    study, folder, seed, given = runs[0].study, runs[0].folder, runs[0].seed, runs[0].vectors
    data = study.data(folder, seed)
    if study.max_length is not None:
        study.data(folder, seed, whole=True)
    most = dict.fromkeys(_vectors(given), 0)
    gazetteers: set[str] = set()
    for row in dict.fromkeys(run.row for run in runs if run.row.trained):
        try:
            files, words, lists = _checked(row, given, data)
        except ConfigError as error:
            place = f"{study.name}, row {row.name!r}, {error.place}"
            raise ConfigError(place=place, got=error.got, expected=error.expected, todo=error.todo) from error
        for file in files:
            most[file] = max(most.get(file, 0), words)
        gazetteers.update(lists)
    for file in sorted(gazetteers):
        gazetteer("list", Path(file), data.reading.split)
    for file, words in most.items():
        read_vectors(file, {*_words(data), *(vector_words(file, words) if words else ())})


def _checked(row: Row, given: str, data: Dataset) -> tuple[list[str], int, list[str]]:
    """Its files of vectors, how many of the first words of each it takes beside the data's, and its gazetteers."""
    if row.baseline:
        transformer = row.transformer(given)
        transformer.check()
        return _vectors(transformer.vectors), 0, []
    learner = row.learner(given)
    check_settings(learner, data)
    words = learner.words if {"words", "unseen"} & set(features_of(learner)) else 0
    return vector_files(learner), words, gazetteers_of(learner)


def _words(data: Dataset) -> Iterable[str]:
    """All words of all parts, as they are read: those that vectors are looked up for, whatever the split."""
    written = {word for part in (data.train, data.validation, data.test) for one in part for word in one.tokens}
    return map(data.reading, written)


def _vectors(names: str) -> list[str]:
    return [name for name in (part.strip() for part in names.split(",")) if name]
