"""The last fit on text: scores that validation chooses, fine enough for thousands of words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transformer_programs.learn.grow.model import Examples, Feature
from transformer_programs.learn.scores import Scores, compress, correct, fit

__all__ = ["text_scores"]

PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0)
"""L2 weights tried."""

FINE = 100
"""Largest integer score."""


def text_scores(train: Examples, validation: Examples, features: Sequence[Feature]) -> Scores:
    """Integer scores of the features (tables first), with the L2 weight that validation likes best."""
    design = compress(train.features(features), train.classes)
    judge = compress(validation.features(features), train.classes) if len(validation.labels) else design
    best: tuple[int, Scores] | None = None
    start: Scores | None = None
    for penalty in sorted(PENALTIES, reverse=True):
        start, _ = fit(design, start, penalty=penalty, steps=100)
        flat = start.flat - start.flat.mean(axis=1, keepdims=True)
        whole = np.rint(flat * (FINE / max(float(np.abs(flat).max()), 1e-9))).astype(np.int64)
        scores = Scores.unflat(whole, design.sizes)
        hits = correct(judge, scores)
        if best is None or hits > best[0]:
            best = (hits, scores)
    assert best is not None
    return best[1]
