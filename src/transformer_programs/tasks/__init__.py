"""Tasks and data: generators with exact oracles, enumerators of all inputs, readers of users' files. Layer 3."""

from transformer_programs.tasks.dataset import Dataset, Encoded, Example, Kind, encode
from transformer_programs.tasks.examples import load_examples, task_for
from transformer_programs.tasks.framing import framed
from transformer_programs.tasks.load import load_dataset
from transformer_programs.tasks.records import Columns
from transformer_programs.tasks.registry import TASKS, TaskKind, make_task
from transformer_programs.tasks.task import Task, encoded_inputs, encoded_samples
from transformer_programs.tasks.text import tokenize
from transformer_programs.tasks.vectors import Vectors, joined_vectors, read_vectors, vector_words

__all__ = [
    "TASKS",
    "Columns",
    "Dataset",
    "Encoded",
    "Example",
    "Kind",
    "Task",
    "TaskKind",
    "Vectors",
    "encode",
    "encoded_inputs",
    "encoded_samples",
    "framed",
    "joined_vectors",
    "load_dataset",
    "load_examples",
    "make_task",
    "read_vectors",
    "task_for",
    "tokenize",
    "vector_words",
]
