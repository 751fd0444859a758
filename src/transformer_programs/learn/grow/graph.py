"""Variables under consideration: a graph of nodes over codes, each added once.

The learner invents many more variables than a program will have. A variable is a number; its node names what it is
computed from by smaller numbers, so a program's variables in ascending order are in an order that can be computed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "POSITIONS",
    "TOKENS",
    "Cells",
    "Count",
    "Graph",
    "Head",
    "Input",
    "Near",
    "Node",
    "Ordered",
    "Variable",
    "Written",
]

Variable: TypeAlias = int

TOKENS: Variable = 0
POSITIONS: Variable = 1


@dataclass(frozen=True, slots=True)
class Input:
    """The tokens or the positions."""

    name: str


@dataclass(frozen=True, slots=True)
class Head:
    """The value at the closest position whose key is rows[query]; -1: none."""

    query: Variable
    key: Variable
    rows: tuple[int, ...]
    value: Variable


@dataclass(frozen=True, slots=True)
class Count:
    """The number of positions whose key is rows[query]; -1: none."""

    query: Variable
    key: Variable
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """The value at a fixed distance, at position 0 where there is none (an extension of the paper's class)."""

    offset: int
    value: Variable


@dataclass(frozen=True, slots=True)
class Ordered:
    """The number of positions j with key[j] OPERATOR query[i], and same[j] == same[i] (an extension)."""

    key: Variable
    operator: str
    query: Variable
    same: Variable | None


@dataclass(frozen=True, slots=True)
class Cells:
    """A table, the last argument running fastest.

    `law` says by what rule it was written, if by one. A "tied" table groups the values of one variable that have the
    same scores: it is no variable of the program but a way to read one. `first` is the whole number that code 0 stands
    for, for those who read the program.
    """

    reads: tuple[Variable, ...]
    cells: tuple[int, ...]
    law: str = ""
    first: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """A class of the word as it is written, lower-cased: a cell for each of `Graph.written`, then one for all others.

    An extension.
    """

    cells: tuple[int, ...]


Node: TypeAlias = Input | Head | Count | Near | Ordered | Cells | Written


class Graph:
    """All variables so far.

    Args:
        tokens, positions: how many there are.
        markers: codes of tokens that frame the sequence.
        extensions: whether programs may compare and match at a distance (beyond the paper's class).
        counting: whether heads may count their matches.

    >>> graph = Graph(tokens=3, positions=8)
    >>> count = graph.add(Count(TOKENS, TOKENS, (0, 1, 2)))
    >>> count == graph.add(Count(TOKENS, TOKENS, (0, 1, 2))), graph.sizes[count], graph.closure([count])
    (True, 9, [0, 2])
    """

    def __init__(
        self,
        tokens: int,
        positions: int,
        markers: frozenset[int] = frozenset(),
        extensions: bool = False,
        counting: bool = True,
    ) -> None:
        self.positions = positions
        self.written: tuple[str, ...] = ()
        """Words that classes beyond the vocabulary tell apart."""
        self.markers = markers
        self.extensions = extensions
        self.counting = counting
        self.nodes: list[Node] = [Input("tokens"), Input("positions")]
        self.sizes = [tokens, positions]
        self.ordered = [False, True]
        """Whether a variable's codes are quantities: neighbouring codes mean neighbouring things."""
        self._index: dict[Node, Variable] = {node: i for i, node in enumerate(self.nodes)}

    def add(self, node: Node) -> Variable:
        """The variable that this node computes."""
        if node in self._index:
            return self._index[node]
        match node:
            case Head(value=value) | Near(value=value):
                size, ordered = self.sizes[value], self.ordered[value]
            case Count() | Ordered():
                size, ordered = self.positions + 1, True
            case Written(cells):
                size, ordered = max(cells) + 1, False
            case Cells(cells=cells, law=law):
                size, ordered = max(cells) + 1, law in LAWS_OF_QUANTITY
            case Input():
                raise AssertionError("inputs are there from the start")
        self.nodes.append(node)
        self.sizes.append(size)
        self.ordered.append(ordered)
        self._index[node] = len(self.nodes) - 1
        return len(self.nodes) - 1

    def reads(self, variable: Variable) -> tuple[Variable, ...]:
        """What a variable is computed from."""
        match self.nodes[variable]:
            case Input() | Written():
                return ()
            case Head(query, key, _, value):
                return (query, key, value)
            case Count(query, key, _):
                return (query, key)
            case Near(_, value):
                return (value,)
            case Ordered(key, _, query, same):
                return (key, query) if same is None else (key, query, same)
            case Cells(reads):
                return reads

    def counts(self, variable: Variable) -> bool:
        """Whether a program must read the variable with a limit: a count, or a copy of one."""
        match self.nodes[variable]:
            case Count() | Ordered():
                return True
            case Head(value=value) | Near(value=value):
                return self.counts(value)
            case _:
                return False

    def closure(self, variables: Iterable[Variable]) -> list[Variable]:
        """The variables and all they are computed from, ascending."""
        found: set[Variable] = set()
        todo = list(variables)
        while todo:
            variable = todo.pop()
            if variable not in found:
                found.add(variable)
                todo += self.reads(variable)
        return sorted(found)


LAWS_OF_QUANTITY = frozenset({"sum", "difference", "quotient", "only", "placed"})
"""Rules whose tables hold quantities."""
