"""The run directory: resumed, protected, and holding what was asked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from transformer_programs.errors import OutputError
from transformer_programs.learn.base import Progress
from transformer_programs.learn.rundir import RunDirectory
from transformer_programs.program import Emit, Program, load

ECHO = Program(name="echo", vocabulary=("a",), max_length=2, output=Emit("tokens"))
PROGRESS = Progress(learner="grow", step=1, steps=2, loss=float("nan"), accuracy=0.5, note="added head_1")


def test_an_unfinished_run_is_resumed_with_its_state(tmp_path: Path) -> None:
    first = RunDirectory(tmp_path / "run", {"seed": 1})
    first.save("restart_0", {"logits": np.arange(3.0)})
    first.save("restart_1", {"step": np.array(7)})
    first.close()
    again = RunDirectory(tmp_path / "run", {"seed": 1})
    assert again.resumed
    found = again.restore("restart_0")
    assert found is not None
    assert found["logits"].tolist() == [0.0, 1.0, 2.0]
    assert again.restore("restart_2") is None


def test_a_state_replaces_the_last_of_its_part_only(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "run", {})
    run.save("a", {"x": np.array(1), "y": np.array(2)})
    run.save("b", {"x": np.array(3)})
    run.save("a", {"x": np.array(4)})
    found = run.restore("a")
    assert found is not None
    assert set(found) == {"x"}
    assert run.restore("b") is not None
    run.close()


def test_another_configuration_is_refused(tmp_path: Path) -> None:
    RunDirectory(tmp_path / "run", {"seed": 1}).close()
    with pytest.raises(OutputError, match="another configuration"):
        RunDirectory(tmp_path / "run", {"seed": 2})


def test_a_finished_run_is_kept_unless_forced(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "run", {"seed": 1})
    run.report(PROGRESS)
    run.finish(ECHO, {"lines": 1})
    assert load(tmp_path / "run" / "program.json") == ECHO
    line = json.loads((tmp_path / "run" / "metrics.jsonl").read_text(encoding="utf-8"))
    assert line["loss"] is None
    assert line["note"] == "added head_1"
    with pytest.raises(OutputError, match="finished run"):
        RunDirectory(tmp_path / "run", {"seed": 1})
    forced = RunDirectory(tmp_path / "run", {"seed": 2}, force=True)
    assert not forced.resumed
    assert not (tmp_path / "run" / "report.json").exists()
    forced.close()


def test_a_directory_with_other_files_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(OutputError, match="other files"):
        RunDirectory(tmp_path, {}, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_damaged_training_state_is_an_error_of_ours(tmp_path: Path) -> None:
    RunDirectory(tmp_path / "run", {}).close()
    (tmp_path / "run" / "weights.safetensors").write_bytes(b"\x00" * 5)
    with pytest.raises(OutputError, match="cannot be read"):
        RunDirectory(tmp_path / "run", {})


def test_a_directory_in_use_is_refused(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "run", {"seed": 1})
    run.report(PROGRESS)
    for force in (False, True):
        with pytest.raises(OutputError, match="another process"):
            RunDirectory(tmp_path / "run", {"seed": 1}, force=force)
    assert (tmp_path / "run" / "metrics.jsonl").read_text(encoding="utf-8").count("\n") == 1
    run.close()
    RunDirectory(tmp_path / "run", {"seed": 1}).close()


def test_what_a_killed_process_left_half_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "run"
    first = RunDirectory(path, {})
    first.report(PROGRESS)
    first.save("a", {"x": np.array(1)})
    first.close()
    whole = (path / "metrics.jsonl").read_text(encoding="utf-8").replace('"seconds": 0.', '"seconds": 7.')
    (path / "metrics.jsonl").write_text(whole + '{"seconds": 7.9, "learner": "gr', encoding="utf-8")
    (path / ".weights.safetensors.abc").write_bytes(b"half")
    again = RunDirectory(path, {})
    assert again.resumed
    assert 7 <= again.before < 8
    again.report(PROGRESS)
    again.close()
    lines = [json.loads(line) for line in (path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 2
    assert lines[0]["seconds"] == again.before <= lines[1]["seconds"], "time goes on where it was"
    assert sorted(item.name for item in path.iterdir()) == ["config.toml", "metrics.jsonl", "weights.safetensors"]


def test_a_run_that_came_to_nothing_leaves_nothing(tmp_path: Path) -> None:
    RunDirectory(tmp_path / "run", {}).abandon()
    assert not (tmp_path / "run").exists()
    (tmp_path / "empty").mkdir()
    RunDirectory(tmp_path / "empty", {}).abandon()
    assert list(tmp_path.iterdir()) == [tmp_path / "empty"], "a directory that was there stays"
    run = RunDirectory(tmp_path / "run", {})
    run.save("a", {"x": np.array(1)})
    run.abandon()
    assert RunDirectory(tmp_path / "run", {}).restore("a") is not None, "training state is kept"
