"""Suites: run, resumed without running again, failures kept."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from transformer_programs.errors import ConfigError
from transformer_programs.experiments import Case, Suite, load_suite, run_suite, summarise

SHIPPED = sorted(
    file.name.removesuffix(".toml")
    for file in resources.files("transformer_programs.experiments").joinpath("suites").iterdir()
)
TINY = Case(task="hist", vocabulary_size=5, max_length=5, size=120, target=1.0)
BROKEN = Case(task="hist", vocabulary_size=5, max_length=5, size=120, settings=("nothing=1",))


def test_a_suite_runs_once_and_keeps_failures(tmp_path: Path) -> None:
    suite = Suite(name="tiny", learner="grow", seeds=(0,), cases=(TINY,))
    told: list[str] = []
    rows = list(run_suite(suite, tmp_path, tell=told.append))
    assert rows[0]["accuracy"]["all_inputs"]["sequence_accuracy"] == 1.0
    again = list(run_suite(suite, tmp_path, tell=told.append))
    assert again == json.loads(json.dumps(rows))
    assert len(told) == 1
    assert "| hist 5/5 | 1 | all" in summarise(rows)


def test_a_failure_is_a_row_with_its_reason(tmp_path: Path) -> None:
    suite = Suite(name="broken", learner="grow", seeds=(0,), cases=(BROKEN,))
    (row,) = run_suite(suite, tmp_path, tell=lambda text: None)
    assert "no such setting" in row["failed"]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_suites_load(name: str) -> None:
    suite = load_suite(name)
    assert suite.name == name
    assert suite.seeds == (0,) or suite.seeds[:3] == (0, 1, 2)
    assert all(case.title for case in suite.cases)


def test_an_unknown_suite_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="auto-8"):
        load_suite("auto-9")


def test_a_suite_file_with_odd_keys_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    path.write_text('name = "odd"\nlearner = "grow"\nseeds = [0]\nlerner = 1\ncases = []\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="lerner"):
        load_suite(str(path))
