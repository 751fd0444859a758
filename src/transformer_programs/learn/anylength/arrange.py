"""Are the answers the tokens in the order of some key? A look further ahead than the search by length goes.

Either the answer at position i is the least (or greatest) token whose key is below (or above, ...) i: one head.
Or positions are ranked by a whole number (equal ones by place), and position i answers with the token of rank i: two
heads on top of any candidate. Sorting is the order of the token itself, reversal that of the position counted down.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool

from transformer_programs.learn.anylength.compute import head, nearest_match, pattern
from transformer_programs.learn.anylength.goals import Explanation
from transformer_programs.learn.anylength.grammar import rankings
from transformer_programs.learn.anylength.pool import Kind, Pool, Variable
from transformer_programs.learn.anylength.sample import Sample
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Closest,
    Compare,
    Largest,
    Selector,
    Smallest,
    Step,
    Width,
    references,
)

__all__ = ["arrangements"]

PROMISING = 0.9
"""A ranking is looked at on the whole sample where a few sequences of it are this right."""

FEW = 24


def arrangements(pool: Pool, key: Variable) -> Iterator[Explanation]:
    """Every explanation, not quite wrong, that arranges the tokens (or masked ones that the key knows) by this key."""
    sample = pool.sample
    few = Sample(sample.data, sample.encoded.take(slice(0, FEW)))
    yield from _extremes(pool, few, key)
    sources = [pool.variables[number] for number in sorted(key.parts | pool.tokens.parts)]
    for proposal in rankings(pool, key):
        selector = proposal.what
        nearest = nearest_match(few, _matches(few, pool, selector))
        for source in sources:
            if source.kind is not Kind.TOKEN or not source.finite or _right(few, nearest, source) < PROMISING:
                continue
            accuracy = _right(sample, nearest_match(sample, _matches(sample, pool, selector)), source)
            parts = key.parts | source.parts | pool.positions.parts
            steps = (
                Step("rank", Width(selector)),
                Step("answer", Closest(Compare("rank", "==", POSITIONS), source.name)),
            )
            cost = pool.cost(parts) + 1 + proposal.own + 2
            yield Explanation(cost, (key.name, source.name), steps, "answer", accuracy)


def _extremes(pool: Pool, few: Sample, key: Variable) -> Iterator[Explanation]:
    """Every explanation, not quite wrong, by the least or the greatest token of those on one side of the query."""
    sample, default = pool.sample, pool.sample.data.vocabulary[0]
    if not (sample.tokens >= 0).all():
        return
    for operator in ("<", "<=", ">", ">="):
        selector = Compare(key.name, operator, POSITIONS)
        for kind in (Smallest, Largest):
            node = kind(selector, TOKENS, default)
            if _accuracy(few, pool, node) < PROMISING:
                continue
            cost = pool.cost(key.parts) + 2
            yield Explanation(cost, (key.name,), (Step("answer", node),), "answer", _accuracy(sample, pool, node))


def _accuracy(sample: Sample, pool: Pool, node: Smallest | Largest) -> float:
    rows = len(sample.encoded)
    columns = {name: pool.columns[name][:rows] for name in references(node)}
    found = pattern(sample, node.selector, columns)
    spelling = sample.spelling
    ranks = head(sample, node, found, spelling[columns[TOKENS]], int(spelling[0]))
    return float(np.mean(ranks[sample.asked] == spelling[sample.tokens]))


def _matches(sample: Sample, pool: Pool, selector: Selector) -> Bool[np.ndarray, "sequence query key"]:
    rows = len(sample.encoded)
    columns = {name: pool.columns[name][:rows] for name in {*references(selector), POSITIONS}}
    ranks = pattern(sample, selector, columns).sum(axis=2)
    return (ranks[:, None, :] == columns[POSITIONS][:, :, None]) & sample.visible


def _right(sample: Sample, nearest: np.ndarray, source: Variable) -> float:
    values = np.take_along_axis(source.values[: len(nearest)], nearest, axis=1)
    return float(np.mean(values[sample.asked] == sample.tokens))
