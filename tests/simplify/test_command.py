"""`tprog simplify` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import transformer_programs.simplify
from simplify.test_shorten import counted, earlier
from transformer_programs.cli import main
from transformer_programs.cli.simplify import share
from transformer_programs.emit.python import print_python
from transformer_programs.errors import ConfigError
from transformer_programs.files import load_program
from transformer_programs.program import dumps

KEYS = {"lines", "variables", "nodes", "complexity", "description_length"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "program.json").write_text(dumps(counted()), encoding="utf-8")
    return tmp_path


def test_both_files_are_written_and_equal(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = place / "short"
    assert main(["simplify", str(place), "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "equal on every word of up to 4 tokens (120 compared)" in shown
    assert "cyclomatic complexity" in shown
    assert load_program(out / "program.json") == load_program(out / "program.py")
    assert main(["verify", str(out), "--equals", str(place)]) == 0


def test_a_file_has_the_other_beside_it(place: Path) -> None:
    assert main(["simplify", str(place), "--out", str(place / "short.py"), "--json"]) == 0
    assert {path.name for path in place.iterdir()} == {"program.json", "short.py", "short.json"}


def test_json_has_sizes_before_and_after(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simplify", str(place), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["before"].keys() == report["after"].keys() == KEYS
    assert report["before"]["lines"] == print_python(counted()).count("\n")
    assert report["after"]["description_length"] < report["before"]["description_length"]
    assert (report["exact"], report["finished"], report["allowed"], report["inputs"]) == (True, True, 0.0, 120)
    assert report["steps"]


def test_nothing_is_overwritten_unless_asked(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (place / "program.json").read_text(encoding="utf-8")
    assert main(["simplify", str(place), "--out", str(place)]) == 2
    assert "a file that exists; expected a new place; or --force" in capsys.readouterr().err
    assert (place / "program.json").read_text(encoding="utf-8") == before
    assert not (place / "program.py").exists()
    assert main(["simplify", str(place), "--out", str(place), "--force"]) == 0
    assert (place / "program.json").read_text(encoding="utf-8") != before


def test_data_and_an_allowance_state_the_price(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = place / "data.jsonl"
    rows = [
        {"tokens": list(word), "labels": [str(word.count(x)) for x in word]} for word in ("ab", "abca", "bb", "cab")
    ]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    flags = ["--data", str(data), "--kind", "tagging", "--allow", "50%", "--json", "--out", str(place / "lossy")]
    assert main(["simplify", str(place), *flags]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["before"]["token_accuracy"] == 1.0
    assert 0.5 <= report["after"]["token_accuracy"] < 1.0
    assert (report["exact"], report["allowed"]) == (False, 0.5)
    about = dict(load_program(place / "lossy").about)
    assert "after tprog simplify" in about["accuracy"]


def test_ctrl_c_writes_the_best_so_far(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "program.json").write_text(dumps(earlier()), encoding="utf-8")

    def stopped(found) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("transformer_programs.cli.simplify._say", stopped)
    assert main(["simplify", str(place), "--out", str(place / "short")]) == 130
    assert len(load_program(place / "short").steps) < len(earlier().steps)
    assert main(["verify", str(place / "short"), "--equals", str(place)]) == 0


def test_too_many_inputs_leave_the_passes(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transformer_programs.cli.simplify.MOST", 10)
    assert main(["simplify", str(place)]) == 0
    shown = capsys.readouterr().out
    assert "too many inputs to look at all: only steps exact by construction" in shown
    assert "equal on every input, by construction" in shown


def test_large_tables_leave_the_passes_and_too_many_lines_nothing(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transformer_programs.cli.simplify.MOST_CELLS", 5)
    assert main(["simplify", str(place)]) == 0
    shown = capsys.readouterr().out
    assert "tables too large to try proposals on: only steps exact by construction" in shown
    assert "equal on every input, by construction" in shown
    assert main(["simplify", str(place), "--task", "hist", "--allow", "1%"]) == 2
    assert (
        "--allow: got tables of 6 cells in n; expected at most 5 where answers may be lost" in capsys.readouterr().err
    )
    monkeypatch.setattr("transformer_programs.cli.simplify.MOST_LINES", 1)
    assert main(["simplify", str(place), "--out", str(place / "none")]) == 2
    error = capsys.readouterr().err
    assert "lines of tables; expected at most 1: it would take too long; learn it with smaller tables" in error
    assert not (place / "none").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--allow", "0.1%"], "--allow: got no task and no data; expected one of them"),
        (["--allow", "lots"], "--allow: got 'lots'; expected a share"),
        (["--allow", "100%"], "--allow: got '100%'; expected a share"),
        (["--task", "hist", "--data", "x.csv"], "--task or --data: got both"),
        (["--data", "x.csv"], "--kind: got nothing"),
        (["--time-limit", "0"], "--time-limit: got 0"),
        (["--task", "sheep"], "sheep"),
    ],
)
def test_bad_flags_are_messages(
    place: Path, capsys: pytest.CaptureFixture[str], flags: list[str], message: str
) -> None:
    assert main(["simplify", str(place), *flags]) == 2
    assert message in capsys.readouterr().err


def test_a_share_is_a_number_or_a_percentage() -> None:
    assert (share("x", "2%"), share("x", "0.02"), share("x", "0")) == (0.02, 0.02, 0.0)
    with pytest.raises(ConfigError):
        share("x", "nan")


def test_the_public_names_are_there() -> None:
    assert sorted(transformer_programs.simplify.__all__) == transformer_programs.simplify.__all__
