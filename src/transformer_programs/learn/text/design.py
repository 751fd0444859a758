"""Which variables a text program has, how freely the scores of each move, and which lean on word vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from transformer_programs.learn.text.classes import NONE, Factors, named, parse_factors, word_classes
from transformer_programs.learn.text.config import Text
from transformer_programs.learn.text.corpus import Corpus
from transformer_programs.learn.text.distribution import text_vectors
from transformer_programs.learn.text.surface import Surface, surface_features
from transformer_programs.learn.text.variables import OTHER as STAR
from transformer_programs.learn.text.variables import ByToken, First, Near, Pair, Tokens, Variable, Within
from transformer_programs.program import TOKENS
from transformer_programs.tasks import Dataset, Kind
from transformer_programs.tasks.vectors import Vectors, vocabulary_vectors

__all__ = ["Design", "design_of", "vector_files"]

UNKNOWN = "<unk>"
RARE = "<rare>"
AFTER = "<after>"
ELSE = "<other>"

REST = frozenset({STAR, NONE, RARE, UNKNOWN})
"""Values for everything that has none of its own. In a sum over all words they would only count words."""

FINE, COARSE = 1.0, 0.5
"""How freely scores move in classification: those of words and pairs of words, those of classes and their pairs."""


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """What is fitted.

    Args:
        variables: those that have scores.
        free: of each, how freely the scores of its values move.
        leaning: places of variables whose values are words, a vector for each value and file; the tokens first.
        means: for each file what its vectors of length 1 are less by.
        counted: of so many variables, the first, naive Bayes is made.
    """

    variables: tuple[Variable, ...]
    free: tuple[Float[np.ndarray, " value"], ...]
    leaning: tuple[tuple[int, Float[np.ndarray, "value dimension"]], ...] = ()
    means: tuple[Float[np.ndarray, " dimension"], ...] = ()
    counted: int = 0

    @property
    def sizes(self) -> list[int]:
        """Values of every variable."""
        return [len(variable.values) for variable in self.variables]


def vector_files(config: Text) -> list[str]:
    """The files of word vectors."""
    return [name for name in (part.strip() for part in config.vectors.split(",")) if name]


def design_of(config: Text, data: Dataset, train: Corpus, seed: int) -> Design:
    """The variables whose scores are fitted.

    Tagging: the token, and at every offset up to `reach` the frequent words and all classes; tables of two
    neighbouring values. Classification: the token and its classes; tables of neighbouring words and classes, and of
    the sequence's first word with each of its words.

    Raises:
        DataError: vectors or a gazetteer that cannot be read.
    """
    tokens = Tokens(TOKENS, data.vocabulary, data.vocabulary.index(UNKNOWN) if UNKNOWN in data.vocabulary else 0)
    frequent = _frequent(tokens, train, _told_apart(config, data), data)
    surface = surface_features(config, train, data.reading, seed)
    vectors = [vocabulary_vectors(file, tokens.values) for file in vector_files(config)]
    if config.own:
        vectors.append(text_vectors(tokens, train, len(data.labels)))
    classes = [] if surface.classes else list(_classes(config, vectors, tokens, train, data, seed))
    paired = surface.paired or [v for factors, v in classes if (factors.count, factors.size) == (1, config.pairs)]
    words = _Words(tokens, frequent, surface.classes or tuple(variable for _, variable in classes), tuple(paired))
    if data.kind is Kind.TAGGING:
        found = tuple(_tagging(config, words, surface, train))
        return Design(found, tuple(np.ones(len(variable.values)) for variable in found))
    return _classification(config, words, surface, vectors, train, data)


@dataclass(frozen=True, slots=True, eq=False)
class _Words:
    """Variables of the token: itself, frequent words, classes, those of the classes that are read in pairs."""

    tokens: Tokens
    frequent: ByToken
    classes: tuple[Variable, ...]
    paired: tuple[Variable, ...]


def _tagging(config: Text, words: _Words, surface: Surface, train: Corpus) -> Iterator[Variable]:
    reach = 2 if config.reach is None else config.reach
    yield from (words.tokens, *words.classes, *surface.own, *surface.shared)
    yield from _around((words.frequent, *words.classes, *surface.shared), reach)

    def table(left: Variable, left_offset: int, right: Variable, right_offset: int) -> Variable:
        return Pair.of(Near.at(left, left_offset), Near.at(right, right_offset), train, config.least)

    frequent = words.frequent
    yield table(frequent, -1, frequent, 0)
    for variable in words.paired[:1]:
        yield table(frequent, -1, variable, 0)
        yield table(variable, -1, frequent, 0)
    for variable in words.paired:
        yield table(variable, -1, variable, 0)
        yield table(variable, 0, variable, 1)
        yield table(variable, -1, variable, 1)
    yield table(frequent, 0, frequent, 1)


def _classification(
    config: Text, words: _Words, surface: Surface, vectors: Sequence[Vectors], train: Corpus, data: Dataset
) -> Design:
    tokens, frequent = words.tokens, words.frequent
    coarse: list[Variable] = [*words.classes, *surface.own, *surface.shared]
    coarse += _around((frequent, *words.classes, *surface.shared), config.reach or 0)
    fine: list[Variable] = [tokens]
    lean: list[Variable] = [tokens]

    def table(left: Variable, right: Variable) -> Variable:
        return Pair.of(left, right, train, config.least, rest=REST)

    before = Near.at(frequent, -1)
    fine.append(table(before, frequent))
    counted = len(fine)
    coarse += [table(Near.at(one, -1), one) for one in words.paired]
    for one in words.paired[:1]:
        coarse += [table(before, one), table(Near.at(one, -1), frequent)]
    if config.opening:
        first = First.at("opening", Near.at(frequent, 1))
        fine.append(table(first, frequent))
        coarse += [table(first, one) for one in words.paired]
    if config.scope:
        marks = _marks(config, tokens, data)
        within = Within.at("scope", marks, AFTER, SCOPE)
        scoped = Pair.of(within, tokens, train, 1, only=AFTER)
        fine.append(scoped)
        lean.append(scoped)
        coarse += [Pair.of(within, one, train, config.least, only=AFTER, rest=REST) for one in words.paired]
    variables = (*fine, *coarse)
    free = (*(_freedom(one, FINE) for one in fine), *(_freedom(one, COARSE) for one in coarse))
    if not config.draw:
        return Design(variables, free, counted=counted)
    centred = [_centred(one) for one in vectors]
    leaning = [
        (variables.index(one), _rows(one, tokens, config.draw * matrix)) for one in lean for matrix, _ in centred
    ]
    return Design(variables, free, tuple(leaning), tuple(mean for _, mean in centred), counted)


def _freedom(variable: Variable, most: float) -> Float[np.ndarray, " value"]:
    """How freely scores move: not at all those of values that only say how many words there are of no interest."""
    return np.array([0.0 if value in REST else most for value in variable.values])


SCOPE = 3
"""Places that the words of `scope` reach."""


def _marks(config: Text, tokens: Tokens, data: Dataset) -> ByToken:
    listed = {word.strip() for word in config.scope.split(",")} & set(tokens.values)
    return ByToken.of("mark", tokens, [AFTER if word in listed else ELSE for word in tokens.values])


def _centred(vectors: Vectors) -> tuple[Float[np.ndarray, "word dimension"], Float[np.ndarray, " dimension"]]:
    """Vectors of length 1 less their mean, zeros for words without; and the mean."""
    found = vectors.matrix / np.maximum(np.linalg.norm(vectors.matrix, axis=1, keepdims=True), 1e-9)
    known = found[vectors.found]
    mean = known.mean(axis=0) if len(known) else np.zeros(found.shape[1])
    found[vectors.found] -= mean
    return found.astype(np.float64), mean.astype(np.float64)


def _rows(variable: Variable, tokens: Tokens, matrix: Float[np.ndarray, "word dimension"]) -> np.ndarray:
    """A vector for every value: of the token itself, or of the token within the scope; zeros for the rest."""
    if not isinstance(variable, Pair):
        return matrix
    inside = variable.cells.reshape(len(variable.left.values), -1)[variable.left.values.index(AFTER)]
    found = np.zeros((len(variable.values), matrix.shape[1]))
    found[inside] = matrix
    if STAR in variable.values:
        found[variable.values.index(STAR)] = 0.0
    return found


def _around(variables: Sequence[Variable], reach: int) -> Iterator[Variable]:
    for offset in (o for distance in range(1, reach + 1) for o in (-distance, distance)):
        yield from (Near.at(variable, offset) for variable in variables)


def _told_apart(config: Text, data: Dataset) -> int:
    return config.frequent if config.frequent is not None else 300 if data.kind is Kind.TAGGING else 500


def _frequent(tokens: Tokens, train: Corpus, size: int, data: Dataset) -> ByToken:
    marks = {*data.frame.before, *data.frame.after}
    ranked = sorted(
        (word for word in tokens.values if word not in marks and word != UNKNOWN),
        key=lambda word: (-train.token_counts.get(word, 0), word),
    )
    kept = {*ranked[:size], *marks, UNKNOWN}
    return ByToken.of("word", tokens, [word if word in kept else RARE for word in tokens.values])


def _classes(
    config: Text, files: Sequence[Vectors], tokens: Tokens, train: Corpus, data: Dataset, seed: int
) -> Iterator[tuple[Factors, ByToken]]:
    marks = {*data.frame.before, *data.frame.after}
    for number, vectors in enumerate(files):
        for factors in parse_factors(config.classes):
            for part, classes in enumerate(word_classes(vectors, factors, seed)):
                names = named(tokens.values, classes, train.token_counts)
                names = [word if word in marks else name for word, name in zip(tokens.values, names)]
                suffix = f"_{part + 1}" if factors.count > 1 else ""
                name = f"class{factors}{chr(ord('a') + number)}{suffix}"
                yield factors, ByToken.of(name, tokens, names)
