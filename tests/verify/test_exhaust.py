"""Exhaustion, sides, samples: each against running one by one."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies import programs
from transformer_programs.batch import counterexamples, exhaustive
from transformer_programs.errors import ConfigError, DataError, OutputError
from transformer_programs.program import Emit, Frame, Lookup, Program, Step
from transformer_programs.run import Interpreter
from transformer_programs.tasks import make_task
from transformer_programs.verify import (
    Agreement,
    FunctionSide,
    Keeping,
    ProgramSide,
    WordSpace,
    exhaust,
    holds,
    program_space,
    read_claim,
    sample,
    shrunk,
    task_space,
    upper_bound,
)
from transformer_programs.verify.blame import first_difference, first_wrong
from transformer_programs.verify.judge import fails
from transformer_programs.verify.state import State
from verify.handmade import dyck1_program, hist_program, reverse_program, sort_program
from verify.judges import equality_judge, task_judge


@pytest.mark.parametrize("name", ["sort", "hist", "dyck1", "induction"])
def test_space_of_a_task_is_its_inputs(name: str) -> None:
    sizes = {"sort": (6, 6), "hist": (5, 6), "dyck1": (4, 7), "induction": (6, 6)}
    task = make_task(name, *sizes[name])
    space = task_space(task)
    listed = [tuple(space.vocabulary[code] for code in row) for block in space.blocks(0, 7) for row in block.tolist()]
    assert listed == list(task.inputs())
    assert space.count() == len(listed)
    for start in (1, 6, 7, 8, len(listed) - 1):
        rest = [
            tuple(space.vocabulary[code] for code in row) for block in space.blocks(start, 7) for row in block.tolist()
        ]
        assert rest == listed[start:]


@pytest.mark.parametrize("defect", [False, True])
def test_task_is_the_batch(defect: bool) -> None:
    program, task = sort_program(defect), make_task("sort", 8, 7)
    verdict, batch = exhaust(task_judge(program, task)), exhaustive(program, task)
    assert (verdict.inputs, verdict.token_accuracy, verdict.sequence_accuracy) == (
        batch.inputs,
        batch.token_accuracy,
        batch.sequence_accuracy,
    )
    assert [example.tokens for example in verdict.counterexamples] == [c.tokens for c in counterexamples(program, task)]
    assert verdict.holds is not defect


def test_known_cases_come_first() -> None:
    for program, name, word in ((sort_program(True), "sort", "11121"), (reverse_program(True), "reverse", "031321")):
        verdict = exhaust(task_judge(program, make_task(name)))
        assert verdict.sequence_accuracy is not None
        assert 0.97 < verdict.sequence_accuracy < 0.99
        assert verdict.counterexamples[0].tokens == ("<s>", *word, "</s>")
        assert verdict.counterexamples[0].variable.startswith("alike at position 1: it is True")


def test_first_wrong_variable_repairs_the_answer() -> None:
    program = sort_program(True)
    tokens = ("<s>", "1", "1", "1", "2", "1", "</s>")
    assert first_wrong(program, tokens, (None, "1", "1", "1", "1", "2", None)).startswith("alike at position 1")
    assert first_wrong(program, tokens, (None, "4", "4", "4", "4", "4", None)).startswith("no single variable")


def test_first_difference_of_two_programs() -> None:
    good, fooled = dyck1_program(6), dyck1_program(6, fooled=True)
    assert first_difference(good, fooled, ("<s>", ")", ")")).startswith("answer: ")
    judge = equality_judge(good, fooled, program_space(good, None, None, raw=False))
    assert exhaust(judge).counterexamples[0].tokens == ("<s>", ")")


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_equality_is_brute_force(data: st.DataObject) -> None:
    """Programs that may fail on an input, too."""
    program = data.draw(programs(closed=True, pooled=False, partial=True))
    other = data.draw(programs(closed=True, pooled=False, partial=True))
    letters = tuple(sorted(set(program.vocabulary or ()) & set(other.vocabulary or ())))[:3]
    longest = min(program.max_length or 3, other.max_length or 3, 3)
    if not letters:
        return
    space = WordSpace(letters=letters, lengths=tuple(range(1, longest + 1)))
    verdict = exhaust(equality_judge(program, other, space), most=10**6)
    wrong = [
        word
        for n in space.lengths
        for word in product(letters, repeat=n)
        if _answer(program, word) != _answer(other, word)
    ]
    assert [example.tokens for example in verdict.counterexamples] == wrong
    assert verdict.inputs == space.count()


def _answer(program: Program, word: tuple[str, ...]) -> list[str] | None:
    try:
        return [str(value) for value in Interpreter(program)(word)]
    except Exception:
        return None


def test_frames_are_exchanged() -> None:
    """The same function with other markers is equal."""
    one = Program(name="echo", vocabulary=("<s>", "a", "b"), max_length=4, frame=Frame(("<s>",)), output=Emit("tokens"))
    two = Program(
        name="echo", vocabulary=("[", "]", "b", "a"), max_length=4, frame=Frame(("[",), ("]",)), output=Emit("tokens")
    )
    space = WordSpace(letters=("a", "b"), lengths=(1, 2), frame=one.frame)
    sides = [ProgramSide(program, space, reframe=True) for program in (one, two)]
    assert exhaust(Agreement(one, space, *sides, two)).holds


def test_program_that_fails_is_a_counterexample() -> None:
    step = Step("looked", Lookup("tokens", ("a",), ("x",), None))
    partial = Program(name="partial", vocabulary=("a", "b"), max_length=2, steps=(step,), output=Emit("looked"))
    total = Program(
        name="total",
        vocabulary=("a", "b"),
        max_length=2,
        steps=(Step("looked", Lookup("tokens", ("a",), ("x",), "y")),),
        output=Emit("looked"),
    )
    verdict = exhaust(equality_judge(partial, total, program_space(partial, None, None, raw=True)))
    assert verdict.counterexamples[0].tokens == ("b",)
    assert "error" in verdict.counterexamples[0].got[0]
    assert exhaust(equality_judge(partial, partial, program_space(partial, None, None, raw=True))).holds


class Stop(Exception):
    pass


def _stop_at(inputs: int):
    def progress(done: int, total: int) -> None:
        if done >= inputs:
            raise Stop

    return progress


@pytest.mark.parametrize("name", ["sort", "dyck1"])
def test_stopped_goes_on(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdict is that of a run in one go, and what was done is not done again."""
    monkeypatch.setattr("transformer_programs.verify.state.SECONDS", 0)
    monkeypatch.setattr("transformer_programs.verify.exhaustion.BLOCK", 1000)
    program = sort_program(True) if name == "sort" else dyck1_program(18, fooled=True)
    judge = task_judge(program, make_task(name, max_length=None if name == "sort" else 18))
    whole, half = exhaust(judge), judge.space.count() // 2
    file = tmp_path / "verdict.json"
    with pytest.raises(Stop):
        exhaust(judge, progress=_stop_at(half), state=State(file, "key"))
    state, first = State(file, "key"), []
    assert state.resumed is not None
    verdict = exhaust(judge, progress=lambda done, total: first.append(done), state=state)
    assert verdict == whole
    assert first[0] > judge.space.count() // 4
    state.finish(verdict.as_json())
    assert json.loads(file.read_text())["inputs"] == judge.space.count()
    for key in ("key", "another"):
        with pytest.raises(OutputError):
            State(file, key)
    State(file, "another", force=True)


