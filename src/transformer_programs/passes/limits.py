"""Counts are cut off where their readers stop to tell them apart, all at the same limit."""

from __future__ import annotations

import math

from transformer_programs.passes.rebuild import Through, rebuild
from transformer_programs.passes.signatures import signatures
from transformer_programs.program import Integers, Program, Read, Ref, Value, domains, reads, references

__all__ = ["unify_limits"]

SPARED = 1
"""Rows that are worth more than a cut: a count of 0..8 that is read up to 7 is read whole."""

SHARED = 4
"""The same where the variable is also needed uncut, so that a cut copy would cost a line."""


def unify_limits(program: Program) -> Program:
    """Every variable that is read with a limit is read with one limit everywhere, the least, or with none."""
    known = domains(program)
    used = signatures(program, known)
    whole = _read_whole(program)
    through: dict[Ref, Through] = {}
    for name in dict.fromkeys(read.variable for read in used if read.limit is not None):
        limited = [entries for read, entries in used.items() if read.variable == name and read.limit is not None]
        least = max(map(_least, limited))
        domain = known[name]
        assert isinstance(domain, Integers)
        low, high = domain.low, domain.high
        spared = math.inf if low is None or high is None else high - least + max(-low, 0)
        if spared <= (SHARED if name in whole else SPARED) and (low == 0 or Read(name) in used):
            through[name] = Through(Read(name), _itself)
        elif Read(name) not in used:
            through[name] = Through(Read(name, least), _itself)
    return rebuild(program, through=through) if through else program


def _least(entries: list[list[object]]) -> int:
    """The least value that has the same signature as all above it."""
    last = len(entries) - 1
    while last and entries[last - 1] == entries[-1]:
        last -= 1
    return last


def _read_whole(program: Program) -> set[Ref]:
    """Variables that are also read as they are."""
    found: set[Ref] = set()
    for part in (*(step.node for step in program.steps), program.output):
        finite = list(reads(part))
        plain = list(references(part))
        for read in finite:
            plain.remove(read.variable)
        found.update(plain)
        found.update(read.variable for read in finite if read.limit is None)
    return found


def _itself(value: Value) -> Value:
    return value
