"""The best rows of a predicate for one (query, key, output): free ones, and ones that follow a rule."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from jaxtyping import Float, Int

from transformer_programs.learn.grow import kernels

__all__ = ["Choice", "best_rows"]

KEEP = 0.97
"""Rows by rule are taken where they keep this part of the gain: they also hold for values that were rare or missing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Rows, and what they are worth.

    Args:
        rows: for each query value the key value, -1: none.
        gain: of the variable they make, less that of matching nothing.
        rule: whether a rule wrote them.
    """

    rows: tuple[int, ...]
    gain: float
    rule: bool


def best_rows(
    query: Int[np.ndarray, " row"],
    shape: tuple[int, ...],
    output: Int[np.ndarray, "row choice"],
    outputs: int,
    force: Float[np.ndarray, "row force"],
    damping: float,
    ratio: float,
    beside: Int[np.ndarray, " row"] | None = None,
    besides: int = 1,
) -> Choice:
    """Scores all rows at once and chooses.

    Args:
        query: code of every row; of a pair of query variables the joint code.
        shape: sizes of the query variable, or of both.
        output: the code that would come out, for every key value and last for "nothing".
        outputs: how many such codes.
        force: see `sample`.
        damping, ratio: see `candidates`.
        beside, besides: a variable that the output is read together with, and its size.
    """
    choices = output.shape[1]
    queries = int(np.prod(shape))
    joint = np.zeros(len(query), np.int32) if beside is None else beside
    sums = np.zeros((queries, choices, besides * outputs, force.shape[1]))
    kernels.histogram(query, output, joint, outputs, force, sums)
    free, gain = kernels.choose(sums, damping, log(choices) / ratio, 2)
    nothing = np.full(queries, choices - 1)
    base = kernels.gain_of(sums, nothing, damping)
    best: Choice | None = None
    for rows in _rules(shape, choices - 1, free):
        ruled = kernels.gain_of(sums, rows, damping) - base
        if ruled >= KEEP * (gain - base) and (best is None or ruled > best.gain):
            best = Choice(_tuple(rows, choices), float(ruled), True)
    return best or Choice(_tuple(free, choices), float(gain - base), False)


def _tuple(rows: np.ndarray, choices: int) -> tuple[int, ...]:
    return tuple(-1 if row == choices - 1 else int(row) for row in rows)


def _rules(shape: tuple[int, ...], keys: int, free: np.ndarray) -> list[np.ndarray]:
    """Rows a + t, or for two queries a + b + t and a - b + t; t is what most of the free rows say."""
    places = np.indices(shape).reshape(len(shape), -1)
    bases = [places[0]] if len(shape) == 1 else [places[0] + places[1], places[0] - places[1], places[1] - places[0]]
    used = free < keys
    found = []
    for base in bases:
        if not used.any():
            continue
        shifts, times = np.unique((free - base)[used], return_counts=True)
        for shift in shifts[np.argsort(-times, kind="stable")][:2]:
            rows = base + shift
            found.append(np.where((rows >= 0) & (rows < keys), rows, keys))
    return found
