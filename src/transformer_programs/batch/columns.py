"""The slower path that is still made for many sequences: a variable at a time, any value, any number.

Values are interned; an elementwise node or a predicate is evaluated once for every distinct combination of arguments
that occurs, a head once for every distinct list of values it selects, always by calling program/semantics. So it has
no bounds and no types of its own. Sequences come in groups of one length: padding does not exist here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from transformer_programs.batch.alphabet import CannotLower, Interner
from transformer_programs.batch.paths import best_paths
from transformer_programs.batch.stream import elementwise
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Apply,
    Both,
    Classify,
    Closest,
    Compare,
    Constant,
    Decode,
    Either,
    Emit,
    Full,
    Largest,
    LinearScore,
    Lookup,
    Mean,
    Negate,
    Node,
    Offset,
    Prefer,
    Program,
    Read,
    Ref,
    Relation,
    Selector,
    Smallest,
    Spelled,
    Table,
    TableScore,
    Total,
    Value,
    Width,
    domains,
    read_domain,
    selector_of,
)
from transformer_programs.program import semantics as S
from transformer_programs.program.nodes import Pattern as Selects

__all__ = ["Codes", "Column", "Columns", "Pattern", "Ready", "closest_key"]

Codes = Int[np.ndarray, "sequence position"]
Column = tuple[Codes, Sequence[Value]]
Pattern = Bool[np.ndarray, "sequence query key"]


class Ready:
    """What is the same for all groups of sequences of a program: domains, places of values, rows of scores."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.known = domains(program)
        self._orders: dict[Read, dict[Value, int]] = {}
        self._rows: dict[tuple[int, type], np.ndarray] = {}
        self._sizes: dict[int, int] = {}

    def order(self, read: Read) -> dict[Value, int]:
        """The place of every value that a read can see."""
        if read not in self._orders:
            self._orders[read] = {value: i for i, value in enumerate(read_domain(read, self.known))}
        return self._orders[read]

    def size(self, score: TableScore) -> int:
        """The largest size of its numbers."""
        if id(score) not in self._sizes:
            self._sizes[id(score)] = max((abs(number) for row in score.rows for number in row), default=0)
        return self._sizes[id(score)]

    def rows(self, score: TableScore, kind: type) -> np.ndarray:
        """Its rows as an array."""
        if (id(score), kind) not in self._rows:
            self._rows[id(score), kind] = np.array(score.rows, kind)
        return self._rows[id(score), kind]


