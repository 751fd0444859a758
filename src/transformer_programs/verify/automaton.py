"""A causal specification as a finite automaton: after each letter a state, and the state says the label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from transformer_programs.tasks import Task
from transformer_programs.tasks.dyck import Dyck1, Dyck2

__all__ = ["Automaton", "automaton"]

MOST_STATES = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Automaton:
    """State 0 is the start.

    Args:
        after: the state that follows each state on each letter.
        labels: the right label in each state, as a place in the task's labels.
    """

    after: Int[np.ndarray, "state letter"]
    labels: Int[np.ndarray, " state"]


def automaton(task: Task) -> Automaton | None:
    """The automaton of a task of brackets; None for others, or where it has too many states.

    A state is the stack of the brackets that are due, or failure, which nothing ends. Stacks deeper than the letters
    that are read are never made.
    """
    if not isinstance(task, (Dyck1, Dyck2)) or len(task.kinds) ** (task.lengths[-1] + 1) > MOST_STATES:
        return None
    closes = dict(task.kinds)
    failure: tuple[str, ...] = ("failure",)
    index: dict[tuple[str, ...], int] = {(): 0, failure: 1}
    order: list[tuple[str, ...]] = [(), failure]
    rows: list[list[int]] = []
    for state in order:
        row: list[int] = []
        for bracket in task.letters:
            new: tuple[str, ...]
            if state == failure:
                new = failure
            elif bracket in closes:
                # Beyond the last letter nothing is read, so that the deepest stacks may stay where they are.
                new = (*state, closes[bracket]) if len(state) < task.lengths[-1] else state
            else:
                new = state[:-1] if state and state[-1] == bracket else failure
            if new not in index:
                index[new] = len(order)
                order.append(new)
            row.append(index[new])
        rows.append(row)
    place = {label: code for code, label in enumerate(task.labels)}
    labels = [place["F" if state == failure else "P" if state else "T"] for state in order]
    return Automaton(np.array(rows, np.int32), np.array(labels, np.int32))
