"""Named recipes."""

from __future__ import annotations

from dataclasses import replace

from transformer_programs.errors import ConfigError
from transformer_programs.learn.relaxed.config import Embedding, Relaxation, Sampling, Schedule, Shape, Tables, Tie
from transformer_programs.learn.relaxed.learner import Relaxed

__all__ = ["PRESETS", "preset_named"]

MIXED = Shape(layers=3, categorical_heads=4, numerical_heads=4, categorical_tables=2, numerical_tables=2)
"""Heads and tables of both kinds: the largest point of the paper's grid."""
WORDS = Shape(
    categorical_heads=8,
    numerical_heads=0,
    categorical_tables=1,
    numerical_tables=0,
    embedding=Embedding.FACTORED,
    embedding_variables=4,
)
"""Nothing numerical, tokens as learned variables: for words."""
FAITHFUL = Relaxation(sampling=Sampling.SOFT, tie=Tie.LOG_BIAS, noisy_attention=True, noisy_tables=True, dropout=0.0)

PRESETS: dict[str, Relaxed] = {
    # Paper, section 4.1 and appendix B, with the released code's attention; the largest point of its grid.
    "paper": Relaxed(
        shape=replace(MIXED, count_limit=None),
        relaxation=FAITHFUL,
        schedule=Schedule(
            epochs=250, batch=512, rate=0.05, warm=3.0, cold=0.01, samples=1, evaluations=10, keep_best=False
        ),
        restarts=5,
    ),
    # Paper, section 4.2: named entities; one categorical table a layer.
    "paper-ner": Relaxed(
        shape=replace(WORDS, layers=2, cardinality=32),
        relaxation=replace(FAITHFUL, dropout=0.5),
        schedule=Schedule(epochs=30, batch=32, rate=0.01, evaluations=10, keep_best=False),
        restarts=3,
    ),
    # Paper, section 4.3: sentences of up to 64 words.
    "paper-text": Relaxed(
        shape=replace(WORDS, layers=1, cardinality=64),
        relaxation=replace(FAITHFUL, dropout=0.5),
        schedule=Schedule(epochs=10, batch=128, rate=0.05, evaluations=10, keep_best=False),
        restarts=3,
    ),
    # The learner `hard`, recipe A: programs that are discrete in every forward pass (docs/learning.md).
    "hard": Relaxed(
        shape=replace(MIXED, sums=False, tables=Tables.DIRECT),
        relaxation=Relaxation(
            sampling=Sampling.HARD, tie=Tie.NEAREST, noisy_attention=False, noisy_tables=False, dropout=0.0
        ),
        schedule=Schedule(
            steps=1500,
            batch=128,
            rate=0.2,
            score_rate=0.02,
            decay=0.1,
            beta2=0.99,
            warm=1.0,
            cold=0.3,
            noise_start=1.0,
            noise_end=0.05,
            anneal=0.7,
            still=0.05,
            samples=16,
            split=True,
            evaluations=25,
        ),
        restarts=4,
    ),
}


def preset_named(name: str) -> Relaxed:
    """The recipe of that name.

    Raises:
        ConfigError: no such preset.

    >>> preset_named("paper").schedule.epochs
    250
    """
    if name not in PRESETS:
        raise ConfigError(place="--preset", got=repr(name), expected=f"one of {', '.join(PRESETS)}")
    return PRESETS[name]
