"""Judges for the tests."""

from __future__ import annotations

from transformer_programs.program import Program
from transformer_programs.tasks import Task
from transformer_programs.verify import Agreement, ProgramSide, TaskSide, WordSpace, task_space

__all__ = ["equality_judge", "task_judge"]


def task_judge(program: Program, task: Task) -> Agreement:
    space = task_space(task)
    return Agreement(program, space, ProgramSide(program, space), TaskSide(task))


def equality_judge(program: Program, other: Program, space: WordSpace) -> Agreement:
    return Agreement(program, space, ProgramSide(program, space), ProgramSide(other, space), other)
