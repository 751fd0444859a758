"""Sweeps: in processes, with runs that kill them, disks full; what a row depends on; the command."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from transformer_programs.cli import main
from transformer_programs.errors import OutputError, TransformerProgramError
from transformer_programs.experiments import Case, Here, Processes, Results, Run, Stop, Suite, sweep
from transformer_programs.experiments.earlier import told_earlier
from transformer_programs.experiments.summary import groups
from transformer_programs.experiments.work import PROGRAM, Watch
from transformer_programs.learn.base import Progress
from transformer_programs.program import load

TINY = Case(task="hist", vocabulary_size=5, max_length=5, size=120, target=1.0)


def tiny(seeds: int, **changes: object) -> tuple[Run, ...]:
    settings: dict = {"name": "tiny", "learner": "grow", "seeds": tuple(range(seeds)), "cases": (TINY,), **changes}
    return Suite(**settings).runs()


def unchanging(row: dict) -> dict:
    return {key: value for key, value in row.items() if key != "seconds"}


def test_processes_give_what_one_process_gives(tmp_path: Path) -> None:
    runs = tiny(2)
    here = dict(sweep(runs, Results(tmp_path / "here"), Here()))
    kept = Results(tmp_path / "there")
    there = dict(sweep(runs, kept, Processes(workers=2)))
    assert [unchanging(there[run]) for run in runs] == [unchanging(here[run]) for run in runs]
    assert [row["accuracy"]["all_inputs"]["sequence_accuracy"] for row in there.values()] == [1.0] * 2
    assert Results(tmp_path / "there").of(runs) == kept.of(runs)
    assert load(tmp_path / "there" / "hist-5-5-seed-1" / "program.json").name == "hist"
    assert list(sweep(runs, Results(tmp_path / "there"), Processes())) == []  # nothing is run twice


def test_a_grid_is_every_combination() -> None:
    runs = tiny(2, grid=(("a", (("minutes=1",), ("minutes=2", "modules=4"))), ("b", (("sample=100",),))))
    assert [run.settings for run in runs[::2]] == [
        ("minutes=1", "sample=100"),
        ("minutes=2", "modules=4", "sample=100"),
    ]
    assert len({run.key for run in runs}) == 4


# --- runs that are not let go on ------------------------------------------------------------------------------------


def test_a_run_over_its_budget_is_a_row(tmp_path: Path) -> None:
    runs = tiny(1, budget=1e-9)
    ((_, row),) = sweep(runs, Results(tmp_path), Here())
    assert "budget of 1e-09 min used up" in row["stopped"]
    assert list(sweep(runs, Results(tmp_path), Here())) == []


def test_a_hopeless_run_is_stopped_and_others_are_not() -> None:
    def at(step: int, accuracy: float) -> Progress:
        return Progress(learner="hard 1/8", step=step, steps=100, loss=1.0, accuracy=accuracy)

    watch = Watch(Stop(after=0.5, below=0.4), None)
    watch.report(at(49, 0.1))  # too early to say
    with pytest.raises(TransformerProgramError, match=r"step 50 of 100: got 10.00 % of answers at best; expected 40 %"):
        watch.report(at(50, 0.05))
    watch.report(at(50, 0.4))
    watch.report(at(60, 0.1))  # it was better before
    watch.report(at(70, float("nan")))


# --- what can go away -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadly(Run):
    """A run that ends every process that it comes to, without a word."""

    def __reduce__(self) -> tuple:
        return os._exit, (9,)


def test_a_run_that_kills_its_process_is_found_and_told(tmp_path: Path) -> None:
    good, other = tiny(2)
    deadly = Deadly(**{name: getattr(other, name) for name in Run.__dataclass_fields__})
    told: list[str] = []
    rows = dict(sweep([good, deadly], Results(tmp_path), Processes(workers=2), told.append))
    assert rows[good]["accuracy"]["test"]["token_accuracy"] == 1.0
    assert "process was killed, alone too" in rows[deadly]["failed"]
    assert sum("a worker was killed" in line for line in told) == 2
    assert list(sweep([good, deadly], Results(tmp_path), Here(), told.append)) == []  # not retried for ever


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = tiny(2)
    results = Results(tmp_path)
    list(sweep(runs[:1], results, Here()))
    before = (tmp_path / "results.jsonl").read_text()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    told: list[str] = []
    with pytest.raises(OutputError, match="No space left on device"):
        list(sweep(runs, results, Here(), told.append))
    assert '"seed": 1' in told[0]  # the row that could not be kept
    monkeypatch.undo()
    assert (tmp_path / "results.jsonl").read_text() == before
    assert len(list(sweep(runs, Results(tmp_path), Here()))) == 1


# --- the command ----------------------------------------------------------------------------------------------------


def suite_file(folder: Path, **changes: str) -> Path:
    lines = {
        "name": '"tiny"',
        "learner": '"grow"',
        "seeds": "[0]",
        "cases": '[{task = "hist", vocabulary_size = 5, max_length = 5, size = 120, target = 1.0}]',
        **changes,
    }
    path = folder / "tiny.toml"
    path.write_text("\n".join(f"{key} = {value}" for key, value in lines.items()), encoding="utf-8")
    return path


def test_the_command_leaves_a_report_with_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    command = ["sweep", str(suite_file(tmp_path)), "--workers", "1", "--out", str(out)]
    assert main(command) == 0
    printed = capsys.readouterr()
    assert "| hist 5/5 | 1 | all" in printed.out
    assert "1 of 1 runs" in printed.err
    report = (out / "report.md").read_text(encoding="utf-8")
    assert "tprog sweep" in report
    assert "![" in report
    assert "<svg" in (out / "report.svg").read_text(encoding="utf-8")
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"][0]["seed"] == 0
    assert main([*command, "--dry-run"]) == 0
    assert capsys.readouterr().out == "hist 5/5 seed 0\n"


@pytest.mark.parametrize(
    ("changes", "flags", "message"),
    [
        ({"lerner": '"hard"'}, [], "unknown key 'lerner'; expected some of name, learner"),
        ({"learner": '"gorw"'}, [], "--learner: got 'gorw'; expected any-length, auto"),
        ({"grid": '{a = ["moduls=3"]}'}, [], "--set moduls: got no such setting"),
        ({"grid": "{a = 3}"}, [], "grid, a: got 3; expected a list"),
        ({"seeds": "[-1]"}, [], "seeds 1: got -1; expected a whole number, 0 or more"),
        ({"seeds": "[]"}, [], "seeds: got []; expected a list of at least 1"),
        ({"seeds": "[0, 0]"}, [], "seeds: got 0 twice"),
        ({"seeds": "[true]"}, [], "seeds 1: got True"),
        ({"name": "5"}, [], "name: got 5; expected a text"),
        ({"budget": '"20"'}, [], "budget: got '20'; expected a number"),
        ({"budget": "0"}, [], "budget: got 0; expected a number"),
        ({"grid": "{a = []}"}, [], "grid, a: got []; expected a list of at least 1"),
        ({"grid": "{a = [1, 2]}"}, [], "grid, a 1: got 1; expected a list"),
        ({"stop": "{after = 5, below = 0.2}"}, [], "stop, after: got 5; expected a number, 0 to 1"),
        ({"cases": '[{task = "hist", size = "big"}]'}, [], "cases 1, size: got 'big'; expected a whole number"),
        ({"cases": '[{task = "hist", size = 0}]'}, [], "cases 1, size: got 0"),
        ({"cases": '[{task = "hist", minutes = "five"}]'}, [], "cases 1, minutes: got 'five'"),
        ({"cases": '[{task = "hist", target = 99.9}]'}, [], "cases 1, target: got 99.9; expected a number, 0 to 1"),
        ({"cases": '[{task = "hist", settings = "minutes=2"}]'}, [], "settings: got 'minutes=2'; expected a list"),
        ({"cases": '[{task = "hits"}]'}, [], "cases 1, "),
        ({"cases": '[{task = "hist"}, {task = "hist"}]'}, [], "twice"),
        ({"cases": '[{data = "no.conll", kind = "tagging"}]'}, [], "no.conll: got a file that cannot be read"),
        ({"stop": "{after = 0.5}"}, [], "stop: got no key below"),
        ({}, ["--only", "sort"], "--only: got 'sort'; expected some of hist"),
        ({}, ["--workers", "0"], "--workers: got 0"),
        ({}, ["--backend", "dask"], "got no --address"),
        ({}, ["--address", "x"], "expected --backend dask or ray"),
    ],
)
def test_what_makes_no_sense_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict, flags: list[str], message: str
) -> None:
    suite = suite_file(tmp_path, **changes)
    assert main(["sweep", str(suite), "--out", str(tmp_path / "out"), *flags]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


# --- rows and what they depend on -----------------------------------------------------------------------------------


def test_a_changed_suite_is_done_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"

    def swept(**changes: str) -> dict:
        command = ["sweep", str(suite_file(tmp_path, **changes)), "--workers", "1", "--out", str(out)]
        assert main([*command, "--json"]) == 0
        (row,) = json.loads(capsys.readouterr().out)["rows"]
        return row

    case = '[{task = "hist", vocabulary_size = 5, max_length = 5, size = 120, %s}]'
    first = swept()
    second = swept(cases=case % 'settings = ["modules=1"]')
    assert ("modules=1" in first["settings"], "modules=1" in second["settings"]) == (False, True)
    third = swept(cases=case % 'target = 0.5, measure = "token"')
    assert third == {**first, "target": 0.5, "measure": "token"}, "what is shown is as declared now"
    assert len((out / "results.jsonl").read_text().splitlines()) == 2, "both are kept"


def test_an_earlier_row_is_told(tmp_path: Path) -> None:
    results, told = Results(tmp_path), list[str]()
    (run,), (other,) = tiny(1), tiny(1, cases=(replace(TINY, size=100),))
    results.add(run, {**run.begun(), "failed": "once"})
    assert told_earlier([run], results) == []
    assert told_earlier([run, other], results) == [], "a suite that has both"
    told = told_earlier([other], results)
    assert told == ["hist 5/5 seed 0: done anew; the row that is kept is of other files or settings (now size=100)"]
    line = json.dumps({"suite": "tiny", "case": "hist 5/5", "settings": [], "seed": 0, "failed": "once"})
    (tmp_path / "results.jsonl").write_text(line + "\n", encoding="utf-8")
    (message,) = told_earlier([run], Results(tmp_path))
    assert message.endswith("of an earlier version, which did not keep all that it depends on")


def test_two_cases_of_one_task_are_two_rows(tmp_path: Path) -> None:
    results = Results(tmp_path)
    runs = tiny(2, cases=(replace(TINY, settings=("modules=1",)), replace(TINY, settings=("modules=2",))))
    for run in runs:
        results.add(run, {**run.begun(), "failed": "as it was made to", PROGRAM: "{}"})
    rows = Results(tmp_path).of(runs)
    assert [row["settings"][0] for row in rows] == ["modules=1"] * 2 + ["modules=2"] * 2
    assert len({row["folder"] for row in rows}) == 4
    assert list(groups(rows)) == ["hist 5/5 modules=1", "hist 5/5 modules=2"]


def test_two_sweeps_of_one_folder_lose_nothing(tmp_path: Path) -> None:
    one, other = Results(tmp_path), Results(tmp_path)
    first, second, third = tiny(3)
    one.add(first, {**first.begun(), "failed": "a"})
    other.add(second, {**second.begun(), "failed": "b"})
    one.add(third, {**third.begun(), "failed": "c"})
    assert [row["failed"] for row in Results(tmp_path).of([first, second, third])] == ["a", "b", "c"]


@pytest.mark.parametrize("backend", [Here(), Processes(workers=2)])
def test_an_error_of_ours_is_a_row_with_its_place(tmp_path: Path, backend: Here | Processes) -> None:
    runs, told = tiny(1, cases=(replace(TINY, size="big"),)), list[str]()  # type: ignore[arg-type]
    ((_, row),) = sweep(runs, Results(tmp_path), backend, told.append)
    assert row["failed"].startswith("an error in tprog: TypeError: ")
    assert ".py, line " in row["failed"]
    assert told == []


def test_a_damaged_results_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "results.jsonl").write_text('{"suite": "tiny", "case": "hist 5/5", "seed": 0}\n{"ca\n{}', encoding="utf-8")
    assert main(["sweep", str(suite_file(tmp_path)), "--out", str(out)]) == 2
    assert "results.jsonl, line 2: got no row of a study" in capsys.readouterr().err
