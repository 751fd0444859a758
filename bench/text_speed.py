"""How fast programs of words run: the printed file in plain Python, and `batch`, measured in turns.

    tprog train --learner text ... --out runs/tags
    python bench/text_speed.py runs/tags --data examples/data/wikigold/test.conll
    python bench/text_speed.py runs/tags --data FILE --repeats 9 --json

A word is a token of the file; markers that a program's frame adds are run, too, but not counted. All times are CPU
seconds of one thread, the best of `--repeats` turns in which all executors are timed one after the other. `load` is
the printed file compiled and asked once; `batch` is from lists of words to lists of labels, the kernel compiled
before, `first` the same with a batch that has seen none of the words.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformer_programs.batch import Batch
from transformer_programs.emit.python import print_python
from transformer_programs.files import load_program
from transformer_programs.program import Program
from transformer_programs.run import Interpreter
from transformer_programs.tasks.examples import load_examples

INTERPRETED = 100
"""Sentences for the interpreter, which is slow."""


def main() -> None:
    options = _options()
    rows = [
        measure(load_program(Path(name)), Path(options.data), options.kind, options.repeats) | {"program": name}
        for name in options.programs
    ]
    if options.json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(f"{row['program']}: {row['variables']} variables, {row['bytes']:,} bytes printed, {row['words']:,} words")
        print(f"  load             {row['load']:10.2f} s")
        for name, rate in row["rates"].items():
            print(f"  {name:16} {rate:12,.0f} words a second")


def measure(program: Program, data: Path, kind: str, repeats: int) -> dict[str, Any]:
    """Words a second of every executor."""
    frame = program.frame
    sentences = [list(example.tokens) for example in load_examples(data, program, kind=kind).test]
    marks = len(frame.before) + len(frame.after)
    words = sum(map(len, sentences)) - marks * len(sentences)
    few = sentences[:INTERPRETED]
    text = print_python(program)
    code = compile(text, "program.py", "exec")

    def load() -> Callable[[list[str]], list[str]]:
        module: dict[str, Any] = {"__name__": "printed"}
        exec(code, module)
        run: Callable[[list[str]], list[str]] = module["run"]
        run(sentences[0])
        return run

    printed, batch, interpreter = load(), Batch(program, threads=1), Interpreter(program)
    runs: dict[str, Callable[[], object]] = {
        "load": lambda: (compile(text, "program.py", "exec"), load()),
        "printed file": lambda: [printed(sentence) for sentence in sentences],
        "batch": lambda: batch.predict(sentences),
        "batch, first": lambda: Batch(program, threads=1).predict(sentences),
        "interpreter": lambda: [interpreter(sentence) for sentence in few],
    }
    for run in runs.values():
        run()
    turns = [{name: _seconds(run) for name, run in runs.items()} for _ in range(repeats)]
    best = {name: min(turn[name] for turn in turns) for name in runs}
    counted = dict.fromkeys(runs, words) | {"interpreter": sum(map(len, few)) - marks * len(few)}
    return {
        "variables": len(program.steps),
        "bytes": len(text.encode()),
        "words": words,
        "load": best.pop("load"),
        "rates": {name: counted[name] / seconds for name, seconds in best.items()},
    }


def _seconds(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def _options() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("programs", nargs="+", metavar="PROGRAM", help="a run, or its program.json or program.py")
    arguments.add_argument(
        "--data", required=True, metavar="FILE", help="sentences, as `tprog train --data` reads them"
    )
    arguments.add_argument("--kind", default="tagging", choices=("tagging", "classification"))
    arguments.add_argument("--repeats", type=int, default=5, metavar="N", help="turns (default: 5)")
    arguments.add_argument("--json", action="store_true")
    return arguments.parse_args()


if __name__ == "__main__":
    main()
