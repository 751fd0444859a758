"""Labels that are whole numbers or truth values: a program has texts, and a fact of it says what they were."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from transformer_programs.errors import DataError
from transformer_programs.program import Program

__all__ = ["label_reader", "label_type", "with_label_type"]

FACT = "labels are"
"""The name of the fact in `Program.about`. A program without it has texts."""

TEXT = "texts"

READERS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {TEXT: str, "whole numbers": int, "truth values": lambda text: text == "True"}
)

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    TEXT: str,
    "truth values": (bool, np.bool_),
    "whole numbers": (int, np.integer),
}


def label_type(labels: Iterable[Any]) -> str:
    """What labels are, one of `READERS`.

    Args:
        labels: one an example, or a list an example.

    Raises:
        DataError: a label that is none of these, such as None, or is not what the first one is.

    >>> label_type(["a", "b"]), label_type([1, 0]), label_type([[True], [False, True]])
    ('texts', 'whole numbers', 'truth values')
    """
    first = ""
    for i, row in enumerate(labels):
        for j, label in enumerate(row if isinstance(row, list) else [row]):
            kind = next((name for name, types in _TYPES.items() if isinstance(label, types)), "")
            first = first or kind
            if not kind or kind != first:
                place = f"y[{i}][{j}]" if isinstance(row, list) else f"y[{i}]"
                expected = f"labels that are {first}" if first else f"labels that are all {', all '.join(READERS)}"
                raise DataError(place=place, got=f"label {label!r}", expected=expected)
    return first or TEXT


def with_label_type(program: Program, kind: str) -> Program:
    """The program with the fact, where its labels are no texts."""
    return program if kind == TEXT else dataclasses.replace(program, about=(*program.about, (FACT, kind)))


def label_reader(program: Program) -> Callable[[str], Any]:
    """From a label of the program to what it was."""
    return READERS.get(dict(program.about).get(FACT, TEXT), str)
