"""Sums of two numbers: plain, or each digit after an index hint, from the least or from the greatest digit on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from transformer_programs.experiments.length.samples import (
    FIRST,
    Draw,
    Format,
    Random,
    Sample,
    Witness,
    asked,
    hints,
    numbers,
)

__all__ = ["additions"]

Numbers = tuple[np.ndarray, np.ndarray]
"""The digits of two numbers, the most significant first."""

Pairs = list[list[int]]
"""Codes of a hint and of its digit, the most significant first."""


def additions(base: int) -> tuple[Format, ...]:
    """The formats of sums of numbers in a base.

    In base 10, a hundred pairs of digits must be learned, with and without a carry, beside the way they are found; a
    small model learns that way from fewer samples in base 3, where there are nine.
    """
    sums, name = Sums(base), {10: "addition", 3: "ternary-addition"}[base]
    digits = numbers(base)

    def both(write: Callable[[Numbers, Random, int], Sample]) -> tuple[Draw, Draw]:
        def tested(random: Random, length: int, symbols: int) -> Sample:
            return write(sums.operands(random, length), random, symbols)

        def practised(random: Random, length: int, symbols: int) -> Sample:
            return write(sums.practised(random, length), random, symbols)

        return tested, practised

    plain, hinted_last, hinted_first = both(sums.plain), both(sums.reversed), both(sums.forward)
    return (
        Format(
            name=name,
            summary="two numbers and their sum, a digit a token, with a leading zero",
            symbols=lambda longest: (*digits, "+"),
            draw=plain[0],
            practice=plain[1],
            size=lambda length: 3 * length + 4,
            witness=None,
            expected="fails",
        ),
        Format(
            name=f"{name}-reversed-hints",
            summary="each digit after its hint; the sum with the same hints, least significant digit first",
            symbols=lambda longest: (*digits, "+", *hints(longest)),
            draw=hinted_last[0],
            practice=hinted_last[1],
            size=lambda length: 6 * length + 4,
            witness=Witness(name="addition_reversed", nodes=57, lines=20, base=base),
            expected="generalises",
        ),
        Format(
            name=f"{name}-forward-hints",
            summary="each digit after its hint; the sum with the same hints, most significant digit first",
            symbols=lambda longest: (*digits, "+", *hints(longest)),
            draw=hinted_first[0],
            practice=hinted_first[1],
            size=lambda length: 6 * length + 4,
            witness=Witness(name="addition_forward", nodes=52, lines=22, base=base),
            expected="fails",
        ),
    )


@dataclass(frozen=True, slots=True)
class Sums:
    """Numbers in a base, and how their sums are written."""

    base: int

    @property
    def plus(self) -> int:
        """The code of `+`, behind the digits; the hints are behind it."""
        return FIRST + self.base

    def uniform(self, random: Random, length: int, below: int) -> Numbers:
        """Two numbers with a leading zero, of digits below something."""
        one, two = (np.concatenate([[0], random.integers(below, size=length - 1)]) for _ in range(2))
        return one, two

    def operands(self, random: Random, length: int) -> Numbers:
        """Half of them have a carry chain of random length: digits that add up to the greatest pass a carry on."""
        most = self.base - 1
        one, two = self.uniform(random, length, self.base)
        if length > 2 and random.random() < 0.5:
            start, end = np.sort(random.choice(np.arange(1, length + 1), 2, replace=False))
            two[start:end] = most - one[start:end]
            if end < length:
                two[end] = random.integers(self.base - one[end], self.base) if one[end] else most
        return one, two

    def practised(self, random: Random, length: int) -> Numbers:
        """Half of them of few digits, such as 0 and 1 alone.

        Where every digit is as likely as any other, that of a sum says nothing of that of one number, and nothing draws
        a model towards looking at either.
        """
        if random.random() < 0.5:
            return self.uniform(random, length, int(random.integers(1, self.base + 1, size=2).min()))
        return self.operands(random, length)

    def sum(self, one: np.ndarray, two: np.ndarray) -> np.ndarray:
        """The digits of a sum."""
        total, carry = np.zeros(len(one), int), 0
        for i in range(len(one) - 1, -1, -1):
            carry, total[i] = divmod(one[i] + two[i] + carry, self.base)
        return total

    def plain(self, operands: Numbers, random: Random, symbols: int) -> Sample:
        """The digits alone."""
        one, two = operands
        digits = [[FIRST + int(d) for d in number] for number in (one, two, self.sum(one, two))]
        return asked([*digits[0], self.plus, *digits[1]], digits[2])

    def forward(self, operands: Numbers, random: Random, symbols: int) -> Sample:
        """Hints and digits, the most significant first."""
        prompt, answer = self._hinted(operands, random, symbols)
        return asked(prompt, _flat(answer))

    def reversed(self, operands: Numbers, random: Random, symbols: int) -> Sample:
        """Hints and digits, the answer's least significant first."""
        prompt, answer = self._hinted(operands, random, symbols)
        return asked(prompt, _flat(reversed(answer)))

    def _hinted(self, operands: Numbers, random: Random, symbols: int) -> tuple[list[int], Pairs]:
        one, two = operands
        first = self.plus + 1 + int(random.integers(symbols - self.base - 1 - len(one) + 1))
        numbers = (one, two, self.sum(one, two))
        pairs = [[[first + i, FIRST + int(d)] for i, d in enumerate(number)] for number in numbers]
        return [*_flat(pairs[0]), self.plus, *_flat(pairs[1])], pairs[2]


def _flat(pairs: Iterable[list[int]]) -> list[int]:
    return [code for pair in pairs for code in pair]
