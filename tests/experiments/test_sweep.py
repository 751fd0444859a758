"""Sweeps: in processes, on a real Dask cluster, with workers killed, clusters lost, disks full."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from transformer_programs.cli import main
from transformer_programs.errors import OutputError, TransformerProgramError
from transformer_programs.experiments import (
    Case,
    Dask,
    Here,
    Processes,
    Ray,
    Results,
    Run,
    Stop,
    Suite,
    backends,
    sweep,
)
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


def test_a_killed_worker_takes_nothing_along(tmp_path: Path) -> None:
    runs = tiny(3)
    told: list[str] = []
    rows = []
    for run, _ in sweep(runs, Results(tmp_path), Processes(workers=2), told.append):
        if not rows:
            for worker in workers(os.getpid()):
                os.kill(worker, signal.SIGKILL)
        rows.append(run)
    assert sorted(run.seed for run in rows) == [0, 1, 2]


def test_a_killed_sweep_takes_its_workers_along(tmp_path: Path) -> None:
    case = '[{task = "sort", vocabulary_size = 32, max_length = 32, target = 1.0}]'
    suite = suite_file(tmp_path, seeds="[0, 1]", cases=case)
    command = ["-m", "transformer_programs", "sweep", str(suite), "--workers", "2", "--out", str(tmp_path / "out")]
    killed = subprocess.Popen([sys.executable, *command], stderr=subprocess.DEVNULL)
    try:
        started = eventually(lambda: workers(killed.pid), lambda found: len(found) == 2)
        time.sleep(2)  # they have begun
    finally:
        killed.kill()
        killed.wait()
    eventually(lambda: [worker for worker in started if is_worker(worker)], lambda left: not left)


def eventually(look: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
    """What is seen as soon as it is what is wanted, within half a minute."""
    for _ in range(300):
        if wanted(seen := look()):
            return seen
        time.sleep(0.1)
    raise AssertionError(seen)


def workers(parent: int) -> list[int]:
    """Processes of joblib's that are children of one."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            above = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if above == parent and is_worker(int(entry.name)):
            found.append(int(entry.name))
    return found


def is_worker(process: int) -> bool:
    try:
        return b"popen_loky" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """A Dask scheduler and two workers, processes of their own; the scheduler first."""
    pytest.importorskip("distributed")
    file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    scheduler = [
        *("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"),
        *("--scheduler-file", str(file)),
    ]
    worker = [
        *("distributed.cli.dask_worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-dashboard"),
        *("--nworkers", "1", "--no-nanny"),
    ]
    started = [
        subprocess.Popen([sys.executable, "-W", "ignore", "-m", *arguments], **quiet)
        for arguments in (scheduler, worker, worker)
    ]
    try:
        for _ in range(600):
            if file.exists() and file.read_text():
                break
            time.sleep(0.1)
        yield json.loads(file.read_text())["address"], started
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_does_the_runs_and_may_go_away(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen]]
) -> None:
    address, (scheduler, *_) = cluster
    runs = tiny(5)
    told: list[str] = []
    results = Results(tmp_path / "out")
    done = []
    for run, row in sweep(runs[:2], results, Dask(address=address), told.append):
        assert row["accuracy"]["all_inputs"]["token_accuracy"] == 1.0
        done.append(run)
    assert not told
    talk = logging.getLogger("distributed.client")
    assert talk.isEnabledFor(logging.ERROR)
    for run, _ in sweep(runs, results, Dask(address=address), told.append):
        assert told or not talk.isEnabledFor(logging.CRITICAL)  # what is lost is told by us, without tracebacks
        scheduler.kill()
        done.append(run)
    assert talk.isEnabledFor(logging.ERROR)
    assert sorted(run.seed for run in done) == [0, 1, 2, 3, 4]
    assert len(Results(tmp_path / "out").of(runs)) == 5


@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_without_workers_is_not_waited_for(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends, "WORKERLESS", 1.0)
    address, (_, *others) = cluster
    for worker in others:
        worker.kill()
    told: list[str] = []
    rows = dict(sweep(tiny(2), Results(tmp_path), Dask(address=address), told.append))
    assert len(rows) == 2
    assert told == ["the cluster went away (no workers left for 1 s); 2 runs left, which are done on this machine"]


@pytest.mark.filterwarnings("ignore")
def test_a_ray_cluster_does_the_runs(tmp_path: Path) -> None:
    ray = pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    runs = tiny(3)
    rows = dict(sweep(runs, Results(tmp_path), Ray()))
    assert [rows[run]["accuracy"]["all_inputs"]["token_accuracy"] for run in runs] == [1.0] * 3


def test_no_cluster_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("distributed")
    suite = suite_file(tmp_path)
    command = ["sweep", str(suite), "--out", str(tmp_path / "out"), "--backend", "dask", "--address"]
    assert main([*command, "nonsense"]) == 2
    gc.collect()  # a client half made would complain
    message = capsys.readouterr().err
    assert message.startswith("tprog sweep: --address: got no Dask scheduler at nonsense")
    assert message.count("\n") == 1


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
    assert first["seconds"] != second["seconds"]
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
