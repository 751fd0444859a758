"""Names that a learner made up are numbered without gaps, in order."""

from __future__ import annotations

import re
from dataclasses import replace

from transformer_programs.passes.classes import has_words, is_class
from transformer_programs.program import (
    Closest,
    Constant,
    Lookup,
    Program,
    Ref,
    Spelled,
    Step,
    Table,
    Total,
    Width,
    rename,
)

__all__ = ["renumber"]

KINDS: dict[type, str] = {
    Closest: "head",
    Constant: "constant",
    Lookup: "lookup",
    Spelled: "spelled",
    Table: "table",
    Total: "sum",
    Width: "count",
}
CLASS = "class"
"""A table over single words, whose values are words."""

MADE_UP = re.compile(rf"({'|'.join([*KINDS.values(), 'answer', CLASS])})_[0-9]+_*")


def renumber(program: Program) -> Program:
    """Variables are called `head_1`, `count_1`, `table_1`, `class_1` ... by what they are; other names stay."""
    kept = {step.name for step in program.steps if not MADE_UP.fullmatch(step.name)}
    words = has_words(program)
    numbers: dict[str, int] = {}
    names: dict[Ref, Ref] = {}
    for step in program.steps:
        node = step.node
        named = words and is_class(node) and all(isinstance(cell, str) for cell in node.cells)
        kind = CLASS if named else KINDS.get(type(node), "value")
        names[step.name] = step.name if step.name in kept else _fresh(kind, numbers, kept)

    def new(ref: Ref) -> Ref:
        return names.get(ref, ref)

    steps = tuple(Step(new(step.name), rename(step.node, new)) for step in program.steps)
    return replace(program, steps=steps, output=rename(program.output, new))


def _fresh(kind: str, numbers: dict[str, int], kept: set[Ref]) -> Ref:
    while True:
        numbers[kind] = numbers.get(kind, 0) + 1
        name = f"{kind}_{numbers[kind]}"
        if name not in kept:
            return name
