"""Slices: what an answer depends on, in the program (static) and on one input (dynamic)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool

from transformer_programs.batch.columns import Columns, closest_key
from transformer_programs.explain.selectors import sides
from transformer_programs.program import (
    Closest,
    Emit,
    Program,
    Ref,
    references,
    selector_of,
)

__all__ = ["needed", "static_slice"]


def static_slice(program: Program, variables: Iterable[Ref]) -> tuple[Ref, ...]:
    """Every variable that these are computed from, themselves included, in the program's order.

    >>> from transformer_programs.program import Closest, Full, Step, Width
    >>> steps = (Step("a", Width(Full())), Step("b", Closest(Full(), "tokens")), Step("c", Closest(Full(), "a")))
    >>> static_slice(Program(name="p", vocabulary=None, max_length=None, steps=steps, output=Emit("c")), ["c"])
    ('a', 'c')
    """
    wanted = set(variables)
    found = []
    for step in reversed(program.steps):
        if step.name in wanted:
            wanted.update(references(step.node))
            found.append(step.name)
    return tuple(reversed(found))


def needed(
    columns: Columns, start: Bool[np.ndarray, "sequence answer"]
) -> dict[Ref, Bool[np.ndarray, "sequence position"]]:
    """Which values the given answers were computed from: for every variable, at which positions.

    Of a head these are the values that it read, what it compared there, and what it compared them with; that other
    positions did *not* match is not followed, nor are the labels beside one of a best sequence.
    """
    program = columns.program
    masks: dict[Ref, Bool[np.ndarray, "sequence position"]] = {}

    def need(ref: Ref, mask: Bool[np.ndarray, "sequence position"]) -> None:
        masks[ref] = masks[ref] | mask if ref in masks else mask

    output = program.output
    if isinstance(output, Emit):
        need(output.variable, start)
    else:
        for ref in dict.fromkeys(references(output)):
            need(ref, np.broadcast_to(start, columns.shape))
    for step in reversed(program.steps):
        if step.name not in masks:
            continue
        mask, selector = masks[step.name], selector_of(step.node)
        if selector is None:
            for ref in references(step.node):
                need(ref, mask)
            continue
        read = columns.attention(selector)
        if isinstance(step.node, Closest):
            nearest = closest_key(read)[:, :, None]
            read = np.arange(read.shape[2]) == nearest
        keys = (read & mask[:, :, None]).any(axis=1)
        for ref in sides(selector, key=True):
            need(ref, keys)
        for ref in sides(selector, key=False):
            need(ref, mask)
        values = getattr(step.node, "values", None)
        if values is not None:
            need(values, keys)
    return masks
