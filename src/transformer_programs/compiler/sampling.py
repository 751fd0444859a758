"""Inputs to compare on, and the comparison of a model with the interpreter."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from transformer_programs.compiler.model import CompiledModel
from transformer_programs.errors import InputError
from transformer_programs.program import Program
from transformer_programs.run import Interpreter

__all__ = ["Comparison", "Difference", "compare_with_interpreter", "some_inputs"]

BATCH = 128


@dataclass(frozen=True, slots=True)
class Difference:
    """An input on which the two disagree; an error of the program is the answer "an error"."""

    tokens: tuple[str, ...]
    expected: Any
    got: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came out of a comparison.

    Args:
        inputs: how many were compared.
        failing: on how many of them the program itself ends in an error.
        differences: where the model does something else.
        answered: inputs on which the program has an answer.
    """

    inputs: int
    failing: int
    differences: tuple[Difference, ...]
    answered: tuple[tuple[str, ...], ...]


def some_inputs(vocabulary: Sequence[str], length: int, most: int, seed: int = 0) -> list[tuple[str, ...]]:
    """All inputs up to a length where they are at most `most`, else that many random ones of random lengths.

    >>> some_inputs("ab", 2, 10)
    [('a',), ('b',), ('a', 'a'), ('a', 'b'), ('b', 'a'), ('b', 'b')]
    """
    if sum(len(vocabulary) ** n for n in range(1, min(length, 64) + 1)) <= most:
        return [word for n in range(1, length + 1) for word in product(vocabulary, repeat=n)]
    rng = random.Random(seed)
    return [tuple(rng.choices(vocabulary, k=rng.randint(1, length))) for _ in range(most)]


def compare_with_interpreter(
    program: Program,
    model: CompiledModel,
    inputs: Sequence[Sequence[str]],
    dtype: Any = np.float64,
    progress: Callable[[int, int], object] | None = None,
) -> Comparison:
    """Runs both on every input. Numbers whose values are not listed may differ by 1e-6 of their size.

    Args:
        program, model: what is compared.
        inputs: on what.
        dtype: of the arithmetic of the model.
        progress: is told how many of all inputs with an answer are done.
    """
    interpreter = Interpreter(program)
    answered, answers, failing = [], [], []
    for tokens in inputs:
        try:
            answers.append(interpreter(tokens))
            answered.append(tuple(tokens))
        except (InputError, ArithmeticError, TypeError, ValueError):
            failing.append(tuple(tokens))
    numeric = not model.config.values
    found = []
    for begin in range(0, len(answered), BATCH):
        part = answered[begin : begin + BATCH]
        for tokens, expected, got in zip(part, answers[begin:], _answers(model, part, dtype)):
            if not _same(expected, got, numeric):
                found.append(Difference(tokens, expected, got))
        if progress is not None:
            progress(begin + len(part), len(answered))
    for tokens in failing:
        got = _answers(model, [tokens], dtype)[0]
        if got is not None:
            found.append(Difference(tokens, "an error", got))
    return Comparison(len(inputs), len(failing), tuple(found), tuple(answered))


def _answers(model: CompiledModel, inputs: Sequence[Sequence[str]], dtype: Any) -> list[list[Any] | None]:
    """Answers, None where the model finds that the program has none."""
    try:
        return list(model.run(inputs, dtype))
    except InputError:
        if len(inputs) == 1:
            return [None]
        return [answer for tokens in inputs for answer in _answers(model, [tokens], dtype)]


def _same(expected: list[Any], got: list[Any] | None, numeric: bool) -> bool:
    if got is None:
        return False
    if not numeric:
        return expected == got
    return all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) for a, b in zip(expected, got, strict=True))
