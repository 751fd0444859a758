"""Taking out again what the finished program can do without."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from transformer_programs.learn.grow.graph import POSITIONS, TOKENS, Cells, Graph, Variable
from transformer_programs.learn.grow.lower import rewritten
from transformer_programs.learn.grow.model import Feature
from transformer_programs.learn.grow.prices import parts_price

__all__ = ["ordered", "replaced", "tied", "without_features", "without_sums"]

Good = Callable[[Sequence[Feature]], bool]
"""Whether a program with these features, tables first, is as good as it has to be."""


def ordered(features: Sequence[Feature]) -> tuple[Feature, ...]:
    """Tables first, then numbers."""
    return tuple(dict.fromkeys([*(f for f in features if not f.linear), *(f for f in features if f.linear)]))


def without_features(graph: Graph, features: Sequence[Feature], classes: int, good: Good) -> tuple[Feature, ...]:
    """Leaves out features, the dearest first, where the program stays good."""
    kept = ordered(features)
    for feature in sorted(kept, key=lambda f: -_own_price(graph, kept, f, classes)):
        rest = tuple(f for f in kept if f != feature)
        if rest and good(rest):
            kept = rest
    return kept


def _own_price(graph: Graph, features: Sequence[Feature], feature: Feature, classes: int) -> float:
    shared = set(graph.closure(f.variable for f in features if f != feature)) | {TOKENS, POSITIONS}
    return parts_price(graph, [feature], shared, classes)


def without_sums(graph: Graph, features: Sequence[Feature], good: Good) -> tuple[Feature, ...]:
    """Replaces sums of two quantities by one of them where the program stays good."""
    kept = ordered(features)
    done: set[Variable] = set()
    while True:
        todo = [
            v
            for v in reversed(graph.closure(f.variable for f in kept))
            if v not in done and isinstance(node := graph.nodes[v], Cells) and node.law == "sum"
        ]
        if not todo:
            return kept
        done.add(todo[0])
        for part in graph.reads(todo[0]):
            shorter = replaced(graph, kept, todo[0], part)
            if good(shorter):
                kept = shorter
                break


def replaced(graph: Graph, features: Sequence[Feature], old: Variable, new: Variable) -> tuple[Feature, ...]:
    """The features with one variable put in another's place, everywhere; both have the same values."""
    known: dict[Variable, Variable] = {}
    for variable in graph.closure(feature.variable for feature in features):
        known[variable] = new if variable == old else rewritten(graph, variable, graph.nodes[variable], known)
    return ordered([Feature(known[f.variable], f.linear) for f in features])


def tied(
    graph: Graph, features: Sequence[Feature], tables: Sequence[np.ndarray], seen: Sequence[int], good: Good
) -> tuple[Feature, ...]:
    """Gives values of a feature the same scores, as few different ones as the program needs.

    Fewer rows to read, and values that were rare or never seen go with their neighbours. Values are grouped by the
    likeness of their scores.

    Args:
        features: tables first.
        tables: the scores of the tables.
        seen: how many values of each occur.
        good: see `Good`.
    """
    kept = list(ordered(features))
    for i, (table, values) in enumerate(zip(tables, seen)):
        variable = kept[i].variable
        for groups in range(min(values - 1, 8), 1, -1):
            group = _grouped(table, groups)
            feature = Feature(graph.add(Cells((variable,), tuple(map(int, group)), "tied")))
            trial = [feature if j == i else other for j, other in enumerate(kept)]
            if not good(trial):
                break
            kept = trial
    return tuple(kept)


def _grouped(table: np.ndarray, groups: int) -> np.ndarray:
    """Rows put together, the nearest two groups again and again until so many are left."""
    group = np.arange(len(table))
    centres = {i: row.astype(float) for i, row in enumerate(table)}
    while len(centres) > groups:
        names = sorted(centres)
        points = np.stack([centres[name] for name in names])
        distance = ((points[:, None] - points) ** 2).sum(axis=2) + np.diag(np.full(len(names), np.inf))
        i, j = (names[k] for k in np.unravel_index(distance.argmin(), distance.shape))
        i, j = min(i, j), max(i, j)
        sizes = (group == i).sum(), (group == j).sum()
        centres[i] = np.average([centres[i], centres.pop(j)], axis=0, weights=sizes)
        group[group == j] = i
    return np.unique(group, return_inverse=True)[1]
