"""The local variables of `run`, and what each stands for: a variable of the program, whole or cut off at a limit."""

from __future__ import annotations

import ast

from transformer_programs.emit.python.cells import LARGEST
from transformer_programs.emit.python.syntax import Source, name_of
from transformer_programs.errors import ProgramError
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Domain,
    Integers,
    Program,
    Read,
    Ref,
    Value,
    domains,
    read_domain,
)

__all__ = ["Locals"]


class Locals:
    """The locals known so far, at first tokens and positions.

    Args:
        source: the file, for messages.
        header: the program before its first line.
    """

    def __init__(self, source: Source, header: Program) -> None:
        self._source = source
        self._known: dict[Ref, Domain] = domains(header)
        self._views = {TOKENS: Read(TOKENS), POSITIONS: Read(POSITIONS)}
        self._quoted: set[str] = set()

    def _view(self, node: ast.expr) -> Read:
        """The read that a local variable stands for."""
        name = name_of(node)
        if name is None or name not in self._views:
            raise self._source.error(node, "a variable computed above")
        return self._views[name]

    def _raw(self, node: ast.expr) -> Ref:
        """The variable that a local variable is, not cut off."""
        read = self._view(node)
        if read.limit is not None or name_of(node) in self._quoted:
            raise self._source.error(node, "a variable as it is, not cut off at a limit")
        return read.variable

    def _domain(self, node: ast.AST, read: Read) -> tuple[Value, ...]:
        """The values that a read can see, if there are not too many."""
        domain = self._known[read.variable]
        size = read.limit or 0
        if isinstance(domain, Integers) and read.limit is None:
            size = (domain.high or 0) - (domain.low or 0)
        if size > LARGEST:
            raise self._source.error(node, f"tables of at most {LARGEST} values")
        try:
            return read_domain(read, self._known)
        except ProgramError as error:
            raise self._source.error(node, error.expected) from error
