"""What cannot be compiled is refused with the node and the reason."""

from __future__ import annotations

import pytest

from transformer_programs.compiler import compile_program
from transformer_programs.errors import ConfigError, InputError, ProgramError
from transformer_programs.program import (
    Apply,
    Compare,
    Constant,
    Emit,
    Full,
    Lookup,
    Mean,
    Node,
    Program,
    Step,
    Total,
    Width,
)


def refused(steps: dict[str, Node], vocabulary: str = "ab", length: int = 4, output: str | None = None) -> str:
    program = Program(
        name="p",
        vocabulary=tuple(vocabulary),
        max_length=length,
        steps=tuple(Step(name, node) for name, node in steps.items()),
        output=Emit(output or list(steps)[-1]),
    )
    with pytest.raises(ProgramError) as error:
        compile_program(program)
    return str(error.value)


def test_a_value_set_that_explodes_names_the_step_and_the_size() -> None:
    steps: dict[str, Node] = {
        "three": Constant(3),
        "cube": Apply("^", ("positions", "three")),
        "sum": Total(Full(), "cube"),
    }
    text = refused(steps, length=40)
    assert text.startswith("step 'sum': got a sum of 40 values of cube over 40 positions: over 32768 sums")


def test_a_table_with_too_many_combinations() -> None:
    steps: dict[str, Node] = {}
    for i, operator in enumerate(("<", "<=", "==", ">")):
        steps[f"n{i}"] = Width(Compare("positions", operator, "tokens_at"))
    steps = {"tokens_at": Lookup("tokens", ("a", "b"), (0, 1), None), **steps}
    steps["p"] = Apply("*", ("n0", "n1"))
    steps["q"] = Apply("*", ("n2", "n3"))
    steps["both"] = Apply("+", ("p", "q"))
    text = refused(steps, length=200)
    assert "step 'both'" in text
    assert "combinations" in text


def test_text_against_numbers() -> None:
    text = refused({"n": Width(Compare("tokens", "<", "positions"))})
    assert text.startswith("step 'n': got a comparison tokens < positions")


def test_a_sum_of_text() -> None:
    assert "step 's': got a sum of tokens, which holds text" in refused({"s": Total(Full(), "tokens")})


def test_text_of_numbers_of_two_types() -> None:
    steps: dict[str, Node] = {"m": Mean(Full(), "positions", 0), "s": Apply("str", ("m",))}
    assert "step 's': got str of m, whose equal values" in refused(steps)


def test_numbers_of_very_different_size_in_one_average() -> None:
    values = Lookup("tokens", ("a", "b"), (1e-3, 1e9), None)
    text = refused({"v": values, "m": Mean(Full(), "v", 0)})
    assert "step 'm': got numbers of v from 0.0 to 1000000000.0" in text


def test_a_decision_between_sums_that_depend_on_the_order() -> None:
    values = Lookup("tokens", ("a", "b", "c"), (0.1, 0.2, 0.3), None)
    steps: dict[str, Node] = {"v": values, "m": Total(Full(), "v"), "c": Constant(0.6), "s": Apply("==", ("m", "c"))}
    assert "step 's': got a decision" in refused(steps, "abc")


def test_complex_numbers() -> None:
    steps: dict[str, Node] = {
        "minus": Apply("neg", ("positions",)),
        "half": Constant(0.5),
        "root": Apply("^", ("minus", "half")),
    }
    assert "step 'root': got the value" in refused(steps)


def test_lengths_and_vocabularies() -> None:
    program = Program(name="p", vocabulary=None, max_length=None, output=Emit("tokens"))
    with pytest.raises(ConfigError, match="--vocabulary"):
        compile_program(program, max_length=3)
    with pytest.raises(ConfigError, match="--max-length"):
        compile_program(program, vocabulary="ab")
    with pytest.raises(ConfigError, match="1 or more"):
        compile_program(program, vocabulary="ab", max_length=0)
    with pytest.raises(ConfigError, match="distinct"):
        compile_program(program, vocabulary="aa", max_length=3)
    with pytest.raises(ProgramError, match="at most 2048"):
        compile_program(program, vocabulary="ab", max_length=5000)
    closed = Program(name="p", vocabulary=("a",), max_length=2, output=Emit("tokens"))
    with pytest.raises(ConfigError, match="program's own 2"):
        compile_program(closed, max_length=3)
    with pytest.raises(ConfigError, match="own vocabulary"):
        compile_program(closed, vocabulary="ab")


def test_inputs_that_the_program_does_not_take() -> None:
    model = compile_program(Program(name="p", vocabulary=("a", "b"), max_length=2, output=Emit("tokens")))
    with pytest.raises(InputError, match="position 1: got token 'c'; expected one of a b"):
        model(["a", "c"])
    with pytest.raises(InputError, match="1 to 2"):
        model(["a", "a", "a"])
    with pytest.raises(InputError, match="0 tokens"):
        model([])


def test_unknown_tokens_become_unk() -> None:
    model = compile_program(Program(name="p", vocabulary=("a", "<unk>"), max_length=2, output=Emit("tokens")))
    assert model(["a", "zebra"]) == ["a", "<unk>"]


def test_a_failure_of_the_program_is_reported_not_hidden() -> None:
    steps = (
        Step("less", Width(Compare("tokens", "<", "tokens"))),
        Step("ratio", Apply("/", ("positions", "less"))),
    )
    model = compile_program(Program(name="p", vocabulary=("a", "b"), max_length=3, steps=steps, output=Emit("tokens")))
    with pytest.raises(InputError, match=r"ratio.*ZeroDivisionError"):
        model(["b", "b"])
