"""The scores of a program fitted anew on its exact variables, by margin where every answer can be right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from transformer_programs.errors import ProgramError
from transformer_programs.learn.scores import Features, refit
from transformer_programs.program import (
    Anything,
    Classify,
    Integers,
    LinearScore,
    Program,
    Read,
    Score,
    TableScore,
    read_domain,
)
from transformer_programs.simplify.inputs import Inputs
from transformer_programs.simplify.view import View

__all__ = ["refitted"]

MOST_VALUES = 256
"""Variables of more values get no scores by value that they had not before."""


def refitted(program: Program, inputs: Inputs, *, more: bool = False) -> Program | None:
    """The program with new scores; None where it has none, or the data ask for labels that it does not have.

    Args:
        inputs: with right answers.
        more: whether to score all finite variables, not only those that are scored now.
    """
    output = program.output
    if not isinstance(output, Classify) or set(inputs.labels) - set(output.labels):
        return None
    view = View(program, inputs)
    unread = tuple(_unread(view, output)) if more else ()
    if more and not unread:
        return None
    return replace(program, output=_fitted(view, output, (*output.scores, *unread)))


def _unread(view: View, output: Classify) -> Iterator[TableScore]:
    program = view.program
    have = {score.read.variable for score in output.scores if isinstance(score, TableScore)}
    for ref in ("tokens", "positions", *(step.name for step in program.steps)):
        domain = view.known[ref]
        if ref in have or isinstance(domain, Anything):
            continue
        counts = isinstance(domain, Integers) and ref != "positions"
        read = Read(ref, program.max_length if counts and program.max_length is not None else None)
        try:
            size = len(read_domain(read, view.known))
        except ProgramError:
            continue
        if 1 < size <= MOST_VALUES:
            yield TableScore(read, ((0,) * len(output.labels),) * size)


def _fitted(view: View, output: Classify, scores: Sequence[Score]) -> Classify:
    """Integer scores, tables before numbers."""
    inputs = view.inputs
    assert inputs.right is not None
    tables = [score for score in scores if isinstance(score, TableScore)]
    numbers = [score for score in scores if isinstance(score, LinearScore)]
    # The data may have the labels in another order.
    order = np.array([*(output.labels.index(label) for label in inputs.labels), -1])
    asked = order[inputs.right]
    sequence, position = np.nonzero(inputs.mask if output.pooled else asked >= 0)
    labels = asked[:, 0] if output.pooled else asked[sequence, position]
    read = [score.read for score in tables]
    found = refit(
        Features(
            codes=_stack([view.places(each)[sequence, position] for each in read], len(sequence)),
            sizes=tuple(len(read_domain(each, view.known)) for each in read),
            numbers=_stack([_numbers(view, score)[sequence, position] for score in numbers], len(sequence)),
            labels=labels.astype(np.int64),
            groups=sequence if output.pooled else None,
        ),
        len(output.labels),
    )
    return Classify(
        output.labels,
        tuple(found.bias.tolist()),
        (
            *(TableScore(score.read, _rows(rows)) for score, rows in zip(tables, found.tables)),
            *(LinearScore(score.variable, tuple(row.tolist())) for score, row in zip(numbers, found.numbers)),
        ),
        output.pooled,
    )


def _rows(rows: np.ndarray) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in rows.tolist())


def _numbers(view: View, score: LinearScore) -> np.ndarray:
    column = view.column(score.variable)
    values = np.array([*(int(value) for value in column.values), 0], np.int64)
    return np.asarray(values[column.codes])


def _stack(columns: Sequence[np.ndarray], rows: int) -> np.ndarray:
    return np.stack(columns, axis=1) if columns else np.zeros((rows, 0), np.int64)
