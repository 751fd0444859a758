"""Variables worth looking at although nobody has asked for them yet: cheap ones, and those made of what is there.

These are the idioms of such programs: neighbours, markers, counts, quantities added or compared, how often a value
came before, who stands where when values are put in order. Each is one or a few modules; the search scores them like
any other variable, and what a program does not use costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transformer_programs.learn.grow.bank import Bank
from transformer_programs.learn.grow.graph import POSITIONS, TOKENS, Cells, Count, Graph, Head, Near, Ordered, Variable

__all__ = [
    "constant_counts",
    "earlier",
    "landmarks",
    "larger",
    "law",
    "laws",
    "near",
    "neighbours",
    "own_count",
    "pair",
    "pairs_of",
    "smaller",
    "some",
    "standing",
]


def neighbours(graph: Graph, causal: bool, value: Variable) -> list[Variable]:
    """The value one position to the left, and, where it can be seen, one to the right."""
    n = graph.positions
    left = graph.add(Head(POSITIONS, POSITIONS, tuple(range(-1, n - 1)), value))
    if causal:
        return [left]
    return [left, graph.add(Head(POSITIONS, POSITIONS, (*range(1, n), -1), value))]


def near(graph: Graph, causal: bool, value: Variable, reach: int) -> list[Variable]:
    """The values at distances up to `reach`, by offset (an extension of the paper's class)."""
    offsets = [o for o in range(-reach, reach + 1) if o < 0 or (o > 0 and not causal)]
    return [graph.add(Near(offset, value)) for offset in offsets]


def landmarks(graph: Graph, bank: Bank) -> list[Variable]:
    """Where a token is that every sequence has exactly once, but not always in the same place: an end marker, say."""
    found: list[Variable] = []
    if bank.causal:
        return found
    size = graph.sizes[TOKENS]
    for token in range(min(size, 64)):
        here = (bank[TOKENS] == token) & bank.mask
        if (here.sum(axis=1) == 1).all() and len(np.unique(here.argmax(axis=1))) > 1:
            found.append(graph.add(Head(_smallest(graph), TOKENS, (token,) * graph.sizes[_smallest(graph)], POSITIONS)))
    return found


def _smallest(graph: Graph) -> Variable:
    return min((TOKENS, POSITIONS), key=lambda v: graph.sizes[v])


def own_count(graph: Graph, variable: Variable) -> Variable:
    """How many positions have my value of the variable; 0 for marker tokens, which are no part of the sequence."""
    marked = graph.markers if variable == TOKENS else frozenset()
    rows = tuple(-1 if value in marked else value for value in range(graph.sizes[variable]))
    return graph.add(Count(variable, variable, rows))


def constant_counts(graph: Graph, variable: Variable) -> list[Variable]:
    """How many positions have a given value, for each value."""
    query = _smallest(graph)
    size = graph.sizes[query]
    return [graph.add(Count(query, variable, (value,) * size)) for value in range(graph.sizes[variable])]


def some(graph: Graph, count: Variable) -> Variable:
    """Whether a count is not 0."""
    return graph.add(Cells((count,), (0, *(1 for _ in range(graph.sizes[count] - 1))), "tied"))


def earlier(graph: Graph, variable: Variable) -> Variable:
    """How many positions before me have my value."""
    return graph.add(Ordered(POSITIONS, "<", POSITIONS, variable))


def larger(graph: Graph, variable: Variable) -> Variable:
    """How many positions have a larger value than I."""
    return graph.add(Ordered(variable, ">", variable, None))


def smaller(graph: Graph, variable: Variable) -> Variable:
    """How many positions have a smaller value than I."""
    return graph.add(Ordered(variable, "<", variable, None))


def standing(graph: Graph, variable: Variable, most_first: bool) -> Variable:
    """My place when all positions are sorted by the variable, equal ones as they stand."""
    before = (larger if most_first else smaller)(graph, variable)
    return law(graph, "sum", before, earlier(graph, variable))


def pair(graph: Graph, a: Variable, b: Variable) -> Variable:
    """Both values in one: a table that forgets nothing."""
    return graph.add(Cells((a, b), tuple(range(graph.sizes[a] * graph.sizes[b])), "pair"))


def law(graph: Graph, name: str, a: Variable, b: Variable) -> Variable:
    """A table by rule, clipped to what a position can hold. A difference begins at 0 for the smallest there can be."""
    x, y = np.meshgrid(np.arange(graph.sizes[a]), np.arange(graph.sizes[b]), indexing="ij")
    first = 0
    match name:
        case "sum":
            cells = np.minimum(x + y, graph.positions)
        case "difference":
            first = 1 - graph.sizes[b]
            cells = x - y - first
        case "quotient":
            cells = x // np.maximum(y, 1)
        case "less":
            cells = (x < y).astype(int)
        case "equal":
            cells = (x == y).astype(int)
        case "only":
            cells = np.where(y == 0, x, 0)
        case "placed":
            cells = np.where(y == 0, graph.sizes[a], x)
        case _:
            raise AssertionError(name)
    return graph.add(Cells((a, b), tuple(map(int, cells.ravel())), name, first))


def laws(graph: Graph, a: Variable, b: Variable) -> list[Variable]:
    """All tables of two quantities that rules write."""
    symmetric = [law(graph, name, a, b) for name in ("sum", "difference", "less", "equal", "only")]
    return [*symmetric, law(graph, "only", b, a), law(graph, "quotient", a, b), law(graph, "quotient", b, a)]


def pairs_of(variables: Sequence[Variable]) -> list[tuple[Variable, Variable]]:
    """All pairs, the earlier one first."""
    return [(a, b) for i, b in enumerate(variables) for a in variables[:i]]
