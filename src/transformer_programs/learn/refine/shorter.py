"""Shorter programs that are right as often: proposals of `simplify`, judged by accuracy instead of by equality."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from transformer_programs.errors import TransformerProgramError
from transformer_programs.passes import simplify
from transformer_programs.program import Program, check
from transformer_programs.simplify.heads import find_heads
from transformer_programs.simplify.outputs import plain_answers, plain_scores
from transformer_programs.simplify.predicates import merge_equal, plain_predicates
from transformer_programs.simplify.removals import removals
from transformer_programs.simplify.sizes import cost
from transformer_programs.simplify.tables import fill_tables
from transformer_programs.simplify.view import Proposal, View

__all__ = ["shorter"]

FAMILIES: tuple[Callable[[View], Iterator[Proposal]], ...] = (
    removals,
    find_heads,
    merge_equal,
    plain_predicates,
    plain_answers,
    plain_scores,
    fill_tables,
)
"""Those that leave out most first."""


def shorter(view: View, good: Callable[[Program], bool], late: Callable[[], bool]) -> Iterator[tuple[str, Program]]:
    """Each shorter program that is good, from the last one on.

    Args:
        view: the program on some examples, which proposals are made from.
        good: whether a program may take the place of the present one.
        late: asked before each proposal.
    """
    program = view.program
    made = simplify(program)
    if made != program and cost(made) <= cost(program) and good(made):
        program = made
        yield "passes", program
    while True:
        start = program
        for family in FAMILIES:
            before = None
            while before != program:
                before = program
                for what, proposed in family(View(program, view.inputs)):
                    if late():
                        return
                    found = _well_formed(proposed)
                    if found is not None and cost(found) < cost(program) and good(found):
                        program = found
                        yield what, program
                        break
        if program == start:
            return


def _well_formed(program: Program) -> Program | None:
    try:
        return simplify(check(program))
    except TransformerProgramError:
        return None
