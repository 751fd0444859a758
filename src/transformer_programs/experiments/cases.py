"""What a suite's runs are about: a task or a file, and when a run of it is hopeless."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from transformer_programs.errors import ConfigError
from transformer_programs.tasks import make_task

__all__ = ["Case", "Stop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One task of a suite.

    Args:
        task: its name, or None for a file.
        data, kind: the file and whether it is "tagging" or "classification".
        vocabulary_size, max_length: None: the task's usual ones.
        size: distinct examples.
        settings: `NAME=VALUE` settings of the learner.
        target: what is to be reached, for the table: a share of right sequences or answers.
        measure: which one: "sequence" over all inputs (or fresh ones), or "token" on the test part.
        minutes: the time allowed, for the table.
    """

    task: str | None = None
    data: str | None = None
    kind: str | None = None
    vocabulary_size: int | None = None
    max_length: int | None = None
    size: int = 20_000
    settings: tuple[str, ...] = ()
    target: float | None = None
    measure: str = "sequence"
    minutes: float | None = None

    def __post_init__(self) -> None:
        if (self.task is None) == (self.data is None):
            raise ConfigError(place="a case", got="both or neither", expected="task, or data with kind")
        if self.data is not None and self.kind not in ("tagging", "classification"):
            raise ConfigError(place="kind of a case", got=repr(self.kind), expected="tagging or classification")
        if self.measure not in ("sequence", "token"):
            raise ConfigError(place="measure of a case", got=repr(self.measure), expected="sequence or token")

    @property
    def name(self) -> str:
        """The task's name, or the file's."""
        return self.task or Path(self.data or "").stem

    @property
    def title(self) -> str:
        """Name and size."""
        if self.task is None:
            return self.name
        task = make_task(self.task, self.vocabulary_size, self.max_length)
        return f"{self.task} {task.vocabulary_size}/{task.max_length}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """When a run is hopeless: after this share of its steps its discrete program was never right more often.

    Args:
        after: share of the steps of a part of a run, 0 to 1.
        below: token-level accuracy on the validation part.
    """

    after: float
    below: float
