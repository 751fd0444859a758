"""A few hundred random and mutated programs; TPROG_FUZZ_EXAMPLES sets how many, as does `tests/rasp/fuzz.py`."""

from __future__ import annotations

import contextlib
import os
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fuzz import _expression, fuzz

from transformer_programs.program import check, dumps, loads
from transformer_programs.rasp import operations
from transformer_programs.rasp.cost import cost
from transformer_programs.rasp.draw import draw_dot, draw_svg
from transformer_programs.rasp.errors import RaspError
from transformer_programs.rasp.evaluation import Evaluation
from transformer_programs.rasp.lowering import program_of
from transformer_programs.rasp.raspl import RaspLSession, generate
from transformer_programs.rasp.session import Session
from transformer_programs.run import run

EXAMPLES = int(os.environ.get("TPROG_FUZZ_EXAMPLES", "300"))


def test_random_programs_end_without_a_traceback() -> None:
    fuzz(EXAMPLES, seed=7)


def test_whatever_is_accepted_is_lowered_drawn_and_run() -> None:
    generator = random.Random(8)
    made = 0
    while made < 25:
        session = Session()
        with contextlib.suppress(RaspError):
            session.run(f"x = {_expression(generator, 3)};")
            value = session.value("x")
            if not operations.is_sop(value):
                continue
            made += 1
            names = session.names()
            program = check(program_of(value.expr, names=names))
            assert loads(dumps(program)) == program
            assert run(program, list("hello")) == session.on("x", "hello").values
            assert cost(value.expr).layers == value.expr.layer
            assert draw_svg(value.expr, "x", "hello", Evaluation("hello"), names).startswith("<svg")
            assert draw_dot(value.expr, names).startswith("digraph")


def test_random_programs_are_accepted_as_rasp_l_or_refused() -> None:
    generator = random.Random(9)
    for _ in range(120):
        session = RaspLSession()
        with contextlib.suppress(RaspError):
            session.run(f"x = {_expression(generator, 3)};")
            value = session.value("x")
            if operations.is_sop(value):
                generate(value.expr, [1, 2, 0], end=-2, longest=3)
