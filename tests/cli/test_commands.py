"""The commands as a user types them: what they print, what they refuse, with which exit code."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from transformer_programs.cli import main
from transformer_programs.program import (
    Classify,
    Compare,
    Frame,
    Program,
    Read,
    Step,
    TableScore,
    Width,
    dumps,
)


@pytest.fixture
def hist(tmp_path: Path) -> Path:
    """A hand-written exact histogram, vocabulary 4, length 4."""
    labels = ("1", "2", "3")
    rows = tuple(tuple(int(count == int(label)) for label in labels) for count in range(5))
    program = Program(
        name="hist",
        vocabulary=("<s>", "0", "1"),
        max_length=4,
        frame=Frame(("<s>",)),
        steps=(Step("count_1", Width(Compare("tokens", "==", "tokens"))),),
        output=Classify(labels, (0, 0, 0), (TableScore(Read("count_1"), rows),)),
    )
    path = tmp_path / "hist"
    path.mkdir()
    (path / "program.json").write_text(dumps(program), encoding="utf-8")
    return path


def test_run_answers_for_the_users_own_tokens(hist: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(hist), "1", "0", "1"]) == 0
    assert capsys.readouterr().out == "2 1 2\n"


def test_run_takes_a_marked_sequence_as_it_is(hist: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(hist), "<s>", "0", "0"]) == 0
    assert capsys.readouterr().out == "1 2 2\n"


def test_run_reads_lines(hist: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("0 0\n\n1\n"))
    assert main(["run", str(hist)]) == 0
    assert capsys.readouterr().out == "2 2\n\n1\n"


def test_run_names_the_line_of_a_bad_token_and_prints_nothing(
    hist: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("0 0\n0 x\n"))
    assert main(["run", str(hist)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "line 2" in captured.err
    assert "'x'" in captured.err


def test_run_json_flag_may_stand_behind_and_is_a_token_after_the_dashes(
    hist: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(hist), "0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"tokens": ["0"], "answer": ["1"]}
    assert main(["run", str(hist), "--", "--json"]) == 2
    assert "'--json'" in capsys.readouterr().err


def test_script_and_command_answer_alike(hist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(hist), "--as", "python"]) == 0
    script = tmp_path / "hist.py"
    script.write_text(capsys.readouterr().out, encoding="utf-8")
    for lines in ("0 1 0\n\n<s> 1 1\n", "0 9\n", "0 0 0 0 0 0\n"):
        script_run = subprocess.run([sys.executable, script], input=lines, capture_output=True, text=True, check=False)
        command = [sys.executable, "-m", "transformer_programs", "run", str(hist)]
        command_run = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
        assert (script_run.returncode, script_run.stdout) == (command_run.returncode, command_run.stdout)
    assert main(["run", str(script), "0", "0"]) == 0
    assert capsys.readouterr().out == "2 2\n"


def test_run_imports_no_numerical_library(hist: Path) -> None:
    code = (
        "import sys; from transformer_programs.cli import main; "
        f"main(['run', {str(hist)!r}, '0']); "
        "sys.exit(bool({'numpy', 'jax', 'numba', 'black', 'rich', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_eval_counts_every_input(hist: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", str(hist), "--task", "hist", "--exhaustive", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["inputs"] == 2 + 4 + 8
    assert report["token_accuracy"] == report["sequence_accuracy"] == 1.0


def test_eval_on_a_file(hist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data.jsonl"
    data.write_text('{"tokens": ["<s>", "0", "0"], "labels": ["1", "2", "1"]}\n', encoding="utf-8")
    assert main(["eval", str(hist), "--data", str(data), "--kind", "tagging", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["token_accuracy"] == pytest.approx(2 / 3)
    assert report["sequence_accuracy"] == 0


def test_columns_are_named_and_examples_limited(hist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data.conll"
    data.write_text("x <s> 1 -\nx 0 2 -\nx 0 2 -\n\n" * 5, encoding="utf-8")
    flags = ["--data", str(data), "--kind", "tagging", "--tokens-column", "1", "--labels-column", "-2"]
    assert main(["eval", str(hist), *flags, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["token_accuracy"] == 1.0
    assert main(["train", *flags, "--limit", "2", "--out", str(tmp_path / "run")]) == 2
    assert "got 2 example(s)" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_train_keeps_a_run_and_protects_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    command = ["train", "hist", "--vocabulary-size", "5", "--max-length", "5", "--size", "120", "--out", str(out)]
    assert main([*command, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["accuracy"]["all_inputs"]["sequence_accuracy"] == 1.0
    assert report["agreement"]["differences"] == 0
    assert report["baselines"].keys() == {"most frequent label", "most frequent label of each token"}
    assert max(report["baselines"].values()) < report["accuracy"]["test"]["token_accuracy"]
    assert {path.name for path in out.iterdir()} >= {"config.toml", "metrics.jsonl", "program.json", "program.py"}
    before = (out / "program.json").read_bytes()
    assert main(command) == 2
    assert "finished run" in capsys.readouterr().err
    assert (out / "program.json").read_bytes() == before
    assert main([*command, "--force", "--json"]) == 0
    assert (out / "program.json").read_bytes() == before, "same seed, same program"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["train"], "built-in task"),
        (["train", "sortt"], "sort"),
        (["train", "sort", "--seed", "-1"], "--seed"),
        (["train", "sort", "--learner", "hard", "--set", "steps=0", "--out", "OUT"], "steps"),
        (["train", "sort", "--learner", "hard", "--set", "nothing=1", "--out", "OUT"], "no such setting"),
        (["train", "--data", "missing.jsonl", "--kind", "tagging"], "missing.jsonl"),
        (["train", "--data", "x.jsonl"], "--kind"),
        (["train", "--data", "hist", "--kind", "tagging"], "hist: got a directory"),
        (["train", "--data", "x.jsonl", "--kind", "tagging", "--size", "50"], "--size: got --data beside it"),
        (["train", "sort", "--kind", "tagging"], "--kind: got TASK beside it"),
        (["train", "sort", "--lower"], "--lower: got TASK beside it"),
        (["train", "sort", "--learner", "grow", "--set", "modules=0", "--out", "OUT"], "modules: got 0"),
        (["train", "sort", "--learner", "relaxed", "--set", "schedule.steps=0", "--out", "OUT"], "steps: got 0"),
        (["train", "sort", "--vocabulary-size", "1000000", "--size", "50", "--out", "OUT"], "this machine's memory"),
        (["train", "sort", "--learner", "relaxed", "--set", "shape.cardinality=2", "--out", "OUT"], "cardinality"),
        (["run", "nowhere"], "nowhere"),
        (["eval", "HIST", "--task", "sort", "--exhaustive"], "sort"),
        (["eval", "HIST", "--task", "hist", "--samples", "0"], "--samples"),
        (["frobnicate"], "no command"),
    ],
)
def test_bad_input_is_told_with_exit_code_2(
    command: list[str],
    words: str,
    hist: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    place = {"HIST": str(hist), "OUT": str(tmp_path / "out")}
    before = sorted(tmp_path.rglob("*"))
    assert main([place.get(word, word) for word in command]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""
    assert sorted(tmp_path.rglob("*")) == before, "nothing is left behind"


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"version": 1', '"version": 99'),
        lambda text: text.replace('"Width"', '"Depth"'),
        lambda text: text.replace("count_1", "tokens", 1),
        lambda text: "",
        lambda text: "[]",
    ],
)
def test_a_damaged_program_is_refused(damage, hist: Path, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    path = hist / "program.json"
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert main(["run", str(hist), "0"]) == 2
    assert "program.json" in capsys.readouterr().err


def test_a_program_reads_words_as_it_was_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [("Wake me at 7", "alarm"), ("PLAY jazz", "song"), ("wake ME at 12", "alarm"), ("Play 90 songs", "song")] * 8
    data, out = tmp_path / "asked.jsonl", tmp_path / "run"
    data.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows))
    flags = ["--data", str(data), "--kind", "classification"]
    asked = ["--lower", "--digits", "--learner", "text", "--set", "classes=", "--out", str(out), "--json"]
    assert main(["train", *flags, *asked]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["reading"] == {"lower": True, "digits": True, "text": True}
    assert "lower = true\ndigits = true" in (out / "config.toml").read_text()
    assert main(["eval", str(out), *flags, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sequence_accuracy"] == 1
    assert main(["run", str(out), "WAKE", "5"]) == 0
    assert capsys.readouterr().out == "alarm\n"
    script = [sys.executable, out / "program.py", "WAKE", "5"]
    assert subprocess.run(script, capture_output=True, text=True, check=True).stdout == "alarm\n"
    assert main(["show", str(out), "--as", "listing"]) == 0
    assert "lower case" in capsys.readouterr().out


def test_an_argument_that_is_no_text_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "programs/sort", "1", "Rome \udcff"]) == 2
    assert "argument 2: got byte 0xff at 6; expected UTF-8 text" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["tasks", "train", "run", "eval", "show", "experiment"])
def test_help_shows_examples(name: str) -> None:
    command = [sys.executable, "-m", "transformer_programs", name, "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "examples:" in shown.stdout


# --- standard output that takes nothing -----------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["tasks"], ["tasks", "--json"], ["show", "--help"], ["--version"]])
def test_a_full_standard_output_is_one_message(arguments: list[str]) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        found = tprog_into(full, arguments)
    assert found.returncode == 2
    assert found.stderr == "tprog: standard output: got a place that cannot be written (No space left on device)\n"


def test_a_reader_that_has_gone_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", encoding="utf-8") as pipe:
        found = tprog_into(pipe, ["tasks"])
    assert (found.returncode, found.stderr) == (0, "")


def tprog_into(output: IO[str], arguments: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-m", "transformer_programs", *arguments]
    return subprocess.run(
        command, stdout=output, stderr=subprocess.PIPE, text=True, check=False, env=environment, timeout=60
    )
