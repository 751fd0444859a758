"""The best rows of a predicate for one (query, key, output): free ones, and ones that follow a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from jaxtyping import Float, Int

from transformer_programs.learn.grow import kernels

__all__ = ["Choice", "best_rows", "best_shift"]

LARGEST = 6_000_000
"""Numbers in the largest histogram of shifts."""

KEEP = 0.97
"""Rows by rule are taken where they keep this part of the gain: they also hold for values that were rare or missing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Rows, and what they are worth.

    Args:
        rows: for each query value the key value, -1: none.
        gain: of the variable they make, less that of matching nothing.
        rule: where a rule wrote them, what it says everywhere, beyond the key values too.
    """

    rows: tuple[int, ...]
    gain: float
    rule: tuple[int, ...] | None


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
    for rule in _rules(shape, choices - 1, free):
        rows = np.where((rule >= 0) & (rule < choices - 1), rule, choices - 1)
        ruled = kernels.gain_of(sums, rows, damping) - base
        if ruled >= KEEP * (gain - base) and (best is None or ruled > best.gain):
            best = Choice(_tuple(rows, choices), float(ruled), tuple(rule.tolist()))
    return best or Choice(_tuple(free, choices), float(gain - base), None)


def best_shift(
    queries: Sequence[Int[np.ndarray, " row"]],
    shape: tuple[int, ...],
    output: Int[np.ndarray, "row choice"],
    outputs: int,
    force: Float[np.ndarray, "row force"],
    damping: float,
) -> Choice | None:
    """The best rows by rule alone, where there are too many query values to choose a row for each.

    Args:
        queries: codes of the query variable, or of both.
        shape, output, outputs, force, damping: see `best_rows`.
    """
    keys = output.shape[1] - 1
    places = np.indices(shape).reshape(len(shape), -1)
    best: Choice | None = None
    for here, everywhere in zip(_bases(*queries), _bases(*places)):
        shifts = np.arange(-int(everywhere.max()), keys - int(everywhere.min()))
        if len(shifts) * outputs * force.shape[1] > LARGEST:
            return None
        wanted = here[:, None] + shifts
        found = np.take_along_axis(output, np.where((wanted >= 0) & (wanted < keys), wanted, keys), axis=1)
        sums = np.zeros((1, len(shifts), outputs, force.shape[1]))
        nobody = np.zeros(len(here), np.int32)
        kernels.histogram(nobody, np.ascontiguousarray(found), nobody, outputs, force, sums)
        gains = [kernels.gain_of(sums, np.array([t]), damping) for t in range(len(shifts))]
        t = int(np.argmax(gains))
        nothing = np.zeros((1, outputs, force.shape[1]))
        np.add.at(nothing[0], output[:, keys], force)
        gain = float(gains[t] - kernels.gains(nothing[0], damping).sum())
        if gain > 0.0 and (best is None or gain > best.gain):
            rule = everywhere + shifts[t]
            rows = tuple(int(row) if 0 <= row < keys else -1 for row in rule)
            best = Choice(rows, gain, tuple(rule.tolist()))
    return best


def _tuple(rows: np.ndarray, choices: int) -> tuple[int, ...]:
    return tuple(-1 if row == choices - 1 else int(row) for row in rows)


def _bases(a: np.ndarray, b: np.ndarray | None = None) -> list[np.ndarray]:
    """What rules start from: a query value, or the sum and the differences of two."""
    return [a] if b is None else [a + b, a - b, b - a]


def _rules(shape: tuple[int, ...], keys: int, free: np.ndarray) -> list[np.ndarray]:
    """Rows a + t, or for two queries a + b + t and a - b + t; t is what most of the free rows say."""
    places = np.indices(shape).reshape(len(shape), -1)
    used = free < keys
    found = []
    for base in _bases(*places):
        if not used.any():
            continue
        shifts, times = np.unique((free - base)[used], return_counts=True)
        found += [base + shift for shift in shifts[np.argsort(-times, kind="stable")][:2]]
    return found
