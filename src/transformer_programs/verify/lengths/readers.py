"""The causal tasks as machines that read one token after the other and say what is right.

The tests hold each against its task's oracle.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from transformer_programs.tasks import Task
from transformer_programs.tasks.dyck import Dyck1, Dyck2
from transformer_programs.tasks.induction import Induction
from transformer_programs.tasks.task import UNKNOWN
from transformer_programs.verify.lengths.machine import NOTHING, State, look, put
from transformer_programs.verify.lengths.terms import Term, Texts, choose, equal
from transformer_programs.verify.symbolic.logic import Bit, CannotProve, either, opposite

__all__ = ["Reader", "reader_of"]


@dataclass(frozen=True, kw_only=True)
class Reader(ABC):
    """A task, token by token.

    Args:
        texts: what the codes stand for.
        start: the state behind the markers.
        flags: the parts of a state that have few values, with these.
        codes: the parts that are codes of texts.
        memories: the parts that are memories, with the kind of their keys.
        stacks: memories that are used from 1 to a number, with the name of this number.
        domain: the inputs, in words.
    """

    texts: Texts
    start: State
    flags: Mapping[str, tuple[int, ...]]
    codes: tuple[str, ...] = ()
    memories: Mapping[str, str]
    stacks: Mapping[str, str]
    domain: str

    @abstractmethod
    def takes(self, state: State, token: str) -> Bit:
        """Whether a token may come next."""

    @abstractmethod
    def step(self, state: State, token: str) -> tuple[Term | None, dict[str, Any]]:
        """The right answer at the token, None where none is asked, and the next state."""

    def _code(self, text: str) -> int:
        return int(self.texts.term(text).value)


@dataclass(frozen=True, kw_only=True)
class _Brackets(Reader):
    task: Dyck1 | Dyck2

    def takes(self, state: State, token: str) -> Bit:
        return token in self.task.letters

    def step(self, state: State, token: str) -> tuple[Term | None, dict[str, Any]]:
        """The stack of open brackets; what is in it once the word has failed does not matter."""
        opening = {closing: opening for opening, closing in self.task.kinds}.get(token)
        failed, depth, stack = state["failed"], state["depth"], state["stack"]
        if opening is None:
            depth = depth + 1
            stack = put(stack, depth, self._code(token))
        else:
            other = opposite(equal(look(stack, depth), self._code(opening)))
            failed = choose(either((equal(depth, 0), other)), 1, failed)
            depth = depth - 1
        going = choose(depth > 0, self._code("P"), self._code("T"))
        label = choose(equal(failed, 1), self._code("F"), going)
        return Term("text", label), {"failed": failed, "depth": depth, "stack": stack}


@dataclass(frozen=True, kw_only=True)
class _Pairs(Reader):
    task: Induction

    def takes(self, state: State, token: str) -> Bit:
        return equal(state["number next"], 1 if token in self.task.numbers else 0)

    def step(self, state: State, token: str) -> tuple[Term | None, dict[str, Any]]:
        """Which number followed each letter last."""
        code = self._code(token)
        if token in self.task.numbers:
            seen = put(state["seen"], state["letter"], code)
            return None, {"number next": 0, "letter": state["letter"], "seen": seen}
        found = look(state["seen"], code)
        label = choose(equal(found, NOTHING), self._code(UNKNOWN), found)
        return Term("text", label), {"number next": 1, "letter": code, "seen": state["seen"]}


def reader_of(task: Task, texts: Texts) -> Reader:
    """The machine of a task.

    Raises:
        CannotProve: there is none.
    """
    match task:
        case Dyck1() | Dyck2():
            return _Brackets(
                texts=texts,
                start={"failed": 0, "depth": 0, "stack": {}},
                flags={"failed": (0, 1)},
                memories={"stack": "whole"},
                stacks={"stack": "depth"},
                domain="all words of brackets",
                task=task,
            )
        case Induction():
            return _Pairs(
                texts=texts,
                start={"number next": 0, "letter": NOTHING, "seen": {}},
                flags={"number next": (0, 1)},
                codes=("letter",),
                memories={"seen": "text"},
                stacks={},
                domain="all sequences letter number letter number ... letter",
                task=task,
            )
    raise CannotProve(f"the right answers of {task.name} are not known token by token")
