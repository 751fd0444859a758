"""The search: exact steps until none is left, then lossy ones within what is allowed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from transformer_programs.errors import ProgramError
from transformer_programs.passes import simplify
from transformer_programs.program import Program, check
from transformer_programs.simplify.heads import find_heads
from transformer_programs.simplify.inputs import FIRST, Inputs
from transformer_programs.simplify.judge import Judge, Price
from transformer_programs.simplify.outputs import plain_answers, plain_scores
from transformer_programs.simplify.predicates import merge_equal, plain_predicates
from transformer_programs.simplify.removals import removals, removed
from transformer_programs.simplify.sizes import cost
from transformer_programs.simplify.tables import fill_tables
from transformer_programs.simplify.view import Proposal, View

__all__ = ["Found", "Limits", "Shortening", "shorten"]

FAMILIES: tuple[tuple[Callable[[View], Iterator[Proposal]], bool], ...] = (
    (find_heads, False),
    (merge_equal, False),
    (plain_predicates, False),
    (plain_answers, True),
    (plain_scores, False),
    (fill_tables, True),
)
"""Kinds of proposals, the ones that change most at once first, and whether they look at every input."""

SMALL = 10
"""Variables and scores up to which every set of removals is tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When to stop.

    Args:
        seconds: of searching.
        allow: share of the asked answers that may be lost.
    """

    seconds: float = 600.0
    allow: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One step of the search that stands.

    Args:
        what: in words.
        program: after it.
        exact: whether no asked answer changed.
    """

    what: str
    program: Program
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortening:
    """What came of it.

    Args:
        program: the shortest found.
        before, after: how often the old and the new program are right, where inputs were given.
        exact: whether the new program gives every asked answer of the old one.
        steps: what was done, in order.
        finished: whether nothing was left to try; False: stopped by the clock or by Ctrl-C.
        interrupted: by Ctrl-C.
    """

    program: Program
    before: Price | None
    after: Price | None
    exact: bool
    steps: tuple[str, ...]
    finished: bool
    interrupted: bool


def shorten(
    program: Program,
    inputs: Inputs | None = None,
    limits: Limits = Limits(),
    report: Callable[[Found], None] | None = None,
) -> Shortening:
    """The shortest program that the search finds; Ctrl-C ends it with the best so far.

    First the passes, exact by construction. Then, if `inputs` are all there are or something may be lost, proposals
    that leave every asked answer as it is. Then, if something may be lost, removals, the cheapest first.

    Args:
        inputs: to judge by; None: the passes alone.
    """
    best = Found(what="passes", program=simplify(program), exact=True)
    steps: list[str] = []
    judge = Judge(program, inputs) if inputs is not None else None
    finished, interrupted = True, False
    try:
        if inputs is not None and judge is not None:
            before = judge.price(program)
            deadline = time.monotonic() + limits.seconds
            floor = before.token_accuracy - limits.allow
            for stage in (_lossless, _lossy):
                if not (inputs.complete and stage is _lossless) and not limits.allow:
                    continue
                for found in stage(best.program, inputs, judge, deadline, floor):
                    best = found
                    steps.append(best.what)
                    if report is not None:
                        report(best)
    except _OutOfTime:
        finished = False
    except KeyboardInterrupt:
        finished, interrupted = False, True
    return Shortening(
        program=best.program,
        before=judge.price(program) if judge is not None else None,
        after=judge.price(best.program) if judge is not None else None,
        exact=best.exact,
        steps=tuple(steps),
        finished=finished,
        interrupted=interrupted,
    )


class _OutOfTime(Exception):
    pass


def _check_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise _OutOfTime


def _well_formed(program: Program) -> Program | None:
    """The program after the passes, or None where a proposal made no program."""
    try:
        return simplify(check(program))
    except ProgramError:
        return None


def _lossless(program: Program, inputs: Inputs, judge: Judge, deadline: float, _: float = 0) -> Iterator[Found]:
    """Proposals that change no asked answer, each of which makes the program shorter."""
    few = inputs.first(FIRST)
    while True:
        start = program
        for family, whole in FAMILIES:
            tried = None
            while tried != program:
                tried = program
                for what, proposed in family(View(program, inputs if whole else few)):
                    _check_time(deadline)
                    if not judge.may(proposed):
                        continue
                    made = _well_formed(proposed)
                    if made is not None and cost(made) < cost(program) and judge.same(made):
                        program = made
                        yield Found(what=what, program=program, exact=inputs.complete)
                        break
        if program == start:
            break


def _lossy(program: Program, inputs: Inputs, judge: Judge, deadline: float, floor: float) -> Iterator[Found]:
    """Removals, at every step the one that saves most for what it costs; then every set of few of them."""
    start = program
    while True:
        here, now = cost(program), judge.price(program).token_accuracy
        options: list[tuple[float, str, Program]] = []
        for what, proposed in (
            p for family in (removals, plain_scores, plain_predicates) for p in family(View(program, inputs))
        ):
            _check_time(deadline)
            made = _well_formed(proposed)
            if made is None or cost(made) >= here:
                continue
            price = judge.keeps(made, floor)
            if price is not None:
                saved = (here[0] - cost(made)[0]) * 80 + here[1] - cost(made)[1]
                options.append((saved / (max(now - price.token_accuracy, 0.0) + 1e-5), what, made))
        if not options:
            break
        _, what, program = max(options, key=lambda option: option[0])
        yield Found(what=what, program=program, exact=judge.inputs.complete and judge.same(program))
    if len(start.steps) <= SMALL:
        best = cost(program)
        for size in range(len(start.steps), 0, -1):
            for names in combinations([step.name for step in start.steps], size):
                _check_time(deadline)
                made = _well_formed(removed(View(start, inputs), names))
                if made is not None and cost(made) < best and judge.keeps(made, floor) is not None:
                    best = cost(made)
                    yield Found(what=f"without {', '.join(names)}", program=made, exact=False)
