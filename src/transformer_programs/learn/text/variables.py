"""The variables of a text program: for each the node that computes it, and its values on a corpus.

Every variable is categorical. Its codes are places in `values`, which stand in the order of the program's domain
(`program.domains`): text sorted, or the vocabulary for the tokens themselves.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from transformer_programs.learn.text.corpus import Corpus
from transformer_programs.program import (
    TOKENS,
    Both,
    Closest,
    Full,
    Negate,
    Node,
    Offset,
    Read,
    Ref,
    Relation,
    Spelled,
    Step,
    Table,
)
from transformer_programs.program.semantics import SPELLINGS

__all__ = ["ByToken", "First", "Near", "Pair", "Tokens", "Variable", "Within", "Written", "steps_of"]

Codes = Int[np.ndarray, " position"]


@dataclass(frozen=True, eq=False)
class Variable(ABC):
    """A categorical variable.

    Args:
        name: in the program.
        values: every value, in the order of its domain.
    """

    name: Ref
    values: tuple[str, ...]

    @abstractmethod
    def codes(self, corpus: Corpus) -> Codes:
        """Its value at every position, as places in `values`."""

    @property
    def node(self) -> Node | None:
        """What computes it; None: it is there from the start."""
        return None

    @property
    def reads(self) -> tuple[Variable, ...]:
        """The variables it is computed from."""
        return ()


@dataclass(frozen=True, eq=False)
class Tokens(Variable):
    """The tokens, unknown ones as `<unk>`: `values` is the vocabulary."""

    unknown: int

    def codes(self, corpus: Corpus) -> Codes:
        """As the base class says."""
        index = {token: i for i, token in enumerate(self.values)}
        return np.array([index.get(token, self.unknown) for token in corpus.read], np.int64)[corpus.tokens]


@dataclass(frozen=True, eq=False)
class ByToken(Variable):
    """A class of the token: a table of one argument.

    Args:
        tokens: what it reads.
        cells: the class of every token, as a place in `values`.
    """

    tokens: Tokens
    cells: Int[np.ndarray, " token"]

    @staticmethod
    def of(name: Ref, tokens: Tokens, classes: Sequence[str]) -> ByToken:
        """From the name of the class of every token."""
        values = tuple(sorted(set(classes)))
        place = {value: i for i, value in enumerate(values)}
        return ByToken(name, values, tokens, np.array([place[value] for value in classes], np.int64))

    def codes(self, corpus: Corpus) -> Codes:
        """As the base class says."""
        return self.cells[self.tokens.codes(corpus)]

    @property
    def node(self) -> Node:
        """As the base class says."""
        return Table((Read(TOKENS),), tuple(self.values[cell] for cell in self.cells.tolist()))

    @property
    def reads(self) -> tuple[Variable, ...]:
        """As the base class says."""
        return (self.tokens,)


OTHER = "*"
"""The value for everything that has none of its own."""


@dataclass(frozen=True, eq=False)
class Written(Variable):
    """A surface feature: what a dictionary has for the spelling of the token, known or not.

    Args:
        function: one of `semantics.SPELLINGS`.
        table: the dictionary, entries of one value together.
        default: for all else.
    """

    function: str
    table: Mapping[str, str]
    default: str

    @staticmethod
    def of(name: Ref, function: str, table: Mapping[str, str], default: str = OTHER) -> Written:
        """From the dictionary."""
        groups: dict[str, list[str]] = {}
        for key, value in table.items():
            groups.setdefault(value, []).append(key)
        grouped = {key: value for value, keys in groups.items() for key in keys}
        return Written(name, tuple(sorted({*groups, default})), function, grouped, default)

    def codes(self, corpus: Corpus) -> Codes:
        """As the base class says."""
        spelling, place = SPELLINGS[self.function], {value: i for i, value in enumerate(self.values)}
        found = [place[self.table.get(spelling(word), self.default)] for word in corpus.words]
        return np.array(found, np.int64)[corpus.tokens]

    @property
    def node(self) -> Node:
        """As the base class says."""
        return Spelled(self.function, tuple(self.table), tuple(self.table.values()), self.default)


@dataclass(frozen=True, eq=False)
class Near(Variable):
    """A relative-position head: what another variable is `offset` places to the right.

    Args:
        of: the other variable.
        offset: below 0: to the left.
    """

    of: Variable
    offset: int

    @staticmethod
    def at(of: Variable, offset: int) -> Variable:
        """The neighbour's value, or the variable itself at 0."""
        if offset == 0:
            return of
        side = f"{'before' if offset < 0 else 'after'}{'' if abs(offset) == 1 else abs(offset)}"
        return Near(f"{of.name}_{side}", of.values, of, offset)

    def codes(self, corpus: Corpus) -> Codes:
        """As the base class says."""
        return self.of.codes(corpus)[corpus.neighbour(self.offset)]

    @property
    def node(self) -> Node:
        """As the base class says."""
        return Closest(Offset(self.offset, self.offset), self.of.name)

    @property
    def reads(self) -> tuple[Variable, ...]:
        """As the base class says."""
        return (self.of,)


