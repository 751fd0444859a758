"""Variables found again: a short head over earlier variables that has the same values, or determines them.

As circuits are simplified by resubstitution: for every variable, from the last, all counting heads over comparisons of
earlier variables are tried, among earlier or later places or all. What a head's count determines on a sample of the
inputs is proposed, with the table that turns the count into the variable; all that only the old way needed goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Int

from transformer_programs.passes.rebuild import rebuild
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Both,
    Compare,
    Full,
    Offset,
    Program,
    Read,
    Ref,
    Selector,
    Step,
    Table,
    Value,
    Width,
    domains,
)
from transformer_programs.simplify.tables import fillings
from transformer_programs.simplify.view import Proposal, View

__all__ = ["find_heads"]

SAMPLE = 1500
"""Inputs on which candidates are compared with a variable."""

MOST_CELLS = 60_000_000
"""Cells of all patterns of the sample together: longer inputs, fewer of them."""

PER_VARIABLE = 8
"""Candidates proposed for one variable, those that agree most first, then the plainest."""

LEAST_AGREEMENT = 0.8
"""Share of the places at which a count must give the variable: where it does not, the value may not matter."""

Pattern = Bool[np.ndarray, "sequence query key"]
Counts = Int[np.ndarray, "sequence position"]


def find_heads(view: View) -> Iterator[Proposal]:
    """For every variable, the last first, heads that have its values or determine them."""
    program = view.program
    if program.max_length is None or not program.steps:
        return
    sample = _Sample(view)
    for at in range(len(program.steps) - 1, -1, -1):
        step = program.steps[at]
        target = sample.codes(step.name)[sample.inside]
        agreed: list[tuple[float, int, Selector, dict[int, int]]] = []
        refs = [TOKENS, POSITIONS, *(s.name for s in program.steps[:at])]
        for order, (selector, counts) in enumerate(sample.candidates(refs)):
            share, cells = _determined(counts[sample.inside], target)
            if share >= LEAST_AGREEMENT and step.node != Width(selector) and len(set(cells.values())) > 1:
                agreed.append((-share, order, selector, cells))
        for _, _, selector, cells in sorted(agreed, key=lambda entry: entry[:2])[:PER_VARIABLE]:
            yield from _proposals(program, at, selector, {n: sample.value(step.name, c) for n, c in cells.items()})


def _proposals(program: Program, at: int, selector: Selector, cells: dict[int, Value]) -> Iterator[Proposal]:
    """The variable as the head itself, or as a table of it."""
    step = program.steps[at]
    what = f"{step.name} from a head"
    if all(type(value) is int and value == count for count, value in cells.items()):
        yield what, rebuild(program, nodes={step.name: Width(selector)})
    name = f"count_{len(program.steps) + 1}"
    while name in domains(program):
        name += "_"
    most = program.max_length or 0
    for _, filled in fillings([range(most + 1)], {(count,): value for count, value in cells.items()}):
        table = Table((Read(name),), filled)
        opened = replace(program, steps=(*program.steps[:at], Step(name, Width(selector)), *program.steps[at:]))
        yield what, rebuild(opened, nodes={step.name: table})


def _determined(counts: Int[np.ndarray, " place"], target: Int[np.ndarray, " place"]) -> tuple[float, dict[int, int]]:
    """The commonest target for each count, and the share of the places at which it is right."""
    seen = np.zeros((int(counts.max()) + 1, int(target.max()) + 1), np.int64)
    np.add.at(seen, (counts, target), 1)
    (occurring,) = np.nonzero(seen.sum(axis=1))
    best = seen.argmax(axis=1)
    return seen.max(axis=1).sum() / len(target), {int(count): int(best[count]) for count in occurring}


class _Sample:
    """Some inputs, the columns there, and the counting heads over them."""

    def __init__(self, view: View) -> None:
        self._view = view
        n = view.inputs.tokens.shape[1]
        count = min(SAMPLE, max(MOST_CELLS // (n * n * 200), 50), len(view.inputs))
        self.inside = view.inputs.mask[:count]
        self._count = count
        self._visible: Pattern = self.inside[:, None, :] & self.inside[:, :, None]
        if view.program.causal:
            self._visible = self._visible & np.tri(n, dtype=bool)
        self._n = n
        self._heads: dict[tuple[Ref, ...], list[tuple[Selector, Counts]]] = {}

    def codes(self, ref: Ref) -> Counts:
        """A column: small numbers, equal for equal values."""
        found: Counts = self._view.column(ref).codes[: self._count].astype(np.int32)
        return found

    def value(self, ref: Ref, code: int) -> Value:
        """What one of them stands for."""
        return self._view.column(ref).values[code]

    def candidates(self, refs: list[Ref]) -> Iterator[tuple[Selector, Counts]]:
        """Counting heads over these variables, plain ones first, one of each column."""
        seen: set[bytes] = set()
        plain = [(Full(), self._visible), *((s, p) for ref in refs for s, p in self._comparisons(ref))]
        sides = self._sides()
        for selector, pattern in (*plain, *sides):
            yield from self._fresh(selector, pattern, seen)
        for selector, pattern in plain[1:]:
            for side, half in sides:
                yield from self._fresh(Both(selector, side), pattern & half, seen)

    def _fresh(self, selector: Selector, pattern: Pattern, seen: set[bytes]) -> Iterator[tuple[Selector, Counts]]:
        counts: Counts = pattern.sum(axis=2, dtype=np.int32)
        key = counts.tobytes()
        if key not in seen:
            seen.add(key)
            yield selector, counts

    def _comparisons(self, ref: Ref) -> Iterator[tuple[Selector, Pattern]]:
        """Keys that equal the query's own value of a variable, or are above or below it."""
        codes = self.codes(ref)
        keys, queries = codes[:, None, :], codes[:, :, None]
        yield Compare(ref, "==", ref), (keys == queries) & self._visible
        values = self._view.column(ref).values
        if ref == POSITIONS or not all(type(value) is int for value in values):
            return
        ranks = np.array([*values, 0], np.int64)[codes]
        keys, queries = ranks[:, None, :], ranks[:, :, None]
        yield Compare(ref, ">", ref), (keys > queries) & self._visible
        yield Compare(ref, "<", ref), (keys < queries) & self._visible

    def _sides(self) -> list[tuple[Selector, Pattern]]:
        """Places before, and places after."""
        size = self._view.program.max_length or 2
        before = self._visible & np.tri(self._n, k=-1, dtype=bool)
        after = self._visible & ~np.tri(self._n, dtype=bool)
        found: list[tuple[Selector, Pattern]] = [(Offset(1 - size, -1), before)]
        return found if self._view.program.causal else [*found, (Offset(1, size - 1), after)]
