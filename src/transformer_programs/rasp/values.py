"""The values of a RASP program beside atoms, lists and dictionaries: s-ops, selectors, functions, evaluated ones.

An s-op or selector value is an expression and a name. The name is for printing only; it follows the last assignment,
as in the original. Python's operators work on both, so that the same classes serve programs embedded in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from transformer_programs.rasp.evaluation import Evaluation, sequence_type
from transformer_programs.rasp.expression import Expr

if TYPE_CHECKING:
    from transformer_programs.rasp import syntax
    from transformer_programs.rasp.environment import Environment

__all__ = ["Function", "Matrix", "Named", "Sequenced", "describe", "is_atom", "sequence_text", "small"]

LONGEST_NAME = 30


class Named:
    """An s-op or a selector: what it computes, and what it is called."""

    __slots__ = ("expr", "name")
    __hash__ = object.__hash__

    def __init__(self, expr: Expr, name: str) -> None:
        self.expr = expr
        self.rename(name)

    def rename(self, name: str) -> None:
        """Calls it so; a long name gives way to the plain one."""
        self.name = name if len(name) <= LONGEST_NAME else ("sel" if self.expr.is_selector else "s-op")

    @property
    def is_selector(self) -> bool:
        """Whether it is a selector."""
        return self.expr.is_selector


@dataclass(frozen=True, slots=True, eq=False)
class Sequenced:
    """An s-op's values on an input."""

    values: list[Any]
    on: Any

    def __str__(self) -> str:
        return sequence_text(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """A selector's selected positions on an input, a row for each query position."""

    rows: list[list[int]]
    on: Any

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """The grid of 1s, with the input above and at the left."""
        keys = list(self.on)
        yield "    " + " " + " ".join(map(str, keys))
        for key, row in zip(keys, self.rows):
            chosen = set(row)
            yield f"{key} | " + " ".join("1" if j in chosen else " " for j in range(len(self.rows)))


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of the language, closed over the environment it was defined in.

    `native` computes it in place of its body: for what is a node of its own, such as `selector_width`. `defaults` are
    values for the last parameters: the language has none, RASP-L's library does.
    """

    name: str
    environment: Environment
    definition: syntax.Function
    native: Callable[..., Any] | None = None
    defaults: tuple[Any, ...] = ()

    @property
    def creator(self) -> str:
        """The name of the environment it was defined in."""
        return self.environment.name

    def __str__(self) -> str:
        return f"{self.creator} function: {self.name}({', '.join(self.definition.parameters)})"


def is_atom(value: Any) -> bool:
    """Whether a value is a bool, a number or a string."""
    return isinstance(value, (bool, int, float, str))


def describe(value: Any, longest: int | None = None) -> str:
    """A value in a name or a message."""
    if isinstance(value, Named):
        return value.name
    if isinstance(value, list):
        text, short = "[" + ", ".join(map(describe, value)) + "]", "(list)"
    elif isinstance(value, dict):
        text, short = "{" + ", ".join(f"{describe(k)}: {describe(v)}" for k, v in value.items()) + "}", "(dict)"
    elif isinstance(value, str):
        return f'"{value}"'
    else:
        return str(value)
    return short if longest is not None and len(text) > longest else text


def sequence_text(values: Sequence[Any]) -> str:
    """A sequence as the original prints it.

    >>> sequence_text([True, False]), sequence_text([0.5, 0.5]), sequence_text([1, 1 / 3])
    ('[T, F] (bools)', '[0.5]*2 (floats)', '[1, 0.333] (floats)')
    """
    kind = sequence_type(values)
    if len(values) > 1 and len(set(values)) == 1:
        text = f"[{small(values[0])}]*{len(values)}"
    else:
        text = "[" + ", ".join(map(small, values)) + "]"
    return f"{text} ({kind}s)"


def small(value: Any) -> str:
    """A value inside a sequence: floats to three decimals, bools as T and F."""
    if isinstance(value, float):
        return str(round(value, 3))
    if isinstance(value, bool):
        return "T" if value else "F"
    return str(value)


def evaluate(value: Named, on: Any, evaluation: Evaluation) -> Sequenced | Matrix:
    """An s-op or selector on an input, given the evaluation of that input."""
    if value.is_selector:
        return Matrix(evaluation.selected(value.expr), on)
    return Sequenced(evaluation.column(value.expr), on)
