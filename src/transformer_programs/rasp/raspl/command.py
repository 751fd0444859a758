"""`tprog rasp FILE --rasp-l`: accepted or refused, how long, and what it writes after a prompt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from transformer_programs.rasp.errors import RaspError
from transformer_programs.rasp.parser import Command, statements
from transformer_programs.rasp.raspl.rules import size
from transformer_programs.rasp.raspl.session import RaspLSession
from transformer_programs.rasp.raspl.stream import generate
from transformer_programs.rasp.values import Named

__all__ = ["lines_of", "run_raspl"]

LONGEST = 1000


def run_raspl(options: Any) -> int:
    """Checks a file, and runs it where a prompt is given."""
    session = RaspLSession()
    session.run_file(options.file)
    name = options.name or ("next" if "next" in session.environment.names() else session.last)
    sop = session.sop(name)
    nodes, lines = size(sop.expr), lines_of(options.file)
    report: dict[str, Any] = {"name": name, "rasp-l": True, "nodes": nodes, "lines": lines}
    if options.values is not None:
        report["written"] = generate(sop.expr, _prompt(session, options.values), _end(session), longest=LONGEST)
    if options.json:
        print(json.dumps(report))
    else:
        print(f"{name}: accepted as RASP-L, {nodes} nodes, {lines} lines")
        if "written" in report:
            print(*report["written"])
    return 0


def lines_of(path: Path) -> int:
    """Lines of a program: blank ones and comments do not count."""
    text = path.read_text(encoding="utf-8")
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in text.splitlines())


def _prompt(session: RaspLSession, text: str) -> list[int]:
    for command in statements(f"set example {text}", "--values"):
        if isinstance(command, Command):
            value = session.example_of(command)
            if isinstance(value, list) and value and all(type(token) is int for token in value):
                return value
    raise RaspError(f"a prompt {text}", expected="a list of whole numbers, such as '[3, 1, -1]'")


def _end(session: RaspLSession) -> int:
    value = session.value("END")
    if isinstance(value, Named) or type(value) is not int:
        raise RaspError("END is no whole number", expected="the token that ends, as END = -2;")
    return value
