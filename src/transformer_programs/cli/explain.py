"""`tprog explain`: why a program answers what it answers."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from transformer_programs.cli.options import add_json, parser, print_json
from transformer_programs.errors import InputError

__all__ = ["main"]

EXAMPLES = """\
  tprog explain programs/sort 3 1 4 1 0
  tprog explain programs/sort 3 1 4 1 0 --position 2 --why 1 --not 3
  tprog explain programs/dyck2 --json -- ( { } )

positions are the program's: its markers count, the table of variables shows them; after -- everything is a token"""


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

    from transformer_programs.files import load_program

    program = load_program(options.program)
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
    add_json(arguments)
    return arguments
