"""Lines of a file one at a time, whatever its size: UTF-8, optionally gzip, any line end, numbered from 1."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from transformer_programs.errors import DataError

__all__ = ["MAX_LINE", "numbered_lines", "watched"]

MAX_LINE = 1 << 24
"""Most bytes in a line: one that is longer is taken for a file of another kind, before it fills the memory."""

_BOM = b"\xef\xbb\xbf"

Watch = Callable[[str, int, int], None]

_WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)
_EVERY = 4096


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """While this is open, reading tells how far it is: the name of the file, bytes done, bytes of all.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "two.txt"
    ...     _ = path.write_text("one\\ntwo\\n")
    ...     with watched(lambda name, done, total: print(name, done, total)):
    ...         print([line for _, line in numbered_lines(path)])
    two.txt 8 8
    ['one', 'two']
    """
    token = _WATCH.set(watch)
    try:
        yield
    finally:
        _WATCH.reset(token)


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Every line with its number, without its end (LF or CRLF) and without a byte order mark.

    Only LF ends a line, so other separators that Unicode knows may stand inside one.

    Raises:
        DataError: there is no such file, it cannot be read, or a line is not UTF-8.
    """
    watch, number = _WATCH.get(), 0
    with _reading(path), path.open("rb") as stored, gzip.open(stored) if path.suffix == ".gz" else stored as file:
        size = os.fstat(stored.fileno()).st_size
        while raw := file.readline(MAX_LINE + 1):
            number += 1
            place = f"{path}, line {number}"
            if len(raw) > MAX_LINE:
                raise DataError(place=place, got=f"more than {MAX_LINE} bytes", expected="lines of text")
            if number == 1:
                raw = raw.removeprefix(_BOM)
            try:
                yield number, raw.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
            except UnicodeDecodeError as error:
                got = f"byte 0x{raw[error.start]:02x} at {error.start + 1}"
                todo = "save the file as UTF-8"
                raise DataError(place=place, got=got, expected="UTF-8 text", todo=todo) from error
            if watch is not None and number % _EVERY == 0:
                watch(path.name, stored.tell(), size)
        if watch is not None:
            watch(path.name, size, size)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(place=str(path), got="no such file", expected="the path of a file") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(place=str(path), got=f"a damaged gzip file ({error})", expected="a whole one") from error
    except (OSError, ValueError) as error:
        # ValueError: a path with a null character.
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(place=str(path), got=f"a file that cannot be read ({reason})") from error
