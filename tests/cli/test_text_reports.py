"""What `tprog train` and `tprog eval` report of words: entities of IOB2 tags, and baselines that see words."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.scheme import IOB2

from transformer_programs.cli import main
from transformer_programs.files import load_program
from transformer_programs.learn import baselines
from transformer_programs.learn.entity_scores import entity_scores
from transformer_programs.run import Interpreter
from transformer_programs.tasks import load_dataset

PLACES = ["Oslo", "Lima", "Bern", "Accra"]
SENTENCES = [
    *("".join(f"{word} {tag}\n" for word, tag in (("in", "O"), (p, "B-LOC"), ("today", "O"))) for p in PLACES),
    *("".join(f"{word} {tag}\n" for word, tag in (("New", "B-LOC"), (p, "I-LOC"), ("waits", "O"))) for p in PLACES),
    "we O\nwait O\n",
]
LR = "logistic regression on words"


@pytest.fixture(scope="module")
def tags(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A training file; a test file with an entity that no word of training is part of."""
    folder = tmp_path_factory.mktemp("tags")
    train, test = folder / "train.conll", folder / "test.conll"
    train.write_text("\n".join(SENTENCES * 4))
    test.write_text("\n".join([*SENTENCES, "Zug B-LOC\nwaits O\n"]))
    return train, test


@pytest.mark.parametrize("learner", [("text", "classes="), ("grow", "modules=2")])
def test_entities_are_reported_beside_answers(
    learner: tuple[str, str], tags: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train, test = map(str, tags)
    out = tmp_path / "run"
    command = ["train", "--learner", learner[0], "--set", learner[1], "--data", train, "--test", test]
    command += ["--kind", "tagging", "--out", str(out)]
    assert main(command) == 0
    told = capsys.readouterr().out
    report = json.loads((out / "report.json").read_text())
    program, frame = load_program(out), load_program(out).frame
    gold, said = [], []
    for text in sentences_of(tags[1]):
        words, labels = zip(*(line.split() for line in text.splitlines()))
        answer = Interpreter(program)((*frame.before, *words, *frame.after))
        gold.append(list(labels))
        said.append([str(a) for a in answer[len(frame.before) : len(answer) - len(frame.after)]])
    expected = f1_score(gold, said, mode="strict", scheme=IOB2, zero_division=0)
    assert 0 < expected < 1
    assert report["accuracy"]["test"]["entity_f1"] == pytest.approx(expected)
    assert report["accuracy"]["test"]["entities"] == 9
    assert f"of answers right, entity F1 {100 * expected:.2f} %" in told
    assert report["baselines"].keys() == {"most frequent label", "most frequent label of each token", LR}
    assert report["baselines_entity_f1"].keys() == report["baselines"].keys()
    assert report["baselines_entity_f1"]["most frequent label"] == 0
    assert 0 < report["baselines_entity_f1"][LR] <= 1
    assert "entity F1: most frequent label 0.00 %, most frequent label of each token" in told
    flags = [str(out), "--data", test, "--kind", "tagging"]
    assert main(["eval", *flags, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["entity_f1"] == pytest.approx(expected)
    assert main(["eval", *flags]) == 0
    assert "9 entities: F1 " in capsys.readouterr().out


def sentences_of(path: Path) -> list[str]:
    return path.read_text().strip().split("\n\n")


def test_entities_are_counted_as_the_strict_scorer_does() -> None:
    rng, labels = Random(0), ["O", "B-A", "I-A", "B-B", "I-B"]
    for _ in range(30):
        gold = [rng.choices(labels, k=rng.randint(1, 7)) for _ in range(5)]
        said = [[tag if rng.random() < 0.5 else rng.choice(labels) for tag in row] for row in gold]
        found = entity_scores(gold, said)
        for value, scorer in (
            (found.entity_f1, f1_score),
            (found.entity_precision, precision_score),
            (found.entity_recall, recall_score),
        ):
            assert value == pytest.approx(scorer(gold, said, mode="strict", scheme=IOB2, zero_division=0))


def test_labels_that_are_no_tags_of_entities_have_no_entities(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "d.csv"
    data.write_text("text,label\n" + "wake me,alarm\nplay jazz,song\nwake us,alarm\nplay rock,song\n" * 5)
    command = ["train", "--learner", "text", "--set", "classes=", "--data", str(data), "--kind", "classification"]
    assert main([*command, "--out", str(tmp_path / "run"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert "baselines_entity_f1" not in report
    assert "entity_f1" not in report["accuracy"]["test"]
    assert report["baselines"].keys() == {"most frequent label", "naive Bayes", LR}
    assert report["baselines"][LR] == 1.0
    assert main(["eval", str(tmp_path / "run"), "--data", str(data), "--kind", "classification", "--json"]) == 0
    assert "entity_f1" not in json.loads(capsys.readouterr().out)


def test_the_baseline_is_that_of_the_studies_and_sees_fewer_examples_of_much_data(
    tags: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = load_dataset(tags[0], kind="tagging", test=tags[1], validation=tags[1])
    found = baselines.beside(data, words=True)
    assert (found[LR] == baselines.guesses(data, "test", "logistic")).all()
    assert LR not in baselines.beside(data, words=False)
    monkeypatch.setattr(baselines, "LARGEST", 104 * 3 // 2)  # 104 words, 3 labels
    assert list(baselines.beside(data, words=True))[2] == f"{LR} (of 18 examples)"
    monkeypatch.setattr(baselines, "LARGEST", 1)  # the first example alone, whose labels may be one
    assert len(baselines.beside(data, words=True)) in (2, 3)
