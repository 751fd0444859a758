"""Counts are cut off where their readers stop to tell them apart, all at the same limit."""

from __future__ import annotations

import math

from transformer_programs.emit.python.printer import printed_lines
from transformer_programs.passes.rebuild import Through, rebuild
from transformer_programs.passes.signatures import signatures
from transformer_programs.program import Integers, Program, Read, Ref, Value, domains, reads

__all__ = ["unify_limits"]

SPARED = 4
"""Rows that a table may grow by where a count is read whole instead of being cut."""


def unify_limits(program: Program) -> Program:
    """Every variable that is read with a limit is read with one limit everywhere, the least, or with none.

    A count of 0..8 that is told apart up to 7 is read whole, unless the tables without the cut are longer.
    """
    before, known = program, domains(program)
    used = signatures(program, known)
    for name in dict.fromkeys(read.variable for read in used if read.limit is not None):
        domain = known[name]
        assert isinstance(domain, Integers)
        limited = [entries for read, entries in used.items() if read.variable == name and read.limit is not None]
        least = max(map(_least, limited))
        spared = math.inf if domain.low != 0 or domain.high is None else domain.high - least
        whole, cut = _read(program, Read(name)) if spared <= SPARED else None, None
        if Read(name) not in used:
            cut = _read(program, Read(name, least)) if spared > 0 else None
        choices = [made for made in (whole, cut) if made is not None]
        if choices:
            program = min(choices, key=printed_lines) if len(choices) > 1 else choices[0]
    if program == before or any(len(_limits(before, name)) > 1 for name in known):
        return program
    return min(program, before, key=printed_lines)  # cut alike already, tables may show a pattern that is lost else


def _limits(program: Program, name: Ref) -> set[int | None]:
    parts = (*(step.node for step in program.steps), program.output)
    return {read.limit for part in parts for read in reads(part) if read.variable == name}


def _read(program: Program, read: Read) -> Program:
    """The program whose tables read a variable in this way."""
    return rebuild(program, through={read.variable: Through(read, _itself)})


def _least(entries: list[list[object]]) -> int:
    """The least value that has the same signature as all above it."""
    last = len(entries) - 1
    while last and entries[last - 1] == entries[-1]:
        last -= 1
    return last


def _itself(value: Value) -> Value:
    return value
