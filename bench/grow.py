"""`grow`: seconds of one sweep over all candidates, and seconds and memory of whole runs as sizes double.

Run: python bench/grow.py [sweep [THREADS] | sizes [TASK ...]]
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence

import numpy as np

from transformer_programs.learn.grow import Grow
from transformer_programs.learn.grow.bank import Bank
from transformer_programs.learn.grow.effort import Effort
from transformer_programs.learn.grow.graph import POSITIONS, TOKENS, Graph
from transformer_programs.learn.grow.growth import Growth, Step
from transformer_programs.learn.grow.model import Examples, Feature
from transformer_programs.learn.grow.pool import constant_counts, larger, neighbours, own_count, standing
from transformer_programs.tasks import encode, make_task

SIZES = (8, 16, 32, 64)

RUN = """
import json, resource, sys, time
from transformer_programs.learn.grow import Grow
from transformer_programs.tasks import make_task
name, size = sys.argv[1], int(sys.argv[2])
task = make_task(name, None if name.startswith("dyck") else size, size)
data = task.dataset(seed=0)
Grow(modules=1)(make_task("hist").dataset(size=200, seed=0))
start, cpu = time.monotonic(), time.process_time()
Grow()(data, seed=0)
print(json.dumps([time.monotonic() - start, time.process_time() - cpu,
                  resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def sweep(threads: int = 1, variables: int = 20) -> None:
    """One step of growing at 16/16, with so many variables in the program."""
    task = make_task("sort", vocabulary_size=16, max_length=16)
    data = task.dataset(size=20_000, seed=0)
    train = encode(data, data.train)
    graph = Graph(len(data.vocabulary), data.max_length)
    bank = Bank.of(graph, train, data.causal)
    counts = constant_counts(graph, TOKENS)[:10]
    found = [*counts, own_count(graph, TOKENS), larger(graph, TOKENS), standing(graph, TOKENS, True)]
    found += [v for value in (TOKENS, *counts[:3]) for v in neighbours(graph, data.causal, value)]
    known = [v for v in graph.closure(found) if v not in (TOKENS, POSITIONS)]
    features = [Feature(v) for v in found][: variables - (len(known) - len(found))]
    examples = Examples.of(bank, train.labels, False, len(data.labels))
    Grow(modules=2, minutes=0.05)(task.dataset(size=500, seed=0))  # loads the kernels
    growth = Growth(graph, examples, Effort(threads=threads), 0, list(features))
    growth.fit()
    have = len(set(graph.closure(f.variable for f in features)) - {TOKENS, POSITIONS})
    print(f"sort 16/16, {have} variables, {threads} threads: seconds (of the processor)")
    step = Step(growth)
    taken = np.zeros(4)
    # Every family is looked at: nothing is found good enough to stop early.
    for family in (step._plain, step._matching, step._indirect, step._tables):
        start = time.monotonic(), time.process_time()
        found_now = family()
        scored = time.monotonic(), time.process_time()
        step._confirm(found_now)
        fitted = time.monotonic(), time.process_time()
        spent = np.subtract((*scored, *fitted), (*start, *scored))
        taken += spent
        scoring, scoring_cpu, fitting, fitting_cpu = spent
        print(
            f"{family.__name__[1:]:10} scoring {scoring:6.2f} ({scoring_cpu:6.2f}),"
            f" fitting the best {fitting:6.2f} ({fitting_cpu:6.2f})",
            flush=True,
        )
    print(f"{'all':10} {taken[0] + taken[2]:6.2f} ({taken[1] + taken[3]:6.2f})")


def sizes(names: Sequence[str]) -> None:
    """Whole runs, each in a process of its own."""
    print("| task | size | seconds | of the processor | MiB |")
    print("| --- | --- | --- | --- | --- |")
    for name in names or ("hist", "double_hist", "sort", "reverse"):
        for size in SIZES:
            ran = subprocess.run(
                [sys.executable, "-c", RUN, name, str(size)], capture_output=True, text=True, check=True
            )
            seconds, cpu, memory = json.loads(ran.stdout.splitlines()[-1])
            print(f"| {name} | {size} | {seconds:.1f} | {cpu:.1f} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["sizes", *tasks]:
            sizes(tasks)
        case [] | ["sweep"]:
            sweep()
        case ["sweep", threads] if threads.isdecimal():
            sweep(int(threads))
        case _:
            sys.exit(str(__doc__))