def test_bound_is_the_binomials() -> None:
    """The chance of so few under the bound is 5 %."""
    from math import comb

    for wrong, drawn in ((0, 10), (3, 50)):
        p = upper_bound(wrong, drawn)
        assert sum(comb(drawn, k) * p**k * (1 - p) ** (drawn - k) for k in range(wrong + 1)) == pytest.approx(0.05)
    assert upper_bound(5, 5) == 1


def test_sample_finds_and_shrinks() -> None:
    judge = task_judge(sort_program(True), make_task("sort"))
    verdict = sample(judge, 2000, seed=1, most=1)
    assert verdict.method == "sample"
    assert not verdict.complete
    (example,) = verdict.counterexamples
    assert fails(judge, example.tokens)
    assert shrunk(judge, example.tokens) == example.tokens
    assert len(example.tokens) == 7
    good = sample(task_judge(sort_program(), make_task("sort")), 100)
    assert good.holds
    assert good.sequence_accuracy == 1
    assert "at most 2.951 %" in good.notes[0]


def test_drawn_words_are_inputs() -> None:
    space, rng = task_space(make_task("sort", 8, 6)), Random(0)
    assert isinstance(space, WordSpace)
    assert all(space.has(space.draw(rng)) for _ in range(200))


def test_claims_hold_or_not() -> None:
    letters = ("0", "1", "2", "3", "4")
    space = task_space(make_task("sort", 8, 7))
    for program, kept in ((sort_program(), True), (sort_program(True), False)):
        claims = tuple((text, read_claim(text, letters)) for text in ("sorted", "permutation"))
        checks = tuple((text, lambda word, answers, c=claim: holds(c, word, answers)) for text, claim in claims)
        verdict = exhaust(Keeping(program, space, ProgramSide(program, space), checks))
        assert verdict.holds is kept
        assert kept or verdict.counterexamples[0].broken == "permutation"


@pytest.mark.parametrize("text", ["", "sorted up", "never a", "label a only if", "label a only if token z", "'sorted"])
def test_strange_claims(text: str) -> None:
    with pytest.raises(ConfigError):
        read_claim(text, ("a", "b"))


def test_function_as_oracle() -> None:
    program = hist_program(4, 3)
    space = task_space(make_task("hist", 5, 4))
    side = FunctionSide(lambda word: [word.count(letter) for letter in word], "f", space, False)
    assert exhaust(Agreement(program, space, ProgramSide(program, space), side)).holds
    for bad in (lambda word: 1 / 0, lambda word: ["1"], lambda word: "1"):
        side = FunctionSide(bad, "f", space, False)
        with pytest.raises(DataError, match="f on 0"):
            exhaust(Agreement(program, space, ProgramSide(program, space), side))