@dataclass(frozen=True, eq=False)
class First(Variable):
    """A head that selects nothing, and so reads position 0: what another variable is there.

    Args:
        of: the other variable.
    """

    of: Variable

    @staticmethod
    def at(name: Ref, of: Variable) -> First:
        """With the name."""
        return First(name, of.values, of)

    def codes(self, corpus: Corpus) -> Codes:
        """As the base class says."""
        return self.of.codes(corpus)[corpus.first]

    @property
    def node(self) -> Node:
        """As the base class says."""
        return Closest(Negate(Full()), self.of.name)

    @property
    def reads(self) -> tuple[Variable, ...]:
        """As the base class says."""
        return (self.of,)


@dataclass(frozen=True, eq=False)
class Within(Variable):
    """Whether one of the last places has a value: a head that selects those that have it, near by.

    Args:
        of: the variable that may have it; position 0, a marker, has not.
        value: the value.
        reach: how many places to the left are looked at.
    """

    of: Variable
    value: str
    reach: int

    @staticmethod
    def at(name: Ref, of: Variable, value: str, reach: int) -> Within:
        """With the name."""
        return Within(name, of.values, of, value, reach)

    def codes(self, corpus: Corpus) -> Codes:
        """As the base class says."""
        codes, places = self.of.codes(corpus), np.arange(len(corpus))
        found = codes[corpus.first]
        wanted = self.values.index(self.value)
        for offset in range(1, self.reach + 1):
            there = np.maximum(places - offset, 0)
            found = np.where((places - offset >= corpus.first) & (codes[there] == wanted), wanted, found)
        return found

    @property
    def node(self) -> Node:
        """As the base class says."""
        read = Read(self.of.name)
        matches = Relation(read, read, ((self.value,),) * len(self.values))
        return Closest(Both(matches, Offset(-self.reach, -1)), self.of.name)

    @property
    def reads(self) -> tuple[Variable, ...]:
        """As the base class says."""
        return (self.of,)


@dataclass(frozen=True, eq=False)
class Pair(Variable):
    """A table of two variables: combinations that training has often enough have a value of their own.

    Args:
        left, right: what it reads.
        cells: for every combination, the right one running fastest, its place in `values`.
    """

    left: Variable
    right: Variable
    cells: Int[np.ndarray, " combination"]

    @staticmethod
    def of(
        left: Variable,
        right: Variable,
        corpus: Corpus,
        least: int,
        *,
        only: str | None = None,
        rest: Collection[str] = (),
    ) -> Pair:
        """The table for combinations that stand at least `least` times in the corpus.

        Args:
            left, right, corpus, least: what is read, and where it is counted.
            only: just combinations with this value of the left one.
            rest: values that say nothing: combinations with them have no value of their own.
        """
        width = len(right.values)
        seen = np.bincount(left.codes(corpus) * width + right.codes(corpus), minlength=len(left.values) * width)
        names: dict[int, str] = {}
        taken = {OTHER}
        grid = seen.reshape(-1, width)
        grid[[i for i, value in enumerate(left.values) if value in rest or only not in (None, value)]] = 0
        grid[:, [i for i, value in enumerate(right.values) if value in rest]] = 0
        for combination in np.flatnonzero(seen >= max(least, 1)).tolist():
            name = f"{left.values[combination // width]}+{right.values[combination % width]}"
            while name in taken:
                name += "'"
            taken.add(name)
            names[combination] = name
        values = tuple(sorted({*names.values(), OTHER} if len(names) < len(seen) else names.values()))
        place = {value: i for i, value in enumerate(values)}
        cells = np.full(len(seen), place.get(OTHER, 0), np.int64)
        for combination, name in names.items():
            cells[combination] = place[name]
        return Pair(f"{left.name}_and_{right.name}", values, left, right, cells)

    def codes(self, corpus: Corpus) -> Codes:
        """As the base class says."""
        return self.cells[self.left.codes(corpus) * len(self.right.values) + self.right.codes(corpus)]

    @property
    def node(self) -> Node:
        """As the base class says."""
        reads = (Read(self.left.name), Read(self.right.name))
        return Table(reads, tuple(self.values[cell] for cell in self.cells.tolist()))

    @property
    def reads(self) -> tuple[Variable, ...]:
        """As the base class says."""
        return (self.left, self.right)


def steps_of(variables: Sequence[Variable]) -> tuple[Step, ...]:
    """The steps that compute the variables, each after what it reads, none twice."""
    found: dict[Ref, Step] = {}

    def add(variable: Variable) -> None:
        for read in variable.reads:
            add(read)
        node = variable.node
        if node is not None and variable.name not in found:
            found[variable.name] = Step(variable.name, node)

    for variable in variables:
        add(variable)
    return tuple(found.values())
