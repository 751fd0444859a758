"""Which answers of a program are right, and which examples look up which of its rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Int

from transformer_programs.errors import TransformerProgramError
from transformer_programs.program import Program, Read
from transformer_programs.simplify.inputs import Inputs, answers
from transformer_programs.simplify.view import View

__all__ = ["FAILURES", "Sample", "joined", "right", "taken"]

FAILURES = (TransformerProgramError, ArithmeticError, TypeError, ValueError)
"""What a proposal may raise: it is no program, or its operators do not take the values they get."""

MOST = 1500
"""Examples with a wrong answer that changes are weighed on, and as many without, at most."""


def right(program: Program, inputs: Inputs) -> Bool[np.ndarray, "sequence answer"]:
    """Which asked answers are right, as text.

    Raises:
        TransformerProgramError: the program fails on one of the inputs.
    """
    assert inputs.right is not None
    found = answers(program, inputs)
    index = {label: code for code, label in enumerate(inputs.labels)}
    meant = np.array([*(index.get(str(value), -2) for value in found.values), -2], np.int32)
    marks: Bool[np.ndarray, "sequence answer"] = (meant[found.codes] == inputs.right) & inputs.asked
    return marks


def taken(inputs: Inputs, rows: Int[np.ndarray, " chosen"]) -> Inputs:
    """Some of the examples."""
    return replace(
        inputs,
        tokens=inputs.tokens[rows],
        lengths=inputs.lengths[rows],
        asked=inputs.asked[rows],
        right=None if inputs.right is None else inputs.right[rows],
        complete=False,
    )


def joined(first: Inputs, second: Inputs) -> Inputs:
    """Both, of the same tokens and labels."""
    assert first.right is not None
    assert second.right is not None
    width = max(first.tokens.shape[1], second.tokens.shape[1])
    answers = max(first.right.shape[1], second.right.shape[1])

    def padded(array: np.ndarray, to: int, value: int) -> np.ndarray:
        return np.pad(array, ((0, 0), (0, to - array.shape[1])), constant_values=value)

    wanted = np.concatenate([padded(part, answers, -1) for part in (first.right, second.right)])
    return replace(
        first,
        tokens=np.concatenate([padded(part.tokens, width, 0) for part in (first, second)]),
        lengths=np.concatenate([first.lengths, second.lengths]),
        asked=wanted >= 0,
        right=wanted,
        complete=False,
    )


@dataclass(frozen=True, eq=False)
class Sample:
    """Examples that changes of one program are weighed on: those it gets wrong before those it gets right.

    Args:
        inputs: the examples.
        right: how many answers of each are right at present.
        wrong: how many are not.
        weight: how many examples of all each of these stands for.
        view: the program on them.
    """

    inputs: Inputs
    right: Int[np.ndarray, " sequence"]
    wrong: Int[np.ndarray, " sequence"]
    weight: np.ndarray
    view: View

    @staticmethod
    def of(
        program: Program, inputs: Inputs, marks: Bool[np.ndarray, "sequence answer"], seed: int, most: int = MOST
    ) -> Sample:
        """At most so many of the examples with errors, and of those without, given which answers are right."""
        random = np.random.default_rng(seed)
        good, asked = marks.sum(axis=1), inputs.asked.sum(axis=1)
        parts, weights = [], []
        for rows in (np.flatnonzero(good < asked), np.flatnonzero(good == asked)):
            chosen = np.sort(random.permutation(rows)[:most])
            parts.append(chosen)
            weights.append(np.full(len(chosen), len(rows) / max(len(chosen), 1)))
        chosen = np.concatenate(parts)
        few = taken(inputs, chosen)
        return Sample(few, good[chosen], (asked - good)[chosen], np.concatenate(weights), View(program, few))

    def uses(self, reads: tuple[Read, ...], sizes: tuple[int, ...]) -> Bool[np.ndarray, "sequence row"]:
        """Which rows of a table over these reads each example looks up."""
        flat = np.zeros(self.inputs.tokens.shape, np.int64)
        for read, size in zip(reads, sizes):
            flat = flat * size + self.view.places(read)
        found = np.zeros((len(self.inputs), int(np.prod(sizes, dtype=np.int64))), bool)
        sequence, position = np.nonzero(self.inputs.mask)
        found[sequence, flat[sequence, position]] = True
        return found

    def gain(self, program: Program, used: Bool[np.ndarray, " sequence"], least: float) -> float:
        """About how many more answers of all examples a changed program gets right.

        Only examples that use what was changed are run; those that are right now only where the others promise more
        than `least`.
        """
        total = 0.0
        for part in (used & (self.wrong > 0), used & (self.wrong == 0)):
            rows = np.flatnonzero(part)
            if len(rows):
                now = right(program, taken(self.inputs, rows)).sum(axis=1)
                total += float((self.weight[rows] * (now - self.right[rows])).sum())
            if total <= least:
                return total
        return total
