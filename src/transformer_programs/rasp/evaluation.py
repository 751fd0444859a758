"""Expressions on one input: each node is lowered and run by the reference interpreter, once, and kept.

This is `Interpreter.trace` on the program of the expression, step by step, with the checks that RASP makes on values:
sequences are homogeneous, and several values can only be averaged where they are numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from transformer_programs.errors import InputError
from transformer_programs.program import POSITIONS, TOKENS, Emit, Node, Program, Ref
from transformer_programs.program import semantics as S
from transformer_programs.program.semantics import Matches
from transformer_programs.rasp.errors import RaspError
from transformer_programs.rasp.expression import HEADS, Expr, ordered
from transformer_programs.rasp.lowering import lower, lower_selector
from transformer_programs.run import Interpreter

__all__ = ["Evaluation", "checked_atom", "guard", "quoted", "sequence_type"]

LARGEST_INTEGER_BITS = 10_000
LONGEST_TEXT = 1_000_000
SHOWN = 100

_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
LONGEST_WHOLE = 1000
"""Inputs longer than this are attended to in blocks of queries, so that memory stays linear in the input."""
BLOCK = 200
KEPT_LENGTH = 100
"""Selectors are kept for reuse on inputs up to this length."""


def sequence_type(values: Sequence[Any]) -> str:
    """What a sequence holds: `string`, `bool`, `int` or `float` (numbers of both kinds are floats).

    Raises:
        RaspError: values of several types, or of none of these.

    >>> sequence_type([1, 2.5]), sequence_type([True, False])
    ('float', 'bool')
    """
    kinds = set(map(type, values))
    for kind, name in ((str, "string"), (bool, "bool")):
        if kinds == {kind}:
            return name
    if kinds <= {int, bool}:
        return "int"
    if kinds == {float} or kinds <= {int, float, bool}:
        return "float"
    shown = _some(values)
    if kinds <= {int, float, bool, str}:
        raise RaspError(f"attempted to create sequence with vals of different types:\n\t\t {shown}")
    legal = "bool, float, int or string"
    raise RaspError(
        f"attempted to create sequence with illegal val types (vals must be {legal}):\n\t\t {shown}",
    )


def _some(values: Sequence[Any]) -> str:
    """The values as a list; of very many only the first."""
    return repr(list(values)) if len(values) <= SHOWN else repr(list(values[:SHOWN]))[:-1] + ", ...]"


def guard(operator: str, left: Any, right: Any) -> None:
    """Refuses operations whose result would fill the memory.

    Raises:
        RaspError: the result would have too many digits or letters.
    """
    if operator == "^" and isinstance(left, int) and isinstance(right, int) and abs(left) > 1:
        if right * abs(left).bit_length() > 2 * LARGEST_INTEGER_BITS:
            raise RaspError("the power is too large a number", kind="wrong")
    elif operator == "*":
        for text, times in ((left, right), (right, left)):
            if isinstance(text, (str, list)) and isinstance(times, int) and len(text) * times > LONGEST_TEXT:
                raise RaspError("the result is too long", kind="wrong", expected=f"at most {LONGEST_TEXT}")
        if isinstance(left, int) and isinstance(right, int) and _bits(left) + _bits(right) > LARGEST_INTEGER_BITS:
            raise RaspError("the product is too large a number", kind="wrong")
    elif operator == "+" and isinstance(left, (str, list)) and isinstance(right, (str, list)):  # noqa: SIM102
        if len(left) + len(right) > LONGEST_TEXT:
            raise RaspError("the result is too long", kind="wrong", expected=f"at most {LONGEST_TEXT}")


def _bits(number: int) -> int:
    return abs(number).bit_length()


def checked_atom(value: Any) -> Any:
    """The value, if arithmetic gave a bool, a number or a string (or a list).

    Raises:
        RaspError: a complex number.
    """
    if isinstance(value, complex):
        raise RaspError("the result is not a real number", kind="wrong")
    return value


class Evaluation:
    """What expressions are on one input.

    Args:
        tokens: the input's atoms.
        causal: whether a position sees only itself and what is before it.

    Raises:
        RaspError: the input is empty.

    >>> from transformer_programs.rasp.expression import FULL, width
    >>> Evaluation("abc").column(width(FULL))
    [3, 3, 3]
    """

    def __init__(self, tokens: Sequence[Any], *, causal: bool = False) -> None:
        if not len(tokens):
            raise RaspError(f"RASP sequences/selectors expect non-empty iterables, got: {tokens}")
        self.tokens = list(tokens)
        # One of its own: the interpreter keeps tables by the identity of nodes, which therefore must stay alive.
        self._interpreter = Interpreter(
            Program(name="rasp", vocabulary=None, max_length=None, causal=causal, output=Emit(TOKENS))
        )
        self._nodes: list[Node] = []
        self._causal = causal
        self._columns: dict[Ref, list[Any]] = {TOKENS: self.tokens, POSITIONS: list(range(len(tokens)))}
        self._matches: dict[Expr, Matches] = {}
        # The expressions of the columns, held so that no serial number of theirs is lost.
        self._held: set[Expr] = set()

    def column(self, sop: Expr) -> list[Any]:
        """An s-op's values, one a position.

        Raises:
            RaspError: an operation failed on the values.
        """
        for node in ordered(sop, self._known):
            if not node.is_selector:
                self._columns[_ref(node)] = self._compute(node)
                self._held.add(node)
        return self._columns[_ref(sop)]

    def selected(self, selector: Expr) -> Matches:
        """For each position the positions that a selector selects.

        Raises:
            RaspError: a comparison failed on the values.
        """
        return S.past(self._uncut(selector)) if self._causal else self._uncut(selector)

    def _uncut(self, selector: Expr) -> Matches:
        n = len(self.tokens)
        if selector.kind == "full":
            return [self._columns[POSITIONS]] * n
        for node in ordered(selector, self._known):
            if not node.is_selector:
                self.column(node)
            elif n <= KEPT_LENGTH:
                self._matches[node] = self._match(node)
        return self._matches[selector] if n <= KEPT_LENGTH else self._match(selector)

    def _match(self, node: Expr) -> Matches:
        """Where the parts of a connective are known, they are joined; the rest is the interpreter's."""
        if node.kind in ("both", "either", "negate") and all(arg in self._matches for arg in node.args):
            parts = [self._matches[arg] for arg in node.args]
            if node.kind == "negate":
                return S.negate(parts[0])
            return S.both(*parts) if node.kind == "both" else S.either(*parts)
        try:
            return self._interpreter.select(lower_selector(node, _ref), self._columns)
        except TypeError:
            raise RaspError(self._incomparable(node), kind="wrong") from None

    def _incomparable(self, selector: Expr) -> str:
        """Which types cannot be compared, in the original's words: query first."""
        for node in ordered(selector):
            if node.kind == "compare" and node.data in _MIRRORED:
                key, query = (type(self._columns[_ref(arg)][0]).__name__ for arg in node.args)
                if (key == "str") != (query == "str"):
                    mirrored = _MIRRORED[node.data]
                    return f"'{mirrored}' not supported between instances of '{query}' and '{key}'"
        return "values that cannot be compared"

    def _known(self, node: Expr) -> bool:
        return node in self._held or node in self._matches

    def _compute(self, node: Expr) -> list[Any]:
        if node.kind == "indices":
            return self._columns[POSITIONS]
        if node.kind == "tokens" and node.data == "asis":
            sequence_type(self.tokens)
            return self.tokens
        n = len(self.tokens)
        matches: Matches = []
        if node.kind in HEADS and n > LONGEST_WHOLE and not self._causal and node.args[0].kind != "full":
            return self._in_blocks(node)
        if node.kind in HEADS:
            matches = self.selected(node.args[0])
            if node.args[0].kind == "full" and not self._causal:
                matches = matches[:1]  # all rows are one
            if node.kind == "mean":
                self._check_numbers(matches, self._columns[_ref(node.args[1])])
        elif node.kind == "apply" and node.data in ("^", "*", "+"):
            for left, right in zip(*(self._columns[_ref(arg)] for arg in node.args)):
                guard(node.data, left, right)
        elif node.kind == "lookup" and node.data[3] in ("list", "string"):
            for value in self._columns[_ref(node.args[0])]:
                if not isinstance(value, int):
                    raise RaspError(f"index into {node.data[3]} has to be integer, got: {quoted(value)}")
        lowered = lower(node, _ref)
        self._nodes.append(lowered)
        try:
            column = self._interpreter.compute(lowered, self._columns, matches)
        except InputError:
            missing = next(v for v in self._columns[_ref(node.args[0])] if v not in node.data[0])
            raise RaspError(f"index [ {quoted(missing)} ] not in dict.") from None
        except (TypeError, ValueError, ArithmeticError) as error:
            raise RaspError(_reason(error), kind="wrong") from None
        column = column * n if len(column) == 1 else column
        sequence_type(column)
        return column

    def _in_blocks(self, node: Expr) -> list[Any]:
        """A head on a long input, some queries at a time: the whole attention pattern is never there."""
        for part in ordered(node.args[0], self._known):
            if not part.is_selector:
                self.column(part)
        lowered = lower(node, _ref)
        self._nodes.append(lowered)
        n = len(self.tokens)
        column: list[Any] = []
        for start in range(0, n, BLOCK):
            rows: dict[Expr, Matches] = {}
            for part in ordered(node.args[0], lambda part: not part.is_selector):
                block = range(start, min(start + BLOCK, n))
                try:
                    rows[part] = match_rows(part, rows, lambda sop: self._columns[_ref(sop)], block, n)
                except TypeError:
                    raise RaspError(self._incomparable(part), kind="wrong") from None
            if node.kind == "mean":
                self._check_numbers(rows[node.args[0]], self._columns[_ref(node.args[1])])
            column += self._interpreter.compute(lowered, self._columns, rows[node.args[0]])
        sequence_type(column)
        return column

    @staticmethod
    def _check_numbers(matches: Matches, values: list[Any]) -> None:
        textual = isinstance(values[0], (bool, str)) and sequence_type(values) in ("bool", "string")
        if textual and any(len(row) > 1 for row in matches):
            raise RaspError(
                f"asked to average multiple values, but they are non-numbers: {_some(values)}", kind="wrong"
            )


def match_rows(
    selector: Expr, rows: Mapping[Expr, Matches], column: Callable[[Expr], list[Any]], block: range, n: int
) -> Matches:
    """What a block of queries selects, from the rows of the selector's parts: the same functions of the semantics.

    Args:
        selector: a selector.
        rows: what its parts select, if it has parts that are selectors.
        column: an s-op's values at the positions 0 .. n - 1.
        block: the queries.
        n: how many keys there are.
    """
    match selector.kind:
        case "full":
            return [list(range(n))] * len(block)
        case "compare":
            keys, queries = map(column, selector.args)
            asked = queries[block.start : block.stop]
            if selector.data == "==":
                return S.select(keys, asked)
            return S.compare(keys, S.COMPARISONS[selector.data], asked)
        case "negate":
            return [sorted({*range(n)} - {*row}) for row in rows[selector.args[0]]]
    left, right = (rows[arg] for arg in selector.args)
    return S.both(left, right) if selector.kind == "both" else S.either(left, right)


def quoted(value: Any) -> str:
    """An atom as messages and examples show it: strings in quotes."""
    return f'"{value}"' if isinstance(value, str) else str(value)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _ref(node: Expr) -> Ref:
    return f"v{node.serial}"
