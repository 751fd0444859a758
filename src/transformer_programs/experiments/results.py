"""What a study has found so far, on disk: a row a finished run, and the programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from transformer_programs.errors import DataError, OutputError
from transformer_programs.experiments.work import PROGRAM, Job, Row
from transformer_programs.files import write_text

__all__ = ["RESULTS", "Results"]

RESULTS = "results.jsonl"


class Results:
    """The rows in a folder; every change is on disk before it is believed.

    Args:
        folder: made where it is missing.

    Raises:
        OutputError: no folder can be made there.
        DataError: a line of the results file is no row.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(place=str(folder), got=f"no folder can be made there ({error.strerror})") from error
        self._folder = folder
        self._path = folder / RESULTS
        self._rows: dict[tuple[str, str, tuple[str, ...], int], Row] = {}
        for number, line in enumerate(self._lines(), 1):
            try:
                row = json.loads(line)
                key = (row["suite"], row["case"], tuple(row.get("settings", ())), row["seed"])
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(
                    place=f"{self._path}, line {number}",
                    got="no row of a study",
                    expected="what tprog wrote",
                    todo="remove the line: that run is then done again",
                ) from error
            self._rows[key] = row

    def _lines(self) -> list[str]:
        return self._path.read_text(encoding="utf-8").splitlines() if self._path.exists() else []

    def __contains__(self, run: Job) -> bool:
        return run.key in self._rows

    def of(self, runs: Iterable[Job]) -> list[Row]:
        """Their rows, as far as there are any, in the order of the runs."""
        return [self._rows[run.key] for run in runs if run.key in self._rows]

    def add(self, run: Job, row: Row) -> Row:
        """Keeps a row, and its program as a file of its own.

        Raises:
            OutputError: nothing can be written; the rows before are as they were.
        """
        row = json.loads(json.dumps(row))  # as it will be read
        program = row.pop(PROGRAM, None)
        rows = {**self._rows, run.key: row}
        if program is not None:
            place = self._folder / run.title.replace("/", "-").replace(" ", "-")
            try:
                place.mkdir(exist_ok=True)
            except OSError as error:
                raise OutputError(place=str(place), got=f"no folder can be made there ({error.strerror})") from error
            write_text(place / "program.json", program)
        write_text(self._path, "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows.values()))
        self._rows = rows
        return row
