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
from typing import TypeAlias, TypeVar

import numpy as np

from transformer_programs.learn.grow import kernels
from transformer_programs.learn.grow.graph import Cells, Count, Graph, Head, Variable
from transformer_programs.learn.grow.model import Feature
from transformer_programs.learn.grow.prices import SCORE, parts_price
from transformer_programs.learn.grow.rows import Choice, best_rows, best_shift
from transformer_programs.learn.grow.sample import Sample

__all__ = ["Candidate", "Scored", "Search", "Trial", "table_of"]

A = TypeVar("A")
B = TypeVar("B")

LARGEST = 6_000_000
"""Numbers in the largest histogram."""

CELLS = 1024
"""Cells of the largest table."""


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


@dataclass(frozen=True, slots=True)
class Trial:
    """A head or a count whose rows are to be chosen.

    Args:
        note: "head", "pointer", "relation" or "count".
        query: a variable, or two: then a table of them says what to look for.
        key: what is matched.
        value: what is read; None for a count. In a relation the value found is compared with the value here, and the
            rows are chosen for both together, since neither part need be worth anything alone (an exclusive or).
    """

    note: str
    query: tuple[Variable, ...]
    key: Variable
    value: Variable | None


Scored: TypeAlias = tuple[Trial, Choice]


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """The present moment of growing: what candidates are scored against.

    Args:
        graph: where new variables go.
        sample: the rows and their forces.
        known: variables that the program has already.
        damping: lambda of the gain.
        threads: how many histograms at once.
        rough: whether only the order of the gains counts, not the rows.
    """

    graph: Graph
    sample: Sample
    known: set[Variable]
    damping: float
    threads: int
    rough: bool = False

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

    def ready(self, variables: Iterable[Variable]) -> None:
        """Computes columns before threads read them."""
        for variable in variables:
            self.sample.bank[variable]

    # --- existing variables -------------------------------------------------------------------------------------

    def variables(self, pool: Iterable[Variable], note: str = "variable") -> list[Candidate]:
        """Variables of the pool as they are, read by value, and as numbers where they are quantities."""
        pool = list(dict.fromkeys(pool))
        self.ready(pool)
        found = []
        for variable, (by_value, linear) in zip(pool, self.each(self._variable, pool)):
            found.append(self.candidate([Feature(variable)], by_value, note))
            if self.graph.ordered[variable] and self.graph.counting:
                found.append(self.candidate([Feature(variable, linear=True)], linear, note))
        return found

    def _variable(self, variable: Variable) -> tuple[float, float]:
        sample, size = self.sample, self.graph.sizes[variable]
        sums = kernels.cells(sample.codes(variable), size, sample.force)
        by_value = float(kernels.gains(sums, self.damping).sum())
        values = np.arange(size) - np.average(np.arange(size), weights=sums[:, sample.classes :].sum(axis=1) + 1e-9)
        g, h = values @ sums[:, : sample.classes], (values**2) @ sums[:, sample.classes :]
        return by_value, float(0.5 * (g * g / (h + self.damping)).sum())

    # --- heads and counts ---------------------------------------------------------------------------------------

    def score(self, trials: Iterable[Trial]) -> list[Scored]:
        """The trials with the best rows for each; those too large to try are left out."""
        groups: dict[tuple[Variable, Variable | None], list[Trial]] = {}
        for trial in trials:
            groups.setdefault((trial.key, trial.value), []).append(trial)
            self.ready([trial.key, *trial.query, *(() if trial.value is None else (trial.value,))])
        for key, value in groups:
            self.sample.seen(key) if value is None else self.sample.nearest(key)
        return [item for items in self.each(self._group, groups.items()) for item in items]

    def _group(self, group: tuple[tuple[Variable, Variable | None], list[Trial]]) -> list[Scored]:
        (key, value), trials = group
        if value is None:
            output, size = self.sample.seen(key), self.graph.positions + 1
        else:
            size = self.graph.sizes[value]
            # As narrow as counts are: half the memory, and the same compiled histogram.
            column = self.sample.bank[value].astype(np.int16 if size <= 2**15 else np.int32)
            output = np.ascontiguousarray(column[self.sample.sequence[:, None], self.sample.nearest(key)])
        choices = [
            (trial, self._choice(trial.query, output, size, value if trial.note == "relation" else None))
            for trial in trials
        ]
        return [(trial, choice) for trial, choice in choices if choice is not None]

    def _choice(
        self, query: tuple[Variable, ...], output: np.ndarray, size: int, beside: Variable | None
    ) -> Choice | None:
        shape = tuple(self.graph.sizes[variable] for variable in query)
        besides = 1 if beside is None else self.graph.sizes[beside]
        force = self.sample.force
        if int(np.prod(shape)) * output.shape[1] * size * besides * force.shape[1] > LARGEST:
            if beside is not None or not all(self.graph.ordered[v] or len(query) == 1 for v in query):
                return None
            codes = [self.sample.codes(v) for v in query]
            return best_shift(codes, shape, output, size, force, self.damping)
        joint = None if beside is None else self.sample.codes(beside)
        ratio = self.sample.ratio
        code, rules = self._code(query), not self.rough
        return best_rows(code, shape, output, size, force, self.damping, ratio, joint, besides, rules=rules)

    def _code(self, reads: tuple[Variable, ...]) -> np.ndarray:
        code = self.sample.codes(reads[0])
        for read in reads[1:]:
            code = code * self.graph.sizes[read] + self.sample.codes(read)
        return code

    def made(self, scored: Iterable[Scored], most: int) -> list[Candidate]:
        """Candidates of scored trials: their nodes are added to the graph. A relation's table has `most` outputs."""
        found, compared = [], []
        for trial, choice in scored:
            variable = self._node(trial, choice)
            if trial.note == "relation":
                assert trial.value is not None
                compared.append((trial.value, variable))
            else:
                found.append(self.candidate([Feature(variable)], choice.gain, trial.note))
        return [*found, *self.tables(compared, most, len(compared), "relation")]

    def _node(self, trial: Trial, choice: Choice) -> Variable:
        rows, keys = choice.rows, self.graph.sizes[trial.key]
        query = trial.query[0]
        if len(trial.query) == 2:
            wanted = choice.rule or tuple(keys if row < 0 else row for row in rows)
            first = min(0, *wanted)
            cells = tuple(row - first for row in wanted)
            query = self.graph.add(Cells(trial.query, cells, "pointer" if choice.rule else "", first))
            rows = tuple(a if 0 <= a < keys else -1 for a in range(first, first + self.graph.sizes[query]))
        if trial.value is None:
            return self.graph.add(Count(query, trial.key, rows))
        return self.graph.add(Head(query, trial.key, rows, trial.value))

    # --- tables -------------------------------------------------------------------------------------------------

    def tables(
        self, pairs: Iterable[tuple[Variable, ...]], most: int, best: int = 4, note: str = "table"
    ) -> list[Candidate]:
        """The best tables of one or two variables, their cells grouped by what they explain."""
        pairs = [pair for pair in dict.fromkeys(pairs) if np.prod([self.graph.sizes[v] for v in pair]) <= CELLS]
        self.ready(variable for pair in pairs for variable in pair)
        sums = self.each(self._cells, pairs)
        bound = [float(kernels.gains(each, self.damping).sum()) for each in sums]
        order = sorted(range(len(pairs)), key=lambda i: -bound[i])[: 3 * best]
        price = (self.sample.classes - 1) * SCORE
        found = []
        for i, (group, gain) in zip(
            order, self.each(lambda i: kernels.merge(sums[i], self.damping, price, most), order)
        ):
            node = table_of(self.graph, pairs[i], np.asarray(group))
            if node is not None:
                found.append(self.candidate([Feature(self.graph.add(node))], float(gain), note))
        return sorted(found, key=lambda candidate: -candidate.net)[:best]

    def likely(self, pairs: Iterable[tuple[Variable, Variable]], most: int) -> list[tuple[Variable, Variable]]:
        """Of many pairs of variables those whose tables would gain most here, in the order in which they came."""
        pairs = [
            pair for pair in dict.fromkeys(pairs) if self.graph.sizes[pair[0]] * self.graph.sizes[pair[1]] <= CELLS
        ]
        variables = sorted({variable for pair in pairs for variable in pair})
        self.ready(variables)
        place = {variable: i for i, variable in enumerate(variables)}
        codes = np.stack([self.sample.codes(variable) for variable in variables])
        sizes = np.array([self.graph.sizes[variable] for variable in variables])
        places = np.array([(place[a], place[b]) for a, b in pairs])
        parts = np.array_split(places, self.threads)
        gains = self.each(lambda part: kernels.pair_gains(codes, sizes, part, self.sample.force, self.damping), parts)
        chosen = np.sort(np.argsort(-np.concatenate(gains), kind="stable")[:most])
        return [pairs[i] for i in chosen]

    def _cells(self, reads: tuple[Variable, ...]) -> np.ndarray:
        size = int(np.prod([self.graph.sizes[read] for read in reads]))
        return np.asarray(kernels.cells(self._code(reads), size, self.sample.force))

    def classes(self, variable: Variable, most: int) -> list[Variable]:
        """The variable's values grouped by what they explain at present, finely and coarsely.

        Values without answers are a group of their own; quantities that the sample does not have at all go with the
        nearest that it has. A split must explain more than chance does in a sample.
        """
        found = []
        bank = self.sample.bank
        here = np.zeros(self.graph.sizes[variable], bool)
        here[np.unique(bank[variable][bank.mask])] = True
        sums = self._cells((variable,))
        for price in (2.0, 40.0):
            group, _ = kernels.merge(sums, self.damping, price * (self.sample.classes - 1) * SCORE, most)
            groups = int(group.max(initial=-1)) + 1
            if 2 <= groups < self.graph.sizes[variable]:
                group = np.where((group < 0) & (here | (not self.graph.ordered[variable])), groups, group)
                found.append(self.graph.add(Cells((variable,), tuple(map(int, _filled(group))))))
        return found


def table_of(graph: Graph, reads: tuple[Variable, ...], group: np.ndarray) -> Cells | None:
    """A table whose ungrouped cells (-1) take the group of the nearest cell that has one."""
    if group.max(initial=-1) < 1:
        return None
    shape = tuple(graph.sizes[read] for read in reads)
    return Cells(reads, tuple(int(cell) for cell in _filled(group.reshape(shape)).ravel()))


def _filled(cells: np.ndarray) -> np.ndarray:
    """The table with every -1 replaced by the nearest other cell (by the sum of the differences of the codes)."""
    known = np.argwhere(cells >= 0)
    out = cells.copy()
    for place in np.argwhere(cells < 0):
        distance = np.abs(known - place).sum(axis=1)
        out[tuple(place)] = cells[tuple(known[np.argmin(distance)])]
    return out
