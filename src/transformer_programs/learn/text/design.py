"""Which variables a text program has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transformer_programs.learn.text.classes import Factors, named, parse_factors, word_classes
from transformer_programs.learn.text.config import Text
from transformer_programs.learn.text.corpus import Corpus
from transformer_programs.learn.text.surface import surface_features
from transformer_programs.learn.text.variables import ByToken, Near, Pair, Tokens, Variable
from transformer_programs.program import TOKENS
from transformer_programs.tasks import Dataset, Kind
from transformer_programs.tasks.vectors import read_vectors

__all__ = ["variables_of"]

UNKNOWN = "<unk>"
RARE = "<rare>"


def variables_of(config: Text, data: Dataset, train: Corpus, seed: int) -> tuple[Variable, ...]:
    """The variables whose scores are fitted.

    Tagging: the token, and at every offset up to `reach` the frequent words and all classes; tables of two
    neighbouring values. Classification: the token and its classes, tables of neighbouring words.
    """
    tagging = data.kind is Kind.TAGGING
    reach = config.reach if config.reach is not None else 2 * tagging
    tokens = Tokens(TOKENS, data.vocabulary, data.vocabulary.index(UNKNOWN) if UNKNOWN in data.vocabulary else 0)
    frequent = _frequent(tokens, train, config.frequent, data)
    surface = surface_features(config, train, seed)
    classes = [] if surface.classes else list(_classes(config, tokens, train, data, seed))
    paired = [variable for factors, variable in classes if (factors.count, factors.size) == (1, config.pairs)]
    single: list[Variable] = [variable for _, variable in classes]
    wide = surface.classes or single
    found: list[Variable] = [tokens, *wide, *surface.own, *surface.shared]
    for offset in (o for distance in range(1, reach + 1) for o in (-distance, distance)):
        found += [Near.at(variable, offset) for variable in (frequent, *wide, *surface.shared)]
    found += _pairs(frequent, surface.paired or paired, train, config.least, tagging)
    return tuple(found)


def _frequent(tokens: Tokens, train: Corpus, size: int, data: Dataset) -> ByToken:
    marks = {*data.frame.before, *data.frame.after}
    ranked = sorted(
        (word for word in tokens.values if word not in marks and word != UNKNOWN),
        key=lambda word: (-train.counts.get(word, 0), word),
    )
    kept = {*ranked[:size], *marks, UNKNOWN}
    return ByToken.of("word", tokens, [word if word in kept else RARE for word in tokens.values])


def _classes(
    config: Text, tokens: Tokens, train: Corpus, data: Dataset, seed: int
) -> Iterator[tuple[Factors, ByToken]]:
    marks = {*data.frame.before, *data.frame.after}
    for number, file in enumerate(filter(None, (name.strip() for name in config.vectors.split(",")))):
        vectors = read_vectors(file, tokens.values)
        for factors in parse_factors(config.classes):
            for part, classes in enumerate(word_classes(vectors, factors, seed)):
                names = named(tokens.values, classes, train.counts)
                names = [word if word in marks else name for word, name in zip(tokens.values, names)]
                suffix = f"_{part + 1}" if factors.count > 1 else ""
                name = f"class{factors}{chr(ord('a') + number)}{suffix}"
                yield factors, ByToken.of(name, tokens, names)


def _pairs(
    frequent: ByToken, paired: Sequence[Variable], train: Corpus, least: int, tagging: bool
) -> Iterator[Variable]:
    def table(left: Variable, left_offset: int, right: Variable, right_offset: int) -> Variable:
        return Pair.of(Near.at(left, left_offset), Near.at(right, right_offset), train, least)

    yield table(frequent, -1, frequent, 0)
    for variable in paired[:1]:
        yield table(frequent, -1, variable, 0)
        yield table(variable, -1, frequent, 0)
    for variable in paired:
        yield table(variable, -1, variable, 0)
        if tagging:
            yield table(variable, 0, variable, 1)
            yield table(variable, -1, variable, 1)
    if tagging:
        yield table(frequent, 0, frequent, 1)
