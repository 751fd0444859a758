"""Variables that nothing reads are dropped."""

from __future__ import annotations

from dataclasses import replace

from transformer_programs.program import Program, references

__all__ = ["drop_unused"]


def drop_unused(program: Program) -> Program:
    """The program without variables that neither the output nor a variable it needs reads."""
    needed = set(references(program.output))
    kept = []
    for step in reversed(program.steps):
        if step.name in needed:
            needed.update(references(step.node))
            kept.append(step)
    return replace(program, steps=tuple(reversed(kept)))
