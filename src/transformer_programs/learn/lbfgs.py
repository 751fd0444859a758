"""Limited-memory BFGS for smooth convex functions, small enough to read.

Why not SciPy's: its inner products go through a BLAS that starts threads of its own, which on problems of a few
hundred unknowns costs ten times the arithmetic when other work shares the cores; and the learners want to stop by
their own rules.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

__all__ = ["minimise"]

Vector = Float[np.ndarray, " unknown"]


def minimise(
    objective: Callable[[Vector], tuple[float, Vector]],
    start: Vector,
    *,
    steps: int = 200,
    memory: int = 12,
    tolerance: float = 1e-7,
    done: Callable[[Vector], bool] | None = None,
) -> Vector:
    """A minimum of a convex function, by L-BFGS with a backtracking line search (Nocedal and Wright, algorithm 7.4).

    Args:
        objective: value and gradient.
        start: where to begin; not changed.
        steps: most iterations.
        memory: pairs kept.
        tolerance: stops when ten iterations together lower the value by less than this part of it.
        done: asked every ten iterations; True stops.

    >>> minimise(lambda x: (float(((x - 3) ** 2).sum()), 2 * (x - 3)), np.zeros(2)).round(6).tolist()
    [3.0, 3.0]
    """
    x = start.copy()
    value, gradient = objective(x)
    pairs: list[tuple[Vector, Vector, float]] = []
    mark = value
    for step in range(1, steps + 1):
        direction = _direction(gradient, pairs)
        slope = float(np.sum(gradient * direction))
        if slope > -1e-14 * (1.0 + abs(value)):
            break
        size = 1.0 if pairs else min(1.0, 1.0 / float(np.abs(gradient).sum()))
        for _ in range(30):
            candidate = x + size * direction
            new_value, new_gradient = objective(candidate)
            if new_value <= value + 1e-4 * size * slope:
                break
            # The minimum of the parabola through the two values and the slope, kept within a tenth and a half.
            curve = 2.0 * (new_value - value - size * slope)
            size *= min(0.5, max(0.1, -slope * size / curve if curve > 0.0 else 0.5))
        else:
            break
        moved, turned = candidate - x, new_gradient - gradient
        curvature = float(np.sum(moved * turned))
        if curvature > 1e-12 * float(np.sum(turned * turned)):
            pairs = [*pairs[-(memory - 1) :], (moved, turned, 1.0 / curvature)]
        x, value, gradient = candidate, new_value, new_gradient
        if step % 10 == 0:
            if mark - value <= tolerance * abs(value) or (done is not None and done(x)):
                break
            mark = value
    return x


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
