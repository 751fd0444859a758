"""Printed programs as files under tests/golden, to look at; TPROG_GOLDEN=write rewrites them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from emit.handmade import double_hist, dyck1, hist, sort
from transformer_programs.emit.listing import print_listing
from transformer_programs.emit.python import print_python, read_python
from transformer_programs.passes import simplify

GOLDEN = Path(__file__).parent.parent / "golden"
PROGRAMS = (hist, double_hist, sort, dyck1)


def agrees(path: Path, text: str) -> bool:
    if os.environ.get("TPROG_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("make", PROGRAMS)
def test_printed_python(make) -> None:
    program = simplify(make())
    text = print_python(program)
    assert agrees(GOLDEN / f"{make.__name__}.py", text)
    assert read_python(text) == program


def test_listing() -> None:
    text = "\n".join(print_listing(simplify(make())) for make in PROGRAMS)
    assert agrees(GOLDEN / "listing.txt", text)


def test_the_shortest_program_stays_short() -> None:
    assert (GOLDEN / "hist.py").read_text(encoding="utf-8").count("\n") < 60
