"""Tables lose arguments that do not matter."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product

from transformer_programs.passes.rebuild import rebuild
from transformer_programs.program import Domain, Node, Program, Read, Ref, Table, Value, domains, read_domain
from transformer_programs.program.semantics import saturate

__all__ = ["drop_arguments"]

Key = tuple[Value, ...]


def drop_arguments(program: Program) -> Program:
    """Every table reads each variable once, nothing that its other arguments determine, and nothing that it ignores."""
    while (change := _change(program)) is not None:
        name, table = change
        program = rebuild(program, nodes={name: table})
    return program


def _change(program: Program) -> tuple[Ref, Table] | None:
    known = domains(program)
    nodes: dict[Ref, Node] = {}
    for step in program.steps:
        if isinstance(step.node, Table) and len(step.node.reads) > 1:
            for i in range(len(step.node.reads)):
                value = _determined(step.node, i, nodes, known) or _ignored(step.node, i, known)
                if value is not None:
                    return step.name, _without(step.node, i, known, value)
        nodes[step.name] = step.node
    return None


def _determined(
    table: Table, at: int, nodes: Mapping[Ref, Node], known: Mapping[Ref, Domain]
) -> Callable[[Key], Value] | None:
    """How an argument follows from others: the same variable, or a table of nothing but others."""
    read = table.reads[at]
    others = {other: i for i, other in enumerate(table.reads) if i != at}
    for other, place in others.items():
        if other.variable == read.variable and _reaches(other, read):
            return lambda key: saturate(key[place], read.limit)
    inner = nodes.get(read.variable)
    if isinstance(inner, Table) and all(argument in others for argument in inner.reads):
        cells = dict(zip(product(*(read_domain(argument, known) for argument in inner.reads)), inner.cells))
        places = [others[argument] for argument in inner.reads]
        return lambda key: cells[tuple(key[place] for place in places)]
    return None


def _reaches(read: Read, other: Read) -> bool:
    """Whether a read sees all that another of the same variable sees."""
    return read.limit is None or (other.limit is not None and read.limit >= other.limit)


def _ignored(table: Table, at: int, known: Mapping[Ref, Domain]) -> Callable[[Key], Value] | None:
    """Any value of an argument that never changes the result."""
    sizes = [len(read_domain(read, known)) for read in table.reads]
    inner = math.prod(sizes[at + 1 :])
    block = sizes[at] * inner
    for start in range(0, len(table.cells), block):
        slices = {_spelled(table.cells[i : i + inner]) for i in range(start, start + block, inner)}
        if len(slices) > 1:
            return None
    first = read_domain(table.reads[at], known)[0]
    return lambda key: first


def _without(table: Table, at: int, known: Mapping[Ref, Domain], value: Callable[[Key], Value]) -> Table:
    """The table without one argument, whose value follows from the others."""
    sizes = [read_domain(read, known) for read in table.reads]
    cells = dict(zip(product(*sizes), table.cells))
    sizes[at] = (0,)
    made = tuple(cells[*key[:at], value(key), *key[at + 1 :]] for key in product(*sizes))
    return Table(table.reads[:at] + table.reads[at + 1 :], made)


def _spelled(cells: Sequence[Value]) -> tuple[str, ...]:
    return tuple(map(repr, cells))
