"""Tags that are not IOB2: told with their line, or repaired; and labels that a program cannot give."""

from __future__ import annotations

import gzip
import io
import json
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from transformer_programs.cli import main
from transformer_programs.errors import ConfigError, DataError
from transformer_programs.files import load_program
from transformer_programs.program import (
    Classify,
    Decode,
    Emit,
    Full,
    Program,
    Read,
    Spelled,
    Step,
    Table,
    Width,
    check,
    dumps,
)
from transformer_programs.tasks import load_dataset, load_examples
from transformer_programs.tasks.iob import are_entity_tags, stray, to_iob2

IOB1 = "# id = 1\nRome I-LOC\nis O\nnear O\nOld I-LOC\nOstia I-LOC\nLatium B-LOC\n\n\nMr O\nX I-PER\nY I-ORG\n"
IOB2 = ["B-LOC", "O", "O", "B-LOC", "I-LOC", "B-LOC"]


def program(*labels: str, decodes: bool = False) -> Program:
    rows = ((0,) * len(labels),) * len(labels)
    output = Decode(labels, rows[0], (), rows[0], rows) if decodes else Classify(labels, rows[0], ())
    return check(Program(name="tags", vocabulary=("<unk>",), max_length=None, output=output))


def spans(tags: list[str | None] | tuple[str | None, ...]) -> set[tuple[int, int, str]]:
    """Entities as the shared task of 2003 read IOB1: a run of one kind, cut before each `B-X`."""
    found, start = set(), 0
    for i in range(len(tags) + 1):
        kind = (tags[i - 1] or "O")[2:] if i else ""
        goes_on = 0 < i < len(tags) and (tags[i] or "O")[:2] == "I-" and (tags[i] or "O")[2:] == kind
        if not goes_on:
            if kind:
                found.add((start, i, kind))
            start = i
    return found


def test_repaired_tags_are_iob2_with_the_same_entities() -> None:
    for tags in product(["O", "I-A", "B-A", "I-B"], repeat=5):
        made = to_iob2(tags)
        assert stray(made) is None
        assert spans(made) == spans(tags)
        assert to_iob2(made) == made
        assert [a == b or b == f"B-{a[2:]}" for a, b in zip(tags, made)] == [True] * 5


@pytest.mark.parametrize("labels", [["O", "B-A"], ["O", "NOUN", "I-A"], ["O", "I-"], ["O", "E-A", "I-A"], []])
def test_other_labels_are_no_tags_of_entities(labels: list[str]) -> None:
    assert not are_entity_tags(labels)


def written(tmp_path: Path, name: str = "tags.conll", text: str = IOB1, times: int = 4) -> Path:
    path = tmp_path / name
    data = (text.rstrip("\n") + "\n\n") * times
    path.write_bytes(gzip.compress(data.encode()) if name.endswith(".gz") else data.encode())
    return path


@pytest.mark.parametrize("name", ["tags.conll", "tags.conll.gz"])
def test_iob1_is_told_with_its_line_or_repaired(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, name)
    with pytest.raises(DataError, match=r"line 2: got I-LOC at the beginning \(token 'Rome'\); expected B-LOC"):
        load_dataset(path, kind="tagging")
    data = load_dataset(path, kind="tagging", repair=True)
    assert set(data.labels) == {"O", "B-LOC", "I-LOC", "B-PER", "B-ORG"}
    assert list(next(e for e in data.train if e.tokens[0] == "Rome").labels) == IOB2
    assert any("16 tags I-X of train" in note for note in data.notes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a B-X\nb I-X\n\nc B-X\nd I-Y\n", "line 5: got I-Y after B-X (token 'd'); expected B-Y"),
        ("a B-X\nb O\nc I-X\n", "line 3: got I-X after O (token 'c'); expected B-X"),
    ],
)
def test_one_wrong_tag_is_told_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    good = written(tmp_path, "good.conll", "a B-X\nb I-X\n\nc B-Y\nd I-Y\n\ne O\n")
    bad = written(tmp_path, "bad.conll", text, times=1)
    for files in ({"train": bad}, {"train": good, "test": bad}):
        with pytest.raises(DataError) as error:
            load_dataset(kind="tagging", **files)  # type: ignore[arg-type]
        assert message in str(error.value)
    with pytest.raises(DataError) as error:
        load_examples(bad, program("O", "B-X", "I-X", "B-Y", "I-Y"), kind="tagging")
    assert message in str(error.value)


