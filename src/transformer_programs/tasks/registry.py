"""The tasks by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from transformer_programs.errors import ConfigError
from transformer_programs.tasks.counting import DoubleHist, Hist, MostFreq
from transformer_programs.tasks.dyck import Dyck1, Dyck2
from transformer_programs.tasks.induction import Induction
from transformer_programs.tasks.sequences import Reverse, Sort
from transformer_programs.tasks.task import Task

__all__ = ["TASKS", "TaskKind", "make_task"]


@dataclass(frozen=True, slots=True)
class TaskKind:
    """A task and the size it has unless told otherwise."""

    task: type[Task]
    vocabulary_size: int
    max_length: int


TASKS: Mapping[str, TaskKind] = MappingProxyType(
    {
        kind.task.name: kind
        for kind in (
            TaskKind(Reverse, 8, 8),
            TaskKind(Hist, 8, 8),
            TaskKind(DoubleHist, 8, 8),
            TaskKind(Sort, 8, 8),
            TaskKind(MostFreq, 8, 8),
            TaskKind(Dyck1, 4, 16),
            TaskKind(Dyck2, 6, 16),
            TaskKind(Induction, 10, 10),
        )
    }
)
"""Every task by its name, in the paper's order."""


def make_task(name: str, vocabulary_size: int | None = None, max_length: int | None = None) -> Task:
    """The task of that name and size.

    Args:
        vocabulary_size: as the paper counts it, with `<pad>` and the markers; None: the usual one.
        max_length: most tokens, with the markers; None: the usual one.

    Raises:
        ConfigError: no such task, or no such size of it.

    >>> task = make_task("hist")
    >>> task.count()
    335922
    >>> [len(part) for part in (task.dataset().train, task.dataset().validation, task.dataset().test)]
    [16000, 2000, 2000]
    """
    if name not in TASKS:
        close = get_close_matches(name, TASKS, 1)
        todo = f"did you mean {close[0]}?" if close else ""
        raise ConfigError(place="task", got=repr(name), expected=f"one of {', '.join(TASKS)}", todo=todo)
    kind = TASKS[name]
    return kind.task(
        vocabulary_size=kind.vocabulary_size if vocabulary_size is None else vocabulary_size,
        max_length=kind.max_length if max_length is None else max_length,
    )
