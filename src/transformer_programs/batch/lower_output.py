"""Byte code of the output: integer scores, or a variable itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from transformer_programs.batch.alphabet import CannotLower, Coded, Whole, values_of
from transformer_programs.batch.code import Argument
from transformer_programs.batch.kernel import Op
from transformer_programs.batch.paths import LARGEST, row_of
from transformer_programs.batch.stream import Stream, place
from transformer_programs.program import Classify, Decode, Emit, LinearScore, Output, TableScore, Value

__all__ = ["lower_output"]

LARGEST_SCORE = 2**62

MOST_MERGED = 1 << 10
"""Scores of several variables become one table of all their combinations up to this many cells: fewer additions."""

Part = tuple[tuple[Argument, ...], Int[np.ndarray, "row label"]]


def lower_output(stream: Stream, output: Output) -> Sequence[Value]:
    """Instructions that write the answers: what their integers stand for.

    Raises:
        CannotLower: scores that could leave 64 bits.
    """
    code = stream.code
    if isinstance(output, Emit):
        column, alphabet = stream.columns[output.variable]
        if isinstance(alphabet, Coded):
            code.put(Op.EMIT, column, 0)
            return alphabet.values
        if alphabet.high - alphabet.low >= 2**31 - 1:
            raise CannotLower("answers beyond 32 bits")
        code.put(Op.EMIT, column, alphabet.low)
        return range(alphabet.low, alphabet.high + 1)
    most = _scores(stream, output)
    if isinstance(output, Decode):
        first, *follows = (row_of(row) for row in (output.first, *output.follows))
        moves = max(abs(score) for row in (output.first, *output.follows) for score in row if score is not None)
        if (most + moves) * stream.n >= LARGEST:
            raise CannotLower("large scores")
        code.put(Op.PATH, code.store(first), code.store(np.concatenate(follows)))
        return output.labels
    if most * (stream.n if output.pooled else 1) >= LARGEST_SCORE:
        raise CannotLower("large scores")
    if output.pooled:
        code.put(Op.POOL)
    code.put(Op.ARGMAX, int(output.pooled))
    return output.labels


def _scores(stream: Stream, output: Classify | Decode) -> int:
    """Instructions that add up the scores of every position: the largest size that a sum can have."""
    code, most = stream.code, max(map(abs, output.bias))
    tables: dict[Argument, Int[np.ndarray, "row label"]] = {}
    linear: list[tuple[int, tuple[int, ...]]] = []
    for score in output.scores:
        match score:
            case TableScore(read, rows):
                most += _table(tables, stream.argument(read), rows)
            case LinearScore(variable, weights):
                column, alphabet = stream.columns[variable]
                if isinstance(alphabet, Whole) and (alphabet.high - alphabet.low) * len(weights) >= MOST_MERGED:
                    linear.append((column, weights))
                    most += max(-alphabet.low, alphabet.high) * max(map(abs, weights))
                else:
                    rows = tuple(tuple(int(value) * weight for weight in weights) for value in values_of(alphabet))
                    most += _table(tables, place((column, alphabet)), rows)
    if most >= LARGEST_SCORE:
        raise CannotLower("large scores")
    bias = np.array(output.bias, np.int64)
    for argument in [argument for argument, rows in tables.items() if len(rows) == 1]:
        bias = bias + tables.pop(argument)[0]
    code.put(Op.BIAS, code.store(bias))
    for arguments, table in _merged([((argument,), table) for argument, table in tables.items()]):
        code.put(Op.SCORE, code.store(table.ravel()), code.reads(arguments, len(bias)), len(arguments))
    for column, weights in linear:
        code.put(Op.LINEAR, code.store(weights), column)
    return most


def _table(
    tables: dict[Argument, Int[np.ndarray, "row label"]], argument: Argument, rows: tuple[tuple[int, ...], ...]
) -> int:
    """Adds rows to those of the same argument: their largest size."""
    most = max((abs(score) for row in rows for score in row), default=0)
    if most >= LARGEST_SCORE:
        raise CannotLower("large scores")
    tables[argument] = tables.get(argument, 0) + np.array(rows, np.int64)
    return most


def _merged(parts: list[Part]) -> list[Part]:
    """The same sum from fewer tables: the two smallest become one while they are small enough together."""
    while len(parts) > 1:
        parts.sort(key=lambda part: len(part[1]))
        (left, a), (right, b), *rest = parts
        if len(a) * len(b) * a.shape[1] > MOST_MERGED:
            break
        parts = [*rest, (left + right, (a[:, None] + b[None]).reshape(-1, a.shape[1]))]
    return parts