def test_a_file_of_sentences_a_line_names_the_sentence(tmp_path: Path) -> None:
    rows = [{"tokens": ["a", "b"], "labels": ["B-X", "I-X"]}, {"tokens": ["a", "b"], "labels": ["O", "I-X"]}]
    path = tmp_path / "tags.jsonl"
    path.write_text("\n".join(map(json.dumps, rows * 3)), encoding="utf-8")
    with pytest.raises(DataError, match="line 2: got I-X after O"):
        load_dataset(path, kind="tagging")
    data = load_dataset(path, kind="tagging", repair=True)
    assert {example.labels for example in data.train} == {("B-X", "I-X"), ("O", "B-X")}


def test_labels_of_another_kind_are_left_alone(tmp_path: Path) -> None:
    path = written(tmp_path, "pos.conll", "a NOUN\nb I-X\n")
    assert set(load_dataset(path, kind="tagging").labels) == {"NOUN", "I-X"}
    with pytest.raises(ConfigError, match="--repair: got labels such as NOUN"):
        load_dataset(path, kind="tagging", repair=True)
    csv = tmp_path / "d.csv"
    csv.write_text("text,label\na,I-X\nb,O\n" * 3, encoding="utf-8")
    assert load_dataset(csv, kind="classification").labels
    with pytest.raises(ConfigError, match="--repair: got classification"):
        load_dataset(csv, kind="classification", repair=True)


def test_the_commands_repair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, made = str(written(tmp_path)), tmp_path / "tags.json"
    made.write_text(dumps(program("O", "B-LOC", "I-LOC", "B-PER", "B-ORG")), encoding="utf-8")
    for command in ("eval", "explain"):
        flags = [command, str(made), "--data", path, "--kind", "tagging"]
        flags += ["--errors"] if command == "explain" else []
        assert main(flags) == 2
        assert "line 2: got I-LOC" in capsys.readouterr().err
        assert main([*flags, "--repair"]) == (1 if command == "explain" else 0)
        capsys.readouterr()


@pytest.mark.parametrize("decodes", [False, True])
def test_a_label_that_a_program_cannot_give_is_told_with_its_line(decodes: bool, tmp_path: Path) -> None:
    path = written(tmp_path, "new.conll", "a O\nb B-X\nc B-NEW\n", times=1)
    with pytest.raises(DataError) as error:
        load_examples(path, program("O", "B-X", decodes=decodes), kind="tagging")
    assert "line 3: got label 'B-NEW'; expected one that tags can give: O, B-X; train with examples" in str(error.value)


