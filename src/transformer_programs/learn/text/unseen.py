"""Words that training has not, put into classes by what their vectors make of them.

Where scores of words lean on vectors (`fit.Leaning`), the fit has found a linear function from vectors to scores. What
it says of the other words of the vector files is put into a few classes, which become one surface feature.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from transformer_programs.learn.text.classes import NONE
from transformer_programs.learn.text.variables import Written
from transformer_programs.program import Reading
from transformer_programs.tasks import read_vectors, vector_words

__all__ = ["unseen_words"]

CLASSES = 24
"""Most classes."""


def unseen_words(
    files: Sequence[str],
    maps: Sequence[Float[np.ndarray, "dimension label"]],
    means: Sequence[Float[np.ndarray, " dimension"]],
    vocabulary: Sequence[str],
    reading: Reading,
    most: int,
    seed: int,
) -> tuple[Written, Float[np.ndarray, "value label"]]:
    """The variable, and the scores of its values: 0 for words of the vocabulary.

    Args:
        files: of word vectors.
        maps: for each, from a vector of length 1 less the mean to scores.
        means: for each, that mean.
        vocabulary: the words that have scores of their own.
        reading: how words become those.
        most: words of each file.
        seed: of the clustering.
    """
    from sklearn.cluster import MiniBatchKMeans

    cased = any(word != word.lower() for word in vocabulary)
    known = set(vocabulary)
    found = (word if cased else word.lower() for file in files for word in vector_words(file, most))
    words = [word for word in dict.fromkeys(found) if reading(word) not in known]
    scores = np.zeros((len(words), maps[0].shape[1]))
    for file, function, mean in zip(files, maps, means):
        vectors = read_vectors(file, words)
        unit = vectors.matrix / np.maximum(np.linalg.norm(vectors.matrix, axis=1, keepdims=True), 1e-9) - mean
        scores += np.where(vectors.found[:, None], unit @ function, 0.0)
    size = min(CLASSES, len(np.unique(scores.round(6), axis=0)))
    if not size:
        return Written.of("unseen_word", "word", {}, NONE), np.zeros((1, scores.shape[1]))
    groups = MiniBatchKMeans(size, random_state=seed, n_init=1, batch_size=4096, max_iter=30).fit_predict(scores)
    names: dict[int, str] = {}
    for word, group in zip(words, groups.tolist()):
        names.setdefault(group, word)  # files have their most frequent words first
    table = {word: names[group] for word, group in zip(words, groups.tolist())}
    variable = Written.of("unseen_word", "word" if cased else "lower", table, NONE)
    rows = np.zeros((len(variable.values), scores.shape[1]))
    for group, name in names.items():
        rows[variable.values.index(name)] = scores[groups == group].mean(axis=0)
    return variable, rows
