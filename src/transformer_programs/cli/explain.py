"""`tprog explain`: why a program answers what it answers."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

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
  tprog explain programs/sort --circuit 0 --out zero.svg
  tprog explain programs/sort programs/dyck2 --reads --out reads.png
  tprog explain runs/tags --words --why B-LOC --not B-ORG
  tprog explain runs/sort --task sort --circuit-of errors --out runs/sort-errors

positions are the program's: its markers count, the table of variables shows them; after -- everything is a token"""


MODES = ("coverage", "errors", "circuit", "circuit_of", "ablate", "reads", "words")

CIRCUIT_INPUTS = 400_000
"""The batch kernel decides so many inputs quickly; other modes keep every variable of every input."""


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
    asked = [f"--{flag.replace('_', '-')}" for flag in MODES if getattr(options, flag) not in (None, False)]
    if len(asked) > 1:
        raise ConfigError(place="flags", got=" and ".join(asked), expected="one of them")
    labels = (None, None) if options.words else (options.why, options.other)
    if asked and (options.position, *labels) != (None, None, None):
        raise ConfigError(place=asked[0], got="--position, --why or --not beside it", expected="none of them")
    if options.out is not None and (options.circuit, options.circuit_of) == (None, None) and not options.reads:
        expected = "--circuit, --circuit-of or --reads beside it"
        raise ConfigError(place="--out", got="nothing to write", expected=expected)
    if options.samples is not None:
        at_least("--samples", options.samples, 1)
    at_least("--seed", options.seed, 0)

    from transformer_programs.files import load_program
    from transformer_programs.run.framed import given_words

    program = load_program(options.program)
    if options.reads:
        from transformer_programs.cli.explain_program import show_reads

        show_reads([program, *map(load_program, tokens)], options)
        return 0
    tokens = given_words(program, tokens)
    if options.words:
        from transformer_programs.cli.explain_program import show_words

        if tokens:
            raise ConfigError(place="--words", got=f"{' '.join(tokens)} beside it", expected="a program alone")
        show_words(program, options)
        return 0
    if options.coverage or options.errors:
        from transformer_programs.cli.explain_data import show_coverage, show_errors, the_inputs

        if options.errors and options.task is None and options.data is None:
            raise ConfigError(place="--errors", got="no right answers", expected="--task NAME or --data FILE")
        inputs = the_inputs(options, program, tokens)
        if options.errors:
            return show_errors(program, inputs, json=options.json)
        show_coverage(program, inputs, json=options.json)
        return 0
    if options.circuit is not None or options.circuit_of is not None or options.ablate:
        from transformer_programs.cli.explain_circuit import show_ablation, show_circuit

        if options.ablate:
            show_ablation(program, options, tokens)
            return 0
        options.samples = options.samples or CIRCUIT_INPUTS
        show_circuit(program, options, tokens)
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
    none = arguments.add_argument_group("programs as such")
    none.add_argument("--reads", action="store_true", help="what heads read by layer; INPUT are further programs")
    none.add_argument(
        "--words", action="store_true", help="classes of words; with --why and --not, what speaks for what"
    )
    many = arguments.add_argument_group("many inputs: every one of the program's, unless told which")
    many.add_argument("--coverage", action="store_true", help="which table rows are ever used")
    many.add_argument("--errors", action="store_true", help="which rows the errors come from (exit code 1: some)")
    many.add_argument("--ablate", action="store_true", help="how many answers change when a variable is taken away")
    many.add_argument("--circuit", metavar="LABEL", help="the part of the program that decides whether it is LABEL")
    many.add_argument("--circuit-of", choices=("inputs", "errors"), help="the part that these answers depend on")
    many.add_argument(
        "--allow", type=_share, default=0.0, metavar="P%%", help="answers a circuit may change (default 0%%)"
    )
    many.add_argument("--out", type=Path, metavar="FILE.svg|DIR", help="write the picture, or the circuit as a program")
    many.add_argument("--force", action="store_true", help="write over what is there")
    many.add_argument("--task", help="the inputs of a built-in task, with its right answers")
    many.add_argument(
        "--samples", type=int, metavar="N", help="all inputs up to N, else N random ones (default 50000, 20000)"
    )
    many.add_argument("--seed", type=int, default=0, help="of the samples (default 0)")
    many.add_argument("--with", dest="holding", action="append", metavar="TOKEN", help="only inputs that hold it")
    add_data(arguments)
    add_json(arguments)
    return arguments


def _share(text: str) -> float:
    """A share such as `0.1%` or 0.001."""
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise ConfigError(place="--allow", got=repr(text), expected="a share such as 0.1% or 0.001")
    return value
