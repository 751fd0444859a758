"""`tprog experiment`: a declared study, resumable, with a table at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from transformer_programs.cli.options import add_json, parser, print_json

__all__ = ["main"]

EXAMPLES = """\
  tprog experiment auto-8 --out results/auto-8
  tprog experiment auto-8 --only hist sort --out results/auto-8
  tprog experiment my-suite.toml --out results/mine
  tprog experiment ner --data DIR --vectors glove.txt --out results/ner
  tprog experiment classification --dataset trec --data DIR --out results/trec
  tprog experiment length --preset tiny --out results/length      its own flags: tprog experiment length --help

a study that was stopped goes on with the same command"""

STUDIES = {
    "classification": "transformer_programs.cli.text",
    "length": "transformer_programs.cli.length",
    "ner": "transformer_programs.cli.text",
}
"""Studies with flags of their own, and the module of each."""


def main(argv: Sequence[str]) -> int:
    """Runs what is missing and prints the table."""
    if argv and argv[0] in STUDIES:
        study: Callable[[Sequence[str]], int] = import_module(STUDIES[argv[0]]).main
        return study(argv if argv[0] != "length" else argv[1:])
    arguments = parser("experiment", "Run a declared study.", EXAMPLES)
    arguments.add_argument("suite", help="auto-8, auto-16, hard-8, or a TOML file")
    arguments.add_argument("--out", required=True, metavar="DIR", help="where results.jsonl and the programs are kept")
    arguments.add_argument("--only", nargs="+", default=(), metavar="TASK", help="these tasks of the suite")
    add_json(arguments)
    options = arguments.parse_args(argv)

    from transformer_programs.experiments import load_suite, run_suite, summarise

    suite = load_suite(options.suite)
    out = Path(options.out)
    rows = list(run_suite(suite, out, only=options.only, tell=lambda text: print(text, file=sys.stderr)))
    if options.json:
        print_json({"suite": suite.name, "rows": rows})
    else:
        print(summarise(rows))
    return 0
