"""Ordered counts inside the paper's class: sums of counts whose predicates match one key value each.

- How many have a larger value than I: one count for each distance d, with rows value -> value + d, added up.
- How many before me have my value: i is the sum of the powers of two of its binary digits, and the positions before i
  fall into one block for each digit that is set. For level l the block number is i >> l; where it is odd, the block
  just left of mine holds positions before me and is counted, by a predicate over pairs (value, block).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from transformer_programs.learn.grow import pool
from transformer_programs.learn.grow.graph import (
    POSITIONS,
    Cells,
    Count,
    Graph,
    Head,
    Input,
    Near,
    Node,
    Ordered,
    Variable,
    Written,
)

__all__ = ["lowered", "rewritten"]


def lowered(graph: Graph, variables: Iterable[Variable]) -> dict[Variable, Variable]:
    """For each variable one that equals it and needs no `Ordered`."""
    known: dict[Variable, Variable] = {}
    for variable in graph.closure(variables):
        match graph.nodes[variable]:
            case Ordered(key, operator, query, None) if key == query and operator in "<>":
                known[variable] = _compared(graph, known[key], 1 if operator == ">" else -1)
            case Ordered(key, "<", query, same) if key == query == POSITIONS and same is not None:
                known[variable] = _before(graph, known[same])
            case node:
                known[variable] = rewritten(graph, variable, node, known)
    return known


def rewritten(graph: Graph, variable: Variable, node: Node, known: Mapping[Variable, Variable]) -> Variable:
    """The node with what it reads replaced."""
    if all(known.get(read, read) == read for read in graph.reads(variable)):
        return variable
    match node:
        case Input() | Written():
            return variable
        case Head(query, key, rows, value):
            return graph.add(Head(known[query], known[key], rows, known[value]))
        case Count(query, key, rows):
            return graph.add(Count(known[query], known[key], rows))
        case Near(offset, value):
            return graph.add(Near(offset, known[value]))
        case Ordered(key, operator, query, same):
            return graph.add(Ordered(known[key], operator, known[query], None if same is None else known[same]))
        case Cells(reads, cells, law, first):
            return graph.add(Cells(tuple(known[read] for read in reads), cells, law, first))


def _compared(graph: Graph, variable: Variable, sign: int) -> Variable:
    size = graph.sizes[variable]
    counts = []
    for distance in range(1, size):
        wanted = (value + sign * distance for value in range(size))
        rows = tuple(value if 0 <= value < size else -1 for value in wanted)
        counts.append(graph.add(Count(variable, variable, rows)))
    return _sum(graph, counts)


def _before(graph: Graph, variable: Variable) -> Variable:
    positions, size = graph.sizes[POSITIONS], graph.sizes[variable]
    counts = []
    for level in range(max(positions - 1, 1).bit_length()):
        blocks = ((positions - 1) >> level) + 1
        value, block = np.meshgrid(np.arange(size), np.arange(positions) >> level, indexing="ij")
        place = graph.add(Cells((variable, POSITIONS), tuple(map(int, (value * blocks + block).ravel())), "block"))
        rows = tuple(code - 1 if (code % blocks) % 2 == 1 else -1 for code in range(graph.sizes[place]))
        counts.append(graph.add(Count(place, place, rows)))
    return _sum(graph, counts)


def _sum(graph: Graph, parts: list[Variable]) -> Variable:
    while len(parts) > 1:
        joined = [pool.law(graph, "sum", a, b) for a, b in zip(parts[::2], parts[1::2])]
        parts = joined + (parts[-1:] if len(parts) % 2 else [])
    return parts[0]
