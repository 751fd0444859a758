"""From the discretised model to a program: choices become reads and predicates, networks and cells tables."""

from __future__ import annotations

import itertools

import numpy as np
from jaxtyping import Int

from transformer_programs.learn.build import Builder
from transformer_programs.learn.relaxed.discrete import Discrete
from transformer_programs.learn.relaxed.tables import Network
from transformer_programs.program import POSITIONS, TOKENS, Program, Read, Ref
from transformer_programs.tasks import Dataset

__all__ = ["Extraction", "extract"]


def extract(discrete: Discrete, data: Dataset, about: tuple[tuple[str, str], ...] = ()) -> Program:
    """The program that a discretised model with whole-number scores computes.

    Networks are evaluated on every combination of what they read; a table that reads the same variable
    twice, or `ones`, gets fewer arguments.
    """
    return Extraction(discrete, data).program(about)


class Extraction:
    """A conversion: the program's names for the model's variables, in the model's order.

    Args:
        categorical: names of the categorical variables.
        numbers: names of the numbers; None is `ones`, which a program has no need of.
        bounds: the largest value of each number.
    """

    def __init__(self, discrete: Discrete, data: Dataset) -> None:
        self.discrete = discrete
        self.builder = Builder(data)
        self.categorical: list[Ref] = []
        self.numbers: list[Ref | None] = [None]
        self.bounds = [1]

    def program(self, about: tuple[tuple[str, str], ...] = ()) -> Program:
        """The program; call it once."""
        d, discrete, builder = self.discrete.dimensions, self.discrete, self.builder
        if discrete.embedding is None:
            self.categorical.append(TOKENS)
        else:
            self.categorical += [builder.table([Read(TOKENS)], column) for column in discrete.embedding.T]
        late = np.minimum(np.arange(d.length), d.values - 1)
        self.categorical.append(POSITIONS if d.length <= d.values else builder.table([Read(POSITIONS)], late))
        for layer in range(d.shape.layers):
            self._heads(layer)
            self._tables(layer)
        scores = [builder.table_score(Read(ref), rows) for ref, rows in zip(self.categorical, discrete.scores)]
        weights = discrete.number_scores
        linear = [builder.linear_score(ref, row) for ref, row in zip(self.numbers, weights) if ref is not None]
        return builder.classify(weights[0], [*scores, *linear], about)

    def _heads(self, layer: int) -> None:
        d, discrete, builder = self.discrete.dimensions, self.discrete, self.builder
        gates = discrete.gates[layer]
        split = d.shape.categorical_heads
        made: list[Ref] = []
        counted: list[tuple[Ref, int]] = []
        for head in range(d.heads):
            queries, keys = Read(self.categorical[gates[head]]), Read(self.categorical[gates[d.heads + head]])
            rows = discrete.predicates[layer, head].tolist()
            if head < split and discrete.ranks is not None:
                read = self.categorical[gates[2 * d.heads + head]]
                made.append(builder.preferred(queries, keys, read, discrete.ranks[layer, head]))
                continue
            if head < split:
                made.append(builder.closest(queries, keys, self.categorical[gates[2 * d.heads + head]], rows))
                continue
            summed = int(discrete.number_gates[layer, head - split])
            values = self.numbers[summed]
            made_here = (
                builder.count(queries, keys, rows) if values is None else builder.total(queries, keys, values, rows)
            )
            counted.append((made_here, self.bounds[summed] * d.length))
        self.categorical += made
        self.numbers += [ref for ref, _ in counted]
        self.bounds += [bound for _, bound in counted]

    def _tables(self, layer: int) -> None:
        d, discrete = self.discrete.dimensions, self.discrete
        width = d.shape.table_inputs
        made: list[Ref] = []
        first = 2 * d.heads + d.shape.categorical_heads
        for table in range(d.shape.categorical_tables):
            reads = discrete.gates[layer, first + table * width :][:width].tolist()
            made.append(self._categorical(layer, table, reads))
        first = d.shape.numerical_heads
        for table in range(d.shape.numerical_tables):
            reads = discrete.number_gates[layer, first + table * width :][:width].tolist()
            made.append(self._numerical(layer, table, reads))
        self.categorical += made

    def _categorical(self, layer: int, table: int, reads: list[int]) -> Ref:
        k = self.discrete.dimensions.values
        distinct = sorted(set(reads))
        tables = self.discrete.tables
        if isinstance(tables, Network):
            inner, rest = _weights(tables, layer, table)
            blocks = inner.reshape(len(reads), k, -1)
            hidden = [sum(blocks[i] for i, read in enumerate(reads) if read == variable) for variable in distinct]
            cells = _cells([np.asarray(part) for part in hidden], *rest)
        else:
            cells = _of_distinct(tables[layer, table], k, reads, {variable: range(k) for variable in distinct})
        return self.builder.table([Read(self.categorical[variable]) for variable in distinct], cells)

    def _numerical(self, layer: int, table: int, reads: list[int]) -> Ref:
        limits, tables = self.discrete.dimensions.limits, self.discrete.number_tables
        distinct = sorted(set(reads) - {0})
        ranges = {number: min(limits[number], self.bounds[number]) for number in distinct}
        if isinstance(tables, Network):
            inner, (bias, outer, outer_bias) = _weights(tables, layer, table)
            slopes = {number: sum(inner[i] for i, read in enumerate(reads) if read == number) for number in {0, *reads}}
            hidden = [np.arange(ranges[number] + 1)[:, None] * slopes[number] for number in distinct]
            cells = _cells(hidden, bias + slopes[0], outer, outer_bias)
        else:
            taken = {number: range(ranges[number] + 1) for number in distinct}
            cells = _of_distinct(tables[layer, table], self.discrete.dimensions.graded, reads, taken, ones=0)
        if not distinct:
            return self.builder.constant(int(cells))
        refs = [self.numbers[number] for number in distinct]
        return self.builder.table([Read(ref, ranges[n]) for ref, n in zip(refs, distinct) if ref is not None], cells)


