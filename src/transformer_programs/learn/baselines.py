"""What a program must beat: the most common label, and the most common label of each word on its own.

Both are fitted to the training part and see words as a program does: those outside the vocabulary are `<unk>`.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Int

from transformer_programs.tasks import Dataset, Encoded, Kind, encode

__all__ = ["Part", "majority", "unigram"]

Part: TypeAlias = Literal["train", "validation", "test"]


def majority(data: Dataset, part: Part = "test") -> float:
    """Token accuracy (tagging) or accuracy (classification) of always giving the most common training label.

    >>> from transformer_programs.tasks import make_task
    >>> round(majority(make_task("sort").dataset()), 3)
    0.2
    """
    counts = np.bincount(_asked(_encoded(data, "train")), minlength=len(data.labels))
    return float(np.mean(_asked(_encoded(data, part)) == np.argmax(counts)))


def unigram(data: Dataset, part: Part = "test") -> float:
    """Token accuracy of giving each word its most common training label; accuracy of naive Bayes for classification.

    A word without a label in training gets the most common of all. Naive Bayes is multinomial over the words of a
    sequence with Laplace smoothing (bag of words; paper, section 4.3).

    >>> from transformer_programs.tasks import make_task
    >>> round(unigram(make_task("sort").dataset()), 3)
    0.341
    """
    train, held = _encoded(data, "train"), _encoded(data, part)
    if data.kind is Kind.CLASSIFICATION:
        return _naive_bayes(data, train, held)
    counts = np.zeros((len(data.vocabulary), len(data.labels)), np.int64)
    np.add.at(counts, (train.tokens[train.labels >= 0], _asked(train)), 1)
    # Words that training asks nothing about fall back on all words together.
    counts[counts.sum(axis=1) == 0] = counts.sum(axis=0)
    guess = np.argmax(counts, axis=1)
    return float(np.mean(guess[held.tokens[held.labels >= 0]] == _asked(held)))


def _naive_bayes(data: Dataset, train: Encoded, held: Encoded) -> float:
    from sklearn.naive_bayes import MultinomialNB

    model = MultinomialNB().fit(_bags(data, train), train.labels[:, 0])
    return float(np.mean(model.predict(_bags(data, held)) == held.labels[:, 0]))


def _bags(data: Dataset, encoded: Encoded) -> object:
    from scipy.sparse import csr_matrix

    words = encoded.tokens[encoded.mask]
    starts = np.concatenate([[0], np.cumsum(encoded.lengths)])
    return csr_matrix((np.ones(len(words)), words, starts), shape=(len(encoded), len(data.vocabulary)))


def _encoded(data: Dataset, part: Part) -> Encoded:
    return encode(data, getattr(data, part))


def _asked(encoded: Encoded) -> Int[np.ndarray, " answer"]:
    return encoded.labels[encoded.labels >= 0]
