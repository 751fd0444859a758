"""What every learner takes and gives: data and a seed in, a discrete `Program` out, progress while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from transformer_programs.program import Program
from transformer_programs.tasks import Dataset

__all__ = ["QUIET", "Learner", "Progress", "Quiet", "Session"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a learner is.

    Args:
        learner: its name, with the restart where there are several, as in "hard 2/8".
        step, steps: done, and to do (0: not known).
        loss: mean cross-entropy per answer in nats; NaN where there is none yet.
        accuracy: token-level accuracy of the DISCRETE program on the validation part.
        note: what just happened, as in "added head_3 (position -> token)".
    """

    learner: str
    step: int
    steps: int
    loss: float
    accuracy: float
    note: str = ""


class Session(Protocol):
    """What a learner is given to talk to: a place for progress, and one for its state.

    The run directory implements it (metrics.jsonl, weights.safetensors); `QUIET` does nothing.
    """

    def report(self, progress: Progress) -> None:
        """Take note of progress. Cheap; learners call it several times a second at most."""

    def save(self, key: str, state: Mapping[str, np.ndarray]) -> None:
        """Keep this state of the part `key` (a restart, say), replacing the last: what a resumed run starts from."""

    def restore(self, key: str) -> Mapping[str, np.ndarray] | None:
        """The state last saved under `key`, or None."""


class Quiet:
    """A session that keeps nothing and says nothing."""

    def report(self, progress: Progress) -> None:
        """Nothing."""

    def save(self, key: str, state: Mapping[str, np.ndarray]) -> None:
        """Nothing."""

    def restore(self, key: str) -> Mapping[str, np.ndarray] | None:
        """None."""
        return None


QUIET = Quiet()


class Learner(Protocol):
    """A learner: a frozen configuration that can be called."""

    def __call__(self, data: Dataset, *, seed: int = 0, session: Session = QUIET) -> Program:
        """A discrete program for the data: same data, seed and machine, same program.

        Raises:
            TrainingError: the loss is not finite, with what to change.
        """
