"""Sequences, and the columns of variables over them, each computed once."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from transformer_programs.learn.grow import kernels
from transformer_programs.learn.grow.graph import (
    POSITIONS,
    TOKENS,
    Cells,
    Count,
    Graph,
    Head,
    Input,
    Near,
    Ordered,
    Variable,
    Written,
)
from transformer_programs.program.semantics import COMPARISONS
from transformer_programs.tasks import Encoded

__all__ = ["Bank"]

Column = Int[np.ndarray, "sequence position"]


class Bank:
    """Columns of a graph's variables over some sequences.

    >>> from transformer_programs.learn.grow.graph import Count, Graph
    >>> graph = Graph(tokens=2, positions=3)
    >>> count = graph.add(Count(TOKENS, TOKENS, (0, 1)))
    >>> bank = Bank(graph, np.array([[0, 1, 0]], np.int32), np.array([3]), causal=False)
    >>> bank[count].tolist()
    [[2, 1, 2]]
    """

    def __init__(self, graph: Graph, tokens: Column, lengths: Int[np.ndarray, " sequence"], causal: bool) -> None:
        self.graph = graph
        self.written: Column | None = None
        """Codes of the words as they are written (see `Written`)."""
        self.lengths = lengths.astype(np.int32)
        self.causal = causal
        self.mask = np.arange(tokens.shape[1]) < lengths[:, None]
        positions = np.where(self.mask, np.arange(tokens.shape[1], dtype=np.int32), 0).astype(np.int32)
        self._columns: dict[Variable, Column] = {
            TOKENS: np.where(self.mask, tokens, 0).astype(np.int32),
            POSITIONS: positions,
        }

    @staticmethod
    def of(graph: Graph, encoded: Encoded, causal: bool) -> Bank:
        """The bank of an encoded part of a data set."""
        return Bank(graph, encoded.tokens, encoded.lengths, causal)

    def take(self, rows: Int[np.ndarray, " chosen"]) -> Bank:
        """The bank of these sequences, with what is known of them."""
        part = Bank(self.graph, self._columns[TOKENS][rows], self.lengths[rows], self.causal)
        part.written = None if self.written is None else self.written[rows]
        part._columns = {variable: column[rows] for variable, column in self._columns.items()}
        return part

    def forget(self, keep: set[Variable]) -> None:
        """Drops the columns of all other variables, to free their memory."""
        self._columns = {v: column for v, column in self._columns.items() if v in keep or v in (TOKENS, POSITIONS)}

    def __getitem__(self, variable: Variable) -> Column:
        if variable not in self._columns:
            for needed in self.graph.closure([variable]):
                if needed not in self._columns:
                    self._columns[needed] = self._compute(needed)
        return self._columns[variable]

    def _compute(self, variable: Variable) -> Column:
        columns, lengths, causal = self._columns, self.lengths, self.causal
        match self.graph.nodes[variable]:
            case Head(query, key, rows, value):
                table = np.array(rows, np.int32)
                return kernels.head(columns[query], columns[key], table, columns[value], lengths, causal)
            case Count(query, key, rows):
                table = np.array(rows, np.int32)
                return kernels.width(columns[query], columns[key], table, lengths, causal, self.graph.sizes[key])
            case Near(offset, value):
                return self._near(offset, columns[value])
            case Ordered(key, operator, query, same):
                return self._ordered(columns[key], operator, columns[query], None if same is None else columns[same])
            case Cells(reads, cells):
                code = np.zeros_like(columns[reads[0]])
                for read in reads:
                    code = code * self.graph.sizes[read] + columns[read]
                return np.array(cells, np.int32)[code]
            case Written(cells):
                assert self.written is not None
                return np.array(cells, np.int32)[self.written]
            case Input():
                raise AssertionError("inputs are there from the start")

    def _near(self, offset: int, value: Column) -> Column:
        positions = np.arange(value.shape[1]) + offset
        inside = (positions >= 0) & (positions < self.lengths[:, None])
        if self.causal:
            inside &= offset <= 0
        found = np.where(inside, np.clip(positions, 0, value.shape[1] - 1), 0)
        return np.asarray(np.take_along_axis(value, found, axis=1), np.int32)

    def _ordered(self, key: Column, operator: str, query: Column, same: Column | None) -> Column:
        holds = COMPARISONS[operator](key[:, None, :], query[:, :, None]) & self.mask[:, None, :]
        if same is not None:
            holds &= same[:, None, :] == same[:, :, None]
        if self.causal:
            holds &= np.tri(key.shape[1], dtype=bool)
        return np.asarray(holds.sum(axis=2), np.int32)
