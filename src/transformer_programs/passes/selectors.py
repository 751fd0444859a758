"""Selectors in their shortest form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from transformer_programs.passes.relations import never, recognise, recognise_closest, recognise_order
from transformer_programs.program import (
    Both,
    Closest,
    Domain,
    Either,
    Full,
    Largest,
    Mean,
    Negate,
    Node,
    Prefer,
    Program,
    Ref,
    Relation,
    Selector,
    Smallest,
    Total,
    Width,
    domains,
)

__all__ = ["shorten_selectors"]


def shorten_selectors(program: Program) -> Program:
    """Relations that are comparisons or bands become those; selectors of selectors lose what does not matter."""
    known = domains(program)

    def shorten(selector: Selector) -> Selector:
        match selector:
            case Relation():
                return recognise(selector, program, known)
            case Both(left, right):
                left, right = shorten(left), shorten(right)
                if left == right or isinstance(right, Full) or never(left, program):
                    return left
                return right if isinstance(left, Full) or never(right, program) else Both(left, right)
            case Either(left, right):
                left, right = shorten(left), shorten(right)
                if left == right or isinstance(left, Full) or never(right, program):
                    return left
                return right if isinstance(right, Full) or never(left, program) else Either(left, right)
            case Negate(Negate(inner)):
                return shorten(inner)
            case Negate(inner):
                return Negate(shorten(inner))
            case _:
                return selector

    steps = tuple(replace(step, node=_node(step.node, shorten, program, known)) for step in program.steps)
    return replace(program, steps=steps)


def _node(node: Node, shorten: object, program: Program, known: Mapping[Ref, Domain]) -> Node:
    assert callable(shorten)
    match node:
        case Closest(Prefer() as prefer, values):
            shorter = recognise_order(prefer, program, known)
            return (
                Closest(shorter, values)
                if shorter == prefer
                else _node(Closest(shorter, values), shorten, program, known)
            )
        case Closest(selector, values):
            return recognise_closest(Closest(shorten(selector), values), program, known)
        case Width(selector):
            return Width(shorten(selector))
        case Total(selector, values):
            return Total(shorten(selector), values)
        case Mean(selector, values, d) | Largest(selector, values, d) | Smallest(selector, values, d):
            return type(node)(shorten(selector), values, d)
        case _:
            return node
