"""Parts of the hard learner's compiled code, callable from Python."""

from __future__ import annotations

from typing import Any

from numba import njit

from transformer_programs.learn.hard import estimators, forward, readout

__all__ = ["forward_pass", "given", "position_scores", "read_out", "score_tables", "through_choice"]


def _callable(part: Any) -> Any:
    @njit  # type: ignore[untyped-decorator]
    def call(*values: Any) -> Any:
        return part(*values)

    return call


forward_pass = _callable(forward.forward)
given = _callable(forward.given)
position_scores = _callable(forward.position_scores)
score_tables = _callable(forward.score_tables)
read_out = _callable(readout.read_out)
through_choice = _callable(estimators.through_choice)
