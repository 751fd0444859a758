"""`tprog sweep`: a declared study on all cores or on a cluster, resumable, with a live table and a report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from transformer_programs.cli.options import add_json, parser, print_json
from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError

if TYPE_CHECKING:
    from transformer_programs.experiments.backends import Backend

__all__ = ["main"]

EXAMPLES = """\
  tprog sweep auto-8 --out results/auto-8
  tprog sweep heads.toml --workers 2 --only sort hist --out results/heads
  tprog sweep heads.toml --backend dask --address tcp://10.0.0.1:8786 --out results/heads
  tprog sweep heads.toml --dry-run --out results/heads        what would be run

a sweep that was stopped goes on with the same command; docs/sweep.md describes the file"""


def main(argv: Sequence[str]) -> int:
    """Runs what is missing; keeps results.jsonl, report.md, report.svg and the programs; prints the table."""
    options = _arguments().parse_args(argv)
    if options.workers is not None:
        at_least("--workers", options.workers, 1)
    if options.address is not None and options.backend == "processes":
        raise ConfigError(place="--address", got="the backend processes", expected="--backend dask or ray")
    if options.address is None and options.backend == "dask":
        raise ConfigError(place="--backend dask", got="no --address", expected="--address tcp://HOST:PORT")

    from transformer_programs.cli.sweep_table import SweepTable
    from transformer_programs.experiments import Results, load_suite, summarise, sweep
    from transformer_programs.experiments.earlier import told_earlier
    from transformer_programs.experiments.report import write_report

    suite = load_suite(options.suite)
    runs = suite.runs(options.only)
    if options.dry_run:
        for run in runs:
            print(run.title)
        return 0
    out = Path(options.out)
    results = Results(out)
    with SweepTable(runs, results, quiet=options.json) as table:
        for note in (*results.notes(runs), *told_earlier(runs, results)):
            table.tell(note)
        try:
            for done, row in sweep(runs, results, _backend(options), table.tell):
                table.add(done, row)
        except KeyboardInterrupt:
            table.tell(f"stopped; the same command goes on with the {len(runs) - len(results.of(runs))} runs left")
            return 130
    rows = results.of(runs)
    write_report(suite, rows, out, command=" ".join(["tprog", "sweep", *argv]))
    if options.json:
        print_json({"suite": suite.name, "rows": rows, "out": str(out)})
    else:
        print(summarise(rows))
        print(f"\nkept in {out}: results.jsonl, report.md, report.svg, the programs", file=sys.stderr)
    return 0


def _arguments() -> argparse.ArgumentParser:
    arguments = parser("sweep", "Run a declared study: tasks, sizes, a grid of settings, seeds.", EXAMPLES)
    arguments.add_argument("suite", help="a shipped suite's name, or a TOML file")
    arguments.add_argument("--out", required=True, metavar="DIR", help="where the results are kept")
    arguments.add_argument("--only", nargs="+", default=(), metavar="TASK", help="these tasks of the suite")
    arguments.add_argument("--workers", type=int, metavar="N", help="runs at a time (default: one a core)")
    arguments.add_argument(
        "--backend", choices=("processes", "dask", "ray"), default="processes", help="where (default: processes here)"
    )
    arguments.add_argument("--address", metavar="URL", help="of a running cluster")
    arguments.add_argument("--dry-run", action="store_true", help="list the runs and do nothing")
    add_json(arguments)
    return arguments


def _backend(options: argparse.Namespace) -> Backend:
    from transformer_programs.experiments import Dask, Here, Processes, Ray

    if options.backend == "dask":
        return Dask(address=options.address)
    if options.backend == "ray":
        return Ray(address=options.address)
    return Here() if options.workers == 1 else Processes(workers=options.workers)
