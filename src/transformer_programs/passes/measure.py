"""How long a program is."""

from __future__ import annotations

from dataclasses import dataclass

from transformer_programs.emit.python import print_python
from transformer_programs.program import Classify, Decode, LinearScore, Program, selector_of
from transformer_programs.program.nodes import Both, Either, Negate, Pattern

__all__ = ["Measure", "lines", "measure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Sizes of a program.

    Args:
        lines: of the printed text, all of them.
        variables: computed ones.
        nodes: variables, selectors in heads, and scores.
        scores: integers in the unembedding that are not 0, the bias included.
    """

    lines: int
    variables: int
    nodes: int
    scores: int


def measure(program: Program) -> Measure:
    """The sizes of a program."""
    output = program.output
    selectors = sum(_selectors(selector_of(step.node)) for step in program.steps)
    rows = []
    parts = 0
    if isinstance(output, Classify | Decode):
        parts = len(output.scores)
        rows = [output.bias]
        for score in output.scores:
            rows += [score.weights] if isinstance(score, LinearScore) else score.rows
    return Measure(
        lines=lines(program),
        variables=len(program.steps),
        nodes=len(program.steps) + selectors + parts,
        scores=sum(score != 0 for row in rows for score in row),
    )


def lines(program: Program) -> int:
    """Lines of the program as it prints."""
    return print_python(program).count("\n")


def _selectors(selector: Pattern | None) -> int:
    match selector:
        case None:
            return 0
        case Both(left, right) | Either(left, right):
            return 1 + _selectors(left) + _selectors(right)
        case Negate(inner):
            return 1 + _selectors(inner)
        case _:
            return 1
