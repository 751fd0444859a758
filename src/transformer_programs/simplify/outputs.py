"""Plainer outputs: a number instead of its text, a table instead of scores, fewer and smaller scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from transformer_programs.passes.answers import answer_table
from transformer_programs.program import (
    Classify,
    Emit,
    LinearScore,
    Program,
    Score,
    Step,
    Table,
    TableScore,
)
from transformer_programs.simplify.tables import fill_tables
from transformer_programs.simplify.view import Proposal, View

__all__ = ["plain_answers", "plain_scores"]

DIVISORS = (16, 8, 5, 4, 3, 2)


def plain_answers(view: View) -> Iterator[Proposal]:
    """A table that only spells a number gives way to the number; scores of few values to a table."""
    program = view.program
    match program.output:
        case Emit(variable):
            table = next((step.node for step in program.steps if step.name == variable), None)
            if isinstance(table, Table) and len(table.reads) == 1:
                read = table.reads[0]
                yield f"the answer is {read.variable} itself", replace(program, output=Emit(read.variable))
        case Classify(pooled=False) as output:
            node = answer_table(output, view.known)
            if node is not None:
                names = {step.name for step in program.steps}
                name = next(name for i in range(len(names) + 1) if (name := f"answer_1{'_' * i}") not in names)
                steps = (*program.steps, Step(name, node))
                made = replace(program, steps=steps, output=Emit(name))
                yield "a table instead of scores", made
                for _, filled in fill_tables(View(made, view.inputs), name):
                    yield "a table instead of scores", filled


def plain_scores(view: View) -> Iterator[Proposal]:
    """Scores left out, whole, by row or by label; all of them smaller."""
    output = view.program.output
    if not isinstance(output, Classify):
        return

    def made(scores: tuple[Score, ...], bias: tuple[int, ...] = output.bias) -> Program:
        return replace(view.program, output=Classify(output.labels, bias, scores, output.pooled))

    for i, score in enumerate(output.scores):
        others = output.scores[:i], output.scores[i + 1 :]
        yield f"no scores of {_variable(score)}", made((*others[0], *others[1]))
    for i, score in enumerate(output.scores):
        for lighter in _lighter(score):
            yield f"fewer scores of {_variable(score)}", made((*output.scores[:i], lighter, *output.scores[i + 1 :]))
    if any(output.bias):
        yield "no bias", made(output.scores, (0,) * len(output.bias))
    for divisor in DIVISORS:
        bias = tuple(round(score / divisor) for score in output.bias)
        yield f"scores divided by {divisor}", made(tuple(_divided(score, divisor) for score in output.scores), bias)


def _lighter(score: Score) -> Iterator[Score]:
    if isinstance(score, TableScore):
        zero = (0,) * len(score.rows[0])
        for i, row in enumerate(score.rows):
            if any(row):
                yield TableScore(score.read, (*score.rows[:i], zero, *score.rows[i + 1 :]))
        for i in range(1, len(score.rows)):
            for a, b in ((i, i - 1), (i - 1, i)):
                if score.rows[a] != score.rows[b]:
                    rows = list(score.rows)
                    rows[a] = rows[b]
                    yield TableScore(score.read, tuple(rows))


def _divided(score: Score, divisor: int) -> Score:
    match score:
        case TableScore(read, rows):
            return TableScore(read, tuple(tuple(round(s / divisor) for s in row) for row in rows))
        case LinearScore(variable, weights):
            return LinearScore(variable, tuple(round(weight / divisor) for weight in weights))


def _variable(score: Score) -> str:
    return score.read.variable if isinstance(score, TableScore) else score.variable
