"""Digests of the files that a study reads: they tell rows of one file from rows of another."""

from __future__ import annotations

import hashlib
from pathlib import Path

from transformer_programs.errors import DataError

__all__ = ["Digests"]


class Digests:
    """Digests of files by what they hold, each read once.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "a.txt"
    >>> _ = file.write_text("one")
    >>> Digests().told("list", file)
    'list a.txt sha256:7692c3ad3540bb80'
    """

    def __init__(self) -> None:
        self._known: dict[Path, str] = {}

    def told(self, use: str, file: Path) -> str:
        """What the file is for, its name, the first 16 digits of its SHA-256.

        Raises:
            DataError: it cannot be read.
        """
        if file not in self._known:
            try:
                with file.open("rb") as stream:
                    self._known[file] = hashlib.file_digest(stream, "sha256").hexdigest()[:16]
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                got = f"a file that cannot be read ({reason})"
                raise DataError(place=str(file), got=got, expected="a file") from error
        return f"{use} {file.name} sha256:{self._known[file]}"
