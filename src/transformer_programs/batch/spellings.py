"""What the dictionaries of a program have for words: each word is looked up once, however often it stands there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from transformer_programs.program import Finite, Program, Ref, Spelled, Value, domains
from transformer_programs.program.semantics import SPELLINGS

__all__ = ["MOST_WORDS", "Spellings"]

MOST_WORDS = 1 << 20
"""Words that are kept: beyond them it begins anew, so that memory does not grow with a stream."""


class Spellings:
    """The variables of a program that read how tokens are spelled, and their values for the words seen so far.

    >>> from transformer_programs.program import Emit, Program, Step
    >>> step = Step("v", Spelled("shape", ("X",), ("high",), "low"))
    >>> spellings = Spellings(Program(name="n", vocabulary=None, max_length=None, steps=(step,), output=Emit("v")))
    >>> spellings.values, spellings.codes(["US", "me", "US"]).tolist()
    ({'v': ('high', 'low')}, [[0, 1, 0]])
    """

    def __init__(self, program: Program) -> None:
        known = domains(program)
        self._nodes: list[Spelled] = []
        self.values: dict[Ref, Sequence[Value]] = {}
        for step in program.steps:
            if isinstance(step.node, Spelled):
                domain = known[step.name]
                assert isinstance(domain, Finite)
                self._nodes.append(step.node)
                self.values[step.name] = domain.values
        self._forget()

    def _forget(self) -> None:
        self._places: dict[str, int] = {}
        self._codes = np.zeros((len(self._nodes), 0), np.int32)

    def codes(self, words: Sequence[str]) -> Int[np.ndarray, "variable word"]:
        """For each variable, in the order of `values`, and each word the place in the variable's values."""
        if not self._nodes:
            return np.zeros((0, len(words)), np.int32)
        fresh = [word for word in dict.fromkeys(words) if word not in self._places]
        if len(self._places) + len(fresh) > MOST_WORDS:
            self._forget()
            fresh = list(dict.fromkeys(words))
        if fresh:
            self._places.update(zip(fresh, range(len(self._places), len(self._places) + len(fresh))))
            self._codes = np.concatenate([self._codes, self._look(fresh)], axis=1)
        at = np.fromiter((self._places[word] for word in words), np.int64, len(words))
        return np.ascontiguousarray(self._codes[:, at])

    def _look(self, words: Sequence[str]) -> Int[np.ndarray, "variable word"]:
        """Every function once for each word, then one dictionary a variable."""
        spelled = {name: list(map(SPELLINGS[name], words)) for name in dict.fromkeys(n.function for n in self._nodes)}
        found = np.empty((len(self._nodes), len(words)), np.int32)
        for row, (node, values) in enumerate(zip(self._nodes, self.values.values())):
            order = {value: place for place, value in enumerate(values)}
            table, default = {key: order[value] for key, value in zip(node.keys, node.values)}, order[node.default]
            found[row] = [table.get(text, default) for text in spelled[node.function]]
        return found
