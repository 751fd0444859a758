"""Fifth stage: which direction of the residual stream holds what, and when.

Direction 0 marks the start position. Without `compress` every code has directions of its own. With it a direction is
used again once it is dead: a code that is last read at half-step t is erased by the first MLP from t on that is needed,
and what is written from then on may take its place. The MLP reads before it writes, so it may erase what it reads and
write to the same place. Erasing content x >= 0 takes one unit, relu(x) with weight -1; content of either sign takes
relu(x) - relu(-x). Lifetimes are intervals, and giving each birth the direction that died first needs exactly as many
directions as are alive at once, so no layout of these codes along orthogonal directions is narrower.
"""

from __future__ import annotations

from dataclasses import dataclass

from transformer_programs.compiler.codes import Code
from transformer_programs.compiler.plan import Plan

__all__ = ["START", "Erasure", "Slot", "lay_out"]

START = 0
"""The direction that is 1 at the start position and 0 elsewhere."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """A direction to be cleared by the MLP of a layer."""

    direction: int
    layer: int
    signed: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """What a direction holds between two half-steps: an entry of the map of the residual stream."""

    direction: int
    holds: str
    born: int
    last: int


def lay_out(plan: Plan, layers: int, compress: bool) -> tuple[int, list[Erasure], list[Slot]]:
    """Gives every code its directions; returns the width, what to erase, and the map."""
    width = 1
    free: list[tuple[int, int, bool]] = []
    erasures: list[Erasure] = []
    slots = [Slot(START, "start position", 0, 2 * layers + 1)]
    for code in sorted(plan.codes, key=lambda code: (code.born, code.last)):
        directions = []
        for row in range(code.width):
            slot = _dead(free, code.born) if compress else None
            if slot is None:
                directions.append(width)
                width += 1
            else:
                free.remove(slot)
                _, direction, signed = slot
                erasures.append(Erasure(direction, code.born // 2, signed))
                directions.append(direction)
            slots.append(Slot(directions[-1], _label(plan, code, row), code.born, code.last))
            if code.last <= 2 * layers:
                free.append((code.last, directions[-1], _signed(code)))
        code.directions = directions
    return width, erasures, sorted(slots, key=lambda slot: (slot.direction, slot.born))


def _dead(free: list[tuple[int, int, bool]], born: int) -> tuple[int, int, bool] | None:
    """The direction that has been dead longest when something is born, if an MLP lies between."""
    eraser = born // 2 * 2
    usable = [slot for slot in free if slot[0] <= eraser and eraser >= 2]
    return min(usable) if usable else None


def _signed(code: Code) -> bool:
    if code.classes is not None:
        return False
    return code.numbers is None or bool((code.numbers < 0).any())


def _label(plan: Plan, code: Code, row: int) -> str:
    """What a direction means, for people."""
    if code.classes is None:
        kind = code.labels[0] if code.labels else "number"
        return f"{code.name} ({kind})"
    if len(code.site) != 1:
        return f"{code.name}: class {row + 1} of {code.count}"
    root = plan.graph.roots[code.site[0]]
    states = [root.states[i] for i in range(root.size) if code.classes[i] == row + 1]
    shown = ", ".join(repr(state) for state in states[:6]) + (", ..." if len(states) > 6 else "")
    return f"{code.name} is {shown}" if len(states) == 1 else f"{code.name} in {{{shown}}}"
