"""Compiled weights against the interpreter, on all short inputs or on many random ones."""

from __future__ import annotations

import contextlib
import itertools
import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from transformer_programs.compiler import CompiledModel
from transformer_programs.errors import InputError
from transformer_programs.program import Program
from transformer_programs.run import Interpreter

__all__ = ["differences", "some_inputs"]


def some_inputs(vocabulary: Sequence[str], length: int, most: int, seed: int = 0) -> list[tuple[str, ...]]:
    """All inputs up to a length where they are at most `most`, else that many random ones."""
    if sum(len(vocabulary) ** n for n in range(1, length + 1)) <= most:
        return [word for n in range(1, length + 1) for word in itertools.product(vocabulary, repeat=n)]
    rng = random.Random(seed)
    return [tuple(rng.choices(vocabulary, k=rng.randint(1, length))) for _ in range(most)]


def differences(
    program: Program, model: CompiledModel, inputs: Sequence[Sequence[str]], dtype: Any = np.float64
) -> list[tuple[Sequence[str], Any, Any]]:
    """(input, interpreter's answer, model's answer) where they differ; an error of the program counts as an answer."""
    interpreter = Interpreter(program)
    good, answers, failing = [], [], []
    for tokens in inputs:
        try:
            answers.append(interpreter(tokens))
            good.append(tokens)
        except (InputError, ArithmeticError, TypeError, ValueError):
            failing.append(tokens)
    found = [
        (tokens, expected, got)
        for tokens, expected, got in zip(good, answers, model.run(good, dtype))
        if not _same(expected, got, model.config.values == ())
    ]
    for tokens in failing:
        with contextlib.suppress(InputError):
            found.append((tokens, "an error", model(tokens, dtype)))
    return found


def _same(expected: list[Any], got: list[Any], numeric: bool) -> bool:
    if not numeric:
        return expected == got
    return all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) for a, b in zip(expected, got, strict=True))
