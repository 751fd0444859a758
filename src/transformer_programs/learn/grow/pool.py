"""Variables worth looking at although nobody has asked for them yet: cheap ones, and those made of what is there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from transformer_programs.learn.grow.bank import Bank
from transformer_programs.learn.grow.graph import POSITIONS, TOKENS, Cells, Count, Graph, Head, Variable

__all__ = ["constant_counts", "landmarks", "laws", "neighbours", "own_count"]


def neighbours(graph: Graph, causal: bool, value: Variable = TOKENS) -> list[Variable]:
    """The value one position to the left, and, where it can be seen, one to the right."""
    n = graph.positions
    left = graph.add(Head(POSITIONS, POSITIONS, tuple(range(-1, n - 1)), value))
    if causal:
        return [left]
    return [left, graph.add(Head(POSITIONS, POSITIONS, (*range(1, n), -1), value))]


def landmarks(graph: Graph, bank: Bank) -> list[Variable]:
    """Where a token is that every sequence has exactly once, but not always in the same place: an end marker, say."""
    found = []
    if bank.causal:
        return []
    for token in range(min(graph.sizes[TOKENS], 64)):
        here = (bank[TOKENS] == token) & bank.mask
        if (here.sum(axis=1) == 1).all() and len(np.unique(here.argmax(axis=1))) > 1:
            found.append(graph.add(Head(TOKENS, TOKENS, (token,) * graph.sizes[TOKENS], POSITIONS)))
    return found


def own_count(graph: Graph, variable: Variable) -> Variable:
    """How many positions have my value of the variable."""
    return graph.add(Count(variable, variable, tuple(range(graph.sizes[variable]))))


def constant_counts(graph: Graph, variable: Variable) -> list[Variable]:
    """How many positions have a given value, for each value."""
    query = min((TOKENS, POSITIONS), key=lambda v: graph.sizes[v])
    size = graph.sizes[query]
    return [graph.add(Count(query, variable, (value,) * size)) for value in range(graph.sizes[variable])]


def laws(graph: Graph, variables: Sequence[Variable]) -> list[Variable]:
    """Sums, differences and comparisons of quantities, as tables."""
    found = []
    for a, b in combinations(variables, 2):
        found += [law(graph, name, a, b) for name in ("sum", "difference", "less", "equal")]
    return found


def law(graph: Graph, name: str, a: Variable, b: Variable) -> Variable:
    """One table by rule. A difference begins at 0 for the smallest there can be."""
    x, y = np.meshgrid(np.arange(graph.sizes[a]), np.arange(graph.sizes[b]), indexing="ij")
    match name:
        case "sum":
            cells = x + y
        case "difference":
            cells = x - y + graph.sizes[b] - 1
        case "less":
            cells = (x < y).astype(int)
        case "equal":
            cells = (x == y).astype(int)
        case _:
            raise AssertionError(name)
    return graph.add(Cells((a, b), tuple(map(int, cells.ravel())), name))
