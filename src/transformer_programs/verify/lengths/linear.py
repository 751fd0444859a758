"""Variables that are a whole multiple of the position, and of the length, and a number: arithmetic of places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from transformer_programs.program import POSITIONS, Apply, Compare, Constant, Full, Program, Ref, Width

__all__ = ["Linear", "linears", "nonnegative", "solved"]


@dataclass(frozen=True, slots=True)
class Linear:
    """`position * p + length * n + constant` at position p of an input of n tokens."""

    position: int
    length: int
    constant: int

    def at(self, position: Any, length: Any) -> Any:
        """Its value; of numbers or of terms.

        >>> Linear(-1, 1, -1).at(0, 5)
        4
        """
        return self.position * position + self.length * length + self.constant

    def plus(self, other: Linear, times: int = 1) -> Linear:
        """`self + times * other`."""
        return Linear(
            self.position + times * other.position,
            self.length + times * other.length,
            self.constant + times * other.constant,
        )


def nonnegative(value: Linear) -> bool:
    """Whether it is at least 0 at every position of every input of one token or more.

    Proof. For fixed n it is monotonic in p, so its least value is at p = 0, where it is `length * n + constant`, or at
    p = n - 1, where it is `(position + length) * n + constant - position`. A linear function of n is at least 0 for all
    n >= 1 exactly where it is so for n = 1 and its slope is not negative; for n = 1 both are `length + constant`.

    >>> nonnegative(Linear(-1, 1, -1)), nonnegative(Linear(-1, 1, -2))
    (True, False)
    """
    return value.length >= 0 and value.position + value.length >= 0 and value.length + value.constant >= 0


def solved(keys: Linear, query: Any, length: Any) -> Any:
    """The only j with `keys(j) == query`, where keys runs through the positions one by one.

    `keys(j) = s * j + rest` with s = 1 or -1, and s * s = 1, so that j = s * (query - rest).

    >>> solved(Linear(-1, 1, -1), 1, 5)
    3
    """
    assert keys.position in (1, -1)
    return keys.position * (query - keys.length * length - keys.constant)


def linears(program: Program) -> dict[Ref, Linear]:
    """All variables of a program that is not causal of which this shows that they are of this form.

    Counts of places. `Width(keys OP queries)`, keys running through the positions (1 or -1 times the position),
    counts the j in 0..n-1 on one side of t, with t = `solved(keys, queries)`. Of `j < t` these are t, where 0 <= t <=
    n; of `j > t` n - 1 - t, where that is between 0 and n; of `j == t` one, where 0 <= t <= n - 1. That t is in this
    range at every position of every input is asked of `nonnegative`.

    >>> from transformer_programs.program import Emit, Program, Step
    >>> later = Step("later", Width(Compare("positions", ">", "positions")))
    >>> linears(Program(name="p", vocabulary=("a",), max_length=None, steps=(later,), output=Emit("later")))["later"]
    Linear(position=-1, length=1, constant=-1)
    """
    if program.causal:
        return {}
    found = {POSITIONS: Linear(1, 0, 0)}
    for step in program.steps:
        match step.node:
            case Constant(int(value)) if type(value) is int:
                found[step.name] = Linear(0, 0, value)
            case Apply("+", (a, b)) if a in found and b in found:
                found[step.name] = found[a].plus(found[b])
            case Apply("-", (a, b)) if a in found and b in found:
                found[step.name] = found[a].plus(found[b], -1)
            case Apply("neg", (a,)) if a in found:
                found[step.name] = Linear(0, 0, 0).plus(found[a], -1)
            case Width(Full()):
                found[step.name] = Linear(0, 1, 0)
            case Width(Compare(keys, operator, queries)) if keys in found and queries in found:
                count = _count(found[keys], operator, found[queries])
                if count is not None:
                    found[step.name] = count
    return found


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def _count(keys: Linear, operator: str, queries: Linear) -> Linear | None:
    if keys.position not in (1, -1):
        return None
    side = operator if keys.position == 1 else _MIRRORED[operator]
    place = queries.plus(Linear(0, keys.length, keys.constant), -1)
    t = place if keys.position == 1 else Linear(0, 0, 0).plus(place, -1)
    n, one = Linear(0, 1, 0), Linear(0, 0, 1)
    if side in ("==", "!="):
        inside = nonnegative(t) and nonnegative(n.plus(one, -1).plus(t, -1))
        number = one if side == "==" else n.plus(one, -1)
        return number if inside else None
    number = {"<": t, "<=": t.plus(one), ">": n.plus(one, -1).plus(t, -1), ">=": n.plus(t, -1)}[side]
    return number if nonnegative(number) and nonnegative(n.plus(number, -1)) else None
