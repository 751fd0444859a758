"""Local search on a program, whoever learned it: the same modules, other gates, rows, cells and scores."""

from __future__ import annotations

import numpy as np

from transformer_programs.config import at_least
from transformer_programs.learn.base import QUIET, Progress, Session
from transformer_programs.learn.hard.config import Search
from transformer_programs.learn.hard.convert import final_scores, to_program
from transformer_programs.learn.hard.lift import lift
from transformer_programs.learn.hard.local import search
from transformer_programs.learn.hard.problem import Candidate
from transformer_programs.learn.hard.prune import pruned
from transformer_programs.program import Program
from transformer_programs.tasks import Dataset

__all__ = ["REFINE", "Search", "refine"]

REFINE = Search(rounds=20)
"""How long `refine` searches unless told otherwise."""


def refine(
    program: Program,
    data: Dataset,
    *,
    config: Search = REFINE,
    prune: bool = True,
    seed: int = 0,
    session: Session = QUIET,
) -> Program:
    """A program of the same modules that is right at least as often on the validation part.

    Rounds of: refit the scores; weigh every single change of what a gate reads, of a predicate row or of a table cell
    by exact differences; keep those that lower the training loss.

    Args:
        program: of one-to-one heads, counts, tables of at most two arguments and scores; as a learner made it, before
            passes give its selectors shorter forms.
        data: what it is for.
        config: how long and how wide.
        prune: also drop scores that it can do without.
        seed: draws the sequences.
        session: takes progress.

    Raises:
        ProgramError: the program holds a node that learning does not make.
    """
    at_least("seed", seed, 0)
    problem, start, kept = lift(program, data)

    def report(turn: int, candidate: Candidate, changes: int) -> None:
        session.report(
            Progress(
                learner="refine",
                step=turn,
                steps=config.rounds,
                loss=candidate.loss,
                accuracy=candidate.accuracy,
                note=f"{changes} changes kept",
            )
        )

    found = search(problem, start, config, np.random.default_rng((seed, 3)), report)
    if prune:
        found, kept = pruned(problem, found, np.random.default_rng((seed, 4)))
    return to_program(problem, found, final_scores(problem, found, kept), kept, program.about)
