"""Variables with one possible value are constants, and tables do not read constants."""

from __future__ import annotations

from collections.abc import Mapping

from transformer_programs.passes.rebuild import rebuild
from transformer_programs.passes.relations import always, never
from transformer_programs.program import (
    Closest,
    Constant,
    Domain,
    Finite,
    Integers,
    Largest,
    Mean,
    Node,
    Program,
    Ref,
    Smallest,
    Table,
    Total,
    Value,
    Width,
    domains,
)

__all__ = ["find_constants"]


def find_constants(program: Program) -> Program:
    """Variables that always have one value become `Constant`.

    A table of equal cells; a head over a constant column, or over a predicate that never matches (but `Closest`,
    which then looks at position 0); a sum of zeros.
    """
    known = domains(program)
    nodes: dict[Ref, Node] = {}
    for step in program.steps:
        value = _value(step.node, known, program)
        if value is not None and step.node != Constant(value):
            nodes[step.name] = Constant(value)
    return rebuild(program, nodes=nodes) if nodes else program


def _value(node: Node, known: Mapping[Ref, Domain], program: Program) -> Value | None:
    match node:
        case Table(cells=cells) if len(set(map(repr, cells))) == 1:
            return cells[0]
        case Closest(values=values):
            return _only(known[values])
        case Width(selector) if never(selector, program):
            return 0
        case Total(selector, values):
            return 0 if never(selector, program) or (_is_whole(known[values]) and _only(known[values]) == 0) else None
        case Mean(selector, values, default) | Largest(selector, values, default) | Smallest(selector, values, default):
            if never(selector, program):
                return default
            if not isinstance(node, Mean) and always(selector, program):
                return _only(known[values])
    return None


def _only(domain: Domain) -> Value | None:
    match domain:
        case Finite((value,)):
            return value
        case Integers(int(low), int(high)) if low == high:
            return low
    return None


def _is_whole(domain: Domain) -> bool:
    return isinstance(domain, Integers) or (
        isinstance(domain, Finite) and all(isinstance(value, int) for value in domain.values)
    )
