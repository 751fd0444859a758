"""Counts are cut off where their readers stop to tell them apart, all at the same limit."""

from __future__ import annotations

import math

from transformer_programs.emit.python.printer import printed_lines
from transformer_programs.passes.rebuild import Through, rebuild
from transformer_programs.passes.signatures import Signatures, signatures
from transformer_programs.program import POSITIONS, Domain, Integers, Program, Read, Ref, Value, domains, reads

__all__ = ["unify_limits"]

SPARED = 4
"""Rows that a table may grow by where a count is read whole instead of being cut."""


def unify_limits(program: Program) -> Program:
    """Every variable that is read with a limit is read with one limit everywhere, the least, or with none.

    A count of 0..8 that is told apart up to 7 is read whole, unless the tables are longer then.
    """
    before, known = program, domains(program)
    used = signatures(program, known)
    for name in dict.fromkeys(read.variable for read in used):
        choices = _choices(program, name, known[name], {read: used[read] for read in used if read.variable == name})
        if choices:
            program = min(choices, key=printed_lines) if len(choices) > 1 else choices[0]
    if program == before or any(len(_limits(before, name)) > 1 for name in known):
        return program
    return min(program, before, key=printed_lines)  # cut alike already, tables may show a pattern that is lost else


def _choices(program: Program, name: Ref, domain: Domain, used: Signatures) -> list[Program]:
    """The program with all reads of a variable whole, and with all cut at the least limit, where either is exact."""
    is_whole = Read(name) in used
    if not isinstance(domain, Integers) or (is_whole and (domain.low != 0 or name == POSITIONS)):
        return []
    least = max(map(_least, used.values()))
    spared = math.inf if domain.low != 0 or domain.high is None else domain.high - least
    whole = [_read(program, Read(name))] if is_whole or spared <= SPARED else []
    return whole + ([_read(program, Read(name, least))] if spared > 0 else [])


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
