"""A causal program as a machine that reads one token after the other, and what a position needs of those before it.

A head that looks back needs only a *register* of what came before:

- `Total` over all positions: the sum so far; `Width`: their number;
- `Closest` at the place before (`Offset(-1, -1)`): what its variable was there;
- `Closest` where keys equal the query: a *memory*, which holds for each key the value at its last position. The nearest
  match of position i, itself last, is the last earlier one, else i itself, else position 0 is read.

So the columns of position i are a function of the registers after i - 1 and the token at i (`Machine.step`), and by
induction over the positions the machine computes what the program does. States are numbers and dictionaries, or Z3
terms and arrays: the same code runs on both, and the tests hold the first against the interpreter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import z3  # type: ignore[import-untyped]

from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Closest,
    Compare,
    Emit,
    Full,
    Node,
    Offset,
    Program,
    Ref,
    Total,
    Width,
    domains,
    selector_of,
)
from transformer_programs.verify.lengths.terms import Term, Texts, Whole, choose, elementwise, equal, plus
from transformer_programs.verify.symbolic.logic import CannotProve

__all__ = ["NOTHING", "Machine", "Memory", "State", "look", "put"]

NOTHING = -1
"""What a memory holds for a key that has not been seen: the code of no text."""

Memory: TypeAlias = Any
"""From keys to codes of texts: a dictionary, or a Z3 array."""

State: TypeAlias = Mapping[str, Any]


def look(memory: Memory, key: Whole) -> Whole:
    """What it holds for a key.

    >>> look({3: 1}, 3), look({3: 1}, 4)
    (1, -1)
    """
    return memory.get(key, NOTHING) if isinstance(memory, dict) else z3.Select(memory, key)


def put(memory: Memory, key: Whole, value: Whole) -> Memory:
    """The memory that holds a value for a key."""
    return {**memory, key: value} if isinstance(memory, dict) else z3.Store(memory, key, value)


class Machine:
    """A causal program, token by token.

    Attributes:
        memories: the registers that are memories, with the kind of their keys; known once it was started.

    Raises:
        CannotProve: not causal, or a node or a selector of which nothing is known here, or one that may fail.
    """

    def __init__(self, program: Program, texts: Texts) -> None:
        if not program.causal:
            raise CannotProve("the program is not causal")
        if not isinstance(program.output, Emit):
            raise CannotProve("the answer is a label with the best score")
        self.program, self.texts = program, texts
        self._known = domains(program)
        self.memories: dict[str, str] = {}
        self._answer = program.output.variable

    def start(self, token: str) -> tuple[dict[Ref, Term], dict[str, Any]]:
        """The columns of position 0 and the registers after it."""
        return self.step(None, token)

    def step(self, state: State | None, token: str) -> tuple[dict[Ref, Term], dict[str, Any]]:
        """The columns of the next position, and the registers after it."""
        position = 0 if state is None else state[POSITIONS]
        columns = {TOKENS: self.texts.term(token), POSITIONS: Term("whole", position)}
        after: dict[str, Any] = {POSITIONS: position + 1}
        for step in self.program.steps:
            columns[step.name] = self._column(step.name, step.node, columns, state, after)
        return columns, after

    def answer(self, columns: Mapping[Ref, Term]) -> Term:
        """Of a position."""
        return columns[self._answer]

    def _column(
        self, name: Ref, node: Node, columns: dict[Ref, Term], state: State | None, after: dict[str, Any]
    ) -> Term:
        match node:
            case Width(Full()):
                return Term("whole", columns[POSITIONS].value + 1)
            case Total(Full(), values):
                added = columns[values]
                if added.kind != "whole":
                    raise CannotProve(f"a sum of {values}, a text")
                after[name] = plus(0 if state is None else state[name], added.value)
                return Term("whole", after[name])
            case Closest(_, values) if _before(node):
                own = columns[values]
                after[name] = own.value
                return own if state is None else Term(own.kind, state[name])
            case Closest(Compare(keys, "==", queries), values):
                return self._recalled(name, columns[keys], columns[queries], columns[values], state, after)
        if selector_of(node) is not None:
            raise CannotProve(f"nothing is known here of {type(node).__name__} with such a selector")
        return elementwise(node, columns.__getitem__, self._known, self.texts)

    def _recalled(
        self, name: Ref, key: Term, query: Term, value: Term, state: State | None, after: dict[str, Any]
    ) -> Term:
        if value.kind != "text":
            raise CannotProve("a number is recalled")
        if key.kind != query.kind:
            raise CannotProve("a text is compared with a number")
        origin = f"{name} at 0"
        if state is None:
            self.memories[name] = key.kind
            after[name], after[origin] = {key.value: value.value}, value.value
            return value
        found = look(state[name], query.value)
        itself = choose(equal(key.value, query.value), value.value, state[origin])
        after[name], after[origin] = put(state[name], key.value, value.value), state[origin]
        return Term("text", choose(equal(found, NOTHING), itself, found))


def _before(node: Closest) -> bool:
    return node.selector == Offset(-1, -1)
