"""`tprog explain` as a user types it: what it prints, what it refuses, with which exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from transformer_programs.cli import main
from transformer_programs.cli.sheet import Cell, Sheet

SORT98 = "tests/verify/programs/sort98.json"
REVERSE98 = "tests/verify/programs/reverse98.json"


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["explain", *words]) == code
    return capsys.readouterr().out


def test_an_overview_of_all_positions(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, SORT98, *["1", "1", "1", "2", "1"])
    assert "odd         none  none none none rule none none" in text
    assert "4  2  3  +1  over 1:  odd is rule +3, answer is 1 -2" in text
    assert "number  counts where alike is True" in text
    assert "\x1b" not in text


def test_one_answer_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, SORT98, *["1", "1", "1", "2", "1", "--position", "4"])
    assert "score        0  2  3  0  0" in text
    assert "why 2 and not 1: +1" in text
    assert "├─ number at 4 is 5: 5 positions where alike is True: 1..5" in text
    assert "odd at 4: rule -> none" in text


def test_a_program_that_answers_with_a_variable(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "tests/explain/programs/hist.json", *["1", "1", "2", "--position", "2", "--not", "3"])
    assert "└─ count_1 at 2 is 2" in text
    assert "single changes after which it is 3" in text
    assert "count_1 at 2: 2 -> 3" in text


def test_json_holds_what_the_text_says(capsys: pytest.CaptureFixture[str]) -> None:
    report = json.loads(said(capsys, SORT98, *["1", "1", "1", "2", "1", "--position", "4", "--json"]))
    (answer,) = report["answers"]
    assert answer["answer"] == "2"
    assert answer["scores"] == [sum(column) for column in zip(*(f["amounts"] for f in answer["features"]))]
    assert answer["why"]["features"][0] == {"variable": "odd", "value": "rule", "difference": 3}
    assert answer["changes"]["complete"] is True
    report = json.loads(said(capsys, "tests/explain/programs/hist.json", *["1", "1", "--json"]))
    assert [answer["position"] for answer in report["answers"]] == [1, 2]
    assert report["heads"][0]["matches"] == [[], [1, 2], [1, 2]]


def test_a_token_may_look_like_a_flag(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from transformer_programs.program import Emit, Program, dumps

    path = tmp_path / "echo.json"
    program = Program(name="echo", vocabulary=("--json", "[red]"), max_length=4, output=Emit("tokens"))
    path.write_text(dumps(program), encoding="utf-8")
    assert "tokens      --json [red]" in said(capsys, str(path), "--", "--json", "[red]")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([SORT98], "no tokens"),
        ([SORT98, *["1"] * 500], "got 502 tokens; expected at most 8"),
        ([SORT98, "1", "x"], "position 2: got token 'x'"),
        ([SORT98, "1", "--position", "7"], "position: got 7; expected 0 to 2"),
        ([SORT98, "1", "--position", "1", "--why", "x"], "label 'x'; expected one of 0 1 2 3 4"),
        ([SORT98, "1", "2", "--why", "1"], "say which: --position I"),
        (
            ["tests/explain/programs/hist.json", "1", "--position", "1", "--not", "x"],
            "label 'x'; expected one of 1 2 3",
        ),
        (["tests/explain/programs/hist.json", "1", "--position", "1", "--why", "7"], "where the answer is 1"),
        (["nowhere", "1"], "nowhere"),
    ],
)
def test_bad_input_is_told_with_exit_code_2(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *words]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_an_ill_formed_program_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "program.json"
    path.write_text(Path(SORT98).read_text(encoding="utf-8").replace('"odd"', '"even"', 1), encoding="utf-8")
    assert main(["explain", str(path), "1"]) == 2
    assert "'odd'" in capsys.readouterr().err


def test_a_long_input_is_broken_into_blocks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from transformer_programs.program import Compare, Emit, Program, Step, Width, dumps

    path = tmp_path / "count.json"
    step = Step("count", Width(Compare("tokens", "==", "tokens")))
    program = Program(name="count", vocabulary=None, max_length=None, steps=(step,), output=Emit("count"))
    path.write_text(dumps(program), encoding="utf-8")
    text = said(capsys, str(path), *["a", "b"] * 250)
    assert max(map(len, text.splitlines()[2:60])) <= 120
    assert text.count("position ") > 10
    assert max(map(len, text.splitlines()[1:])) < 600


def test_colours_stand_on_a_terminal_only(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    Sheet(colour=True).line(Cell("[red]x", "bold"))
    assert "\x1b[1m[red]x" in capsys.readouterr().out
    Sheet(colour=False).line(Cell("[red]x", "bold"))
    assert capsys.readouterr().out == "[red]x\n"
