"""Modules of another program as variables of a graph, so that growing may choose them whole."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from transformer_programs.learn.grow.graph import POSITIONS, TOKENS, Cells, Count, Graph, Head, Variable
from transformer_programs.program import POSITIONS as POSITIONS_REF
from transformer_programs.program import TOKENS as TOKENS_REF
from transformer_programs.program import (
    Closest,
    Compare,
    Domain,
    Finite,
    Integers,
    Offset,
    Pattern,
    Program,
    Read,
    Ref,
    Relation,
    Table,
    Value,
    Width,
    domains,
    read_domain,
)
from transformer_programs.program.semantics import COMPARISONS, saturate

__all__ = ["offered"]


def offered(graph: Graph, program: Program) -> list[Variable]:
    """Adds what the program computes; the variables of its steps.

    Steps that the graph's nodes cannot say (predicates of several keys, means, tables of three) are left out, with all
    that reads them. The program must have the graph's tokens and positions.

    >>> from transformer_programs.program import Classify, Step, TableScore
    >>> rows = (("a",), ("b",))
    >>> same = Width(Relation(Read("tokens"), Read("tokens"), rows))
    >>> output = Classify(("x",), (0,), (TableScore(Read("tokens"), ((0,), (0,))),), False)
    >>> graph = Graph(tokens=2, positions=3)
    >>> steps = (Step("same", same),)
    >>> program = Program(name="count", vocabulary=("a", "b"), max_length=3, steps=steps, output=output)
    >>> [graph.nodes[variable] for variable in offered(graph, program)]
    [Count(query=0, key=0, rows=(0, 1))]
    """
    return _Offer(graph, program).variables()


class _Offer:
    def __init__(self, graph: Graph, program: Program) -> None:
        self.graph, self.program = graph, program
        self.domains: Mapping[Ref, Domain] = domains(program)
        self.known: dict[Ref, Variable] = {TOKENS_REF: TOKENS, POSITIONS_REF: POSITIONS}
        self.values: dict[Ref, tuple[Value, ...]] = {
            TOKENS_REF: program.vocabulary or (),
            POSITIONS_REF: tuple(range(graph.positions)),
        }
        """What every code of a variable stands for."""

    def variables(self) -> list[Variable]:
        found = []
        for step in self.program.steps:
            match step.node:
                case Closest(selector, ref) if ref in self.known:
                    variable, values = self._head(selector, self.known[ref]), self.values[ref]
                case Width(selector):
                    variable, values = self._head(selector, None), tuple(range(self.graph.positions + 1))
                case Table(reads, cells) if len(reads) <= 2:
                    variable, values = self._table(reads, cells), tuple(dict.fromkeys(cells))
                case _:
                    continue
            if variable is not None:
                self.known[step.name], self.values[step.name] = variable, values
                found.append(variable)
        return list(dict.fromkeys(found))

    def _table(self, reads: tuple[Read, ...], cells: tuple[Value, ...]) -> Variable | None:
        if any(read.variable not in self.known for read in reads):
            return None
        codes = {value: code for code, value in enumerate(dict.fromkeys(cells))}
        sizes = [len(read_domain(read, self.domains)) for read in reads]
        out = []
        for places in product(*(self._places(read) for read in reads)):
            cell = 0
            for size, place in zip(sizes, places):
                cell = cell * size + place
            out.append(codes[cells[cell]])
        return self.graph.add(Cells(tuple(self.known[read.variable] for read in reads), tuple(out)))

    def _head(self, selector: Pattern, value: Variable | None) -> Variable | None:
        found = self._relation(selector)
        if found is None:
            return None
        query, key, rows = found
        return self.graph.add(Count(query, key, rows) if value is None else Head(query, key, rows, value))

    def _relation(self, selector: Pattern) -> tuple[Variable, Variable, tuple[int, ...]] | None:
        """Query, key and rows of a predicate of at most one key code a query code, else None."""
        match selector:
            case Offset(low, high) if low == high:
                n = self.graph.positions
                return POSITIONS, POSITIONS, tuple(i + low if 0 <= i + low < n else -1 for i in range(n))
            case Compare(keys, operator, queries) if self._finite(keys) and self._finite(queries):
                if not {keys, queries} <= self.known.keys():
                    return None
                holds = COMPARISONS[operator]
                table = [[k for k in self.values[keys] if holds(k, q)] for q in self.values[queries]]
                return self._one_to_one(Read(queries), Read(keys), table)
            case Relation(key, query, rows) if {key.variable, query.variable} <= self.known.keys():
                return self._one_to_one(query, key, [list(rows[place]) for place in self._places(query)])
        return None

    def _one_to_one(
        self, query: Read, key: Read, wanted: list[list[Value]]
    ) -> tuple[Variable, Variable, tuple[int, ...]] | None:
        variable, values = self.known[key.variable], self.values[key.variable]
        if key.limit is not None and key.limit < len(values) - 1:
            limit = key.limit
            variable = self.graph.add(Cells((variable,), tuple(min(c, limit) for c in range(len(values)))))
            values = tuple(range(limit + 1))
        codes = {value: code for code, value in enumerate(values)}
        rows = [[codes[value] for value in row if value in codes] for row in wanted]
        if any(len(row) > 1 for row in rows):
            return None
        return self.known[query.variable], variable, tuple(row[0] if row else -1 for row in rows)

    def _finite(self, ref: Ref) -> bool:
        return isinstance(self.domains[ref], Finite | Integers)

    def _places(self, read: Read) -> list[int]:
        """For every code of a variable the index in the read's domain; values that cannot occur: the last."""
        index = {value: i for i, value in enumerate(read_domain(read, self.domains))}
        return [index.get(saturate(value, read.limit), len(index) - 1) for value in self.values[read.variable]]
