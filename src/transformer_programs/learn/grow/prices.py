"""The price of a program part in nats: the length of its description, to be set against what it explains.

Prices follow the usual counting of choices: one of n costs log n. Rows and tables written by a simple rule cost what
the rule costs; what a part shares with parts that are there already is free.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import log, log2

from transformer_programs.learn.grow.graph import Cells, Count, Graph, Head, Input, Near, Ordered, Variable, Written
from transformer_programs.learn.grow.model import Feature

__all__ = ["feature_price", "node_price", "parts_price", "rows_price"]

READ = log(16.0)
"""Naming a variable to read."""

RULE = log(8.0)
"""Naming a rule."""

MODULE = 2.0
"""Being a variable of its own."""

SCORE = 1.5
"""One small integer score."""


def rows_price(rows: tuple[int, ...], choices: int) -> float:
    """The price of a predicate's rows."""
    used = {row for row in rows if row >= 0}
    if all(row in (-1, a) for a, row in enumerate(rows)) or len(used) <= 1:
        return RULE + (log(choices) if len(used) == 1 else 0.0)
    return RULE + len([row for row in rows if row >= 0]) * log(choices)


def node_price(graph: Graph, variable: Variable) -> float:
    """The price of one variable, given what it reads."""
    reads = MODULE + READ * len(graph.reads(variable))
    match graph.nodes[variable]:
        case Input():
            return 0.0
        case Head(_, key, rows, _) | Count(_, key, rows):
            return reads + rows_price(rows, graph.sizes[key])
        case Written(cells):
            return MODULE + len(cells) * log(max(cells) + 1.5)
        case Near():
            return reads + RULE
        case Ordered(key, _, _, same):
            # Without comparisons among selectors it takes several counts, and tables to add them up: see `lower`.
            parts = 3.0 * log2(graph.positions) if same is not None else 2.0 * graph.sizes[key]
            return reads + RULE + (0.0 if graph.extensions else parts * (MODULE + 2.0 * READ))
        case Cells(law="tied"):
            return RULE
        case Cells(_, cells, law):
            return reads + (RULE if law else len(cells) * log(max(cells) + 1.5))


def feature_price(graph: Graph, feature: Feature, classes: int) -> float:
    """The price of a feature's scores; of equals a table is preferred to a number, which may grow without end."""
    values = 1 if feature.linear else graph.sizes[feature.variable] - 1
    return READ + values * (classes - 1) * SCORE + feature.linear


def parts_price(graph: Graph, features: Iterable[Feature], known: set[Variable], classes: int) -> float:
    """The price of features and of all variables they need beyond the known ones."""
    features = list(features)
    new = set(graph.closure(feature.variable for feature in features)) - known
    return sum(node_price(graph, v) for v in new) + sum(feature_price(graph, f, classes) for f in features)
