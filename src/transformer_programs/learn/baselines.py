"""What a program must beat: the most common label, that of each word on its own, naive Bayes, logistic regression.

All are fitted to the training part and see words as a program does: those outside the vocabulary are `<unk>`.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, TypeAlias

import numpy as np
from jaxtyping import Int

from transformer_programs.tasks import Dataset, Encoded, Kind, encode

__all__ = ["Baseline", "Part", "beside", "guesses", "logistic", "majority", "share_right", "unigram"]

Part: TypeAlias = Literal["train", "validation", "test"]
Baseline: TypeAlias = Literal["majority", "unigram", "logistic"]


def majority(data: Dataset, part: Part = "test") -> float:
    """Token accuracy (tagging) or accuracy (classification) of always giving the most common training label.

    >>> from transformer_programs.tasks import make_task
    >>> round(majority(make_task("sort").dataset()), 3)
    0.2
    """
    return _accuracy(data, part, "majority")


def unigram(data: Dataset, part: Part = "test") -> float:
    """Token accuracy of giving each word its most common training label; accuracy of naive Bayes for classification.

    A word without a label in training gets the most common of all. Naive Bayes is multinomial over the words of a
    sequence with Laplace smoothing (bag of words; paper, section 4.3).

    >>> from transformer_programs.tasks import make_task
    >>> round(unigram(make_task("sort").dataset()), 3)
    0.341
    """
    return _accuracy(data, part, "unigram")


def logistic(data: Dataset, part: Part = "test") -> float:
    """Accuracy of scikit-learn's logistic regression: on the word and its two neighbours (tagging), or on all words.

    >>> from transformer_programs.tasks import make_task
    >>> 0.2 < logistic(make_task("sort").dataset(size=500)) < 0.6
    True
    """
    return _accuracy(data, part, "logistic")


LARGEST = 4_000_000
"""Words of training times labels up to which logistic regression sees every example: less than half a minute."""


def beside(data: Dataset, *, words: bool) -> dict[str, Int[np.ndarray, "sequence answer"]]:
    """What the baselines answer on the test part, by their names; as `guesses` has it.

    Args:
        words: whether tokens are words, so that logistic regression on them is worth its time. Of much data it sees
            every second example, or fewer, and its name says how many.
    """
    if not data.test:
        return {}
    second = "naive Bayes" if data.kind is Kind.CLASSIFICATION else "most frequent label of each token"
    found = {"most frequent label": guesses(data, "test", "majority"), second: guesses(data, "test", "unigram")}
    size = sum(len(example.tokens) for example in data.train) * len(data.labels)
    few = data.train[:: max(-(-size // LARGEST), 1)]
    seen = {label for example in few for label in example.labels if label is not None}
    if words and len(seen) > 1:
        note = "" if len(few) == len(data.train) else f" (of {len(few):,} examples)"
        thinner = dataclasses.replace(data, train=few)
        found[f"logistic regression on words{note}"] = guesses(thinner, "test", "logistic")
    return found


def share_right(data: Dataset, part: Part, answers: Int[np.ndarray, "sequence answer"]) -> float:
    """The share of the asked answers that are right."""
    asked = _encoded(data, part).labels
    return float(np.mean(answers[asked >= 0] == asked[asked >= 0]))


def guesses(data: Dataset, part: Part, baseline: Baseline) -> Int[np.ndarray, "sequence answer"]:
    """The label that a baseline gives at every place where one is asked, -1 elsewhere."""
    train, held = _encoded(data, "train"), _encoded(data, part)
    found = np.full_like(held.labels, -1)
    asked = held.labels >= 0
    if baseline == "majority":
        found[asked] = np.argmax(np.bincount(_asked(train), minlength=len(data.labels)))
    elif baseline == "logistic" or data.kind is Kind.CLASSIFICATION:
        found[asked] = _model(baseline).fit(_rows(data, train), _asked(train)).predict(_rows(data, held))
    else:
        counts = np.zeros((len(data.vocabulary), len(data.labels)), np.int64)
        np.add.at(counts, (train.tokens[train.labels >= 0], _asked(train)), 1)
        # Words that training asks nothing about fall back on all words together.
        counts[counts.sum(axis=1) == 0] = counts.sum(axis=0)
        found[asked] = np.argmax(counts, axis=1)[held.tokens[asked]]
    return found


def _accuracy(data: Dataset, part: Part, baseline: Baseline) -> float:
    return share_right(data, part, guesses(data, part, baseline))


def _model(baseline: Baseline) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import MultinomialNB

    return LogisticRegression(max_iter=1000, tol=1e-3) if baseline == "logistic" else MultinomialNB()


def _rows(data: Dataset, encoded: Encoded) -> Any:
    """One sparse row an answer: the words of the sequence, or the word, its left and its right neighbour."""
    from scipy.sparse import csr_matrix

    size = len(data.vocabulary)
    if data.kind is Kind.CLASSIFICATION:
        words = encoded.tokens[encoded.mask]
        starts = np.concatenate([[0], np.cumsum(encoded.lengths)])
        return csr_matrix((np.ones(len(words)), words, starts), shape=(len(encoded), size))
    padded = np.where(encoded.mask, encoded.tokens, size)
    edge = np.full((len(padded), 1), size)
    around = np.stack([padded, np.hstack([edge, padded[:, :-1]]), np.hstack([padded[:, 1:], edge])], axis=2)
    words = around[encoded.labels >= 0] + np.arange(3) * (size + 1)
    starts = np.arange(len(words) + 1) * 3
    return csr_matrix((np.ones(words.size), words.ravel(), starts), shape=(len(words), 3 * (size + 1)))


def _encoded(data: Dataset, part: Part) -> Encoded:
    return encode(data, getattr(data, part))


def _asked(encoded: Encoded) -> Int[np.ndarray, " answer"]:
    return encoded.labels[encoded.labels >= 0]
