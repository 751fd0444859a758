"""What each operation of the language does with atoms, lists, s-ops and selectors.

Atoms are computed at once, with the same operators that a Program applies; an s-op or selector among the operands makes
an expression. Messages are the original's, so that transcripts compare.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from transformer_programs.program.semantics import OPERATORS
from transformer_programs.rasp import expression as E
from transformer_programs.rasp.errors import RaspError
from transformer_programs.rasp.evaluation import LONGEST_TEXT, checked_atom, guard
from transformer_programs.rasp.lowering import value_of_zero
from transformer_programs.rasp.values import Function, Named, describe, is_atom

__all__ = ["aggregate", "binary", "contains", "full", "index", "select", "selector_width", "ternary", "unary", "zipped"]

_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "=="}


def is_sop(value: Any) -> bool:
    """Whether a value is an s-op."""
    return isinstance(value, Named) and not value.is_selector


def is_selector(value: Any) -> bool:
    """Whether a value is a selector."""
    return isinstance(value, Named) and value.is_selector


def full() -> Named:
    """The selector of every position."""
    return Named(E.FULL, "full_s")


def to_sop(value: Any) -> Named:
    """An s-op as it is, an atom as an s-op of that value.

    Raises:
        RaspError: a selector, list, dictionary or function.
    """
    if is_sop(value):
        return value  # type: ignore[no-any-return]
    if is_atom(value):
        return Named(E.constant(value), str(value))
    raise RaspError(f"Expected sequence, got: {describe(value)}")


def _computed(run: Callable[[], Any]) -> Any:
    """The result of an operation on atoms, its failure as an error of ours."""
    try:
        return checked_atom(run())
    except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise RaspError(str(error) or type(error).__name__, kind="wrong") from None


def unary(operator: str, value: Any) -> Any:
    """`not`, `-`, `+`, `round` or `indicator` of a value."""
    if is_selector(value):
        if operator == "not":
            return Named(E.select_not(value.expr), "plain select")
        raise RaspError(f"Cannot apply {operator} to selector(s)")
    if not is_sop(value):
        if operator == "indicator":
            raise RaspError(f"indicator operator expects s-op, got: {describe(value)}")
        return _computed(lambda: _UNARY_ATOM[operator](value))
    expr, name = value.expr, value.name
    match operator:
        case "not":
            return Named(E.apply("not", expr), f"( not {name} )")
        case "-":
            return Named(E.apply("neg", expr), f"( - {name} )")
        case "+":
            # Adding 0 leaves numbers alone, and fails on strings as a plus sign should.
            return Named(E.apply("+", E.constant(0), expr), f"( + {name} )")
        case "round":
            return Named(E.apply("round", expr), f"( round {name} )")
    return Named(E.apply("indicator", E.as_bool(expr)), f"I({name})")


_UNARY_ATOM: dict[str, Callable[[Any], Any]] = {
    "not": lambda a: not a,
    "-": lambda a: -a,
    "+": lambda a: +a,
    "round": lambda a: round(a),
}


def binary(operator: str, left: Any, right: Any) -> Any:
    """Arithmetic, a comparison, `and` or `or`."""
    if operator in ("and", "or"):
        return _logic(operator, left, right)
    if is_selector(left) or is_selector(right):
        raise RaspError(f"Cannot apply {operator} to selector(s)")
    if not (is_sop(left) or is_sop(right)):
        guard(operator, left, right)
        return _computed(lambda: OPERATORS[operator](left, right))
    if operator in _MIRRORED and not is_sop(left):
        left, right, operator = right, left, _MIRRORED[operator]
    if not (is_sop(right) or is_atom(right)) or not (is_sop(left) or is_atom(left)):
        other = right if is_sop(left) else left
        if operator == "==" and isinstance(other, (list, dict)):
            return Named(E.constant(False), f"( {describe(left)} == {describe(right)} )")  # No atom equals it.
        raise RaspError(f"Cannot apply {operator} to s-op and {type_name(other)}", kind="wrong")
    first, second = to_sop(left), to_sop(right)
    shown = "pow" if operator == "^" else operator
    return Named(E.apply(operator, first.expr, second.expr), f"( {first.name} {shown} {second.name} )")


def _logic(operator: str, left: Any, right: Any) -> Any:
    if is_selector(left) or is_selector(right):
        if not (is_selector(left) and is_selector(right)):
            raise RaspError("Cannot apply and/or between selector and non-selector")
        join = E.select_and if operator == "and" else E.select_or
        return Named(join(left.expr, right.expr), "plain select")
    if is_sop(left) or is_sop(right):
        first, second = to_sop(left), to_sop(right)
        expr = E.apply(operator, E.as_bool(first.expr), E.as_bool(second.expr))
        return Named(expr, f"( {first.name} {operator} {second.name})")
    return (left and right) if operator == "and" else (left or right)


def ternary(condition: Named, then: Any, otherwise: Any) -> Named:
    """`then if condition else otherwise` with an s-op for condition."""
    test, yes, no = map(to_sop, (condition, then, otherwise))
    return Named(E.apply("if", test.expr, yes.expr, no.expr), f"{yes.name} if {test.name} else {no.name}")


def select(keys: Any, queries: Any, operator: str) -> Named:
    """The selector `keys[k] operator queries[q]`."""
    return Named(E.compare(to_sop(keys).expr, operator, to_sop(queries).expr), "plain select")


def aggregate(selector: Any, values: Any, default: Any = None) -> Named:
    """The average of the selected values, or `default`, or 0."""
    if not is_selector(selector):
        raise RaspError(f"Expected selector, got: {describe(selector)}")
    sop = to_sop(values)
    if default is not None and not is_atom(default):
        raise RaspError(f"Expected atom, got: {describe(default)}")
    return Named(E.head("mean", selector.expr, sop.expr, 0 if default is None else default), "s-op")


def selector_width(selector: Any) -> Named:
    """How many positions are selected."""
    if not is_selector(selector):
        raise RaspError("Cannot apply and/or between selector and non-selector")
    return Named(E.width(selector.expr), "s-op")


def index(of: Any, at: Any) -> Any:
    """`of[at]` for lists, strings, dictionaries and s-ops."""
    if isinstance(of, dict):
        if is_sop(at):
            _check_atoms(of.values(), "dict")
            return Named(E.lookup(at.expr, tuple(of), tuple(of.values()), None, "dict"), f"dict[{at.name}]")
        if not is_atom(at):
            raise RaspError(f"index into dict has to be atom (i.e., string, int, float, bool), got: {describe(at)}")
        if at not in of:
            raise RaspError(f"index [ {describe(at)} ] not in dict.")
        return of[at]
    if isinstance(of, (list, str)):
        kind = "list" if isinstance(of, list) else "string"
        if is_sop(at):
            _check_atoms(of, kind)
            places = tuple(range(-len(of), len(of)))
            values = tuple(of[place] for place in places)
            return Named(E.lookup(at.expr, places, values, value_of_zero(values), kind), f"{kind}[{at.name}]")
        if not isinstance(at, int):
            raise RaspError(f"index into {kind} has to be integer, got: {describe(at)}")
        return of[at] if -len(of) <= at < len(of) else 0
    if is_sop(of):
        if not isinstance(at, int):
            raise RaspError(f"index into sequence has to be integer, got: {describe(at)}")
        place = E.constant(at)
        if at < 0:
            place = E.apply("+", E.width(E.FULL), place)
        loaded = E.head("mean", E.compare(E.INDICES, "==", place), of.expr, 0)
        return Named(loaded, f"{of.name}[{at}]")
    raise RaspError(f"can only index into a list, dict, string, or sequence, but instead got: {describe(of)}")


def _check_atoms(values: Any, kind: str) -> None:
    for value in values:
        if not is_atom(value):
            raise RaspError(f"indexing a {kind} by an s-op needs atoms in it, got: {describe(value)}")


def contains(item: Any, container: Any, name: str) -> Any:
    """`item in container`."""
    if is_sop(item):
        if not isinstance(container, list):
            raise RaspError(f'"[s-op] in X" expects X to be list of atoms, but got non-list: {describe(container)}')
        if not all(map(is_atom, container)):
            raise RaspError(
                f'"[s-op] in X" expects X to be list of atoms, but got list with values: {describe(container)}'
            )
        keys = tuple(dict.fromkeys(container))
        expr = E.lookup(item.expr, keys, (True,) * len(keys), False, "in")
        return Named(expr, f"{item.name} in {name}")
    if is_atom(item):
        if isinstance(container, list):
            return any(is_atom(value) and value == item for value in container)
        if is_sop(container):
            hits = E.apply("indicator", E.apply("==", container.expr, E.constant(item)))
            found = E.apply(">", E.head("mean", E.FULL, hits, 0), E.constant(0))
            return Named(found, "( s-op > 0 )")
        raise RaspError(f'"[atom] in X" expects X to be list or s-op, but got: {describe(container)}')
    if is_selector(item) or isinstance(item, Function):
        raise RaspError(f"don't check if {type_name(item)} is contained in list/dict: it equals nothing but itself")
    raise RaspError(f'"A in X" expects A to be s-op or atom, but got A: {describe(item)}')


def zipped(lists: list[Any]) -> list[list[Any]]:
    """Lists of equal length, turned over."""
    for i, part in enumerate(lists):
        if not isinstance(part, list):
            raise RaspError(f"attempting to zip lists, but {i + 1} -th element is not list: {describe(part)}")
    n = len(lists[0])
    for i, part in enumerate(lists):
        if len(part) != n:
            raise RaspError(f"attempting to zip lists of length {n} , but {i + 1} -th list has length {len(part)}")
    return [list(row) for row in zip(*lists)]


def ranged(bounds: list[Any]) -> list[int]:
    """`range` of one to three whole numbers."""
    if not 1 <= len(bounds) <= 3:
        raise RaspError(f"wrong number of inputs to range, expected: 1, 2, or 3, got: {len(bounds)}")
    if not all(isinstance(bound, int) for bound in bounds):
        raise RaspError(f"range expects all integer inputs, but got: {describe(bounds)}")
    numbers = _computed(lambda: range(*bounds))
    if len(numbers[: LONGEST_TEXT + 1]) > LONGEST_TEXT:
        raise RaspError("the list is too long", kind="wrong", expected=f"at most {LONGEST_TEXT} items")
    return list(numbers)


def type_name(value: Any) -> str:
    """What kind of thing a value is."""
    if isinstance(value, Named):
        return "selector" if value.is_selector else "s-op"
    if isinstance(value, Function):
        return "function"
    return "list" if isinstance(value, list) else "dict" if isinstance(value, dict) else "atom"
