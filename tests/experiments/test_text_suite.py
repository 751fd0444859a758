"""Suites of text: every key is known, of its type and in its range, or told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from transformer_programs.cli import main
from transformer_programs.errors import ConfigError
from transformer_programs.experiments.text import Row, load_study

GOOD = {
    "name": '"mine"',
    "kind": '"tagging"',
    "train": '"train.conll"',
    "test": '"test.conll"',
    "seeds": "[0, 1]",
}
ROW = {"name": '"program"'}


def written(folder: Path, keys: dict[str, str | None], *rows: dict[str, str | None]) -> str:
    """A suite file of these keys and rows; None leaves a key out."""
    lines = [f"{key} = {value}" for key, value in keys.items() if value is not None]
    for row in rows:
        lines += ["[[rows]]", *(f"{key} = {value}" for key, value in row.items() if value is not None)]
    (folder / "s.toml").write_text("\n".join(lines), encoding="utf-8")
    return str(folder / "s.toml")


@pytest.mark.parametrize("name", ["ner", "wikigold", "trec", "mr", "subj", "ag_news", "snips"])
def test_every_declared_study_can_be_read(name: str) -> None:
    study = load_study(name)
    assert study.name == name
    assert any(row.baseline for row in study.rows)
    assert any(not row.baseline for row in study.rows)


def test_all_keys_are_taken(tmp_path: Path) -> None:
    more = {"validation": '"v.conll"', "lower": "true", "digits": "true", "min_count": "3", "vocabulary_size": "50"}
    row = {"settings": '["reach=1"]', "published": "66.2", "target": "70", "target_whole": "69.5"}
    study = load_study(written(tmp_path, {**GOOD, **more, "max_length": "30"}, {**ROW, **row}))
    assert study.parts == {"train": "train.conll", "validation": "v.conll", "test": "test.conll"}
    assert (study.lower, study.digits, study.min_count, study.vocabulary_size, study.max_length) == (
        True,
        True,
        3,
        50,
        30,
    )
    assert study.seeds == (0, 1)
    assert study.rows == (Row(name="program", settings=("reach=1",), published=66.2, target=70.0, target_whole=69.5),)


def test_the_suite_of_the_documentation_can_be_read(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "text.md").read_text(encoding="utf-8")
    (tmp_path / "s.toml").write_text(text.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    assert [row.baseline for row in load_study(str(tmp_path / "s.toml")).rows] == ["unigram", ""]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("colour", "1", "s.toml: got the unknown key 'colour'; expected some of name, kind, train"),
        ("name", None, "s.toml: got no key name; expected at least name, kind, train, test, seeds, rows"),
        ("seeds", None, "s.toml: got no key seeds"),
        ("name", '" "', "s.toml, name: got ' '; expected a text"),
        ("kind", '"foo"', "s.toml, kind: got 'foo'; expected one of tagging, classification"),
        ("kind", '["tagging"]', "s.toml, kind: got ['tagging']; expected one of"),
        ("train", "3", "s.toml, train: got 3; expected a text"),
        ("lower", '"yes"', "s.toml, lower: got 'yes'; expected true or false"),
        ("digits", "1", "s.toml, digits: got 1; expected true or false"),
        ("min_count", "0", "s.toml, min_count: got 0; expected a whole number, 1 or more"),
        ("min_count", "true", "s.toml, min_count: got True; expected a whole number"),
        ("vocabulary_size", "1e4", "s.toml, vocabulary_size: got 10000.0; expected a whole number, 1 to 1000000"),
        ("max_length", "10_001", "s.toml, max_length: got 10001; expected a whole number, 1 to 10000"),
        ("seeds", "0", "s.toml, seeds: got 0; expected a list of at least 1"),
        ("seeds", "[]", "s.toml, seeds: got []; expected a list of at least 1"),
        ("seeds", '[0, "a"]', "s.toml, seeds 2: got 'a'; expected a whole number, 0 or more"),
        ("seeds", "[-1]", "s.toml, seeds 1: got -1; expected a whole number, 0 or more"),
        ("seeds", "[3, 3]", "s.toml, seeds: got 3 twice; expected each once"),
        ("rows", "[]", "s.toml, rows: got []; expected a list of at least 1"),
        ("rows", "[3]", "s.toml, rows 1: got 3; expected a table of keys and values"),
    ],
)
def test_a_key_of_the_study(
    key: str, value: str | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [] if key == "rows" else [ROW]
    refused(written(tmp_path, {**GOOD, key: value}, *rows), message, tmp_path, capsys)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"name": None}, "s.toml, rows 2: got no key name"),
        ({"tagret": "3"}, "s.toml, rows 2: got the unknown key 'tagret'; expected some of name, baseline, settings"),
        (
            {"baseline": '"foo"'},
            "s.toml, rows 2, baseline: got 'foo'; expected one of majority, unigram, logistic, tran",
        ),
        (
            {"baseline": '"unigram"', "settings": '["reach=1"]'},
            "rows 2, settings: got settings of the baseline unigram",
        ),
        ({"settings": '"reach=1"'}, "s.toml, rows 2, settings: got 'reach=1'; expected a list"),
        ({"settings": "[1]"}, "s.toml, rows 2, settings 1: got 1; expected a text"),
        ({"settings": '["reach"]'}, "s.toml, rows 2, settings, reach: got no '='; expected NAME=VALUE"),
        ({"settings": '["raech=1"]'}, "s.toml, rows 2, settings, raech: got no such setting; expected one of vectors"),
        ({"settings": '["reach=x"]'}, "s.toml, rows 2, settings, reach: got 'x'; expected a whole number"),
        ({"baseline": '"transformer"', "settings": '["reach=1"]'}, "rows 2, settings, reach: got no such setting"),
        ({"published": '"66"'}, "s.toml, rows 2, published: got '66'; expected a number, 0 to 100"),
        ({"target": "101"}, "s.toml, rows 2, target: got 101; expected a number, 0 to 100"),
        ({"target_whole": "nan"}, "s.toml, rows 2, target_whole: got nan; expected a number"),
        ({"name": '"program"'}, "s.toml, rows, name: got 'program' twice; expected each once"),
    ],
)
def test_a_key_of_a_row(
    row: dict[str, str | None], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(written(tmp_path, GOOD, ROW, {"name": '"second"', **row}), message, tmp_path, capsys)


def test_files_that_are_no_suites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.toml").write_bytes(b'name = "\xff"')
    refused(str(tmp_path / "s.toml"), "s.toml: got a file that cannot be read", tmp_path, capsys)
    (tmp_path / "s.toml").write_text("name =")
    refused(str(tmp_path / "s.toml"), "s.toml: got no TOML", tmp_path, capsys)
    with pytest.raises(ConfigError, match="study: got 'nothing'; expected a TOML file, or one of ag_news, mr, ner"):
        load_study("nothing")


def refused(suite: str, message: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "out"
    assert main(["experiment", "ner", "--dataset", suite, "--data", str(folder), "--out", str(out)]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()
