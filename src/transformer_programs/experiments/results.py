"""What a study has found so far, on disk: a row a finished run, and the programs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from transformer_programs.errors import DataError, OutputError
from transformer_programs.experiments.work import PRINTED, PROGRAM, Job, Row
from transformer_programs.files import write_text

__all__ = ["FOLDER", "RESULTS", "Results"]

RESULTS = "results.jsonl"

FOLDER = "folder"
"""Key of a row: where its program is, beside the results."""

Key: TypeAlias = tuple[str, str, tuple[str, ...], int]


class Results:
    """The rows in a folder; every change is on disk before it is believed.

    A row whose program is gone or damaged does not count: its run is to be done again. So is one whose line, the last,
    was cut short.

    Args:
        folder: made when there is a first row to keep.

    Raises:
        OutputError: no folder can be made there.
        DataError: a line of the results file, other than a last one that was cut, is no row.
    """

    def __init__(self, folder: Path) -> None:
        _refuse(folder)
        self._folder = folder
        self._path = folder / RESULTS
        self._rows, self._cut = self._read()
        self._lost = {key for key, row in self._rows.items() if not self._has_program(row)}

    def _read(self) -> tuple[dict[Key, Row], bool]:
        """What is on disk now, and whether the last line was cut short."""
        rows: dict[Key, Row] = {}
        lines = self._lines()
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
            except ValueError as error:  # no JSON, or no UTF-8
                if number == len(lines):
                    return rows, True
                raise self._no_row(number) from error
            try:
                rows[row["suite"], row["case"], tuple(row.get("settings", ())), row["seed"]] = row
            except (KeyError, TypeError, AttributeError) as error:
                raise self._no_row(number) from error
        return rows, False

    def _no_row(self, number: int) -> DataError:
        return DataError(
            place=f"{self._path}, line {number}",
            got="no row of a study",
            expected="what tprog wrote",
            todo="remove the line: that run is then done again",
        )

    def _lines(self) -> list[bytes]:
        """Of the file, without blank ones at its end."""
        if not self._path.exists():
            return []
        try:
            held = self._path.read_bytes().rstrip()
            return held.split(b"\n") if held else []
        except OSError as error:
            got = f"a file that cannot be read ({error.strerror})"
            raise DataError(place=str(self._path), got=got, expected="rows of a study") from error

    def _has_program(self, row: Row) -> bool:
        """Whether the program that a row had is there, whole; rows without one have all they need."""
        if FOLDER not in row:
            return True
        try:
            return isinstance(json.loads((self._folder / row[FOLDER] / PROGRAM).read_bytes()), dict)
        except (OSError, ValueError, TypeError):
            return False

    def __contains__(self, run: Job) -> bool:
        return run.key in self._rows and run.key not in self._lost

    def of(self, runs: Iterable[Job]) -> list[Row]:
        """Their rows, as far as there are any, in the order of the runs; targets and such as they are declared now."""
        return [{**self._rows[run.key], **_plain(run.begun())} for run in runs if run in self]

    def rows(self) -> list[Row]:
        """All that there are."""
        return list(self._rows.values())

    def notes(self, runs: Sequence[Job]) -> list[str]:
        """What was lost since it was kept, of what these runs need; it is done again."""
        found = [f"{self._path}: the last line was cut short and is left out; its run is done again"] * self._cut
        lost = ((run, self._rows[run.key]) for run in runs if run.key in self._lost)
        found += [
            f"{self._folder / row[FOLDER] / PROGRAM} is gone or damaged; {run.title} is done again" for run, row in lost
        ]
        return found

    def folder(self, run: Job) -> Path:
        """Where the program of a run is kept: named after it, with a number where a run of the same title has it."""
        own = self._rows.get(run.key, {}).get(FOLDER)
        if own is not None:
            return self._folder / Path(str(own)).name
        taken = {row.get(FOLDER) for row in self._rows.values()}
        name = title = run.title.replace("/", "-").replace(" ", "-")
        number = 1
        while name in taken:
            number += 1
            name = f"{title}-{number}"
        return self._folder / name

    def add(self, run: Job, row: Row) -> Row:
        """Keeps a row, and its program as files of its own. Rows that another process has added meanwhile stay.

        Raises:
            OutputError: nothing can be written; the rows before are as they were.
        """
        row = _plain(row)
        programs = {name: row.pop(name) for name in (PROGRAM, PRINTED) if name in row}
        _make(self._folder)
        with _one_at_a_time(self._folder):
            self._rows |= self._read()[0]
            if programs:
                place = self.folder(run)
                _make(place)
                for name, text in programs.items():
                    write_text(place / name, text)
                row[FOLDER] = place.name
            rows = {**self._rows, run.key: row}
            write_text(self._path, "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows.values()))
        self._rows, self._cut = rows, False
        self._lost.discard(run.key)
        return row


def _plain(row: Row) -> Row:
    """As it will be read."""
    read: Row = json.loads(json.dumps(row))
    return read


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(place=str(folder), got=f"no folder can be made there ({error.strerror})") from error


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Waits until no other process adds to the folder."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _refuse(folder: Path) -> None:
    """Raises OutputError where no folder is or can be made; makes nothing."""
    there = next((place for place in (folder, *folder.absolute().parents) if os.path.lexists(place)), folder)
    reason = "" if there.is_dir() else f"{there} is no directory"
    if not reason and not os.access(there, os.W_OK | os.X_OK):
        reason = f"{there} cannot be written"
    if reason:
        raise OutputError(place=str(folder), got=f"no folder can be made there ({reason})", todo="choose another --out")
