"""How fast `batch` runs programs, against the interpreter and the printed file, measured in turns.

    python bench/batch_speed.py             # a table
    python bench/batch_speed.py --json
    python bench/batch_speed.py --cpu       # seconds of CPU time, on a machine that does other things too

Sequences are the inputs of the task, repeated up to `--sequences`; what is timed is the run itself, from encoded
tokens to encoded answers (from tokens to answers for the other two, which have no encoding). Each row is the best of
`--repeats` turns in which all executors are timed one after the other, so that a busy machine slows all of them.
`first` is a new process without a cached kernel, `start` one with: imports, lowering, and the first answer.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int

from transformer_programs.batch import Batch, exhaustive
from transformer_programs.emit.python import print_python
from transformer_programs.program import (
    Classify,
    Closest,
    LinearScore,
    Program,
    Read,
    Relation,
    Score,
    Step,
    Table,
    TableScore,
    Value,
    Width,
    check,
    dumps,
)
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Task, encoded_inputs, make_task

FIRST = """
import sys, time
start = time.process_time(), time.perf_counter()
from transformer_programs.batch import Batch, exhaustive
from transformer_programs.emit.python import print_python
from transformer_programs.program import loads
Batch(loads(sys.stdin.read())).predict([["<s>"]])
print(time.process_time() - start[0], time.perf_counter() - start[1])
"""


def sort_by_counts(task: Task) -> Program:
    """Sorts exactly, one layer: a count of every letter, linear scores beside the position.

    With S_s the number of letters up to s, score(t) = sum over s < t of (i + 1/2 - S_s) is concave in t and largest
    at the i-th letter in order; twice that is a whole number, linear in the counts.
    """
    tokens, letters, n = task.vocabulary, task.labels, task.max_length
    steps = [
        Step(f"count_{letter}", Width(Relation(Read("tokens"), Read("tokens"), ((letter,),) * len(tokens))))
        for letter in letters
    ]
    ranks = range(len(letters))
    scores: list[Score] = [
        LinearScore(f"count_{letter}", tuple(-2 * max(t - u, 0) for t in ranks)) for u, letter in enumerate(letters)
    ]
    scores.append(TableScore(Read("positions"), tuple(tuple(t * (2 * i - 1) for t in ranks) for i in range(n))))
    return _program("sort", task, steps, scores, letters)


def random_heads(task: Task, heads: int, seed: int = 0) -> Program:
    """The shape of a learned program: closest heads with random one-to-one predicates, a table of the first two.

    Always five labels, so that no cost but that of the heads and their scores grows with the sizes.
    """
    rng = random.Random(seed)
    tokens, n, labels = task.vocabulary, task.max_length, task.labels[:5]
    places = tuple(range(n))
    domains: dict[str, tuple[Value, ...]] = {"tokens": tokens, "positions": places}
    steps = []
    for number in range(heads):
        keys, queries = (("tokens", "positions")[number >> bit & 1] for bit in (0, 1))
        rows = tuple((rng.choice(domains[keys]),) for _ in domains[queries])
        values = "positions" if keys == "tokens" else "tokens"
        steps.append(Step(f"head_{number}", Closest(Relation(Read(keys), Read(queries), rows), values)))
    reads = tuple(Read(step.name) for step in steps[:2])
    sizes = [n if step.node.values == "positions" else len(tokens) for step in steps]  # type: ignore[union-attr]
    cells = tuple(rng.choice(places) for _ in range(sizes[0] * sizes[1]))
    steps.append(Step("table", Table(reads, cells)))
    sizes.append(len(set(cells)))
    scores = [
        TableScore(Read(step.name), tuple(tuple(rng.randint(-99, 99) for _ in labels) for _ in range(size)))
        for step, size in zip(steps, sizes)
    ]
    return _program("heads", task, steps, scores, labels)


def histogram(task: Task) -> Program:
    """How often each token occurs: one head."""
    rows = tuple((token,) for token in task.vocabulary)
    steps = [Step("count", Width(Relation(Read("tokens"), Read("tokens"), rows)))]
    ones = tuple(tuple(int(str(count) == label) for label in task.labels) for count in range(task.max_length + 1))
    return _program("hist", task, steps, [TableScore(Read("count"), ones)], task.labels)


def _program(name: str, task: Task, steps: Sequence[Step], scores: Sequence[Score], labels: tuple[str, ...]) -> Program:
    output = Classify(labels, (0,) * len(labels), tuple(scores))
    return check(
        Program(
            name=name,
            vocabulary=task.vocabulary,
            max_length=task.max_length,
            frame=task.frame,
            steps=tuple(steps),
            output=output,
        )
    )


Arrays = tuple[Int[np.ndarray, "sequence position"], Int[np.ndarray, " sequence"]]


def all_inputs(task: Task, count: int) -> Arrays:
    """The inputs of a task, repeated up to a number of sequences."""
    parts = list(encoded_inputs(task))
    rows = np.arange(count) % task.count()
    tokens, lengths = (np.concatenate(arrays)[rows] for arrays in zip(*((part.tokens, part.lengths) for part in parts)))
    return tokens, lengths


def random_inputs(task: Task, count: int) -> Arrays:
    """Full-length random sequences, for sizes whose inputs are too many to list."""
    tokens = np.random.default_rng(0).integers(0, len(task.vocabulary), (count, task.max_length), np.int32)
    return tokens, np.full(count, task.max_length, np.int32)


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Times calls: `clock` in seconds, the best of `repeats` turns."""

    clock: Callable[[], float]
    repeats: int

    def seconds(self, run: Callable[[], object]) -> float:
        """Seconds of one call."""
        start = self.clock()
        run()
        return self.clock() - start

    def in_turns(self, runs: Mapping[str, Callable[[], object]]) -> dict[str, float]:
        """Best seconds of each, all of them timed once in every turn."""
        for run in runs.values():
            run()
        turns = [{name: self.seconds(run) for name, run in runs.items()} for _ in range(self.repeats)]
        return {name: min(turn[name] for turn in turns) for name in runs}


