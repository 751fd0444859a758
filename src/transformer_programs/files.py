"""Programs on disk: found by path, read without executing anything, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from transformer_programs.errors import OutputError, ProgramError
from transformer_programs.program import Program, load

__all__ = ["load_program", "write_text"]


def load_program(path: str | Path) -> Program:
    """The program at a path: a run directory or folder with `program.json`, a `.json` or a `.py` file of ours.

    Raises:
        ProgramError: there is none, or it is damaged.
    """
    place = Path(path)
    if place.is_dir():
        place = place / "program.json"
        if not place.exists():
            unfinished = (place.parent / "config.toml").exists()
            raise ProgramError(
                place=str(path),
                got="a directory without program.json",
                expected="a finished run",
                todo="train again with the same command: it resumes" if unfinished else "",
            )
    if not place.exists():
        raise ProgramError(
            place=str(path),
            got="no such file or directory",
            expected="a run directory, a folder of programs/, a program.json or a program.py",
        )
    if place.suffix == ".py":
        from transformer_programs.emit.python import read_python

        try:
            return read_python(place.read_text(encoding="utf-8"), str(place))
        except (OSError, UnicodeDecodeError) as error:
            raise ProgramError(place=str(place), got=f"a file that cannot be read ({error})") from error
    return load(place)


def write_text(path: Path, text: str | bytes) -> None:
    """Writes a file whole or not at all: beside its place first, then moved there.

    Raises:
        OutputError: the place cannot be written.
    """
    data = text if isinstance(text, bytes) else text.encode("utf-8")
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.chmod(name, 0o644)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise OutputError(place=str(path), got=f"a place that cannot be written ({error.strerror})") from error
