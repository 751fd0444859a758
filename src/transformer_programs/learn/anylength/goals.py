"""Does a candidate explain the answers? As it is, through a table, or beside an error that lasts.

An answer may be a variable itself (a number, a token), or a small table of one or two finite readings. Where a label,
once given, is given for the rest of every sequence (brackets that cannot be completed), it is explained apart: by an
*event*, a table that says where it begins, of which a head counts those so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from transformer_programs.learn.anylength.pool import Kind, Pool, Variable
from transformer_programs.learn.anylength.sample import Sample
from transformer_programs.program import TOKENS, Constant, Full, Read, Ref, Step, Table, Total, Value

__all__ = ["Explanation", "Goals"]

MOST_CELLS = 512
EXAMPLES_A_CELL = 4
"""A table must have at most a fourth as many cells in use as there are answers to explain."""

PARTNERS = 12
"""How many of the best readings are tried beside a new one."""

KEPT = 4
"""How many of the shortest rules for each half of the answers are put together with new ones for the other."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A variable as a table reads it, at the asked positions."""

    variable: Variable
    limit: int | None
    codes: Int[np.ndarray, " answer"]
    size: int

    @property
    def read(self) -> Read:
        """For the node."""
        return Read(self.variable.name, self.limit)


@dataclass(frozen=True, slots=True)
class Rule:
    """Readings that decide a target, and their prices."""

    readings: tuple[Reading, ...]
    cells: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """A way to give the answers.

    Args:
        cost: description length.
        needs: variables of the pool.
        steps: further ones.
        output: the variable that is the answer.
        accuracy: share of the sample's answers that are right.
    """

    cost: int
    needs: tuple[Ref, ...]
    steps: tuple[Step, ...]
    output: Ref
    accuracy: float


