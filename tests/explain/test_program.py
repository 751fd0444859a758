"""What is said of programs without an input: what heads read, which words they tell apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from transformer_programs.cli import main
from transformer_programs.errors import ConfigError, InputError
from transformer_programs.explain.classes import class_features, class_pairs, word_classes
from transformer_programs.explain.reading import KINDS, head_reads
from transformer_programs.files import load_program
from transformer_programs.program import (
    Classify,
    Closest,
    Emit,
    Offset,
    Program,
    Read,
    Relation,
    Step,
    Table,
    TableScore,
    check,
    dumps,
)

WORDS = ("<unk>", "the", "Mr", "Dr", "Paris", "Rome")


def tagger() -> Program:
    """Names behind titles are persons; cities are places."""
    kind = Step("kind", Table((Read("tokens"),), ("word", "word", "title", "title", "city", "city")))
    before = Step("before", Closest(Offset(-1, -1), "kind"))
    same = Step("same", Closest(Relation(Read("kind"), Read("kind"), (("city",), (), ("title",))), "kind"))
    labels = ("O", "PER", "LOC")
    scores = (
        TableScore(Read("kind"), ((0, 0, 5), (0, 1, 0), (3, 0, 0))),
        TableScore(Read("before"), ((0, 0, 0), (0, 9, 0), (1, 0, 0))),
        TableScore(Read("same"), ((0, 0, 0),) * 3),
    )
    return check(
        Program(
            name="tagger",
            vocabulary=WORDS,
            max_length=8,
            steps=(kind, before, same),
            output=Classify(labels, (0, 0, 0), scores),
        )
    )


def test_classes_are_followed_through_heads() -> None:
    found = word_classes(tagger())
    assert {c.value: c.words for c in found["before"]}["title"] == ("Mr", "Dr")
    features = class_features(tagger(), "PER", "LOC")
    assert [(f.variable, f.value, f.difference, f.words) for f in features] == [
        ("before", "title", 9, ("Mr", "Dr")),
        ("kind", "city", -5, ("Paris", "Rome")),
        ("kind", "title", 1, ("Mr", "Dr")),
    ]
    assert [(p.head, p.query.value, p.key.value) for p in class_pairs(tagger())] == [
        ("same", "city", "city"),
        ("same", "word", "title"),
    ]
    with pytest.raises(InputError, match="got 'ORG'; expected one of O PER LOC"):
        class_features(tagger(), "ORG")
    echo = Program(name="echo", vocabulary=("a",), max_length=2, output=Emit("tokens"))
    with pytest.raises(ConfigError, match="no scores"):
        class_features(echo, "a")


def test_shares_of_what_heads_read() -> None:
    reads = head_reads([tagger(), load_program("tests/explain/programs/dyck2.json")])
    first = {r.role: dict(zip(KINDS, r.counts)) for r in reads if r.layer == 1}
    second = {r.role: dict(zip(KINDS, r.counts)) for r in reads if r.layer == 2}
    assert set(first) | set(second) == {"query", "key", "value"}
    assert second["query"]["positions"] >= 1
    assert second["key"]["tables"] >= 1
    assert all(sum(r.shares) in (0.0, pytest.approx(1.0)) for r in reads)


def test_reads_on_the_terminal_and_as_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "reads.svg"
    command = [
        "explain",
        "tests/explain/programs/sort.json",
        "tests/explain/programs/hist.json",
        "--reads",
        "--out",
        str(out),
    ]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert "sort, hist: share of what heads read" in text
    assert "100 % (5)" in text
    assert "<svg" in out.read_text(encoding="utf-8")
    assert main(command) == 2
    assert "--force" in capsys.readouterr().err
    assert main([*command[:-2], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["programs"] == ["sort", "hist"]


def test_words_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "tagger.json"
    path.write_text(dumps(tagger()), encoding="utf-8")
    assert main(["explain", str(path), "--words"]) == 0
    text = capsys.readouterr().out
    assert "title  2  Mr Dr" in text
    assert "same  word (2 words: <unk> the)   looks for  title (2 words: Mr Dr)" in text
    assert main(["explain", str(path), "--words", "--why", "PER", "--not", "LOC"]) == 0
    assert "+9  before is title  Mr Dr" in capsys.readouterr().out
    assert main(["explain", str(path), "--words", "--why", "PER", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["features"][0]["words"] == ["Mr", "Dr"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tests/explain/programs/sort.json", "--reads", "--out", "x.txt"], "a name ending in .png, .svg or .pdf"),
        (["tests/explain/programs/sort.json", "nowhere", "--reads"], "nowhere"),
        (["tests/explain/programs/sort.json", "--words", "--not", "1"], "--why LABEL beside it"),
        (["tests/explain/programs/sort.json", "--words", "--why", "x"], "got 'x'; expected one of 0"),
        (["tests/explain/programs/hist.json", "--words", "--why", "1"], "no scores"),
        (["tests/explain/programs/sort.json", "1", "--words"], "a program alone"),
    ],
)
def test_bad_input_is_told_with_exit_code_2(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *words]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
