"""A word of any length over fixed letters, in unknowns: how often each letter occurs, and where first.

Every position of an input is of exactly one *kind*: a marker; the first occurrence of a letter; a later occurrence of a
letter. There is at most one position of each of the first two kinds; of the third there are as many as the letter
occurs, less one.
"""

from __future__ import annotations

from dataclasses import dataclass

import z3  # type: ignore[import-untyped]

from transformer_programs.program import Frame
from transformer_programs.verify.lengths.terms import Texts, Whole, choose, equal
from transformer_programs.verify.symbolic.logic import Bit, every

__all__ = ["Kind", "NeedsToken", "Place", "Word"]


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A position.

    Args:
        token: what stands there; None: some letter.
        position: where.
        there: that it is a position of the input, of its kind. What is said of a place is said under this condition.
    """

    token: str | None
    position: Whole
    there: Bit


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """Positions of one kind.

    Args:
        token: what stands at them.
        number: how many there are.
        only: the place, where there is at most one.
    """

    token: str
    number: Whole
    only: Place | None


class NeedsToken(Exception):
    """Which letter stands at a place is needed to say more; never leaves the package."""


class Word:
    """The unknowns of an input, and what is true of every input.

    Attributes:
        count, first: of each letter how often it occurs, and the position at which it occurs first (any number where
            it does not occur).
        length: number of tokens, markers counted.
        token: the token's code at a position.
        axioms: what is true of every input of one letter or more: the counts are not negative and add up to the number
            of letters; a letter's first occurrence is one of the positions between the markers, early enough to leave
            room for the others; at it stands this letter. That first occurrences of two letters are different positions
            follows, since a position has one token.
        kinds: all, a letter's first and later occurrences side by side.
        unknowns: those made so far beside the word's own.
    """

    def __init__(self, letters: tuple[str, ...], frame: Frame, texts: Texts) -> None:
        self.letters, self.frame, self.texts = letters, frame, texts
        self.count = {letter: z3.Int(f"number of {letter}") for letter in letters}
        self.first = {letter: z3.Int(f"first {letter}") for letter in letters}
        self.token = z3.Function("token", z3.IntSort(), z3.IntSort())
        size = z3.Sum(list(self.count.values()))
        self.start = len(frame.before)
        self.end = self.start + size
        self.length = self.end + len(frame.after)
        self.unknowns: list[Whole] = []
        self.axioms: list[Bit] = [size >= 1]
        self.kinds: list[Kind] = []
        ends = ((self.end + k, token) for k, token in enumerate(frame.after))
        for position, token in [*enumerate(frame.before), *ends]:
            self.kinds.append(Kind(token, 1, Place(token, position, True)))
            self.axioms.append(self.token(position) == self.code(token))
        for letter, number in self.count.items():
            first = self.first[letter]
            here = every((self.start <= first, first + number <= self.end, self.token(first) == self.code(letter)))
            self.axioms += [number >= 0, z3.Implies(number >= 1, here)]
            self.kinds.append(Kind(letter, choose(number >= 1, 1, 0), Place(letter, first, number >= 1)))
            self.kinds.append(Kind(letter, choose(number >= 1, number - 1, 0), None))

    def code(self, token: str) -> int:
        """Of a token."""
        return int(self.texts.term(token).value)

    def unknown(self, what: str) -> Whole:
        """A new unknown."""
        self.unknowns.append(z3.Int(f"{what} {len(self.unknowns)}"))
        return self.unknowns[-1]

    def place(self, kind: Kind) -> Place:
        """The only place of a kind, or any one."""
        return kind.only or self.later(kind.token, self.unknown(f"a later {kind.token}"))

    def any_letter(self) -> Place:
        """Any position between the markers."""
        position = self.unknown("a letter")
        return Place(None, position, every((self.start <= position, position < self.end)))

    def later(self, letter: str, position: Whole) -> Place:
        """The place of a later occurrence, at a position."""
        here = (self.first[letter] < position, position < self.end, self.token(position) == self.code(letter))
        return Place(letter, position, every((self.count[letter] >= 2, *here)))

    def at(self, position: Whole) -> list[Place]:
        """What may stand at a position: the places of all kinds, of which exactly one is there, if it is a position."""
        places = []
        for kind in self.kinds:
            if kind.only is None:
                places.append(self.later(kind.token, position))
            else:
                places.append(
                    Place(kind.token, position, every((kind.only.there, equal(kind.only.position, position))))
                )
        return places
