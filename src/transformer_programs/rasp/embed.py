"""RASP embedded in Python: s-ops and selectors with Python's operators, which build the same Program.

    >>> flip = select(indices, length - 1 - indices, "==")
    >>> reverse = aggregate(flip, tokens)
    >>> reverse
    [o, l, l, e, h] (strings) on "hello"
    >>> reverse("abc")
    ['c', 'b', 'a']

Comparisons make s-ops too, so `a == b` is no test of identity. `and`, `or`, `not` and `in` cannot be given a meaning in
Python: write `&`, `|`, `~`, and `contained(sop, list)`; for a choice `where(condition, then, otherwise)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from html import escape
from typing import Any

from transformer_programs.program import Program, Value
from transformer_programs.rasp import expression as E
from transformer_programs.rasp import operations
from transformer_programs.rasp.cost import Cost
from transformer_programs.rasp.cost import cost as cost_of
from transformer_programs.rasp.errors import RaspError
from transformer_programs.rasp.evaluation import Evaluation
from transformer_programs.rasp.lowering import program_of
from transformer_programs.rasp.values import Matrix, Named, sequence_text

__all__ = [
    "SOp",
    "Selector",
    "aggregate",
    "average",
    "contained",
    "contains",
    "count",
    "example",
    "full_s",
    "has_focus",
    "indicator",
    "indices",
    "length",
    "library",
    "lookup",
    "select",
    "selector_width",
    "shift",
    "sort",
    "tokens",
    "tokens_asis",
    "tokens_bool",
    "tokens_float",
    "tokens_int",
    "where",
]

_EXAMPLE: ContextVar[Any] = ContextVar("example", default="hello")


@contextmanager
def example(on: Any) -> Iterator[None]:
    """The running example on which values show themselves, inside a `with`.

    >>> with example("ab"):
    ...     print(repr(indices))
    [0, 1] (ints) on "ab"
    """
    token = _EXAMPLE.set(on)
    try:
        yield
    finally:
        _EXAMPLE.reset(token)


class Selector(Named):
    """Which positions each position attends to. `&`, `|` and `~` join selectors."""

    __slots__ = ()

    def __and__(self, other: Selector) -> Selector:
        return _selector(operations.binary("and", self, other))

    def __or__(self, other: Selector) -> Selector:
        return _selector(operations.binary("or", self, other))

    def __invert__(self) -> Selector:
        return _selector(operations.unary("not", self))

    def __bool__(self) -> bool:
        raise RaspError("a selector has no truth value", todo="write &, | and ~ for and, or and not")

    def __call__(self, on: Sequence[Any]) -> list[list[int]]:
        """For each position of the input the positions selected."""
        return Evaluation(on).selected(self.expr)

    def __repr__(self) -> str:
        on = _EXAMPLE.get()
        try:
            return str(Matrix(self(on), on))
        except RaspError as error:
            return f"a selector that fails on {on!r}: {error.message}"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"


class SOp(Named):
    """A sequence computed from the input, position by position."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __call__(self, on: Sequence[Any]) -> list[Any]:
        """The values on an input.

        Raises:
            RaspError: the input is empty, or an operation fails on it.
        """
        return list(Evaluation(on).column(self.expr))

    def program(
        self,
        *,
        name: str = "rasp",
        vocabulary: Sequence[str] | None = None,
        max_length: int | None = None,
        causal: bool = False,
    ) -> Program:
        """The Program that computes it: for running, verifying, printing and compiling.

        Args:
            name: of the program.
            vocabulary: the tokens it takes; None: any.
            max_length: most tokens; None: any.
            causal: whether a position sees only itself and what is before it.
        """
        words = None if vocabulary is None else tuple(vocabulary)
        return program_of(self.expr, name=name, vocabulary=words, max_length=max_length, causal=causal)

    def cost(self) -> Cost:
        """Layers, and heads in each, by the greedy schedule of the paper."""
        return cost_of(self.expr)

    def __repr__(self) -> str:
        on = _EXAMPLE.get()
        try:
            shown = f'"{on}"' if isinstance(on, str) else str(on)
            return f"{sequence_text(self(on))} on {shown}"
        except RaspError as error:
            return f"an s-op that fails on {on!r}: {error.message}"

    def _repr_html_(self) -> str:
        on = _EXAMPLE.get()
        try:
            rows = (list(on), self(on))
        except RaspError:
            return f"<pre>{escape(repr(self))}</pre>"
        cells = ("".join(f"<td>{escape(str(value))}</td>" for value in row) for row in rows)
        return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"

    def __bool__(self) -> bool:
        raise RaspError("an s-op has no truth value", todo="write &, |, ~ and where(condition, then, otherwise)")

    def __getitem__(self, position: int) -> SOp:
        return _sop(operations.index(self, position))

    def __iter__(self) -> Iterator[Any]:
        raise RaspError("an s-op has no items before it has an input", todo="call it on one")

    def __add__(self, other: Any) -> SOp:
        return _sop(operations.binary("+", self, other))

    def __radd__(self, other: Any) -> SOp:
        return _sop(operations.binary("+", other, self))

    def __sub__(self, other: Any) -> SOp:
        return _sop(operations.binary("-", self, other))

    def __rsub__(self, other: Any) -> SOp:
        return _sop(operations.binary("-", other, self))

    def __mul__(self, other: Any) -> SOp:
        return _sop(operations.binary("*", self, other))

    def __rmul__(self, other: Any) -> SOp:
        return _sop(operations.binary("*", other, self))

    def __truediv__(self, other: Any) -> SOp:
        return _sop(operations.binary("/", self, other))

    def __rtruediv__(self, other: Any) -> SOp:
        return _sop(operations.binary("/", other, self))

    def __mod__(self, other: Any) -> SOp:
        return _sop(operations.binary("%", self, other))

    def __rmod__(self, other: Any) -> SOp:
        return _sop(operations.binary("%", other, self))

    def __pow__(self, other: Any) -> SOp:
        return _sop(operations.binary("^", self, other))

    def __rpow__(self, other: Any) -> SOp:
        return _sop(operations.binary("^", other, self))

    def __neg__(self) -> SOp:
        return _sop(operations.unary("-", self))

    def __pos__(self) -> SOp:
        return _sop(operations.unary("+", self))

    def __round__(self) -> SOp:
        return _sop(operations.unary("round", self))

    def __invert__(self) -> SOp:
        return _sop(operations.unary("not", self))

    def __and__(self, other: Any) -> SOp:
        return _sop(operations.binary("and", self, other))

    def __rand__(self, other: Any) -> SOp:
        return _sop(operations.binary("and", other, self))

    def __or__(self, other: Any) -> SOp:
        return _sop(operations.binary("or", self, other))

    def __ror__(self, other: Any) -> SOp:
        return _sop(operations.binary("or", other, self))

    def __eq__(self, other: object) -> SOp:  # type: ignore[override]
        return _sop(operations.binary("==", self, other))

    def __ne__(self, other: object) -> SOp:  # type: ignore[override]
        return _sop(operations.unary("not", operations.binary("==", self, other)))

    def __lt__(self, other: Any) -> SOp:
        return _sop(operations.binary("<", self, other))

    def __le__(self, other: Any) -> SOp:
        return _sop(operations.binary("<=", self, other))

    def __gt__(self, other: Any) -> SOp:
        return _sop(operations.binary(">", self, other))

    def __ge__(self, other: Any) -> SOp:
        return _sop(operations.binary(">=", self, other))


