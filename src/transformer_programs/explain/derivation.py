"""How one value came about: the table row that gave it, the position that a head read, and theirs in turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from transformer_programs.emit.listing import selector_text
from transformer_programs.explain.attribution import Explanation
from transformer_programs.explain.selectors import sides
from transformer_programs.explain.values import runs, shown
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Apply,
    Closest,
    Constant,
    Lookup,
    Node,
    Ref,
    Table,
    selector_of,
)
from transformer_programs.program import semantics as S

__all__ = ["Derivation", "derive", "tree_lines"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """One value and what it was computed from.

    Args:
        variable: which.
        position: where.
        value: what it is.
        reason: how it was computed, in words; empty for tokens and positions.
        parts: the values that were read for it, in the order read.
        repeated: the same stands above, with its parts.
    """

    variable: Ref
    position: int
    value: Any
    reason: str
    parts: tuple[Derivation, ...] = ()
    repeated: bool = False


def derive(explanation: Explanation, variable: Ref, position: int, depth: int | None = None) -> Derivation:
    """How the value of a variable at a position came about.

    A count or a sum lists the positions it counts; of these only the values at the query position are followed.

    Args:
        depth: how many steps back; None: down to tokens and positions.

    >>> from transformer_programs.explain import explain
    >>> from transformer_programs.program import Closest, Compare, Emit, Full, Program, Step, Width
    >>> steps = (Step("size", Width(Full())), Step("same", Closest(Compare("tokens", "==", "tokens"), "positions")))
    >>> program = Program(name="p", vocabulary=None, max_length=None, steps=steps, output=Emit("same"))
    >>> print("\\n".join(tree_lines(derive(explain(program, ["a", "b", "a"]), "same", 2))))
    same at 2 is 0: position 0, the closest of 0 2 where tokens == tokens
    ├─ positions at 0 is 0
    ├─ tokens at 0 is a
    └─ tokens at 2 is a
    """
    explanation.at(position)
    explanation.variable(variable)
    return _Deriver(explanation).derive(variable, position, depth)


class _Deriver:
    def __init__(self, explanation: Explanation) -> None:
        self._columns = {variable.name: variable.values for variable in explanation.variables}
        self._heads = {head.name: head for head in explanation.heads}
        self._nodes = {step.name: step.node for step in explanation.program.steps}
        self._seen: set[tuple[Ref, int]] = set()

    def derive(self, variable: Ref, position: int, depth: int | None) -> Derivation:
        value = self._columns[variable][position]
        if variable in (TOKENS, POSITIONS):
            return Derivation(variable=variable, position=position, value=value, reason="")
        reason, reads = self._reason(variable, self._nodes[variable], position)
        repeated = (variable, position) in self._seen and bool(reads)
        self._seen.add((variable, position))
        parts: tuple[Derivation, ...] = ()
        if not repeated and depth != 0:
            deeper = None if depth is None else depth - 1
            parts = tuple(self.derive(ref, i, deeper) for ref, i in dict.fromkeys(reads))
        return Derivation(
            variable=variable, position=position, value=value, reason=reason, parts=parts, repeated=repeated
        )

    def _reason(self, name: Ref, node: Node, position: int) -> tuple[str, list[tuple[Ref, int]]]:
        """In words, and what was read where."""
        match node:
            case Constant():
                return "constant", []
            case Table(reads):
                values = (S.saturate(self._columns[read.variable][position], read.limit) for read in reads)
                row = ", ".join(f"{read.variable} {shown(value)}" for read, value in zip(reads, values))
                return f"table row {row}", [(read.variable, position) for read in reads]
            case Apply(operator, arguments):
                return f"{operator} of {', '.join(arguments)}", [(ref, position) for ref in arguments]
            case Lookup(argument):
                return f"dictionary of {argument}", [(argument, position)]
        selector = selector_of(node)
        assert selector is not None
        head = self._heads[name]
        matches = head.matches[position]
        where = f"where {selector_text(selector)}"
        queries = [(ref, position) for ref in sides(selector, key=False)]
        if isinstance(node, Closest):
            look = head.looks[position]
            read = [(node.values, look), *((ref, look) for ref in sides(selector, key=True)), *queries]
            if not matches:
                return f"position 0, since none matches {where}", [(node.values, 0), *queries]
            if len(matches) == 1:
                return f"position {look}, the only one {where}", read
            return f"position {look}, the closest of {_places(matches)} {where}", read
        kind = type(node).__name__.lower()
        if kind == "width":
            return f"{len(matches)} positions {where}: {_places(matches)}", queries
        return f"{kind} of {head.reads} at {_places(matches)} {where}", queries


def _places(matches: Sequence[int]) -> str:
    text = runs(matches) or "none"
    return text if len(text) <= 60 else f"{text[:56]} ..."


def tree_lines(root: Derivation, most: int = 60) -> list[str]:
    """The derivation as an indented tree of at most so many lines."""
    lines = [_line(root), *_below(root, "")]
    return lines if len(lines) <= most else [*lines[: most - 1], f"... and {len(lines) - most + 1} lines more"]


def _below(node: Derivation, indent: str) -> Iterator[str]:
    for number, part in enumerate(node.parts):
        last = number == len(node.parts) - 1
        yield f"{indent}{'└─' if last else '├─'} {_line(part)}"
        yield from _below(part, indent + ("   " if last else "│  "))


def _line(node: Derivation) -> str:
    head = f"{node.variable} at {node.position} is {shown(node.value)}"
    if node.repeated:
        return f"{head} (see above)"
    return f"{head}: {node.reason}" if node.reason else head
