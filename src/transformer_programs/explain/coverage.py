"""Which table rows, predicate rows and score rows a data set ever uses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Int

from transformer_programs.batch.columns import Columns
from transformer_programs.explain.inputs import Inputs
from transformer_programs.explain.selectors import relations
from transformer_programs.explain.values import shown, some
from transformer_programs.program import (
    Emit,
    Program,
    Read,
    Ref,
    Relation,
    Spelled,
    Table,
    TableScore,
    domains,
    read_domain,
    selector_of,
)
from transformer_programs.program.semantics import SPELLINGS

__all__ = ["Coverage", "RowTable", "coverage", "row_tables"]

ANYTHING_ELSE = "anything else"
"""The row of spellings that a dictionary does not have."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RowTable:
    """A part of a program that is a table, and how often each of its rows is used.

    Args:
        variable: the variable whose node it is, `scores` for the unembedding.
        kind: `table`, `predicate` (a row a query value: the key values it selects), `spelling` (a row an entry of a
            dictionary of spellings, the last for all else) or `scores` (a row a value).
        reads: the arguments; of spellings the function, such as `suffix_3`.
        axes: their values, one axis an argument.
        values: one a row, the last argument running fastest.
        used: how often each row was looked up; 0 everywhere before anything ran.
        part: the node, relation or score itself.
    """

    variable: Ref
    kind: str
    reads: tuple[Read, ...]
    axes: tuple[tuple[Any, ...], ...]
    values: Sequence[Any]
    used: Int[np.ndarray, " row"]
    part: Table | Relation | Spelled | TableScore

    def __len__(self) -> int:
        return len(self.used)

    def key(self, row: int) -> tuple[Any, ...]:
        """The arguments of a row."""
        places = np.unravel_index(row, [len(axis) for axis in self.axes])
        return tuple(axis[int(place)] for axis, place in zip(self.axes, places))

    def text(self, row: int) -> str:
        """The arguments of a row in words."""
        return ", ".join(f"{read.variable} {shown(value)}" for read, value in zip(self.reads, self.key(row)))

    def value(self, row: int) -> str:
        """What a row says, in words."""
        value = self.values[row]
        if not isinstance(value, tuple):
            return shown(value)
        return some(value, 6 if self.kind == "predicate" else 20) or "nothing"

    def index(self, columns: Columns) -> Int[np.ndarray, "row position"]:
        """The row that each position looks up."""
        if isinstance(self.part, Spelled):
            codes, words = columns.written
            return np.asarray(_entries(self.part, tuple(map(str, words))))[codes]
        found: np.ndarray = np.ravel_multi_index([columns.index(read) for read in self.reads], [*map(len, self.axes)])
        return found

    @property
    def branches(self) -> tuple[int, int]:
        """How many of the distinct values were ever used, and how many there are: the branches of the printed code."""
        everything = {repr(value) for value in self.values}
        return len({repr(self.values[row]) for row in np.nonzero(self.used)[0].tolist()}), len(everything)

    def unused(self) -> list[int]:
        """The rows that were never looked up."""
        return np.nonzero(self.used == 0)[0].tolist()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Coverage:
    """What a data set uses of a program.

    Args:
        inputs: the data set.
        tables: every table of the program, with how often each row was used.
    """

    inputs: Inputs
    tables: tuple[RowTable, ...]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(map(len, self.tables))

    @property
    def used(self) -> int:
        """Rows that were ever used."""
        return sum(int((table.used > 0).sum()) for table in self.tables)


def coverage(program: Program, inputs: Inputs) -> Coverage:
    """How often each row of each table is looked up, at every position of every input, the markers included.

    Raises:
        ProgramError: the program fails on one of the inputs.

    >>> from transformer_programs.explain.inputs import every_input
    >>> from transformer_programs.program import Emit, Step
    >>> table = Table((Read("tokens"), Read("positions")), ("x", "y", "x", "z"))
    >>> program = Program(
    ...     name="p", vocabulary=("a", "b"), max_length=2, steps=(Step("t", table),), output=Emit("t"),
    ... )
    >>> (found,) = coverage(program, every_input(program)).tables
    >>> found.used.tolist(), found.text(3), found.branches
    ([3, 2, 3, 2], 'tokens b, positions 1', (3, 3))
    """
    tables = tuple(row_tables(program))
    for _, columns, _ in inputs.blocks(program):
        for table in tables:
            counts = np.bincount(table.index(columns).ravel(), minlength=len(table))
            np.add(table.used, counts, out=table.used)
    return Coverage(inputs=inputs, tables=tables)


def row_tables(program: Program) -> Iterator[RowTable]:
    """Every table of a program: of steps, of predicates, of scores."""
    known = domains(program)

    def made(
        variable: Ref,
        kind: str,
        reads: tuple[Read, ...],
        values: Sequence[Any],
        part: Any,
        axis: tuple[str, ...] | None = None,
    ) -> RowTable:
        axes = tuple(read_domain(read, known) for read in reads) if axis is None else (axis,)
        size = math.prod(map(len, axes))
        used = np.zeros(size, np.int64)
        return RowTable(variable=variable, kind=kind, reads=reads, axes=axes, values=values, used=used, part=part)

    for step in program.steps:
        node = step.node
        if isinstance(node, Table):
            yield made(step.name, "table", node.reads, node.cells, node)
        if isinstance(node, Spelled):
            axis, values = (*node.keys, ANYTHING_ELSE), (*node.values, node.default)
            yield made(step.name, "spelling", (Read(node.function),), values, node, axis)
        selector = selector_of(node)
        for relation in relations(selector) if selector is not None else ():
            yield made(step.name, "predicate", (relation.queries,), relation.rows, relation)
    if not isinstance(program.output, Emit):
        for score in program.output.scores:
            if isinstance(score, TableScore):
                yield made("scores", "scores", (score.read,), score.rows, score)


@lru_cache(maxsize=64)
def _entries(node: Spelled, words: tuple[str, ...]) -> list[int]:
    """For every word its entry in a dictionary of spellings; kept, since blocks of inputs share their words."""
    spelling, places = SPELLINGS[node.function], {key: row for row, key in enumerate(node.keys)}
    return [places.get(spelling(word), len(node.keys)) for word in words]
