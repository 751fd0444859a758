"""Which key positions a head sees: a sum of tables over (query class, key class) as query-key products.

A table T[q, k] over one-hot codes is the bilinear form q^T T k. With r the row of T at key class 0, the score is
r[q] + sum over the key classes k > 0 of (T[q, k] - r[q]) [k], and since r[q] moves all keys of a query alike, only the
start position has to be told of it. So a table costs min(key classes, query classes) - 1 dimensions at most, and one
dimension that only the start position's key has holds its level, which may depend on the query.

For literals the entries are 0 where the literal holds and minus a penalty elsewhere, so a score is 0 exactly where
all literals hold: a conjunction of comparisons over different keys and queries is the sum of their tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from transformer_programs.compiler.codes import Affine, ClassAsk, Code, Demands
from transformer_programs.compiler.graph import Graph, Literal, Term

__all__ = ["SCALE", "Head", "Scores", "ValueDim", "distances", "literals", "same_value", "scores"]

SCALE = 100.0
"""Difference of scores between selected and not selected: a softmax weight of e^-100."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """A table of scores over a pair of sites."""

    literal: Literal
    table: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class ValueDim:
    """One value dimension: what is read at the key, what the start position holds instead, and where it goes."""

    read: Affine
    start: float
    code: Code
    row: int
    weight: float = 1.0


@dataclass(eq=False, slots=True, kw_only=True)
class Head:
    """A head before it has a place.

    Args:
        pairs: (query, key) functionals whose products sum to the score.
        start: score of the start position.
        gap: least difference between scores of different meaning.
        height: largest score.
        signature: equal for heads that attend alike.
        constants: added to what the head writes.
    """

    name: str
    pairs: list[tuple[Affine, Affine]]
    start: Affine
    gap: float
    height: float
    signature: tuple
    values: list[ValueDim] = field(default_factory=list)
    constants: list[tuple[Code, int, float]] = field(default_factory=list)
    layer: int = 0


def literals(term: Term, penalty: float = SCALE) -> list[Scores]:
    """Scores that are 0 where every literal holds and at most -penalty elsewhere."""
    return [Scores(literal, np.where(literal.table, 0.0, -penalty)) for literal in term]


def distances(graph: Graph, step: float) -> Scores:
    """Scores that order the keys of each query as `Closest` does: nearest, left before right, itself last."""
    n = graph.length
    table = np.zeros((n, n))
    for i in range(n):
        seen = range(i + 1) if graph.causal else range(n)
        for rank, j in enumerate(sorted(seen, key=lambda j: (j == i, abs(i - j), j))):
            table[i, j] = -step * rank
    places = np.arange(n)
    return Scores(Literal((1,), places, (1,), places, table), table)


def same_value(term: Term, site: tuple[int, ...], codes: np.ndarray) -> bool:
    """Whether all matches of a query hold the same value, because a literal fixes it."""
    for literal in term:
        if literal.key_site == site:
            known = codes >= 0
            for row in literal.table:
                found = np.unique(codes[row[literal.key_classes] & known])
                if len(found) > 1:
                    break
            else:
                return True
    return False


def scores(demands: Demands, name: str, tables: Sequence[Scores], start: float, gap: float) -> Head:
    """A head that attends by the sum of the tables, the start position having the given score."""
    pairs: list[tuple[Affine, Affine]] = []
    level = Affine(start)
    bias = Affine()
    height = abs(start)
    signature: list = [start]
    for literal, table in _merged(tables):
        rows, query_of = np.unique(table, axis=0, return_inverse=True)
        columns, key_of = np.unique(rows, axis=1, return_inverse=True)
        query_labels = query_of.ravel()[literal.query_classes]
        key_labels = key_of.ravel()[literal.key_classes]
        signature.append((literal.key_site, key_labels.tobytes(), literal.query_site, query_labels.tobytes()))
        signature.append(columns.tobytes())
        query, query_rows = demands.classes(literal.query_site, query_labels)
        key, key_columns = demands.classes(literal.key_site, key_labels)
        t = columns[query_rows][:, key_columns]
        height += np.abs(t).max(initial=0.0)
        if key.count <= query.count:
            for k in range(1, key.count):
                pairs.append((Affine().plus(query, t[:, k] - t[:, 0]), _indicator(key, k)))
            if t[:, 0].any():
                level = level.plus(query, -t[:, 0])
        else:
            for q in range(1, query.count):
                pairs.append((_indicator(query, q), Affine().plus(key, t[q] - t[0])))
            bias = bias.plus(key, t[0])
    if bias.terms:
        pairs.append((Affine(1.0), bias))
    return Head(name=name, pairs=pairs, start=level, gap=gap, height=height, signature=tuple(signature))


def _indicator(ask: ClassAsk, index: int) -> Affine:
    return Affine().plus(ask, (np.arange(ask.count) == index).astype(float))


def _merged(tables: Sequence[Scores]) -> list[tuple[Literal, np.ndarray]]:
    """Tables over the same pair of sites added up, over joint classes."""
    groups: dict[tuple, list[Scores]] = {}
    for scored in tables:
        groups.setdefault((scored.literal.key_site, scored.literal.query_site), []).append(scored)
    merged = []
    for group in groups.values():
        if len(group) == 1:
            merged.append((group[0].literal, group[0].table))
            continue
        first = group[0].literal
        keys, key_classes = _joint([scored.literal.key_classes for scored in group])
        queries, query_classes = _joint([scored.literal.query_classes for scored in group])
        table = sum(
            (scored.table[queries[:, i]][:, keys[:, i]] for i, scored in enumerate(group)),
            start=np.zeros((len(queries), len(keys))),
        )
        merged.append((Literal(first.key_site, key_classes, first.query_site, query_classes, table), table))
    return merged


def _joint(classes: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    rows, inverse = np.unique(np.stack([c.ravel() for c in classes]), axis=1, return_inverse=True)
    return rows.T, inverse.reshape(classes[0].shape)
