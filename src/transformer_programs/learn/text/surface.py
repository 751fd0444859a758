"""Surface features: variables of how the token is written, which unknown tokens have, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from transformer_programs.learn.text.classes import NONE, Factors, named, parse_factors, word_classes
from transformer_programs.learn.text.config import Text
from transformer_programs.learn.text.corpus import Corpus
from transformer_programs.learn.text.gazetteer import gazetteer
from transformer_programs.learn.text.variables import Variable, Written
from transformer_programs.program import Reading
from transformer_programs.program.semantics import SPELLINGS
from transformer_programs.tasks import read_vectors, vector_words

__all__ = ["FEATURES", "Surface", "features_of", "gazetteers_of", "surface_features"]

FEATURES = ("shape", "prefix", "suffix", "lower", "words", "unseen", "gazetteer=FILE")

LEAST = 3
"""A spelling that training has less often has no value of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """Variables, by where they are used.

    Args:
        own: read at the token itself.
        shared: read at neighbours, too.
        classes: word classes of all words that have vectors, known or not; read at neighbours, too.
        paired: those of the classes that are read in pairs.
    """

    own: tuple[Variable, ...]
    shared: tuple[Variable, ...]
    classes: tuple[Variable, ...]
    paired: tuple[Variable, ...]


def features_of(config: Text) -> list[str]:
    """The surface features that are asked for, as they are written."""
    return [name.strip() for name in config.features.split(",") if name.strip()]


def gazetteers_of(config: Text) -> list[str]:
    """The files of the gazetteers."""
    return [name.partition("=")[2] for name in features_of(config) if name.startswith("gazetteer=")]


def surface_features(config: Text, train: Corpus, reading: Reading, seed: int) -> Surface:
    """The features that the settings ask for.

    Raises:
        DataError: a gazetteer or vectors that cannot be read.
    """
    asked = features_of(config)
    own: list[Variable] = []
    shared: list[Variable] = []
    if "shape" in asked:
        shared.append(_frequent("shape", train))
    for kind in ("prefix", "suffix"):
        if kind in asked:
            own += [_frequent(f"{kind}_{length}", train) for length in (1, 2, 4)]
            shared.append(_frequent(f"{kind}_3", train))
    if "lower" in asked:
        shared.append(_frequent("lower", train))
    files = gazetteers_of(config)
    shared += [gazetteer(f"gazetteer_{number}", Path(file), reading.split) for number, file in enumerate(files, 1)]
    classes = list(_classes(config, train, seed)) if "words" in asked else []
    return Surface(
        own=tuple(own),
        shared=tuple(shared),
        classes=tuple(variable for _, variable in classes),
        paired=tuple(v for factors, v in classes if (factors.count, factors.size) == (1, config.pairs)),
    )


def _frequent(function: str, train: Corpus) -> Written:
    """The spellings that training has often enough, each its own value."""
    counts: Counter[str] = Counter()
    spelling: Callable[[str], str] = SPELLINGS[function]
    for word, count in train.counts.items():
        counts[spelling(word)] += count
    kept = sorted((-count, text) for text, count in counts.items() if count >= LEAST and text)
    return Written.of(f"{function}_of_word" if function != "lower" else "lower_case", function, {t: t for _, t in kept})


def _classes(config: Text, train: Corpus, seed: int) -> Iterator[tuple[Factors, Written]]:
    for number, file in enumerate(filter(None, (name.strip() for name in config.vectors.split(",")))):
        words = vector_words(file, config.words)
        cased = any(word != word.lower() for word in words)
        counts: Counter[str] = Counter()
        for word, count in train.counts.items():
            counts[word if cased else word.lower()] += count
        words = tuple(sorted(words, key=lambda word: (-counts[word], word)))
        vectors = read_vectors(file, words)
        for factors in parse_factors(config.classes):
            for part, classes in enumerate(word_classes(vectors, factors, seed)):
                suffix = f"_{part + 1}" if factors.count > 1 else ""
                name = f"class{factors}{chr(ord('a') + number)}{suffix}"
                table = dict(zip(words, named(words, classes, counts)))
                yield factors, Written.of(name, "word" if cased else "lower", table, NONE)
