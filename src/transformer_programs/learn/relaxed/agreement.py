"""Do the discretised model and the extracted program answer alike? Part of every conversion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transformer_programs.learn.relaxed.discrete import Discrete
from transformer_programs.program import Program
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Dataset, Encoded, encode

__all__ = ["Agreement", "agreement", "random_inputs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """On how many inputs model and program were compared, and on how many an answer differed."""

    inputs: int
    differences: int

    def __str__(self) -> str:
        return f"{self.differences} differences on {self.inputs:,} inputs"


def agreement(discrete: Discrete, program: Program, data: Dataset, sequences: Encoded) -> Agreement:
    """Compares the discretised model with the reference interpreter, answer by answer.

    Args:
        discrete: with whole-number scores.
        program: extracted from it.
        data: gives codes their meaning.
        sequences: encoded inputs.
    """
    run = Interpreter(program)
    differences = 0
    answers = discrete.predict(sequences.tokens, sequences.lengths)
    for codes, length, answer in zip(sequences.tokens, sequences.lengths.tolist(), answers):
        expected = [data.labels[code] for code in (answer if discrete.dimensions.pooled else answer[:length])]
        differences += run([data.vocabulary[code] for code in codes[:length]]) != expected
    return Agreement(inputs=len(sequences), differences=differences)


def random_inputs(data: Dataset, seed: int, count: int = 200, *, longest: int = 40) -> Encoded:
    """As many random sequences as examples of the data (fewer where there are fewer), encoded.

    Args:
        longest: of the random ones, which need not look like the data.
    """
    rng = np.random.default_rng(seed)
    examples = (*data.validation, *data.test, *data.train)[: 20 * count]
    picked = [examples[i] for i in rng.permutation(len(examples))[:count].tolist()]
    known = encode(data, picked)
    lengths = rng.integers(1, min(data.max_length, longest) + 1, count).astype(np.int32)
    tokens = rng.integers(0, len(data.vocabulary), (count, data.max_length)).astype(np.int32)
    tokens *= np.arange(data.max_length) < lengths[:, None]
    return Encoded(
        np.concatenate([known.tokens, tokens]),
        np.concatenate([known.lengths, lengths]),
        np.concatenate([known.labels, np.full((count, known.labels.shape[1]), -1, np.int32)]),
    )


def joined(parts: Sequence[Encoded]) -> Encoded:
    """Several encoded parts as one."""
    return Encoded(
        np.concatenate([part.tokens for part in parts]),
        np.concatenate([part.lengths for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )
