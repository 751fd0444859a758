"""A table's outputs are as few as its readers tell apart, and numbered without gaps."""

from __future__ import annotations

from collections.abc import Mapping

from transformer_programs.passes.rebuild import Through, rebuild
from transformer_programs.passes.signatures import Signatures, signatures
from transformer_programs.program import (
    Closest,
    Domain,
    Finite,
    Program,
    Read,
    Ref,
    Table,
    Value,
    domains,
    reads,
    references,
)

__all__ = ["copies_of", "merge_values"]


def merge_values(program: Program) -> Program:
    """Outputs of a table that no reader tells apart become one; whole numbers are renumbered 0, 1, 2 ...

    Heads copy a table's values, so their readers count, too. A table that is read as it is (compared, summed, the
    answer itself) stays.
    """
    known = domains(program)
    used = signatures(program, known)
    for step in program.steps:
        if isinstance(step.node, Table):
            names = copies_of(program, step.name)
            renamed = names and _renamed(names, used, known)
            if renamed:
                first = {new: old for old, new in reversed(renamed.items())}
                node = Table(step.node.reads, tuple(renamed[cell] for cell in step.node.cells))
                through = {name: Through(Read(name), first.__getitem__) for name in names or ()}
                return rebuild(program, nodes={step.name: node}, through=through)
    return program


def copies_of(program: Program, name: Ref) -> list[Ref] | None:
    """The variable and all heads that copy it, or None where one of them is read as it is."""
    names = [name]
    for step in program.steps:
        if isinstance(step.node, Closest) and step.node.values in names:
            names.append(step.name)
    for part in (*(step.node for step in program.steps), program.output):
        plain = list(references(part))
        for read in reads(part):
            plain.remove(read.variable)
        if isinstance(part, Closest) and part.values in plain:
            plain.remove(part.values)
        if any(ref in names for ref in plain):
            return None
    return names


def _renamed(names: list[Ref], used: Signatures, known: Mapping[Ref, Domain]) -> dict[Value, Value] | None:
    """A new value for each, where that changes anything."""
    domain = known[names[0]]
    assert isinstance(domain, Finite)
    values = domain.values
    groups: dict[str, Value] = {}
    renamed: dict[Value, Value] = {}
    for i, value in enumerate(values):
        signature = repr([used[Read(name)][i] for name in names if Read(name) in used])
        renamed[value] = groups.setdefault(signature, value)
    if all(type(value) is int for value in values):
        numbers = {value: i for i, value in enumerate(groups.values())}
        renamed = {value: numbers[kept] for value, kept in renamed.items()}
    return renamed if any(old != new for old, new in renamed.items()) else None
