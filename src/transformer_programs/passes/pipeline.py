"""The passes in order, over and over until none changes anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from transformer_programs.passes.answers import tabulate_answers
from transformer_programs.passes.arguments import drop_arguments
from transformer_programs.passes.classes import name_classes
from transformer_programs.passes.constants import find_constants
from transformer_programs.passes.copies import drop_copies, read_through
from transformer_programs.passes.duplicates import merge_duplicates
from transformer_programs.passes.limits import unify_limits
from transformer_programs.passes.names import renumber
from transformer_programs.passes.scores import normalise_scores
from transformer_programs.passes.selectors import shorten_selectors
from transformer_programs.passes.unused import drop_unused
from transformer_programs.passes.values import merge_values
from transformer_programs.program import Program, check

__all__ = ["PASSES", "Pass", "simplify"]

Pass: TypeAlias = Callable[[Program], Program]

PASSES: tuple[Pass, ...] = (
    drop_unused,
    find_constants,
    name_classes,
    shorten_selectors,
    drop_copies,
    merge_duplicates,
    drop_arguments,
    read_through,
    unify_limits,
    merge_values,
    normalise_scores,
    tabulate_answers,
    renumber,
)
"""Each gives a program that is equal on every input."""

MOST_ROUNDS = 50


def simplify(program: Program) -> Program:
    """A program that gives the same answer on every input, and is shorter or the same.

    >>> from transformer_programs.program import Emit, Program, Read, Relation, Step, Table, Width
    >>> same = Relation(Read("tokens"), Read("tokens"), (("a",), ("b",)))
    >>> steps = (Step("head_3", Width(same)), Step("head_9", Table((Read("tokens"),), (0, 1))))
    >>> program = Program(name="hist", vocabulary=("a", "b"), max_length=4, steps=steps, output=Emit("head_3"))
    >>> for step in simplify(program).steps:
    ...     print(step.name, step.node)
    count_1 Width(selector=Compare(keys='tokens', operator='==', queries='tokens'))
    """
    for _ in range(MOST_ROUNDS):
        before = program
        for step in PASSES:
            made = step(program)
            program = made if made == program else check(made)
        if program == before:
            break
    return program
