"""The best rows of a predicate for one (query, key, output): free ones, and ones that follow a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

import numpy as np
from jaxtyping import Float, Int

from transformer_programs.learn.grow import kernels
from transformer_programs.learn.grow.tally import choose, gain_of, tally

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
    rules: bool = True,
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
        rules: whether rows that follow a rule are looked for, too; where only the gain counts they need not be.
    """
    choices = output.shape[1]
    queries = int(np.prod(shape))
    joint = np.zeros(len(query), np.int32) if beside is None else beside
    found = tally(query, queries, output, outputs, joint, besides, force)
    free, gain, base = choose(found, damping, log(choices) / ratio, 2)
    best: Choice | None = None
    for rule in _rules(shape, choices - 1, free) if rules else ():
        rows = np.where((rule >= 0) & (rule < choices - 1), rule, choices - 1)
        ruled = gain_of(found, rows, damping) - base
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
    best: Choice | None = None
    for here, everywhere in zip(_bases(*queries), _everywhere(shape)):
        shifts = np.arange(-int(everywhere.max()), keys - int(everywhere.min()))
        if len(shifts) * outputs * force.shape[1] > LARGEST:
            return None
        wanted = here[:, None] + shifts
        found = np.take_along_axis(output, np.where((wanted >= 0) & (wanted < keys), wanted, keys), axis=1)
        nobody = np.zeros(len(here), np.int32)
        each = tally(nobody, 1, np.ascontiguousarray(found), outputs, nobody, 1, force)
        gains = [gain_of(each, np.array([t]), damping) for t in range(len(shifts))]
        t = int(np.argmax(gains))
        nothing = kernels.cells(output[:, keys].astype(np.int32), outputs, force)
        gain = float(gains[t] - kernels.gains(nothing, damping).sum())
        if gain > 0.0 and (best is None or gain > best.gain):
            rule = everywhere + shifts[t]
            rows = np.where((rule >= 0) & (rule < keys), rule, keys)
            best = Choice(_tuple(rows, keys + 1), gain, tuple(rule.tolist()))
    return best


def _tuple(rows: np.ndarray, choices: int) -> tuple[int, ...]:
    return tuple(np.where(rows == choices - 1, -1, rows).tolist())


def _bases(a: np.ndarray, b: np.ndarray | None = None) -> list[np.ndarray]:
    """What rules start from: a query value, or the sum and the differences of two."""
    return [a] if b is None else [a + b, a - b, b - a]


def _rules(shape: tuple[int, ...], keys: int, free: np.ndarray) -> list[np.ndarray]:
    """Rows a + t, or for two queries a + b + t and a - b + t; t is what most of the free rows say."""
    used = free < keys
    found: list[np.ndarray] = []
    if not used.any():
        return found
    for base in _everywhere(shape):
        shifts = (free - base)[used]
        least = int(shifts.min())
        times = np.bincount(shifts - least)
        found += [base + (least + shift) for shift in np.argsort(-times, kind="stable")[:2] if times[shift]]
    return found


@lru_cache(maxsize=256)
def _everywhere(shape: tuple[int, ...]) -> list[np.ndarray]:
    """The bases for all values of the query variable, or of both."""
    return _bases(*np.indices(shape).reshape(len(shape), -1))
