"""Errors of RASP programs: the message of the language, and where: file, line, column, the line itself and a caret."""

from __future__ import annotations

from dataclasses import dataclass, field

from transformer_programs.errors import ProgramError

__all__ = ["Place", "RaspError", "Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """A text that statements were read from: its name, and its lines as far as they were read.

    Of an error in the library its reader wants the place of the call: `library` says so.
    """

    name: str
    lines: list[str] = field(default_factory=list)
    library: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, both counted from 1, of a source."""

    source: Source
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.source.name} line {self.line}, column {self.column}"

    def excerpt(self) -> str:
        """The line and a caret below the column; a window of it where the line is long."""
        if not 1 <= self.line <= len(self.source.lines):
            return ""
        text = self.source.lines[self.line - 1].rstrip("\r\n").replace("\t", " ")
        start = max(0, self.column - 61)
        return f"  {text[start : start + 100]}\n  {' ' * (self.column - 1 - start)}^"


class RaspError(ProgramError):
    """A RASP program that cannot be read or run.

    Args:
        message: what is wrong, in the language's own words.
        kind: `ignored` (the program breaks a rule), `wrong` (an operation failed on values), `syntax`, or
            `unimplemented` (something is called that cannot be): the original prints each in its own way.
        where: the place, as soon as it is known.
        expected: what would have been right.
        todo: what to do about it.

    >>> print(RaspError("Undefined variable: x", where=Place(Source("a.rasp", ["y = x;"]), 1, 5)))
    a.rasp line 1, column 5: Undefined variable: x
      y = x;
          ^
    """

    def __init__(
        self, message: str, *, kind: str = "ignored", where: Place | None = None, expected: str = "", todo: str = ""
    ) -> None:
        self.message = message
        self.kind = kind
        self.where = where
        super().__init__(place="RASP", got=message, expected=expected, todo=todo)

    def at(self, where: Place | None) -> RaspError:
        """The same error, with the place where none is known yet, or only one in the library."""
        if self.where is None or self.where.source.library:
            self.where = where
        return self

    def __str__(self) -> str:
        text = "; ".join(
            part for part in (self.message, self.expected and f"expected {self.expected}", self.todo) if part
        )
        if self.where is None:
            return text
        excerpt = self.where.excerpt()
        return f"{self.where}: {text}" + (f"\n{excerpt}" if excerpt else "")