def _sop(value: Named) -> SOp:
    return SOp(value.expr, value.name)


def _selector(value: Named) -> Selector:
    return Selector(value.expr, value.name)


tokens = SOp(E.tokens("str"), "tokens")
tokens_asis = SOp(E.tokens("asis"), "tokens_asis")
tokens_int = SOp(E.tokens("int"), "tokens_int")
tokens_float = SOp(E.tokens("float"), "tokens_float")
tokens_bool = SOp(E.tokens("bool"), "tokens_bool")
indices = SOp(E.INDICES, "indices")
full_s = Selector(E.FULL, "full_s")
length = SOp(E.width(E.FULL), "length")


def select(keys: SOp | Value, queries: SOp | Value, operator: str) -> Selector:
    """The selector `keys[k] operator queries[q]`; operator one of `== != < <= > >=`.

    >>> select(indices, indices, "<")("abc")
    [[], [0], [0, 1]]
    """
    if operator not in ("==", "!=", "<", "<=", ">", ">="):
        raise RaspError(f"operator {operator!r}", expected="one of == != < <= > >=")
    return _selector(operations.select(keys, queries, operator))


def aggregate(selector: Selector, values: SOp | Value, default: Value = 0) -> SOp:
    """The average of the selected values; one selected value is itself, none is `default`."""
    return _sop(operations.aggregate(selector, values, default))


