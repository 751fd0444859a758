"""A finite table as one ReLU layer.

Two constructions, of which the one with fewer hidden units is taken:

*Lookup on a line.* Any function of finitely many points z_0 < z_1 < .. of a line is f(z_0) plus, at every gap where it
changes, a step. A step over the middle half of the gap [a, b] is relu(u) - relu(u - 1) with
u = (z - a) / ((b - a) / 2) - 1/2. Proof: u <= -1/2 at and below a, so both are 0; u >= 3/2 at and above b, so the
difference is 1. Noise in z below a quarter of the gap changes nothing: steps restore clean values. A table of several
arguments is put on a line by any z = sum of functions of the arguments that tells different results apart: sums and
differences of the numbers themselves, or mixed radix (each argument weighted beyond the range of those before it).

*Conjunctions.* For one-hot arguments, relu(sum of m indicators - (m - 1)) is 1 where all hold, else 0. One unit for
each combination of all arguments but one and each result: the indicators of the remaining argument are summed first,
since they exclude each other.

*Broken line* (numbers only): f(z_0) + sum of slope changes times relu(z - z_i) passes through all points. It takes one
unit a bend, so a table that is piecewise linear costs little, but noise in z is not removed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations, product

import numpy as np

__all__ = ["Axis", "Layer", "Unit", "build_classes", "build_numbers"]

SEPARATE = 1e-9
"""Points of a line nearer than this fraction of its range are one point."""
FINEST = 1e-11
"""Smallest gap, as a fraction of the range, that a step may use in float64."""
EPSILON = 2.0**-52
FLOAT32 = 2.0**-21
"""Margins above this are safe in float32."""
MOST_AXES_PERMUTED = 4


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """One argument: the points of a scalar, or a number of one-hot classes with a guess at their natural scale."""

    scale: np.ndarray
    one_hot: bool


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """relu(constant + for each axis a factor times the scalar, or the coefficient of the class)."""

    constant: float
    inputs: tuple[np.ndarray | float, ...]
    outputs: dict[int, float]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Hidden units, constants of the outputs, and the narrowest plateau as a fraction of the range of its line."""

    units: list[Unit]
    constants: dict[int, float]
    margin: float


def build_classes(axes: list[Axis], labels: np.ndarray) -> Layer | None:
    """One output for each class but 0, holding its indicator; label -1 is free. None where nothing fits."""
    return _best(axes, labels, np.isnan(np.where(labels < 0, np.nan, 0.0)), number=False)


def build_numbers(axes: list[Axis], numbers: np.ndarray) -> Layer | None:
    """Output 0 holds the number; NaN is free."""
    return _best(axes, numbers, np.isnan(numbers), number=True)


def _best(axes: list[Axis], labels: np.ndarray, free: np.ndarray, number: bool) -> Layer | None:
    found = []
    for weights in _lines(axes):
        z = sum(weight.reshape([-1 if a == b else 1 for b in range(len(axes))]) for a, weight in enumerate(weights))
        z = np.broadcast_to(np.asarray(z), labels.shape)
        line = _distinct(z[~free], labels[~free])
        if line is not None:
            found.append(_steps(axes, weights, *line, number))
            if number:
                found.append(_bends(axes, weights, *line))
    if all(axis.one_hot for axis in axes):
        found.append(_conjunctions(labels, free, number))
    layers = [layer for layer in found if layer is not None]
    return min(layers, key=_price) if layers else None


def _price(layer: Layer) -> tuple[float, float]:
    """Hidden units; five times as many where float32 would not do."""
    return (len(layer.units) * (1 if layer.margin > FLOAT32 else 5), -layer.margin)


def _lines(axes: list[Axis]) -> list[list[np.ndarray]]:
    """Ways to put all combinations on a line: for every axis the contribution of each of its states."""
    found = []
    if 1 < len(axes) <= MOST_AXES_PERMUTED:
        for signs in product((1.0, -1.0), repeat=len(axes) - 1):
            found.append([axes[0].scale, *(sign * axis.scale for sign, axis in zip(signs, axes[1:]))])
    orders = list(permutations(range(len(axes)))) if len(axes) <= MOST_AXES_PERMUTED else [tuple(range(len(axes)))]
    for order in orders:
        weights: list[np.ndarray] = [np.zeros(0)] * len(axes)
        reach = 0.0
        unit = 1.0
        for step, a in enumerate(order):
            axis = axes[a]
            scale = np.argsort(np.argsort(axis.scale, kind="stable")).astype(float) if axis.one_hot else axis.scale
            distinct = np.unique(scale)
            gap = float(np.diff(distinct).min()) if len(distinct) > 1 else 1.0
            if step == 0:
                unit = gap
            factor = 1.0 if step == 0 else (reach + unit) / gap
            weights[a] = factor * scale
            reach += factor * float(distinct[-1] - distinct[0])
        found.append(weights)
    return found