def test_long_sentences_are_left_out_of_training_and_kept_whole_at_prediction(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = " ".join(["w"] * 40)
    rows = [{"tokens": long.split(), "labels": ["A"] * 40}, *[{"tokens": ["a", "b"], "labels": ["A", "B"]}] * 12]
    path, out = tmp_path / "tags.jsonl", tmp_path / "run"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    command = ["train", "--learner", "text", "--data", str(path), "--kind", "tagging", "--max-length", "5"]
    assert main([*command, "--out", str(out), "--json"]) == 0
    assert "1 examples of train left out, longer than the maximum length" in capsys.readouterr().err
    assert main(["run", str(out), *long.split()]) == 0
    assert len(capsys.readouterr().out.split()) == 40


def test_lines_that_are_no_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "tags.json"
    steps = (Step("v", Spelled("lower", (), (), "x")),)
    made.write_text(dumps(Program(name="p", vocabulary=None, max_length=None, steps=steps, output=program("O").output)))
    for raw, code in ((b"Rom\xe9 is\n", 2), (b"a b\n\nRom\xe9 is\n", 2), (b"a\n\nb c\n", 0)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
        assert main(["run", str(made)]) == code
        found = capsys.readouterr()
        if code:
            line = raw.count(b"\n")
            assert f"line {line}: got byte 0xe9 at 4; expected UTF-8 text" in found.err
        else:
            assert found.out == "O\n\nO O\n"


def emitting(*labels: str) -> Program:
    """A program whose answer is a variable, as the exact passes make of few scores: it lists no labels."""
    table = Step("answer_1", Table((Read("tokens"),), labels))
    vocabulary = ("<unk>", *(f"w{i}" for i in range(1, len(labels))))
    return check(Program(name="tags", vocabulary=vocabulary, max_length=None, steps=(table,), output=Emit("answer_1")))


def test_a_program_whose_answer_is_a_table_is_evaluated_like_any_other(tmp_path: Path) -> None:
    path = written(tmp_path, "new.conll", "a O\nb B-X\nc B-NEW\n", times=1)
    with pytest.raises(DataError) as error:
        load_examples(path, emitting("O", "B-X", "I-X"), kind="tagging")
    assert "line 3: got label 'B-NEW'; expected one that tags can give: B-X, I-X, O; train with" in str(error.value)
    stray_tag = written(tmp_path, "stray.conll", "a O\nb I-X\n", times=1)
    with pytest.raises(DataError, match="line 2: got I-X after O"):
        load_examples(stray_tag, emitting("O", "B-X", "I-X"), kind="tagging")
    data = load_examples(stray_tag, emitting("O", "B-X", "I-X"), kind="tagging", repair=True)
    assert data.test[0].labels == ("O", "B-X")


def test_numbers_that_a_program_gives_are_its_labels(tmp_path: Path) -> None:
    counts = Program(name="hist", vocabulary=None, max_length=3, steps=(Step("n", Width(Full())),), output=Emit("n"))
    path = written(tmp_path, "n.conll", "a 3\nb 0\n", times=1)
    assert load_examples(path, check(counts), kind="tagging").labels == ("3", "0")
    path.write_text("a 3\nb 4\n")
    with pytest.raises(DataError, match="line 2: got label '4'; expected one that hist can give: whole numbers"):
        load_examples(path, check(counts), kind="tagging")


def test_labels_of_training_that_a_table_never_gives_are_known_at_evaluation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # B-RARE stands once in training, in a sentence whose tags are otherwise all O.
    text = "Oslo B-LOC\nis O\ncold O\n\nit O\nrains O\n\n"
    train = tmp_path / "train.conll"
    train.write_text(text * 20 + "it B-RARE\nrains O\n\n")
    out, flags = tmp_path / "run", ["--kind", "tagging", "--json"]
    parts = ["--validation", str(train), "--test", str(train)]
    assert main(["train", "--learner", "grow", "--data", str(train), *parts, *flags, "--out", str(out)]) == 0
    learned = load_program(out)
    assert isinstance(learned.output, Emit)
    assert ("never given", "B-RARE") in learned.about
    shorter = tmp_path / "shorter"
    assert main(["simplify", str(out), "--data", str(train), *flags, "--out", str(shorter)]) == 0
    for place in (out, out / "program.py", shorter):
        assert main(["eval", str(place), "--data", str(train), *flags]) == 0
        capsys.readouterr()
        new = written(tmp_path, "new.conll", "it O\nis B-NEW\n", times=1)
        assert main(["eval", str(place), "--data", str(new), *flags]) == 2
        assert "line 2: got label 'B-NEW'" in capsys.readouterr().err


def test_what_a_program_answers_decides_what_is_repaired(tmp_path: Path) -> None:
    tags, nouns = written(tmp_path, "tags.conll", "a O\n"), written(tmp_path, "nouns.conll", "a NOUN\n")
    with pytest.raises(ConfigError, match="--repair: got labels such as NOUN"):
        load_examples(tags, program("O", "NOUN"), kind="tagging", repair=True)
    with pytest.raises(ConfigError, match="--repair: got labels such as NOUN"):
        load_examples(nouns, program("O", "B-X", "I-X"), kind="tagging", repair=True)
    pooled = replace(program("x", "y"), output=Classify(("x", "y"), (0, 0), (), pooled=True))
    with pytest.raises(ConfigError, match="--repair: got classification"):
        load_examples(tags, pooled, kind="classification", repair=True)
