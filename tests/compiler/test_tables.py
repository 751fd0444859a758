"""Finite tables as ReLU layers: right on every combination, flat around it, and few units."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from transformer_programs.compiler.constructions.table import Axis, Layer, build_classes, build_numbers


def run(layer: Layer, axes: list[Axis], outputs: int, noise: float = 0.0) -> np.ndarray:
    """What the layer gives for every combination of states."""
    found = np.zeros([*(len(axis.scale) for axis in axes), outputs])
    for states in product(*(range(len(axis.scale)) for axis in axes)):
        row = np.zeros(outputs)
        for index, constant in layer.constants.items():
            row[index] += constant
        for unit in layer.units:
            total = unit.constant
            for axis, state, inputs in zip(axes, states, unit.inputs):
                total += np.asarray(inputs)[state] if axis.one_hot else float(inputs) * (axis.scale[state] + noise)
            for index, weight in unit.outputs.items():
                row[index] += weight * max(total, 0.0)
        found[states] = row
    return found


@pytest.mark.parametrize("seed", range(30))
def test_random_tables(seed: int) -> None:
    rng = np.random.default_rng(seed)
    axes = []
    for _ in range(rng.integers(1, 4)):
        size = int(rng.integers(1, 5))
        axes.append(Axis(np.sort(rng.choice(50, size, replace=False)) / 7.0, one_hot=bool(rng.integers(2))))
    shape = [len(axis.scale) for axis in axes]
    labels = rng.integers(0, 4, shape)
    layer = build_classes(axes, labels)
    assert layer is not None
    np.testing.assert_allclose(run(layer, axes, 3), (labels[..., None] == np.arange(1, 4)).astype(float), atol=1e-9)
    numbers = rng.integers(-5, 6, shape).astype(float)
    layer = build_numbers(axes, numbers)
    assert layer is not None
    np.testing.assert_allclose(run(layer, axes, 1)[..., 0], numbers, atol=1e-8)


def test_steps_remove_noise() -> None:
    axes = [Axis(1 / np.arange(1.0, 7.0), one_hot=False)]
    layer = build_classes(axes, np.arange(6))
    assert layer is not None
    noise = 0.9 * layer.margin
    np.testing.assert_allclose(run(layer, axes, 5, noise), np.eye(6)[:, 1:], atol=1e-12)


def test_a_conjunction_takes_one_unit() -> None:
    truth = Axis(np.array([0.0, 1.0]), one_hot=True)
    layer = build_classes([truth, truth], np.array([[0, 0], [0, 1]]))
    assert layer is not None
    assert len(layer.units) == 1


def test_a_comparison_of_numbers_takes_one_step() -> None:
    axis = Axis(np.arange(10.0), one_hot=True)
    less = np.array([[int(a < b) for b in range(10)] for a in range(10)])
    layer = build_classes([axis, axis], less)
    assert layer is not None
    assert len(layer.units) == 2


def test_a_linear_number_takes_one_unit() -> None:
    layer = build_numbers([Axis(np.arange(20.0), one_hot=False)], 3.0 * np.arange(20) - 7)
    assert layer is not None
    assert len(layer.units) == 1


def test_free_combinations_cost_nothing() -> None:
    axis = Axis(np.arange(4.0), one_hot=False)
    layer = build_classes([axis], np.array([0, -1, -1, 1]))
    assert layer is not None
    assert len(layer.units) == 2


def test_points_that_coincide_have_no_table() -> None:
    assert build_classes([Axis(np.array([1.0, 1.0]), one_hot=False)], np.array([0, 1])) is None
