"""Progress on a terminal: step, loss, accuracy of the discrete program, time left; kept by the run directory too."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from types import TracebackType

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from transformer_programs.learn.base import Progress as Event
from transformer_programs.learn.base import Session

__all__ = ["TerminalSession"]


class TerminalSession:
    """A session that shows progress on standard error and passes everything on.

    Args:
        inner: the session that keeps it.
        quiet: show nothing.
    """

    def __init__(self, inner: Session, *, quiet: bool = False) -> None:
        self._inner = inner
        console = Console(stderr=True, quiet=quiet, markup=False, highlight=False)
        self._plain = not quiet and not sys.stderr.isatty()
        self._said = -math.inf
        self._bar = Progress(
            TextColumn("{task.description:16}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[figures]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            disable=quiet or self._plain,
            transient=True,
        )
        self._rows: dict[str, TaskID] = {}

    def __enter__(self) -> TerminalSession:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def report(self, progress: Event) -> None:
        """Shows it and passes it on."""
        self._inner.report(progress)
        figures = " ".join(
            text
            for number, text in (
                (progress.loss, f"loss {progress.loss:.4f}"),
                (progress.accuracy, f"accuracy {100 * progress.accuracy:.2f} %"),
            )
            if math.isfinite(number)
        )
        if self._plain:
            self._say(progress, figures)
            return
        if progress.learner not in self._rows:
            self._rows[progress.learner] = self._bar.add_task(progress.learner, figures="", note="")
        self._bar.update(
            self._rows[progress.learner],
            completed=progress.step,
            total=progress.steps or None,
            figures=figures,
            note=progress.note,
        )

    def _say(self, progress: Event, figures: str) -> None:
        """A log line every few seconds where there is no terminal."""
        import time

        if time.monotonic() - self._said < 5:
            return
        self._said = time.monotonic()
        steps = f"{progress.step}/{progress.steps}" if progress.steps else str(progress.step)
        print(f"{progress.learner}: step {steps} {figures} {progress.note}".rstrip(), file=sys.stderr)

    def save(self, key: str, state: Mapping[str, np.ndarray]) -> None:
        """Passed on."""
        self._inner.save(key, state)

    def restore(self, key: str) -> Mapping[str, np.ndarray] | None:
        """Passed on."""
        return self._inner.restore(key)
