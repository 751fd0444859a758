"""Sweeps whose workers, clusters or processes go away: on this machine and on a real Dask cluster."""

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
from pathlib import Path
from typing import Any

import pytest

from transformer_programs.cli import main
from transformer_programs.experiments import Case, Dask, Processes, Ray, Results, Run, Suite, backends, sweep


def tiny(seeds: int) -> tuple[Run, ...]:
    case = Case(task="hist", vocabulary_size=5, max_length=5, size=120, target=1.0)
    return Suite(name="tiny", learner="grow", seeds=tuple(range(seeds)), cases=(case,)).runs()


def suite_file(folder: Path, seeds: str, case: str) -> Path:
    path = folder / "tiny.toml"
    path.write_text(f'name = "tiny"\nlearner = "grow"\nseeds = {seeds}\ncases = [{case}]\n', encoding="utf-8")
    return path


# --- this machine ---------------------------------------------------------------------------------------------------


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
    suite = suite_file(tmp_path, "[0, 1]", '{task = "sort", vocabulary_size = 32, max_length = 32, target = 1.0}')
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


# --- clusters -------------------------------------------------------------------------------------------------------


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
    suite = suite_file(tmp_path, "[0]", '{task = "hist", target = 1.0}')
    command = ["sweep", str(suite), "--out", str(tmp_path / "out"), "--backend", "dask", "--address"]
    assert main([*command, "nonsense"]) == 2
    gc.collect()  # a client half made would complain
    message = capsys.readouterr().err
    assert message.startswith("tprog sweep: --address: got no Dask scheduler at nonsense")
    assert message.count("\n") == 1
