"""The cells of a printed table: what its expression finds for every combination of its arguments' values."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from itertools import product
from typing import Any

from transformer_programs.emit.python.syntax import Comprehension, Source, fit, name_of
from transformer_programs.program import Value
from transformer_programs.program.domains import MOST_VALUES

__all__ = ["LARGEST", "cells_of"]

LARGEST = 1_000_000
"""Combinations that are looked up one by one; a file with more of them is taken for damaged."""


def cells_of(
    source: Source, node: ast.expr, part: Comprehension, domains: Sequence[Sequence[Value]]
) -> tuple[Any, ...]:
    """One cell a combination, the last argument running fastest.

    Args:
        source: the file.
        node: the whole comprehension, for messages.
        part: the same in its parts: the expression and the names of its arguments.
        domains: the values of each argument.

    Raises:
        ProgramError: no table, one without a value for some combination, or one that would fill the memory.
    """
    cells = _but_for(source, part, domains)
    if cells is not None:
        return tuple(cells)
    if math.prod(map(len, domains)) > LARGEST:
        raise source.error(node, f"a table of at most {LARGEST} cells")
    access = source.access(part.subject, part.names)
    cells = []
    for values in product(*domains):
        try:
            cells.append(access(dict(zip(part.names, values))))
        except (LookupError, TypeError) as error:
            missing = ", ".join(map(repr, values))
            raise source.error(node, f"a table that has a value for {missing}") from error
    return tuple(cells)


def _but_for(source: Source, part: Comprehension, domains: Sequence[Sequence[Value]]) -> list[Any] | None:
    """`TABLE.get((x, y), default)`: the default, but for what the dictionary has. None: another form."""
    found = fit(f"_TABLE.get(({', '.join(part.names)}), _DEFAULT)", part.subject)
    size = math.prod(map(len, domains))
    if found is None or len(domains) < 2 or size > MOST_VALUES or name_of(found["_DEFAULT"]) in part.names:
        return None
    table = source.data(found["_TABLE"])
    if not isinstance(table, dict):
        return None
    cells = [source.data(found["_DEFAULT"])] * size
    index = [{value: i for i, value in enumerate(domain)} for domain in domains]
    for key, cell in table.items():
        if isinstance(key, tuple) and len(key) == len(domains) and all(map(dict.__contains__, index, key)):
            place = 0
            for of, value in zip(index, key):
                place = place * len(of) + of[value]
            cells[place] = cell
    return cells
