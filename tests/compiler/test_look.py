"""Looking into a model: the stream is what the forward pass computes, and the map says what is in it."""

from __future__ import annotations

import numpy as np
import pytest

from transformer_programs.compiler import compile_program, forward, look
from transformer_programs.program import Program

from .library import LIBRARY


def of(name: str) -> Program:
    return next(program for program in LIBRARY if program.name == name)


@pytest.mark.parametrize("name", ["sort", "closest_causal", "shuffle_dyck2", "with_itself"])
@pytest.mark.parametrize("compress", [False, True], ids=["plain", "compressed"])
def test_the_last_half_step_gives_the_outputs(name: str, compress: bool) -> None:
    program = of(name)
    assert program.vocabulary is not None
    model = compile_program(program, compress=compress)
    word = program.vocabulary[:3] if len(program.vocabulary) > 1 else ("a", "a")
    seen = look(model, word)
    assert seen.residual.shape == (1 + 2 * model.sizes.layers, len(word) + 1, model.sizes.width)
    tokens, lengths = model.encode([word])
    outputs = seen.residual[-1, 1:] @ model.weights.unembed + model.weights.unembed_bias
    np.testing.assert_array_equal(outputs, forward(model.weights, tokens, lengths, model.config.causal)[0])
    assert seen.answer == model(word)
    for weights in seen.attention:
        np.testing.assert_allclose(weights.sum(axis=2), 1.0)


def test_the_map_names_what_is_there() -> None:
    """A one-hot direction holds 1 where its name holds and 0 elsewhere; what is not in use is 0."""
    model = compile_program(of("hist"))
    word = ("a", "b", "a", "d")
    seen = look(model, word)
    named = seen.named(0)
    directions = {name: column for name, column in named.items() if name.startswith("tokens is ")}
    assert directions
    for name, column in directions.items():
        token = name.removeprefix("tokens is ").strip("'")
        assert column == [0.0, *(float(token == other) for other in word)]
    assert seen.named(1)["n (scalar)"][1:] == pytest.approx([1 / 3, 1 / 2, 1 / 3, 1 / 2])
    for half_step, names in enumerate(seen.holds):
        for direction, name in enumerate(names):
            if not name:
                assert not seen.residual[half_step, :, direction].any() or half_step > 0
