"""Programs as pictures in notebooks: `%load_ext transformer_programs.explain`.

Explanations and circuits show themselves; a bare `Program` belongs to a layer that draws nothing, so that its picture
is registered here.
"""

from __future__ import annotations

from typing import Any

from transformer_programs.emit.listing import print_listing
from transformer_programs.explain.graph import MOST_BOXES, program_svg
from transformer_programs.program import Program

__all__ = ["load_ipython_extension"]


def load_ipython_extension(ipython: Any) -> None:
    """Called by `%load_ext`: a program is shown as its picture, in text consoles as its listing."""
    formatters = ipython.display_formatter.formatters
    formatters["image/svg+xml"].for_type(Program, _picture)
    formatters["text/plain"].for_type(Program, lambda program, printer, _: printer.text(print_listing(program)))


def _picture(program: Program) -> str | None:
    return program_svg(program) if len(program.steps) <= MOST_BOXES else None
