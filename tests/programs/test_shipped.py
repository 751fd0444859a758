"""Every shipped program does what its report says: checked on every input, or on fresh samples where too many."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from transformer_programs.batch import exhaustive, sampled
from transformer_programs.emit.python import print_python, read_python
from transformer_programs.files import load_program
from transformer_programs.tasks import make_task

PROGRAMS = Path(__file__).parents[2] / "programs"
FOLDERS = sorted(path.parent for path in PROGRAMS.glob("*/report.json"))
PAPER_LINES = {
    "reverse": 713,
    "hist": 160,
    "double_hist": 423,
    "sort": 635,
    "most_freq": 666,
    "dyck1": 892,
    "dyck2": 733,
}


def test_there_are_programs() -> None:
    assert FOLDERS


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_the_report_is_true(folder: Path) -> None:
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    program, task = load_program(folder), make_task(**report["task"])
    if "all_inputs" in report["accuracy"]:
        found, said = exhaustive(program, task), report["accuracy"]["all_inputs"]
        assert found.inputs == task.count() == said["inputs"]
        assert found.sequence_accuracy == said["sequence_accuracy"]
        assert found.token_accuracy == said["token_accuracy"]
    else:
        found, said = sampled(program, task, 20_000, seed=7), report["accuracy"]["fresh_samples"]
        spread = 4 * (said["sequence_accuracy"] * (1 - said["sequence_accuracy"]) / 20_000) ** 0.5 + 1e-3
        assert abs(found.sequence_accuracy - said["sequence_accuracy"]) <= spread


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_the_python_file_is_the_program(folder: Path) -> None:
    program, text = load_program(folder), (folder / "program.py").read_text(encoding="utf-8")
    assert text == print_python(program)
    assert read_python(text) == program
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["agreement"]["differences"] == 0
    assert report["lines"] == text.count("\n")


@pytest.mark.parametrize("name", PAPER_LINES)
def test_programs_have_a_fifth_of_the_published_lines(name: str) -> None:
    assert (PROGRAMS / name / "program.py").read_text(encoding="utf-8").count("\n") <= PAPER_LINES[name] / 5


def test_the_readme_shows_the_shipped_sort_program() -> None:
    readme = (PROGRAMS.parent / "README.md").read_text(encoding="utf-8")
    shown = readme.split("```python\n")[1].split("```")[0]
    assert shown in (PROGRAMS / "sort" / "program.py").read_text(encoding="utf-8")
