"""Terminal views and notebook display."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategies import inputs, programs
from transformer_programs.cli import main
from transformer_programs.explain import (
    attention_svg,
    attention_text,
    circuit,
    every_input,
    explain,
    label_question,
    load_ipython_extension,
    tree_text,
)
from transformer_programs.files import load_program
from transformer_programs.program import Compare, Emit, Frame, Program, Step, Width, dumps

FEW = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
SORT98 = "tests/verify/programs/sort98.json"


@FEW
@given(st.data())
def test_every_view_shows_every_head(data: st.DataObject) -> None:
    program = replace(data.draw(programs(odd=True)), frame=Frame())
    tokens = data.draw(inputs(program))
    found = explain(program, tokens)
    matrix, picture = attention_text(program, tokens), attention_svg(found)
    ET.fromstring(picture)
    for head in found.heads:
        assert f"\n{head.name}, layer {head.layer}: " in matrix
        rows = matrix.split(f"\n{head.name}, layer ")[1].splitlines()[1 : 3 + len(tokens)]
        marks = sum(row.count("■") + row.count("○") for row in rows if not row.isspace())
        read = len(tokens) if head.looks else sum(map(len, head.matches))
        assert marks >= read
    assert tree_text(program, tokens).startswith(f"{program.name} on ")
    assert "answer: " in tree_text(program)


def test_show_as_tree_and_attention(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", SORT98, "--as", "attention", "1", "1", "2"]) == 0
    text = capsys.readouterr().out
    assert "  3 2     ■    ■    ■    ·    ·      3" in text
    assert main(["show", "tests/explain/programs/dyck2.json", "--as", "tree", "--", "(", ")"]) == 0
    text = capsys.readouterr().out
    assert "├─ count_1 = 0 1 1  layer 2: count where table_1 is 0" in text
    assert "table_1 (see above)" in text
    assert main(["show", "tests/explain/programs/hist.json", "--as", "tree", "--json"]) == 0
    assert "count_1" in json.loads(capsys.readouterr().out)["text"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([SORT98, "--as", "attention"], "no input"),
        ([SORT98, "--as", "listing", "1"], "--as tree or --as attention"),
        ([SORT98, "--as", "tree", "x"], "token 'x'"),
        ([SORT98, "--as", "attention", *["1"] * 500], "got 502 tokens; expected at most 8"),
        (["COUNT", "--as", "attention", *["1"] * 500], "500 tokens; expected at most 100; tprog explain"),
    ],
)
def test_bad_input_is_told_with_exit_code_2(
    words: list[str], message: str, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    step = Step("count", Width(Compare("tokens", "==", "tokens")))
    count = Program(name="count", vocabulary=None, max_length=None, steps=(step,), output=Emit("count"))
    (tmp_path / "count.json").write_text(dumps(count), encoding="utf-8")
    assert main(["show", *(str(tmp_path / "count.json") if word == "COUNT" else word for word in words)]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


class Formatter:
    def __init__(self) -> None:
        self.functions: dict[type, Any] = {}

    def for_type(self, kind: type, function: Any) -> None:
        self.functions[kind] = function


def test_notebooks_show_pictures() -> None:
    program = load_program(SORT98)

    class Shell:
        class display_formatter:
            formatters = {"image/svg+xml": Formatter(), "text/plain": Formatter()}  # noqa: RUF012

    load_ipython_extension(Shell)
    assert Shell.display_formatter.formatters["image/svg+xml"].functions[Program](program).startswith("<svg")
    ET.fromstring(explain(program, ["1", "2"])._repr_svg_())
    found = circuit(program, label_question(program, "0", every_input(program, samples=200)))
    ET.fromstring(found._repr_svg_())
