"""`grow` with a beam and with revision: what is right on all inputs (or 20,000 fresh ones), lines, seconds.

Run: python bench/beam.py TASK SIZE [--seeds 0 1 2] [--beam 1 2 4] [--revise] [--counting] [--modules 8] [--tokens 6000]
"""

from __future__ import annotations

import argparse
import time

from transformer_programs.batch import exhaustive, sampled
from transformer_programs.emit.python import print_python
from transformer_programs.learn.grow import Grow
from transformer_programs.learn.grow.effort import Effort
from transformer_programs.passes import simplify
from transformer_programs.tasks import make_task

MOST = 400_000
"""Tasks with more inputs are judged by a sample."""


def main() -> None:
    """Prints one row a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task")
    parser.add_argument("size", type=int)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--beam", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--revise", action="store_true")
    parser.add_argument("--counting", action="store_true")
    parser.add_argument("--modules", type=int, default=40)
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--tokens", type=int, default=Effort().tokens)
    parser.add_argument("--size-of-data", type=int, default=20_000)
    asked = parser.parse_args()
    dyck = asked.task.startswith("dyck")
    task = make_task(asked.task, None if dyck else asked.size, asked.size)
    Grow(modules=1)(make_task("hist").dataset(size=200, seed=0))  # loads the kernels
    for seed in asked.seeds:
        data = task.dataset(seed=seed, size=asked.size_of_data)
        for beam in asked.beam:
            effort = Effort(tokens=asked.tokens, threads=1)
            grow = Grow(
                counting=asked.counting, modules=asked.modules, minutes=asked.minutes, effort=effort, beam=beam,
                revise=asked.revise,
            )  # fmt: skip
            start, cpu = time.monotonic(), time.process_time()
            program = simplify(grow(data, seed=seed))
            wall, cpu = time.monotonic() - start, time.process_time() - cpu
            found = exhaustive(program, task) if task.count() <= MOST else sampled(program, task, 20_000, seed=1)
            lines = print_python(program).count("\n")
            print(
                f"| {asked.task} {asked.size} | {seed} | {beam} | {'yes' if asked.revise else 'no'}"
                f" | {100 * found.token_accuracy:.2f} | {100 * found.sequence_accuracy:.2f} | {lines}"
                f" | {len(program.steps)} | {wall:.0f} ({cpu:.0f}) |",
                flush=True,
            )


if __name__ == "__main__":
    main()
