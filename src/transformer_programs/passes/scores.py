"""Integer scores in their plainest form: the argmax looks at differences only, and at their order only.

With s(o) the sum of scores of label o, the answer is the first o of the largest s(o). So it stays the same when the
same number is added to every s(o), when a row that is always added moves to the bias, and when all scores are divided
by a positive number. All three hold for scores summed over positions, too.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Classify,
    Constant,
    LinearScore,
    Program,
    Read,
    Ref,
    Score,
    Table,
    TableScore,
    domains,
    read_domain,
)

__all__ = ["normalise_scores"]

Row = tuple[int, ...]


def normalise_scores(program: Program) -> Program:
    """One score a read, rows shifted to have many zeros, what is always added in the bias, no common divisor."""
    output = program.output
    if not isinstance(output, Classify):
        return program
    bias = output.bias
    tables, linear = _collected(program, output.scores)
    for read, rows in list(tables.items()):
        shifted = _each(_shifted, rows)
        usual = _usual(shifted)
        bias = _sum(bias, usual)
        tables[read] = _each(_shifted, _each(partial(_difference, b=usual), shifted))
    values = {step.name: step.node.value for step in program.steps if isinstance(step.node, Constant)}
    for ref, weights in list(linear.items()):
        linear[ref] = _shifted(weights)
        value = values.get(ref)
        if isinstance(value, int):
            bias = _sum(bias, tuple(value * weight for weight in linear.pop(ref)))
    bias = _shifted(bias)
    divisor = math.gcd(*bias, *(s for rows in tables.values() for row in rows for s in row), *_flat(linear.values()))
    order = {ref: i for i, ref in enumerate((TOKENS, POSITIONS, *(step.name for step in program.steps)))}
    scores: list[tuple[int, int, Score]] = []
    for read, rows in tables.items():
        if any(map(any, rows)):
            divided = tuple(_divided(row, divisor) for row in rows)
            scores.append((order[read.variable], -1 if read.limit is None else read.limit, TableScore(read, divided)))
    for ref, weights in linear.items():
        if any(weights):
            scores.append((order[ref], -2, LinearScore(ref, _divided(weights, divisor))))
    sorted_scores = tuple(score for _, _, score in sorted(scores, key=lambda entry: entry[:2]))
    return replace(program, output=Classify(output.labels, _divided(bias, divisor), sorted_scores, output.pooled))


def _collected(program: Program, scores: Iterable[Score]) -> tuple[dict[Read, list[Row]], dict[Ref, Row]]:
    """The scores summed by what they read; a table's scores go to its only argument, where that has scores itself."""
    tables: dict[Read, list[Row]] = {}
    linear: dict[Ref, Row] = {}
    for score in scores:
        match score:
            case TableScore(read, rows):
                tables[read] = [_sum(a, b) for a, b in zip(tables[read], rows)] if read in tables else list(rows)
            case LinearScore(ref, weights):
                linear[ref] = _sum(linear[ref], weights) if ref in linear else weights
    known = domains(program)
    for step in reversed(program.steps):
        read = Read(step.name)
        match step.node:
            case Table((argument,), cells) if read in tables and argument in tables:
                popped = dict(zip(read_domain(read, known), tables[read]))
                summed = [_sum(row, popped[cell]) for row, cell in zip(tables[argument], cells)]
                if len(set(summed)) <= len(set(tables[argument])) + len(set(tables[read])):
                    tables[argument] = summed
                    del tables[read]
            case _:
                pass
    return tables, linear


def _each(change: Callable[[Row], Row], rows: Sequence[Row]) -> list[Row]:
    """The change of every row; many are alike."""
    made = {row: change(row) for row in set(rows)}
    return [made[row] for row in rows]


def _shifted(row: Row) -> Row:
    """The row less its commonest score (of several the least)."""
    counts = Counter(row)
    usual = min(counts, key=lambda score: (-counts[score], score))
    return tuple(score - usual for score in row)


def _usual(rows: list[Row]) -> Row:
    """The row that most values have, if more than one has it."""
    counts = Counter(rows)
    zero = (0,) * len(rows[0])
    usual = max(counts, key=lambda row: (counts[row], row == zero))
    return usual if counts[usual] > 1 or len(rows) == 1 else zero


def _sum(a: Row, b: Row) -> Row:
    return tuple(x + y for x, y in zip(a, b))


def _difference(a: Row, b: Row) -> Row:
    return tuple(x - y for x, y in zip(a, b))


def _divided(row: Row, divisor: int) -> Row:
    return tuple(score // divisor for score in row) if divisor > 1 else row


def _flat(rows: Iterable[Row]) -> Iterable[int]:
    return (score for row in rows for score in row)
