"""Failing paths: wrong answers grouped by the table rows that led to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from transformer_programs.explain.answer import Answer
from transformer_programs.explain.attribution import Explanation, explain_trace
from transformer_programs.explain.inputs import Inputs
from transformer_programs.explain.values import shown
from transformer_programs.program import POSITIONS, TOKENS, Closest, Emit, Program, Ref, Table, references
from transformer_programs.program import semantics as S
from transformer_programs.run import Interpreter

__all__ = ["Failing", "FailingPath", "failing_paths", "path"]

MOST_ANSWERS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """One wrong answer.

    Args:
        tokens: the input.
        position: of the answer; None where there is one a sequence.
        got: the answer.
        right: what it should be.
    """

    tokens: tuple[str, ...]
    position: int | None
    got: str
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingPath:
    """Wrong answers that came about in the same way.

    Args:
        hops: from the answer backwards: a value, and the table row or the kind of match that gave it.
        answers: how many wrong answers.
        inputs: in how many inputs.
        examples: the first few.
    """

    hops: tuple[str, ...]
    answers: int
    inputs: int
    examples: tuple[Failing, ...]


def failing_paths(
    program: Program, inputs: Inputs, wrong: object, *, depth: int = 2, most: int = MOST_ANSWERS, examples: int = 3
) -> tuple[FailingPath, ...]:
    """The wrong answers, grouped by how they came about; the largest group first.

    A path starts at the feature that speaks most for the wrong label against the right one (or at the variable that
    is the answer) and follows what it was computed from, `depth` tables or heads back.

    Args:
        wrong: where an answer is wrong, as `Failures.wrong`.
        most: wrong answers looked at, the first ones.
    """
    import numpy as np

    interpreter = Interpreter(program)
    groups: dict[tuple[str, ...], list[Failing]] = {}
    looked = 0
    for row in np.nonzero(np.asarray(wrong).any(axis=1))[0].tolist():
        if looked >= most:
            break
        tokens, right = inputs.sequence(row), inputs.right(row)
        found = explain_trace(program, interpreter.trace(tokens))
        for column in np.nonzero(np.asarray(wrong)[row])[0].tolist():
            answer = found.answers[column]
            label = right[column]
            assert label is not None
            hops = tuple(path(found, answer, label, depth))
            failing = Failing(tokens=tokens, position=answer.position, got=str(answer.value), right=label)
            groups.setdefault(hops, []).append(failing)
            looked += 1
    made = (
        FailingPath(
            hops=hops,
            answers=len(group),
            inputs=len({failing.tokens for failing in group}),
            examples=tuple(group[:examples]),
        )
        for hops, group in groups.items()
    )
    return tuple(sorted(made, key=lambda group: -group.answers))


def path(found: Explanation, answer: Answer, right: str, depth: int = 2) -> Iterator[str]:
    """How a wrong answer came about, hop by hop, without what differs from input to input.

    Args:
        right: the label that it should be.
        depth: how many tables or heads back.
    """
    output = found.program.output
    if isinstance(output, Emit):
        start: Ref | None = output.variable
    elif right not in answer.labels:
        legal = right in output.labels
        yield f"{shown(right)} " + ("may not stand between its neighbours" if legal else "is no label of the program")
        return
    else:
        why = answer.why(str(answer.value), right)
        if not why.features:
            yield "no feature tells them apart; the first of equals is taken"
            return
        feature = why.features[0]
        yield f"{feature.text} speaks for {shown(answer.value)}"
        start = feature.variable
    if answer.position is None or start is None:
        return
    yield from _hops(found, start, answer.position, depth)


def _hops(found: Explanation, ref: Ref, position: int, depth: int) -> Iterator[str]:
    if ref in (TOKENS, POSITIONS) or depth == 0:
        return
    columns = {variable.name: variable.values for variable in found.variables}
    if ref not in columns:  # the label beside, of a best sequence
        return
    node = {step.name: step.node for step in found.program.steps}[ref]
    value = shown(columns[ref][position])
    match node:
        case Table(reads):
            cells = (S.saturate(columns[read.variable][position], read.limit) for read in reads)
            row = ", ".join(f"{read.variable} {shown(cell)}" for read, cell in zip(reads, cells))
            yield f"{ref} is {value}, by row {row}"
            for other in dict.fromkeys(read.variable for read in reads):
                yield from _hops(found, other, position, depth - 1)
        case Closest(_, values):
            head = {head.name: head for head in found.heads}[ref]
            matched = "read at a match" if head.matches[position] else "read at position 0: no match"
            yield f"{ref} is {value}, {matched}"
            yield from _hops(found, values, head.looks[position], depth - 1)
        case _:
            yield f"{ref} is {value}"
            if ref not in {head.name for head in found.heads}:
                for other in dict.fromkeys(references(node)):
                    yield from _hops(found, other, position, depth - 1)
