"""What each value of a variable means to its readers: two values with one signature can be one value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from transformer_programs.program import (
    Both,
    Domain,
    Either,
    Negate,
    Pattern,
    Prefer,
    Program,
    Read,
    Ref,
    Relation,
    Table,
    TableScore,
    read_domain,
    selector_of,
)
from transformer_programs.program.nodes import Classify, Decode

__all__ = ["Signatures", "signatures"]

Signatures = dict[Read, list[list[Any]]]
"""For every read, for every value of its domain: what each reader makes of it."""


def signatures(program: Program, known: Mapping[Ref, Domain]) -> Signatures:
    """The signatures of all reads of the program."""
    found: Signatures = {}

    def entries(read: Read) -> list[list[Any]]:
        if read not in found:
            found[read] = [[] for _ in read_domain(read, known)]
        return found[read]

    def walk(selector: Pattern) -> None:
        match selector:
            case Relation(keys, queries, rows):
                for entry, row in zip(entries(queries), rows):
                    entry.append(row)
                matching: dict[Any, list[int]] = {value: [] for value in read_domain(keys, known)}
                for i, row in enumerate(rows):
                    for value in row:
                        matching[value].append(i)
                for entry, value in zip(entries(keys), matching):
                    entry.append(tuple(matching[value]))
            case Prefer(keys, queries, orders):
                for entry, order in zip(entries(queries), orders):
                    entry.append(order)
                ranks = [{value: rank for rank, group in enumerate(order) for value in group} for order in orders]
                for entry, value in zip(entries(keys), read_domain(keys, known)):
                    entry.append(tuple(rank.get(value) for rank in ranks))
            case Both(left, right) | Either(left, right):
                walk(left)
                walk(right)
            case Negate(inner):
                walk(inner)
            case _:
                pass

    for step in program.steps:
        if isinstance(step.node, Table):
            _table(step.node, known, entries)
        elif (selector := selector_of(step.node)) is not None:
            walk(selector)
    if isinstance(program.output, Classify | Decode):
        for score in program.output.scores:
            if isinstance(score, TableScore):
                for entry, row in zip(entries(score.read), score.rows):
                    entry.append(row)
    return found


def _table(table: Table, known: Mapping[Ref, Domain], entries: Any) -> None:
    sizes = [len(read_domain(read, known)) for read in table.reads]
    texts = all(type(cell) is str for cell in table.cells)
    spelled = table.cells if texts else tuple(map(repr, table.cells))
    for at, read in enumerate(table.reads):
        inner = math.prod(sizes[at + 1 :])
        block = sizes[at] * inner
        starts = range(0, len(spelled), block)
        for k, entry in enumerate(entries(read)):
            if inner == 1:
                entry.append(spelled[k::block])
                continue
            entry.append(tuple(spelled[start + k * inner : start + (k + 1) * inner] for start in starts))
