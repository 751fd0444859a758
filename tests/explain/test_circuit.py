"""Circuits decide as the whole program does, ablations count what the interpreter counts, pictures are well formed."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explain.test_attribution import again
from strategies import inputs, programs
from transformer_programs.cli import main
from transformer_programs.errors import ConfigError, InputError
from transformer_programs.explain import (
    Question,
    ablate,
    circuit,
    circuit_svg,
    error_question,
    every_input,
    given_inputs,
    input_question,
    label_question,
    program_svg,
    task_inputs,
)
from transformer_programs.files import load_program
from transformer_programs.program import Classify, Frame, check
from transformer_programs.run import Interpreter
from transformer_programs.tasks import task_for

FEW = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
SORT98 = "tests/verify/programs/sort98.json"


@FEW
@given(st.data())
def test_a_circuit_of_a_label_decides_as_the_program(data: st.DataObject) -> None:
    program = replace(data.draw(programs(closed=True, most_steps=4)), frame=Frame())
    sequences = data.draw(st.lists(inputs(program, most=4), min_size=1, max_size=6))
    whole = Interpreter(program)
    label = str(data.draw(st.sampled_from([value for tokens in sequences for value in whole(tokens)])))
    asked = given_inputs(program, sequences)
    try:
        found = circuit(program, label_question(program, label, asked))
    except InputError:
        return  # the value is no label in print
    part = Interpreter(check(found.program))
    assert found.changed == 0
    for tokens in sequences:
        assert [str(v) == label for v in part(tokens)] == [str(v) == label for v in whole(tokens)]
    assert {step.name for step in program.steps} == {*found.kept, *(name for name, _ in found.out), *found.sliced}
    ET.fromstring(circuit_svg(found))


@FEW
@given(st.data())
def test_effects_are_counted_as_the_interpreter_counts(data: st.DataObject) -> None:
    program = replace(data.draw(programs(learned_only=True, pooled=False, most_steps=3)), frame=Frame())
    sequences = data.draw(st.lists(inputs(program, most=4), min_size=1, max_size=4))
    asked = given_inputs(program, sequences)
    interpreter = Interpreter(program)
    for effect in ablate(program, Question(text="", inputs=asked), asked):
        changed = 0
        for tokens in sequences:
            trace = interpreter.trace(tokens)
            columns = {**trace.columns, effect.variable: [effect.default] * len(tokens)}
            after = again(interpreter, columns, effect.variable, 0, effect.default)
            changed += sum(a != b for a, b in zip(trace.answer, after))
        assert effect.by_default == changed


def test_the_circuit_of_the_errors_is_the_wrong_rule() -> None:
    program = load_program(SORT98)
    data = task_inputs(task_for("sort", program, max_length=7))
    found = circuit(program, error_question(program, data), data)
    assert found.kept == ("alike", "number", "odd")
    assert found.sliced == ("key", "place")
    assert (found.changed, found.decisions) == (0, 90)
    assert Interpreter(found.program)("<s> 1 1 1 2 1 </s>".split())[4] == "2"  # noqa: SIM905
    right = load_program("tests/verify/programs/sort.json")
    with pytest.raises(ConfigError, match="no wrong answer"):
        error_question(right, data)


def test_circuits_of_a_learned_program() -> None:
    program = load_program("tests/explain/programs/sort.json")
    words = every_input(program)
    kept = [circuit(program, label_question(program, label, words)).kept for label in "01"]
    assert kept == [("count_1",), ("count_1", "count_2")]
    one = circuit(program, input_question(given_inputs(program, [["0", "0"]])), words)
    assert one.kept == ("count_1",)
    with pytest.raises(InputError, match="label '9'; expected one of 0 1 2 3 4"):
        label_question(program, "9", words)
    with pytest.raises(ConfigError, match="no answer 4"):
        circuit(program, label_question(program, "4", words.containing(["0"]).take([0])))  # type: ignore[arg-type]


@FEW
@given(programs(odd=True))
def test_pictures_are_well_formed(program: object) -> None:
    root = ET.fromstring(program_svg(program))  # type: ignore[arg-type]
    names = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text") if e.get("class") == "name"]
    assert [step.name for step in program.steps] == [n for n in names if n not in ("tokens", "positions", "the answer")]  # type: ignore[attr-defined]


def test_a_circuit_is_written_and_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "zero"
    command = ["explain", "tests/explain/programs/sort.json", "--circuit", "0", "--out", str(out)]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert "1 of 4 variables and decides 112,305 of 112,305 alike: exactly" in text
    assert {path.name for path in out.iterdir()} == {"circuit.svg", "program.json", "program.py", "report.json"}
    ran = subprocess.run([sys.executable, out / "program.py", "1", "0"], capture_output=True, text=True, check=True)
    assert ran.stdout.split()[0] == "0"
    assert ran.stdout.split()[1] != "0"
    assert isinstance(load_program(out).output, Classify) or load_program(out).steps
    assert main(command) == 2
    assert "--force" in capsys.readouterr().err
    assert main([*command, "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kept"] == ["count_1"]


def test_ablation_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "tests/verify/programs/reverse.json", "--ablate", "--samples", "300"]) == 0
    text = capsys.readouterr().out
    assert "mirror" in text
    assert main(["explain", SORT98, "1", "1", "--ablate", "--json"]) == 0
    effects = {e["variable"]: e for e in json.loads(capsys.readouterr().out)["effects"]}
    assert effects["odd"]["by_default"] == 0
    assert effects["answer"]["by_other"] > 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--circuit", "9"], "label '9'; expected one of 0 1 2 3 4"),
        (["--circuit", "1", "--out", "FILE.svg"], "--force"),
        (["--circuit", "1", "--out", "nowhere/x.svg"], "no such directory"),
        (["--circuit", "1", "--out", "FILE"], "a file; expected a directory"),
        (["--out", "x.svg", "1"], "--circuit-of or --reads beside it"),
        (["--circuit-of", "errors"], "--task NAME or --data FILE"),
        (["--circuit-of", "inputs"], "expected INPUT"),
        (["--circuit", "1", "--allow", "lots"], "a share such as 0.1%"),
        (["--circuit", "1", "--ablate"], "--circuit and --ablate; expected one of them"),
    ],
)
def test_bad_input_is_told_with_exit_code_2(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("FILE.svg", "FILE"):
        (tmp_path / name).write_text("mine", encoding="utf-8")
    words = [str(tmp_path / word) if word.startswith("FILE") else word for word in words]
    assert main(["explain", SORT98, *words]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
    assert (tmp_path / "FILE").read_text(encoding="utf-8") == "mine"
