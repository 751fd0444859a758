"""Truth values that may be known, and cells: variables of which exactly one value is true."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any, TypeAlias

import z3  # type: ignore[import-untyped]

__all__ = [
    "Bit",
    "CannotProve",
    "Cell",
    "count",
    "either",
    "every",
    "known",
    "lemma",
    "lift",
    "merged",
    "opposite",
    "same",
]

Bit: TypeAlias = Any
"""True, False, or a Z3 expression: what is known never reaches the solver."""

Cell: TypeAlias = dict[Any, Bit]
"""Exactly one of these values is the value; those that cannot be are left out."""

MOST_COMBINATIONS = 20_000


class CannotProve(Exception):
    """This program or goal cannot be put into logic; never leaves the package."""


def every(bits: Iterable[Bit]) -> Bit:
    """Their conjunction."""
    kept = {}
    for bit in bits:
        if bit is False:
            return False
        if bit is not True:
            kept[bit.get_id()] = bit
    return _joined(kept, True, z3.And)


def either(bits: Iterable[Bit]) -> Bit:
    """Their disjunction."""
    kept = {}
    for bit in bits:
        if bit is True:
            return True
        if bit is not False:
            kept[bit.get_id()] = bit
    return _joined(kept, False, z3.Or)


def _joined(kept: Mapping[int, Bit], none: bool, join: Callable[[list[Bit]], Bit]) -> Bit:
    """Each once and in one order, so that the same meaning is mostly the same expression, which Z3 keeps once."""
    if not kept:
        return none
    if len(kept) == 1:
        return next(iter(kept.values()))
    return join([bit for _, bit in sorted(kept.items())])


def opposite(bit: Bit) -> Bit:
    """Its negation."""
    return not bit if isinstance(bit, bool) else z3.Not(bit)


def known(value: Any) -> Cell:
    """The cell of one value."""
    return {value: True}


def merged(parts: Iterable[tuple[Any, Bit]]) -> Cell:
    """A cell from values and the conditions under which they are the value; equal values are one.

    Raises:
        CannotProve: equal values that are not the same, such as 1 and True.
    """
    cases: dict[Any, list[Bit]] = {}
    spelling: dict[Any, str] = {}
    for value, bit in parts:
        if bit is not False:
            cases.setdefault(value, []).append(bit)
            if spelling.setdefault(value, repr(value)) != repr(value):
                raise CannotProve(f"the values {spelling[value]} and {value!r} of one variable are equal")
    if len(cases) == 1:
        return dict.fromkeys(cases, True)
    return {value: either(bits) for value, bits in cases.items()}


def lift(meaning: Callable[..., Any], *cells: Mapping[Any, Bit]) -> tuple[Cell, Bit]:
    """A function of cells, and the condition under which it fails.

    Raises:
        CannotProve: too many combinations of values.
    """
    size = 1
    for cell in cells:
        size *= len(cell)
    if size > MOST_COMBINATIONS:
        raise CannotProve("a variable of too many values")
    parts, failing = [], []
    for combination in product(*(cell.items() for cell in cells)):
        bit = every(bit for _, bit in combination)
        if bit is False:
            continue
        try:
            parts.append((meaning(*(value for value, _ in combination)), bit))
        except Exception:  # not swallowed: the condition under which it comes to pass is handed on
            failing.append(bit)
    return merged(parts), either(failing)


def count(bits: Iterable[Bit]) -> Cell:
    """How many are true."""
    cell = known(0)
    for bit in bits:
        cell = merged(
            part for value, here in cell.items()
            for part in ((value, every((here, opposite(bit)))), (value + 1, every((here, bit))))
        )  # fmt: skip
    return cell


def same(left: Mapping[Any, Bit], right: Mapping[Any, Bit]) -> Bit:
    """Whether two cells have the same value; known where they are the same expressions."""
    if left.keys() == right.keys() and all(identical(bit, right[value]) for value, bit in left.items()):
        return True
    return either(every((bit, right[value])) for value, bit in left.items() if value in right)


def identical(left: Bit, right: Bit) -> bool:
    """Whether two conditions are the same expression."""
    return left is right or (z3.is_expr(left) and z3.is_expr(right) and left.eq(right))


def lemma(cell: Mapping[Any, Bit]) -> Bit:
    """What is true of every cell: exactly one value. The solver finds proofs sooner when told."""
    bits = list(cell.values())
    if len(bits) < 2:
        return True
    return z3.PbEq([(bit, 1) for bit in bits], 1)
