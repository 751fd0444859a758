"""Restarts beside each other: all are trained part of the way, the best of each shape go on, the last are repaired."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeAlias

from transformer_programs.learn.base import Session
from transformer_programs.learn.hard.config import Halving
from transformer_programs.learn.hard.problem import Candidate, Problem
from transformer_programs.learn.hard.restart import Restart, Run

__all__ = ["Job", "compete", "first_perfect"]

Job: TypeAlias = Callable[[Callable[[], bool]], Candidate | None]
"""Finds a candidate, or nothing where what it is given to ask says that it is to stop."""


def compete(
    restarts: Sequence[Restart], halving: Halving, session: Session, threads: int
) -> list[tuple[Problem, Candidate]]:
    """What the restarts that went on to the end found, in their order; or, where one is right on everything, what
    was found up to it.

    Args:
        restarts: of one schedule.
        halving: when they are compared, and how many go on.
        session: that several threads may use.
        threads: restarts at a time; does not change the result.
    """
    runs: dict[int, Run] = {}

    def training(index: int, until: int) -> Job:
        def job(stop: Callable[[], bool]) -> Candidate | None:
            if index not in runs:
                runs[index] = Run(restarts[index], session)
            return runs[index].train(until, stop)

        return job

    going = list(range(len(restarts)))
    rungs = halving.steps(restarts[0].schedule)
    for until in rungs:
        found = first_perfect([training(index, until) for index in going], threads)
        if any(candidate and candidate.perfect for candidate in found):
            break
        if until != rungs[-1]:
            going = _best_of_each_shape(going, runs, until, halving)
            runs = {index: runs[index] for index in going}
    else:
        found = first_perfect([runs[index].repair for index in going], threads)
    return [(restarts[index].problem, candidate) for index, candidate in zip(going, found) if candidate is not None]


def _best_of_each_shape(going: Sequence[int], runs: dict[int, Run], step: int, halving: Halving) -> list[int]:
    shapes: dict[int, list[int]] = {}
    for index in going:
        shapes.setdefault(id(runs[index].restart.problem), []).append(index)
    stay: list[int] = []
    for indices in shapes.values():
        # `sorted` is stable: of equals the earlier one.
        ranked = sorted(indices, key=lambda index: runs[index].standing(step), reverse=True)
        stay += ranked[: halving.surviving(len(ranked))]
    return sorted(stay)


def first_perfect(jobs: Sequence[Job], threads: int) -> list[Candidate | None]:
    """Runs jobs on threads; once one is perfect, those after it are left. What is returned does not depend on how
    many threads there are: everything up to the first perfect one, and None from there on."""
    first = [len(jobs)]
    lock = Lock()

    def work(index: int) -> Candidate | None:
        try:
            found = jobs[index](lambda: index > first[0])
        except BaseException:
            with lock:
                first[0] = -1
            raise
        if found is not None and found.perfect:
            with lock:
                first[0] = min(first[0], index)
        return found

    with ThreadPoolExecutor(max_workers=threads) as pool:
        futures = [pool.submit(work, index) for index in range(len(jobs))]
        try:
            found = [future.result() for future in futures]
        except BaseException:
            first[0] = -1
            raise
    return [candidate if index <= first[0] else None for index, candidate in enumerate(found)]
