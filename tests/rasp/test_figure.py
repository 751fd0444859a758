"""The figure of docs/rasp.md is drawn for any small program, after all three have been compared."""

from __future__ import annotations

import importlib.util
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

from transformer_programs.compiler import compile_program
from transformer_programs.program import (
    Closest,
    Emit,
    Frame,
    Program,
    Read,
    Relation,
    Step,
    Table,
    check,
)

BENCH = Path(__file__).parents[2] / "bench" / "rasp_figure.py"
spec = importlib.util.spec_from_file_location("rasp_figure", BENCH)
assert spec is not None
assert spec.loader is not None
figure = importlib.util.module_from_spec(spec)
sys.modules["rasp_figure"] = figure
spec.loader.exec_module(figure)

STEPS = (
    Step("end", Closest(Relation(Read("tokens"), Read("tokens"), (("</s>",),) * 4), "positions")),
    Step("late", Table((Read("positions"), Read("end")), tuple(str(i % 3) for i in range(25)))),
)
PROGRAM = check(
    Program(
        name="p",
        vocabulary=("<s>", "a", "b", "</s>"),
        max_length=5,
        frame=Frame(("<s>",), ("</s>",)),
        steps=STEPS,
        output=Emit("late"),
    )
)


def test_the_three_are_compared_on_every_input() -> None:
    wrong, count, complete = figure.check(PROGRAM, compile_program(PROGRAM), 100)
    assert (wrong, count, complete) == ([], 2 + 4 + 8, True)


def test_a_difference_is_found() -> None:
    other = check(replace(PROGRAM, steps=STEPS[:1], output=Emit("end")))
    wrong, _, _ = figure.check(PROGRAM, compile_program(other), 100)
    assert len(wrong) == 14


def test_the_picture() -> None:
    svg = figure.Figure(PROGRAM, ("<s>", "a", "b", "</s>"), compile_program(PROGRAM), "all equal").svg()
    words = [element.text for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert "end" in words
    assert '= nearest(select(tokens, "</s>", ==), indices, 5);' in words
    assert any("1 layer, 1 head each" in (word or "") for word in words)
    assert words[-1] == "all equal"
