"""The files that a study of text reads: their digests, and whether all of them can be used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from transformer_programs.errors import ConfigError
from transformer_programs.experiments.digests import Digests
from transformer_programs.experiments.text.suite import Row, TextStudy
from transformer_programs.learn.text.checks import check_settings
from transformer_programs.learn.text.design import vector_files
from transformer_programs.learn.text.gazetteer import gazetteer
from transformer_programs.learn.text.surface import features_of, gazetteers_of
from transformer_programs.tasks import Columns, Dataset, Kind, read_vectors, vector_words
from transformer_programs.tasks.source import file_source

if TYPE_CHECKING:
    from transformer_programs.experiments.text.study import TextRun

__all__ = ["check_runs", "files_of_row", "files_of_study"]


def files_of_study(digests: Digests, study: TextStudy, folder: Path) -> tuple[str, ...]:
    """The digests of its data.

    Raises:
        ConfigError: a name that does not say a format.
        DataError: a file that is not there.
    """
    for name in study.parts.values():
        file_source(folder / name, Kind(study.kind), Columns(), None)
    return tuple(digests.told(part, folder / name) for part, name in study.parts.items())


def files_of_row(digests: Digests, row: Row, vectors: str) -> tuple[str, ...]:
    """Those of the vectors and the gazetteers that its learner reads.

    Raises:
        DataError: a file that is not there.
    """
    if row.baseline and not row.trained:
        return ()
    learner = row.learner(vectors) if not row.baseline else row.transformer(vectors)
    found = [digests.told("vectors", Path(name)) for name in _vectors(learner.vectors)]
    if not row.baseline:
        found += [digests.told("gazetteer", Path(name)) for name in gazetteers_of(row.learner(vectors))]
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
