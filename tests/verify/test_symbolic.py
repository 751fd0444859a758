"""Logic against running: on known tokens the encoding is the interpreter, and proofs agree with exhaustion."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies import inputs, programs
from transformer_programs.program import Program
from transformer_programs.run import Interpreter
from transformer_programs.tasks import make_task
from transformer_programs.verify import WordSpace, exhaust, holds, read_claim, task_space
from transformer_programs.verify.claims import Never, OnlyIf, Permutation, Sorted
from transformer_programs.verify.goals import ClaimsGoal, ProgramGoal, TaskGoal, task_goal
from verify.handmade import dyck1_program, hist_program, reverse_program, sort_program
from verify.judges import equality_judge

pytest.importorskip("z3")

from transformer_programs.verify.symbolic import Found, Proved, Unknown, prove
from transformer_programs.verify.symbolic.encode import encode
from transformer_programs.verify.symbolic.logic import CannotProve, known
from transformer_programs.verify.symbolic.specify import breaks, wanted


def nothing() -> None:
    pass


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_encoding_of_known_tokens_is_the_interpreter(data: st.DataObject) -> None:
    program = data.draw(programs(partial=True))
    tokens = data.draw(inputs(program, most=5))
    try:
        encoded = encode(program, [known(token) for token in tokens], nothing)
    except CannotProve:
        return
    try:
        answer = Interpreter(program)(tokens)
    except Exception:
        assert encoded.fails is True
        return
    assert encoded.fails is False
    assert encoded.answers == [known(str(value)) for value in answer]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_proof_of_equality_is_exhaustion(data: st.DataObject) -> None:
    program = data.draw(programs(closed=True, pooled=False, most_steps=4))
    other = _changed(program, data)
    letters = tuple(sorted(program.vocabulary or ())[:3])
    length = min(program.max_length or 3, 3)
    space = WordSpace(letters=letters, lengths=(length,))
    judge = equality_judge(program, other, space)
    outcome = prove(program, space, ProgramGoal(other, reframe=False), 60)
    if not isinstance(outcome, (Found, Proved)):
        return
    verdict = exhaust(judge)
    if isinstance(outcome, Proved):
        assert verdict.holds
    else:
        assert verdict.counterexamples[0].tokens == outcome.tokens


def _changed(program: Program, data: st.DataObject) -> Program:
    """The same with its last step gone where nothing reads it, or another step's node in its place."""
    steps = list(program.steps)
    if len(steps) > 1:
        at = data.draw(st.integers(1, len(steps) - 1))
        steps[at] = replace(steps[at], node=steps[at - 1].node)
    changed = replace(program, steps=tuple(steps))
    from transformer_programs.errors import ProgramError
    from transformer_programs.program import check

    try:
        return check(changed)
    except ProgramError:
        return program


TASKS = {"sort": (8, 5), "reverse": (8, 5), "hist": (6, 5), "double_hist": (6, 5), "most_freq": (6, 5)}


@pytest.mark.parametrize("name", [*TASKS, "dyck1", "dyck2"])
def test_specifications_are_the_oracles(name: str) -> None:
    size, length = TASKS.get(name, (None, 6))
    task = make_task(name, size, length)
    goal = task_goal(task)
    assert isinstance(goal, TaskGoal)
    space = task_space(task)
    for tokens in task.inputs():
        labels = [label for label in task.oracle(tokens) if label is not None]
        assert wanted(goal.task, [known(token) for token in space.word(tokens)]) == [known(label) for label in labels]


def _outcomes(program: Program, task_name: str, lengths: range) -> list[object]:
    task = make_task(task_name, len(program.vocabulary or ()) + 1, program.max_length)
    space, goal = task_space(task), task_goal(task)
    assert isinstance(space, WordSpace)
    assert goal is not None
    return [prove(program, replace(space, lengths=(n,)), goal, 100) for n in lengths]


def test_known_programs() -> None:
    assert _outcomes(sort_program(), "sort", range(1, 5)) == [Proved()] * 4
    assert _outcomes(sort_program(True), "sort", range(4, 6)) == [
        Proved(),
        Found(("<s>", "1", "1", "1", "2", "1", "</s>")),
    ]
    assert _outcomes(reverse_program(True), "reverse", range(5, 7)) == [
        Proved(),
        Found(("<s>", "0", "3", "1", "3", "2", "1", "</s>")),
    ]
    assert _outcomes(hist_program(6), "hist", range(1, 6)) == [Proved()] * 5
    assert _outcomes(dyck1_program(8), "dyck1", range(7, 8)) == [Proved()]
    assert _outcomes(dyck1_program(8, True), "dyck1", range(7, 8)) == [Found(("<s>", *"((())))"))]


def test_time_limit() -> None:
    assert _outcomes(hist_program(6), "hist", range(1, 2)) == [Proved()]
    task = make_task("hist", 8, 8)
    space, goal = task_space(task), task_goal(task)
    assert isinstance(space, WordSpace)
    assert goal is not None
    assert prove(hist_program(8), replace(space, lengths=(7,)), goal, 1e-9) == Unknown()


CLAIMS = (
    Permutation(),
    Sorted(("a", "b")),
    Never("a", "b", True),
    Never("a", "b", False),
    *(OnlyIf("a", ("b",), where) for where in ("here", "before", "anywhere")),
)


@pytest.mark.parametrize("claim", CLAIMS)
def test_claims_in_logic(claim: object) -> None:
    seen = set()
    for n in (1, 2, 3):
        for word, answers in product(product("ab", repeat=n), product("abc", repeat=n)):
            kept = holds(claim, word, answers)
            assert breaks(claim, [known(t) for t in word], [known(t) for t in answers]) is not kept
            seen.add(kept)
    assert seen == {True, False}


def test_claims_are_proved() -> None:
    letters = ("0", "1", "2", "3", "4")
    goal = ClaimsGoal((read_claim("permutation", letters), read_claim("sorted", letters)))
    space = task_space(make_task("sort"))
    assert isinstance(space, WordSpace)
    assert prove(sort_program(), replace(space, lengths=(4,)), goal, 100) == Proved()
    found = prove(sort_program(True), replace(space, lengths=(5,)), goal, 100)
    assert found == Found(("<s>", "1", "1", "1", "2", "1", "</s>"))
