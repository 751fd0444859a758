"""Domains: which values a variable can take, derived from the program, never stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from transformer_programs.errors import ProgramError
from transformer_programs.program.nodes import (
    POSITIONS,
    TOKENS,
    Apply,
    Closest,
    Constant,
    Largest,
    Lookup,
    Mean,
    Node,
    Read,
    Ref,
    Smallest,
    Spelled,
    Table,
    Total,
    Value,
    Width,
)
from transformer_programs.program.program import Program

__all__ = ["Anything", "Domain", "Finite", "Integers", "domains", "node_domain", "read_domain", "value_order"]

MOST_VALUES = 10_000_000
"""Most values that a table or a score may tell apart."""


@dataclass(frozen=True, slots=True)
class Finite:
    """These values, in this order."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Integers:
    """Whole numbers low..high; None: no bound known."""

    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Anything:
    """No statement about the values."""


Domain: TypeAlias = Finite | Integers | Anything


def value_order(value: Value) -> tuple[str, Value]:
    """Sort key that puts values of one type together: the order of a table's outputs."""
    kind = "number" if isinstance(value, (bool, int, float)) else "text"
    return (kind, value)


def read_domain(read: Read, known: Mapping[Ref, Domain], place: str = "a table") -> tuple[Value, ...]:
    """The values that a `Read` can see, in order.

    Raises:
        ProgramError: the variable is not finite and the read declares no limit, or the other way round.
    """
    domain = known[read.variable]
    if read.limit is not None:
        if not isinstance(domain, Integers):
            raise ProgramError(place=place, got=f"a limit on {read.variable}, which is no count", expected="no limit")
        if read.limit < 0:
            raise ProgramError(place=place, got=f"limit {read.limit}", expected="0 or more")
        return _numbers(0, read.limit, place)
    match domain:
        case Finite(values):
            return values
        case Integers(int(low), int(high)):
            return _numbers(low, high, place)
        case _:
            raise ProgramError(
                place=place,
                got=f"{read.variable}, which has no finite domain",
                expected="a finite variable, or a count read with a limit",
            )


def _numbers(low: int, high: int, place: str) -> tuple[int, ...]:
    if high - low >= MOST_VALUES:
        todo = "read it with a smaller limit"
        raise ProgramError(
            place=place, got="more numbers", expected=f"at most {MOST_VALUES:,} to tell apart", todo=todo
        )
    return tuple(range(low, high + 1))


def domains(program: Program) -> dict[Ref, Domain]:
    """The domain of every variable, `tokens` and `positions` included."""
    return dict(_domains(program))


def _domains(program: Program) -> Iterator[tuple[Ref, Domain]]:
    known: dict[Ref, Domain] = {}
    known[TOKENS] = Anything() if program.vocabulary is None else Finite(program.vocabulary)
    known[POSITIONS] = Integers(0, None if program.max_length is None else program.max_length - 1)
    yield from known.items()
    for step in program.steps:
        known[step.name] = node_domain(step.node, known, program.max_length)
        yield step.name, known[step.name]


def node_domain(node: Node, known: Mapping[Ref, Domain], max_length: int | None) -> Domain:
    """The domain of what a node computes, where `known` has those of all that it reads."""
    match node:
        case Constant(value):
            return Finite((value,))
        case Table(cells=cells):
            return Finite(_sorted(set(cells)))
        case Spelled(values=values, default=default):
            return Finite(_sorted({*values, default}))
        case Closest(values=ref):
            return known[ref]
        case Width():
            return Integers(0, max_length)
        case Total(values=ref):
            return _sum(known[ref], max_length)
        case Apply() | Lookup() | Mean() | Largest() | Smallest():
            return Anything()


def _sorted(values: set[Value]) -> tuple[Value, ...]:
    kinds = set(map(type, values))  # texts among themselves need no key: there can be many
    return tuple(sorted(values, key=str if kinds == {str} else value_order))


def _sum(domain: Domain, n: int | None) -> Domain:
    match domain:
        case Integers(low, high):
            pass
        case Finite(values) if all(isinstance(v, int) for v in values):
            low, high = int(min(values)), int(max(values))
        case _:
            return Anything()
    bottom = 0 if low is not None and low >= 0 else None if low is None or n is None else n * low
    top = 0 if high is not None and high <= 0 else None if high is None or n is None else n * high
    return Integers(bottom, top)
