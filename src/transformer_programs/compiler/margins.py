"""How exact the arithmetic has to be for a compiled model to stay exact.

*Attention*: scores of different meaning differ by at least `gap`, and the largest is `height`. Floating-point numbers
of p significant bits carry an error of height / 2^p, which has to be small beside the gap.
*Tables*: the narrowest plateau of a hidden unit as a fraction of the range it reads.
*Answer*: measured: the smallest difference between the largest and the second output, or the smallest distance of a
number from where it would be read as another one, relative to the largest output.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from transformer_programs.compiler.model import BFLOAT16, CompiledModel, forward

__all__ = ["Margins", "measure_margins"]

BATCH = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """Margins of a model, and how often lower precision gives the float64 answer.

    Args:
        attention: the least difference between scores of different meaning.
        attention_bits, table_bits, answer_bits: significant bits that attention, tables and the answer need at least.
        answer: the smallest measured margin of an answer; infinite where there is one output.
        inputs: how many were measured.
        float32, bfloat16: how many of them have the same answer in that arithmetic.
    """

    attention: float
    attention_bits: float
    table_bits: float
    answer_bits: float
    answer: float
    inputs: int
    float32: int
    bfloat16: int


def measure_margins(
    model: CompiledModel, sequences: Sequence[Sequence[str]], progress: Callable[[int, int], object] | None = None
) -> Margins:
    """Margins, measured on some inputs for which the program has an answer.

    Args:
        model: compiled.
        sequences: the inputs.
        progress: is told how many of all inputs are done.
    """
    config = model.config
    largest, answer, same = 1e-300, math.inf, {np.float32: 0, BFLOAT16: 0}
    for begin in range(0, len(sequences), BATCH):
        tokens, lengths = model.encode(sequences[begin : begin + BATCH])
        outputs = forward(model.weights, tokens, lengths, config.causal)
        answers = model.decode(outputs, lengths)
        real = np.arange(outputs.shape[1]) < lengths[:, None]
        rows = outputs[:, :, : outputs.shape[2] - len(config.faults)]
        rows = (rows * real[:, :, None]).sum(axis=1) if config.pooled else rows[real]
        largest = max(largest, float(np.abs(rows).max(initial=0)))
        answer = min(answer, _least_gap(model, rows))
        for dtype in same:
            with np.errstate(over="ignore", invalid="ignore"):
                lower = _decode(model, (model.weights, tokens, lengths, config.causal, dtype), lengths)
            same[dtype] += sum(_same(a, b, config.values == ()) for a, b in zip(answers, lower))
        if progress is not None:
            progress(min(begin + BATCH, len(sequences)), len(sequences))
    return Margins(
        attention=config.attention_gap,
        attention_bits=_bits(config.attention_height / config.attention_gap) if config.attention_gap else 0.0,
        table_bits=_bits(1 / config.table_margin),
        answer_bits=_bits(largest / answer) if answer > 0 else math.inf,
        answer=answer,
        inputs=len(sequences),
        float32=same[np.float32],
        bfloat16=same[BFLOAT16],
    )


def _least_gap(model: CompiledModel, rows: Float[np.ndarray, "place output"]) -> float:
    """The least margin of an answer among rows of outputs; infinite where there is one output."""
    config = model.config
    if config.kind != "number" and rows.shape[1] > 1:
        ordered = np.sort(rows, axis=1)
        return float((ordered[:, -1] - ordered[:, -2]).min())
    if config.kind == "number" and len(config.values) > 1:
        numbers = np.sort(np.array([float(value) for value in config.values]))
        middles = (numbers[1:] + numbers[:-1]) / 2
        return float(np.abs(rows - middles[None, :]).min())
    return math.inf


def _decode(model: CompiledModel, arguments: tuple, lengths: np.ndarray) -> list[list]:
    """Answers, without looking for failures."""
    outputs = forward(*arguments)
    outputs[:, :, outputs.shape[2] - len(model.config.faults) :] = 0.0
    return model.decode(outputs, lengths)


def _same(left: list, right: list, numeric: bool) -> bool:
    if not numeric:
        return left == right
    return all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) for a, b in zip(left, right))


def _bits(ratio: float) -> float:
    return round(math.log2(max(ratio, 1.0)) + 1, 1)
