"""Taking out again what the finished program can do without."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from transformer_programs.learn.grow.graph import POSITIONS, TOKENS, Cells, Graph, Variable
from transformer_programs.learn.grow.lower import rewritten
from transformer_programs.learn.grow.model import Feature
from transformer_programs.learn.grow.prices import parts_price

__all__ = ["ordered", "without_features", "without_sums"]

Good = Callable[[Sequence[Feature]], bool]
"""Whether a program with these features, tables first, is as good as it has to be."""


def ordered(features: Sequence[Feature]) -> tuple[Feature, ...]:
    """Tables first, then numbers."""
    return tuple(dict.fromkeys([*(f for f in features if not f.linear), *(f for f in features if f.linear)]))


def without_features(graph: Graph, features: Sequence[Feature], classes: int, good: Good) -> tuple[Feature, ...]:
    """Leaves out features, the dearest first, and reads quantities as numbers, where the program stays good."""
    kept = ordered(features)
    for feature in sorted(kept, key=lambda f: -_own_price(graph, kept, f, classes)):
        rest = tuple(f for f in kept if f != feature)
        number = Feature(feature.variable, linear=True)
        if rest and good(rest):
            kept = rest
        elif not feature.linear and graph.ordered[feature.variable] and len(kept) > 1:
            linear = ordered([*rest, number])
            if good(linear):
                kept = linear
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
            shorter = _replaced(graph, kept, todo[0], part)
            if good(shorter):
                kept = shorter
                break


def _replaced(graph: Graph, features: Sequence[Feature], old: Variable, new: Variable) -> tuple[Feature, ...]:
    """The features with one variable put in another's place; both are quantities of the same size."""
    known: dict[Variable, Variable] = {}
    for variable in graph.closure(feature.variable for feature in features):
        known[variable] = new if variable == old else rewritten(graph, variable, graph.nodes[variable], known)
    return ordered([Feature(known[f.variable], f.linear) for f in features])
