"""Programs that read spellings or decode a sequence: who does not take them says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from transformer_programs.compiler import compile_program
from transformer_programs.errors import ProgramError
from transformer_programs.program import Constant, Decode, Emit, Program, Spelled, Step, check, dumps, loads
from transformer_programs.rasp.source import print_rasp
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
