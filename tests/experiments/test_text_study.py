"""Studies of text: declared, resumable, with tables and reports, on the data that ships."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from transformer_programs.cli import main
from transformer_programs.experiments.text import load_study
from transformer_programs.experiments.text.scoring import scored
from transformer_programs.files import load_program
from transformer_programs.learn.baselines import guesses
from transformer_programs.program import Reading, dumps
from transformer_programs.tasks import encode

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"


def test_a_study_of_intents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["experiment", "classification", "--dataset", "snips", "--data", str(EXAMPLES / "snips")]
    asked += ["--only", "naive", "pairs", "--seeds", "1", "--curve", "--out", str(tmp_path)]
    assert main(asked) == 0
    table = capsys.readouterr().out
    assert "| program: words, word classes, pairs | 1 |" in table
    assert "| naive Bayes, 12.5 % of training | 1 |" in table
    rows = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert len(rows) == 8
    whole = [row for row in rows if row["share"] == 1]
    assert all(row["test"] > 0.9 for row in whole)
    for name in ("table.md", "per_class.md", "confusion.svg", "curve.svg", "errors.jsonl"):
        assert (tmp_path / name).stat().st_size
    error = json.loads((tmp_path / "errors.jsonl").read_text().splitlines()[0])
    assert error["right"] != error["said"]
    assert error["features"]
    learned = next(row for row in whole if "pairs" in row["case"])
    (kept,) = [file for file in tmp_path.rglob("program.json") if "share" not in str(file)]
    told_again = ["eval", str(kept), "--data", str(EXAMPLES / "snips" / "test.jsonl"), "--kind", "classification"]
    assert main([*told_again, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sequence_accuracy"] == learned["test"]
    assert load_program(kept).reading == Reading(lower=True, text=True)
    plain = replace(load_program(kept), reading=Reading())
    (tmp_path / "plain.json").write_text(dumps(plain))
    assert main(["eval", str(tmp_path / "plain.json"), *told_again[2:], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sequence_accuracy"] != learned["test"]
    before = (tmp_path / "results.jsonl").read_bytes()
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["rows"]) == 8
    assert (tmp_path / "results.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["classification"], "--dataset: got nothing; expected trec, mr"),
        (["ner", "--dataset", "trec"], "--dataset: got trec, which is classification; expected one for ner"),
        (["ner", "--dataset", "nothing"], "study: got 'nothing'; expected a TOML file, or one of ag_news, mr, ner"),
        (["ner", "--seeds", "0"], "--seeds: got 0"),
        (["ner"], "train.txt: got no such file; expected a file of examples"),
    ],
)
def test_what_is_asked_wrongly(
    asked: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["experiment", *asked, "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("kind", "names"),
    [("ner", "ner, wikigold or a TOML file (default: ner)"), ("classification", "trec, mr, subj, ag_news, snips or a")],
)
def test_help_names_the_studies_of_its_kind(kind: str, names: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["experiment", kind, "--help"])
    assert names in " ".join(capsys.readouterr().out.split())


def test_logistic_regression_is_fitted_to_the_end() -> None:
    """With a loose tolerance it gives every word the most common tag."""
    study = load_study("wikigold")
    data = study.data(EXAMPLES / "wikigold", 0)
    names = np.array(data.labels)
    gold, guess = encode(data, data.test).labels, guesses(data, "test", "logistic")
    pairs = [(names[row[row >= 0]].tolist(), names[said[row >= 0]].tolist()) for row, said in zip(gold, guess)]
    assert scored(data, [right for right, _ in pairs], [said for _, said in pairs]).value > 0.1
