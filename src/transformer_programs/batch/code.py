"""Byte code in the making: instructions, the pool, and columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int

from transformer_programs.batch.kernel import Op

__all__ = ["Argument", "Assembler", "Code"]

Argument = tuple[int, int, int]
"""A read without its stride: column, low, high."""


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """A program as the kernel reads it (kernel.py).

    Args:
        instructions, pool: what to do, and the tables it needs.
        columns, depth, labels, masks: sizes of the scratch space: columns, patterns, scores a position, key masks.
        causal: whether a position sees only itself and what is before it.
    """

    instructions: Int[np.ndarray, "instruction field"]
    pool: Int[np.ndarray, " cell"]
    columns: int
    depth: int
    labels: int
    masks: int
    causal: bool

    def scratch(self, width: int, sequences: int) -> tuple[np.ndarray, ...]:
        """Room for a block of so many sequences at most, of at most `width` tokens, as the kernel wants it.

        A block has so many sequences that the columns of a usual program fit the second-level cache.
        """
        lanes = 128 if width <= 16 else 64 if width <= 64 else max(4096 // width, 1)
        lanes = min(lanes, -(-sequences // 8) * 8)
        words = (width + 63) // 64
        return (
            *(np.zeros((rows * width, lanes), np.int64) for rows in (self.columns, self.labels)),
            *(np.zeros((rows * words, lanes), np.uint64) for rows in (self.depth * width, width, self.masks)),
            *np.zeros((3, lanes), np.int64),
        )


@dataclass(slots=True)
class Assembler:
    """Collects instructions and the pool; hands out columns."""

    instructions: list[list[int]] = field(default_factory=list)
    pool: list[Iterable[int]] = field(default_factory=list)
    cells: int = 0
    columns: int = 2
    depth: int = 1
    masks: int = 0
    cleared: dict[Argument, int] = field(default_factory=dict)

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

    def key_masks(self, keys: Argument) -> int:
        """Masks of the positions of each key, made once: the offset of the empty one that stands before them."""
        if keys not in self.cleared:
            self.cleared[keys] = self.masks
            self.put(Op.KEYS, self.masks, self.reads([keys]))
            self.masks += keys[2] - keys[1] + 2
        return self.cleared[keys]

    def finish(self, labels: int, causal: bool) -> Code:
        """The arrays."""
        for keys, base in self.cleared.items():
            self.put(Op.CLEAR, base, self.reads([keys]))
        return Code(
            np.array(self.instructions, np.int64).reshape(-1, 6),
            np.concatenate([np.zeros(0, np.int64), *self.pool]),
            self.columns,
            self.depth,
            labels,
            self.masks,
            causal,
        )
