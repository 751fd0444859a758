"""Programs that differ from a given one in one place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from transformer_programs.errors import ProgramError
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Apply,
    Both,
    Closest,
    Compare,
    Either,
    Emit,
    Full,
    Largest,
    Negate,
    Node,
    Offset,
    Program,
    Ref,
    Selector,
    Smallest,
    Step,
    Table,
    Total,
    Width,
    check,
)
from transformer_programs.program.semantics import COMPARISONS

__all__ = ["mutants"]


def mutants(program: Program) -> Iterator[Program]:
    """Each with one other operator, variable, selector, table cell, head, answer, or direction of looking."""
    yield from _formed(replace(program, causal=not program.causal))
    for at, step in enumerate(program.steps):
        earlier = (TOKENS, POSITIONS, *(other.name for other in program.steps[:at]))
        for node in _nodes(step.node, earlier):
            steps = (*program.steps[:at], Step(step.name, node), *program.steps[at + 1 :])
            yield from _formed(replace(program, steps=steps))
        if isinstance(program.output, Emit) and program.output.variable != step.name:
            yield from _formed(replace(program, output=Emit(step.name), steps=program.steps[: at + 1]))


def _formed(program: Program) -> Iterator[Program]:
    try:
        yield check(program)
    except ProgramError:
        return


def _nodes(node: Node, earlier: tuple[Ref, ...]) -> Iterator[Node]:
    match node:
        case Table(reads, cells):
            for at, cell in enumerate(cells):
                for other in {*cells, cell + 1 if isinstance(cell, int) else cell} - {cell}:
                    yield Table(reads, (*cells[:at], other, *cells[at + 1 :]))
        case Apply(operator, arguments):
            for other in {"+", "-", "//", "min", "max"} - {operator}:
                yield Apply(other, arguments)
            for at in range(len(arguments)):
                for ref in earlier:
                    yield Apply(operator, (*arguments[:at], ref, *arguments[at + 1 :]))
        case Width(selector):
            yield from (Width(other) for other in _selectors(selector, earlier))
        case Closest(selector, values) | Total(selector, values):
            yield from (type(node)(other, values) for other in _selectors(selector, earlier))
            yield from (type(node)(selector, ref) for ref in earlier if ref != values)
            if isinstance(node, Total):
                yield Width(selector)
        case Largest(selector, values, default) | Smallest(selector, values, default):
            other = Smallest if isinstance(node, Largest) else Largest
            yield other(selector, values, default)
            yield from (type(node)(changed, values, default) for changed in _selectors(selector, earlier))


def _selectors(selector: Selector, earlier: tuple[Ref, ...]) -> Iterator[Selector]:
    match selector:
        case Compare(keys, operator, queries):
            yield from (Compare(keys, other, queries) for other in COMPARISONS if other != operator)
            yield from (Compare(ref, operator, queries) for ref in earlier if ref != keys)
            yield from (Compare(keys, operator, ref) for ref in earlier if ref != queries)
            yield Both(selector, Compare(POSITIONS, "<=", POSITIONS))
            yield Both(selector, Negate(Offset(0, 0)))
            yield Either(selector, Offset(0, 0))
        case Offset(low, high):
            yield from (Offset(low - 1, high - 1), Offset(low + 1, high + 1), Offset(low - 1, high), Full())
        case Full():
            yield from (Offset(-1, 0), Negate(Offset(0, 0)), Compare(TOKENS, "==", TOKENS))
        case Both(left, right) | Either(left, right):
            yield from (left, right, Either(left, right) if isinstance(selector, Both) else Both(left, right))
            yield from (type(selector)(other, right) for other in _selectors(left, earlier))
            yield from (type(selector)(left, other) for other in _selectors(right, earlier))
