"""Milliseconds of a training step of the relaxed learner: `python bench/relaxed_step.py [--json]`.

The reference size is sort 8/8, 3 layers, 4 + 4 heads, 2 + 2 tables, batch 512, where the released implementation
takes 124 ms on two cores. Then the same with length, vocabulary, layers and batch doubled, one at a time. Of programs
that are discrete in every forward pass, and of populations of them:

    python bench/relaxed_step.py --preset hard --batch 128 --only-reference --together 1 4 16
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from dataclasses import replace

import jax

from transformer_programs.learn.relaxed import preset_named
from transformer_programs.learn.relaxed.config import Dimensions
from transformer_programs.learn.relaxed.model import initial
from transformer_programs.learn.relaxed.training import Run, Steps
from transformer_programs.tasks import encode, make_task

STEPS = 20
"""Steps between two looks at the clock."""


def measure(
    vocabulary: int, length: int, layers: int, batch: int, together: int, repeats: int, preset: str
) -> dict[str, float]:
    """Median over repeats of the mean time of a few steps of all members, and the seconds until the first is done."""
    learner = preset_named(preset)
    shape = replace(learner.shape, layers=layers)
    schedule = replace(learner.schedule, epochs=1000, batch=batch)
    data = make_task("sort", vocabulary, length).dataset(size=4000, seed=0)
    examples = encode(data, data.train)
    steps = [Steps(examples=len(examples), schedule=schedule, seed=(0, member)) for member in range(together)]
    models = [initial(Dimensions.of(data, shape), member) for member in range(together)]
    run = Run(models, examples, learner.relaxation, schedule, steps)
    start = time.perf_counter()
    run.advance(1)
    first = time.perf_counter() - start
    wall, cpu = [], []
    for _ in range(repeats):
        start, busy = time.perf_counter(), time.process_time()
        run.advance(run.done + STEPS)
        wall.append((time.perf_counter() - start) / STEPS * 1e3)
        cpu.append((time.process_time() - busy) / STEPS * 1e3)
    return {
        "ms": round(statistics.median(wall), 2),
        "least_ms": round(min(wall), 2),
        "cpu_ms": round(statistics.median(cpu), 2),
        "first_step_s": round(first, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--preset", default="paper")
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--together", type=int, nargs="+", default=[1], metavar="N", help="members that train at once")
    parser.add_argument("--only-reference", action="store_true", help="no doubling")
    options = parser.parse_args()
    base = {"vocabulary": 8, "length": 8, "layers": 3, "batch": options.batch, "together": options.together[0]}
    sizes: dict[str, dict[str, int]] = {"reference": base}
    sizes |= {f"{count} together": base | {"together": count} for count in options.together[1:]}
    doubled = ("vocabulary", "length", "layers", "batch")
    if not options.only_reference:
        sizes |= {f"{name} doubled": base | {name: 2 * base[name]} for name in doubled}
    report = {
        "device": str(jax.devices()[0].device_kind),
        "cores": os.cpu_count(),
        "sizes": {
            name: size | measure(**size, repeats=options.repeats, preset=options.preset) for name, size in sizes.items()
        },
    }
    if options.json:
        print(json.dumps(report))
        return
    print(f"{'':20}{'ms a step':>12}{'least':>10}{'CPU ms':>10}{'first step, s':>15}")
    for name, size in report["sizes"].items():
        print(f"{name:20}{size['ms']:12}{size['least_ms']:10}{size['cpu_ms']:10}{size['first_step_s']:15}")


if __name__ == "__main__":
    main()
