"""Where commands that make a program from a program write it: `program.json` and `program.py`, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from transformer_programs.errors import OutputError

if TYPE_CHECKING:
    from transformer_programs.program import Program

__all__ = ["places_of", "write_program"]


def places_of(out: Path | None, *, force: bool) -> tuple[Path, ...]:
    """The two files to write, program.json first.

    Raises:
        OutputError: one of them is there already.
    """
    if out is None:
        return ()
    if out.suffix in (".py", ".json"):
        places = out.with_suffix(".json"), out.with_suffix(".py")
    else:
        places = out / "program.json", out / "program.py"
    taken = [place for place in places if place.exists()]
    if taken and not force:
        raise OutputError(place=str(taken[0]), got="a file that exists", expected="a new place", todo="or --force")
    return places


def write_program(program: Program, json_place: Path, python_place: Path) -> None:
    """Writes both files."""
    from transformer_programs.emit.python import print_python
    from transformer_programs.files import write_text
    from transformer_programs.program import dumps

    json_place.parent.mkdir(parents=True, exist_ok=True)
    write_text(json_place, dumps(program))
    write_text(python_place, print_python(program))
