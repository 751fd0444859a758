"""Exact simplifications, one a file. Layer 2."""

from __future__ import annotations

from transformer_programs.program import Program

__all__ = ["simplify"]


def simplify(program: Program) -> Program:
    """An equal program, simpler."""
    return program
