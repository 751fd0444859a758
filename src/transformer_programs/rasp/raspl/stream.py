"""Running a causal program token by token: each new token computes one new value of every node.

A causal program's past never changes, so a step costs one row of each attention pattern. The functions are those of
`program.semantics`, given one query; tests hold it against the reference interpreter on every prefix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transformer_programs.program import semantics as S
from transformer_programs.rasp import expression as E
from transformer_programs.rasp.errors import RaspError
from transformer_programs.rasp.evaluation import guard, match_rows, quoted
from transformer_programs.rasp.raspl.rules import HIGHEST, LOWEST, kind_of

__all__ = ["Stream", "generate"]


class Stream:
    """An s-op on a growing input.

    Args:
        sop: what is computed.
        eight_bits: whether a number outside -128..127 that is no position is an error; the s-op was checked then.

    >>> stream = Stream(E.apply("+", E.tokens("int"), E.INDICES))
    >>> [stream.push(token) for token in (5, 5, 5)]
    [5, 6, 7]
    """

    def __init__(self, sop: E.Expr, *, eight_bits: bool = False) -> None:
        self._sop = sop
        self._nodes = list(E.ordered(sop))
        self._columns: dict[E.Expr, list[Any]] = {node: [] for node in self._nodes if not node.is_selector}
        self._bounded = {
            node for node in self._columns if eight_bits and kind_of(node).what == "int" and node.kind != "width"
        }
        self._n = 0

    def push(self, token: Any) -> Any:
        """Takes one more token; the s-op's value at it.

        Raises:
            RaspError: an operation fails, or a number overflows.
        """
        rows: dict[E.Expr, S.Matches] = {}
        here = range(self._n, self._n + 1)
        for node in self._nodes:
            try:
                if node.is_selector:
                    rows[node] = match_rows(node, rows, self._columns.__getitem__, here, self._n + 1)
                    continue
                value = self._value(node, token, rows)
            except (TypeError, ValueError, ArithmeticError) as error:
                raise RaspError(str(error), kind="wrong") from None
            if node in self._bounded and not LOWEST <= value <= HIGHEST:
                raise RaspError(f"8-bit overflow: {value} at position {self._n}", kind="wrong")
            self._columns[node].append(value)
        self._n += 1
        return self._columns[self._sop][-1]

    def _value(self, node: E.Expr, token: Any, rows: dict[E.Expr, S.Matches]) -> Any:
        match node.kind:
            case "indices":
                return self._n
            case "tokens":
                return token if node.data == "asis" else S.OPERATORS[node.data](token)
            case "constant":
                return node.data
            case "apply":
                values = [self._columns[arg][-1] for arg in node.args]
                if node.data in ("^", "*", "+"):
                    guard(node.data, *values)
                return S.OPERATORS[node.data](*values)
            case "lookup":
                keys, values, default, _ = node.data
                key = self._columns[node.args[0]][-1]
                found = dict(zip(keys, values)).get(key, default)
                if found is None:
                    raise RaspError(f"index [ {quoted(key)} ] not in dict.")
                return found
            case "width":
                return S.width(rows[node.args[0]])[0]
        head = {"mean": S.mean, "largest": S.largest, "smallest": S.smallest}[node.kind]
        return head(rows[node.args[0]], self._columns[node.args[1]], node.data)[0]


def generate(sop: E.Expr, prompt: Sequence[int], end: int, *, longest: int, eight_bits: bool = True) -> list[int]:
    """What a next-token program writes after a prompt, one token at a time, up to and without `end`.

    Args:
        sop: at each position the token that comes next.
        prompt: the tokens given.
        end: the token that ends.
        longest: most tokens written.
        eight_bits: whether numbers must fit 8 bits.

    Raises:
        RaspError: the prompt is empty, an operation fails, a number overflows, or the end does not come.
    """
    if not prompt:
        raise RaspError("an empty prompt", expected="at least one token")
    stream = Stream(sop, eight_bits=eight_bits)
    following = 0
    for token in prompt:
        following = stream.push(token)
    written: list[int] = []
    while following != end:
        if len(written) >= longest:
            raise RaspError(f"no end after {longest} tokens", kind="wrong")
        written.append(int(following))
        following = stream.push(int(following))
    return written
