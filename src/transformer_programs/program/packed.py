"""Large tables as JSON: the value that most cells have, and the places of the others.

A table of two words has millions of cells of which all but a few thousand say `*`. In memory it stays what it is, a
cell for every combination; a file has

    {"size": 6, "most": "*", "others": [["a+b", 1], ["x", 2, 5]]}

for `["*", "a+b", "x", "*", "*", "x"]`: each other value, then its places, in the order in which they first stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from transformer_programs.errors import ProgramError
from transformer_programs.program.domains import MOST_VALUES
from transformer_programs.program.nodes import Value

__all__ = ["check_sizes", "pack", "unpack"]

LEAST = 1_000
"""Smaller tables are written cell by cell."""

RARE = 0.25
"""The share of cells that may have other values than the most common one."""

MOST_CELLS = 5 * MOST_VALUES
"""Most cells that all packed tables of a program have together: a small file shall not fill the memory."""

EXPECTED = '{"size": cells, "most": value, "others": [[value, place, ...], ...]}'


def pack(cells: Sequence[Value]) -> dict[str, Any] | None:
    """The cells in the form above; None where one after the other is as good.

    >>> pack(["*"] * 999 + ["a"])
    {'size': 1000, 'most': '*', 'others': [['a', 999]]}
    """
    if len(cells) < LEAST or len(set(map(type, cells))) > 1:
        return None  # 1 and True would be one value to a dictionary
    ((most, often),) = Counter(cells).most_common(1)
    if len(cells) - often > RARE * len(cells):
        return None
    others: dict[Value, list[Any]] = {}
    for place, cell in enumerate(cells):
        if cell != most:
            others.setdefault(cell, [cell]).append(place)
    return {"size": len(cells), "most": most, "others": list(others.values())}


def unpack(value: dict[str, Any], place: str) -> tuple[Value, ...]:
    """The cells.

    Raises:
        ProgramError: naming what is not as it should be.

    >>> unpack({"size": 4, "most": "*", "others": [["a", 1, 3]]}, "cells")
    ('*', 'a', '*', 'a')
    """
    if set(value) != {"size", "most", "others"} or not isinstance(value["others"], list):
        raise ProgramError(place=place, got=f"an object with {', '.join(sorted(value))}", expected=EXPECTED)
    size = value["size"]
    if type(size) is not int or not 0 < size <= MOST_VALUES:
        raise ProgramError(place=f"{place}.size", got=repr(size)[:40], expected=f"a number up to {MOST_VALUES:,}")
    cells = [_value(value["most"], f"{place}.most")] * size
    taken = bytearray(size)
    for i, other in enumerate(value["others"]):
        if not isinstance(other, list) or len(other) < 2:
            raise ProgramError(place=f"{place}.others[{i}]", got=repr(other)[:40], expected="a value and its places")
        cell, places = _value(other[0], f"{place}.others[{i}][0]"), other[1:]
        for at in places:
            if type(at) is not int or not 0 <= at < size or taken[at]:
                got, expected = repr(at)[:40], f"a place from 0 to {size - 1}, each once"
                raise ProgramError(place=f"{place}.others[{i}]", got=got, expected=expected)
            cells[at] = cell
            taken[at] = 1
    return tuple(cells)


def check_sizes(steps: Any, place: str) -> None:
    """Before anything is unpacked: whether all packed tables of a program fit together.

    Raises:
        ProgramError: there are more cells than any program of ours has.
    """
    nodes = [step.get("node") for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
    cells = [node.get("cells") for node in nodes if isinstance(node, dict)]
    sizes = [cell.get("size") for cell in cells if isinstance(cell, dict)]
    total = sum(size for size in sizes if isinstance(size, int))
    if total > MOST_CELLS:
        got, expected = f"tables of {total:,} cells", f"at most {MOST_CELLS:,} in all"
        raise ProgramError(place=f"{place}: steps", got=got, expected=expected)


def _value(value: Any, place: str) -> Value:
    if not isinstance(value, Value):
        raise ProgramError(place=place, got=repr(value)[:40], expected="a bool, a number or a text")
    return value
