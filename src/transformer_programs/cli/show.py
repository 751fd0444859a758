"""`tprog show`: a program as text."""

from __future__ import annotations

from collections.abc import Sequence

from transformer_programs.cli.options import add_json, parser, print_json

__all__ = ["main"]


def main(argv: Sequence[str]) -> int:
    """Prints a program as Python, as a listing or as RASP."""
    arguments = parser(
        "show",
        "Print a program.",
        "  tprog show programs/sort\n  tprog show runs/sort --as python > sort.py\n  tprog show runs/sort --json",
    )
    arguments.add_argument("program", help="a run directory, a folder of programs/, a program.json or a program.py")
    arguments.add_argument(
        "--as", dest="form", choices=("python", "listing", "rasp"), default="python", help="default: python"
    )
    add_json(arguments)
    options = arguments.parse_args(argv)

    from transformer_programs.files import load_program

    program = load_program(options.program)
    if options.form == "listing":
        from transformer_programs.emit.listing import print_listing as show
    elif options.form == "rasp":
        from transformer_programs.rasp.source import print_rasp as show
    else:
        from transformer_programs.emit.python import print_python as show
    text = show(program)
    if options.json:
        print_json({"program": program.name, "as": options.form, "lines": text.count("\n"), "text": text})
    else:
        print(text, end="")
    return 0
