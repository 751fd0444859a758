"""`tprog rasp`: the RASP language: at the prompt, from a pipe, from a file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.cli.options import add_json, parser, print_json

if TYPE_CHECKING:
    from transformer_programs.rasp.session import Session

__all__ = ["main"]

EXAMPLES = """  tprog rasp
  echo 'indices + 1;' | tprog rasp
  tprog rasp examples/rasp/reverse.rasp --input hello
  tprog rasp examples/rasp/sort.rasp --cost sorted
  tprog rasp mine.rasp --name answer --values '[3, 1, 2]'
  tprog rasp mine.rasp --draw answer --input abc"""


def main(argv: Sequence[str]) -> int:
    """Runs the prompt, or a file."""
    arguments = parser("rasp", "RASP, the language of Transformers: a prompt, or a file of statements.", EXAMPLES)
    arguments.add_argument("file", nargs="?", type=Path, help="a .rasp file; without it the prompt, or standard input")
    arguments.add_argument("--input", metavar="TEXT", help="evaluate on this text, a character a token")
    arguments.add_argument("--values", metavar="LIST", help="evaluate on this RASP list, such as '[1, 2]'")
    arguments.add_argument("--name", help="what to evaluate; default: the last s-op or selector of the file")
    arguments.add_argument("--cost", metavar="NAME", help="layers and heads per layer of an s-op")
    arguments.add_argument("--draw", metavar="NAME", help="write NAME.svg: how an s-op is computed on the input")
    arguments.add_argument("--program", metavar="FILE.json", type=Path, help="write the Program that computes it")
    arguments.add_argument("--rasp-l", action="store_true", help="check against the rules of RASP-L, and run causally")
    add_json(arguments)
    options = arguments.parse_args(argv)
    if options.file is None:
        for flag in ("input", "values", "name", "cost", "draw", "program"):
            if getattr(options, flag) is not None:
                arguments.error(f"--{flag} needs a FILE.rasp")
        return _prompt()
    if options.rasp_l:
        from transformer_programs.rasp.raspl.command import run_raspl

        return run_raspl(options)
    return _file(options)


def _prompt() -> int:
    if sys.stdin.isatty():
        from transformer_programs.rasp.terminal import run_terminal

        run_terminal()
    else:
        from transformer_programs.rasp.repl import run_stream

        run_stream(sys.stdin, sys.stdout, sys.stderr)
    return 0


def _file(options: Any) -> int:
    from transformer_programs.rasp.session import LONGEST_CHECK, Session

    session = Session()
    on = _input(session, options)
    if on is not None and len(on) <= LONGEST_CHECK:
        session.sop_example = session.selector_example = on
    session.run_file(options.file)
    done = False
    if options.cost is not None:
        from transformer_programs.rasp.cost import cost

        found = cost(session.sop(options.cost).expr)
        if options.json:
            print_json({"name": options.cost, "layers": found.layers, "heads": list(found.heads)})
        else:
            print(f"{options.cost}: {found}")
        done = True
    name = options.name or options.draw or session.last
    if options.draw is not None:
        session.tell = print  # type: ignore[assignment, method-assign]
        session.draw(session.sop(options.draw), on)
        done = True
    if options.program is not None:
        _write_program(session, name, options.program)
        done = True
    if on is not None and options.draw is None:
        _evaluate(session, name, on, options.json)
    elif not done:
        _show_all(session)
    return 0


def _input(session: Session, options: Any) -> Any:
    """The input: text, or the value of a RASP expression."""
    if options.values is None:
        return options.input
    from transformer_programs.errors import ConfigError
    from transformer_programs.rasp.parser import Command, statements

    for command in statements(f"set example {options.values}", "--values"):
        if isinstance(command, Command):
            return session.example_of(command)
    raise ConfigError(place="--values", got=options.values, expected="a RASP list, such as '[1, 2]'")


def _evaluate(session: Session, name: str, on: Any, as_json: bool) -> None:
    from transformer_programs.rasp.display import quoted
    from transformer_programs.rasp.errors import RaspError
    from transformer_programs.rasp.values import Matrix, Named

    value = session.value(name)
    if not isinstance(value, Named):
        raise RaspError(f"{name} is no s-op or selector", expected="--name NAME of one")
    found = session.evaluate(value, on)
    if as_json:
        matrix = isinstance(found, Matrix)
        values = found.rows if isinstance(found, Matrix) else found.values
        print_json({"name": name, "input": on, "selected" if matrix else "values": values})
    elif isinstance(found, Matrix):
        print(f"{name}({quoted(on)}) =")
        print(found)
    else:
        print(f"{name}({quoted(on)}) = {found}")


def _write_program(session: Session, name: str, path: Path) -> None:
    from transformer_programs.files import write_text
    from transformer_programs.program import dumps
    from transformer_programs.rasp.lowering import program_of

    names = {expr: text for expr, text in session.names().items() if text.isidentifier()}
    write_text(path, dumps(program_of(session.sop(name).expr, name=name, names=names)))
    print(f"written: {path}")


def _show_all(session: Session) -> None:
    """What the file gave a name, on the running example."""
    from transformer_programs.rasp.display import Display
    from transformer_programs.rasp.session import Session as Fresh

    display = Display(session, sys.stdout.write)
    known = set(Fresh().environment.names())
    for name in session.environment.names():
        if name not in known and not name.startswith("_") and name != "out":
            display.named(name, session.value(name))
