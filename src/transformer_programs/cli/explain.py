"""`tprog explain`: why a program answers what it answers."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from transformer_programs.cli.options import add_data, add_json, parser, print_json
from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError, InputError

__all__ = ["main"]

EXAMPLES = """\
  tprog explain programs/sort 3 1 4 1 0
  tprog explain programs/sort 3 1 4 1 0 --position 2 --why 1 --not 3
  tprog explain programs/dyck2 --json -- ( { } )
  tprog explain programs/sort --task sort --coverage
  tprog explain runs/sort --task sort --errors

positions are the program's: its markers count, the table of variables shows them; after -- everything is a token"""


MODES = ("coverage", "errors")


def main(argv: Sequence[str]) -> int:
    """Explains, and returns the exit code."""
    arguments = _arguments()
    words = list(argv)
    literal: list[str] = []
    if "--" in words:
        cut = words.index("--")
        words, literal = words[:cut], words[cut + 1 :]
    options = arguments.parse_intermixed_args(words)
    tokens = [*options.tokens, *literal]
    asked = [flag for flag in MODES if getattr(options, flag)]
    if len(asked) > 1:
        raise ConfigError(place="flags", got=" and ".join(f"--{flag}" for flag in asked), expected="one of them")
    if asked and (options.position, options.why, options.other) != (None, None, None):
        raise ConfigError(place=f"--{asked[0]}", got="--position, --why or --not beside it", expected="an input alone")
    if options.samples is not None:
        at_least("--samples", options.samples, 1)
    at_least("--seed", options.seed, 0)

    from transformer_programs.files import load_program

    program = load_program(options.program)
    if options.coverage or options.errors:
        from transformer_programs.cli.explain_data import show_coverage, show_errors, the_inputs

        if options.errors and options.task is None and options.data is None:
            raise ConfigError(place="--errors", got="no right answers", expected="--task NAME or --data FILE")
        inputs = the_inputs(options, program, tokens)
        if options.errors:
            return show_errors(program, inputs, json=options.json)
        show_coverage(program, inputs, json=options.json)
        return 0
    if not tokens:
        raise InputError(place="input", got="no tokens", expected="the tokens to explain", todo="see --help")
    from transformer_programs.explain import explain

    found = explain(program, tokens)
    if options.json:
        from transformer_programs.explain.report import as_json

        print_json(as_json(found, tokens, position=options.position, label=options.why, other=options.other))
        return 0
    from transformer_programs.cli.explain_input import tell

    tell(found, tokens, position=options.position, label=options.why, other=options.other)
    return 0


def _arguments() -> argparse.ArgumentParser:
    arguments = parser("explain", "Why does a program answer what it answers?", EXAMPLES)
    arguments.add_argument("program", help="a run directory, a folder of programs/, a program.json or a program.py")
    arguments.add_argument("tokens", nargs="*", metavar="INPUT", help="tokens to explain")
    one = arguments.add_argument_group("one input")
    one.add_argument("--position", type=int, metavar="I", help="explain the answer at this position in full")
    one.add_argument("--why", metavar="LABEL", help="why this label (default: the answer)")
    one.add_argument("--not", dest="other", metavar="LABEL", help="and not this one (default: the second)")
    many = arguments.add_argument_group("many inputs: every one of the program's, unless told which")
    many.add_argument("--coverage", action="store_true", help="which table rows are ever used")
    many.add_argument("--errors", action="store_true", help="which rows the errors come from (exit code 1: some)")
    many.add_argument("--task", help="the inputs of a built-in task, with its right answers")
    many.add_argument(
        "--samples", type=int, metavar="N", help="all inputs up to N, else N random ones (default 50000, 20000)"
    )
    many.add_argument("--seed", type=int, default=0, help="of the samples (default 0)")
    many.add_argument("--with", dest="holding", action="append", metavar="TOKEN", help="only inputs that hold it")
    add_data(arguments)
    add_json(arguments)
    return arguments
