"""Variables computed twice are computed once."""

from __future__ import annotations

from transformer_programs.passes.rebuild import rebuild
from transformer_programs.program import Node, Program, Ref, rename

__all__ = ["merge_duplicates"]


def merge_duplicates(program: Program) -> Program:
    """Equal nodes of equal variables are one variable, the first."""
    first: dict[str, Ref] = {}
    same: dict[Ref, Ref] = {}
    for step in program.steps:
        node: Node = rename(step.node, lambda ref: same.get(ref, ref))
        known = first.setdefault(repr(node), step.name)  # the text tells 1 from True and from 1.0
        if known != step.name:
            same[step.name] = known
    return rebuild(program, same=same) if same else program