def printed(program: Program) -> Callable[[list[str]], object]:
    """The `run` of the printed file, imported."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "printed.py"
        path.write_text(print_python(program), encoding="utf-8")
        spec = importlib.util.spec_from_file_location("printed", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    run: Callable[[list[str]], object] = module.run
    return run


def against_the_others(program: Program, arrays: Arrays, watch: Watch) -> dict[str, float]:
    """Sequences a second of every executor."""
    tokens, lengths = arrays
    few = np.random.default_rng(0).integers(0, len(lengths), 400)
    words = [[program.vocabulary[t] for t in tokens[row, : lengths[row]]] for row in few]  # type: ignore[index]
    batch, single = Batch(program), Batch(program, threads=1)
    interpreter, script = Interpreter(program), printed(program)
    runs = {
        "batch": lambda: batch.run(tokens, lengths),
        "batch, 1 thread": lambda: single.run(tokens, lengths),
        "interpreter": lambda: [interpreter(sequence) for sequence in words],
        "printed file": lambda: [script(sequence) for sequence in words],
    }
    best = watch.in_turns(runs)
    return {name: (len(lengths) if "batch" in name else len(words)) / best[name] for name in runs}


def growth(watch: Watch) -> list[dict[str, object]]:
    """Nanoseconds a sequence on one thread as one size doubles: random heads, full-length sequences."""
    sizes = [(8, 8, 8), (16, 8, 8), (32, 8, 8), (64, 8, 8), (128, 8, 8), (8, 16, 8), (8, 32, 8), (8, 64, 8)]
    sizes += [(8, 8, 16), (8, 8, 32), (8, 8, 64)]
    runs: dict[str, Callable[[], object]] = {}
    counts = {}
    for length, vocabulary, heads in sizes:
        task = make_task("sort", vocabulary, length)
        batch, arrays = Batch(random_heads(task, heads), threads=1), random_inputs(task, 400_000 // length)
        name = f"{length} {vocabulary} {heads}"
        counts[name] = len(arrays[1])
        runs[name] = lambda batch=batch, arrays=arrays: batch.run(*arrays)
    best = watch.in_turns(runs)
    names = ("length", "vocabulary", "heads")
    return [
        {**dict(zip(names, map(int, name.split()))), "ns a sequence": round(1e9 * best[name] / counts[name])}
        for name in runs
    ]


def start_up() -> dict[str, float]:
    """Seconds of a new process until its first answer, compiling and with a cached kernel."""
    text = dumps(sort_by_counts(make_task("sort")))

    def start(name: str, cache: str) -> dict[str, float]:
        environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
        command = [sys.executable, "-c", FIRST]
        done = subprocess.run(command, input=text, env=environment, capture_output=True, text=True, check=True)
        cpu, wall = map(float, done.stdout.split())
        return {f"{name}, CPU": cpu, f"{name}, wall": wall}

    with tempfile.TemporaryDirectory() as cache:
        return start("first, compiling", cache) | start("later, cached", cache)


def measure(sequences: int, watch: Watch) -> dict[str, object]:
    """Every measurement, as plain data."""
    sort, hist = make_task("sort"), make_task("hist")
    programs = {
        "sort, 5 counts, linear scores": (sort_by_counts(sort), all_inputs(sort, sequences)),
        "7 closest heads, a table": (random_heads(sort, 7), all_inputs(sort, sequences)),
        "hist, 1 count": (histogram(hist), all_inputs(hist, sequences)),
    }
    speeds = {name: against_the_others(*program, watch) for name, program in programs.items()}
    program, arrays = histogram(hist), all_inputs(hist, hist.count())
    batch = Batch(program)
    everything = watch.in_turns(
        {
            "answers": lambda: batch.run(*arrays),
            "enumerated, answered, judged": lambda: exhaustive(program, hist),
        }
    )
    return {
        "cores": os.cpu_count(),
        "sequences a second": speeds,
        f"seconds for all {hist.count():,} inputs of hist": everything,
        "seconds of a new process until its first answer": start_up(),
        "growth, one thread": growth(watch),
    }


def show(found: dict[str, object]) -> None:
    """The measurements as tables."""
    for title, rows in found.items():
        print(f"\n{title}" + (f": {rows}" if not isinstance(rows, (dict, list)) else ""))
        if isinstance(rows, list):
            for row in rows:
                print("  " + "  ".join(f"{name} {value:>6}" for name, value in row.items()))
        elif isinstance(rows, dict):
            for name, value in rows.items():
                if isinstance(value, dict):
                    print(f"  {name}")
                    for executor, speed in value.items():
                        ratio = value["batch"] / speed
                        print(f"    {executor:16} {speed:>14,.0f}   batch is {ratio:,.1f} x as fast")
                else:
                    print(f"  {name:30} {value:.3f}")


def main(argv: Sequence[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="How fast batch runs programs.")
    parser.add_argument("--sequences", type=int, default=2_000_000, help="sequences a batch (default 2,000,000)")
    parser.add_argument("--repeats", type=int, default=5, help="turns, of which the best counts (default 5)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument("--cpu", action="store_true", help="seconds of CPU time, of all threads together")
    options = parser.parse_args(argv)
    clock = time.process_time if options.cpu else time.perf_counter
    found: dict[str, object] = {"clock": "cpu" if options.cpu else "wall"}
    found |= measure(options.sequences, Watch(clock=clock, repeats=options.repeats))
    if options.json:
        print(json.dumps(found))
    else:
        show(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
