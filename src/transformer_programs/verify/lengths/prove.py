"""A length-free program right on every input of a task: which of the two ways, and what was used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import z3  # type: ignore[import-untyped]

from transformer_programs.program import Apply, Emit, Program, references
from transformer_programs.tasks import Task
from transformer_programs.tasks.words import Words
from transformer_programs.verify.lengths.answers import right_answer
from transformer_programs.verify.lengths.clock import Clock, Late
from transformer_programs.verify.lengths.counting import Evaluator
from transformer_programs.verify.lengths.induction import by_induction
from transformer_programs.verify.lengths.machine import Machine
from transformer_programs.verify.lengths.readers import reader_of
from transformer_programs.verify.lengths.terms import Texts, texts_of
from transformer_programs.verify.lengths.word import NeedsToken, Place, Word
from transformer_programs.verify.symbolic.logic import CannotProve
from transformer_programs.verify.verdict import EveryLength

__all__ = ["LEMMAS", "Open", "prove_every_length"]

LEMMAS = {
    "kinds": "by kinds: a head selects positions as their kinds are, the first or a later occurrence of each letter",
    "places": "counts of places: how many positions lie on one side of a place is linear in the place and the length",
    "pointer": "pointers: where keys runs through all positions, a key equals the query at one position or at none",
    "quotient": "small quotients: a // b is k exactly where k * b <= a < (k + 1) * b, for b > 0",
    "prefixes": "induction over prefixes: claims that hold behind the markers and last from each token to the next",
}
"""What the names stand for; statements and proofs are in `counting`, `linear` and `induction`."""


@dataclass(frozen=True, slots=True)
class Open:
    """No proof was found, for this reason; nothing follows from that."""

    reason: str


def prove_every_length(program: Program, task: Task, seconds: float) -> EveryLength | Open:
    """Whether a program gives the right answers on every input of a task, whatever its length.

    Args:
        program: length-free, over the task's vocabulary.
        task: of any size: its letters count, not its length.
        seconds: time limit.
    """
    clock = Clock(seconds)
    try:
        if program.max_length is not None:
            raise CannotProve(f"the program takes at most {program.max_length} tokens")
        if not isinstance(program.output, Emit):
            raise CannotProve("the answer is a label with the best score")
        texts = texts_of(program, (*task.vocabulary, *task.labels))
        if task.causal:
            return _by_induction(program, task, texts, clock)
        return _by_counting(program, task, texts, clock)
    except CannotProve as error:
        return Open(str(error))
    except Late:
        return Open(f"the time limit of {seconds:g} s came first")


def _by_induction(program: Program, task: Task, texts: Texts, clock: Clock) -> EveryLength:
    if task.frame.after:
        raise CannotProve("markers stand behind the tokens")
    reader = reader_of(task, texts)
    letters = tuple(token for token in task.vocabulary if token not in task.frame.before)
    claims = by_induction(Machine(program, texts), reader, task.frame.before, letters, clock.check)
    return EveryLength(
        domain=f"{reader.domain}, of every length",
        lemmas=(LEMMAS["prefixes"],),
        invariants=tuple(map(str, claims)),
        seconds=round(clock.spent, 2),
    )


def _by_counting(program: Program, task: Task, texts: Texts, clock: Clock) -> EveryLength:
    if not isinstance(task, Words) or {*task.letters} & {*task.frame.before, *task.frame.after}:
        raise CannotProve(f"the inputs of {task.name} are not all words over letters")
    _all_read(program)
    lemmas: dict[str, None] = {}
    word = Word(task.letters, task.frame, texts)
    evaluator = Evaluator(program, word, clock)
    for step in program.steps:
        if isinstance(step.node, Apply) and step.node.operator == "//":
            for kind in word.kinds:
                place = word.place(kind)
                below = evaluator.value(step.node.arguments[1], place).value
                if not _never(evaluator, place, below <= 0, clock):
                    raise CannotProve(f"{step.node.arguments[1]} may be 0 or less, and is divided by")
    for query in _queries(program, task, texts, clock):
        place, evaluator = query
        answer = evaluator.value(_answer(program), place)
        right = right_answer(task, evaluator.word, place)
        if answer.kind != right.kind:
            raise CannotProve(f"the answers are {answer.kind}, asked for are {right.kind}")
        if not _never(evaluator, place, answer.value != right.value, clock):
            raise CannotProve("what is known of the program here does not say that the answers are right")
        lemmas |= evaluator.lemmas
    letters = f"{len(task.letters)} letters"
    return EveryLength(
        domain=f"all words over {letters}, of every length",
        lemmas=tuple(LEMMAS[name] for name in LEMMAS if name in lemmas),
        invariants=(),
        seconds=round(clock.spent, 2),
    )


def _answer(program: Program) -> str:
    assert isinstance(program.output, Emit)
    return program.output.variable


def _all_read(program: Program) -> None:
    """Every step is read on the way to the answer, so that none can fail unseen."""
    wanted = {_answer(program)}
    for step in reversed(program.steps):
        if step.name not in wanted:
            raise CannotProve(f"nothing reads {step.name}: simplify the program first")
        wanted.update(references(step.node))


def _queries(program: Program, task: Words, texts: Texts, clock: Clock) -> Iterator[tuple[Place, Evaluator]]:
    """Places that stand for all positions of letters: one, if it does not matter which letter; else all kinds."""
    word = Word(task.letters, task.frame, texts)
    evaluator, place = Evaluator(program, word, clock), word.any_letter()
    try:
        evaluator.value(_answer(program), place)
        right_answer(task, word, place)
    except NeedsToken:
        for number, kind in enumerate(word.kinds):
            if kind.token in task.letters:
                own = Word(task.letters, task.frame, texts)
                yield own.place(own.kinds[number]), Evaluator(program, own, clock)
    else:
        yield place, evaluator


def _never(evaluator: Evaluator, place: Place, wrong: object, clock: Clock) -> bool:
    """Whether something is true of no such place of any word."""
    solver = z3.Solver()
    solver.add(*evaluator.word.axioms, *evaluator.facts, place.there, wrong)
    return bool(clock.check(solver) == z3.unsat)
