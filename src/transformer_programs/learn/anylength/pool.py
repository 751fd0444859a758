"""The candidates found so far: each value once, by the shortest program that was found for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
from jaxtyping import Int

from transformer_programs.learn.anylength.sample import Sample
from transformer_programs.program import POSITIONS, TOKENS, Node, Ref, Step, references

__all__ = ["Kind", "Pool", "Variable"]


class Kind(Enum):
    """What a candidate's values are."""

    TOKEN = "token"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A candidate.

    Args:
        name: by which others refer to it.
        node: how it is computed; None for `tokens` and `positions`.
        kind: of its values.
        own: its own part of the description length.
        parts: the variables that its program needs, itself among them, by number.
        cost: description length of its program: the sum of `own` over `parts`, so that what is used twice counts once.
        values: on the sample; places in the vocabulary for tokens.
        counts: whether a table may read it with a limit (it is a whole number by construction).
        finite: whether a table may read it as it is.
    """

    name: Ref
    node: Node | None
    kind: Kind
    own: int
    parts: frozenset[int]
    cost: int
    values: Int[np.ndarray, "sequence position"]
    counts: bool
    finite: bool


class Pool:
    """Candidates by number and by value."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.variables: list[Variable] = []
        self.columns: dict[Ref, Int[np.ndarray, "sequence position"]] = {}
        self.by_name: dict[Ref, Variable] = {}
        self._known: set[tuple[Kind, bytes]] = set()
        self.tokens = self._start(TOKENS, Kind.TOKEN, sample.encoded.tokens)
        self.positions = self._start(POSITIONS, Kind.NUMBER, sample.positions)

    def _start(self, name: Ref, kind: Kind, values: Int[np.ndarray, "sequence position"]) -> Variable:
        made = self.add(None, kind, 0, (), values, counts=kind is Kind.NUMBER, finite=kind is Kind.TOKEN, name=name)
        assert made is not None
        return made

    def add(
        self,
        node: Node | None,
        kind: Kind,
        own: int,
        operands: Iterable[Variable],
        values: Int[np.ndarray, "sequence position"],
        *,
        counts: bool,
        finite: bool,
        name: Ref = "",
    ) -> Variable | None:
        """The new candidate; None where its values, on the sample, are those of an earlier one."""
        key = (kind, values[self.sample.inside].tobytes())
        if key in self._known:
            return None
        self._known.add(key)
        number = len(self.variables)
        parts = frozenset((number,)).union(*(operand.parts for operand in operands))
        cost = own + self.cost(parts - {number})
        made = Variable(name or f"v{number}", node, kind, own, parts, cost, values, counts, finite)
        self.variables.append(made)
        self.columns[made.name] = values
        self.by_name[made.name] = made
        return made

    def cost(self, parts: Iterable[int]) -> int:
        """Description length of a program that has these variables."""
        return sum(self.variables[part].own for part in parts)

    def operands(self, node: Node) -> list[Variable]:
        """The variables that a node reads."""
        return [self.by_name[ref] for ref in references(node)]

    def steps(self, names: Iterable[Ref]) -> Iterator[Step]:
        """The steps of the program that computes these variables, in order."""
        parts = frozenset[int]().union(*(self.by_name[name].parts for name in names))
        for number in sorted(parts):
            variable = self.variables[number]
            if variable.node is not None:
                yield Step(variable.name, variable.node)

    def spelled(self) -> Mapping[Ref, Int[np.ndarray, "sequence position"]]:
        """Columns of the token variables as ranks of their spelling, for order between tokens."""
        spelling = self.sample.spelling
        return {v.name: spelling[v.values] for v in self.variables if v.kind is Kind.TOKEN}
