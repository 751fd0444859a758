"""The live table of a sweep: what is done of every case, the best so far, and the time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.table import Table

if TYPE_CHECKING:
    from transformer_programs.experiments.results import Results
    from transformer_programs.experiments.work import Job, Row, Run

__all__ = ["SweepTable", "duration"]


class SweepTable:
    """Shows a sweep on standard error: a table that changes on a terminal, else a line a finished run.

    Args:
        runs: all of them.
        results: what is kept of them.
        quiet: show nothing but what is told.
    """

    def __init__(self, runs: Sequence[Run], results: Results, *, quiet: bool = False) -> None:
        self._runs, self._results = runs, results
        self._console = Console(stderr=True, markup=False, highlight=False)
        self._plain = quiet or not sys.stderr.isatty()
        self._quiet = quiet
        self._start, self._before = time.monotonic(), len(results.of(runs))
        self._live = Live(console=self._console, get_renderable=self._table, refresh_per_second=2, transient=True)

    def __enter__(self) -> SweepTable:
        if not self._plain:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._plain:
            self._live.stop()

    def tell(self, text: str) -> None:
        """A line that stays."""
        self._console.print(text, soft_wrap=True)

    def add(self, run: Job, row: Row) -> None:
        """A run is done."""
        if self._plain and not self._quiet:
            self.tell(f"{run.title}: {self._outcome(row)}; {self._left()}")

    def _outcome(self, row: Row) -> str:
        if "accuracy" not in row:
            return f"stopped: {row['stopped']}" if "stopped" in row else f"failed: {row['failed']}"
        from transformer_programs.experiments.summary import measured_on

        part = row["accuracy"][measured_on(row)]
        right = f"{100 * part['sequence_accuracy']:.2f} % of sequences, {100 * part['token_accuracy']:.2f} % of answers"
        return f"{right}, {row['seconds']:.0f} s"

    def _left(self) -> str:
        done, total = len(self._results.of(self._runs)), len(self._runs)
        fresh = done - self._before
        if not fresh:
            return f"{done} of {total} runs"
        left = (time.monotonic() - self._start) / fresh * (total - done)
        return f"{done} of {total} runs, {duration(left)} left"

    def _table(self) -> Table:
        table = Table(title=self._left(), title_justify="left", box=None, pad_edge=False)
        for heading in ("case", "runs", "sequences right", "answers right", "trouble"):
            table.add_column(heading, justify="left" if heading in ("case", "trouble") else "right")
        for name in dict.fromkeys(run.case.title for run in self._runs):
            table.add_row(name, *self._cells([run for run in self._runs if run.case.title == name]))
        return table

    def _cells(self, runs: Sequence[Run]) -> tuple[str, str, str, str]:
        from transformer_programs.experiments.summary import finished, measured_on

        rows = self._results.of(runs)
        parts = [row["accuracy"][measured_on(row)] for row in finished(rows)]
        best = [
            f"best {100 * max(part[f'{what}_accuracy'] for part in parts):.2f} %" if parts else ""
            for what in ("sequence", "token")
        ]
        trouble = len(rows) - len(parts)
        return f"{len(rows)}/{len(runs)}", best[0], best[1], f"{trouble} stopped or failed" if trouble else ""


def duration(seconds: float) -> str:
    """Time for eyes.

    >>> duration(42), duration(600), duration(10_000)
    ('42 s', '10 min', '2.8 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
