"""A program that was learned from running text cuts lines as its training was cut: commands, script, estimators."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transformer_programs.cli import main
from transformer_programs.compiler import compile_program, load_model, save_model
from transformer_programs.emit.python import print_python, read_python
from transformer_programs.errors import ProgramError
from transformer_programs.files import load_program
from transformer_programs.learn.estimators import TransformerProgramClassifier
from transformer_programs.passes.closing import close
from transformer_programs.program import Emit, Frame, Program, Reading, Spelled, Step, dumps, loads
from transformer_programs.run.framed import words_of
from transformer_programs.tasks import framed, load_dataset, tokenize

ROWS = [("Wake me at 7!", "alarm"), ("Play some jazz.", "song"), ("wake us at 12:30?", "alarm"), ("play it!", "song")]
ECHO = Program(name="echo", vocabulary=None, max_length=None, reading=Reading(text=True), output=Emit("tokens"))
LINES = ["Wake me up at 7!", "", "   ", "Don't, at 10:30.", "<s> Wake me! </s>", "«Ça»\u2003va\u00a0?", "a\x1cb\x85c"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("requests")
    data, out = folder / "asked.jsonl", folder / "run"
    data.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in ROWS * 8))
    flags = ["--kind", "classification", "--learner", "text", "--set", "classes=", "--out", str(out), "--json"]
    assert main(["train", "--data", str(data), *flags]) == 0
    return out


def test_a_program_of_running_text_is_told_so(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert load_program(trained).reading == Reading(text=True)
    assert load_program(trained / "program.py") == load_program(trained)
    assert json.loads((trained / "report.json").read_text())["reading"]["text"] is True
    assert main(["show", str(trained), "--as", "listing"]) == 0
    assert "lines cut into words, numbers and signs" in capsys.readouterr().out


@pytest.mark.parametrize("line", ["Wake me up at 7!", "wake, wake!", "(play) some-jazz."])
def test_a_text_is_one_argument_or_several_or_a_line(
    line: str, trained: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = {"tokens": tokenize(line), "answer": ["song" if "play" in line else "alarm"]}
    for arguments in ([line], line.split(), tokenize(line)):
        assert main(["run", str(trained), "--json", "--", *arguments]) == 0
        assert json.loads(capsys.readouterr().out) == expected
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{line}\n\n"))
    assert main(["run", str(trained), "--json"]) == 0
    assert [json.loads(text) for text in capsys.readouterr().out.splitlines()] == [
        expected,
        {"tokens": [], "answer": []},
    ]
    assert main(["explain", str(trained), "--json", "--", line]) == 0
    assert json.loads(capsys.readouterr().out)["tokens"][1:-1] == _seen(trained, line)
    assert main(["show", str(trained), "--as", "tree", "--", line]) == 0


def _seen(trained: Path, line: str) -> list[str]:
    known = load_program(trained).vocabulary or ()
    return [word if word in known else "<unk>" for word in tokenize(line)]


@pytest.mark.parametrize("program", [ECHO, replace(ECHO, frame=Frame(("<s>",), ("</s>",)))])
def test_script_and_command_cut_alike(
    program: Program, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, script = tmp_path / "echo.json", tmp_path / "echo.py"
    made.write_text(dumps(program), encoding="utf-8")
    script.write_text(print_python(program), encoding="utf-8")
    lines = [line.replace("\x1c", " ").replace("\x85", " ") for line in LINES]  # these end lines for `readline`
    text = "".join(f"{line}\n" for line in lines)
    command = [sys.executable, "-X", "utf8", script]
    ran = subprocess.run(command, input=text, capture_output=True, text=True, check=True, encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    assert main(["run", str(made)]) == 0
    assert capsys.readouterr().out == ran.stdout == "".join(" ".join(words_of(program, line)) + "\n" for line in lines)
    for line in filter(str.split, LINES):
        ran = subprocess.run([*command, line], capture_output=True, text=True, check=True, encoding="utf-8")
        assert main(["run", str(made), line]) == 0
        assert capsys.readouterr().out == ran.stdout


@pytest.mark.parametrize("command", [["run"], ["explain"], ["show", "--as", "tree"]])
def test_no_command_takes_bytes_for_unknown_words(
    command: list[str], trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["wa\udcffke"], ["wake", "\udcff"]):
        assert main([*command, str(trained), "--", *words]) == 2
        out, err = capsys.readouterr()
        assert not out
        assert f"argument {len(words)}: got byte 0xff at {words[-1].index(chr(0xDCFF)) + 1}; expected UTF-8 text" in err


@pytest.mark.parametrize("vocabulary", [None, ("<unk>", "wake"), ("wake", "me")])
@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("marks", [(), ("<s>",)])
def test_script_and_command_refuse_bytes_that_are_no_text(
    vocabulary: tuple[str, ...] | None, text: bool, marks: tuple[str, ...], tmp_path: Path
) -> None:
    listed = None if vocabulary is None else (*vocabulary, *marks)
    program = replace(ECHO, vocabulary=listed, reading=Reading(text=text), frame=Frame(marks, ()))
    made, script = tmp_path / "echo.json", tmp_path / "echo.py"
    made.write_text(dumps(program), encoding="utf-8")
    script.write_text(print_python(program), encoding="utf-8")
    tprog = "import sys; from transformer_programs.cli import main; sys.exit(main(sys.argv[1:]))"
    python = [sys.executable, "-X", "utf8"]
    for command in ([*python, str(script)], [*python, "-c", tprog, "run", str(made)]):
        for words, line in ([b"wa\xffke"], b""), ([b"\xe9t\xe9", b"wake"], b""), ([], b"wake wa\xffke\n"):
            arguments: list[str | bytes] = [*command, *words]
            ran = subprocess.run(arguments, input=line, capture_output=True)
            assert (ran.returncode, ran.stdout) == (2, b""), ran
            assert b"Traceback" not in ran.stderr
            if vocabulary != ("wake", "me") or command[-1] == str(made):
                assert b"expected UTF-8" in ran.stderr
        ran = subprocess.run([*command, "wake"], capture_output=True)
        assert (ran.returncode, ran.stdout) == (0, b"wake\n"), ran
    assert read_python(print_python(program)) == program
    assert ("udc80" in print_python(program)) == (vocabulary != ("wake", "me"))


@pytest.mark.parametrize(
    "reading", [Reading(text=text, lower=lower) for text in (False, True) for lower in (0 > 1, 1 > 0)]
)
def test_it_is_kept_and_stands_in_a_file_only_where_it_is_set(reading: Reading, tmp_path: Path) -> None:
    program = replace(ECHO, reading=reading)
    assert loads(dumps(program)) == program == read_python(print_python(program))
    assert ('"text"' in dumps(program)) == ("split_text" in print_python(program)) == reading.text
    if reading.text:
        with pytest.raises(ProgramError, match=r"reading\.text: got 1; expected bool"):
            loads(dumps(program).replace('"text": true', '"text": 1'))
    spelled = replace(program, steps=(Step("s", Spelled("lower", ("a",), ("x",), "y")),), output=Emit("s"))
    assert close(spelled, ["a", "b"]).reading == Reading(text=reading.text)
    model = compile_program(replace(program, vocabulary=("a", "b"), max_length=3))
    save_model(model, tmp_path)
    assert ('"text"' in (tmp_path / "config.json").read_text()) == reading.text
    assert load_model(tmp_path).config.reading == reading


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_words_that_are_cut_are_cut_no_further(line: str) -> None:
    assert tokenize(" ".join(tokenize(line))) == tokenize(line)


@pytest.mark.parametrize(
    ("name", "text", "cut"),
    [
        ("d.csv", "text,label\n" + "Go!,a\nno?,b\n" * 6, True),
        ("d.tsv", "sentence\tlabel\n" + "Go!\ta\nno?\tb\n" * 6, True),
        ("d.csv", "tokens,label\n" + "Go !,a\nno ?,b\n" * 6, False),
        ("d.jsonl", '{"tokens": ["Go!"], "label": "a"}\n{"tokens": ["no?"], "label": "b"}\n' * 6, False),
        ("d.jsonl", '{"text": "Go!", "label": "a"}\n{"text": ["no?"], "label": "b"}\n' * 6, False),
    ],
)
def test_only_data_that_was_cut_makes_programs_that_cut(name: str, text: str, cut: bool, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(text)
    data = framed(load_dataset(file, kind="classification"))
    assert data.reading == Reading(text=cut)


def test_estimators_of_texts_make_such_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts, labels = [text for text, _ in ROWS * 4], [label for _, label in ROWS * 4]
    fitted = TransformerProgramClassifier(validation=0.3).fit(texts, labels)
    fitted.save(tmp_path / "p.json")
    assert load_program(tmp_path / "p.json").reading.text
    assert TransformerProgramClassifier.load(tmp_path / "p.json").predict(["Wake up!"]).tolist() == ["alarm"]
    assert main(["run", str(tmp_path / "p.json"), "Wake up!"]) == 0
    assert capsys.readouterr().out == "alarm\n"
    for estimator, given_texts in (
        (TransformerProgramClassifier(validation=0.3, tokenizer=str.split), texts),
        (TransformerProgramClassifier(validation=0.3), list(map(str.split, texts))),
    ):
        estimator.fit(given_texts, labels).save(tmp_path / "q.json")
        assert not load_program(tmp_path / "q.json").reading.text
