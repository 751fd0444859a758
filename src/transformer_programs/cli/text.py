"""`tprog experiment ner` and `tprog experiment classification`: programs for text beside their baselines."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from transformer_programs.cli.options import add_json, parser, print_json
from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError

__all__ = ["main"]

EXAMPLES = """\
  tprog experiment ner --data conll2003 --vectors glove.100d.txt --out results/ner
  tprog experiment ner --dataset wikigold --data examples/data/wikigold --out results/wikigold
  tprog experiment classification --dataset trec --data trec --vectors glove.100d.txt --out results/trec
  tprog experiment classification --dataset snips --data examples/data/snips --curve --out results/snips

a study that was stopped goes on with the same command"""

DEFAULT = "ner"
"""The data set of `tprog experiment ner`, if none is named."""

NER = "ner, wikigold"
CLASSIFICATION = "trec, mr, subj, ag_news, snips"
"""The studies of each kind."""


def main(argv: Sequence[str]) -> int:
    """Runs what is missing; keeps results.jsonl, table.md, pictures and errors; prints the table."""
    kind, *rest = argv
    options = _arguments(kind).parse_args(rest)
    if options.dataset is None:
        if kind == "classification":
            raise ConfigError(place="--dataset", got="nothing", expected=f"{CLASSIFICATION} or a TOML file")
        options.dataset = DEFAULT
    for flag, value in (("--seeds", options.seeds), ("--workers", options.workers)):
        if value is not None:
            at_least(flag, value, 1)

    from transformer_programs.experiments import Here, Processes, Results, sweep
    from transformer_programs.experiments.earlier import told_earlier
    from transformer_programs.experiments.text import check_runs, load_study, runs_of, table
    from transformer_programs.experiments.text.report import report
    from transformer_programs.files import write_text

    study, out = load_study(options.dataset), Path(options.out)
    if (study.kind == "tagging") != (kind == "ner"):
        raise ConfigError(
            place="--dataset", got=f"{options.dataset}, which is {study.kind}", expected=f"one for {kind}"
        )
    runs = runs_of(
        study,
        Path(options.data),
        vectors=",".join(options.vectors),
        only=options.only,
        seeds=options.seeds,
        shares=(0.125, 0.25, 0.5, 1.0) if options.curve else (1.0,),
    )
    results = Results(out)
    check_runs([run for run in runs if run not in results])

    def tell(text: str) -> None:
        if not options.json:
            print(text, file=sys.stderr, flush=True)

    for note in (*results.notes(runs), *told_earlier(runs, results)):
        tell(note)

    try:
        for run, row in sweep(runs, results, Processes(workers=options.workers) if options.workers else Here(), tell):
            tell(f"{run.title}: " + (row["failed"] if "failed" in row else f"{row['measure']} {100 * row['test']:.2f}"))
    except KeyboardInterrupt:
        tell("stopped; the same command goes on")
        return 130
    found = [(run, row) for run in runs for row in results.of([run]) if "failed" not in row]
    text = table(found)
    write_text(out / "table.md", text + "\n")
    report(found, results, out)
    if options.json:
        print_json({"study": study.name, "rows": [row for _, row in found]})
    else:
        print(text)
    return 0


def _arguments(kind: str) -> argparse.ArgumentParser:
    arguments = parser(f"experiment {kind}", "Programs for text beside baselines, on the same files.", EXAMPLES)
    names = (
        f"{CLASSIFICATION} or a TOML file; needed"
        if kind == "classification"
        else f"{NER} or a TOML file (default: {DEFAULT})"
    )
    arguments.add_argument("--dataset", metavar="NAME", help=names)
    arguments.add_argument("--data", required=True, metavar="DIR", help="where its files lie")
    arguments.add_argument("--vectors", nargs="+", default=[], metavar="FILE", help="word vectors to make classes from")
    arguments.add_argument("--out", required=True, metavar="DIR", help="where the results are kept")
    arguments.add_argument("--only", nargs="+", default=(), metavar="ROW", help="rows whose name has this in it")
    arguments.add_argument("--seeds", type=int, metavar="N", help="how many of the study's (default: all)")
    arguments.add_argument("--curve", action="store_true", help="also with 1/8, 1/4 and 1/2 of the training part")
    arguments.add_argument("--workers", type=int, metavar="N", help="runs at a time (default: one, here)")
    add_json(arguments)
    return arguments
