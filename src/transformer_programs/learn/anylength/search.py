"""Candidates in the order of their description length, each value once, until one explains every answer.

A *proposal* is a selector, an operator or a table over candidates that exist; it waits in the bucket of its price.
Taken out, it is computed on the sample; what has new values becomes a candidate, is tested (`goals`), and makes new
proposals (`grammar`). So every program of the grammar is reached, the short ones first, and never twice.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from transformer_programs.learn.anylength.arrange import arrangements
from transformer_programs.learn.anylength.compute import apply, head, nearest_match, pattern
from transformer_programs.learn.anylength.goals import Explanation, Goals
from transformer_programs.learn.anylength.grammar import (
    Proposal,
    comparisons,
    masks,
    neighbours,
    operations,
    proposals,
    weights,
)
from transformer_programs.learn.anylength.pool import Kind, Pool, Variable
from transformer_programs.learn.anylength.sample import Sample
from transformer_programs.learn.anylength.sums import Sums
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Apply,
    Both,
    Closest,
    Compare,
    Either,
    Full,
    Largest,
    Node,
    Offset,
    Read,
    Selector,
    Smallest,
    Table,
    Total,
    Width,
)

__all__ = ["Effort", "Found", "search"]

Pairing: TypeAlias = Callable[[Pool, Variable, Variable], Iterator[Proposal]]
Waiting: TypeAlias = Proposal | tuple[Pairing, Variable, Variable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How far to look.

    Args:
        length: greatest description length of a candidate.
        candidates: most candidates.
        polish: most candidates, where one explains everything and only a shorter one is looked for.
        sequences: of the sample on which candidates are computed and told apart.
    """

    length: int = 9
    candidates: int = 6_000
    polish: int = 1_200
    sequences: int = 96


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Args:
        explanation: the shortest of the best ones; None where no candidate gets any answer right.
        candidates: how many were told apart.
        length: description length up to which all were looked at.
    """

    explanation: Explanation | None
    candidates: int
    length: int


class _Search:
    def __init__(self, sample: Sample, classes: list[list[int]], effort: Effort) -> None:
        self.sample, self.effort = sample, effort
        self.pool = Pool(sample)
        self.goals = Goals(self.pool)
        self.sums = Sums(self.pool)
        self.weights = list(weights(sample.data, classes))
        self.waiting: defaultdict[int, list[Waiting]] = defaultdict(list)
        self.best: Explanation | None = None
        self.weighted: list[Variable] = []

    def run(self, deadline: float, tell: Callable[[Explanation, int], None]) -> Found:
        """Bucket after bucket, until one has an explanation of everything."""
        self.tell = tell
        self._offer(self.goals.usual())
        for proposal in neighbours(self.pool):
            self._compute(proposal)
        for variable in (self.pool.tokens, self.pool.positions):
            self._welcome(variable)
        for weight in self.weights:
            values = np.array(weight, np.int32)[self.sample.encoded.tokens]
            made = self._add(Table((Read(TOKENS),), weight), Kind.NUMBER, 0, values)
            self.weighted += [made] if made is not None else []
        self._compute(Proposal(Full(), 0, ()))
        length = 0
        for length in range(1, self.effort.length + 1):
            for proposal in self._taken(length):
                self._compute(proposal)
                if self._enough() or time.monotonic() > deadline:
                    return Found(self.best, len(self.pool.variables), length - 1)
            if self._explained() and self.best is not None and self.best.cost <= length + 1:
                break
        return Found(self.best, len(self.pool.variables), length)

    def _explained(self) -> bool:
        return self.best is not None and self.best.accuracy == 1

    def _enough(self) -> bool:
        """Whether to stop within a bucket: sooner where an explanation, found by looking further, only gets shorter."""
        return len(self.pool.variables) >= (self.effort.polish if self._explained() else self.effort.candidates)

    def _taken(self, length: int) -> Iterator[Proposal]:
        """What waits at this price, and what comes to wait there meanwhile."""
        bucket = self.waiting[length]
        place = 0
        while place < len(bucket):
            match bucket[place]:
                case Proposal() as proposal:
                    yield proposal
                case (rule, new, other):
                    yield from rule(self.pool, new, other)
            place += 1
        self.waiting[length] = []

    def _wait(self, proposal: Proposal) -> None:
        parts = frozenset[int]().union(*(operand.parts for operand in proposal.operands))
        self._put(1 + proposal.own + self.pool.cost(parts), proposal)

    def _pair(self, new: Variable) -> None:
        """A new variable and each before it: what they make possible is written out when its turn comes."""
        for other in self.pool.variables:
            if other.kind is not new.kind or other is new:
                continue
            if new.kind is Kind.TOKEN and self.pool.tokens not in (new, other):
                continue
            cost = new.cost + other.cost - self.pool.cost(new.parts & other.parts)
            self._put(cost + 2, (comparisons, new, other))
            if new.kind is Kind.NUMBER:
                self._put(cost + 1, (operations, new, other))

    def _put(self, cost: int, item: Waiting) -> None:
        if cost <= self.effort.length:
            self.waiting[cost].append(item)

    def _compute(self, proposal: Proposal) -> None:
        match proposal.what:
            case Apply() as node:
                values = apply(node, self.pool.columns, self.sample.inside)
                if values is not None:
                    self._add(node, Kind.NUMBER, 1, values)
            case Full() | Offset() | Compare() | Both() | Either() as selector:
                self._heads(selector, 1 + proposal.own)
            case _:
                raise AssertionError(proposal)

    def _heads(self, selector: Selector, own: int) -> None:
        pool, sample = self.pool, self.sample
        found = pattern(sample, selector, self._columns(selector))
        local = isinstance(selector, Offset)
        if not local:
            weighted = [] if isinstance(selector, Either) else self.weighted
            if not isinstance(selector, Full):
                weighted = [v for v in weighted if v.values.min() == 0]
            # One product for all heads that add something up: exact, since float32 holds whole numbers to 2^24.
            added = np.stack([np.ones_like(pool.tokens.values), *(v.values for v in weighted)], axis=2)
            sums = np.rint(found.astype(np.float32) @ added.astype(np.float32)).astype(np.int32)
            self._add(Width(selector), Kind.NUMBER, own, sums[:, :, 0], counts=True)
            for number, variable in enumerate(weighted, 1):
                self._add(Total(selector, variable.name), Kind.NUMBER, own, sums[:, :, number], counts=True)
        if isinstance(selector, Full | Either):
            return
        parts = frozenset[int]().union(*(v.parts for v in pool.operands(Width(selector))), {0})
        nearest = nearest_match(sample, found)
        for number in sorted(parts):
            values = pool.variables[number]
            if values.kind is Kind.TOKEN and values.finite:
                copied = np.take_along_axis(values.values, nearest, axis=1)
                self._add(Closest(selector, values.name), Kind.TOKEN, own, copied, finite=True)
        if isinstance(selector, Compare) and selector.operator != "==" and selector.queries == POSITIONS:
            self._extremes(selector, own, found)

    def _extremes(self, selector: Selector, own: int, found: np.ndarray) -> None:
        """The least and the greatest token in the order of spelling."""
        spelling = self.sample.spelling
        back = np.argsort(spelling).astype(np.int32)
        first = self.sample.data.vocabulary[0]
        for kind in (Smallest, Largest):
            node = kind(selector, TOKENS, first)
            ranks = head(self.sample, node, found, spelling[self.pool.tokens.values], int(spelling[0]))
            self._add(node, Kind.TOKEN, own, back[ranks])

    def _columns(self, selector: Selector):  # type: ignore[no-untyped-def]
        match selector:
            case Compare(keys, operator, _) if operator not in ("==", "!="):
                variable = self.pool.by_name[keys]
                if variable.kind is Kind.TOKEN:
                    return {**self.pool.columns, keys: self.sample.spelling[variable.values]}
        return self.pool.columns

    def _add(
        self,
        node: Node,
        kind: Kind,
        own: int,
        values: np.ndarray,
        *,
        counts: bool = False,
        finite: bool = False,
    ) -> Variable | None:
        made = self.pool.add(node, kind, own, self.pool.operands(node), values, counts=counts, finite=finite)
        if made is not None:
            self._welcome(made)
        return made

    def _welcome(self, new: Variable) -> None:
        for explanation in self.goals.of(new):
            self._offer(explanation)
        if len(self.pool.variables) > self.effort.candidates:
            return
        if new.kind is Kind.NUMBER:
            for explanation in (*arrangements(self.pool, new), *self.sums.of(new)):
                self._offer(explanation)
            if self.sample.data.causal:
                self._partner(new)
            for node, values in masks(self.pool, new):
                self._add(node, Kind.TOKEN, 1, values, finite=True)
        if new.kind is Kind.NUMBER or new.finite:
            for proposal in proposals(self.pool, new):
                self._wait(proposal)
            self._pair(new)

    def _partner(self, level: Variable) -> None:
        """The closest token before this one at the same level: a look ahead, for brackets."""
        proposal = Proposal(Compare(level.name, "==", level.name), 1, (level,))
        found = pattern(self.sample, proposal.what, self.pool.columns)  # type: ignore[arg-type]
        copied = np.take_along_axis(self.pool.tokens.values, nearest_match(self.sample, found), axis=1)
        self._add(Closest(proposal.what, TOKENS), Kind.TOKEN, 2, copied, finite=True)  # type: ignore[arg-type]

    def _offer(self, explanation: Explanation) -> None:
        worth = (explanation.accuracy, -explanation.cost)
        if self.best is None or worth > (self.best.accuracy, -self.best.cost):
            self.best = explanation
            self.tell(explanation, len(self.pool.variables))


def search(
    sample: Sample,
    classes: list[list[int]],
    effort: Effort,
    deadline: float,
    tell: Callable[[Explanation, int], None],
) -> tuple[Pool, Found]:
    """The shortest explanation of a sample's answers.

    Args:
        sample: on which candidates are computed.
        classes: tokens that answers do not tell apart (`grammar.token_classes`).
        effort: how far to look.
        deadline: of `time.monotonic()`; the best so far counts from then on.
        tell: is told every improvement, and how many candidates there are.
    """
    run = _Search(sample, classes, effort)
    found = run.run(deadline, tell)
    return run.pool, found
