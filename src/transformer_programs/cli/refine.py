"""`tprog refine`: a program that is right more often, then shorter; never right less often than before."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.cli.options import add_data, add_json, columns, parser, print_json
from transformer_programs.cli.places import places_of, write_program
from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError

if TYPE_CHECKING:
    from transformer_programs.learn.refine import Refined
    from transformer_programs.program import Program
    from transformer_programs.simplify import Inputs

__all__ = ["main"]

EXAMPLES = """\
  tprog refine runs/sort --task sort --out runs/sort-refined
  tprog refine tags.py --data train.conll --kind tagging --out tags-refined.py
  tprog refine runs/reverse --task reverse --minutes 2 --no-shorten --out runs/reverse-refined

Changes of single rows, comparisons, gates and all scores are kept where they make more answers right; then parts are
left out where as many stay right. Of a task with at most 10^6 inputs all are looked at. Ctrl-C keeps the best so far.
exit code 0: done; 130: stopped by Ctrl-C, the best so far written; 2: bad input"""

MOST = 1_000_000
"""Inputs of a task up to which all of them are looked at."""

SAMPLE = 20_000
"""Random inputs where there are more, and as many to check by."""

MEASURED = ("test part", "all inputs", "fresh samples", "accuracy")
"""Facts of a program that hold no longer once it is another."""


def main(argv: Sequence[str]) -> int:
    """Refines, prints what was done, writes both files."""
    options = _arguments().parse_args(argv)
    if (options.task is None) == (options.data is None):
        got = "neither" if options.task is None else "both"
        raise ConfigError(place="--task or --data", got=got, expected="one of them: what is right?")
    if options.data is not None and options.kind is None:
        raise ConfigError(place="--kind", got="nothing", expected="tagging or classification")
    at_least("--seed", options.seed, 0)
    places = places_of(options.out, force=options.force)

    from transformer_programs.files import load_program
    from transformer_programs.learn.refine import Refine, refine
    from transformer_programs.program import listed_labels, with_labels

    program = load_program(options.program)
    inputs, held = _inputs(options, program)
    config = Refine(minutes=options.minutes, shorten=not options.no_shorten)

    def say(what: str, better: Program) -> None:
        print(f"  {what}", file=sys.stderr, flush=True)

    quiet = (lambda what, better: None) if options.json else say
    found = refine(program, inputs, held, config=config, seed=options.seed, report=quiet)
    refined = _with_facts(found, inputs, held)
    if options.task is None:
        refined = with_labels(refined, listed_labels(program))
    report = _report(program, refined, found, inputs, held)
    if places:
        write_program(refined, *places)
        report["files"] = [str(place) for place in places]
    if options.json:
        print_json(report)
    else:
        _tell(report)
    return 130 if found.interrupted else 0


def _arguments() -> argparse.ArgumentParser:
    arguments = parser("refine", "Make a program right more often, then shorter; never worse.", EXAMPLES)
    arguments.add_argument("program", help="a run directory, a folder of programs/, a program.json or a program.py")
    arguments.add_argument(
        "--out", type=Path, metavar="PLACE", help="a directory, or FILE.py (with FILE.json beside it)"
    )
    arguments.add_argument("--task", help="what is right is what a built-in task says")
    arguments.add_argument("--minutes", type=float, default=5.0, metavar="M", help="of searching (default 5)")
    arguments.add_argument("--no-shorten", action="store_true", help="leave the length as it is")
    arguments.add_argument("--seed", type=int, default=0, help="of the samples (default 0)")
    arguments.add_argument("--force", action="store_true", help="replace what is in the place of --out")
    add_data(arguments)
    add_json(arguments)
    return arguments


def _inputs(options: argparse.Namespace, program: Program) -> tuple[Inputs, Inputs | None]:
    """Examples to refine by, and others that no change may lose answers on, unless the first are all there are."""
    from transformer_programs.learn.refine.measure import taken
    from transformer_programs.simplify import data_inputs, task_inputs

    if options.task is not None:
        from transformer_programs.tasks import task_for

        task = task_for(options.task, program)
        if task.count() <= MOST:
            return task_inputs(task, MOST), None
        return task_inputs(task, SAMPLE, seed=options.seed), task_inputs(task, SAMPLE, seed=options.seed + 1)

    import numpy as np

    from transformer_programs.tasks import load_examples

    data = load_examples(
        options.data, program, kind=options.kind, format=options.format, columns=columns(options), repair=options.repair
    )  # fmt: skip
    inputs = data_inputs(data, seed=options.seed)
    cut = len(inputs) // 5
    if cut == 0:
        return inputs, None
    return taken(inputs, np.arange(cut, len(inputs))), taken(inputs, np.arange(cut))


def _with_facts(found: Refined, inputs: Inputs, held: Inputs | None) -> Program:
    if not found.steps:
        return found.program
    from transformer_programs.learn.train import percent

    share = percent(found.after / max(found.asked, 1))
    count = len(inputs) + (0 if held is None else len(held))
    text = f"{share} of the answers on {count:,} inputs right, after tprog refine"
    kept = tuple(fact for fact in found.program.about if fact[0] not in MEASURED)
    return dataclasses.replace(found.program, about=(*kept, ("accuracy", text)))


def _report(program: Program, refined: Program, found: Refined, inputs: Inputs, held: Inputs | None) -> dict[str, Any]:
    from transformer_programs.simplify import sizes

    return {
        "program": program.name,
        "judged_by": inputs.what,
        "inputs": len(inputs) + (0 if held is None else len(held)),
        "complete": inputs.complete,
        "answers": found.asked,
        "before": {"right": found.before, **sizes(program).as_json()},
        "after": {"right": found.after, **sizes(refined).as_json()},
        "steps": list(found.steps),
        "finished": found.finished,
    }


def _tell(report: dict[str, Any]) -> None:
    words = {"right": "answers right", "lines": "lines of the file", "variables": "variables"}
    print(f"{report['program']:28}{'before':>12}{'after':>12}")
    for key, name in words.items():
        print(f"  {name:26}{report['before'][key]:>12,}{report['after'][key]:>12,}")
    what = report["judged_by"] if report["complete"] else f"{report['inputs']:,} inputs, not all"
    print(f"of {report['answers']:,} answers; {len(report['steps'])} changes; judged by {what}")
    if not report["finished"]:
        print("stopped before everything was tried: this is the best so far")
    for place in report.get("files", ()):
        print(f"written: {place}")