class Goals:
    """What is to be explained, and by what it was so far.

    Args:
        pool: candidates; events that were found are added to it by name.
    """

    def __init__(self, pool: Pool) -> None:
        self.pool, self.sample = pool, pool.sample
        self.labels = self.sample.labels
        self.lasting = lasting_label(self.sample)
        self.rest = np.ones(len(self.labels), bool) if self.lasting is None else self.labels != self.lasting
        self.begins = self.rest | first_of(self.sample, self.lasting)
        self.partners: list[tuple[float, Reading]] = []
        self.event_partners: list[tuple[float, Reading]] = []
        self.events: list[Rule] = []
        self.rests: list[Rule] = []

    def usual(self) -> Explanation:
        """The commonest answer, everywhere."""
        counts = np.bincount(self.labels)
        label = self.sample.data.labels[int(counts.argmax())]
        return Explanation(1, (), (Step("answer", Constant(label)),), "answer", float(counts.max() / counts.sum()))

    def of(self, variable: Variable) -> Iterator[Explanation]:
        """Every explanation that a new variable completes, and the best partial one."""
        values = variable.values[self.sample.asked]
        target = self.sample.numbers if variable.kind is Kind.NUMBER else self.sample.tokens
        accuracy = float(np.mean(values == target))
        if accuracy > 0:
            yield Explanation(variable.cost, (variable.name,), (), variable.name, accuracy)
        if accuracy == 1:
            return
        for reading in self._readings(variable):
            yield from self._tables(reading)

    def _readings(self, variable: Variable) -> Iterator[Reading]:
        values = variable.values[self.sample.asked]
        if variable.finite and variable.kind is Kind.TOKEN:
            yield Reading(variable, None, values, len(self.sample.data.vocabulary))
        if variable.counts:
            yield Reading(variable, 1, np.clip(values, 0, 1), 2)

    def _tables(self, reading: Reading) -> Iterator[Explanation]:
        new_rests = self._rules(reading, self.labels, self.rest, self.partners)
        if self.lasting is None:
            yield from (self._answer(rule) for rule in new_rests)
            return
        new_events = self._rules(reading, (~self.rest).astype(np.int64), self.begins, self.event_partners)
        for event in new_events:
            yield from (self._with_event(event, rest) for rest in (*self.rests, *new_rests))
        for rest in new_rests:
            yield from (self._with_event(event, rest) for event in self.events)
        self.events = self._shortest((*self.events, *new_events))
        self.rests = self._shortest((*self.rests, *new_rests))

    def _shortest(self, rules: Iterable[Rule]) -> list[Rule]:
        return sorted(rules, key=lambda rule: (self._price(rule.readings), rule.cells))[:KEPT]

    def _price(self, readings: Iterable[Reading]) -> int:
        return self.pool.cost(frozenset[int]().union(*(reading.variable.parts for reading in readings)))

    def _rules(
        self,
        reading: Reading,
        target: Int[np.ndarray, " answer"],
        where: Bool[np.ndarray, " answer"],
        partners: list[tuple[float, Reading]],
    ) -> list[Rule]:
        """The reading alone, or beside one of the best before it, where that decides the target."""
        wanted, codes = target[where], reading.codes[where]
        share, cells = decided(codes, wanted)
        if cells * EXAMPLES_A_CELL > len(wanted):
            return []
        if share == 1:
            return [Rule((reading,), cells)]
        found = []
        for _, other in partners:
            if other.size * reading.size > MOST_CELLS:
                continue
            both, cells = decided(other.codes[where] * reading.size + codes, wanted)
            if both == 1 and cells * EXAMPLES_A_CELL <= len(wanted):
                found.append(Rule((other, reading), cells))
        partners.append((share, reading))
        partners.sort(key=lambda entry: (entry[1].variable.name != TOKENS, -entry[0], entry[1].variable.cost))
        del partners[PARTNERS:]
        return found

    def _answer(self, rule: Rule) -> Explanation:
        labels = self.sample.data.labels
        table = self._table(rule, self.labels, self.rest, lambda code: labels[code])
        return self._explanation(rule.readings, rule.cells, (Step("answer", table),))

    def _with_event(self, event: Rule, rest: Rule) -> Explanation:
        assert self.lasting is not None
        labels = self.sample.data.labels
        begun = self._table(event, (~self.rest).astype(np.int64), self.begins, int)
        inner = self._table(rest, self.labels, self.rest, lambda code: labels[code])
        last = labels[self.lasting]
        whole = Table((Read("failed", 1), *inner.reads), (*inner.cells, *(last for _ in inner.cells)))
        steps = (Step("fails", begun), Step("failed", Total(Full(), "fails")), Step("answer", whole))
        return self._explanation((*event.readings, *rest.readings), event.cells + rest.cells + 1, steps)

    def _explanation(self, readings: tuple[Reading, ...], cells: int, steps: tuple[Step, ...]) -> Explanation:
        needs = tuple(reading.variable.name for reading in readings)
        return Explanation(self._price(readings) + len(steps) + cells // 4, needs, steps, "answer", 1.0)

    def _table(self, rule: Rule, target, where, value) -> Table:  # type: ignore[no-untyped-def]
        """The table of what was seen; the commonest answer where nothing was."""
        wanted = target[where]
        seen: dict[tuple[int, ...], int] = {}
        columns = [reading.codes[where].tolist() for reading in rule.readings]
        for *codes, label in zip(*columns, wanted.tolist()):
            seen[tuple(codes)] = label
        usual = int(np.bincount(wanted).argmax())
        cells: list[Value] = [value(seen.get(codes, usual)) for codes in np.ndindex(*(r.size for r in rule.readings))]
        return Table(tuple(reading.read for reading in rule.readings), tuple(cells))


def decided(codes: Int[np.ndarray, " answer"], target: Int[np.ndarray, " answer"]) -> tuple[float, int]:
    """Which share of the targets the commonest target of each code gets right, and how many codes there are.

    >>> decided(np.array([0, 0, 0, 1]), np.array([2, 2, 0, 1]))
    (0.75, 2)
    """
    if not len(codes):
        return 1.0, 0
    labels = int(target.max()) + 1
    table = np.bincount(codes.astype(np.int64) * labels + target, minlength=(int(codes.max()) + 1) * labels)
    table = table.reshape(-1, labels)
    return float(table.max(axis=1).sum() / len(codes)), int(np.count_nonzero(table.sum(axis=1)))


def lasting_label(sample: Sample) -> int | None:
    """A label that, once given, is given for the rest of every sequence of a causal task, and not a few times only."""
    if not sample.data.causal:
        return None
    for label in range(len(sample.data.labels)):
        here = sample.encoded.labels == label
        begun = np.maximum.accumulate(here, axis=1)
        others = sample.asked & ~here
        if (begun & here).sum() > 0 and not (begun & others).any() and (begun.sum(axis=1) > 1).sum() > 20:
            return label
    return None


def first_of(sample: Sample, label: int | None) -> Bool[np.ndarray, " answer"]:
    """At which answers the label begins."""
    if label is None:
        return np.zeros(len(sample.labels), bool)
    here = sample.encoded.labels == label
    return (here & (np.cumsum(here, axis=1) == 1))[sample.asked]
