"""Compiled weights == interpreter: hand-written programs on every short input, random programs, shipped programs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from strategies import programs
from transformer_programs.compiler import CompiledModel, compile_program
from transformer_programs.compiler.sampling import compare_with_interpreter, some_inputs
from transformer_programs.compiler.weights import Weights
from transformer_programs.errors import ProgramError
from transformer_programs.files import load_program
from transformer_programs.program import Program

from .deep import deep_program, scored
from .library import LIBRARY

SHIPPED = sorted(path.parent for path in (Path(__file__).parents[2] / "programs").glob("*/program.json"))
REASONS = ("equal values may be", "no value in any run", "sums of floats", "added by a softmax", "too many values")
"""Why a program that runs may be refused."""
NAMES = [program.name for program in LIBRARY]


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "compressed"])
@pytest.mark.parametrize("program", LIBRARY, ids=NAMES)
def test_every_short_input(program: Program, compress: bool) -> None:
    assert program.vocabulary is not None
    model = compile_program(program, compress=compress)
    inputs = some_inputs(program.vocabulary, min(5, model.config.max_length), 2_000 if compress else 20_000)
    told: list[tuple[int, int]] = []
    found = compare_with_interpreter(program, model, inputs, progress=lambda done, total: told.append((done, total)))
    assert found.differences == ()
    assert told[-1:] == [(len(found.answered), len(found.answered))] * bool(found.answered)


@pytest.mark.parametrize("program", LIBRARY, ids=NAMES)
def test_float32(program: Program) -> None:
    assert program.vocabulary is not None
    model = compile_program(program)
    inputs = some_inputs(program.vocabulary, model.config.max_length, 300)
    assert compare_with_interpreter(program, model, inputs, np.float32).differences == ()


@settings(
    max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
@given(st.data())
def test_random_programs(data: st.DataObject) -> None:
    learned = data.draw(st.booleans())
    program = data.draw(programs(learned_only=learned, most_steps=8, partial=True))
    length = min(program.max_length or 4, 5)
    if learned:
        program = scored(program, data.draw(st.integers(0, 99)))
    closed = replace(program, vocabulary=program.vocabulary or ("a", "b", "1"), max_length=program.max_length or length)
    agrees(closed, length, data.draw(st.booleans()))


@pytest.mark.parametrize("block", range(10))
def test_deep_random_programs(block: int) -> None:
    for seed in range(9 * block + 1, 9 * block + 10):
        program = deep_program(seed)
        assert program.max_length is not None
        agrees(program, program.max_length, seed % 2 == 0)


def agrees(program: Program, length: int, compress: bool) -> None:
    assert program.vocabulary is not None
    try:
        model = compile_program(program, max_length=length, compress=compress)
    except ProgramError as error:
        if any(reason in str(error) for reason in REASONS):
            return
        raise
    inputs = some_inputs(program.vocabulary, length, 100)
    assert compare_with_interpreter(program, model, inputs).differences == ()


@pytest.mark.parametrize("folder", SHIPPED, ids=[path.name for path in SHIPPED])
def test_shipped_programs(folder: Path) -> None:
    program = load_program(folder)
    assert program.vocabulary is not None
    try:
        model = compile_program(program, max_length=program.max_length or 8)
    except ProgramError as error:
        pytest.skip(str(error))
    inputs = some_inputs(program.vocabulary, model.config.max_length, 300)
    assert compare_with_interpreter(program, model, inputs).differences == ()


def test_longest_inputs_of_a_longer_program() -> None:
    program = next(program for program in LIBRARY if program.name == "mixed_sites")
    longer = replace(program, max_length=12)
    model = compile_program(longer)
    inputs = some_inputs(("a", "b", "c"), 12, 200)
    assert compare_with_interpreter(longer, model, inputs).differences == ()


def test_padding_changes_nothing() -> None:
    program = next(program for program in LIBRARY if program.name == "no_tokens")
    model = compile_program(program)
    alone = [model(("a",) * n) for n in range(1, 6)]
    assert model.run([("a",) * n for n in range(1, 6)]) == alone


def test_the_comparison_sees_a_wrong_weight() -> None:
    program = next(program for program in LIBRARY if program.name == "hist")
    model = compile_program(program)
    arrays = {name: array.copy() for name, array in model.weights.arrays().items()}
    arrays["layers.0.mlp.out"] *= 1.5
    broken = CompiledModel(model.config, Weights.of_arrays(arrays, 1), model.residual)
    inputs = some_inputs("abcd", 3, 100)
    assert compare_with_interpreter(program, broken, inputs).differences
