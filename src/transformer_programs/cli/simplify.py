"""`tprog simplify`: a shorter program, equal on every input or at a stated price."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.cli.options import add_data, add_json, parser, print_json
from transformer_programs.cli.places import places_of, write_program
from transformer_programs.errors import ConfigError

if TYPE_CHECKING:
    from transformer_programs.program import Program
    from transformer_programs.simplify import Found, Inputs, Shortening

__all__ = ["main"]

EXAMPLES = """\
  tprog simplify programs/hist --task hist --out runs/hist-short
  tprog simplify runs/sort --out sort.py
  tprog simplify runs/tags --data test.conll --kind tagging --allow 0.1% --out runs/tags-short

Steps are exact unless --allow says what may be lost. Where there are at most 10^6 inputs, the answers are compared on
all of them; otherwise only steps that are exact by construction are taken. Ctrl-C keeps the best so far.
exit code 0: done; 130: stopped by Ctrl-C, the best so far written; 2: bad input"""

MOST = 1_000_000
"""Inputs up to which all of them are looked at."""

MOST_CELLS = 200_000
"""Cells of all tables together up to which proposals are tried; beyond, each of them would take seconds."""

MOST_LINES = 100_000
"""Lines of tables and code of a program of more cells: laying out more of them takes minutes and gigabytes."""

SAMPLE = 20_000
"""Random inputs that a lossy step is judged by where there are more."""

MEASURED = ("test part", "all inputs", "fresh samples", "accuracy")
"""Facts of a program that hold no longer once answers were lost."""


def main(argv: Sequence[str]) -> int:
    """Simplifies, prints sizes and accuracies before and after, writes both files."""
    options = _arguments().parse_args(argv)
    if options.task is not None and options.data is not None:
        raise ConfigError(place="--task or --data", got="both", expected="one of them")
    if options.data is not None and options.kind is None:
        raise ConfigError(place="--kind", got="nothing", expected="tagging or classification")
    allow = share("--allow", options.allow)
    if allow > 0 and options.task is None and options.data is None:
        todo = "say what is right: --task TASK or --data FILE"
        raise ConfigError(place="--allow", got="no task and no data", expected="one of them", todo=todo)
    if not options.time_limit > 0:
        raise ConfigError(place="--time-limit", got=f"{options.time_limit:g}", expected="seconds, more than 0")
    places = places_of(options.out, force=options.force)

    from transformer_programs.files import load_program
    from transformer_programs.program import listed_labels, with_labels
    from transformer_programs.simplify import Limits, shorten

    program = load_program(options.program)
    large = _is_large(program, allow)
    inputs = None if large and options.data is None else _inputs(options, program)
    why = "tables too large to try proposals on" if large else "too many inputs to look at all"
    notes = [] if inputs is not None else [f"{why}: only steps exact by construction"]
    if inputs is not None and not inputs.complete and allow == 0:
        notes = [f"{inputs.what} are not all inputs: only steps exact by construction; --allow takes others"]
    found = shorten(program, inputs, Limits(seconds=options.time_limit, allow=allow), None if options.json else _say)
    shorter = _with_facts(found, inputs)
    if options.task is None:
        shorter = with_labels(shorter, listed_labels(program))
    report = _report(program, shorter, found, inputs, allow, notes)
    if places:
        write_program(shorter, *places)
        report["files"] = [str(place) for place in places]
    if options.json:
        print_json(report)
    else:
        _tell(report)
    return 130 if found.interrupted else 0


def _say(found: Found) -> None:
    """One step, as it is found."""
    from transformer_programs.emit.python.printer import printed_lines

    price = "" if found.exact else ", at a price"
    print(
        f"  {printed_lines(found.program):4} lines of tables and code: {found.what}{price}", file=sys.stderr, flush=True
    )


def share(place: str, text: str) -> float:
    """A share such as `0.1%` or `0.001`.

    Raises:
        ConfigError: it is none, or not in 0..1.

    >>> share("--allow", "0.1%"), share("--allow", "0.5")
    (0.001, 0.5)
    """
    number = text.strip().removesuffix("%")
    try:
        value = float(number) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise ConfigError(place=place, got=repr(text), expected="a share, such as 0.1% or 0.001, less than 1")
    return value


def _arguments() -> argparse.ArgumentParser:
    arguments = parser("simplify", "A shorter program: equal on every input, or at a stated price.", EXAMPLES)
    arguments.add_argument("program", help="a run directory, a folder of programs/, a program.json or a program.py")
    arguments.add_argument(
        "--out", type=Path, metavar="PLACE", help="a directory, or FILE.py (with FILE.json beside it)"
    )
    arguments.add_argument("--task", help="the inputs that count, and what is right, are a built-in task's")
    arguments.add_argument(
        "--allow", default="0", metavar="SHARE", help="share of the answers that may be lost, as 0.1%% (default 0)"
    )
    arguments.add_argument(
        "--time-limit", type=float, default=600.0, metavar="S", help="seconds of searching (default 600)"
    )
    arguments.add_argument("--force", action="store_true", help="replace what is in the place of --out")
    add_data(arguments)
    add_json(arguments)
    return arguments


def _is_large(program: Program, allow: float) -> bool:
    """Whether only the passes are for it.

    Raises:
        ConfigError: proposals were asked for, or it is too large even to be printed.
    """
    from transformer_programs.emit.python.printer import printed_lines
    from transformer_programs.program import Table

    cells = sum(len(step.node.cells) for step in program.steps if isinstance(step.node, Table))
    if cells <= MOST_CELLS:
        return False
    smaller = "learn it with smaller tables; of text: --set pairs=0, or a higher --set least"
    if allow > 0:
        got = f"tables of {cells:,} cells in {program.name}"
        expected = f"at most {MOST_CELLS:,} where answers may be lost"
        raise ConfigError(place="--allow", got=got, expected=expected, todo=f"leave it out, or {smaller}")
    lines = printed_lines(program)
    if lines > MOST_LINES:
        got, expected = f"{lines:,} lines of tables", f"at most {MOST_LINES:,}: it would take too long"
        raise ConfigError(place=program.name, got=got, expected=expected, todo=smaller)
    return True


def _inputs(options: argparse.Namespace, program: Program) -> Inputs | None:
    """What to judge by; None where that would be too much."""
    from transformer_programs.simplify import data_inputs, space_inputs, task_inputs

    if options.data is not None:
        from transformer_programs.tasks import load_examples

        return data_inputs(
            load_examples(options.data, program, kind=options.kind, format=options.format, repair=options.repair)
        )
    if options.task is not None:
        from transformer_programs.tasks import task_for

        task = task_for(options.task, program)
        return task_inputs(task, MOST if task.count() <= MOST else SAMPLE)
    if program.vocabulary is None or program.max_length is None:
        return None
    from transformer_programs.verify.space import program_space

    space = program_space(program, None, None, False)
    return space_inputs(program, space, MOST) if space.count() <= MOST else None


def _with_facts(found: Shortening, inputs: Inputs | None) -> Program:
    """The new program; where answers were lost, what is known about it is measured anew."""
    if found.exact or found.after is None or inputs is None:
        return found.program
    from transformer_programs.learn.train import percent

    text = (
        f"{percent(found.after.sequence_accuracy)} of {inputs.what}, "
        f"{percent(found.after.token_accuracy)} of answers right, after tprog simplify"
    )
    kept = tuple(fact for fact in found.program.about if fact[0] not in MEASURED)
    return dataclasses.replace(found.program, about=(*kept, ("accuracy", text)))


def _report(
    program: Program, shorter: Program, found: Shortening, inputs: Inputs | None, allow: float, notes: list[str]
) -> dict[str, Any]:
    from transformer_programs.simplify import sizes

    before, after = (sizes(each).as_json() for each in (program, shorter))
    for sized, price in ((before, found.before), (after, found.after)):
        if price is not None and inputs is not None and inputs.right is not None:
            sized.update(dataclasses.asdict(price))
    if not found.finished:
        notes.append("stopped before everything was tried: this is the best so far")
    return {
        "program": program.name,
        "inputs": 0 if inputs is None else len(inputs),
        "judged_by": "construction" if inputs is None else inputs.what,
        "exact": found.exact,
        "allowed": allow,
        "finished": found.finished,
        "before": before,
        "after": after,
        "steps": list(found.steps),
        "notes": notes,
    }


def _tell(report: dict[str, Any]) -> None:
    words = {
        "lines": "lines of the file",
        "variables": "variables",
        "nodes": "nodes",
        "complexity": "cyclomatic complexity",
        "description_length": "description length (bits)",
        "token_accuracy": "answers right",
        "sequence_accuracy": "sequences right",
    }
    print(f"{report['program']:28}{'before':>12}{'after':>12}")
    for key, name in words.items():
        if key in report["before"]:
            print(f"  {name:26}{_shown(report['before'][key]):>12}{_shown(report['after'][key]):>12}")
    if report["exact"] and report["inputs"]:
        print(f"equal on {report['judged_by']} ({report['inputs']:,} compared)")
    elif report["exact"]:
        print("equal on every input, by construction")
    else:
        print(f"not equal: measured on {report['judged_by']}")
    for note in report["notes"]:
        print(note)
    for place in report.get("files", ()):
        print(f"written: {place}")


def _shown(value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    from transformer_programs.learn.train import percent

    return percent(value)