def selector_width(selector: Selector) -> SOp:
    """How many positions are selected.

    >>> selector_width(select(tokens, tokens, "=="))
    [1, 1, 2, 2, 1] (ints) on "hello"
    """
    return _sop(operations.selector_width(selector))


def indicator(sop: SOp) -> SOp:
    """1 where true, 0 where not."""
    return _sop(operations.unary("indicator", sop))


def where(condition: SOp, then: SOp | Value, otherwise: SOp | Value) -> SOp:
    """`then` where the condition holds, `otherwise` elsewhere.

    >>> where(indices < 2, "x", tokens)
    [x, x, l, l, o] (strings) on "hello"
    """
    return _sop(operations.ternary(condition, then, otherwise))


def contained(sop: SOp, items: Sequence[Value]) -> SOp:
    """Whether each value is one of the items."""
    return _sop(operations.contains(sop, list(items), "list"))


def lookup(table: Mapping[Value, Value] | Sequence[Value], sop: SOp) -> SOp:
    """Each value's entry of a dictionary, or of a list (0 where there is none)."""
    return _sop(operations.index(dict(table) if isinstance(table, Mapping) else list(table), sop))


# --- the library, which is written in RASP ------------------------------------------------------------------------


def library(name: str, *arguments: Any) -> Any:
    """A function of RASP's library, by its name.

    >>> library("mark_first_instance", tokens, "l")
    [F, F, T, F, F] (bools) on "hello"
    """
    from transformer_programs.rasp.evaluator import execute
    from transformer_programs.rasp.parser import Command, statements

    session = _session()
    scope = session.environment.nested()
    names = [f"argument_{i}" for i in range(len(arguments))]
    for each, argument in zip(names, arguments):
        scope.set(each, Named(argument.expr, argument.name) if isinstance(argument, Named) else argument)
    statement = next(statements(f"{name}({', '.join(names)});", "library"))
    assert not isinstance(statement, Command)
    (result,) = execute(statement, scope, session)
    value = result.value
    if isinstance(value, Named):
        return _selector(value) if value.is_selector else _sop(value)
    return value


@cache
def _session() -> Any:
    from transformer_programs.rasp.session import Session

    class Unchecked(Session):
        """Values are not tried on an example: there is none before a call."""

        def check(self, value: Named, examples: list[Any]) -> None:
            """Nothing."""

    return Unchecked()


def average(sop: SOp) -> SOp:
    """The average over all positions."""
    return library("average", sop)  # type: ignore[no-any-return]


def contains(sop: SOp, atom: Value) -> SOp:
    """Whether a value occurs."""
    return library("contains", sop, atom)  # type: ignore[no-any-return]


def count(sop: SOp, atom: Value) -> SOp:
    """How often a value occurs."""
    return library("count", sop, atom)  # type: ignore[no-any-return]


def has_focus(selector: Selector) -> SOp:
    """Whether anything is selected."""
    return library("has_focus", selector)  # type: ignore[no-any-return]


def shift(sop: SOp, n: int, filler: Value) -> SOp:
    """The values `n` places further right."""
    return library("shift", sop, n, filler)  # type: ignore[no-any-return]


def sort(sop: SOp, key: SOp) -> SOp:
    """The values in the order of the keys; equal ones keep theirs.

    >>> sort(tokens, tokens)
    [e, h, l, l, o] (strings) on "hello"
    """
    return library("sort", sop, key)  # type: ignore[no-any-return]
