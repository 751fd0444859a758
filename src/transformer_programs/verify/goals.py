"""What is to be proved, as data: the prover reads it, and nothing here needs the prover."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from transformer_programs.program import Program
from transformer_programs.tasks import Task
from transformer_programs.tasks.words import Words
from transformer_programs.verify.claims import Claim

__all__ = ["ClaimsGoal", "Goal", "ProgramGoal", "TaskGoal", "claims_goal", "program_goal", "task_goal"]


@dataclass(frozen=True, slots=True)
class TaskGoal:
    """The answers are those of a task."""

    task: Words


@dataclass(frozen=True, slots=True)
class ProgramGoal:
    """The answers are those of another program, between its own markers where `reframe`."""

    other: Program
    reframe: bool


@dataclass(frozen=True, slots=True)
class ClaimsGoal:
    """All these claims hold."""

    claims: tuple[Claim, ...]


Goal: TypeAlias = TaskGoal | ProgramGoal | ClaimsGoal

PROVABLE = frozenset({"sort", "reverse", "hist", "double_hist", "most_freq", "dyck1", "dyck2"})


def task_goal(task: Task) -> Goal | None:
    """The goal of a task, where the prover knows it."""
    return TaskGoal(task) if isinstance(task, Words) and task.name in PROVABLE else None


def program_goal(other: Program, *, reframe: bool) -> Goal:
    """The goal of equality."""
    return ProgramGoal(other, reframe)


def claims_goal(claims: tuple[Claim, ...]) -> Goal:
    """The goal of claims."""
    return ClaimsGoal(claims)
