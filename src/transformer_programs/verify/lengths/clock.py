"""Questions to Z3 within what time is left."""

from __future__ import annotations

from time import monotonic

import z3  # type: ignore[import-untyped]

__all__ = ["Clock", "Late"]


class Late(Exception):
    """The time is over; never leaves the package."""


class Clock:
    """So many seconds from now on."""

    def __init__(self, seconds: float) -> None:
        self._start, self._end = monotonic(), monotonic() + seconds

    @property
    def spent(self) -> float:
        """Seconds since it was made."""
        return monotonic() - self._start

    def check(self, solver: z3.Solver, most: float = 1e6) -> z3.CheckSatResult:
        """What a solver says, within the time left and `most` seconds.

        Raises:
            Late: no time is left.
        """
        left = self._end - monotonic()
        if left <= 0:
            raise Late
        solver.set("timeout", max(int(1000 * min(left, most)), 1))
        answer = solver.check()
        if answer == z3.unknown and "interrupted" in solver.reason_unknown():
            raise KeyboardInterrupt
        return answer
