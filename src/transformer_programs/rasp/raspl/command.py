"""What `tprog rasp FILE --rasp-l` says: accepted, how long, and what the program writes after a prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformer_programs.rasp.errors import RaspError
from transformer_programs.rasp.raspl.rules import size
from transformer_programs.rasp.raspl.stream import generate
from transformer_programs.rasp.session import Session
from transformer_programs.rasp.values import Named, describe

__all__ = ["lines_of", "report_raspl"]

LONGEST = 1000


def report_raspl(session: Session, name: str, path: Path, prompt: Any) -> dict[str, Any]:
    """What there is to say of a RASP-L program; `continued` is what it writes after the prompt, if one is given.

    Raises:
        RaspError: the prompt is no list of whole numbers, or the program fails on it.
    """
    sop = session.sop(name).expr
    report: dict[str, Any] = {"name": name, "rasp-l": True, "nodes": size(sop), "lines": lines_of(path)}
    if prompt is not None:
        if not isinstance(prompt, list) or not prompt or any(type(token) is not int for token in prompt):
            raise RaspError(f"a prompt {describe(prompt)}", expected="a list of whole numbers: --values '[3, 1, -1]'")
        report["continued"] = generate(sop, prompt, _end(session), longest=LONGEST)
    return report


def lines_of(path: Path) -> int:
    """Lines of a program: blank ones and comments do not count."""
    text = path.read_text(encoding="utf-8")
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in text.splitlines())


def _end(session: Session) -> int:
    value = session.value("END")
    if isinstance(value, Named) or type(value) is not int:
        raise RaspError("END is no whole number", expected="the token that ends, as END = -2;")
    return value
