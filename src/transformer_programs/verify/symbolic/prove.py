"""A proof for all inputs of one length, or the first input in order that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TypeAlias

import z3  # type: ignore[import-untyped]

from transformer_programs.program import Frame, Program
from transformer_programs.verify.goals import ClaimsGoal, Goal, ProgramGoal, TaskGoal
from transformer_programs.verify.space import WordSpace
from transformer_programs.verify.symbolic.encode import encode
from transformer_programs.verify.symbolic.logic import (
    Bit,
    CannotProve,
    Cell,
    either,
    every,
    known,
    opposite,
    same,
)
from transformer_programs.verify.symbolic.specify import breaks, wanted

__all__ = ["Found", "Outcome", "Proved", "Unknown", "Unprovable", "prove"]


@dataclass(frozen=True, slots=True)
class Proved:
    """No input of this length is wrong."""


@dataclass(frozen=True, slots=True)
class Found:
    """This input is wrong; of its length the first in order, unless the time ran out over finding that one."""

    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """The time limit came first."""


@dataclass(frozen=True, slots=True)
class Unprovable:
    """It cannot be put into logic, for this reason."""

    reason: str


Outcome: TypeAlias = Proved | Found | Unknown | Unprovable


class _Late(Exception):
    pass


def prove(program: Program, space: WordSpace, goal: Goal, seconds: float) -> Outcome:
    """Whether a program keeps a goal on all words of one length.

    Args:
        program: any whose variables have few values at that length.
        space: words of ONE length.
        goal: what is to be proved.
        seconds: time limit, for putting it into logic and solving together.
    """
    deadline = monotonic() + seconds

    def tick() -> None:
        if monotonic() > deadline:
            raise _Late

    (length,) = space.lengths
    solver = z3.SolverFor("QF_FD")
    word = [{letter: z3.Bool(f"{i} {k}") for k, letter in enumerate(space.letters)} for i in range(length)]
    if len(space.letters) == 1:
        word = [known(space.letters[0]) for _ in word]
    try:
        tick()
        lemmas: list[Bit] = []
        wrong = _wrong(program, space, goal, word, tick, lemmas)
        tick()
    except CannotProve as error:
        return Unprovable(str(error))
    except _Late:
        return Unknown()
    if wrong is False:
        return Proved()
    for cell in word:
        bits = list(cell.values())
        if len(bits) > 1:
            solver.add(z3.PbEq([(bit, 1) for bit in bits], 1))
    solver.add(wrong)
    solver.add(lemmas)
    answer = _check(solver, deadline)
    if answer == z3.unsat:
        return Proved()
    if answer != z3.sat:
        return Unknown()
    return Found(space.framed(_first(solver, word, deadline)))


def _check(solver: z3.Solver, deadline: float, *assumed: Bit) -> z3.CheckSatResult:
    left = int(1000 * (deadline - monotonic()))
    if left <= 0:
        return z3.unknown
    solver.set("timeout", left)
    answer = solver.check(*assumed)
    if answer == z3.unknown and "interrupted" in solver.reason_unknown():
        raise KeyboardInterrupt
    return answer


def _first(solver: z3.Solver, word: list[Cell], deadline: float) -> tuple[str, ...]:
    """The wrong word that comes first in the order of the letters: letter by letter the first that can still be."""
    model = solver.model()
    fixed: list[Bit] = []
    best = [_value(model, cell) for cell in word]
    for i, cell in enumerate(word):
        for letter, bit in cell.items():
            if letter == best[i]:
                break
            if _check(solver, deadline, *fixed, bit) == z3.sat:
                model = solver.model()
                best = [_value(model, other) for other in word]
                break
        if cell[best[i]] is not True:
            fixed.append(cell[best[i]])
    return tuple(best)


def _value(model: z3.ModelRef, cell: Cell) -> str:
    for letter, bit in cell.items():
        if bit is True or z3.is_true(model.eval(bit, model_completion=True)):
            return str(letter)
    raise AssertionError(cell)


def _wrong(
    program: Program,
    space: WordSpace,
    goal: Goal,
    word: list[Cell],
    tick: Callable[[], None],
    lemmas: list[Bit],
) -> Bit:
    """The condition under which a word is wrong; lemmas about words that no program fails on are added."""
    frame = program.frame if isinstance(goal, ProgramGoal) and goal.reframe else space.frame
    tokens = _marked(frame, word)
    encoded = encode(program, tokens, tick)
    answers = encoded.answers if program.pooled else encoded.answers[frame.own(len(tokens))]
    if encoded.fails is False:
        lemmas += encoded.lemmas
    match goal:
        case TaskGoal(task):
            right = wanted(task, word)
            differ = either(opposite(same(*pair)) for pair in zip(answers, right))
            return either((encoded.fails, differ))
        case ClaimsGoal(claims):
            return either((encoded.fails, *(breaks(claim, word, answers) for claim in claims)))
        case ProgramGoal(other, reframe):
            frame = other.frame if reframe else space.frame
            theirs = _marked(frame, word)
            second = encode(other, theirs, tick)
            if second.fails is False:
                lemmas += second.lemmas
            right = second.answers if program.pooled else second.answers[frame.own(len(theirs))]
            differ = either(opposite(same(*pair)) for pair in zip(answers, right))
            fine = every((opposite(encoded.fails), opposite(second.fails)))
            both = every((encoded.fails, second.fails))
            return either((every((fine, differ)), every((opposite(fine), opposite(both)))))


def _marked(frame: Frame, word: list[Cell]) -> list[Cell]:
    return [*map(known, frame.before), *word, *map(known, frame.after)]
