"""What is told of a program that is not right everywhere."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from transformer_programs.cli import main
from transformer_programs.learn.missing import missing
from transformer_programs.program import (
    Classify,
    Compare,
    Emit,
    Program,
    Read,
    Step,
    TableScore,
    Width,
)
from transformer_programs.tasks import Dataset, Example, Kind

WORDS = ("a", "b")


def data_of(*examples: tuple[str, str], causal: bool = False, kind: Kind = Kind.TAGGING) -> Dataset:
    """Examples written as two words, a letter a token and a label."""
    train = tuple(Example(tuple(tokens), tuple(labels)) for tokens, labels in examples)
    return Dataset(
        name="given", kind=kind, vocabulary=WORDS, labels=("x", "y"), max_length=4, causal=causal,
        train=train, validation=(), test=(),
    )  # fmt: skip


def scored(*steps: Step, read: Read, rows: tuple[tuple[int, int], ...], **changes: bool) -> Program:
    """A program that scores one variable."""
    output = Classify(("x", "y"), (0, 0), (TableScore(read, rows),), changes.pop("pooled", False))
    return Program(name="given", vocabulary=WORDS, max_length=4, steps=steps, output=output, **changes)


BY_TOKEN = scored(read=Read("tokens"), rows=((1, 0), (0, 1)))
COUNTS = scored(
    Step("count_1", Width(Compare("tokens", "==", "tokens"))),
    read=Read("count_1"),
    rows=((1, 0), (1, 0), (0, 1), (0, 1), (0, 1)),
)


def test_nothing_is_missing_where_all_is_right() -> None:
    assert missing(BY_TOKEN, data_of(("ab", "xy"), ("bb", "yy"))) is None


def test_two_labels_for_an_input_are_a_contradiction() -> None:
    found = missing(BY_TOKEN, data_of(("ab", "xy"), ("ab", "xy"), ("ab", "xx")))
    assert found is not None
    assert (found.answers, found.wrong, found.contradictory, found.alike) == (6, 1, 1, 0)
    assert (found.contradictions[0].tokens, found.contradictions[0].position) == (("a", "b"), 1)


def test_what_comes_later_is_no_difference_to_a_causal_program() -> None:
    examples = ("aa", "xx"), ("ab", "yy")
    for causal, contradictory in ((True, 1), (False, 0)):
        found = missing(replace(BY_TOKEN, causal=causal), data_of(*examples, causal=causal))
        assert found is not None
        assert found.contradictory == contradictory
        assert found.alike == 1 - contradictory, "position 0 has the same token"


def test_unknown_tokens_are_one() -> None:
    program = replace(BY_TOKEN, vocabulary=("<unk>", "b"))
    found = missing(program, data_of(("a", "x"), ("c", "y")))
    assert found is not None
    assert found.contradictory == 1


def test_a_variable_is_missing_or_a_score_is() -> None:
    # The label says whether the token came before: a count of all places tells some of them apart, not all.
    data = data_of(("ab", "xx"), ("aa", "xy"), ("bab", "xxy"))
    found = missing(COUNTS, data)
    assert found is not None
    # Counts of 2 at position 0 have x only, yet the scores say y: told apart by the position, not by the scores.
    assert (found.wrong, found.contradictory, found.alike) == (2, 0, 0)
    one = missing(BY_TOKEN, data_of(("ab", "xx"), ("bb", "xy")))
    assert one is not None
    assert (one.wrong, one.alike) == (2, 1)
    assert one.pairs[0].differ == (0,)
    assert {one.pairs[0].label, one.pairs[0].other_label} == {"x", "y"}


def test_one_answer_a_sequence() -> None:
    program = scored(read=Read("tokens"), rows=((1, 0), (0, 1)), pooled=True)
    data = data_of(("ab", "x"), ("ba", "y"), ("aab", "x"), kind=Kind.CLASSIFICATION)
    found = missing(program, data)
    assert found is not None
    assert (found.answers, found.wrong, found.contradictory, found.alike) == (3, 1, 0, 1)
    assert found.pairs[0].position is None
    assert found.pairs[0].differ == (0, 1)


def test_a_program_that_emits() -> None:
    program = Program(name="echo", vocabulary=WORDS, max_length=4, output=Emit("tokens"))
    found = missing(program, replace(data_of(("ab", "ab"), ("ab", "aa")), labels=WORDS))
    assert found is not None
    assert found.first[0].expected == "a"
    assert found.first[0].got == "b"


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """Labels that nothing decides, some inputs twice."""
    draw = random.Random(0)
    lines = []
    for _ in range(400):
        tokens = [draw.choice("abc") for _ in range(draw.randint(1, 4))]
        lines.append(json.dumps({"tokens": tokens, "labels": [draw.choice("xy") for _ in tokens]}))
    path = tmp_path / "noise.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_task_that_no_program_solves_is_told(noise: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--data", str(noise), "--kind", "tagging", "--learner", "grow", "--set", "modules=2"]
    assert main(["train", *flags, "--out", str(tmp_path / "run")]) == 0
    text = capsys.readouterr().out
    assert "not solved: " in text
    assert "at least with any program: the same input has another label elsewhere" in text
    assert "and the program says" in text
    assert "perhaps there is no rule" in text
    report = json.loads((tmp_path / "run" / "report.json").read_text(encoding="utf-8"))["missing"]
    assert 0 < report["contradictory"] <= report["wrong"] <= report["answers"]
    assert report["contradictory"] + report["alike"] <= report["wrong"]


def test_a_solved_task_has_nothing_to_tell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["train", "hist", "--vocabulary-size", "5", "--max-length", "5", "--size", "120"]
    assert main([*command, "--out", str(tmp_path / "run")]) == 0
    assert "not solved" not in capsys.readouterr().out
