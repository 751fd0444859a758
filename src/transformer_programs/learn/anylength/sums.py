"""Is the answer a sum, a difference or a quotient of two candidates? All pairs at once, a look ahead of the search."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Int

from transformer_programs.learn.anylength.goals import Explanation
from transformer_programs.learn.anylength.pool import Pool, Variable
from transformer_programs.learn.anylength.sample import NO_NUMBER
from transformer_programs.program import Apply, Step

__all__ = ["Sums"]

FEW = 16
"""Answers on which pairs are sifted first."""


class Sums:
    """The whole numbers so far, at a few answers and at all of them."""

    def __init__(self, pool: Pool) -> None:
        self.pool, self.sample = pool, pool.sample
        target = self.sample.numbers
        self.useful = bool(len(target)) and bool((target != NO_NUMBER).all())
        places = np.random.default_rng(0).permutation(len(target))[:FEW]
        self.few = np.sort(places)
        self.known: list[Variable] = []
        self.columns: Int[np.ndarray, "variable answer"] = np.zeros((64, len(self.few)), np.int64)

    def of(self, new: Variable) -> Iterator[Explanation]:
        """Explanations by the new number and one before it."""
        if not self.useful:
            return
        values = new.values[self.sample.asked]
        mine, target = values[self.few], self.sample.numbers[self.few]
        others = self.columns[: len(self.known)]
        for operator, mirrored in (("+", False), ("-", False), ("-", True), ("//", False), ("//", True)):
            left, right = (others, mine[None]) if mirrored else (mine[None], others)
            if operator == "+":
                hits = left + right == target
            elif operator == "-":
                hits = left - right == target
            else:
                hits = (right > 0) & (left // np.maximum(right, 1) == target)
            for number in np.flatnonzero(hits.all(axis=1)).tolist():
                other = self.known[number]
                first, second = (other, new) if mirrored else (new, other)
                yield from self._explained(operator, first, second)
        self._keep(new, mine)

    def _explained(self, operator: str, first: Variable, second: Variable) -> Iterator[Explanation]:
        inside = self.sample.inside
        if operator == "//" and (second.values[inside] <= 0).any():
            return
        left, right = (v.values[self.sample.asked].astype(np.int64) for v in (first, second))
        found = left + right if operator == "+" else left - right if operator == "-" else left // right
        accuracy = float(np.mean(found == self.sample.numbers))
        step = Step("answer", Apply(operator, (first.name, second.name)))
        cost = self.pool.cost(first.parts | second.parts) + 1
        yield Explanation(cost, (first.name, second.name), (step,), "answer", accuracy)

    def _keep(self, new: Variable, mine: Int[np.ndarray, " answer"]) -> None:
        if len(self.known) == len(self.columns):
            self.columns = np.concatenate([self.columns, np.zeros_like(self.columns)])
        self.columns[len(self.known)] = mine
        self.known.append(new)
