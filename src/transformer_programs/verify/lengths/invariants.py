"""What may be true of a program and its task behind every prefix: guesses, of which only proved ones are ever used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from transformer_programs.verify.lengths.machine import State, look
from transformer_programs.verify.lengths.terms import Texts, Whole, equal
from transformer_programs.verify.symbolic.logic import Bit, either, every, opposite

__all__ = ["Claim", "Shape", "guesses"]

Read: TypeAlias = Callable[[State, Whole], Whole]
Body: TypeAlias = Callable[[State, Whole], Bit]
"""Of a state, and of a number where the claim is about numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A statement about a state.

    Args:
        text: the statement without its guard, for readers.
        guard: a part of the state and the value it must have; None: the statement is about all states.
        upto: None, or the part of the state up to which the statement is about every number from 1 on.
        body: the statement at such a number.
    """

    text: str
    guard: tuple[str, int] | None
    upto: str | None
    body: Body

    def __str__(self) -> str:
        return self.text if self.guard is None else f"where {self.guard[0]} is {self.guard[1]}: {self.text}"

    def at(self, state: State, number: Whole) -> Bit:
        """The statement for one number."""
        conditions = [] if self.guard is None else [equal(state[self.guard[0]], self.guard[1])]
        if self.upto is not None:
            conditions += [number >= 1, number <= state[self.upto]]
        return either((opposite(every(conditions)), self.body(state, number)))

    def holds(self, state: State) -> bool:
        """Of a known state."""
        most = 1 if self.upto is None else int(state[self.upto])
        return all(self.at(state, number) is True for number in range(1, most + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The parts of a state.

    Args:
        numbers, codes: names of whole numbers and of codes of texts.
        memories: names of memories, with the kind of their keys.
        flags, stacks: as of a `Reader`.
        texts: what the codes stand for.
    """

    numbers: Sequence[str]
    codes: Sequence[str]
    memories: Mapping[str, str]
    flags: Mapping[str, tuple[int, ...]]
    stacks: Mapping[str, str]
    texts: Texts


def guesses(shape: Shape, seen: Sequence[State]) -> list[Claim]:
    """All claims of a few forms that no state seen contradicts."""
    guards: list[tuple[str, int] | None] = [None]
    guards += [(flag, value) for flag, values in shape.flags.items() for value in values]
    found: list[Claim] = []
    for guard in guards:
        within = [state for state in seen if guard is None or state[guard[0]] == guard[1]]
        if within:
            found += [claim for claim in _forms(shape, guard, within) if all(map(claim.holds, within))]
    return found


def _forms(shape: Shape, guard: tuple[str, int] | None, seen: Sequence[State]) -> Iterator[Claim]:
    def claim(text: str, body: Body, upto: str | None = None) -> Claim:
        return Claim(text, guard, upto, body)

    def among(what: str, read: Read, values: set[int], upto: str | None = None) -> Claim:
        words = ("nothing" if value < 0 else repr(shape.texts.sorted[value]) for value in sorted(values))
        return claim(f"{what} in {{{', '.join(words)}}}", _among(read, tuple(sorted(values))), upto)

    for name, allowed in shape.flags.items() if guard is None else ():
        yield claim(f"{name} is {' or '.join(map(str, allowed))}", _among(_part(name), allowed))
    for name in shape.numbers:
        values = {state[name] for state in seen}
        yield claim(f"{name} >= {min(values)}", _at_least(_part(name), min(values), 1))
        yield claim(f"{name} <= {max(values)}", _at_least(_part(name), -max(values), -1))
    for a, b in combinations(shape.numbers, 2):
        for sign, word in ((-1, "-"), (1, "+")):
            number = seen[0][a] + sign * seen[0][b]
            yield claim(f"{a} {word} {b} == {number}", _sum_is(_part(a), sign, _part(b), number))
    for name in shape.codes:
        yield among(name, _part(name), {state[name] for state in seen})
    for a, b in combinations(shape.codes, 2):
        yield claim(f"{a} == {b}", _same(_part(a), _part(b)))
    for name in shape.memories:
        for key, told in _keys(shape, name):
            yield among(f"{name}[{told}]", _held(name, key), {look(state[name], key) for state in seen})
    for a, b in combinations(shape.memories, 2):
        for key, told in _keys(shape, a) if shape.memories[a] == shape.memories[b] else ():
            yield claim(f"{a}[{told}] == {b}[{told}]", _same(_held(a, key), _held(b, key)))
    for stack, size in shape.stacks.items():
        values = {look(state[stack], k) for state in seen for k in range(1, state[size] + 1)}
        yield among(f"{stack}[1..{size}]", _counted(stack, 0), values, size)
        for name, keys in shape.memories.items():
            for shift in (0, -1, 1) if name != stack and keys == "whole" else ():
                told = f"k {shift:+d}" if shift else "k"
                body = _same(_counted(name, shift), _counted(stack, 0))
                yield claim(f"{name}[{told}] == {stack}[k] for k in 1..{size}", body, size)


def _keys(shape: Shape, memory: str) -> list[tuple[int, str]]:
    """Keys about which claims are made, and how they are told."""
    if shape.memories[memory] == "text":
        return [(code, repr(text)) for code, text in enumerate(shape.texts.sorted)]
    return [(number, str(number)) for number in (-1, 0, 1)]


def _part(name: str) -> Read:
    return lambda state, _: state[name]


def _held(memory: str, key: int) -> Read:
    return lambda state, _: look(state[memory], key)


def _counted(memory: str, shift: int) -> Read:
    return lambda state, number: look(state[memory], number + shift)


def _among(read: Read, values: Sequence[int]) -> Body:
    return lambda state, number: either(equal(read(state, number), value) for value in values)


def _at_least(read: Read, low: int, sign: int) -> Body:
    return lambda state, number: sign * read(state, number) >= low


def _sum_is(left: Read, sign: int, right: Read, total: int) -> Body:
    return lambda state, number: equal(left(state, number) + sign * right(state, number), total)


def _same(left: Read, right: Read) -> Body:
    return lambda state, number: equal(left(state, number), right(state, number))
