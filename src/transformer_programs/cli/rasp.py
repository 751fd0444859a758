"""`tprog rasp`: the RASP language: at the prompt, from a pipe, from a file."""

from __future__ import annotations

import io
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
    return _file(options)


def _prompt() -> int:
    if sys.stdin.isatty():
        from transformer_programs.rasp.terminal import run_terminal

        run_terminal()
    else:
        from transformer_programs.rasp.repl import run_stream

        # What is no UTF-8 text is an unknown character, told as such, and no reason to end the session.
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        run_stream(sys.stdin, sys.stdout, sys.stderr)
    return 0


def _file(options: Any) -> int:
    from transformer_programs.rasp.session import LONGEST_CHECK

    session = _session(options.rasp_l)
    on = _input(session, options)
    if on is not None and len(on) <= LONGEST_CHECK:
        session.sop_example = session.selector_example = on
    session.run_file(options.file)
    report: dict[str, Any] = {}
    if options.cost is not None:
        from transformer_programs.rasp.cost import cost

        found = cost(session.sop(options.cost).expr)
        report |= {"cost of": options.cost, "layers": found.layers, "heads": list(found.heads)}
        _say(options, f"{options.cost}: {found}")
    name = options.name or options.draw or _last(session, options.rasp_l)
    if options.draw is not None:
        drawn: list[str] = []
        session.tell = drawn.append  # type: ignore[assignment, method-assign]
        session.draw(session.sop(options.draw), on)
        report["drawn"] = [text.removeprefix("drawn: ") for text in drawn]
        _say(options, *drawn)
    if options.program is not None:
        _write_program(session, name, options.program)
        report["written"] = str(options.program)
        _say(options, f"written: {options.program}")
    if options.rasp_l:
        from transformer_programs.rasp.raspl.command import report_raspl

        report |= report_raspl(session, name, options.file, on)
        _say(options, f"{name}: accepted as RASP-L, {report['nodes']} nodes, {report['lines']} lines")
        if "continued" in report:
            _say(options, " ".join(map(str, report["continued"])))
    elif on is not None and options.draw is None:
        report |= _evaluate(session, name, on, options)
    elif not report and options.json:
        report["defined"] = _defined(session)
    elif not report:
        _show_all(session)
    if options.json:
        print_json(report)
    return 0


def _session(raspl: bool) -> Session:
    if raspl:
        from transformer_programs.rasp.raspl import RaspLSession

        return RaspLSession()
    from transformer_programs.rasp.session import Session

    return Session()


def _last(session: Session, raspl: bool) -> str:
    """What a file is about: the s-op it made last; of a RASP-L program `next`, if it has one."""
    return "next" if raspl and "next" in session.environment.names() else session.last


def _say(options: Any, *lines: str) -> None:
    if not options.json:
        for line in lines:
            print(line)


def _input(session: Session, options: Any) -> Any:
    """The input: text, or the value of a RASP expression."""
    from transformer_programs.errors import ConfigError
    from transformer_programs.rasp.parser import Command, statements

    if options.values is None:
        if options.input == "":
            raise ConfigError(place="--input", got="an empty text", expected="one token or more")
        return options.input
    for command in statements(f"set example {options.values}", "--values"):
        if isinstance(command, Command):
            on = session.example_of(command)
            if len(on) == 0:
                raise ConfigError(place="--values", got="an empty list", expected="one token or more")
            return on
    raise ConfigError(place="--values", got=options.values, expected="a RASP list, such as '[1, 2]'")


def _evaluate(session: Session, name: str, on: Any, options: Any) -> dict[str, Any]:
    from transformer_programs.rasp.errors import RaspError
    from transformer_programs.rasp.evaluation import quoted
    from transformer_programs.rasp.values import Matrix, Named

    value = session.value(name)
    if not isinstance(value, Named):
        raise RaspError(f"{name} is no s-op or selector", expected="--name NAME of one")
    found = session.evaluate(value, on)
    if isinstance(found, Matrix):
        _say(options, f"{name}({quoted(on)}) =", str(found))
        return {"name": name, "input": on, "selected": found.rows}
    _say(options, f"{name}({quoted(on)}) = {found}")
    return {"name": name, "input": on, "values": found.values}


def _write_program(session: Session, name: str, path: Path) -> None:
    from transformer_programs.files import write_text
    from transformer_programs.program import dumps
    from transformer_programs.rasp.lowering import program_of

    program = program_of(session.sop(name).expr, name=name, names=session.names(), causal=session.causal)
    write_text(path, dumps(program))


def _defined(session: Session) -> list[str]:
    """The names that a file gave, private ones excepted."""
    from transformer_programs.rasp.session import Session as Fresh

    known = set(Fresh().environment.names())
    return [n for n in session.environment.names() if n not in known and not n.startswith("_") and n != "out"]


def _show_all(session: Session) -> None:
    """What the file gave a name, on the running example."""
    from transformer_programs.rasp.display import Display

    display = Display(session, sys.stdout.write)
    for name in _defined(session):
        display.named(name, session.value(name))
