"""Vectors of words from the training text alone, where there are no others: how a word stands, and what it speaks for.

    how it stands        the words before and after it, as positive pointwise mutual information, less to its 50
                         principal axes
    what it speaks for   the step that one Newton iteration would make with the scores of each label at the word,
                         before it and after it, from the labels' shares on: G / (H + 3), G the sum of
                         (label is c) - p(c) over its places, H that of p(c) (1 - p(c))

Both have length 1 at most (the steps times SPEAKING); a word that stands there seldom has a short step, and goes by its
neighbours.

Source of the steps: the gain of `learn/grow`; of the mutual information: Church and Hanks, 1990.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from transformer_programs.learn.text.corpus import Corpus
from transformer_programs.learn.text.variables import Tokens
from transformer_programs.tasks.vectors import Vectors

__all__ = ["text_vectors"]

CONTEXTS = 500
"""Words that are told apart beside a word: the most frequent."""

AXES = 50

PRIOR = 3.0
"""What is added to H: a place counts little before there are several."""

SPEAKING = 3.0
"""Weight of what a word speaks for beside how it stands."""

LEAST = 2
"""A word that training has less often has no vector."""


def text_vectors(tokens: Tokens, train: Corpus, labels: int) -> Vectors:
    """A vector for every word of the vocabulary that training has twice."""
    codes = tokens.codes(train)
    counts = np.bincount(codes, minlength=len(tokens.values))
    found = counts >= LEAST
    matrix = np.concatenate(
        [_standing(train, codes, counts), SPEAKING * _speaking(train, codes, counts, labels)], axis=1
    )
    return Vectors(tokens.values, np.where(found[:, None], matrix, 0.0).astype(np.float32), found)


def _standing(
    train: Corpus, codes: Int[np.ndarray, " position"], counts: Int[np.ndarray, " word"]
) -> Float[np.ndarray, "word axis"]:
    size = min(CONTEXTS, len(counts))
    context = np.full(len(counts), size)
    context[np.argsort(-counts, kind="stable")[:size]] = np.arange(size)
    parts = []
    for offset in (-1, 1):
        beside = train.neighbour(offset)
        there = beside != np.arange(len(codes)) if offset < 0 else beside > np.arange(len(codes))
        pairs = codes[there] * (size + 1) + context[codes[beside[there]]]
        joint = np.bincount(pairs, minlength=len(counts) * (size + 1)).reshape(len(counts), -1)[:, :size] + 0.0
        expected = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0) / max(joint.sum(), 1.0)
        parts.append(np.log(np.maximum(joint, 1e-9) / np.maximum(expected, 1e-9)).clip(0.0) * (joint > 0))
    mutual = np.concatenate(parts, axis=1)
    axes = np.linalg.eigh(mutual.T @ mutual)[1][:, ::-1][:, :AXES]
    return _unit(mutual @ axes)


def _speaking(
    train: Corpus, codes: Int[np.ndarray, " position"], counts: Int[np.ndarray, " word"], labels: int
) -> Float[np.ndarray, "word step"]:
    answers = train.labels[train.groups] if train.pooled else train.labels
    asked = answers >= 0
    shares = np.bincount(answers[asked], minlength=labels) / max(int(asked.sum()), 1)
    parts = []
    for offset in (0,) if train.pooled else (0, -1, 1):
        seen = codes[train.neighbour(offset)][asked]
        joint = np.bincount(seen * labels + answers[asked], minlength=len(counts) * labels).reshape(-1, labels)
        times = joint.sum(axis=1, keepdims=True)
        parts.append((joint - times * shares) / (times * shares * (1 - shares) + PRIOR))
    steps = np.concatenate(parts, axis=1)
    size = np.linalg.norm(steps, axis=1, keepdims=True)
    return steps / max(float(size.max()), 1e-9)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
