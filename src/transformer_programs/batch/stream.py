"""The columns of a program that is being lowered, and tables over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from math import prod
from typing import Any

from transformer_programs.batch.alphabet import (
    MOST_VALUES,
    Alphabet,
    CannotLower,
    Coded,
    Interner,
    Whole,
    values_of,
)
from transformer_programs.batch.code import Argument, Assembler
from transformer_programs.batch.kernel import NOT_HERE, Op
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Apply,
    Domain,
    Integers,
    Lookup,
    Program,
    Read,
    Ref,
    Spelled,
    Value,
    domains,
)
from transformer_programs.program.semantics import OPERATORS

__all__ = ["Column", "Stream", "elementwise"]

Column = tuple[int, Alphabet]
"""Where it is, and what its integers mean."""

MOST_BITS = 4096
"""A power with more bits than this is left to the slower paths, which compute only those that occur."""


def elementwise(node: Apply | Lookup) -> Callable[..., Value]:
    """The function that a node applies at every position."""
    if isinstance(node, Apply):
        return OPERATORS[node.operator]
    table = dict(zip(node.keys, node.values))

    def look(key: Any) -> Value:
        if key in table:
            return table[key]
        if node.default is None:
            raise KeyError(key)
        return node.default

    return look


class Stream:
    """The columns so far, for one program, one vocabulary and sequences of at most n tokens."""

    def __init__(self, program: Program, vocabulary: Sequence[str], n: int) -> None:
        self.code = Assembler()
        self.n = n
        self.known: dict[Ref, Domain] = domains(program)
        self.spelled = [step.name for step in program.steps if isinstance(step.node, Spelled)]
        self.columns: dict[Ref, Column] = {
            TOKENS: (0, Coded(tuple(vocabulary))),
            POSITIONS: (1, Whole(0, n - 1)),
        }
        self._made: dict[tuple[Any, ...], int] = {}

    def argument(self, read: Read) -> Argument:
        """A variable as a table of the program reads it: index 0 is the first value of its domain."""
        column, alphabet = self.columns[read.variable]
        if read.limit is not None:
            return column, 0, read.limit
        domain = self.known[read.variable]
        if isinstance(domain, Integers):
            assert domain.low is not None
            assert domain.high is not None
            return column, domain.low, domain.high
        assert isinstance(alphabet, Coded)
        return column, 0, len(alphabet.values) - 1

    def look(self, cells: Iterable[int], *arguments: Argument) -> int:
        """A column looked up in a table, made once."""
        cells = tuple(cells)
        key = (cells, *arguments)
        if key not in self._made:
            self._made[key] = self.code.look(cells, *arguments)
        return self._made[key]

    def index(self, argument: Argument) -> int:
        """A column that holds the index itself: the variable's own where no value is clipped or shifted."""
        column, low, high = argument
        whole = (place(own) for own in self.columns.values() if own[0] == column)
        if low == 0 and any(least >= 0 and most <= high for _, least, most in whole):
            return column
        return self.look(range(high - low + 1), argument)

    def whole(self, column: Column) -> tuple[int, Whole]:
        """A column with the numbers themselves.

        Raises:
            CannotLower: not all values are whole numbers.
        """
        at, alphabet = column
        if isinstance(alphabet, Whole):
            return at, alphabet
        if not alphabet.values or not all(isinstance(value, int) for value in alphabet.values):
            raise CannotLower("values that are no whole numbers")
        numbers = [int(value) for value in alphabet.values]
        span = Whole(min(numbers), max(numbers))
        if numbers == list(range(len(numbers))):
            return at, span
        if max(-span.low, span.high) >= 2**62:
            raise CannotLower("large numbers")
        return self.look(numbers, place(column)), span

    def tabulate(self, meaning: Callable[..., Value], *columns: Column) -> Column:
        """The column of a function of other columns, as a table over all their values.

        Raises:
            CannotLower: too many combinations, or none of them has a value.
        """
        if prod(_size(alphabet) for _, alphabet in columns) > MOST_VALUES:
            raise CannotLower("a large table")
        interner = Interner()
        cells = []
        for values in product(*(values_of(alphabet) for _, alphabet in columns)):
            try:
                cells.append(interner.code(meaning(*values)))
            except Exception:  # the error, if it ever comes to pass, is raised by the slower path
                cells.append(NOT_HERE)
        if not interner.values:
            raise CannotLower("a table without values")
        out = self.look(cells, *map(place, columns))
        if NOT_HERE in cells:
            self.code.put(Op.CHECK, out)
        return out, Coded(tuple(interner.values))

    def apply(self, node: Apply | Lookup) -> Column:
        """The column of an elementwise operator or dictionary."""
        refs = node.arguments if isinstance(node, Apply) else (node.argument,)
        meaning = elementwise(node)

        def power(a: Any, b: Any) -> Value:
            if isinstance(a, int) and isinstance(b, int) and a.bit_length() * b > MOST_BITS:
                raise OverflowError
            return meaning(a, b)

        bounded = power if isinstance(node, Apply) and node.operator == "^" else meaning
        return self.tabulate(bounded, *(self.columns[ref] for ref in refs))


def place(column: Column) -> Argument:
    """A column as a table over its alphabet reads it."""
    at, alphabet = column
    if isinstance(alphabet, Whole):
        return at, alphabet.low, alphabet.high
    return at, 0, len(alphabet.values) - 1


def _size(alphabet: Alphabet) -> int:
    return len(alphabet.values) if isinstance(alphabet, Coded) else alphabet.high - alphabet.low + 1
