"""From a learner's integer codes to the nodes of a program.

Learners compute with *codes*: a token's index in the vocabulary, a position, a count up to its limit, a table's
output 0..k-1. The builder knows which value each code stands for, and drops what cannot occur.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from jaxtyping import Int

from transformer_programs.program import (
    Both,
    Classify,
    Closest,
    Compare,
    Constant,
    Domain,
    Finite,
    LinearScore,
    Node,
    Offset,
    Prefer,
    Program,
    Read,
    Ref,
    Relation,
    Selector,
    Spelled,
    Step,
    Table,
    TableScore,
    Total,
    Width,
    check,
    domains,
    read_domain,
)
from transformer_programs.tasks import Dataset, Kind

__all__ = ["Builder"]

Rows: TypeAlias = Sequence[int] | Sequence[Sequence[int]]


class Builder:
    """Builds the program of a data set variable by variable.

    Every `rows` argument has for every query code the key codes that match: one, -1 for none, or any set of them
    (beyond the paper's class); every method that adds a variable returns its name.

    >>> from transformer_programs.tasks import Dataset, Kind
    >>> data = Dataset(name="hist", kind=Kind.TAGGING, vocabulary=("a", "b"), labels=("1", "2"), max_length=2,
    ...                train=(), validation=(), test=())
    >>> builder = Builder(data)
    >>> count = builder.count(Read("tokens"), Read("tokens"), rows=[0, 1])
    >>> program = builder.classify([0, 0], [builder.table_score(Read(count, 2), [[0, 0], [1, 0], [0, 1]])])
    >>> from transformer_programs.run import run
    >>> run(program, ["a", "a"]), run(program, ["a", "b"])
    (['2', '2'], ['1', '1'])
    """

    def __init__(self, data: Dataset) -> None:
        self.data = data
        self._steps: list[Step] = []
        self._token = {token: i for i, token in enumerate(data.vocabulary)}
        self._made: dict[str, int] = {}
        self._first: dict[Ref, int] = {}
        self._known: dict[Ref, Domain] = domains(self._program(Classify(data.labels, (0,) * len(data.labels), ())))

    def closest(self, queries: Read, keys: Read, values: Ref, rows: Rows) -> Ref:
        """A categorical head."""
        return self._add("head", Closest(self._relation(queries, keys, rows), values), self._first.get(values, 0))

    def preferred(self, queries: Read, keys: Read, values: Ref, ranks: Int[np.ndarray, "query_code key_code"]) -> Ref:
        """A score-based head: low ranks are best, keys of negative rank are never read (beyond the class)."""
        domain, codes, orders = read_domain(keys, self._known), self.codes(keys), []
        for row in ranks[self.codes(queries)]:
            found = row[codes].tolist()
            groups = (tuple(v for v, r in zip(domain, found) if r == rank) for rank in sorted({*found}) if rank >= 0)
            orders.append(tuple(groups))
        return self._add("head", Closest(Prefer(keys, queries, tuple(orders)), values), self._first.get(values, 0))

    def count(self, queries: Read, keys: Read, rows: Rows, prefix: bool = False) -> Ref:
        """A counting head; read it with a limit. With `prefix` it counts only up to the query (beyond the class)."""
        return self._add("count", Width(self._seen(queries, keys, rows, prefix)))

    def total(self, queries: Read, keys: Read, values: Ref, rows: Rows, prefix: bool = False) -> Ref:
        """A numerical head that sums a whole-number variable; read it with a limit. `prefix` as for `count`."""
        return self._add("sum", Total(self._seen(queries, keys, rows, prefix), values))

    def table(self, reads: Sequence[Read], cells: Int[np.ndarray, "*codes"], first: int = 0) -> Ref:
        """A lookup table: an array with one axis an argument, indexed by its codes, of output codes.

        The output values are the output codes themselves, counted from `first`.
        """
        kept = cells[np.ix_(*(self.codes(read) for read in reads))] + first
        return self._add("table", Table(tuple(reads), tuple(map(int, kept.ravel()))), first)

    def spelled(self, function: str, keys: Sequence[str], cells: Sequence[int]) -> Ref:
        """An output code for each spelling, the last one for all others (beyond the paper's class)."""
        values = tuple(map(int, cells))
        return self._add("spelled", Spelled(function, tuple(keys), values[:-1], values[-1]))

    def near(self, offset: int, values: Ref) -> Ref:
        """A head at a fixed distance: the value `offset` places to the right (beyond the paper's class)."""
        return self._add("head", Closest(Offset(offset, offset), values), self._first.get(values, 0))

    def ordered(self, keys: Ref, operator: str, queries: Ref, same: Ref | None = None) -> Ref:
        """Counts positions j with `keys[j] operator queries[i]`, of those where `same` agrees (beyond the class)."""
        selector: Selector = Compare(keys, operator, queries)
        if same is not None:
            selector = Both(selector, Compare(same, "==", same))
        return self._add("count", Width(selector))

    def is_text(self, variable: Ref) -> bool:
        """Whether the variable's values are tokens, which have no order."""
        domain = self._known[variable]
        return isinstance(domain, Finite) and any(isinstance(value, str) for value in domain.values)

    def constant(self, code: int) -> Ref:
        """The same output code at every position."""
        return self._add("constant", Constant(int(code)))

    def table_score(self, read: Read, rows: Sequence[Sequence[int]]) -> TableScore:
        """Scores of a finite variable: for each code one score a label."""
        return TableScore(read, tuple(tuple(map(int, rows[code])) for code in self.codes(read)))

    def linear_score(self, variable: Ref, weights: Sequence[int]) -> LinearScore:
        """Scores of a whole number: one weight a label."""
        return LinearScore(variable, tuple(map(int, weights)))

    def classify(
        self,
        bias: Sequence[int],
        scores: Sequence[TableScore | LinearScore],
        about: Sequence[tuple[str, str]] = (),
    ) -> Program:
        """The finished program.

        Raises:
            ProgramError: what was built is not well formed (a bug of the learner).
        """
        pooled = self.data.kind is Kind.CLASSIFICATION
        output = Classify(self.data.labels, tuple(map(int, bias)), tuple(scores), pooled)
        return check(self._program(output, tuple(about)))

    def codes(self, read: Read) -> list[int]:
        """The codes that can occur, in the order of the domain."""
        values, first = read_domain(read, self._known), self._first.get(read.variable, 0)
        return [self._token[value] if isinstance(value, str) else int(value) - first for value in values]

    def _seen(self, queries: Read, keys: Read, rows: Rows, prefix: bool) -> Selector:
        relation = self._relation(queries, keys, rows)
        if prefix and not self.data.causal:
            return Both(relation, Offset(1 - self.data.max_length, 0))
        return relation

    def _relation(self, queries: Read, keys: Read, rows: Rows) -> Relation:
        values = list(zip(self.codes(keys), read_domain(keys, self._known)))
        matched = (rows[code] for code in self.codes(queries))
        sets = [set(row) if isinstance(row, Sequence) else {row} for row in matched]
        return Relation(keys, queries, tuple(tuple(value for code, value in values if code in row) for row in sets))

    def _add(self, kind: str, node: Node, first: int = 0) -> Ref:
        self._made[kind] = self._made.get(kind, 0) + 1
        name = f"{kind}_{self._made[kind]}"
        self._first[name] = first
        self._steps.append(Step(name, node))
        self._known = domains(self._program(Classify(self.data.labels, (0,) * len(self.data.labels), ())))
        return name

    def _program(self, output: Classify, about: tuple[tuple[str, str], ...] = ()) -> Program:
        data = self.data
        return Program(
            name=data.name,
            vocabulary=data.vocabulary,
            max_length=data.max_length,
            causal=data.causal,
            reading=data.reading,
            frame=data.frame,
            steps=tuple(self._steps),
            output=output,
            about=about,
        )
