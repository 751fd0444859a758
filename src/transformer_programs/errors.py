"""Errors for the reader: where, what was found, what was expected, what to do.

    TransformerProgramError
    ├── InputError      a token, a sequence or a position that the program does not take
    ├── ProgramError    a program that is not well formed, or a file that does not hold one
    ├── DataError       a data set or a line of one
    ├── ConfigError     a setting, a flag or a combination of them
    ├── TrainingError   learning that cannot go on
    └── OutputError     a place that cannot be written

The command line prints `str(error)` and exits with code 2; nothing in the package catches them to go on silently.
"""

from __future__ import annotations

__all__ = [
    "ConfigError",
    "DataError",
    "InputError",
    "OutputError",
    "ProgramError",
    "TrainingError",
    "TransformerProgramError",
]


class TransformerProgramError(Exception):
    """Base of every error that a user of the package can cause.

    Args:
        place: where it happened: a file and line, a step, a position, a flag.
        got: what was found there.
        expected: what would have been right.
        todo: what the reader can do about it, if that is not plain.

    >>> print(InputError(place="position 2", got="token 'z'", expected="one of a, b"))
    position 2: got token 'z'; expected one of a, b
    """

    def __init__(self, *, place: str, got: str, expected: str = "", todo: str = "") -> None:
        self.place = place
        self.got = got
        self.expected = expected
        self.todo = todo
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [f"got {self.got}"]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.todo:
            parts.append(self.todo)
        return f"{self.place}: " + "; ".join(parts)


class InputError(TransformerProgramError):
    """A sequence that the program does not take."""


class ProgramError(TransformerProgramError):
    """A program that is not well formed, or a file that does not hold one."""


class DataError(TransformerProgramError):
    """A data set, or one line of it, that cannot be used."""


class ConfigError(TransformerProgramError):
    """A setting that cannot be used."""


class TrainingError(TransformerProgramError):
    """Learning that cannot go on."""


class OutputError(TransformerProgramError):
    """A place that cannot be written."""
