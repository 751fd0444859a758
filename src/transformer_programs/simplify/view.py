"""A program on its inputs: the columns of its variables, and which arguments its tables really see."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int

from transformer_programs.program import Domain, Program, Read, Ref, Value, domains, read_domain
from transformer_programs.program.semantics import saturate
from transformer_programs.simplify.inputs import Column, Inputs, column

__all__ = ["Proposal", "View"]

Proposal = tuple[str, Program]
"""What was done, in words, and the program after it."""


class View:
    """The columns are computed when they are asked for, once."""

    def __init__(self, program: Program, inputs: Inputs) -> None:
        self.program, self.inputs = program, inputs
        self.known: dict[Ref, Domain] = domains(program)
        self._columns: dict[Ref, Column] = {}

    def column(self, ref: Ref) -> Column:
        """A variable's values."""
        if ref not in self._columns:
            found = column(self.program, ref, self.inputs)
            self._columns[ref] = Column(found.codes.astype(np.int16 if len(found.values) < 30_000 else np.int32),
                                        found.values)  # fmt: skip
        return self._columns[ref]

    def places(self, read: Read) -> Int[np.ndarray, "sequence position"]:
        """Where in its domain a read is; -1 in the padding."""
        found = self.column(read.variable)
        order = {value: i for i, value in enumerate(read_domain(read, self.known))}
        places = [order.get(saturate(value, read.limit), -1) for value in found.values]
        at: Int[np.ndarray, "sequence position"] = np.array([*places, -1], np.int32)[found.codes]
        return at

    def seen(self, reads: Sequence[Read], *, asked: bool = False) -> Bool[np.ndarray, " cell"]:
        """Which cells of a table over these reads are ever read.

        Args:
            asked: only where an answer is asked.
        """
        sizes = [len(read_domain(read, self.known)) for read in reads]
        flat: Int[np.ndarray, "sequence position"] = np.zeros_like(self.inputs.tokens, np.int64)
        for read, size in zip(reads, sizes):
            flat = flat * size + self.places(read)
        inside = self.inputs.mask
        if asked and self.inputs.asked.shape == inside.shape:
            inside = inside & self.inputs.asked
        found = np.zeros(int(np.prod(sizes)), bool)
        found[np.unique(flat[inside])] = True
        return found

    def texts(self, ref: Ref) -> Sequence[Value]:
        """The values that occur."""
        found = self.column(ref)
        return [found.values[code] for code in np.unique(found.codes).tolist() if code >= 0]
