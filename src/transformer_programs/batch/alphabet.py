"""What the integers of a column stand for: numbers themselves, or places in a list of values.

Values are told apart exactly, not by Python's ==: True, 1 and 1.0 are three values, and so are 0.0 and -0.0, since
`str` and other operators see the difference.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from transformer_programs.program import Value

__all__ = ["Alphabet", "CannotLower", "Coded", "Interner", "Whole", "exact", "values_of"]

MOST_VALUES = 1 << 16
"""Most values that are ever listed or tabulated one by one where the program itself does not list them."""


class CannotLower(Exception):
    """This part of a program has no byte code; a slower path runs the program. Never leaves the package."""


@dataclass(frozen=True, slots=True)
class Whole:
    """The integers are the values, all of type int, low..high."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Coded:
    """The integers are places in this list of distinct values."""

    values: tuple[Value, ...]


Alphabet: TypeAlias = Whole | Coded


def exact(value: Any) -> Hashable:
    """A key that two values share if no program can tell them apart.

    Raises:
        CannotLower: NaN or a complex number: only the interpreter knows what becomes of them.

    >>> exact(1) == exact(True), exact(0.0) == exact(-0.0), exact("a") == exact("a")
    (False, False, True)
    """
    if isinstance(value, float):
        if math.isnan(value):
            raise CannotLower("NaN")
        return (float, value.hex())
    if not isinstance(value, (bool, int, str)):
        raise CannotLower(type(value).__name__)
    return (type(value), value)


def values_of(alphabet: Alphabet) -> Sequence[Value]:
    """Every value, in the order of its integers.

    Raises:
        CannotLower: too many.
    """
    if isinstance(alphabet, Coded):
        return alphabet.values
    if alphabet.high - alphabet.low >= MOST_VALUES:
        raise CannotLower("a wide range of numbers")
    return range(alphabet.low, alphabet.high + 1)


@dataclass(slots=True)
class Interner:
    """Gives the integers 0, 1, 2, ... to values as they come.

    >>> interner = Interner()
    >>> interner.codes(["b", "a", "b", True, 1]), interner.values
    ([0, 1, 0, 2, 3], ['b', 'a', True, 1])
    """

    values: list[Value] = field(default_factory=list)
    _codes: dict[Hashable, int] = field(default_factory=dict)

    def code(self, value: Value) -> int:
        """The integer of a value, a new one where it is new."""
        key = exact(value)
        if key not in self._codes:
            self._codes[key] = len(self.values)
            self.values.append(value)
        return self._codes[key]

    def codes(self, values: Iterable[Value]) -> list[int]:
        """The integers of several values."""
        return [self.code(value) for value in values]
