"""Programs for text as scikit-learn estimators: fit, predict, score, clone, pipelines, grid search.

    tagger = TransformerProgramTagger(vectors="glove.txt", decode=True).fit(sentences, tags)
    tagger.predict([["Oslo", "is", "cold"]])
    tagger.save("tagger.json")

A fitted estimator holds `program_`. It is kept on disk as that program's JSON (`save`, `load`), never as a pickle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError

from transformer_programs.batch import Batch
from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError, DataError
from transformer_programs.files import load_program, write_text
from transformer_programs.learn.label_types import label_reader, label_type, with_label_type
from transformer_programs.learn.text import Text
from transformer_programs.learn.text.config import CLASSES
from transformer_programs.learn.text.entities import entity_f1, is_iob2
from transformer_programs.program import Classify, Decode, Program, Reading, dumps
from transformer_programs.tasks import Dataset, Example, Kind, framed, tokenize

__all__ = ["TransformerProgramClassifier", "TransformerProgramTagger"]

UNKNOWN = "<unk>"

TOKENIZED = ("tokens", "texts were cut by a tokenizer of the caller's, which is not kept")
"""The fact of a program that was learned with `tokenizer`."""


class _TextProgram(BaseEstimator):  # type: ignore[misc]
    """What both have in common.

    Args:
        vectors, own, classes, reach, frequent, pairs, least, features, draw, opening, scope, decode, refit, words,
            steps: of the learner (`learn.text.Text`).
        lower, digits: how words become tokens (`program.Reading`), which the program keeps.
        vocabulary_size: most words beside `<unk>`, 1 or more.
        min_count: a rarer word becomes `<unk>`; 1 or more.
        validation: the share of the examples that chooses the L2 weight, above 0 and below 1.
        tokenizer: from a text to its tokens; None: words, numbers and punctuation. Token lists are taken as they are.
            It is not kept on disk: the program says that there was one, and a loaded estimator needs it again.
        seed: of the split and of the learner.
    """

    _kind: Kind

    def __init__(
        self,
        *,
        vectors: str = "",
        own: bool = False,
        classes: str = CLASSES,
        reach: int | None = None,
        frequent: int | None = None,
        pairs: int = 100,
        least: int = 2,
        features: str = "",
        draw: float = 2.0,
        opening: bool = False,
        scope: str = "",
        decode: bool = False,
        refit: bool = False,
        words: int = 100_000,
        steps: int = 100,
        lower: bool = False,
        digits: bool = False,
        vocabulary_size: int = 10_000,
        min_count: int = 2,
        validation: float = 0.1,
        tokenizer: Callable[[str], Sequence[str]] | None = None,
        seed: int = 0,
    ) -> None:
        self.vectors = vectors
        self.own = own
        self.classes = classes
        self.reach = reach
        self.frequent = frequent
        self.pairs = pairs
        self.least = least
        self.features = features
        self.draw = draw
        self.opening = opening
        self.scope = scope
        self.decode = decode
        self.refit = refit
        self.words = words
        self.steps = steps
        self.lower = lower
        self.digits = digits
        self.vocabulary_size = vocabulary_size
        self.min_count = min_count
        self.validation = validation
        self.tokenizer = tokenizer
        self.seed = seed

    def fit(self, X: Iterable[Any], y: Iterable[Any]) -> Self:
        """Learns a program.

        Args:
            X: texts, or lists of tokens.
            y: a label each (classification), or a list of labels, one a token (tagging): texts, whole numbers or
                truth values, all of one type, which is that of the answers, too.

        Raises:
            DataError: examples and labels that do not pair up, or none; labels of no such type, or of several.
            ConfigError: a setting that cannot be used.
        """
        at_least("seed", self.seed, 0)
        at_least("min_count", self.min_count, 1)
        at_least("vocabulary_size", self.vocabulary_size, 1)
        for name in ("lower", "digits"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(place=name, got=repr(getattr(self, name)), expected="True or False")
        if self.tokenizer is not None and not callable(self.tokenizer):
            raise ConfigError(place="tokenizer", got=repr(self.tokenizer), expected="None, or a function of a text")
        if not 0 < self.validation < 1:
            raise ConfigError(place="validation", got=repr(self.validation), expected="a share above 0 and below 1")
        learner = Text(
            vectors=self.vectors,
            own=self.own,
            classes=self.classes,
            reach=self.reach,
            frequent=self.frequent,
            pairs=self.pairs,
            least=self.least,
            features=self.features,
            draw=self.draw,
            opening=self.opening,
            scope=self.scope,
            decode=self.decode,
            refit=self.refit,
            words=self.words,
            steps=self.steps,
        )
        labels = list(y)
        kind = label_type(labels if self._kind is Kind.CLASSIFICATION else list(map(list, labels)))
        rows = X if isinstance(X, str) else list(X)
        text = self.tokenizer is None and all(isinstance(row, str) for row in rows)
        data = self._dataset(self._tokens(rows, fitting=True), labels, text)
        program = learner(data, seed=self.seed)
        program = with_label_type(program, kind)
        if self.tokenizer is not None:
            program = replace(program, about=(*program.about, TOKENIZED))
        self.program_ = program
        return self

    @property
    def classes_(self) -> np.ndarray:
        """The labels in order, of the type that they had in `fit`."""
        program = self._program()
        return np.array(sorted(map(label_reader(program), _labels(program))))

    def save(self, path: str | Path) -> None:
        """Keeps the program as JSON."""
        write_text(Path(path), dumps(self._program()))

    @classmethod
    def load(cls, path: str | Path, **settings: Any) -> Self:
        """An estimator with the program of a file.

        Args:
            path: of a `program.json`, or a run directory.
            settings: as when it was fitted. Prediction needs `tokenizer` alone, where texts were cut by one: `lower`
                and `digits` are the program's.

        Raises:
            ProgramError: there is no program.
            DataError: it answers another kind of question.
            ConfigError: `lower` or `digits` that are not the program's.
        """
        program = load_program(path)
        reading = {name: getattr(program.reading, name) for name in ("lower", "digits")}
        for name in reading.keys() & settings.keys():
            if settings[name] != reading[name]:
                expected = f"{reading[name]}, as the program in {path} reads words"
                raise ConfigError(place=name, got=repr(settings[name]), expected=expected)
        estimator = cls(**{**settings, **reading})
        if program.pooled != (cls._kind is Kind.CLASSIFICATION):
            own = "a label a sequence" if program.pooled else "a label a token"
            raise DataError(place=str(path), got=f"a program with {own}", expected=f"one for {cls._kind.value}")
        estimator.program_ = program
        return estimator

    def _program(self) -> Program:
        if not hasattr(self, "program_"):
            raise NotFittedError(f"this {type(self).__name__} has no program yet: call fit, or load one")
        program: Program = self.program_
        return program

    def _tokens(self, X: Iterable[Any], *, fitting: bool = False) -> list[tuple[str, ...]]:
        split = self.tokenizer or tokenize
        kept: Program | None = getattr(self, "program_", None)
        lost = not fitting and self.tokenizer is None and kept is not None and TOKENIZED in kept.about
        if isinstance(X, str):
            raise DataError(place="X", got="a text", expected="a list of texts or of lists of tokens")
        rows: list[tuple[str, ...]] = []
        for i, row in enumerate(X):
            if not isinstance(row, str) and not _all_texts(row):
                expected = "a text or a list of tokens, each a text"
                raise DataError(place=f"X[{i}]", got=f"{type(row).__name__} {row!r}"[:60], expected=expected)
            if lost and isinstance(row, str):
                expected = "a list of tokens, or the tokenizer that the program was learned with"
                todo = f"{type(self).__name__}.load(..., tokenizer=...)"
                raise DataError(place=f"X[{i}]", got="a text", expected=expected, todo=todo)
            rows.append(tuple(split(row) if isinstance(row, str) else row))
        for i, row in enumerate(rows):
            if not row:
                raise DataError(place=f"X[{i}]", got="no tokens", expected="at least one")
        return rows

    def _answers(self, X: Iterable[Any]) -> list[list[Any]]:
        program, rows = self._program(), self._tokens(X)
        frame, read = program.frame, label_reader(program)
        found = Batch(program).predict([frame.around(row) for row in rows])
        if self._kind is Kind.CLASSIFICATION:
            return [[read(str(answer)) for answer in row] for row in found]
        return [[read(str(a)) for a in row[frame.own(len(row))]] for row in found]

    def _dataset(self, rows: list[tuple[str, ...]], y: list[Any], text: bool) -> Dataset:
        tagging = self._kind is Kind.TAGGING
        if not rows or len(rows) != len(y):
            raise DataError(place="X and y", got=f"{len(rows)} and {len(y)}", expected="as many, at least one")
        examples = []
        for i, (tokens, answer) in enumerate(zip(rows, y)):
            labels = tuple(map(str, answer)) if tagging else (str(answer),)
            if tagging and len(labels) != len(tokens):
                got = f"{len(labels)} labels for {len(tokens)} tokens"
                raise DataError(place=f"y[{i}]", got=got, expected="one label a token")
            examples.append(Example(tokens, labels))
        order = np.random.default_rng(self.seed).permutation(len(examples))
        held = min(round(self.validation * len(examples)), len(examples) - 1)
        train, validation = ([examples[i] for i in sorted(part)] for part in (order[held:], order[:held]))
        reading = Reading(lower=self.lower, digits=self.digits, text=text)
        counts = Counter(reading(word) for example in train for word in example.tokens)
        ranked = sorted((-count, word) for word, count in counts.items() if count >= self.min_count and word != UNKNOWN)
        data = Dataset(
            name=type(self).__name__,
            kind=self._kind,
            vocabulary=(UNKNOWN, *(word for _, word in ranked[: self.vocabulary_size])),
            labels=tuple(sorted({label for example in examples for label in example.labels if label is not None})),
            max_length=max(map(len, rows)),
            reading=reading,
            train=tuple(train),
            validation=tuple(validation),
            test=(),
        )
        return framed(data)


class TransformerProgramTagger(_TextProgram):
    """A label for every token.

    To scikit-learn it is no classifier (`sklearn.base.is_classifier`): a classifier has one label an example, by which
    cross-validation would stratify. Folds are plain ones (`KFold`).

    >>> sentences, tags = [["a", "b"], ["b", "a"], ["a", "a"]] * 4, [["X", "Y"], ["Y", "X"], ["X", "X"]] * 4
    >>> tagger = TransformerProgramTagger(validation=0.3).fit(sentences, tags)
    >>> tagger.predict([["b", "b", "a"]]), tagger.score(sentences, tags)
    ([['Y', 'Y', 'X']], 1.0)
    """

    _kind = Kind.TAGGING

    def predict(self, X: Iterable[Any]) -> list[list[Any]]:
        """A list of labels for each sequence; sequences of any length are taken whole."""
        return self._answers(X)

    def score(self, X: Iterable[Any], y: Iterable[Sequence[Any]]) -> float:
        """Strict entity F1 where the labels are IOB2 tags, otherwise the share of right labels."""
        answers = [list(map(str, row)) for row in self._answers(X)]
        gold = [list(map(str, row)) for row in y]
        for i, (answer, labels_there) in enumerate(zip(answers, gold)):
            if len(answer) != len(labels_there):
                got = f"{len(labels_there)} labels for {len(answer)} tokens"
                raise DataError(place=f"y[{i}]", got=got, expected="one label a token")
        labels = sorted({*_labels(self._program()), *(label for row in gold for label in row)})
        place = {label: i for i, label in enumerate(labels)}
        right = np.array([place[label] for row in gold for label in row])
        said = np.array([place[label] for row in answers for label in row])
        if not is_iob2(labels):
            return float(np.mean(right == said))
        starts = np.zeros(len(right), bool)
        starts[np.cumsum([0, *map(len, gold)])[:-1]] = True
        return entity_f1(labels, right, said, starts)


class TransformerProgramClassifier(ClassifierMixin, _TextProgram):  # type: ignore[misc]
    """A label for every text.

    >>> texts, labels = ["good film", "bad film", "a good one", "a bad one"] * 4, ["yes", "no"] * 8
    >>> classifier = TransformerProgramClassifier(validation=0.3).fit(texts, labels)
    >>> classifier.predict(["so good", "so bad"]).tolist(), classifier.score(texts, labels)
    (['yes', 'no'], 1.0)
    """

    _kind = Kind.CLASSIFICATION

    def predict(self, X: Iterable[Any]) -> np.ndarray:
        """A label for each text."""
        return np.array([row[0] for row in self._answers(X)])


def _labels(program: Program) -> tuple[str, ...]:
    assert isinstance(program.output, Classify | Decode)
    return program.output.labels


def _all_texts(row: Any) -> bool:
    """Whether it is a sequence of texts."""
    return isinstance(row, Sequence | np.ndarray) and all(isinstance(token, str) for token in row)
