"""The kernel compiled in a process of its own while this one does something else: a first run need not wait for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from transformer_programs.batch import kernel

__all__ = ["compiled_beside", "is_compiled", "wait_for_it"]

PATIENCE = 60.0
"""Seconds after which nobody waits for it any longer: what is missing then is compiled here."""

_compiling: subprocess.Popen[bytes] | None = None
"""The other process, while there is one: a fact about this process, so that it is kept for all of it."""

ASK_ONE = """
from transformer_programs.batch import Batch
from transformer_programs.program import Emit, Program
Batch(Program(name="one", vocabulary=("a",), max_length=1, output=Emit("tokens")), threads=1).predict([["a"]])
"""


def is_compiled() -> bool:
    """Whether the kernel stands in the cache on disk, newer than its source, or could not be kept there anyway."""
    execute: Any = kernel.execute
    folder = execute.stats.cache_path if hasattr(execute, "stats") else None
    if folder is None:
        return True
    source = Path(kernel.__file__)
    kept = [path.stat().st_mtime for path in Path(folder).glob(f"{source.stem}.execute-*.nbi")]
    return bool(kept) and max(kept) >= source.stat().st_mtime


@contextmanager
def compiled_beside() -> Iterator[None]:
    """Around work that needs the kernel later: on two cores its compilation takes little time of its own.

    Nothing depends on the other process but time: where it fails, the kernel is compiled here at its first use.
    """
    global _compiling
    other = None if _compiling is not None or is_compiled() else _compiler()
    if other is None:
        yield
        return
    _compiling = other
    try:
        yield
        wait_for_it()
    finally:
        _compiling = None
        other.kill()
        other.wait()


def wait_for_it() -> None:
    """Before the kernel is first called: where another process is at it, both would compile the same."""
    if _compiling is not None:
        with suppress(subprocess.TimeoutExpired):
            _compiling.wait(PATIENCE)


def _compiler() -> subprocess.Popen[bytes] | None:
    """The other process, which imports from where this one does; -P: not from the working directory."""
    paths = os.pathsep.join(path for path in sys.path if path)
    command = [sys.executable, "-P", "-c", ASK_ONE]
    nowhere = subprocess.DEVNULL
    try:
        return subprocess.Popen(
            command, env=os.environ | {"PYTHONPATH": paths}, stdin=nowhere, stdout=nowhere, stderr=nowhere
        )
    except OSError:
        return None
