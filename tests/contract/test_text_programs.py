"""Programs that read spellings or decode a sequence: who does not take them says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contract.executors import answers_of
from transformer_programs.compiler import compile_program
from transformer_programs.emit.python import print_python, read_python
from transformer_programs.errors import ProgramError
from transformer_programs.program import (
    Apply,
    Compare,
    Constant,
    Decode,
    Emit,
    Program,
    Reading,
    Spelled,
    Step,
    Width,
    check,
    dumps,
    loads,
)
from transformer_programs.rasp.source import print_rasp
from transformer_programs.run import run
from transformer_programs.verify.sides import ProgramSide
from transformer_programs.verify.space import program_space

SPELLS = Program(
    name="spells",
    vocabulary=("a", "<unk>"),
    max_length=3,
    steps=(Step("ending", Spelled("suffix_1", ("s", "d"), ("many", "past"), "other")),),
    output=Emit("ending"),
)
DECODES = Program(
    name="decodes",
    vocabulary=("a", "b"),
    max_length=3,
    output=Decode(("x", "y"), (0, 1), (), (0, None), ((0, 0), (0, None))),
)

TAKERS: dict[str, Callable[[Program], Any]] = {
    "compiler": compile_program,
    "RASP": print_rasp,
    "verify": lambda program: ProgramSide(program, program_space(program, None, None, raw=False)),
}


@pytest.mark.parametrize("program", [SPELLS, DECODES], ids=lambda program: program.name)
@pytest.mark.parametrize("taker", TAKERS)
def test_refused_with_a_reason(taker: str, program: Program) -> None:
    with pytest.raises(ProgramError, match=r"as they are written|as one best sequence"):
        TAKERS[taker](program)


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (Spelled("colour", (), (), "a"), "got spelling 'colour'; expected word, lower, shape"),
        (Spelled("word", ("a", "a"), ("x", "y"), "z"), "keys and values that do not pair up"),
        (Spelled("word", ("a",), (), "z"), "keys and values that do not pair up"),
        (Spelled("word", ("a",), (1,), True), "got True beside the equal 1"),
    ],
)
def test_spellings_that_are_not_well_formed(node: Spelled, message: str) -> None:
    with pytest.raises(ProgramError, match=message):
        check(Program(name="p", vocabulary=("a",), max_length=1, steps=(Step("v", node),), output=Emit("v")))


@pytest.mark.parametrize(
    ("first", "follows"),
    [((0,), ((0, 0), (0, 0))), ((None, None), ((0, 0), (0, 0))), ((0, 0), ((0, 0),)), ((0, 0), ((0, 1.5), (0, 0)))],
)
def test_what_may_follow_is_a_square_with_a_way_out(first: Any, follows: Any) -> None:
    with pytest.raises(ProgramError, match="may follow"):
        check(Program(name="p", vocabulary=("a",), max_length=1, output=Decode(("x", "y"), (0, 0), (), first, follows)))


def test_json_of_another_shape_is_refused() -> None:
    text = dumps(Program(name="p", vocabulary=("a",), max_length=1, steps=(Step("v", Constant(1)),), output=Emit("v")))
    with pytest.raises(ProgramError, match="Spelled"):
        loads(text.replace('"Constant"', '"Spelled"'))


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("digits", [False, True])
@pytest.mark.parametrize("vocabulary", [("a", "b0", "<unk>"), ("a", "b0"), None])
def test_all_executors_read_words_alike(lower: bool, digits: bool, vocabulary: tuple[str, ...] | None) -> None:
    """The token is looked up as it is read; the shape is that of the word as it is written."""
    steps = (
        Step("same", Width(Compare("tokens", "==", "tokens"))),
        Step("shape", Spelled("shape", ("X", "x0", "X0"), ("capital", "small", "large"), "other")),
        Step("token", Apply("+", ("tokens", "shape"))),
        Step("count", Apply("str", ("same",))),
        Step("answer", Apply("+", ("token", "count"))),
    )
    reading = Reading(lower=lower, digits=digits)
    program = check(
        Program(name="read", vocabulary=vocabulary, max_length=6, reading=reading, steps=steps, output=Emit("answer"))
    )
    words = ["a", "A", "b0", "B0", "b123", "B12"]
    if vocabulary is not None and "<unk>" not in vocabulary:
        words = [word for word in words if reading(word) in vocabulary]
    inputs = [words, *([word] for word in words)]
    answers = answers_of(program, inputs)
    assert all(answer == answers["interpreter"] for answer in answers.values())
    assert print_python(program).count("re.sub") == digits
    assert loads(dumps(program)) == read_python(print_python(program)) == program
    if lower and vocabulary is not None:
        assert run(program, ["a", "A"]) == ["aother2", "acapital2"]


def test_compiled_weights_read_words_alike() -> None:
    step = Step("same", Width(Compare("tokens", "==", "tokens")))
    reading = Reading(lower=True, digits=True)
    program = check(
        Program(
            name="r", vocabulary=("a", "b0", "<unk>"), max_length=4, reading=reading, steps=(step,), output=Emit("same")
        )
    )
    model = compile_program(program)
    for tokens in (["a", "A", "B12", "b7"], ["C", "d", "a"]):
        assert model(tokens) == run(program, tokens)
    assert run(program, ["a", "A", "B12", "b7"]) == [2, 2, 2, 2]


def test_json_has_the_reading_where_there_is_one() -> None:
    plain = Program(name="p", vocabulary=("a",), max_length=1, output=Emit("tokens"))
    text = dumps(plain)
    assert "reading" not in text
    assert dumps(loads(text)) == text
    lower = replace(plain, reading=Reading(lower=True))
    assert '"reading": {"is": "Reading", "lower": true, "digits": false}' in dumps(lower)
    assert loads(dumps(lower)) == lower
    with pytest.raises(ProgramError, match=r"reading\.lower: got 1; expected bool"):
        loads(dumps(lower).replace('"lower": true', '"lower": 1'))


def test_a_vocabulary_that_no_word_is_read_as() -> None:
    with pytest.raises(ProgramError, match="vocabulary: got 'A', which is read as 'a'"):
        check(Program(name="p", vocabulary=("A",), max_length=1, reading=Reading(lower=True), output=Emit("tokens")))


def test_rasp_has_no_reading() -> None:
    program = Program(name="p", vocabulary=("a",), max_length=1, reading=Reading(lower=True), output=Emit("tokens"))
    with pytest.raises(ProgramError, match="words read in lower case"):
        print_rasp(program)
