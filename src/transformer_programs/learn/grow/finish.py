"""The last fit: integer scores on all examples, also for values that no example has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transformer_programs.learn.grow.graph import TOKENS, Graph, Head, Near, Variable
from transformer_programs.learn.grow.model import Examples, Feature
from transformer_programs.learn.grow.prune import ordered
from transformer_programs.learn.scores import Scores, compress, correct, fit, separate, whole

__all__ = ["exact_scores", "final_scores"]


def exact_scores(examples: Examples, features: Sequence[Feature], seed: int) -> Scores | None:
    """Real scores that get every answer right, or None where none were found."""
    return separate(compress(examples.features(ordered(features)), examples.classes), seed=seed)


def final_scores(
    examples: Examples,
    features: Sequence[Feature],
    exact: Scores | None,
    labels: Sequence[str],
    vocabulary: Sequence[str],
) -> Scores:
    """Integer scores of the features (tables first): of the exact ones where there are any, else of the best fit."""
    design = compress(examples.features(features), examples.classes)
    scores = exact if exact is not None else fit(design, steps=400)[0]
    scores = whole(scores, design)
    right = correct(design, scores) == design.answers
    tables = []
    for feature, table in zip([f for f in features if not f.linear], scores.tables):
        seen = np.bincount(examples.codes(feature.variable), minlength=len(table)) > 0
        graph = examples.bank.graph
        if graph.ordered[feature.variable]:
            table = _continued(table, seen)
        if right and len(features) == 1:
            table = _named(table, scores.bias, seen, _own_labels(graph, feature.variable, labels, vocabulary))
        tables.append(table)
    return Scores(scores.bias, tuple(tables), scores.numbers)


def _continued(table: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Scores of quantities that were never seen are those of the nearest that was."""
    known = np.flatnonzero(seen)
    nearest = known[np.abs(np.arange(len(table))[:, None] - known).argmin(axis=1)]
    return np.asarray(table[nearest])


def _named(table: np.ndarray, bias: np.ndarray, seen: np.ndarray, own: Sequence[int]) -> np.ndarray:
    """Where every value seen is answered with its own name, so are the others.

    A count of 7 that was never seen gets the label "7" if 1 gets "1", 2 gets "2" and so on: the rule is shorter than
    the same rule with an exception.
    """
    shown = table + bias
    known = np.flatnonzero(seen).tolist()
    if len(known) < 2 or any(int(shown[v].argmax()) != own[v] for v in known):
        return table
    table = table.copy()
    for v in np.flatnonzero(~seen).tolist():
        if own[v] >= 0:
            table[v] = 0
            table[v, own[v]] = int(np.ptp(bias)) + int(np.abs(table[known]).max(initial=1))
    return table


def _own_labels(graph: Graph, variable: Variable, labels: Sequence[str], vocabulary: Sequence[str]) -> list[int]:
    """For every code of a variable the label that is written as its value is, -1 where there is none."""
    while isinstance(node := graph.nodes[variable], (Head, Near)):
        variable = node.value
    texts = vocabulary if variable == TOKENS else tuple(map(str, range(graph.sizes[variable])))
    index = {label: i for i, label in enumerate(labels)}
    return [index.get(text, -1) for text in texts]
