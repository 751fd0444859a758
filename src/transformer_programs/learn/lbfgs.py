"""Limited-memory BFGS for smooth convex functions, small enough to read.

Why not SciPy's: its inner products go through a BLAS that starts threads of its own, which on problems of a few
hundred unknowns costs ten times the arithmetic when other work shares the cores; and the learners want to stop by
their own rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

__all__ = ["Descent", "minimise"]

Vector = Float[np.ndarray, " unknown"]


@dataclass(slots=True)
class Descent:
    """Where a minimisation stands. One that was left goes on as if it never had been."""

    x: Vector | None = None
    value: float = np.inf
    gradient: Vector | None = None
    pairs: list[tuple[Vector, Vector, float]] = field(default_factory=list)
    step: int = 0
    mark: float = np.inf
    ended: bool = False


def minimise(
    objective: Callable[[Vector], tuple[float, Vector]],
    start: Vector,
    *,
    steps: int = 200,
    memory: int = 12,
    tolerance: float = 1e-7,
    done: Callable[[Vector], bool] | None = None,
    descent: Descent | None = None,
) -> Vector:
    """A minimum of a convex function, by L-BFGS with a backtracking line search (Nocedal and Wright, algorithm 7.4).

    Args:
        objective: value and gradient.
        start: where to begin; not changed.
        steps: most iterations.
        memory: pairs kept.
        tolerance: stops when ten iterations together lower the value by less than this part of it.
        done: asked every ten iterations; True stops.
        descent: where an earlier call with fewer steps stopped, otherwise alike; the call notes there where it does.

    >>> minimise(lambda x: (float(((x - 3) ** 2).sum()), 2 * (x - 3)), np.zeros(2)).round(6).tolist()
    [3.0, 3.0]
    """
    at = Descent() if descent is None else descent
    if at.x is None or at.gradient is None:
        at.x = start.copy()
        at.value, at.gradient = objective(at.x)
        at.mark = at.value
    while at.step < steps and not at.ended:
        direction = _direction(at.gradient, at.pairs)
        slope = float(np.sum(at.gradient * direction))
        found = None if slope > -1e-14 * (1.0 + abs(at.value)) else _searched(objective, at, direction, slope)
        if found is None:
            at.ended = True
            break
        candidate, value, gradient = found
        moved, turned = candidate - at.x, gradient - at.gradient
        curvature = float(np.sum(moved * turned))
        if curvature > 1e-12 * float(np.sum(turned * turned)):
            at.pairs = [*at.pairs[-(memory - 1) :], (moved, turned, 1.0 / curvature)]
        at.x, at.value, at.gradient = candidate, value, gradient
        at.step += 1
        if at.step % 10 == 0:
            at.ended = at.mark - at.value <= tolerance * abs(at.value) or (done is not None and done(at.x))
            at.mark = at.value
    return at.x


def _searched(
    objective: Callable[[Vector], tuple[float, Vector]], at: Descent, direction: Vector, slope: float
) -> tuple[Vector, float, Vector] | None:
    """The point of a line search with its value and gradient, or None where none lowers the value."""
    assert at.x is not None
    assert at.gradient is not None
    size = 1.0 if at.pairs else min(1.0, 1.0 / float(np.abs(at.gradient).sum()))
    for _ in range(30):
        candidate = at.x + size * direction
        value, gradient = objective(candidate)
        if value <= at.value + 1e-4 * size * slope:
            return candidate, value, gradient
        # The minimum of the parabola through the two values and the slope, kept within a tenth and a half.
        curve = 2.0 * (value - at.value - size * slope)
        size *= min(0.5, max(0.1, -slope * size / curve if curve > 0.0 else 0.5))
    return None


def _direction(gradient: Vector, pairs: list[tuple[Vector, Vector, float]]) -> Vector:
    """The two-loop recursion: minus the approximate inverse Hessian times the gradient."""
    q = gradient.copy()
    weights = []
    for moved, turned, rho in reversed(pairs):
        weights.append(rho * float(np.sum(moved * q)))
        q -= weights[-1] * turned
    if pairs:
        _, turned, rho = pairs[-1]
        q *= 1.0 / (rho * float(np.sum(turned * turned)))
    for (moved, turned, rho), weight in zip(pairs, reversed(weights)):
        q += (weight - rho * float(np.sum(turned * q))) * moved
    return -q
