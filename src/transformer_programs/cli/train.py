"""`tprog train`: learn a program from a built-in task or a file."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.cli.options import add_data, add_json, columns, parser, print_json
from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError, TransformerProgramError

if TYPE_CHECKING:
    from transformer_programs.learn.base import Learner
    from transformer_programs.tasks import Dataset, Task

__all__ = ["main"]

EXAMPLES = """\
  tprog train sort --out runs/sort
  tprog train hist --learner any-length --max-length 10 --out runs/hist-any-length
  tprog train hist --vocabulary-size 16 --max-length 16 --out runs/hist16
  tprog train reverse --learner hard --seed 3 --set restarts=4 --out runs/reverse
  tprog train --data tags.conll --kind tagging --out runs/tags
  tprog train --data train.jsonl --validation valid.jsonl --test test.jsonl --kind classification --out runs/intents

a run that was stopped goes on with the same command; nothing is overwritten without --force"""


def main(argv: Sequence[str]) -> int:
    """Trains, keeps the run directory, prints the report."""
    options = _arguments().parse_args(argv)
    _check(options)
    data, task = _data(options)
    for note in data.notes:
        print(note, file=sys.stderr)
    learner = _learner(options)

    from transformer_programs.cli.progress import TerminalSession
    from transformer_programs.learn.rundir import RunDirectory
    from transformer_programs.learn.train import train

    out = Path(options.out or f"runs/{data.name}")
    run = RunDirectory(out, _config(options, learner, data), force=options.force)
    if run.resumed:
        print(f"resuming the unfinished run in {out}", file=sys.stderr)
    session = TerminalSession(run, quiet=options.json)
    try:
        with session:
            outcome = train(data, learner, name=options.learner, task=task, seed=options.seed, session=session)
        seconds = round(outcome.report["seconds"] + run.before, 2)
        command = shlex.join(["tprog", "train", *argv])
        report = {**outcome.report, "seconds": seconds, "resumed": run.resumed, "command": command, "out": str(out)}
        run.finish(outcome.program, report)
    except (TransformerProgramError, MemoryError):
        run.abandon()
        raise
    except KeyboardInterrupt:
        print(f"\nstopped; the same command resumes the run in {out}", file=sys.stderr)
        return 130
    finally:
        run.close()
    if options.json:
        print_json(report)
    else:
        _tell(report, out)
    return 0


def _arguments() -> argparse.ArgumentParser:
    arguments = parser("train", "Learn a program: exact, readable, one file.", EXAMPLES)
    arguments.add_argument("task", nargs="?", metavar="TASK", help="a built-in task (tprog tasks lists them)")
    arguments.add_argument("--out", metavar="DIR", help="run directory (default: runs/NAME)")
    arguments.add_argument("--force", action="store_true", help="replace a run that is there")
    arguments.add_argument(
        "--learner",
        choices=("any-length", "auto", "grow", "hard", "relaxed", "text"),
        default="auto",
        help="auto (default): on words text, then grow, then hard, then refinement; keeps the best, then the shortest; "
        "any-length: the shortest program without positions of its own, see docs/length.md",
    )
    arguments.add_argument("--seed", type=int, default=0, help="same seed, same machine: same program (default 0)")
    arguments.add_argument("--preset", help="a recipe: paper, hard (relaxed); A, F, G (hard)")
    arguments.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="settings", help="a setting of the learner"
    )
    task = arguments.add_argument_group("built-in tasks")
    task.add_argument(
        "--vocabulary-size", type=int, metavar="V", help="tokens, <pad> and markers counted, as in the paper"
    )
    task.add_argument("--max-length", type=int, metavar="N", help="most tokens in a sequence, markers counted")
    task.add_argument("--size", type=int, help="distinct examples, 80/10/10 (default 20000)")
    task.add_argument("--data-seed", type=int, default=0, help="of the examples (default 0)")
    add_data(arguments)
    arguments.add_argument("--validation", metavar="FILE", help="default: a tenth of --data, by --data-seed")
    arguments.add_argument("--test", metavar="FILE", help="default: a tenth of --data, by --data-seed")
    arguments.add_argument("--lower", action="store_true", help="words are read in lower case, by the program, too")
    arguments.add_argument("--digits", action="store_true", help='every run of digits is read as "0", likewise')
    arguments.add_argument("--limit", type=int, metavar="N", help="most examples kept of each file, at random")
    add_json(arguments)
    return arguments


def _check(options: argparse.Namespace) -> None:
    if (options.task is None) == (options.data is None):
        raise ConfigError(
            place="TASK or --data",
            got="both" if options.task else "neither",
            expected="a built-in task, or --data FILE --kind KIND",
            todo="tprog tasks lists the tasks",
        )
    if options.data is not None and options.kind is None:
        raise ConfigError(place="--kind", got="nothing", expected="tagging or classification")
    for_files = ("kind", "format", "tokens_column", "labels_column", "validation", "test", "limit", "lower", "digits")
    for name in for_files if options.task is not None else ("size",):
        if getattr(options, name) not in (None, False):
            beside, wanted = ("TASK", "--data FILE") if options.task is not None else ("--data", "a built-in task")
            flag = "--" + name.replace("_", "-")
            raise ConfigError(place=flag, got=f"{beside} beside it", expected=f"{wanted}, or no {flag}")
    at_least("--seed", options.seed, 0)
    at_least("--data-seed", options.data_seed, 0)
    if options.size is not None:
        at_least("--size", options.size, 10)


def _data(options: argparse.Namespace) -> tuple[Dataset, Task | None]:
    from transformer_programs.program import Reading
    from transformer_programs.tasks import framed, load_dataset, make_task

    if options.task is not None:
        task = make_task(options.task, vocabulary_size=options.vocabulary_size, max_length=options.max_length)
        return task.dataset(size=options.size or 20_000, seed=options.data_seed), task
    extra: dict[str, Any] = {}
    if options.vocabulary_size is not None:
        extra["vocabulary_size"] = options.vocabulary_size
    from transformer_programs.cli.bar import reading

    with reading(quiet=options.json):
        data = load_dataset(
            options.data,
            kind=options.kind,
            validation=options.validation,
            test=options.test,
            seed=options.data_seed,
            max_length=options.max_length,
            format=options.format,
            columns=columns(options),
            reading=Reading(lower=options.lower, digits=options.digits),
            limit=options.limit,
            repair=options.repair,
            **extra,
        )
    # Neighbours tell the ends of a sentence apart only where something stands there.
    return framed(data) if options.learner == "text" else data, None


def _learner(options: argparse.Namespace) -> Learner:
    from transformer_programs.learn import learner_named
    from transformer_programs.learn.options import with_settings

    return with_settings(learner_named(options.learner, preset=options.preset), options.settings)


def _config(options: argparse.Namespace, learner: Learner, data: Dataset) -> dict[str, Any]:
    from transformer_programs.learn.options import fields

    asked = {key: value for key, value in vars(options).items() if key not in ("out", "force", "json", "settings")}
    # A run must not go on with files that were changed in between.
    contents = {} if options.data is None else {"data": {"sha256": data.fingerprint()}}
    return {"asked": asked, **contents, "learner": {key: _plain(value) for key, value in fields(learner).items()}}


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, float, str, type(None))) else str(value)


def _tell(report: dict[str, Any], out: Path) -> None:
    from transformer_programs.cli.missing import closing
    from transformer_programs.learn.train import percent

    print(
        f"learned {report['program']} in {report['seconds']:.1f} s: {report['variables']} variables, "
        f"{report['lines']} lines of Python"
    )
    for part, accuracy in report["accuracy"].items():
        print(
            f"  {part.replace('_', ' '):13} {percent(accuracy['sequence_accuracy']):>8} of {accuracy['inputs']:,} "
            f"sequences, {percent(accuracy['token_accuracy']):>8} of answers right"
            + (f", entity F1 {percent(accuracy['entity_f1'])}" if "entity_f1" in accuracy else "")
        )
    if report["baselines"]:
        print(f"  without it    {_listed(report['baselines'])} of the test part's answers right")
    if "baselines_entity_f1" in report:
        print(f"  {'':13} entity F1: {_listed(report['baselines_entity_f1'])}")
    for words, accuracy in report.get("any_length", {}).items():
        print(
            f"  {words + ' tokens':15}{percent(accuracy['sequence_accuracy']):>7} of {accuracy['inputs']:,} "
            f"sequences, {percent(accuracy['token_accuracy']):>8} of answers right"
        )
    agreed = report["agreement"]
    print(
        f"  agreement     {agreed['differences']} differences on {agreed['inputs']} inputs between "
        f"{len(agreed['executors'])} executors"
    )
    for what, text in report["how"].items():
        print(f"  {what:13} {text}")
    for line in closing(report["missing"]) if "missing" in report else ():
        print(line)
    given = "TEXT" if report.get("reading", {}).get("text") else "TOKEN ..."
    print(f"kept in {out}; see it: tprog show {out}; run it: python {out}/program.py {given}")


def _listed(shares: Mapping[str, float]) -> str:
    from transformer_programs.learn.train import percent

    return ", ".join(f"{name} {percent(share)}" for name, share in shares.items())