def _of_distinct(
    cells: Int[np.ndarray, " cell"], size: int, reads: list[int], taken: dict[int, range], ones: int | None = None
) -> Int[np.ndarray, "*codes"]:
    """A table with one axis for each variable that it reads, however often it reads it.

    Args:
        cells: in order, the last input's value counting fastest.
        size: values of an input.
        reads: the variable of each input.
        taken: the values of each variable, in the order of the axes.
        ones: the number that is always 1, which has no axis.

    >>> _of_distinct(np.arange(9), 3, [5, 5], {5: range(3)}).tolist()
    [0, 4, 8]
    >>> _of_distinct(np.arange(9), 3, [0, 7], {7: range(2)}, ones=0).tolist()
    [3, 4]
    """
    axes = dict(zip(taken, np.ix_(*taken.values())))
    return np.asarray(cells.reshape((size,) * len(reads))[tuple(1 if read == ones else axes[read] for read in reads)])


def _weights(network: Network, layer: int, table: int) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(input, hidden) weights; bias, output weights, output bias."""
    inner, outer = np.asarray(network.inner[layer, table]), np.asarray(network.outer[layer, table])
    return inner.T, (np.asarray(network.inner_bias[layer, table]), outer, np.asarray(network.outer_bias[layer, table]))


def _cells(
    parts: list[np.ndarray], bias: np.ndarray, outer: np.ndarray, outer_bias: np.ndarray
) -> Int[np.ndarray, "*codes"]:
    """The output of a network for every combination of what its inputs add to the hidden units.

    Args:
        parts: for every argument (value, hidden).
    """
    cells = np.zeros(tuple(map(len, parts)), np.int64)
    for first in itertools.product(*(range(len(part)) for part in parts[:-1])):
        start = bias + sum((part[code] for part, code in zip(parts, first)), start=np.zeros_like(bias))
        hidden = np.maximum(start + (parts[-1] if parts else 0.0), 0.0)
        cells[first] = (hidden @ outer.T + outer_bias).argmax(-1)
    return cells
