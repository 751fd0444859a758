"""What a program becomes before it has weights: roots, and variables that are functions of roots.

A *root* is something that a sublayer of the Transformer writes: the tokens, the positions, what a head reads, or a
table that an MLP computes. In every run a root is in one of finitely many *states* at every position. A *variable*
of the program is a function of the states of its *site*, a tuple of roots; two variables over one site can share
the directions that hold it, and a function of one root costs nothing, since it is linear in the root's one-hot code.

A root is held either *one-hot* (one direction a class of states) or as a *scalar*: one direction whose content in
state s is `points[s]`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from transformer_programs.errors import ProgramError
from transformer_programs.program import Domain, Ref, Value

__all__ = ["Graph", "Linear", "Literal", "Root", "Source", "Term", "Variable", "refuse"]


def refuse(place: str, got: str, expected: str, todo: str = "") -> ProgramError:
    """The error for a node that has no weights: compiled exactly or refused, never a silent wrong answer."""
    return ProgramError(place=place, got=got, expected=expected, todo=todo)


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A finite variable as a function of its site.

    Args:
        name: for messages and for the map of the residual stream.
        site: roots, ascending; empty for a constant.
        codes: index into `values` for every combination of states, one axis a root; -1 where no run ever comes or
            where every run has failed before.
        values: the value set, distinct under Python's `==`.
        mixed: equal values may be of different types (3 and 3.0), which only `str` could tell apart.
        bounds: for each value between which floats it lies, where its last bits depend on the order of additions.
    """

    name: str
    site: tuple[int, ...]
    codes: np.ndarray
    values: tuple[Value, ...]
    mixed: bool = False
    bounds: tuple[tuple[float, float], ...] | None = None

    @property
    def numeric(self) -> bool:
        """Whether every value is a number or a truth value."""
        return all(not isinstance(value, str) for value in self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """A number with too many values to list: a constant plus multiples of averages and of finite numbers.

    It can be added, scaled by constants, averaged again, and be the answer.
    """

    name: str
    constant: float
    parts: tuple[tuple[Root | Variable, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A pattern of one key site and one query site.

    Args:
        keys: site, and class of each combination of its states.
        queries: the same at the query position.
        table: [query class, key class] -> selected.
    """

    key_site: tuple[int, ...]
    key_classes: np.ndarray
    query_site: tuple[int, ...]
    query_classes: np.ndarray
    table: np.ndarray


Term: TypeAlias = tuple[Literal, ...]
"""A conjunction of literals: what one head can select. The empty one selects everything."""


@dataclass(frozen=True, slots=True, eq=False)
class TokenSource:
    """Written by the token embedding."""


@dataclass(frozen=True, slots=True, eq=False)
class PositionSource:
    """Written by the position embedding."""


@dataclass(frozen=True, slots=True, eq=False)
class TableSource:
    """Written by an MLP: the value of a variable, so that later tables need not look at all its roots."""

    variable: Variable


@dataclass(frozen=True, slots=True, eq=False)
class CountSource:
    """Written by a head: 1 / (matches + 1)."""

    term: Term


@dataclass(frozen=True, slots=True, eq=False)
class SumSource:
    """Written by a head: (offset + sum of the values) / (matches + 1)."""

    term: Term
    values: Variable
    offset: float


@dataclass(frozen=True, slots=True, eq=False)
class AverageSource:
    """Written by a head: the average of the values, `default` where nothing matches."""

    term: Term
    values: Variable | Linear
    default: float


@dataclass(frozen=True, slots=True, eq=False)
class CopySource:
    """Written by a head whose matches all hold one value: that value.

    Args:
        states: for each value of `values` the state of the root.
        default: the state where nothing matches; None: something always matches.
        checked: several matches are possible and are the program's failure (an average of text).
    """

    term: Term
    values: Variable
    states: tuple[int, ...]
    default: int | None
    checked: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ExtremeSource:
    """Written by a head: the best of the matching values.

    Args:
        ranks: for each value of `values` its rank, the best having the largest.
    """

    term: Term
    values: Variable
    states: tuple[int, ...]
    ranks: tuple[int, ...]
    default: int


@dataclass(frozen=True, slots=True, eq=False)
class ClosestSource:
    """Written by a head, and by an MLP where `first` is set: the value at the closest match.

    Args:
        first: root that holds the value at position 0; None where something always matches, where the pattern looks
            at key positions only, or where that value is the same in every run.
        default: the state of that value, where it is the same in every run and has to be read.
        ranks: [query class, key class] -> which of the matches come first, of the only literal; None: all alike.
    """

    term: Term
    values: Variable
    first: Root | None
    default: int | None = None
    ranks: np.ndarray | None = None


Source: TypeAlias = (
    TokenSource
    | PositionSource
    | TableSource
    | CountSource
    | SumSource
    | AverageSource
    | CopySource
    | ExtremeSource
    | ClosestSource
)


@dataclass(frozen=True, slots=True, eq=False)
class Root:
    """What one sublayer writes.

    Args:
        index: in `Graph.roots`; what a root reads has smaller indices.
        name: the step it belongs to.
        states: a label for every state; empty for a scalar with too many values to list.
        points: content of the scalar's direction in every state; None for a one-hot root.
    """

    index: int
    name: str
    source: Source
    states: tuple[Value | tuple, ...]
    points: np.ndarray | None = None

    @property
    def size(self) -> int:
        """Number of states."""
        return len(self.states)


@dataclass(slots=True)
class Graph:
    """All roots in order, every variable of the program, and where a run can fail.

    Args:
        variables: a `Linear` stands for a number whose values are too many to list.
        times: for each root the half-step at which it can be written at the earliest.
        faults: (site, cells, message): combinations of states in which the program itself raises an error.
        checks: copying roots that fail where several positions match.
    """

    length: int
    causal: bool
    domains: Mapping[Ref, Domain]
    roots: list[Root] = field(default_factory=list)
    variables: dict[str, Variable | Linear] = field(default_factory=dict)
    times: list[int] = field(default_factory=list)
    faults: list[tuple[tuple[int, ...], np.ndarray, str]] = field(default_factory=list)
    checks: list[tuple[Root, str]] = field(default_factory=list)

    def add(self, name: str, source: Source, states: Sequence, points: np.ndarray | None = None) -> Root:
        """A new root."""
        root = Root(len(self.roots), name, source, tuple(states), points)
        self.roots.append(root)
        self.times.append(self._time(source))
        return root

    def table_time(self, site: tuple[int, ...]) -> int:
        """The half-step of an MLP that reads a site."""
        return 2 * (max((self.times[index] for index in site), default=0) // 2 + 1)

    def _time(self, source: Source) -> int:
        if isinstance(source, (TokenSource, PositionSource)):
            return 0
        if isinstance(source, TableSource):
            return self.table_time(source.variable.site)
        sites = [site for literal in source.term for site in (literal.key_site, literal.query_site)]
        values = None if isinstance(source, CountSource) else source.values
        if isinstance(values, Variable):
            sites.append(values.site)
        elif values is not None:
            sites += [part.site if isinstance(part, Variable) else (part.index,) for part, _ in values.parts]
        ready = max((self._ready(site) for site in sites), default=0)
        layer = (ready + 1) // 2 + 1
        return 2 * layer if isinstance(source, ClosestSource) and source.first is not None else 2 * layer - 1

    def _ready(self, site: tuple[int, ...]) -> int:
        if not site:
            return 0
        if len(site) == 1 and self.roots[site[0]].points is None:
            return self.times[site[0]]
        return self.table_time(site)

    def sizes(self, site: tuple[int, ...]) -> tuple[int, ...]:
        """Number of states of every root of a site."""
        return tuple(self.roots[index].size for index in site)

    def spread(self, codes: np.ndarray, site: tuple[int, ...], wider: tuple[int, ...]) -> np.ndarray:
        """Codes over a site as codes over a wider one."""
        shape = [self.roots[index].size if index in site else 1 for index in wider]
        return np.broadcast_to(codes.reshape(shape), self.sizes(wider))
