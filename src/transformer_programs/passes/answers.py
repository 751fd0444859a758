"""Scores that amount to a short table become the table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import product

from transformer_programs.emit.python.printer import printed_lines
from transformer_programs.passes.arguments import drop_arguments
from transformer_programs.passes.unused import drop_unused
from transformer_programs.program import (
    Classify,
    Constant,
    Domain,
    Emit,
    Finite,
    Integers,
    LinearScore,
    Node,
    Program,
    Read,
    Ref,
    Score,
    Step,
    Table,
    TableScore,
    Value,
    domains,
    read_domain,
)
from transformer_programs.program.semantics import argmax

__all__ = ["answer_table", "tabulate_answers"]

LARGEST = 4096
"""Cells of a table of several variables that are worth trying."""


def tabulate_answers(program: Program) -> Program:
    """`Classify` becomes `Emit` of a table of the scored variables, where that prints shorter."""
    output = program.output
    if not isinstance(output, Classify) or output.pooled:
        return program
    node = answer_table(output, domains(program))
    if node is None:
        return program
    name = "answer_1"
    while any(step.name == name for step in program.steps):
        name += "_"
    made = replace(program, steps=(*program.steps, Step(name, node)), output=Emit(name))
    made = drop_unused(drop_arguments(made))
    return made if printed_lines(made) < printed_lines(program) else program


def answer_table(output: Classify, known: Mapping[Ref, Domain]) -> Node | None:
    """The node that computes the answer, if the scored variables have few combinations."""
    if not output.scores:
        return Constant(output.labels[argmax(output.bias)])
    reads: dict[Read, None] = {}
    for score in output.scores:
        read = _read_of(score, known)
        if read is None:
            return None
        reads[read] = None
    sizes = [read_domain(read, known) for read in reads]
    if len(reads) > 1 and math.prod(map(len, sizes)) > LARGEST:
        return None
    rows = [_rows(score, known) for score in output.scores]
    cells = []
    for key in product(*sizes):
        seen = dict(zip(reads, key))
        terms = [row[seen[read]] for read, row in rows]
        cells.append(output.labels[argmax([sum(column) for column in zip(output.bias, *terms)])])
    return Table(tuple(reads), tuple(cells))


def _read_of(score: Score, known: Mapping[Ref, Domain]) -> Read | None:
    if isinstance(score, TableScore):
        return score.read
    match known[score.variable]:
        case Integers(int(low), int(high)) if high - low < LARGEST:
            return Read(score.variable)
        case Finite():
            return Read(score.variable)
        case _:
            return None


def _rows(score: Score, known: Mapping[Ref, Domain]) -> tuple[Read, Mapping[Value, tuple[int, ...]]]:
    """For every value of what a score reads, what it adds."""
    match score:
        case TableScore(read, rows):
            return read, dict(zip(read_domain(read, known), rows))
        case LinearScore(variable, weights):
            read = Read(variable)
            return read, {v: tuple(int(v) * weight for weight in weights) for v in read_domain(read, known)}
    raise AssertionError(score)
