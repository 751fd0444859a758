"""Fourth stage: each head and each table at its earliest layer, and heads that attend alike made one.

Time runs in half-steps: 0 the embedding, 2 l - 1 the attention of layer l, 2 l its MLP. What is written at half-step t
can be read by every later one, so a head whose reads are ready at t takes layer (t + 1) div 2 + 1, a table t div 2 + 1.
Earliest places give the longest path of the program, which no order of its sublayers can undercut.
"""

from __future__ import annotations

from transformer_programs.compiler.codes import Code
from transformer_programs.compiler.constructions.match import Head
from transformer_programs.compiler.plan import Block, Plan

__all__ = ["place"]


def place(plan: Plan) -> int:
    """Gives every head, block and code its time; returns the number of layers."""
    writers: dict[Code, set[Head | Block]] = {code: set() for code in plan.codes}
    for head in plan.heads:
        for dim in head.values:
            writers[dim.code].add(head)
    for block in plan.blocks:
        for code in block.writes:
            writers[code].add(block)
    for code in plan.embedded:
        code.born = code.ready = 0
    waiting: list[Head | Block] = [*plan.heads, *plan.blocks]
    while waiting:
        later = []
        for item in waiting:
            ready = _ready(item)
            if ready is None:
                later.append(item)
                continue
            item.layer = (ready + 1) // 2 + 1 if isinstance(item, Head) else ready // 2 + 1
            for code in _written(item):
                writers[code].discard(item)
                time = 2 * item.layer - (1 if isinstance(item, Head) else 0)
                code.born = time if code.born < 0 else min(code.born, time)
                if not writers[code]:
                    code.ready = max(code.ready, time)
                else:
                    code.ready = -1
        assert len(later) < len(waiting), "a cycle of sublayers"
        waiting = later
    _settle(plan)
    plan.heads = _merged(plan.heads)
    layers = max((0, *(head.layer for head in plan.heads), *(block.layer for block in plan.blocks)))
    for code in plan.codes:
        code.last = code.ready
    for head in plan.heads:
        for code in _reads(head):
            code.last = max(code.last, 2 * head.layer - 1)
    for block in plan.blocks:
        for code in _reads(block):
            code.last = max(code.last, 2 * block.layer)
    for row in (*plan.readout.rows, *plan.readout.faults):
        for code in row.codes():
            code.last = 2 * layers + 1
    return layers


def _settle(plan: Plan) -> None:
    """The time at which each code is whole, all its writers being placed."""
    for code in plan.codes:
        times = [2 * head.layer - 1 for head in plan.heads if any(dim.code is code for dim in head.values)]
        times += [2 * block.layer for block in plan.blocks if code in block.writes]
        if times:
            code.born, code.ready = min(times), max(times)


def _ready(item: Head | Block) -> int | None:
    """The last half-step at which something that is read is written; None where that is not known yet."""
    times = [code.ready for code in _reads(item)]
    if isinstance(item, Block) and item.after is not None:
        times.append(2 * item.after.layer - 1 if item.after.layer else -1)
    return None if any(time < 0 for time in times) else max(times, default=0)


def _reads(item: Head | Block) -> list[Code]:
    if isinstance(item, Block):
        return [code for affine, _ in item.units for code in affine.codes()]
    parts = [item.start, *(affine for pair in item.pairs for affine in pair), *(dim.read for dim in item.values)]
    return [code for affine in parts for code in affine.codes()]


def _written(item: Head | Block) -> list[Code]:
    if isinstance(item, Block):
        return item.writes
    return list(dict.fromkeys(dim.code for dim in item.values))


def _merged(heads: list[Head]) -> list[Head]:
    """Heads of one layer with the same pattern, as one head with the values of all."""
    found: dict[tuple, Head] = {}
    for head in heads:
        key = (head.layer, head.signature)
        if key in found:
            kept = found[key]
            kept.name = f"{kept.name} + {head.name}"
            kept.values += head.values
            kept.constants += head.constants
        else:
            found[key] = head
    return list(found.values())
