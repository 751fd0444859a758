"""The shipped length-free programs: trained on ten tokens, right on two hundred, as their reports say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from transformer_programs.files import load_program
from transformer_programs.learn.longer import accuracy_at
from transformer_programs.program import dumps
from transformer_programs.tasks import make_task
from transformer_programs.verify import task_space
from transformer_programs.verify.state import fingerprint

PROGRAMS = Path(__file__).parents[2] / "programs"
TASKS = ("hist", "reverse", "sort", "double_hist", "most_freq", "dyck1", "dyck2", "induction")


@pytest.mark.parametrize("name", TASKS)
def test_the_report_is_true_beyond_the_lengths_trained(name: str) -> None:
    folder = PROGRAMS / f"{name}-any-length"
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    program, task = load_program(folder), make_task(**report["task"])
    assert program.max_length is None
    assert task.max_length == 10
    assert report["any_length"]["200"]["inputs"] == 1000
    for length in (20, 50, 200):
        assert report["any_length"][str(length)]["sequence_accuracy"] == 1
        assert accuracy_at(program, task, [length], samples=4_000 // length, seed=5).sequence_accuracy == 1


@pytest.mark.parametrize("name", TASKS)
def test_the_proof_is_of_this_program(name: str) -> None:
    """`tests/verify/test_lengths.py` proves it anew."""
    folder = PROGRAMS / f"{name}-any-length"
    kept = json.loads((folder / "proof.json").read_text(encoding="utf-8"))
    space = task_space(make_task(name, max_length=8))
    key = fingerprint(dumps(load_program(folder)), f"task {name}", repr((space.vocabulary, space.count(), 3)))
    assert (kept["key"], kept["method"], kept["counterexamples"]) == (key, "proof", [])
    assert kept["inputs"] == space.count()
    assert kept["every_length"]["domain"].endswith("of every length")
