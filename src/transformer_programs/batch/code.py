"""The byte code of a program: flat integer arrays that one compiled kernel runs for every program.

A *column* holds one int64 a position: a number itself, or the index of a value in a list (lower.py knows which).
Column 0 is the token, column 1 the position. A *pattern* holds bit masks, one row of 64-bit words a query position,
bit j for key position j; patterns live on a small stack. An instruction is a row of six integers, its opcode first;
what does not fit in it stands in the *pool*, at the offset given. A *read* is four cells of the pool, (column, low,
high, stride): (min(max(value, low), high) - low) * stride; `reads` are several of them, summed, so that a table is
indexed by all its arguments.

    LOOK     out, table, reads, count        pool[table + reads]
    CHECK    column                          stop where a value is NOT_HERE
    SPAN     depth, low, high                the pattern low <= j - i <= high
    EQUAL    depth, keys, queries            keys[j] == queries[i]
    AT_MOST  depth, keys, queries, more      keys[j] <= queries[i] + more
    GRID     depth, keys, queries, rows      bit number keys[j] of the words from pool[rows + queries[i]] on
    AND, OR  depth                           with the pattern at depth + 1
    NOT      depth
    CLOSEST  out, values                     of the pattern at depth 0, as all heads
    WIDTH    out
    TOTAL    out, values
    LARGEST  out, values                     of values > 0; 0 for no match
    BIAS     row                             starts the scores of every position
    SCORE    rows, reads, count              adds pool[rows + reads], one number a label
    LINEAR   weights, column                 adds value * pool[weights], one number a label
    POOL                                     sums the scores over the positions
    ARGMAX   pooled                          the answer: the first best label of each position, or of the sum
    EMIT     column, low                     the answer: a column, less `low`
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from jaxtyping import Int

__all__ = ["NOT_HERE", "Argument", "Assembler", "Code", "Op"]

NOT_HERE = -(2**63)
"""A table cell that the kernel has no answer for: it gives the batch back to a slower path."""

Argument = tuple[int, int, int]
"""A read without its stride: column, low, high."""


class Op(IntEnum):
    """Opcodes."""

    LOOK = 0
    CHECK = 1
    SPAN = 2
    EQUAL = 3
    AT_MOST = 4
    GRID = 5
    AND = 6
    OR = 7
    NOT = 8
    CLOSEST = 9
    WIDTH = 10
    TOTAL = 11
    LARGEST = 12
    BIAS = 13
    SCORE = 14
    LINEAR = 15
    POOL = 16
    ARGMAX = 17
    EMIT = 18


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """A program as the kernel reads it.

    Args:
        instructions, pool: see above.
        columns, depth, labels: sizes of the scratch space: columns, patterns, scores a position.
        causal: whether a position sees only itself and what is before it.
    """

    instructions: Int[np.ndarray, "instruction field"]
    pool: Int[np.ndarray, " cell"]
    columns: int
    depth: int
    labels: int
    causal: bool


@dataclass(slots=True)
class Assembler:
    """Collects instructions and the pool; hands out columns."""

    instructions: list[list[int]] = field(default_factory=list)
    pool: list[Iterable[int]] = field(default_factory=list)
    cells: int = 0
    columns: int = 2
    depth: int = 1

    def column(self) -> int:
        """A new column."""
        self.columns += 1
        return self.columns - 1

    def put(self, op: Op, *fields: int) -> None:
        """One more instruction."""
        self.instructions.append([int(op), *fields, *[0] * (5 - len(fields))])

    def store(self, cells: Iterable[int] | Int[np.ndarray, " cell"]) -> int:
        """Cells into the pool: their offset. OverflowError where a number does not fit in 64 bits."""
        array = np.array(cells if isinstance(cells, np.ndarray) else list(cells), np.int64)
        self.pool.append(array)
        self.cells += len(array)
        return self.cells - len(array)

    def reads(self, arguments: Iterable[Argument], last: int = 1) -> int:
        """The arguments of a table, the last one running fastest, in steps of `last`: their offset."""
        cells: list[int] = []
        for column, low, high in reversed(list(arguments)):
            cells += [column, low, high, last]
            last *= high - low + 1
        return self.store(cells)

    def look(self, table: Iterable[int] | Int[np.ndarray, " cell"], *arguments: Argument) -> int:
        """A new column, looked up in a table."""
        out = self.column()
        self.put(Op.LOOK, out, self.store(table), self.reads(arguments), len(arguments))
        return out

    def finish(self, labels: int, causal: bool) -> Code:
        """The arrays."""
        return Code(
            np.array(self.instructions, np.int64).reshape(-1, 6),
            np.concatenate([np.zeros(0, np.int64), *self.pool]),
            self.columns,
            self.depth,
            labels,
            causal,
        )
