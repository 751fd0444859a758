"""What proofs for all lengths rest on: terms, machines and right answers, held against programs and tasks."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transformer_programs.program import (
    Apply,
    Both,
    Closest,
    Compare,
    Emit,
    Largest,
    Node,
    Program,
    Read,
    Smallest,
    Step,
    Table,
    Total,
    Width,
    check,
)
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Task, make_task
from verify.free_programs import FRAME, LETTERS, VOCABULARY, Maker, free_programs

z3 = pytest.importorskip("z3")

from transformer_programs.verify.lengths.answers import right_answer  # noqa: E402
from transformer_programs.verify.lengths.clock import Clock  # noqa: E402
from transformer_programs.verify.lengths.counting import Evaluator  # noqa: E402
from transformer_programs.verify.lengths.linear import Linear, linears, nonnegative  # noqa: E402
from transformer_programs.verify.lengths.machine import Machine  # noqa: E402
from transformer_programs.verify.lengths.readers import reader_of  # noqa: E402
from transformer_programs.verify.lengths.terms import Term, Texts, texts_of  # noqa: E402
from transformer_programs.verify.lengths.word import Place, Word  # noqa: E402
from transformer_programs.verify.symbolic.logic import CannotProve  # noqa: E402

EXAMPLES = int(os.environ.get("TPROG_FUZZ_EXAMPLES", "40"))


# --- what is right -----------------------------------------------------------------------------------------------


def words(task: Task, rng: Random) -> list[tuple[str, ...]]:
    """All short words and some of up to 60 letters."""
    letters = [token for token in task.vocabulary if token not in (*task.frame.before, *task.frame.after)]
    short = [word for length in (1, 2, 3) for word in product(letters[:3], repeat=length)]
    long = [tuple(rng.choices(letters, k=rng.randint(1, 60))) for _ in range(12)]
    return [task.framed(word) for word in (*short, *long)]


def known_word(word: Word, tokens: tuple[str, ...]) -> list:
    """The unknowns of a word, as they are for an input."""
    facts = [word.token(position) == word.code(token) for position, token in enumerate(tokens)]
    for letter in word.letters:
        facts.append(word.count[letter] == tokens.count(letter))
        facts.append(word.first[letter] == (tokens.index(letter) if letter in tokens else -7))
    return facts


def place_of(word: Word, tokens: tuple[str, ...], position: int) -> Place:
    """The place of a position of an input."""
    if position < word.start:
        return word.kinds[position].only  # type: ignore[return-value]
    if position >= len(tokens) - len(word.frame.after):
        return word.kinds[word.start + position - len(tokens) + len(word.frame.after)].only  # type: ignore[return-value]
    letter = tokens[position]
    if position == tokens.index(letter):
        return next(kind.only for kind in word.kinds if kind.token == letter and kind.only is not None)
    return word.later(letter, word.unknown("position"))


def test_place_of_markers() -> None:
    tokens = ("<s>", "a", "a", "</s>")
    word = Word(LETTERS, FRAME, Texts(tuple(sorted(VOCABULARY))))
    for position, token in enumerate(tokens):
        place = place_of(word, tokens, position)
        assert place.token == token
        solver = z3.Solver()
        solver.add(*word.axioms, *known_word(word, tokens), place.there, place.position == position)
        assert solver.check() == z3.sat


@pytest.mark.parametrize("name", ["hist", "reverse", "sort", "double_hist", "most_freq"])
def test_right_answers(name: str) -> None:
    """The terms are what the oracle says."""
    task = make_task(name)
    texts = Texts(tuple(sorted({*task.vocabulary, *task.labels})))
    for tokens in words(task, Random(1)):
        word = Word(task.letters, task.frame, texts)  # type: ignore[attr-defined]
        asked = [i for i, label in enumerate(task.oracle(tokens)) if label is not None]
        for position in asked if len(tokens) < 6 else Random(2).sample(asked, min(4, len(asked))):
            place = place_of(word, tokens, position)
            term = right_answer(task, word, place)
            solver = z3.Solver()
            solver.add(*word.axioms, *known_word(word, tokens), place.there, place.position == position)
            assert solver.check() == z3.sat
            value = solver.model().eval(term.value, model_completion=True).as_long()
            told = texts.sorted[value] if term.kind == "text" else str(value)
            assert told == task.oracle(tokens)[position], (tokens, position)


@pytest.mark.parametrize("name", ["dyck1", "dyck2", "induction"])
def test_readers(name: str) -> None:
    """The machines say what the oracle says, and take the inputs of the task."""
    task = make_task(name)
    texts = Texts(tuple(sorted({*task.vocabulary, *task.labels})))
    reader, rng = reader_of(task, texts), Random(3)
    inputs = [task.sample_at(rng, length) for length in (2, 4, 10, 20, 60) for _ in range(20)]
    inputs += list(replace(task, max_length=6).inputs())[:3000]
    for tokens in inputs:
        state, told = reader.start, [None]
        for token in tokens[1:]:
            assert reader.takes(state, token) is True
            right, state = reader.step(state, token)
            told.append(None if right is None else texts.sorted[right.value])  # type: ignore[arg-type]
        assert tuple(told) == task.oracle(tokens)
    if name == "induction":
        assert reader.takes(reader.start, "0") is False


# --- programs without and with a direction, on known inputs ------------------------------------------------------


def allowed(program: Program, tokens: tuple[str, ...], position: int) -> bool:
    """Whether axioms and facts can be true for an input, with all terms being what the variables are at a position."""
    columns = Interpreter(program).trace(tokens).columns
    texts = texts_of(program, VOCABULARY)
    word = Word(LETTERS, FRAME, texts)
    evaluator = Evaluator(program, word, Clock(60))
    place = place_of(word, tokens, position)
    claims = [place.there, place.position == position]
    for step in program.steps:
        try:
            term = evaluator.value(step.name, place)
        except CannotProve:
            continue
        actual = texts.term(columns[step.name][position])
        assert actual.kind == term.kind
        claims.append(term.value == actual.value)
    solver = z3.Solver()
    solver.set("timeout", 20_000)
    solver.add(*word.axioms, *evaluator.facts, *known_word(word, tokens), *claims)
    return bool(solver.check() != z3.unsat)


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_terms_allow_what_happens(data: st.DataObject) -> None:
    program = data.draw(free_programs(causal=False))
    size = data.draw(st.integers(1, 5) | st.integers(6, 60))
    tokens = ("<s>", *data.draw(st.lists(st.sampled_from(LETTERS), min_size=size, max_size=size)), "</s>")
    for position in {*data.draw(st.lists(st.integers(0, len(tokens) - 1), max_size=2)), len(tokens) - 2}:
        assert allowed(program, tokens, position)


BEFORE = Both(Compare("tokens", "==", "tokens"), Compare("positions", "<", "positions"))
OTHERS = Both(Compare("tokens", "!=", "tokens"), Compare("positions", ">", "positions"))
SEEN = Table((Read("v0", 1), Read("tokens")), ("<s>", "</s>", *"abc", *["<s>"] * 5))


@pytest.mark.parametrize(
    "nodes",
    [
        (Width(BEFORE),),
        (Width(OTHERS),),
        (Closest(BEFORE, "positions"), Largest(OTHERS, "positions", 0), Smallest(OTHERS, "tokens", "x")),
        (Width(BEFORE), SEEN, Width(Compare("v1", "==", "tokens")), Total(Compare("tokens", "<", "v1"), "v0")),
        (Width(BEFORE), Closest(Compare("v0", "==", "v0"), "positions"), Largest(Compare("v0", ">", "v0"), "v0", -1)),
        (Width(Compare("tokens", "==", "tokens")), Apply("//", ("positions", "v0"))),
        (Width(Compare("positions", ">=", "positions")), Closest(Compare("v0", "==", "positions"), "v0")),
    ],
)
def test_terms_where_places_matter(nodes: tuple[Node, ...]) -> None:
    steps = tuple(Step(f"v{at}", node) for at, node in enumerate(nodes))
    program = check(
        Program(name="p", vocabulary=VOCABULARY, max_length=None, frame=FRAME, steps=steps, output=Emit(steps[-1].name))
    )
    for letters in ("aa", "abb", "aba"):
        tokens = ("<s>", *letters, "</s>")
        assert all(allowed(program, tokens, position) for position in range(len(tokens)))


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_linear_variables(data: st.DataObject) -> None:
    maker = Maker(data.draw, causal=False)
    for _ in range(3):
        operator = data.draw(st.sampled_from(("<", "<=", ">", ">=", "==", "!=")))
        count = Width(Compare(maker.of("whole"), operator, maker.of("whole")))
        node, kind = (count, "whole") if data.draw(st.booleans()) else maker.arithmetic()
        maker.steps.append(Step(f"v{len(maker.steps)}", node))
        maker.kinds[maker.steps[-1].name] = kind
    program = maker.program()
    tokens = ["a"] * data.draw(st.integers(1, 60))
    columns = Interpreter(program).trace(tokens).columns
    for name, line in linears(program).items():
        assert columns[name] == [line.at(position, len(tokens)) for position in range(len(tokens))]


@given(st.integers(-3, 3), st.integers(-3, 3), st.integers(-3, 3))
def test_nonnegative(position: int, length: int, constant: int) -> None:
    line = Linear(position, length, constant)
    values = [line.at(p, n) for n in range(1, 12) for p in range(n)]
    assert nonnegative(line) == (min(values) >= 0)


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_machines_run_programs(data: st.DataObject) -> None:
    """Token by token every variable is what the interpreter says."""
    program = data.draw(free_programs(causal=True))
    size = data.draw(st.integers(0, 60))
    tokens = ("<s>", *data.draw(st.lists(st.sampled_from(LETTERS), min_size=size, max_size=size)))
    expected = Interpreter(program).trace(tokens).columns
    texts = texts_of(program, VOCABULARY)
    machine = Machine(program, texts)
    columns, state = machine.start(tokens[0])
    for position, token in enumerate(tokens):
        if position:
            columns, state = machine.step(state, token)
        for name, column in expected.items():
            assert columns[name] == texts.term(column[position])


def test_terms() -> None:
    texts = Texts(("a", "b"))
    assert texts.term("b") == Term("text", 1)
    for value in (True, 0.5):
        with pytest.raises(CannotProve):
            texts.term(value)
