"""Word classes from word vectors: factored categorical embeddings, m variables of k values each.

Each class is named after its most frequent word, so that a program's tables and scores can be read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from transformer_programs.errors import ConfigError
from transformer_programs.tasks.vectors import Vectors

__all__ = ["MOST_AXES", "NONE", "Factors", "named", "parse_factors", "principal", "word_classes"]

NONE = "<none>"
"""The class of words without a vector."""

MOST_AXES = 50
"""Principal components that clusters of whole vectors are made of."""

_FACTORS = re.compile(r"(?:(\d+)x)?(\d+)(p?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """How words are put into classes.

    Args:
        count: m, the number of variables.
        size: k, the values of each.
        project: a Gaussian random projection to m x k numbers, the largest of each k is the class (how the paper
            initialises its embedding); otherwise principal components in m blocks, each put into k clusters.
    """

    count: int
    size: int
    project: bool = False

    def __str__(self) -> str:
        head = "" if self.count == 1 else f"{self.count}x"
        return f"{head}{self.size}{'p' * self.project}"


def parse_factors(text: str) -> tuple[Factors, ...]:
    """Factors by their short names, separated by commas.

    Raises:
        ConfigError: a name that is none.

    >>> [str(factors) for factors in parse_factors("100, 4x32, 8x32p")]
    ['100', '4x32', '8x32p']
    """
    found = []
    for name in filter(None, (part.strip() for part in text.split(","))):
        match = _FACTORS.fullmatch(name)
        count, size = (int(match[1] or 1), int(match[2])) if match else (0, 0)
        if not (match and 1 <= count <= 64 and 2 <= size <= 10_000):
            expected = "100 (clusters), 4x32 (4 variables of 32 clusters), 4x32p (by random projection)"
            raise ConfigError(place="classes", got=repr(name), expected=expected)
        found.append(Factors(count=count, size=size, project=bool(match[3])))
    return tuple(found)


def word_classes(vectors: Vectors, factors: Factors, seed: int) -> list[Int[np.ndarray, " word"]]:
    """For each of the m variables the class of every word; -1 for words without a vector."""
    unit = vectors.matrix / np.maximum(np.linalg.norm(vectors.matrix, axis=1, keepdims=True), 1e-9)
    unit = unit[vectors.found].astype(np.float64)
    found = []
    for part in _parts(unit, factors, seed):
        classes = np.full(len(vectors.words), -1, np.int64)
        classes[vectors.found] = part
        found.append(classes)
    return found


def _parts(unit: Float[np.ndarray, "word dimension"], factors: Factors, seed: int) -> list[np.ndarray]:
    if not len(unit):
        return [np.zeros(0, np.int64)] * factors.count
    if factors.project:
        rng = np.random.default_rng(seed)
        plane = rng.normal(size=(unit.shape[1], factors.count * factors.size))
        return list((unit @ plane).reshape(len(unit), factors.count, factors.size).argmax(axis=2).T)
    turned = principal(unit)
    if factors.count == 1:
        return [_clusters(turned[:, :MOST_AXES], factors.size, seed)]
    # Component j goes to block j mod m: every block has its share of the large ones.
    return [_clusters(turned[:, block :: factors.count], factors.size, seed) for block in range(factors.count)]


def principal(points: Float[np.ndarray, "word dimension"]) -> Float[np.ndarray, "word axis"]:
    """The points less their mean, by principal components, the largest first."""
    centred = points - points.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    return np.asarray(centred @ axes[:, ::-1])


def _clusters(points: Float[np.ndarray, "word dimension"], size: int, seed: int) -> np.ndarray:
    from sklearn.cluster import MiniBatchKMeans

    size = min(size, len(np.unique(points, axis=0)))
    means = MiniBatchKMeans(size, random_state=seed, n_init=1, batch_size=4096, max_iter=30)
    return np.asarray(means.fit_predict(points), np.int64)


def named(words: Sequence[str], classes: Int[np.ndarray, " word"], counts: Mapping[str, int]) -> list[str]:
    """For every word the name of its class: the most frequent word in it, `<none>` for -1.

    >>> named(["a", "rome", "paris"], np.array([-1, 0, 0]), {"paris": 3, "rome": 2})
    ['<none>', 'paris', 'paris']
    """
    best: dict[int, tuple[int, str]] = {}
    for word, code in zip(words, classes.tolist()):
        rank = (-counts.get(word, 0), word)
        if code not in best or rank < best[code]:
            best[code] = rank
    return [NONE if code < 0 else best[code][1] for code in classes.tolist()]
