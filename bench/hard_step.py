"""Milliseconds of a training step of the hard learner on one core: `python bench/hard_step.py [--json]`.

The reference size is sort 8/8, 3 layers, 4 + 4 heads, 2 + 2 tables, batch 128, 64 programs a step, first-order
differences; then the same with length, vocabulary, layers and batch doubled, one at a time, and with exact
differences. Each number is the median over several hundred steps after a warm-up, looked at one by one; sizes are
measured in turns, so that a busy machine slows all of them. CPU time of the one thread is given beside wall time.
`first` is the time until the first step is done in this process: with a warm cache it loads the compiled code, with
an empty one (`NUMBA_CACHE_DIR` set to an empty folder) it compiles it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import dataclass, replace

import numpy as np

from transformer_programs.learn.hard import RECIPE_F, Schedule, Shape
from transformer_programs.learn.hard.problem import prepare
from transformer_programs.learn.hard.restart import Training
from transformer_programs.tasks import make_task


@dataclass(frozen=True, kw_only=True)
class Size:
    name: str
    vocabulary: int = 8
    length: int = 8
    layers: int = 3
    schedule: Schedule = replace(RECIPE_F, exact_from=1.0)


REFERENCE = Size(name="reference")
SIZES = [
    REFERENCE,
    replace(REFERENCE, name="length 16", length=16),
    replace(REFERENCE, name="vocabulary 16", vocabulary=16),
    replace(REFERENCE, name="layers 6", layers=6),
    replace(REFERENCE, name="batch 256", schedule=replace(REFERENCE.schedule, batch=256)),
    replace(REFERENCE, name="exact differences", schedule=replace(REFERENCE.schedule, exact_from=0.0)),
]


def training(size: Size) -> Training:
    data = make_task("sort", size.vocabulary, size.length).dataset(size=4000, seed=0)
    return Training(prepare(data, Shape(layers=size.layers)), size.schedule, np.random.default_rng(0))


def measure(sizes: list[Size], steps: int, warm_up: int = 30) -> dict[str, dict[str, float]]:
    start = time.perf_counter()
    runs = {size.name: training(size) for size in sizes}
    ready = time.perf_counter()
    runs[sizes[0].name].advance(1)
    first = time.perf_counter() - ready
    wall: dict[str, list[float]] = {name: [] for name in runs}
    cpu: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run.advance(run.step + warm_up)
    for _ in range(steps // 10):
        for name, run in runs.items():
            for _ in range(10):
                start, busy = time.perf_counter(), time.thread_time()
                run.advance(run.step + 1)
                wall[name].append((time.perf_counter() - start) * 1e3)
                cpu[name].append((time.thread_time() - busy) * 1e3)
    found = {
        name: {
            "ms": round(statistics.median(wall[name]), 2),
            "cpu_ms": round(statistics.median(cpu[name]), 2),
            "least_ms": round(min(wall[name]), 2),
        }
        for name in runs
    }
    found[sizes[0].name]["first_step_s"] = round(first, 2)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--steps", type=int, default=300, help="steps a size")
    parser.add_argument("--only-reference", action="store_true")
    options = parser.parse_args()
    found = measure([REFERENCE] if options.only_reference else SIZES, options.steps)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{'':<20}{'ms':>8}{'cpu ms':>8}{'least':>8}{'of reference':>14}")
    for name, row in found.items():
        share = row["cpu_ms"] / found["reference"]["cpu_ms"]
        print(f"{name:<20}{row['ms']:>8.2f}{row['cpu_ms']:>8.2f}{row['least_ms']:>8.2f}{share:>14.2f}")
    print(f"first step after {found['reference']['first_step_s']} s")


if __name__ == "__main__":
    main()
