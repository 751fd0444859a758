"""`tprog verify`: exit codes, output, messages."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from transformer_programs.cli import main
from transformer_programs.program import Compare, Either, Emit, Offset, Program, Step, Width, dumps
from verify.handmade import dyck1_program, hist_program, reverse_program, sort_program

KEYS = {"method", "inputs", "token_accuracy", "sequence_accuracy", "counterexamples"}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for program in (sort_program(), sort_program(True), reverse_program(), dyck1_program(10), hist_program(14, 12)):
        (tmp_path / f"{program.name}.json").write_text(dumps(program), encoding="utf-8")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    code = main(["verify", *map(str, argv)])
    out, err = capsys.readouterr()
    return code, out, err


def test_right_program(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, files / "sort.json", "--task", "sort", "--json")
    report = json.loads(out)
    assert code == 0
    assert set(report) >= KEYS
    assert (report["method"], report["inputs"], report["sequence_accuracy"]) == ("exhaustive", 19530, 1.0)
    assert report["counterexamples"] == []


def test_wrong_program(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, files / "sort98.json", "--task", "sort", "--counterexamples", 1)
    assert code == 1
    assert "97.788 % of 19,530 inputs" in out
    assert "input  <s> 1 1 1 2 1 </s>" in out
    assert "where  alike at position 1" in out


@pytest.mark.parametrize("method", ["exhaustive", "proof", "sample"])
@pytest.mark.parametrize(("name", "code"), [("sort", 0), ("sort98", 1)])
def test_methods(files: Path, capsys: pytest.CaptureFixture[str], method: str, name: str, code: int) -> None:
    if method == "proof":
        pytest.importorskip("z3")
    got, out, _ = run(
        capsys, files / f"{name}.json", "--equals", files / "sort.json", "--method", method, "--max-length", 7,
        "--samples", 2000, "--json"
    )  # fmt: skip
    report = json.loads(out)
    assert (got, report["method"]) == (code, method)
    if code:
        assert report["counterexamples"][0]["tokens"] == ["<s>", *"11121", "</s>"] or method == "sample"


def test_claims(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, files / "sort.json", "--spec", "permutation", "--spec", "sorted")[0] == 0
    code, out, _ = run(capsys, files / "sort98.json", "--spec", "sorted", "--spec", "permutation")
    assert code == 1
    assert "broken permutation" in out
    assert run(capsys, files / "dyck1.json", "--spec", "never T after F")[0] == 0


def test_functions_need_permission(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    oracle = files / "oracle.py"
    oracle.write_text(
        "def right(word):\n    return sorted(word)\n"
        "def kept(word, answers):\n    return sorted(word) == answers\n"
        "def bad(word, answers):\n    return 1 / 0\n"
    )
    sort = files / "sort.json"
    code, _, err = run(capsys, sort, "--equals", f"{oracle}:right")
    assert code == 2
    assert "--allow-code" in err
    assert run(capsys, sort, "--equals", f"{oracle}:right", "--allow-code")[0] == 0
    assert run(capsys, sort, "--spec", f"{oracle}:kept", "--allow-code")[0] == 0
    code, _, err = run(capsys, sort, "--spec", f"{oracle}:bad", "--allow-code")
    assert code == 2
    assert "on 0: got ZeroDivisionError" in err


def test_compiled_weights(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compiler = pytest.importorskip("transformer_programs.compiler")
    compiler.save_model(compiler.compile_program(reverse_program()), files / "weights")
    arguments = (files / "reverse.json", "--equals", files / "weights", "--max-length", 6)
    assert run(capsys, *arguments)[0] == 0
    compiler.save_model(compiler.compile_program(sort_program()), files / "other")
    code, out, _ = run(capsys, files / "reverse.json", "--equals", files / "other", "--max-length", 6, "--json")
    assert code == 1
    assert json.loads(out)["counterexamples"][0]["tokens"] == ["<s>", "0", "</s>"]


def test_rasp_and_every_length(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    count = Step("count", Width(Compare("tokens", "==", "tokens")))
    free = Program(name="free", vocabulary=None, max_length=None, steps=(count,), output=Emit("count"))
    (files / "free.json").write_text(dumps(free))
    rasp = files / "histogram.rasp"
    rasp.write_text("same = select(tokens, tokens, ==);\nanswer = selector_width(same);\n")
    arguments = (files / "free.json", "--equals", rasp, "--alphabet", "a", "b")
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert "--max-length" in err
    code, out, _ = run(capsys, *arguments, "--max-length", 5)
    assert code == 0
    assert "about longer inputs nothing is said" in out
    code, out, _ = run(capsys, files / "free.json", "--task", "hist", "--max-length", 4)
    assert code == 0
    assert "of words longer than 3 nothing is said" in out
    echo = Program(name="echo", vocabulary=None, max_length=None, output=Emit("tokens"))
    (files / "echo.json").write_text(dumps(echo))
    rasp.write_text("answer = tokens;\n")
    code, out, _ = run(capsys, files / "echo.json", "--equals", rasp, "--alphabet", "a", "b", "--max-length", 1)
    assert code == 0
    assert "EVERY length" in out


def test_all_lengths(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("z3")
    letters = ("<s>", *"012345")
    count = Step("count", Width(Compare("tokens", "==", "tokens")))
    free = Program(name="free", vocabulary=letters, max_length=None, steps=(count,), output=Emit("count"))
    (files / "free.json").write_text(dumps(free))
    code, out, _ = run(capsys, files / "free.json", "--task", "hist", "--all-lengths", "--max-length", 4)
    assert code == 0
    assert "free: right on all words over 6 letters, of every length (proof, " in out
    assert "lemma      by kinds" in out
    assert "also run   258 inputs of up to 3 tokens" in out
    code, out, _ = run(capsys, files / "free.json", "--task", "hist", "--all-lengths", "--max-length", 4, "--json")
    report = json.loads(out)
    assert (report["method"], report["complete"], report["inputs"], report["length"]) == ("proof", True, 258, 3)
    assert set(report["every_length"]) == {"domain", "lemmas", "invariants", "seconds"}
    wider = Step("count", Width(Either(Compare("tokens", "==", "tokens"), Offset(0, 0))))
    (files / "wider.json").write_text(dumps(replace(free, steps=(wider,))))
    code, out, _ = run(capsys, files / "wider.json", "--task", "hist", "--all-lengths", "--max-length", 4)
    assert code == 0
    assert "100 % of 258 inputs" in out
    assert "not proved for all lengths: what is known of the program" in out
    wrong = Step("count", Width(Compare("tokens", "<=", "tokens")))
    (files / "wrong.json").write_text(dumps(replace(free, steps=(wrong,))))
    code, out, _ = run(capsys, files / "wrong.json", "--task", "hist", "--all-lengths", "--json")
    report = json.loads(out)
    assert code == 1
    assert report["every_length"] is None
    assert report["counterexamples"]


def test_beyond_exhaustion(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """12 letters, 13 places: 10^14 inputs; too large for the time limit, so a sample says what it is."""
    code, out, _err = run(
        capsys, files / "hist.json", "--task", "hist", "--time-limit", 0.5, "--samples", 1000, "--json"
    )
    report = json.loads(out)
    assert code == 0
    assert report["method"] == "sample"
    assert not report["complete"]
    assert any("Clopper-Pearson" in note for note in report["notes"])
    assert any("proved for all" in note or "Z3" in note for note in report["notes"])


def test_without_z3(files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("transformer_programs.verify.symbolic")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "z3", None)
    code, _, err = run(capsys, files / "sort.json", "--task", "sort", "--method", "proof")
    assert code == 2
    assert "pip install" in err
    code, out, _ = run(capsys, files / "hist.json", "--task", "hist", "--samples", 500)
    assert code == 0
    assert "Z3 is not installed" in out
    for name in [name for name in sys.modules if name.startswith("transformer_programs.verify.lengths")]:
        monkeypatch.delitem(sys.modules, name)
    count = Step("count", Width(Compare("tokens", "==", "tokens")))
    free = Program(name="free", vocabulary=("<s>", "0"), max_length=None, steps=(count,), output=Emit("count"))
    (files / "free.json").write_text(dumps(free))
    code, _, err = run(capsys, files / "free.json", "--task", "hist", "--all-lengths")
    assert code == 2
    assert "--all-lengths: got Z3 is not installed" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--task, --equals or --spec"),
        (("--task", "sort", "--spec", "sorted"), "more than one"),
        (("--task", "nonsense"), "nonsense"),
        (("--task", "hist"), "a program over"),
        (("--task", "sort", "--max-length", "9"), "at most"),
        (("--task", "sort", "--max-length", "0"), "--max-length"),
        (("--task", "sort", "--time-limit", "0"), "--time-limit"),
        (("--task", "sort", "--raw"), "--raw"),
        (("--task", "sort", "--all-lengths"), "a length-free program"),
        (("--spec", "sorted", "--all-lengths"), "--task beside it"),
        (("--spec", "no claim"), "words that are no claim"),
        (("--equals", "no-such-file"), "no-such-file"),
        (("--equals", "x.py:f", "--allow-code"), "x.py"),
        (("--spec", "sorted", "--alphabet", "z"), "'z'"),
    ],
)
def test_bad_input(files: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str) -> None:
    code, _, err = run(capsys, files / "sort.json", *arguments)
    assert code == 2
    assert message in err


def test_damaged_program(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damaged = (files / "sort.json").read_text().replace('"place"', '"plaice"', 1)
    (files / "damaged.json").write_text(damaged)
    code, _, err = run(capsys, files / "damaged.json", "--task", "sort")
    assert code == 2
    assert "place" in err


def test_out_is_not_overwritten(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (files / "sort.json", "--task", "sort", "--out", files / "verdict.json")
    assert run(capsys, *arguments)[0] == 0
    assert json.loads((files / "verdict.json").read_text())["inputs"] == 19530
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert "--force" in err
    assert run(capsys, *arguments, "--force")[0] == 0
