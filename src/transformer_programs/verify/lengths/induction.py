"""A causal program right on every input, by induction over its prefixes.

*Statement.* Let I be claims about pairs of states, of the program's `Machine` and of the task's `Reader`. Suppose
that all of I hold behind the markers; that wherever all of I hold and a token may come next, all of I hold after it,
and the program's answer at this token is the one asked for, if one is asked for. Then the program is right on every
input.

*Proof.* By induction over the tokens all of I hold behind every prefix of an input. An answer of a causal program
depends on the prefix that ends there, and the machine computes it from the state before and the token.

The claims are guessed from states seen in runs. Those that do not last are dropped, until all that are left last
(they are then the largest set of guesses that does). Z3 decides it token by token: a guess that is false can only be
dropped. A claim about all k in 1..m is proved for a k about which nothing is known, and assumed for a few k only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import z3  # type: ignore[import-untyped]

from transformer_programs.verify.lengths.invariants import Claim, Shape, guesses
from transformer_programs.verify.lengths.machine import Machine, State
from transformer_programs.verify.lengths.readers import Reader
from transformer_programs.verify.lengths.terms import Term
from transformer_programs.verify.symbolic.logic import Bit, CannotProve, every, opposite

__all__ = ["Step", "by_induction", "walk"]

SHORT = 1500
"""Words that are run to guess from, all short ones; and as many random ones of LONG letters as SOME."""
SOME, LONG = 40, 24

Check = Callable[[z3.Solver], z3.CheckSatResult]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One token after a state about which claims hold.

    Args:
        before, after: the states; a pair of states is one mapping, the reader's parts under their own names.
        taken: that the token may come next.
        answer, right: of the program, and what is asked for.
    """

    before: State
    after: State
    taken: Bit
    answer: Term
    right: Term | None


def one_step(machine: Machine, reader: Reader, state: State, token: str) -> Step:
    """From a pair of states to the next."""
    taken = reader.takes(state, token)
    columns, registers = machine.step(state, token)
    right, parts = reader.step(state, token)
    assert parts.keys() == reader.start.keys()
    return Step(state, {**registers, **parts}, taken, machine.answer(columns), right)


def begin(machine: Machine, reader: Reader, markers: Sequence[str]) -> State:
    """Behind the markers."""
    _, registers = machine.start(markers[0])
    for token in markers[1:]:
        _, registers = machine.step(registers, token)
    if registers.keys() & reader.start.keys():
        raise CannotProve("a variable has the name of a part of the task")
    return {**registers, **reader.start}


def walk(machine: Machine, reader: Reader, start: State, letters: Sequence[str]) -> list[State]:
    """States behind short words and some long ones.

    Raises:
        CannotProve: an answer is wrong.
    """
    seen, row = [start], [start]

    def follow(state: State, token: str) -> State | None:
        step = one_step(machine, reader, state, token)
        if step.taken is False:
            return None
        if step.right is not None and step.right != step.answer:
            raise CannotProve("an answer is wrong")
        return step.after

    while len(seen) < SHORT:
        row = [after for state in row for token in letters if (after := follow(state, token)) is not None]
        seen += row
    rng = Random(0)
    for _ in range(SOME):
        state = start
        for _ in range(LONG):
            nexts = [after for token in letters if (after := follow(state, token)) is not None]
            state = rng.choice(nexts)
            seen.append(state)
    return seen


def by_induction(
    machine: Machine, reader: Reader, markers: Sequence[str], letters: Sequence[str], check: Check
) -> tuple[Claim, ...]:
    """The claims that prove a program right, those that are needed.

    Args:
        letters: the tokens that may come next.
        check: asks a solver within what time is left.

    Raises:
        CannotProve: no proof was found.
    """
    start = begin(machine, reader, markers)
    seen = walk(machine, reader, start, letters)
    shape = _shape(machine, reader, markers[0], start)
    claims = guesses(shape, seen)
    symbolic = {
        name: z3.Array(name, z3.IntSort(), z3.IntSort()) if isinstance(value, dict) else z3.Int(name)
        for name, value in start.items()
    }
    steps = [one_step(machine, reader, symbolic, token) for token in letters]
    claims = _inductive(claims, steps, check)
    plain = {claim.text for claim in claims if claim.guard is None}
    claims = [claim for claim in claims if claim.guard is None or claim.text not in plain]
    needed: dict[Claim, None] = {}
    waiting: list[Claim] = []
    for step in steps:
        waiting += _used(claims, step, _rightly(step), check)
    while waiting:
        claim = waiting.pop()
        if claim not in needed:
            needed[claim] = None
            for step in steps:
                waiting += _used(claims, step, claim.at(step.after, _K), check)
    kept = tuple(claim for claim in claims if claim in needed)
    _confirm(kept, start, steps, check)
    return kept


