"""`tprog show`: a program as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from transformer_programs.cli.options import add_json, parser, print_json
from transformer_programs.errors import ConfigError

if TYPE_CHECKING:
    from transformer_programs.program import Program

__all__ = ["main"]


def main(argv: Sequence[str]) -> int:
    """Prints a program as Python, as a listing, as RASP, as a tree, or its attention on an input."""
    arguments = parser(
        "show",
        "Print a program.",
        "  tprog show programs/sort\n  tprog show runs/sort --as python > sort.py\n  tprog show runs/sort --json\n"
        "  tprog show programs/sort --as tree\n  tprog show programs/sort --as attention 3 1 4",
    )
    arguments.add_argument("program", help="a run directory, a folder of programs/, a program.json or a program.py")
    arguments.add_argument(
        "--as",
        dest="form",
        choices=("python", "listing", "rasp", "tree", "attention"),
        default="python",
        help="default: python",
    )
    arguments.add_argument("tokens", nargs="*", metavar="INPUT", help="for tree and attention; after -- all is input")
    add_json(arguments)
    words, literal = list(argv), list[str]()
    if "--" in words:
        cut = words.index("--")
        words, literal = words[:cut], words[cut + 1 :]
    options = arguments.parse_intermixed_args(words)
    tokens = [*options.tokens, *literal]
    if tokens and options.form not in ("tree", "attention"):
        raise ConfigError(place="INPUT", got=" ".join(tokens), expected="none, or --as tree or --as attention")
    if options.form == "attention" and not tokens:
        raise ConfigError(place="--as attention", got="no input", expected="an input behind it")

    from transformer_programs.files import load_program
    from transformer_programs.run.framed import given_words

    program = load_program(options.program)
    text = _text(program, options.form, given_words(program, tokens))
    if options.json:
        print_json({"program": program.name, "as": options.form, "lines": text.count("\n"), "text": text})
    else:
        print(text, end="")
    return 0


def _text(program: Program, form: str, tokens: list[str]) -> str:
    match form:
        case "listing":
            from transformer_programs.emit.listing import print_listing

            return print_listing(program)
        case "rasp":
            from transformer_programs.rasp.source import print_rasp

            return print_rasp(program)
        case "tree":
            from transformer_programs.explain.views import tree_text

            return tree_text(program, tokens)
        case "attention":
            from transformer_programs.explain.views import attention_text

            return attention_text(program, tokens)
        case _:
            from transformer_programs.emit.python import print_python

            return print_python(program)
