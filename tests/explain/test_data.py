"""Coverage, suspicion and repair against counts made input by input with the interpreter."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategies import inputs, programs
from transformer_programs.cli import main
from transformer_programs.explain import (
    coverage,
    derive,
    every_input,
    explain,
    failing_paths,
    failures,
    given_inputs,
    task_inputs,
)
from transformer_programs.explain.slicing import needed, static_slice
from transformer_programs.files import load_program
from transformer_programs.program import Frame, Table, domains, read_domain
from transformer_programs.program import semantics as S
from transformer_programs.run import Interpreter
from transformer_programs.tasks import task_for

FEW = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
SORT98 = "tests/verify/programs/sort98.json"


@FEW
@given(st.data())
def test_rows_are_counted_as_the_interpreter_looks_them_up(data: st.DataObject) -> None:
    program = replace(data.draw(programs(learned_only=True)), frame=Frame())
    sequences = data.draw(st.lists(inputs(program), min_size=1, max_size=4))
    known, interpreter = domains(program), Interpreter(program)
    traces = [interpreter.trace(tokens) for tokens in sequences]
    found = {
        table.variable: table
        for table in coverage(program, given_inputs(program, sequences)).tables
        if table.kind == "table"
    }
    for step in program.steps:
        if not isinstance(step.node, Table):
            continue
        rows = list(product(*(read_domain(read, known) for read in step.node.reads)))
        counts = [0] * len(rows)
        for trace in traces:
            columns = ([S.saturate(v, r.limit) for v in trace.columns[r.variable]] for r in step.node.reads)
            for key in zip(*columns):
                counts[rows.index(key)] += 1
        assert found[step.name].used.tolist() == counts
        assert [found[step.name].key(row) for row in range(len(rows))] == rows


@FEW
@given(st.data())
def test_what_an_answer_needs_contains_what_it_was_derived_from(data: st.DataObject) -> None:
    program = replace(data.draw(programs(learned_only=True, pooled=False)), frame=Frame())
    tokens = data.draw(inputs(program))
    position = data.draw(st.integers(0, len(tokens) - 1))
    ((_, columns, _),) = given_inputs(program, [tokens]).blocks(program)
    start = np.zeros((1, len(tokens)), bool)
    start[0, position] = True
    masks = needed(columns, start)
    found = explain(program, tokens)
    waiting = [derive(found, ref, position) for ref in masks if masks[ref][0, position] and ref in outputs(program)]
    assert set(masks) <= {"tokens", "positions", *static_slice(program, outputs(program))}
    while waiting:
        node = waiting.pop()
        assert masks[node.variable][0, node.position]
        waiting += node.parts


def outputs(program: object) -> list[str]:
    from transformer_programs.program import references

    return list(references(program.output))  # type: ignore[attr-defined]


def test_the_wrong_rule_of_a_nearly_right_program_is_found() -> None:
    program = load_program(SORT98)
    data = task_inputs(task_for("sort", program, max_length=7))
    found = failures(program, data)
    assert len(found.rows) == 90
    assert found.suspects[0].text == "odd row number 5, positions 4"
    assert (found.suspects[0].used, found.suspects[0].wrong) == (128, 90)
    best = found.repairs[0]
    assert (best.suspect.text, best.instead, best.mended, best.broken) == (found.suspects[0].text, "none", 90, 0)
    (group,) = failing_paths(program, data, found.wrong)
    assert group.hops == ("odd is rule speaks for 2", "odd is rule, by row number 5, positions 4", "number is 5")
    assert group.answers == 90
    assert group.examples[0].tokens == ("<s>", "1", "1", "1", "2", "1", "</s>")


def test_a_right_program_has_no_failures() -> None:
    program = load_program("tests/verify/programs/sort.json")
    found = failures(program, task_inputs(task_for("sort", program, max_length=5)))
    assert (len(found.rows), found.suspects, found.repairs) == (0, (), ())


def test_inputs_that_hold_a_token() -> None:
    program = load_program(SORT98)
    some = every_input(program).containing(["0", "4"])
    assert all({"0", "4"} <= set(some.sequence(row)) for row in range(0, len(some), 97))
    assert len(some) == sum(5**n - 2 * 4**n + 3**n for n in range(1, 7))
    assert not some.complete


def test_coverage_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", SORT98, "--task", "sort", "--coverage"]) == 0
    text = capsys.readouterr().out
    assert "every input of task sort (19,530): 103 of 122 table rows are used" in text
    assert "tokens <s>, positions 1..7" in text
    assert main(["explain", SORT98, "1", "2", "--coverage", "--json"]) == 0
    tables = json.loads(capsys.readouterr().out)["tables"]
    assert sum(row["used"] for row in tables[0]["rows"]) == 4


def test_errors_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "data.jsonl"
    lines = [
        '{"tokens": ["1", "1", "1", "2", "1"], "labels": ["1", "1", "1", "1", "2"]}',
        '{"tokens": ["4"], "labels": ["4"]}',
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    command = ["explain", SORT98, "--data", str(path), "--kind", "tagging", "--errors"]
    assert main(command) == 1
    text = capsys.readouterr().out
    assert "1 of 2 wrong" in text
    assert "rule -> none" in text
    assert main([*command, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["repairs"][0]["mended"] == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--errors"], "--task NAME or --data FILE"),
        (["--errors", "--coverage", "--task", "sort"], "--coverage and --errors; expected one of them"),
        (["--coverage", "--position", "1"], "expected none of them"),
        (["--coverage", "--task", "sort", "--with", "9"], "token '9'; expected a token of the inputs"),
        (["--coverage", "--task", "sortt"], "did you mean sort?"),
        (["--coverage", "--data", "missing.jsonl", "--kind", "tagging"], "missing.jsonl"),
        (["--coverage", "--data", "missing.jsonl"], "--kind"),
        (["--errors", "--data", "LABELS", "--kind", "tagging"], "label '9'; expected one that sort98 can give"),
        (["--errors", "--data", "TOKENS", "--kind", "tagging"], "token '9'; expected one that sort98 knows"),
        (["--errors", "--data", "LABELS", "--kind", "classification"], "a label a token"),
        (["--coverage", "--task", "sort", "1"], "task and INPUT; expected one of"),
        (["--coverage", "--samples", "0"], "--samples"),
    ],
)
def test_bad_input_is_told_with_exit_code_2(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"LABELS": '{"tokens": ["1"], "labels": ["9"]}', "TOKENS": '{"tokens": ["9"], "labels": ["1"]}'}
    for name, text in files.items():
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    words = [str(tmp_path / f"{word}.jsonl") if word in files else word for word in words]
    assert main(["explain", SORT98, *words]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
