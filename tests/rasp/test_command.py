"""`tprog rasp` as a command."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from transformer_programs.cli import main
from transformer_programs.program import load
from transformer_programs.run import run

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_file_on_an_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rasp", str(EXAMPLES / "rasp" / "reverse.rasp"), "--input", "abc"]) == 0
    assert capsys.readouterr().out == 'reverse("abc") = [c, b, a] (strings)\n'
    assert main(["rasp", str(EXAMPLES / "rasp" / "reverse.rasp"), "--name", "mirror", "--input", "ab"]) == 0
    assert capsys.readouterr().out == 'mirror("ab") =\n     a b\na |   1\nb | 1  \n'


def test_values_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "double.rasp"
    path.write_text("tokens = tokens_int;\ndouble = tokens * 2;\n", encoding="utf-8")
    assert main(["rasp", str(path), "--values", "[1, 2 + 3]", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"name": "double", "input": [1, 5], "values": [2, 10]}


def test_cost_and_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sorted.json"
    file = str(EXAMPLES / "rasp" / "sort_bos.rasp")
    assert main(["rasp", file, "--cost", "sort_bos", "--program", str(path)]) == 0
    assert "sort_bos: 2 layers, heads 1, 1" in capsys.readouterr().out
    program = load(path)
    assert run(program, list("§ba")) == list("§ab")
    assert "place" in [step.name for step in program.steps]


def test_what_a_file_defines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rasp", str(EXAMPLES / "rasp" / "reverse.rasp")]) == 0
    assert ' \t Example: reverse("hello") = [o, l, l, e, h] (strings)' in capsys.readouterr().out


def test_drawing(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["rasp", str(EXAMPLES / "rasp" / "reverse.rasp"), "--draw", "reverse", "--input", "abc"]) == 0
    assert capsys.readouterr().out == "drawn: reverse.svg\n"
    assert Path("reverse.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no_such.rasp"], "could not read file: no_such.rasp"),
        ([str(EXAMPLES / "rasp" / "reverse.rasp"), "--input", ""], "an empty text; expected one token or more"),
        ([str(EXAMPLES / "rasp" / "reverse.rasp"), "--cost", "mirror"], "mirror is a selector"),
        ([str(EXAMPLES / "rasp" / "reverse.rasp"), "--cost", "nothing"], "Undefined variable: nothing"),
        ([str(EXAMPLES / "rasp" / "reverse.rasp"), "--values", "3"], "example not iterable"),
        ([str(EXAMPLES / "rasp" / "reverse.rasp"), "--rasp-l"], "non-causal"),
        (
            [str(EXAMPLES / "raspl" / "sort.rasp"), "--rasp-l", "--values", "[]"],
            "an empty list; expected one token or more",
        ),
        ([str(EXAMPLES / "raspl" / "sort.rasp"), "--rasp-l", "--values", "[True]"], "a list of whole numbers"),
    ],
)
def test_bad_use(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rasp", *arguments]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.startswith("tprog rasp: ")


def test_rasp_l(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rasp", str(EXAMPLES / "raspl" / "sort.rasp"), "--rasp-l", "--values", "[4, 2, 4, -1]"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("next: accepted as RASP-L, ")
    assert second == "2 4 4"


def test_everything_in_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "copy.json"
    file = str(EXAMPLES / "raspl" / "copy.rasp")
    flags = ["--rasp-l", "--cost", "next", "--program", str(path), "--values", "[-1, 5, 3, -1]", "--json"]
    assert main(["rasp", file, *flags]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["continued"] == [5, 3]
    assert report["layers"] == 3
    program = load(path)
    assert program.causal
    assert run(program, [-1, 5, 3, -1])[-1] == 5
    assert main(["rasp", str(EXAMPLES / "rasp" / "reverse.rasp"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"defined": ["mirror", "reverse"]}


def test_piped_standard_input() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from transformer_programs.cli import main; sys.exit(main(['rasp']))"],
        input="indices * 2;\nnothing;\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout.splitlines()[3] == ' \t Example: out("hello") = [0, 2, 4, 6, 8] (ints)'
    assert done.stderr == "console line 2, column 1: Error: Undefined variable: nothing\n  nothing;\n  ^\n"


def test_bytes_that_are_no_text_do_not_end_the_session() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from transformer_programs.cli import main; sys.exit(main(['rasp']))"],
        input=b"x = \xff\xfe;\n1 + 1;\n\x00\n2 + 2;",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert b"value: out =  2" in done.stdout
    assert b"value: out =  4" in done.stdout
    assert b"Traceback" not in done.stderr


def test_flags_without_a_file(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(SystemExit):
        main(["rasp", "--cost", "x"])
    assert "--cost needs a FILE.rasp" in capsys.readouterr().err
