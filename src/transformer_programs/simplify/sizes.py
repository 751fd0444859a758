"""How long a program is: lines, nodes, branches, and bits."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import log2

from transformer_programs.emit.python import print_python
from transformer_programs.emit.python.printer import printed_lines, unformatted
from transformer_programs.passes.measure import measure
from transformer_programs.program import (
    Classify,
    Domain,
    LinearScore,
    Program,
    Ref,
    Relation,
    Table,
    domains,
    read_domain,
    references,
    selector_of,
)
from transformer_programs.program.nodes import Both, Either, Lookup, Negate, Pattern, Prefer

__all__ = ["Sizes", "cost", "sizes"]

KINDS = 20
"""Kinds of nodes, selectors and scores: naming one takes log2 of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Measures of one program.

    Args:
        lines: of the printed file, all of them.
        variables: computed ones.
        nodes: variables, selectors in heads, and scores.
        complexity: cyclomatic complexity of the printed file: 1 and one more for every branch, loop, comprehension,
            condition, `and`, `or` and handler.
        description_length: bits of a plain code: log2 of the number of choices for every kind, variable, cell, row
            and score.
    """

    lines: int
    variables: int
    nodes: int
    complexity: int
    description_length: int

    def as_json(self) -> dict[str, int]:
        """For machines."""
        return asdict(self)


def sizes(program: Program) -> Sizes:
    """The measures of a program.

    >>> from transformer_programs.program import Compare, Emit, Program, Step, Width
    >>> count = Step("count_1", Width(Compare("tokens", "==", "tokens")))
    >>> sizes(Program(name="hist", vocabulary=("a", "b"), max_length=4, steps=(count,), output=Emit("count_1")))
    Sizes(lines=23, variables=1, nodes=2, complexity=9, description_length=12)
    """
    found = measure(program)
    return Sizes(
        lines=found.lines,
        variables=found.variables,
        nodes=found.nodes,
        complexity=_complexity(print_python(program)),
        description_length=round(_bits(program)),
    )


def cost(program: Program) -> tuple[int, int]:
    """What is made smaller: lines, then characters of the program without its facts."""
    bare = unformatted(program)
    return printed_lines(program), len(bare) - sum(len(what) + len(text) for what, text in program.about)


def _complexity(text: str) -> int:
    branches = 0
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.If() | ast.IfExp() | ast.For() | ast.While() | ast.ExceptHandler() | ast.comprehension():
                branches += 1 + (len(node.ifs) if isinstance(node, ast.comprehension) else 0)
            case ast.BoolOp(values=values):
                branches += len(values) - 1
    return 1 + branches


def _bits(program: Program) -> float:
    known, variables = domains(program), 2.0
    total = 0.0
    for step in program.steps:
        total += log2(KINDS) + len(list(references(step.node))) * log2(variables)
        match step.node:
            case Table(cells=cells):
                total += len(cells) * log2(max(len(set(cells)), 1))
            case Lookup(keys=keys):
                total += 16 * len(keys)
        if (selector := selector_of(step.node)) is not None:
            total += _selector_bits(selector, program, known)
        variables += 1
    output = program.output
    total += len(list(references(output))) * log2(variables)
    if isinstance(output, Classify):
        rows = [output.bias]
        for score in output.scores:
            rows += [score.weights] if isinstance(score, LinearScore) else score.rows
        total += sum(2 * log2(1 + abs(score)) + 1 for row in rows for score in row)
    return total


def _selector_bits(selector: Pattern, program: Program, known: Mapping[Ref, Domain]) -> float:
    match selector:
        case Relation(keys, rows=rows):
            width = len(read_domain(keys, known))
            single = all(len(row) <= 1 for row in rows)
            return log2(KINDS) + len(rows) * (log2(width + 1) if single else width)
        case Prefer(keys, orders=orders):
            width = len(read_domain(keys, known))
            return log2(KINDS) + sum(log2(width + 1) * (1 + sum(map(len, order))) for order in orders)
        case Both(left, right) | Either(left, right):
            return log2(KINDS) + _selector_bits(left, program, known) + _selector_bits(right, program, known)
        case Negate(inner):
            return log2(KINDS) + _selector_bits(inner, program, known)
        case _:
            return log2(KINDS)
