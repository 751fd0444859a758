"""`tprog experiment length`: at which lengths a standard Transformer is still right, beside the shortest program."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.cli.options import add_json, parser, print_json
from transformer_programs.config import at_least

if TYPE_CHECKING:
    from transformer_programs.experiments.length.study import Lesson
    from transformer_programs.experiments.results import Results

__all__ = ["main"]

EXAMPLES = """\
  tprog experiment length --preset tiny --out results/length
  tprog experiment length --only sort copy-repeated --seeds 2 --out results/length
  tprog experiment length --only sort --positions learned none rotary --out results/positions
  tprog experiment length --only addition --ask "0 4 + 1 7"    trains one model, and lets it answer
  tprog experiment length --counterexample        the conjunction of 20 bits: three columns
  tprog experiment length --formats               the tasks, each with a sample

a study that was stopped goes on with the same command"""


def main(argv: Sequence[str]) -> int:
    """Runs what is missing; keeps results.jsonl, length.md and length.svg; prints the table."""
    arguments = _arguments()
    options = arguments.parse_args(argv)
    if options.formats:
        return _show_formats(options)
    if options.counterexample:
        return _show_counterexample(options)
    for flag in ("workers", "steps", "test-length"):
        value = getattr(options, flag.replace("-", "_"))
        if value is not None:
            at_least(f"--{flag}", value, 1)
    if options.ask is not None:
        return _answer(options)
    if options.out is None:
        arguments.error("--out DIR is needed")

    from transformer_programs.experiments import Here, Processes, Results, sweep
    from transformer_programs.experiments.length import Positions, lessons

    todo = lessons(
        options.preset,
        options.only,
        positions=[Positions(name) for name in options.positions],
        seeds=options.seeds,
        steps=options.steps,
        room=options.test_length,
    )
    results = Results(Path(options.out))
    backend = Here() if options.workers == 1 else Processes(workers=options.workers)
    progress = _Progress(todo, results, quiet=options.json)
    for note in results.notes(todo):
        progress.tell(note)
    try:
        for lesson, row in sweep(todo, results, backend, progress.tell):
            progress.add(lesson.title, row)
    except KeyboardInterrupt:
        progress.tell("stopped; the same command goes on")
        return 130
    return _report(options, results.of(todo), " ".join(["tprog", "experiment", "length", *argv]))


def _arguments() -> argparse.ArgumentParser:
    arguments = parser("experiment length", "Standard Transformers at lengths that they never saw.", EXAMPLES)
    arguments.add_argument("--out", metavar="DIR", help="where the results are kept")
    arguments.add_argument("--preset", default="tiny", help="tiny (minutes a run on two cores, default), paper (a GPU)")
    arguments.add_argument(
        "--only", nargs="+", default=(), metavar="FORMAT", help="these formats (default: the preset's)"
    )
    arguments.add_argument(
        "--positions", nargs="+", choices=("learned", "none", "rotary"), default=["learned"], help="(default: learned)"
    )
    arguments.add_argument("--seeds", type=int, metavar="N", help="how many (default: the preset's)")
    arguments.add_argument("--steps", type=int, metavar="N", help="of training (default: the preset's)")
    arguments.add_argument("--test-length", type=int, metavar="N", help="longest tested (default: twice that trained)")
    arguments.add_argument("--workers", type=int, metavar="N", help="runs at a time (default: one a core)")
    arguments.add_argument("--ask", metavar="PROMPT", help="let a model of the one format of --only answer, instead")
    arguments.add_argument("--counterexample", action="store_true", help="the min-degree interpolator's, instead")
    arguments.add_argument("--formats", action="store_true", help="list the formats, instead")
    add_json(arguments)
    return arguments


class _Progress:
    """A line a finished run, with the time left, on standard error."""

    def __init__(self, todo: Sequence[Lesson], results: Results, *, quiet: bool) -> None:
        self._todo, self._results, self._quiet = todo, results, quiet
        self._start, self._before = time.monotonic(), len(results.of(todo))
        if self._before < len(todo):
            self.tell(f"{len(todo) - self._before} of {len(todo)} runs to do")

    def tell(self, text: str) -> None:
        if not self._quiet:
            print(text, file=sys.stderr, flush=True)

    def add(self, title: str, row: dict[str, Any]) -> None:
        from transformer_programs.cli.sweep_table import duration

        done = len(self._results.of(self._todo))
        left = (time.monotonic() - self._start) / (done - self._before) * (len(self._todo) - done)
        exact = row.get("exact match")
        said = row.get("failed") if exact is None else " ".join(f"{n}:{100 * x:.0f}%" for n, x in exact.items())
        self.tell(f"{title}: {said} ({done} of {len(self._todo)}, {duration(left)} left)")


def _report(options: argparse.Namespace, rows: list[dict[str, Any]], command: str) -> int:
    from transformer_programs.experiments.length.summary import correlation, draw_lengths, table
    from transformer_programs.files import write_text

    out, found = Path(options.out), correlation(rows)
    words = ""
    if found is not None:
        words = f"Rank correlation of program length and exact match at 1.5 L: {found[0]:.2f} over {found[1]} cases."
    drawn = draw_lengths(rows, out / "length.svg")
    picture = "\n![accuracy over length](length.svg)\n" if drawn else ""
    text = (
        f"# Length: {options.preset}\n\n    {command}\n\nExact match of whole answers on {rows[0]['samples']} random "
        f"inputs a length: the median of the seeds (least to greatest).\n\n{table(rows)}\n\n{words}\n{picture}"
    )
    write_text(out / "length.md", text)
    if options.json:
        print_json({"rows": rows, "correlation": None if found is None else found[0], "out": str(out)})
        return 0
    print(table(rows))
    if words:
        print(f"\n{words}")
    print(f"\nkept in {out}: results.jsonl, length.md, length.svg", file=sys.stderr)
    return 0


def _answer(options: argparse.Namespace) -> int:
    """Trains the first run of one format, and prints what it writes after a prompt: until END, or the context's end."""
    from transformer_programs.errors import ConfigError
    from transformer_programs.experiments.length import Positions, complete, format_named, lessons, train_decoder
    from transformer_programs.experiments.length.reading import read_prompt
    from transformer_programs.experiments.length.samples import END

    if len(options.only) != 1:
        raise ConfigError(place="--ask", got=f"{len(options.only)} formats", expected="one, named by --only")
    lesson = lessons(
        options.preset,
        options.only,
        positions=[Positions(options.positions[0])],
        seeds=1,
        steps=options.steps,
        room=options.test_length,
    )[0]
    task, room = format_named(lesson.format), lesson.protocol.room
    prompt = read_prompt(task, options.ask, room)

    def tell(step: int, loss: float) -> None:
        if not options.json and (step % 500 == 0 or step == lesson.protocol.steps):
            print(f"step {step} of {lesson.protocol.steps}: loss {loss:.3f}", file=sys.stderr, flush=True)

    written = complete(train_decoder(task, lesson.size, lesson.protocol, 0, tell), lesson.size, prompt)
    ended, text = written[-1] == END, task.text(written, room)
    if options.json:
        print_json({"prompt": task.text(prompt, room), "answer": text, "ended": ended})
        return 0
    print(text)
    if not ended:
        print(f"cut after {len(written)} tokens, where the context ends: it did not write END", file=sys.stderr)
    return 0


