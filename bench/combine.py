"""`grow` and `hard` alone, and each after the other, both on a short budget and without counting heads.

Run: python bench/combine.py TASK [SEED [MODULES]]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from transformer_programs.batch import evaluate
from transformer_programs.learn.grow import Grow
from transformer_programs.learn.grow.effort import Effort
from transformer_programs.learn.hard import Halving, Hard, Schedule, Search, Shape
from transformer_programs.program import Program
from transformer_programs.tasks import make_task


def compare(name: str, seed: int = 0, modules: int = 3) -> None:
    """Trains what the table names, in this order, on 3,200 sequences."""
    data = make_task(name).dataset(size=4000, seed=seed)
    grow = Grow(counting=False, modules=modules, minutes=600, effort=Effort(tokens=6000, threads=1))
    hard = Hard(
        shape=Shape(counting_heads=0, numerical_tables=0),
        schedule=Schedule(steps=600),
        repair=Search(rounds=2),
        restarts=1,
        small_restarts=0,
        halving=Halving(rungs=0),
        finalists=1,
        finish=Search(rounds=4),
        threads=1,
    )

    def row(what: str, learn: Callable[[], Program]) -> Program:
        start = time.process_time()
        program = learn()
        seconds = time.process_time() - start
        found = [evaluate(program, data, part) for part in (data.validation, data.test)]
        shares = " | ".join(f"{100 * each.token_accuracy:.2f}" for each in found)
        sequences = f"{100 * found[1].sequence_accuracy:.1f}"
        print(f"| {name} | {what} | {shares} | {sequences} | {len(program.steps)} | {seconds:.1f} |", flush=True)
        return program

    print("| task | learner | validation answers | test answers | test sequences | variables | processor seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    grown = row("grow", lambda: grow(data, seed=seed))
    begun = row("hard, begun from grow", lambda: hard(data, seed=seed, start=grown))
    alone = row("hard", lambda: hard(data, seed=seed))
    row("grow, offered hard", lambda: grow(data, seed=seed, offers=[alone]))
    row("grow, offered hard begun from grow", lambda: grow(data, seed=seed, offers=[begun]))


if __name__ == "__main__":
    task, *numbers = sys.argv[1:]
    compare(task, *map(int, numbers))
