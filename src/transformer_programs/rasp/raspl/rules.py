"""The rules of RASP-L on expressions: what breaks one, said with the construct and the rule.

Every expression has a kind: `bool`, `int`, `index` (a position, or one found by a head) or `float` (an average before
it is truncated), and a range of values. The rules:

    integers     constants and tokens are whole numbers; averages are truncated at once (`aggr_mean`, `kqv`)
    index        positions are compared with positions (or with 0 or a constant that marks "none"), have a successor
                 and a predecessor, are chosen between, and are read by heads with max or min; nothing else
    causal       a selector that could select later positions only, and the length, have no meaning
    8 bits       a constant, or a value whose whole range lies outside -128..127, overflows for certain

Source: arXiv 2310.16028, section 3 and appendix; the released code checks none of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from transformer_programs.rasp import expression as E
from transformer_programs.rasp.errors import RaspError
from transformer_programs.rasp.formula import formula

__all__ = ["HIGHEST", "LOWEST", "check_rules", "kind_of", "size"]

LOWEST, HIGHEST = -128, 127


@dataclass(frozen=True, slots=True)
class Kind:
    """What an s-op holds, and between which bounds."""

    what: str
    low: float = LOWEST
    high: float = HIGHEST


_BOOL = Kind("bool", 0, 1)
_INDEX = Kind("index", -math.inf, math.inf)
_KNOWN: WeakKeyDictionary[E.Expr, Kind | None] = WeakKeyDictionary()


def check_rules(expr: E.Expr) -> None:
    """Nothing, if an expression keeps the rules.

    Raises:
        RaspError: with the construct and the rule that it breaks.

    >>> check_rules(E.apply("+", E.INDICES, E.constant(1)))
    >>> check_rules(E.apply("*", E.INDICES, E.constant(2)))
    Traceback (most recent call last):
    transformer_programs.rasp.errors.RaspError: not RASP-L: indices * 2; expected positions to be compared only, \
