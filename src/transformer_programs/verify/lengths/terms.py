"""Values of one position: known ones are Python numbers, others Z3 terms; what is known never reaches the solver.

Texts are numbers too: their places in the sorted list of all texts that occur, so that `<` means the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, TypeAlias

import z3  # type: ignore[import-untyped]

from transformer_programs.program import (
    Apply,
    Constant,
    Domain,
    Largest,
    Lookup,
    Node,
    Program,
    Read,
    Ref,
    Smallest,
    Table,
    Value,
    read_domain,
)
from transformer_programs.program import semantics as S
from transformer_programs.verify.symbolic.logic import Bit, CannotProve, either, every, opposite

__all__ = [
    "Term",
    "Texts",
    "Whole",
    "choose",
    "compared",
    "elementwise",
    "equal",
    "limited",
    "plus",
    "texts_of",
    "times",
]

Whole: TypeAlias = Any
"""A whole number: an int, or a Z3 term."""


@dataclass(frozen=True, slots=True)
class Term:
    """A value: a whole number, or the code of a text."""

    kind: Literal["text", "whole"]
    value: Whole


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts, sorted.

    >>> Texts(("a", "b")).term("b")
    Term(kind='text', value=1)
    """

    sorted: tuple[str, ...]

    def term(self, value: Value) -> Term:
        """A constant.

        Raises:
            CannotProve: it is neither a text nor a whole number.
        """
        if isinstance(value, str):
            return Term("text", self.sorted.index(value))
        if type(value) is int:
            return Term("whole", value)
        raise CannotProve(f"the value {value!r} is neither a text nor a whole number")


def texts_of(program: Program, more: Iterable[str]) -> Texts:
    """All texts of a program, and more.

    Raises:
        CannotProve: it takes any token.
    """
    if program.vocabulary is None:
        raise CannotProve("the program takes any token")
    found: set[Value] = {*program.vocabulary, *more}
    for step in program.steps:
        match step.node:
            case Constant(value):
                found.add(value)
            case Table(cells=cells):
                found.update(cells)
            case Lookup(_, keys, values, default):
                found.update((*keys, *values, *(() if default is None else (default,))))
            case Largest(default=default) | Smallest(default=default):
                found.add(default)
    return Texts(tuple(sorted(value for value in found if isinstance(value, str))))


def equal(left: Whole, right: Whole) -> Bit:
    """Whether two numbers are equal.

    >>> equal(1, 1)
    True
    """
    if isinstance(left, int) and isinstance(right, int):
        return left == right
    if z3.is_expr(left) and z3.is_expr(right) and left.eq(right):
        return True
    return left == right


def compared(operator: str, left: Term, right: Term) -> Bit:
    """`left operator right`.

    Raises:
        CannotProve: a text is compared with a number.
    """
    if left.kind != right.kind:
        raise CannotProve("a text is compared with a number")
    if operator == "==":
        return equal(left.value, right.value)
    return S.COMPARISONS[operator](left.value, right.value)


def choose(condition: Bit, then: Whole, otherwise: Whole) -> Whole:
    """One of two numbers."""
    if isinstance(condition, bool):
        return then if condition else otherwise
    if isinstance(then, int) and isinstance(otherwise, int) and then == otherwise:
        return then
    return z3.If(condition, then, otherwise)


def plus(left: Whole, right: Whole) -> Whole:
    """Their sum."""
    if isinstance(left, int) and left == 0:
        return right
    return left if isinstance(right, int) and right == 0 else left + right


def times(factor: int, number: Whole) -> Whole:
    """A multiple."""
    return number if factor == 1 else factor * number


def elementwise(node: Node, of: Callable[[Ref], Term], known: Mapping[Ref, Domain], texts: Texts) -> Term:
    """What a node that is no head computes at one position.

    Args:
        of: the value there of what it reads.
        known: the domains of all variables.

    Raises:
        CannotProve: a node that may fail, or of which nothing is known here.
    """
    match node:
        case Constant(value):
            return texts.term(value)
        case Table(reads, cells):
            columns = [limited(read, of(read.variable)) for read in reads]
            places = [[texts.term(value) for value in read_domain(read, known)] for read in reads]
            keys = [_agree(key, columns) for key in product(*places)]
            return _chosen(list(zip(keys, map(texts.term, cells))))
        case Lookup(argument, keys, values, default) if default is not None:
            column, rest = of(argument), texts.term(default)
            cases = [(_agree((texts.term(key),), [column]), texts.term(result)) for key, result in zip(keys, values)]
            return _chosen([*cases, (every(opposite(found) for found, _ in cases), rest)])
        case Apply(operator, arguments):
            return _apply(operator, [of(ref) for ref in arguments])
    raise CannotProve(f"nothing is known of {type(node).__name__} here")


def limited(read: Read, term: Term) -> Term:
    """A value as a table reads it: `semantics.saturate`.

    Raises:
        CannotProve: a limit on a text.
    """
    if read.limit is None:
        return term
    if term.kind != "whole":
        raise CannotProve("a text is read with a limit")
    if isinstance(term.value, int):
        return Term("whole", S.saturate(term.value, read.limit))
    low = choose(term.value < 0, 0, term.value)
    return Term("whole", choose(term.value > read.limit, read.limit, low))


def _agree(key: tuple[Term, ...], columns: list[Term]) -> Bit:
    """Whether the columns have these values; a value of the other kind is not had."""
    pairs = zip(key, columns)
    return every(equal(want.value, have.value) if want.kind == have.kind else False for want, have in pairs)


def _chosen(cases: list[tuple[Bit, Term]]) -> Term:
    """The value of the one case that holds; the commonest value needs no condition."""
    by_value: dict[Any, list[Bit]] = {}
    kind = cases[0][1].kind
    for bit, term in cases:
        if term.kind != kind:
            raise CannotProve("a variable of texts and numbers")
        if bit is not False:
            by_value.setdefault(term.value, []).append(bit)
    if not by_value:
        raise CannotProve("a value outside its domain")
    *others, common = sorted(by_value, key=lambda value: len(by_value[value]))
    result = common
    for value in others:
        result = choose(either(by_value[value]), value, result)
    return Term(kind, result)


def _apply(operator: str, terms: list[Term]) -> Term:
    if any(term.kind != "whole" for term in terms):
        raise CannotProve(f"{operator} of a text")
    values = [term.value for term in terms]
    match operator, values:
        case "+", (a, b):
            return Term("whole", a + b)
        case "-", (a, b):
            return Term("whole", a - b)
        case "neg", (a,):
            return Term("whole", -a)
        case "abs", (a,):
            return Term("whole", choose(a < 0, -a, a))
        case "min", (a, b):
            return Term("whole", choose(a < b, a, b))
        case "max", (a, b):
            return Term("whole", choose(a > b, a, b))
    raise CannotProve(f"nothing is known of the operator {operator} here")