class Columns:
    """A program and sequences of one length.

    Args:
        program: any.
        vocabulary: what the integers in `tokens` stand for.
        tokens: sequences of one length.
        replaced: for variables that are not to be computed, their columns: what if they had these values?
        written: the tokens as they are written, what `Spelled` reads; None: as they are.
        ready: what another group of the same program had ready.
    """

    def __init__(
        self,
        program: Program,
        vocabulary: Sequence[str],
        tokens: Codes,
        replaced: Mapping[Ref, Column] | None = None,
        written: Column | None = None,
        ready: Ready | None = None,
    ) -> None:
        self.program = program
        self.ready = Ready(program) if ready is None else ready
        self.replaced = replaced or {}
        self.shape = tokens.shape
        self.known = self.ready.known
        n = tokens.shape[1]
        self.codes: dict[Ref, Codes] = {
            TOKENS: tokens.astype(np.int64),
            POSITIONS: np.broadcast_to(np.arange(n), tokens.shape),
        }
        self.values: dict[Ref, Sequence[Value]] = {TOKENS: vocabulary, POSITIONS: range(n)}
        self.written: Column = (self.codes[TOKENS], vocabulary) if written is None else written

    def answers(self) -> tuple[Int[np.ndarray, "sequence answer"], Sequence[Value]]:
        """The answers and what their integers stand for.

        Raises:
            CannotLower: a value that only the interpreter can treat.
            Exception: whatever an operator of the program raises.
        """
        for step in self.program.steps:
            made = self.replaced[step.name] if step.name in self.replaced else self._column(step.node)
            self.codes[step.name], self.values[step.name] = made
        match self.program.output:
            case Emit(variable):
                return self.codes[variable], self.values[variable]
            case Classify(labels=labels) as output:
                return self._scores(output).argmax(axis=2), labels
            case Decode(labels, bias, scores, first, follows):
                return best_paths(self._scores(Classify(labels, bias, scores)), first, follows), labels

    def _column(self, node: Node) -> tuple[Codes, Sequence[Value]]:
        match node:
            case Constant(value):
                return np.zeros(self.shape, np.int64), (value,)
            case Apply(_, arguments):
                return self._each(elementwise(node), [(self.codes[ref], self.values[ref]) for ref in arguments])
            case Spelled(function, keys, values, default):
                spelling, entries = S.SPELLINGS[function], dict(zip(keys, values))
                return self._each(lambda word: entries.get(spelling(word), default), [self.written])
            case Lookup(argument):
                return self._each(elementwise(node), [(self.codes[argument], self.values[argument])])
            case Table(reads, cells):
                sizes = [len(read_domain(read, self.known)) for read in reads]
                at = np.ravel_multi_index([self.index(read) for read in reads], sizes)
                return self._each(lambda i: cells[i], [(at, range(len(cells)))])
        selector = selector_of(node)
        assert selector is not None
        return self._head(node, self.attention(selector))

    def attention(self, selector: Selects) -> Pattern:
        """What a head with this selector attends to, on columns computed before."""
        if isinstance(selector, Prefer):
            return self._prefer(selector)
        pattern = self._pattern(selector)
        return pattern & np.tri(self.shape[1], dtype=bool) if self.program.causal else pattern

    def _head(self, node: Node, pattern: Pattern) -> tuple[Codes, Sequence[Value]]:
        n = self.shape[1]
        match node:
            case Closest(_, ref):
                nearest = closest_key(pattern)
                return np.take_along_axis(self.codes[ref], nearest, axis=1), self.values[ref]
            case Width():
                return pattern.sum(axis=2), range(n + 1)
            case Total(_, ref):
                return self._lists(lambda values: S.total(*values), pattern, ref)
            case Mean(_, ref, default):
                return self._lists(lambda values: S.mean(*values, default), pattern, ref)
            case Largest(_, ref, default):
                return self._lists(lambda values: S.largest(*values, default), pattern, ref)
            case Smallest(_, ref, default):
                return self._lists(lambda values: S.smallest(*values, default), pattern, ref)
        raise AssertionError(node)

    def _lists(
        self, head: Callable[[tuple[list[list[int]], list[Value]]], list[Value]], pattern: Pattern, ref: Ref
    ) -> tuple[Codes, Sequence[Value]]:
        """A head over the values selected, once for each distinct list of them."""
        values = self.values[ref]
        selected = np.where(pattern, self.codes[ref][:, None, :], -1).reshape(-1, self.shape[1])
        rows, inverse = np.unique(selected, axis=0, return_inverse=True)
        interner = Interner()
        found = []
        for row in rows.tolist():
            column = [values[code] for code in row if code >= 0]
            found.append(interner.code(head(([list(range(len(column)))], column))[0]))
        return np.array(found, np.int64)[inverse.reshape(self.shape)], interner.values

    def _each(
        self, meaning: Callable[..., Value], arguments: list[tuple[Int[np.ndarray, "..."], Sequence[Value]]]
    ) -> tuple[Int[np.ndarray, "..."], Sequence[Value]]:
        """A function of values, once for each distinct combination; the arguments are broadcast against each other."""
        at: Any = 0
        size = 1
        for codes, values in arguments:
            size *= len(values)
            if size >= 2**62:
                raise CannotLower("too many combinations")
            at = at * len(values) + codes
        distinct, inverse = _distinct(np.asarray(at), size)
        places = np.unravel_index(distinct, [len(values) for _, values in arguments])
        combinations = zip(*([values[i] for i in place.tolist()] for place, (_, values) in zip(places, arguments)))
        interner = Interner()
        found = interner.codes(meaning(*combination) for combination in combinations)
        return np.array(found, np.int64)[inverse.reshape(at.shape)], interner.values

    def index(self, read: Read) -> Codes:
        """Places in the domain of a read."""
        order = self.ready.order(read)
        column = [(self.codes[read.variable], self.values[read.variable])]
        codes, places = self._each(lambda value: order[S.saturate(value, read.limit)], column)
        return _taken(places, codes, np.int64)

    def _pattern(self, selector: Selector) -> Pattern:
        sequences, n = self.shape
        match selector:
            case Full():
                return np.ones((sequences, n, n), bool)
            case Offset(low, high):
                away = np.arange(n) - np.arange(n)[:, None]
                return np.broadcast_to((low <= away) & (away <= high), (sequences, n, n))
            case Compare(keys, operator, queries):
                column = self.codes[keys], self.values[keys]
                return self._pairs(S.COMPARISONS[operator], column, (self.codes[queries], self.values[queries]))
            case Relation(keys, queries, rows):
                domain = read_domain(keys, self.known)
                matched = [frozenset(row) for row in rows]
                return self._pairs(
                    lambda key, query: domain[key] in matched[query],
                    (self.index(keys), range(len(domain))),
                    (self.index(queries), range(len(rows))),
                )
            case Both(left, right) | Either(left, right):
                a, b = self._pattern(left), self._pattern(right)
                joined: Pattern = a & b if isinstance(selector, Both) else a | b
                return joined
            case Negate(inner):
                rest: Pattern = ~self._pattern(inner)
                return rest

    def _prefer(self, prefer: Prefer) -> Pattern:
        """Of the visible positions those whose key has the least rank."""
        never = len(read_domain(prefer.keys, self.known))
        ranks = np.full((len(prefer.orders), never), never)
        place = self.ready.order(prefer.keys)
        for row, order in zip(ranks, prefer.orders):
            for rank, group in enumerate(order):
                row[[place[value] for value in group]] = rank
        found = ranks[self.index(prefer.queries)[:, :, None], self.index(prefer.keys)[:, None, :]]
        if self.program.causal:
            found = np.where(np.tri(self.shape[1], dtype=bool), found, never)
        best: Pattern = (found == found.min(axis=2, keepdims=True)) & (found < never)
        return best

    def _pairs(self, holds: Callable[[Any, Any], bool], keys: Column, queries: Column) -> Pattern:
        each = [(keys[0][:, None, :], keys[1]), (queries[0][:, :, None], queries[1])]
        codes, truths = self._each(holds, each)
        return _taken(truths, codes, bool)

    def _scores(self, output: Classify) -> Int[np.ndarray, "sequence answer label"]:
        """Summed scores, in Python's integers where they could leave 64 bits."""
        tables: list[tuple[Codes, TableScore]] = []
        terms: list[tuple[Codes, list[tuple[int, ...]]]] = []
        for score in output.scores:
            match score:
                case TableScore(read):
                    tables.append((self.index(read), score))
                case LinearScore(ref, weights):
                    occurring, places = np.unique(self.codes[ref], return_inverse=True)
                    numbers: list[Any] = [self.values[ref][code] for code in occurring.tolist()]
                    each = [tuple(number * weight for weight in weights) for number in numbers]
                    terms.append((places.reshape(self.shape), each))
        terms.append((np.zeros(self.shape, np.int64), [output.bias]))
        most = sum(max(abs(score) for row in rows for score in row) for _, rows in terms)
        most += sum(self.ready.size(score) for _, score in tables)
        kind: type = np.int64 if most * self.shape[1] < 2**62 else object
        total: np.ndarray = np.sum([_taken(rows, places, kind) for places, rows in terms], axis=0)
        for places, score in tables:
            total = total + self.ready.rows(score, kind)[places]
        return total.sum(axis=1, keepdims=True) if output.pooled else total


def _distinct(at: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The distinct numbers among some below `size`, and the place of each in them: without sorting where few can be."""
    if size > max(at.size, 1 << 12):
        distinct, inverse = np.unique(at, return_inverse=True)
        return distinct, inverse
    present = np.zeros(size, bool)
    present[at] = True
    return np.flatnonzero(present), (np.cumsum(present) - 1)[at]


def closest_key(pattern: Pattern) -> Int[np.ndarray, "sequence query"]:
    """The key position that a categorical head reads."""
    n = pattern.shape[1]
    order = np.array([sorted(range(n), key=lambda j: (j == i, abs(i - j), j)) for i in range(n)])
    sorted_pattern = np.take_along_axis(pattern, order[None], axis=2)
    nearest = order[np.arange(n), sorted_pattern.argmax(axis=2)]
    return np.where(pattern.any(axis=2), nearest, 0)


def _taken(values: Sequence[Any], codes: Codes, kind: type) -> np.ndarray:
    """The values that codes stand for."""
    taken: np.ndarray = np.array(values, kind)[codes]
    return taken
