"""`tprog view`: a program, or two side by side, as one HTML page in which it runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from transformer_programs.cli.options import add_json, parser, print_json

__all__ = ["main"]

EXAMPLES = """  tprog view programs/sort --out sort.html
  tprog view programs/hist --out hist.html --input '1 1 2 5'
  tprog view programs/sort runs/sort --out both.html --force"""


def main(argv: Sequence[str]) -> int:
    """Writes the page."""
    arguments = parser(
        "view",
        "Write one HTML page that shows a program, runs it on what is typed, and needs no network.",
        EXAMPLES,
    )
    arguments.add_argument("program", help="a run directory, a folder of programs/, a program.json or a program.py")
    arguments.add_argument("other", nargs="?", help="a second program, to be shown and run beside the first")
    arguments.add_argument("--out", type=Path, required=True, metavar="FILE", help="the page to write")
    arguments.add_argument("--input", metavar="TOKENS", help="what the page opens with; default: a few of its tokens")
    arguments.add_argument("--force", action="store_true", help="write over a file")
    add_json(arguments)
    options = arguments.parse_args(argv)

    from transformer_programs.errors import OutputError
    from transformer_programs.files import load_program, write_text
    from transformer_programs.view import render_page

    if options.out.exists() and not options.force:
        raise OutputError(place=str(options.out), got="a file that exists", todo="use --force to write over it")
    program = load_program(options.program)
    other = None if options.other is None else load_program(options.other)
    page = render_page(program, other, text=options.input).encode("utf-8", "xmlcharrefreplace")
    write_text(options.out, page)
    if options.json:
        print_json(
            {"programs": [one.name for one in (program, other) if one], "out": str(options.out), "bytes": len(page)}
        )
    else:
        print(f"{options.out}: {len(page) / 1000:,.0f} kB; open it in a browser")
    return 0
