"""A progress bar for work that is counted: how much is done, the time left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

__all__ = ["Bar", "reading"]


class Bar:
    """Shown on standard error, and gone in the end; plain lines where that is no terminal.

    Args:
        unit: what is counted.
        quiet: show nothing.
        resumed: say that it goes on where it was stopped.
    """

    def __init__(self, unit: str = "inputs", *, quiet: bool, resumed: bool = False) -> None:
        self._unit = unit
        self._quiet, self._plain, self._said = quiet, not sys.stderr.isatty(), monotonic()
        console = Console(stderr=True, quiet=quiet, markup=False, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("left"), TimeRemainingColumn(), console=console, disable=quiet or self._plain, transient=True,
        )  # fmt: skip
        self._task = None if self._plain else self._bar.add_task(unit, total=None)
        self._start: tuple[int, float] | None = None
        self._mentioned = monotonic()
        if resumed:
            self.say("going on where it stopped")

    def __enter__(self) -> Bar:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def report(self, done: int, total: int) -> None:
        """So many inputs of all are done."""
        if self._task is not None:
            self._bar.update(self._task, completed=done, total=total)
            return
        now = monotonic()
        self._start = self._start or (done, now)
        if now - self._said > 10 and done > self._start[0]:
            self._said = now
            left = (now - self._start[1]) * (total - done) / (done - self._start[0])
            self.say(f"{done:,} of {total:,} {self._unit}, about {left:.0f} s left")

    def mention(self, text: str) -> None:
        """A line of its own, unless one was written just before."""
        if monotonic() - self._mentioned > 5:
            self._mentioned = monotonic()
            self.say(text)

    def say(self, text: str) -> None:
        """A line of its own."""
        if not self._quiet:
            print(text, file=sys.stderr)


@contextmanager
def reading(*, quiet: bool) -> Iterator[None]:
    """A bar over the bytes of every file of examples that is read while this is open."""
    from transformer_programs.tasks.lines import watched

    with Bar("bytes", quiet=quiet) as bar, watched(lambda name, done, total: bar.report(done, total)):
        yield
