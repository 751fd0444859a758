"""Variables that copy another are that other."""

from __future__ import annotations

from collections.abc import Mapping

from transformer_programs.passes.rebuild import Through, rebuild
from transformer_programs.passes.relations import is_plain
from transformer_programs.program import (
    POSITIONS,
    Closest,
    Compare,
    Domain,
    Finite,
    Integers,
    Largest,
    Node,
    Offset,
    Pattern,
    Program,
    Ref,
    Smallest,
    Table,
    Total,
    domains,
    read_domain,
)

__all__ = ["drop_copies", "read_through"]


def drop_copies(program: Program) -> Program:
    """Variables that always equal an earlier one are read there: identity tables, heads that look at themselves."""
    known = domains(program)
    same = {step.name: copied for step in program.steps if (copied := _copied(step.node, known)) is not None}
    return rebuild(program, same=same) if same else program


def read_through(program: Program) -> Program:
    """Tables read what a one-argument table reads, instead of the table, where that has no more values.

    The table itself goes once nothing reads it. `c = table_2[table_1[a]]` is one table of a.
    """
    known = domains(program)
    for step in program.steps:
        match step.node:
            case Table((read,), cells):
                values = read_domain(read, known)
                if len(set(cells)) == len(values):
                    table = dict(zip(values, cells))
                    made = rebuild(program, through={step.name: Through(read, table.__getitem__)})
                    if made != program:
                        return made
            case _:
                pass
    return program


def _copied(node: Node, known: Mapping[Ref, Domain]) -> Ref | None:
    match node:
        case Table((read,), cells) if is_plain(read, known):
            values = read_domain(read, known)
            return read.variable if list(map(repr, values)) == list(map(repr, cells)) else None
        case Closest(selector, values) | Largest(selector, values) | Smallest(selector, values):
            return values if _is_itself(selector) else None
        case Total(selector, values) if _is_itself(selector) and _is_whole(known[values]):
            return values
        case _:
            return None


def _is_itself(selector: Pattern) -> bool:
    """Whether it selects the position itself and nothing else."""
    return selector in (Offset(0, 0), Compare(POSITIONS, "==", POSITIONS))


def _is_whole(domain: Domain) -> bool:
    return isinstance(domain, Integers) or (
        isinstance(domain, Finite) and all(type(value) is int for value in domain.values)
    )
