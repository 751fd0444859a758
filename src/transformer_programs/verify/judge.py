"""Right or wrong, for a block of inputs at a time; and a counterexample told in full."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Bool, Int

from transformer_programs.program import Program
from transformer_programs.verify.blame import first_difference, first_wrong
from transformer_programs.verify.sides import ProgramSide, Side, aligned
from transformer_programs.verify.space import Space
from transformer_programs.verify.verdict import Counterexample

__all__ = ["Agreement", "Check", "Judge", "Keeping", "Rows", "fails", "shrunk"]

Tokens = Int[np.ndarray, "sequence length"]
Check = Callable[[Sequence[str], Sequence[str]], bool]
"""Whether the answers to a word keep a claim."""

Rows = tuple[Bool[np.ndarray, "sequence answer"], Bool[np.ndarray, "sequence answer"]]
"""Which answers are right, and which are asked for."""


class Judge(Protocol):
    """Says which answers of a program are right."""

    @property
    def program(self) -> Program:
        """The program judged."""

    @property
    def space(self) -> Space:
        """The inputs that count."""

    def __call__(self, tokens: Tokens) -> Rows:
        """For a block of sequences."""

    def example(self, tokens: tuple[str, ...]) -> Counterexample:
        """An input that is not all right, told in full."""


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """The program answers as another side does.

    Args:
        mine, right: both sides.
        other: the other program, where the other side is one.
        exact: whether a wrong variable is looked for, as if `right` were right.
    """

    program: Program
    space: Space
    mine: ProgramSide
    right: Side
    other: Program | None = None
    exact: bool = True

    def __call__(self, tokens: Tokens) -> Rows:
        """For a block of sequences."""
        return aligned(self.mine(tokens), self.right(tokens))

    def example(self, tokens: tuple[str, ...]) -> Counterexample:
        """An input that is not all right, told in full."""
        block = encoded(self.space, tokens)
        expected, got = self.right(block).row(0), self.mine(block).row(0)
        variable = ""
        if self.other is not None:
            variable = first_difference(self.program, self.other, tokens)
        if not variable and self.exact:
            variable = first_wrong(self.program, tokens, expected)
        told = tuple(text if text is not None else "" for text in got)
        return Counterexample(tokens=tokens, expected=expected, got=told, variable=variable)


@dataclass(frozen=True, slots=True, eq=False)
class Keeping:
    """The program keeps what is claimed of it: one answer an input, whether all claims hold."""

    program: Program
    space: Space
    mine: ProgramSide
    claims: tuple[tuple[str, Check], ...]

    def __call__(self, tokens: Tokens) -> Rows:
        """For a block of sequences."""
        answered = self.mine(tokens)
        words = self.space.vocabulary
        right = np.ones((len(tokens), 1), bool)
        for row, (sequence, codes) in enumerate(zip(tokens.tolist(), answered.codes.tolist())):
            word = self.space.word(tuple(words[code] for code in sequence))
            answers = self._inside([answered.texts[code] if code >= 0 else "" for code in codes])
            right[row] = all(check(word, answers) for _, check in self.claims)
        return right, np.ones_like(right)

    def _inside(self, answers: list[str]) -> list[str]:
        if len(answers) == 1 and self.mine.pooled:
            return answers
        return answers[self.space.frame.own(len(answers))]

    def example(self, tokens: tuple[str, ...]) -> Counterexample:
        """An input that is not all right, told in full."""
        got = tuple(text if text is not None else "" for text in self.mine(encoded(self.space, tokens)).row(0))
        answers, word = self._inside(list(got)), self.space.word(tokens)
        broken = [text for text, check in self.claims if not check(word, answers)]
        return Counterexample(tokens=tokens, expected=(), got=got, broken="; ".join(broken))


def encoded(space: Space, tokens: tuple[str, ...]) -> Tokens:
    """One input as a block."""
    index = {token: code for code, token in enumerate(space.vocabulary)}
    return np.array([[index[token] for token in tokens]], np.int32)


def fails(judge: Judge, tokens: tuple[str, ...]) -> bool:
    """Whether an input is a counterexample."""
    right, asked = judge(encoded(judge.space, tokens))
    return bool((asked & ~right).any())


def shrunk(
    judge: Judge, tokens: tuple[str, ...], wrong: Callable[[tuple[str, ...]], bool] | None = None
) -> tuple[str, ...]:
    """A counterexample that no single change makes smaller: letters are left out, then lowered in the order, while it
    stays an input and a counterexample. Inputs that only their task can
    list are left as they are.
    """
    space = judge.space
    bad = wrong or (lambda candidate: fails(judge, candidate))
    while True:
        word = space.word(tokens)
        shorter = [word[:i] + word[i + 1 :] for i in range(len(word))]
        lower = [
            (*word[:i], letter, *word[i + 1 :])
            for i, old in enumerate(word)
            for letter in space.letters[: space.letters.index(old)]
        ]
        for candidate in map(space.framed, (*shorter, *lower)):
            if space.has(candidate) and bad(candidate):
                tokens = candidate
                break
        else:
            return tokens
