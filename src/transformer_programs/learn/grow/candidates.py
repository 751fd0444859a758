"""Candidates for the next feature, each with its second-order gain.

With G and H the sums of the forces (`sample`) over the tokens where a new variable has value v, adding it as a
feature lowers the loss by about

    gain = 1/2 * sum over values v and labels c of G[v, c]^2 / (H[v, c] + damping)

(one damped Newton step on its scores, the others held fixed). A head's rows are free choices, and G, H add up over
rows, so one histogram per (query, key, value) scores every choice of every row at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import log
from typing import TypeVar

import numpy as np

from transformer_programs.learn.grow import kernels
from transformer_programs.learn.grow.graph import Cells, Count, Graph, Head, Variable
from transformer_programs.learn.grow.model import Feature
from transformer_programs.learn.grow.prices import feature_price, parts_price
from transformer_programs.learn.grow.sample import Sample

__all__ = ["Candidate", "Search"]

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """Features to add.

    Args:
        features: what to add.
        gain: nats saved over all training examples, by the second-order estimate.
        price: nats that the new parts cost.
        note: what it is, for the reader of the progress.
    """

    features: tuple[Feature, ...]
    gain: float
    price: float
    note: str

    @property
    def net(self) -> float:
        """Gain less price."""
        return self.gain - self.price


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """The present moment of growing: what candidates are scored against.

    Args:
        graph: where new variables go.
        sample: the rows and their forces.
        known: variables that the program has already.
        damping: lambda of the gain.
        threads: how many histograms at once.
    """

    graph: Graph
    sample: Sample
    known: set[Variable]
    damping: float
    threads: int

    def candidate(self, features: Sequence[Feature], gain: float, note: str) -> Candidate:
        """A candidate with its price; `gain` is in nats of the sample."""
        price = parts_price(self.graph, features, self.known, self.sample.classes)
        return Candidate(tuple(features), gain * self.sample.ratio, price, note)

    def each(self, function: Callable[[A], B], items: Iterable[A]) -> list[B]:
        """The function of all items, in their order, on several threads."""
        if self.threads == 1:
            return [function(item) for item in items]
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(function, items))

    # --- existing variables -------------------------------------------------------------------------------------

    def variables(self, pool: Iterable[Variable]) -> list[Candidate]:
        """Variables of the pool as they are, read by value, and as numbers where they are quantities."""
        pool = list(pool)
        for variable in pool:
            self.sample.bank[variable]
        found = []
        for variable, (by_value, linear) in zip(pool, self.each(self._variable, pool)):
            found.append(self.candidate([Feature(variable)], by_value, "variable"))
            if self.graph.ordered[variable]:
                found.append(self.candidate([Feature(variable, linear=True)], linear, "number"))
        return found

    def _variable(self, variable: Variable) -> tuple[float, float]:
        sample, size = self.sample, self.graph.sizes[variable]
        sums = kernels.cells(sample.codes(variable), size, sample.force)
        by_value = float(kernels.gains(sums, self.damping).sum())
        values = np.arange(size) - np.average(np.arange(size), weights=sums[:, sample.classes :].sum(axis=1) + 1e-9)
        g, h = values @ sums[:, : sample.classes], (values**2) @ sums[:, sample.classes :]
        return by_value, float(0.5 * (g * g / (h + self.damping)).sum())

    # --- heads and counts ---------------------------------------------------------------------------------------

    def heads(
        self, queries: Sequence[Variable], keys: Sequence[Variable], values: Sequence[Variable], best: int = 4
    ) -> list[Candidate]:
        """The best heads over these variables, with the best rows for each."""
        for variable in {*queries, *keys, *values}:
            self.sample.bank[variable]
        for key in keys:
            self.sample.nearest(key)

        def scored(pair: tuple[Variable, Variable]) -> list[tuple[float, Head]]:
            key, value = pair
            column = self.sample.bank[value]
            output = column[self.sample.sequence[:, None], self.sample.nearest(key)]
            return [
                (gain, Head(query, key, rows, value))
                for query in queries
                for gain, rows in [self._rows(query, key, output, self.graph.sizes[value])]
            ]

        pairs = [(key, value) for key in keys for value in values]
        return self._top([item for items in self.each(scored, pairs) for item in items], best, "head")

    def counts(self, queries: Sequence[Variable], keys: Sequence[Variable], best: int = 4) -> list[Candidate]:
        """The best counts over these variables, with the best rows for each."""
        for variable in {*queries, *keys}:
            self.sample.bank[variable]

        def scored(key: Variable) -> list[tuple[float, Count]]:
            output = self.sample.seen(key)
            size = self.graph.positions + 1
            return [
                (gain, Count(query, key, rows))
                for query in queries
                for gain, rows in [self._rows(query, key, output, size)]
            ]

        for key in keys:
            self.sample.seen(key)
        return self._top([item for items in self.each(scored, keys) for item in items], best, "count")

    def _rows(self, query: Variable, key: Variable, output: np.ndarray, size: int) -> tuple[float, tuple[int, ...]]:
        choices = output.shape[1]
        force = self.sample.force
        sums = np.zeros((self.graph.sizes[query], choices, size, force.shape[1]))
        beside = np.zeros(len(force), np.int32)
        kernels.histogram(self.sample.codes(query), output, beside, force, sums)
        rows, gain = kernels.choose(sums, self.damping, log(choices) / self.sample.ratio, 2)
        return float(gain), tuple(-1 if row == choices - 1 else int(row) for row in rows)

    def _top(self, scored: Sequence[tuple[float, Head | Count]], best: int, note: str) -> list[Candidate]:
        """Adds the nodes of the best by gain less a first idea of the price, and makes candidates of them."""
        ranked = sorted(scored, key=lambda item: -item[0])[: 4 * best]
        found = []
        for gain, node in ranked:
            variable = self.graph.add(node)
            found.append(self.candidate([Feature(variable)], gain, note))
        return sorted(found, key=lambda candidate: -candidate.net)[:best]

    # --- tables -------------------------------------------------------------------------------------------------

    def tables(self, pairs: Iterable[tuple[Variable, Variable]], most: int, best: int = 4) -> list[Candidate]:
        """The best tables of two variables, their cells grouped by what they explain."""
        pairs = list(pairs)
        for variable in {variable for pair in pairs for variable in pair}:
            self.sample.bank[variable]
        sums = self.each(self._cells, pairs)
        bound = [float(kernels.gains(each, self.damping).sum()) for each in sums]
        order = sorted(range(len(pairs)), key=lambda i: -bound[i])[: 3 * best]
        found = []
        price = feature_price(self.graph, Feature(0, linear=True), self.sample.classes) / self.sample.ratio
        for i, (group, gain) in zip(order, self.each(lambda i: kernels.merge(sums[i], self.damping, price, most), order)):
            node = table_of(self.graph, pairs[i], np.asarray(group))
            if node is not None:
                found.append(self.candidate([Feature(self.graph.add(node))], float(gain), "table"))
        return sorted(found, key=lambda candidate: -candidate.net)[:best]

    def _cells(self, pair: tuple[Variable, Variable]) -> np.ndarray:
        a, b = pair
        size = self.graph.sizes
        codes = self.sample.codes(a) * size[b] + self.sample.codes(b)
        return np.asarray(kernels.cells(codes, size[a] * size[b], self.sample.force))


def table_of(graph: Graph, reads: tuple[Variable, ...], group: np.ndarray) -> Cells | None:
    """A table whose ungrouped cells (-1) take the group of the nearest cell that has one."""
    if group.max(initial=-1) < 1:
        return None
    shape = tuple(graph.sizes[read] for read in reads)
    return Cells(reads, tuple(int(cell) for cell in filled(group.reshape(shape)).ravel()))


def filled(cells: np.ndarray) -> np.ndarray:
    """The table with every -1 replaced by the nearest other cell (by the sum of the differences of the codes)."""
    known = np.argwhere(cells >= 0)
    out = cells.copy()
    for place in np.argwhere(cells < 0):
        distance = np.abs(known - place).sum(axis=1)
        out[tuple(place)] = cells[tuple(known[np.argmin(distance)])]
    return out
