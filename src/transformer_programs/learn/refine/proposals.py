"""Single changes of a program: a row of a table or a predicate, a comparison, a distance, what a part reads.

A change of a row can alter only the answers of examples that look the row up, so each proposal says which those are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from jaxtyping import Bool

from transformer_programs.learn.refine.measure import Sample
from transformer_programs.passes.rebuild import rebuild
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Both,
    Classify,
    Closest,
    Compare,
    Decode,
    Either,
    Emit,
    Negate,
    Node,
    Offset,
    Pattern,
    Prefer,
    Program,
    Ref,
    Relation,
    Selector,
    Step,
    Table,
    Value,
    read_domain,
    references,
    rename,
    selector_of,
)
from transformer_programs.program.domains import node_domain
from transformer_programs.program.semantics import COMPARISONS

__all__ = ["Spot", "spots"]

MOST_ROWS = 4096
"""Tables of more rows are left as they are."""

MOST_OPTIONS = 64
"""Most other values of a row that are tried."""


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """A place where a program could be otherwise.

    Args:
        what: in words.
        used: the examples whose answers can change.
        bound: at most so many answers can become right.
        options: the program with each alternative; some may not be well formed.
    """

    what: str
    used: Bool[np.ndarray, " sequence"]
    bound: float
    options: Callable[[], Iterator[Program]]


def spots(program: Program, sample: Sample, labels: tuple[str, ...]) -> list[Spot]:
    """All of them, those that could mend most first; of equals rows before gates, and late steps before early ones."""
    found = [*_rows(program, sample, labels), *_selectors(program, sample), *_gates(program, sample)]
    return sorted((spot for spot in found if spot.bound > 0), key=lambda spot: -spot.bound)


def _spot(sample: Sample, what: str, used: np.ndarray, options: Callable[[], Iterator[Program]]) -> Spot:
    return Spot(what, used, float((sample.weight * sample.wrong)[used].sum()), options)


def _everywhere(sample: Sample) -> np.ndarray:
    return np.ones(len(sample.inputs), bool)


# --- rows -------------------------------------------------------------------------------------------------------


def _rows(program: Program, sample: Sample, labels: tuple[str, ...]) -> Iterator[Spot]:
    known = sample.view.known
    for step in reversed(program.steps):
        node = step.node
        if isinstance(node, Table):
            sizes = tuple(len(read_domain(read, known)) for read in node.reads)
            if len(node.cells) <= MOST_ROWS:
                uses = sample.uses(node.reads, sizes)
                for row in np.flatnonzero(uses.any(axis=0)).tolist():
                    options = _cells(program, step.name, node, row, labels)
                    yield _spot(sample, f"row {row} of {step.name}", uses[:, row], options)
        selector = selector_of(node)
        if isinstance(selector, Prefer) and isinstance(node, Closest) and len(selector.orders) <= MOST_ROWS:
            uses = sample.uses((selector.queries,), (len(selector.orders),))
            for row in np.flatnonzero(uses.any(axis=0)).tolist():
                moved = _preferences(program, step.name, node, selector, row, read_domain(selector.keys, known))
                yield _spot(sample, f"what {step.name} prefers, row {row}", uses[:, row], moved)
        for relation in _relations(selector) if selector is not None else ():
            if len(relation.rows) <= MOST_ROWS:
                uses = sample.uses((relation.queries,), (len(relation.rows),))
                keys = read_domain(relation.keys, known)
                for row in np.flatnonzero(uses.any(axis=0)).tolist():
                    yield _spot(
                        sample,
                        f"what {step.name} looks for, row {row}",
                        uses[:, row],
                        _matches(program, step.name, relation, row, keys),
                    )


def _cells(
    program: Program, name: Ref, table: Table, row: int, labels: tuple[str, ...]
) -> Callable[[], Iterator[Program]]:
    def options() -> Iterator[Program]:
        readers = [ref for step in program.steps for ref in references(step.node)]
        shown = isinstance(program.output, Emit) and program.output.variable == name and name not in readers
        values: list[Value] = [*dict.fromkeys([*table.cells, *(labels if shown else ())])]
        for value in values[:MOST_OPTIONS]:
            if repr(value) != repr(table.cells[row]):
                cells = (*table.cells[:row], value, *table.cells[row + 1 :])
                yield _with(program, name, Table(table.reads, cells))

    return options


def _matches(
    program: Program, name: Ref, relation: Relation, row: int, keys: tuple[Value, ...]
) -> Callable[[], Iterator[Program]]:
    def options() -> Iterator[Program]:
        own = relation.rows[row]
        others: list[tuple[Value, ...]] = [(), *((key,) for key in keys)]
        if any(len(each) > 1 for each in relation.rows):
            others += [tuple(k for k in keys if (k in own) != (k == key)) for key in keys]
        for matched in list(dict.fromkeys(others))[:MOST_OPTIONS]:
            if matched != own:
                rows = (*relation.rows[:row], matched, *relation.rows[row + 1 :])
                yield _exchanged(program, name, relation, replace(relation, rows=rows))

    return options


def _preferences(
    program: Program, name: Ref, head: Closest, prefer: Prefer, row: int, keys: tuple[Value, ...]
) -> Callable[[], Iterator[Program]]:
    """Each key put first, put last, and left out."""

    def options() -> Iterator[Program]:
        own = prefer.orders[row]
        for key in keys[:MOST_OPTIONS]:
            rest = tuple(filter(None, (tuple(value for value in group if value != key) for group in own)))
            for order in (((key,), *rest), (*rest, (key,)), rest):
                if order != own:
                    orders = (*prefer.orders[:row], order, *prefer.orders[row + 1 :])
                    yield _replaced(program, name, Closest(replace(prefer, orders=orders), head.values))

    return options


def _with(program: Program, name: Ref, node: Node) -> Program:
    """The program with a node replaced; readers lose the rows of values that no longer occur."""
    old = next(step.node for step in program.steps if step.name == name)
    if node_domain(node, {}, program.max_length) != node_domain(old, {}, program.max_length) and _read(program, name):
        return rebuild(program, nodes={name: node})
    return _replaced(program, name, node)


def _read(program: Program, name: Ref) -> bool:
    return any(name in references(step.node) for step in program.steps) or (
        name in references(program.output) and not isinstance(program.output, Emit)
    )


def _replaced(program: Program, name: Ref, node: Node) -> Program:
    return replace(
        program, steps=tuple(Step(step.name, node if step.name == name else step.node) for step in program.steps)
    )


# --- selectors --------------------------------------------------------------------------------------------------


def _selectors(program: Program, sample: Sample) -> Iterator[Spot]:
    """Other comparisons and distances."""
    for step in reversed(program.steps):
        selector = selector_of(step.node)
        for part in _parts(selector) if selector is not None else ():
            others: list[Selector] = []
            match part:
                case Compare(keys, operator, queries):
                    others = [Compare(keys, other, queries) for other in COMPARISONS if other != operator]
                case Offset(low, high):
                    moves = ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1))
                    others = [Offset(low + a, high + b) for a, b in moves if low + a <= high + b]
            if others:
                yield _spot(
                    sample,
                    f"what {step.name} selects",
                    _everywhere(sample),
                    lambda name=step.name, part=part, others=others: (  # type: ignore[misc]
                        _exchanged(program, name, part, other) for other in others
                    ),
                )


def _parts(selector: Pattern) -> Iterator[Selector]:
    match selector:
        case Prefer():
            pass
        case Both(left, right) | Either(left, right):
            yield from _parts(left)
            yield from _parts(right)
        case Negate(inner):
            yield from _parts(inner)
        case _:
            yield selector


def _relations(selector: Pattern) -> Iterator[Relation]:
    return (part for part in _parts(selector) if isinstance(part, Relation))


def _exchanged(program: Program, name: Ref, old: Selector, new: Selector) -> Program:
    def walk(part: Selector) -> Selector:
        if part is old:
            return new
        match part:
            case Both(left, right) | Either(left, right):
                return type(part)(walk(left), walk(right))
            case Negate(inner):
                return Negate(walk(inner))
        return part

    node = cast(Any, next(step.node for step in program.steps if step.name == name))
    return _replaced(program, name, replace(node, selector=walk(node.selector)))


# --- gates ------------------------------------------------------------------------------------------------------


def _gates(program: Program, sample: Sample) -> Iterator[Spot]:
    """Another variable in the place of one that is read; the rows stay, in the order of the values."""
    earlier = [TOKENS, POSITIONS]
    for step in program.steps:
        for place, old in enumerate(references(step.node)):
            yield _spot(
                sample,
                f"what {step.name} reads",
                _everywhere(sample),
                lambda step=step, place=place, old=old, refs=tuple(earlier): (  # type: ignore[misc]
                    _replaced(program, step.name, _swapped(step.node, place, ref)) for ref in refs if ref != old
                ),
            )
        earlier.append(step.name)
    output = program.output
    if isinstance(output, Classify | Decode | Emit):
        for place, old in enumerate(references(output)):
            yield _spot(
                sample,
                "what the answer reads",
                _everywhere(sample),
                lambda place=place, old=old: (  # type: ignore[misc]
                    replace(program, output=_swapped(output, place, ref)) for ref in earlier if ref != old
                ),
            )


def _swapped(part: Any, place: int, ref: Ref) -> Any:
    """The part with its read number `place` replaced."""
    count = iter(range(10**6))
    return rename(part, lambda old: ref if next(count) == place else old)
