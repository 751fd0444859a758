"""Tasks and data: generators with exact oracles, enumerators of all inputs, readers of users' files. Layer 3."""

from transformer_programs.tasks.dataset import Dataset, Encoded, Example, Kind, encode
from transformer_programs.tasks.registry import TASKS, TaskKind, make_task
from transformer_programs.tasks.task import Task, encoded_inputs, encoded_samples

__all__ = [
    "TASKS",
    "Dataset",
    "Encoded",
    "Example",
    "Kind",
    "Task",
    "TaskKind",
    "encode",
    "encoded_inputs",
    "encoded_samples",
    "make_task",
]
