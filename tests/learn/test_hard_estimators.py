"""The hard learner's estimators against their equations, and what the equations promise."""

from __future__ import annotations

import numpy as np
import pytest

from learn.from_python import through_choice
from transformer_programs.batch import evaluate
from transformer_programs.learn.hard import Estimator, Hard, Schedule, Search, Shape
from transformer_programs.program import dumps
from transformer_programs.tasks import make_task

CHOICES, LANES, OFFSET = 11, 16, 8


def _softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max())
    return e / e.sum()


def _moved(z: np.ndarray, differences: np.ndarray, choice: int, temperature: float, gapped: bool) -> np.ndarray:
    """What the compiled code makes of one row that stands somewhere in memory, with lanes that are no choices."""
    odds, gradient, moved = np.zeros((3, OFFSET + LANES), np.float32)
    row = slice(OFFSET, OFFSET + CHOICES)
    odds[row] = np.exp((z - z.max()) / temperature)
    gradient[row] = differences
    through_choice(OFFSET, LANES, np.uint8(choice), gradient, odds, moved, np.float32(temperature), gapped)
    assert not gradient.any(), "the next program begins with none"
    assert not moved[:OFFSET].any()
    assert not moved[OFFSET + CHOICES :].any()
    return moved[row]


@pytest.fixture
def row() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    return random.normal(size=CHOICES), random.normal(size=CHOICES)


@pytest.mark.parametrize("temperature", [1.0, 0.4])
@pytest.mark.parametrize("choice", [0, 3, 8, 10])
def test_a_move_is_what_the_equations_say(row: tuple[np.ndarray, np.ndarray], choice: int, temperature: float) -> None:
    z, differences = row
    p, drawn = _softmax(z / temperature), np.eye(CHOICES)[choice]
    straight = p * (differences - p @ differences)
    score_function = (drawn - p) * (differences[choice] - p @ differences)
    zgr = (straight + score_function) / 2 / temperature
    assert _moved(z, differences, choice, temperature, False) == pytest.approx(zgr, abs=1e-5)
    gap = np.where(drawn == 1, z.max(), np.minimum(z, z.max() - 1))
    q = _softmax(gap / temperature)
    gapped = q * (differences - q @ differences) / temperature
    assert _moved(z, differences, choice, temperature, True) == pytest.approx(gapped, abs=1e-5)


def test_zgr_is_right_in_the_mean_where_the_loss_is_quadratic(row: tuple[np.ndarray, np.ndarray]) -> None:
    """L(x) = x A x + b x, differentiated at the one-hot x that was drawn; A symmetric."""
    z, b = row
    a = np.random.default_rng(6).normal(size=(CHOICES, CHOICES))
    a += a.T
    p, losses = _softmax(z), np.diag(a) + b
    mean = sum(p[x] * _moved(z, 2 * a[x] + b, x, 1.0, False) for x in range(CHOICES))
    assert mean == pytest.approx(p * (losses - p @ losses), abs=1e-5)


@pytest.mark.parametrize("estimator", Estimator)
def test_every_estimator_learns_and_comes_again(estimator: Estimator) -> None:
    learner = Hard(
        shape=Shape(layers=1, categorical_heads=2, counting_heads=1, categorical_tables=0, numerical_tables=0),
        schedule=Schedule(steps=300, estimator=estimator),
        restarts=1,
        small_restarts=0,
        repair=Search(rounds=1),
        finish=Search(rounds=1),
    )
    data = make_task("hist", 6, 6).dataset(size=1000, seed=0)
    first, second = learner(data, seed=0), learner(data, seed=0)
    assert dumps(first) == dumps(second)
    assert evaluate(first, data, data.test).token_accuracy > 0.9