_K = z3.Int("k")


def _shape(machine: Machine, reader: Reader, marker: str, start: State) -> Shape:
    memories = {**machine.memories, **reader.memories}
    kinds = {name: term.kind for name, term in machine.start(marker)[0].items()}
    codes = [name for name in start if name not in memories and (name.endswith(" at 0") or kinds.get(name) == "text")]
    codes += [name for name in reader.codes if name in start]
    numbers = [name for name in start if name not in (*memories, *codes, *reader.flags)]
    return Shape(
        numbers=numbers, codes=codes, memories=memories, flags=reader.flags, stacks=reader.stacks, texts=machine.texts
    )


def _rightly(step: Step) -> Bit:
    """That the answer is what is asked for."""
    if step.right is None:
        return True
    if step.right.kind != step.answer.kind:
        raise CannotProve("the answers are numbers where texts are asked for")
    return step.answer.value == step.right.value


def _assumed(claim: Claim, step: Step) -> Bit:
    """A claim about the state before, at a few numbers."""
    if claim.upto is None:
        return claim.at(step.before, 1)
    size = step.before[claim.upto]
    return every(claim.at(step.before, number) for number in (_K, _K - 1, _K + 1, size, size - 1))


def _inductive(claims: list[Claim], steps: Iterable[Step], check: Check) -> list[Claim]:
    """Those of the claims that are inductive together."""
    steps, changed = list(steps), True
    while changed:
        changed = False
        for step in steps:
            while claims:
                solver = z3.Solver()
                solver.add(step.taken, *(_assumed(claim, step) for claim in claims))
                goals = [claim.at(step.after, _K) for claim in claims]
                solver.add(z3.Or([opposite(goal) for goal in goals]))
                answer = check(solver)
                if answer == z3.unsat:
                    break
                if answer != z3.sat:
                    raise CannotProve("the solver does not decide whether a claim lasts")
                model = solver.model()
                kept = [claim for claim, goal in zip(claims, goals) if not _false(model, goal)]
                # A model may leave a goal open; then each is asked for itself.
                claims = kept if len(kept) < len(claims) else [c for c in claims if _lasts(c, claims, step, check)]
                changed = True
    return claims


def _false(model: z3.ModelRef, goal: Bit) -> bool:
    return goal is False or (goal is not True and z3.is_false(model.eval(goal, model_completion=True)))


def _lasts(claim: Claim, claims: Sequence[Claim], step: Step, check: Check) -> bool:
    solver = z3.Solver()
    solver.add(step.taken, *(_assumed(each, step) for each in claims), opposite(claim.at(step.after, _K)))
    return bool(check(solver) == z3.unsat)


def _used(claims: Sequence[Claim], step: Step, goal: Bit, check: Check) -> list[Claim]:
    """Claims from which a goal about a step follows."""
    solver = z3.Solver()
    solver.set("core.minimize", True)
    solver.add(step.taken, opposite(goal))
    marks = [z3.Bool(f"claim {i}") for i in range(len(claims))]
    for mark, claim in zip(marks, claims):
        solver.assert_and_track(_assumed(claim, step), mark)
    if check(solver) != z3.unsat:
        raise CannotProve("the claims that hold behind every prefix do not say that the answers are right")
    core = {str(mark) for mark in solver.unsat_core()}
    return [claim for mark, claim in zip(marks, claims) if str(mark) in core]


def _confirm(claims: Sequence[Claim], start: State, steps: Iterable[Step], check: Check) -> None:
    """All three conditions once more, for exactly these claims."""
    sound = all(claim.holds(start) for claim in claims)
    for step in steps:
        goals: list[Any] = [_rightly(step), *(claim.at(step.after, _K) for claim in claims)]
        solver = z3.Solver()
        solver.add(step.taken, *(_assumed(claim, step) for claim in claims), opposite(every(goals)))
        sound = sound and check(solver) == z3.unsat
    if not sound:
        raise CannotProve("the claims that are needed are not enough")
