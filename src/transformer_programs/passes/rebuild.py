"""The one rewriting step that all passes share: other nodes, other names, other variables to read, the same meaning.

A pass says what it knows; `rebuild` carries it through all later readers, whose tables are made anew for the values
that can now occur.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import cast

from transformer_programs.program import (
    Both,
    Classify,
    Closest,
    Decode,
    Domain,
    Either,
    Integers,
    Largest,
    LinearScore,
    Mean,
    Negate,
    Node,
    Output,
    Prefer,
    Program,
    Read,
    Ref,
    Relation,
    Score,
    Selector,
    Smallest,
    Step,
    Table,
    TableScore,
    Total,
    Value,
    Width,
    domains,
    read_domain,
    rename,
)
from transformer_programs.program.domains import node_domain
from transformer_programs.program.semantics import saturate

__all__ = ["Through", "rebuild"]


@dataclass(frozen=True, slots=True)
class Through:
    """What tables read in place of a variable.

    Args:
        read: the new read.
        value: the variable's value, for every value of the new read.
    """

    read: Read
    value: Callable[[Value], Value]


def rebuild(
    program: Program,
    *,
    nodes: Mapping[Ref, Node] | None = None,
    same: Mapping[Ref, Ref] | None = None,
    through: Mapping[Ref, Through] | None = None,
    output: Output | None = None,
) -> Program:
    """The program with parts replaced, and every reader of them adapted.

    Args:
        nodes: for a variable, a node that computes the same values (unless all its reads go `through`).
        same: for a variable, one that stands earlier and always has the same value; it is read instead.
        through: for a variable, what tables, relations and table scores read instead.
        output: another output, still in terms of the old program.
    """
    return _Rebuilder(program, nodes or {}, same or {}, through or {}).run(output or program.output)


class _Rebuilder:
    def __init__(
        self, program: Program, nodes: Mapping[Ref, Node], same: Mapping[Ref, Ref], through: Mapping[Ref, Through]
    ) -> None:
        self._program = program
        self._nodes = nodes
        self._same = same
        self._through = through
        self._old: Mapping[Ref, Domain] = domains(program)
        self._new: dict[Ref, Domain] = domains(replace(program, steps=()))

    def run(self, output: Output) -> Program:
        steps = []
        for step in self._program.steps:
            node = self._nodes.get(step.name) or self._node(step.node)
            steps.append(Step(step.name, node))
            self._new[step.name] = node_domain(node, self._new, self._program.max_length)
        return replace(self._program, steps=tuple(steps), output=self._output(output))

    def _ref(self, ref: Ref) -> Ref:
        while ref in self._same:
            ref = self._same[ref]
        return ref

    def _node(self, node: Node) -> Node:
        match node:
            case Table(reads, cells):
                axes = [self._read(read) for read in reads]
                if all(axis.same for axis in axes):
                    return Table(tuple(axis.read for axis in axes), cells)
                table = dict(zip(product(*(read_domain(read, self._old) for read in reads)), cells))
                return Table(
                    tuple(axis.read for axis in axes), tuple(table[key] for key in product(*(a.values for a in axes)))
                )
            case Width(selector):
                return Width(self._selector(selector))
            case Closest(selector, values):
                made = self._prefer(selector) if isinstance(selector, Prefer) else self._selector(selector)
                return Closest(made, self._ref(values))
            case Total(selector, values):
                return Total(self._selector(selector), self._ref(values))
            case Mean(selector, values, d) | Largest(selector, values, d) | Smallest(selector, values, d):
                return type(node)(self._selector(selector), self._ref(values), d)
            case _:
                return rename(node, self._ref)

    def _selector(self, selector: Selector) -> Selector:
        match selector:
            case Relation(keys, queries, rows):
                key, query = self._read(keys), self._read(queries)
                domain = read_domain(key.read, self._new)
                if key.same and query.same and domain == read_domain(keys, self._old):
                    return Relation(key.read, query.read, rows)
                old = dict(zip(read_domain(queries, self._old), map(frozenset, rows)))
                made = {
                    row: tuple(value for value, was in zip(domain, key.values) if was in row)
                    for row in set(old.values())
                }
                return Relation(key.read, query.read, tuple(made[old[value]] for value in query.values))
            case Both(left, right) | Either(left, right):
                return type(selector)(self._selector(left), self._selector(right))
            case Negate(inner):
                return Negate(self._selector(inner))
            case _:
                return cast(Selector, rename(selector, self._ref))

    def _prefer(self, prefer: Prefer) -> Prefer:
        key, query = self._read(prefer.keys), self._read(prefer.queries)
        domain = read_domain(key.read, self._new)
        old = dict(zip(read_domain(prefer.queries, self._old), prefer.orders))

        def made(group: tuple[Value, ...]) -> tuple[Value, ...]:
            return tuple(value for value, was in zip(domain, key.values) if was in group)

        orders = tuple(tuple(filter(None, map(made, old[value]))) for value in query.values)
        return Prefer(key.read, query.read, orders)

    def _output(self, output: Output) -> Output:
        match output:
            case Classify(labels, bias, scores, pooled):
                return Classify(labels, bias, tuple(map(self._score, scores)), pooled)
            case Decode(labels, bias, scores, first, follows):
                return Decode(labels, bias, tuple(map(self._score, scores)), first, follows)
            case _:
                return rename(output, self._ref)

    def _score(self, score: Score) -> Score:
        match score:
            case TableScore(read, rows):
                axis = self._read(read)
                table = dict(zip(read_domain(read, self._old), rows))
                return TableScore(axis.read, tuple(table[value] for value in axis.values))
            case LinearScore():
                return rename(score, self._ref)

    def _read(self, read: Read) -> _Axis:
        """What to read now, and what the old read would have seen for each value of the new one."""
        if read.variable in self._through:
            through = self._through[read.variable]
            target, value = through.read, through.value
        else:
            target, value = Read(self._ref(read.variable)), _itself
            if isinstance(self._new[target.variable], Integers):
                target = Read(target.variable, read.limit)
        old = read_domain(read, self._old)
        new = read_domain(target, self._new)
        known = set(old)
        seen = [saturate(value(v), read.limit) for v in new]
        values = [v if v in known else old[0] for v in seen]  # what was no value of the old one never occurs
        return _Axis(target, values, list(old) == values and len(old) == len(new))


@dataclass(frozen=True, slots=True)
class _Axis:
    """The values that an old read had, for each of a new one; `same`: one for one, in the same order."""

    read: Read
    values: Sequence[Value]
    same: bool


def _itself(value: Value) -> Value:
    return value
