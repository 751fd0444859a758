"""A verification that was stopped goes on: a small file that holds how far it came, and in the end the verdict."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any

from transformer_programs.errors import OutputError
from transformer_programs.files import write_text

__all__ = ["State", "fingerprint"]

SECONDS = 2.0
"""At least so long between two writings."""


def fingerprint(*parts: str) -> str:
    """Tells one verification from another: what is verified, against what, over which inputs."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class State:
    """The file behind `--out`.

    Args:
        path: None: nothing is kept.
        key: of this verification.
        force: begin anew, whatever is there.

    Raises:
        OutputError: the file holds something else, or a finished verification.
    """

    def __init__(self, path: Path | None, key: str, *, force: bool = False) -> None:
        self._path, self._key, self._written = path, key, monotonic()
        self.resumed: Mapping[str, Any] | None = None
        if path is None or not path.exists() or force:
            return
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
            unfinished = held.get("unfinished")
        except (OSError, ValueError, AttributeError):
            held, unfinished = {}, None
        if not isinstance(unfinished, dict) or held.get("key") != key:
            got = "a finished verification" if held.get("key") == key else "another file or another verification"
            raise OutputError(place=str(path), got=got, expected="a new file", todo="--force replaces it")
        self.resumed = unfinished

    def keep(self, progress: Mapping[str, Any]) -> None:
        """Keeps how far it came, now and then."""
        if self._path is not None and monotonic() - self._written > SECONDS:
            self._written = monotonic()
            write_text(self._path, json.dumps({"key": self._key, "unfinished": progress}) + "\n")

    def finish(self, verdict: Mapping[str, Any]) -> None:
        """Keeps the verdict."""
        if self._path is not None:
            write_text(self._path, json.dumps({"key": self._key, **verdict}, ensure_ascii=False, indent=1) + "\n")
