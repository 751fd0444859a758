"""Whether a proposal may stand: no asked answer changes, or the accuracy stays above a floor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from transformer_programs.errors import ProgramError
from transformer_programs.program import Program, check
from transformer_programs.simplify.inputs import FIRST, Inputs, answers

__all__ = ["Judge", "Price"]

GLANCE = 512
"""Inputs that are looked at before anything else: a fast look at many proposals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a program gets right.

    Args:
        token_accuracy: share of the asked answers that are right (or as the old program's, where none is known).
        sequence_accuracy: share of the inputs whose every asked answer is.
    """

    token_accuracy: float
    sequence_accuracy: float


class Judge:
    """Compares programs with a first one, on inputs.

    Args:
        program: the first.
        inputs: to compare on; where they hold no right answers, the first program's are right.
    """

    def __init__(self, program: Program, inputs: Inputs) -> None:
        self.inputs = inputs
        self._glance, self._first = inputs.first(GLANCE), inputs.first(FIRST)
        old = answers(program, inputs)
        self._texts = {text: i for i, text in enumerate(dict.fromkeys(map(str, old.values)))}
        codes = [self._texts[str(value)] for value in old.values]
        self._old = np.array([*codes, -1], np.int32)[old.codes]
        if inputs.right is None:
            self._right = self._old
        else:
            known = [self._texts.setdefault(label, len(self._texts)) for label in inputs.labels]
            self._right = np.array([*known, -1], np.int32)[inputs.right]

    def may(self, program: Program) -> bool:
        """Whether it is a program at all and every asked answer stays on the first inputs."""
        try:
            check(program)
        except ProgramError:
            return False
        return self._same(program, self._glance)

    def same(self, program: Program) -> bool:
        """Whether every asked answer is the first program's, as text."""
        return all(
            not ((self._coded(program, part) != self._old[: len(part)]) & part.asked).any() for part in self._parts()
        )

    def keeps(self, program: Program, floor: float) -> Price | None:
        """The accuracies where the share of right answers is at least the floor, else None."""
        few = self._price(program, self._first)
        slack = 4 * (0.25 / max(int(self._first.asked.sum()), 1)) ** 0.5 * (len(self._first) < len(self.inputs))
        if few.token_accuracy < floor - slack:
            return None
        price = self.price(program)
        return price if price.token_accuracy >= floor else None

    def price(self, program: Program) -> Price:
        """The accuracies on all inputs."""
        return self._price(program, self.inputs)

    def _same(self, program: Program, part: Inputs) -> bool:
        return not ((self._coded(program, part) != self._old[: len(part)]) & part.asked).any()

    def _parts(self) -> list[Inputs]:
        return [self._first, self.inputs] if len(self._first) < len(self.inputs) else [self.inputs]

    def _price(self, program: Program, part: Inputs) -> Price:
        right: Bool[np.ndarray, "sequence answer"] = self._coded(program, part) == self._right[: len(part)]
        whole = (right | ~part.asked).all(axis=1)
        asked = max(int(part.asked.sum()), 1)
        return Price(
            token_accuracy=int((right & part.asked).sum()) / asked,
            sequence_accuracy=int(whole.sum()) / max(len(part), 1),
        )

    def _coded(self, program: Program, part: Inputs) -> Int[np.ndarray, "sequence answer"]:
        found = answers(program, part)
        coded: Int[np.ndarray, "sequence answer"] = np.array(
            [*(self._texts.get(str(value), -2) for value in found.values), -1], np.int32
        )[found.codes]
        return coded