def _show_formats(options: argparse.Namespace) -> int:
    import numpy as np

    from transformer_programs.experiments.length import FORMATS

    rows = []
    for name, task in FORMATS.items():
        prompt, answer = task.sample(np.random.default_rng(0), 4, 8)
        rows.append({"name": name, "summary": task.summary, "sample": task.text([*prompt, *answer], 8)})
    if options.json:
        print_json({"formats": rows})
        return 0
    for row in rows:
        print(f"{row['name']:24} {row['summary']}\n{'':24} {row['sample']}\n")
    return 0


def _show_counterexample(options: argparse.Namespace) -> int:
    from dataclasses import asdict

    from transformer_programs.experiments.length.counterexample import counterexample

    seeds = options.seeds or 1
    columns = [counterexample(seed=seed, steps=options.steps or 600) for seed in range(seeds)]
    rows = [{"seed": seed, **asdict(column)} for seed, pair in enumerate(columns) for column in pair]
    if options.json:
        print_json({"rows": rows})
        return 0
    print("the conjunction of 20 bits, the last five always 1 in training: share of 400 inputs right\n")
    print(f"{'inputs':26}{'seed':>6}{'min-degree':>12}{'Transformer':>13}{'RASP-L':>8}")
    for row in rows:
        shares = f"{row['interpolator']:12.3f}{row['transformer']:13.3f}{row['program']:8.3f}"
        print(f"{row['where']:26}{row['seed']:6}{shares}")
    return 0