def _distinct(z: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The points of the line in order with their results; None where one point would need two results."""
    order = np.argsort(z, kind="stable")
    z, labels = z[order], labels[order]
    reach = max(float(z[-1] - z[0]), float(np.abs(z).max()), 1e-300)
    new = np.concatenate([[True], np.diff(z) > SEPARATE * reach])
    group = np.cumsum(new) - 1
    first = labels[new]
    return None if (first[group] != labels).any() else (z[new], first)


def _unit(axes: list[Axis], weights: list[np.ndarray], factor: float, shift: float, outputs: dict[int, float]) -> Unit:
    """relu(factor * z + shift)."""
    inputs: list[np.ndarray | float] = []
    for axis, weight in zip(axes, weights):
        if axis.one_hot:
            inputs.append(factor * weight)
        else:
            wide = int(np.abs(axis.scale).argmax())
            inputs.append(factor * float(weight[wide] / axis.scale[wide]) if axis.scale[wide] else 0.0)
    return Unit(shift, tuple(inputs), outputs)


def _steps(
    axes: list[Axis], weights: list[np.ndarray], z: np.ndarray, labels: np.ndarray, number: bool
) -> Layer | None:
    units = []
    margin = 1.0
    reach = max(float(np.abs(z).max()), float(z[-1] - z[0]), 1e-300)
    for i in np.flatnonzero(labels[1:] != labels[:-1]):
        before, after, width = labels[i], labels[i + 1], (z[i + 1] - z[i]) / 2
        if width / reach < FINEST:
            return None
        margin = min(margin, width / 2 / reach)
        change = {0: float(after - before)} if number else {int(after): 1.0, int(before): -1.0}
        change = {row: weight for row, weight in change.items() if number or row > 0}
        outputs = change if number else {row - 1: weight for row, weight in change.items()}
        start = -float(z[i]) / width - 0.5
        units.append(_unit(axes, weights, 1 / width, start, outputs))
        units.append(_unit(axes, weights, 1 / width, start - 1, {row: -weight for row, weight in outputs.items()}))
    constants = {0: float(labels[0])} if number else ({int(labels[0]) - 1: 1.0} if labels[0] > 0 else {})
    return Layer(units, constants, margin)


def _bends(axes: list[Axis], weights: list[np.ndarray], z: np.ndarray, numbers: np.ndarray) -> Layer | None:
    if len(z) < 2:
        return None
    slopes = np.diff(numbers) / np.diff(z)
    changes = np.concatenate([[slopes[0]], np.diff(slopes)])
    kept = np.flatnonzero(np.abs(changes) > 1e-9 * np.abs(slopes).max(initial=0.0))
    value = numbers[0] + sum(changes[i] * np.maximum(z - z[i], 0) for i in kept)
    spread = np.diff(np.unique(numbers)).min(initial=np.inf)
    noise = np.abs(slopes).max() * max(float(np.abs(z).max()), 1e-300) * len(kept)
    if np.abs(value - numbers).max() > 1e-10 * np.abs(numbers).max() or noise * EPSILON > spread / 100:
        return None
    units = [_unit(axes, weights, 1.0, -float(z[i]), {0: float(changes[i])}) for i in kept]
    return Layer(units, {0: float(numbers[0])}, float(spread / 2 / max(noise, 1e-300)))


def _conjunctions(labels: np.ndarray, free: np.ndarray, number: bool) -> Layer:
    """Conjunctions, summed along the argument that leaves the fewest."""
    known = labels[~free]
    kinds, counts = np.unique(known, return_counts=True)
    usual = kinds[counts.argmax()] if number else 0
    best: list[Unit] | None = None
    for axis in range(labels.ndim):
        units = []
        lines, spare = np.moveaxis(labels, axis, -1), np.moveaxis(free, axis, -1)
        for place in np.ndindex(lines.shape[:-1]):
            line, skip = lines[place], spare[place]
            for kind in np.unique(line[~skip]):
                if kind == usual:
                    continue
                chosen = (line == kind) & ~skip
                whole = bool((chosen | skip).all())
                inputs: list[np.ndarray | float] = []
                others = iter(place)
                for a in range(labels.ndim):
                    if a == axis:
                        inputs.append(np.zeros(labels.shape[a]) if whole else chosen.astype(float))
                    else:
                        inputs.append((np.arange(labels.shape[a]) == next(others)).astype(float))
                needed = labels.ndim - (1 if whole else 0)
                outputs = {0: float(kind - usual)} if number else {int(kind) - 1: 1.0}
                units.append(Unit(float(1 - needed), tuple(inputs), outputs))
        if best is None or len(units) < len(best):
            best = units
    assert best is not None
    constants = {0: float(usual)} if number else {}
    return Layer(best, constants, 0.25)