or taken one further (index arithmetic)
    """
    for node in E.ordered(expr, _KNOWN.__contains__):
        _KNOWN[node] = None if _check_selector(node) else _sop(node)
    if not expr.is_selector and kind_of(expr).what == "float":
        _refuse(expr, "whole numbers: an average is truncated by aggr_mean (float)")


def kind_of(sop: E.Expr) -> Kind:
    """The kind of an s-op that was checked."""
    kind = _KNOWN[sop]
    assert kind is not None
    return kind


def size(sop: E.Expr) -> int:
    """How many nodes an expression has, shared ones once, constants and the input left out: its length as a program."""
    return sum(node.kind not in ("constant", "tokens", "indices", "full") for node in E.ordered(sop))


def _refuse(node: E.Expr, expected: str) -> None:
    raise RaspError(f"not RASP-L: {formula(node, {})}", expected=expected)


def _check_selector(node: E.Expr) -> bool:
    """Whether the node is a selector; one that breaks a rule is refused."""
    if node.kind == "compare":
        keys, queries = (kind_of(arg) for arg in node.args)
        _comparable(node, keys, queries)
        if _later_only(node, node.data):
            _refuse(node, "positions up to the query's own (non-causal)")
    if node.kind == "negate" and node.args[0].kind == "compare" and _later_only(node.args[0], _NOT[node.args[0].data]):
        _refuse(node, "positions up to the query's own (non-causal)")
    return node.is_selector


_NOT = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def _later_only(compare: E.Expr, operator: str) -> bool:
    """Whether `keys operator queries` holds for later positions only: where key - query is at least 1."""
    keys, queries = map(_steps, compare.args)
    if keys is None or queries is None:
        return False
    ahead = queries - keys
    return (operator in ("==", ">=") and ahead > 0) or (operator == ">" and ahead >= 0)


def _steps(sop: E.Expr) -> int | None:
    """n where the s-op is the position and n; None where it is no such thing."""
    total = 0
    while sop.kind == "apply" and sop.data in ("+", "-"):
        step = _unit(sop)
        if step is None:
            return None
        total += step
        sop = sop.args[0] if sop.args[1].kind == "constant" else sop.args[1]
    return total if sop is E.INDICES else None


def _unit(node: E.Expr) -> int | None:
    """+1 or -1 where the node adds that to its other argument."""
    left, right = node.args
    if right.kind == "constant" and right.data in (1, -1) and not isinstance(right.data, bool):
        return int(right.data) if node.data == "+" else -int(right.data)
    if node.data == "+" and left.kind == "constant" and left.data in (1, -1) and not isinstance(left.data, bool):
        return int(left.data)
    return None


def _sop(node: E.Expr) -> Kind:
    match node.kind:
        case "indices":
            return _INDEX
        case "tokens":
            if node.data not in ("int", "bool"):
                _refuse(node, "tokens_int: whole numbers (text)")
            return Kind("int") if node.data == "int" else _BOOL
        case "constant":
            return _constant(node)
        case "width":
            if node.args[0] is E.FULL:
                _refuse(node, "what is known at each position: the length is not (non-causal)")
            return Kind("int", 0, math.inf)
        case "mean":
            _whole(node, node.data)
            kind = kind_of(node.args[1])
            if kind.what == "index":
                _refuse(node, "max or min of positions: an average of them is index arithmetic (index arithmetic)")
            return Kind("float", min(kind.low, node.data), max(kind.high, node.data))
        case "largest" | "smallest":
            kind = kind_of(node.args[1])
            default = node.data
            _whole(node, default)
            return (
                _INDEX
                if kind.what == "index"
                else _checked(node, Kind("int", min(kind.low, default), max(kind.high, default)))
            )
        case "lookup":
            if kind_of(node.args[0]).what in ("index", "float"):
                _refuse(node, "a table of tokens, not of positions (index arithmetic)")
            values = [value for value in (*node.data[1], node.data[2]) if value is not None]
            for value in values:
                _whole(node, value)
            return _checked(node, Kind("int", min(values), max(values)))
    return _apply(node)


def _constant(node: E.Expr) -> Kind:
    value = node.data
    _whole(node, value)
    return _BOOL if isinstance(value, bool) else Kind("int", value, value)


def _whole(node: E.Expr, value: object) -> None:
    """Refuses a value written in the program that is no whole number of 8 bits."""
    if not isinstance(value, int):
        _refuse(node, f"whole numbers ({'float' if isinstance(value, float) else 'text'})")
    elif not LOWEST <= value <= HIGHEST:
        _refuse(node, f"a number from {LOWEST} to {HIGHEST} (8-bit overflow)")


def _apply(node: E.Expr) -> Kind:
    kinds = [kind_of(arg) for arg in node.args]
    operator = node.data
    if operator == "int" and kinds[0].what == "float":
        return _checked(node, Kind("int", kinds[0].low, kinds[0].high))
    if any(kind.what == "float" for kind in kinds):
        _refuse(node, "whole numbers: an average is truncated by aggr_mean (float)")
    if operator in ("/", "float", "str"):
        _refuse(node, "whole numbers (float)")
    if operator in ("==", "!=", "<", "<=", ">", ">="):
        _comparable(node, *kinds)
        return _BOOL
    if operator == "if":
        if kinds[0].what == "index":
            _refuse(node, "a condition that is no position (index arithmetic)")
        _, then, otherwise = kinds
        constant = [arg.kind == "constant" for arg in node.args]
        if "index" in (then.what, otherwise.what):
            if (then.what == "index" or constant[1]) and (otherwise.what == "index" or constant[2]):
                return _INDEX
            _refuse(node, "a choice between positions, or a position and a constant (index arithmetic)")
        return Kind("int", min(then.low, otherwise.low), max(then.high, otherwise.high))
    if any(kind.what == "index" for kind in kinds):
        if operator in ("+", "-") and _unit(node) is not None:
            return _INDEX
        if operator in ("min", "max") and all(kind.what == "index" for kind in kinds):
            return _INDEX
        _refuse(node, "positions to be compared only, or taken one further (index arithmetic)")
    if operator in ("not", "bool", "and", "or", "indicator"):
        return _BOOL
    return _checked(node, _arithmetic(node, kinds))


def _comparable(node: E.Expr, left: Kind, right: Kind) -> None:
    if (left.what == "index") == (right.what == "index"):
        return
    other = node.args[1] if left.what == "index" else node.args[0]
    if not (other.kind == "constant" and isinstance(other.data, int) and other.data <= 0):
        _refuse(node, "a position beside a position (index arithmetic)")


def _arithmetic(node: E.Expr, kinds: list[Kind]) -> Kind:
    low, high = kinds[0].low, kinds[0].high
    if len(kinds) == 1:
        match node.data:
            case "neg":
                return Kind("int", -high, -low)
            case "abs":
                return Kind("int", 0, max(abs(low), abs(high)))
            case _:
                return Kind("int", low, high)
    other = kinds[1]
    match node.data:
        case "+":
            return Kind("int", low + other.low, high + other.high)
        case "-":
            return Kind("int", low - other.high, high - other.low)
        case "*":
            ends = [_times(a, b) for a in (low, high) for b in (other.low, other.high)]
            return Kind("int", min(ends), max(ends))
        case "%":
            return Kind("int", min(other.low + 1, 0), max(other.high - 1, 0))
        case "^":
            if other.low < 0:
                _refuse(node, "an exponent that is no negative number (float)")
            return Kind("int", -math.inf, math.inf) if low < 0 else Kind("int", 0, math.inf)
        case "min":
            return Kind("int", min(low, other.low), min(high, other.high))
        case "max":
            return Kind("int", max(low, other.low), max(high, other.high))
    return Kind("int", -math.inf, math.inf)


def _times(a: float, b: float) -> float:
    return 0 if a == 0 or b == 0 else a * b


def _checked(node: E.Expr, kind: Kind) -> Kind:
    if kind.low > HIGHEST or kind.high < LOWEST:
        _refuse(node, f"a number from {LOWEST} to {HIGHEST} (8-bit overflow)")
    return kind
