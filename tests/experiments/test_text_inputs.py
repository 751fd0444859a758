"""Studies of text and their files: nothing begins that cannot end, nothing is taken up again that is not the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from transformer_programs.batch import Batch
from transformer_programs.cli import main
from transformer_programs.emit.python import read_python
from transformer_programs.experiments.results import Results
from transformer_programs.experiments.text import load_study, runs_of, table
from transformer_programs.files import load_program

NAMES = ("Mara", "Tilo", "Ansa", "Veit")
PLACES = ("Lima", "Oslo", "Bern", "Riga")

SUITE = """
name = "tiny"
kind = "tagging"
train = "train.conll"
validation = "valid.conll"
test = "test.conll"
min_count = 1
{keys}
seeds = [0, 1]

[[rows]]
name = "unigram tag"
baseline = "unigram"

[[rows]]
name = "program"
settings = ["steps=20", "classes=3"{settings}]
"""

Study = Callable[..., int]


def sentences(*pairs: tuple[str, str]) -> str:
    return "".join(f"{name} B-PER\nsaw O\n{place} B-LOC\nin O\n19{len(name)}0 O\n\n" for name, place in pairs)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Runs a tiny study in a folder: data, vectors v.txt, a list l.txt, results in out."""
    data = tmp_path / "data"
    data.mkdir()
    for part, shift in (("train", 0), ("valid", 1), ("test", 2)):
        pairs = [(NAMES[i % 4], PLACES[(i + shift) % 4]) for i in range(12)]
        (data / f"{part}.conll").write_text(sentences(*pairs), encoding="utf-8")
    words = (*NAMES, *PLACES, "saw", "in")
    (tmp_path / "v.txt").write_text("".join(f"{word} {i} {i % 3}\n" for i, word in enumerate(words)))
    (tmp_path / "l.txt").write_text("Lima\nOslo\n")

    def run(*flags: str, keys: str = "", settings: str = "", suite: str = SUITE) -> int:
        (tmp_path / "s.toml").write_text(suite.format(keys=keys, settings=settings), encoding="utf-8")
        asked = ["experiment", "ner", "--dataset", str(tmp_path / "s.toml"), "--data", str(data)]
        return main([*asked, "--out", str(tmp_path / "out"), "--seeds", "1", *flags])

    return run


def rows(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "out" / "results.jsonl").read_text().splitlines()]


# --- the same name is not the same file -----------------------------------------------------------------------------


def test_rows_of_other_data_are_not_taken_up(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert study() == 0
    before = (tmp_path / "out" / "results.jsonl").read_bytes()
    capsys.readouterr()
    assert study() == 0
    assert (tmp_path / "out" / "results.jsonl").read_bytes() == before
    assert capsys.readouterr().err == ""
    test = tmp_path / "data" / "test.conll"
    test.write_text(test.read_text() + sentences(("Lima", "Mara")))
    assert study() == 0
    told = capsys.readouterr().err
    assert (
        "unigram-tag-seed0: done anew; the row that is kept is of other files or settings (now test test.conll sha2"
        in told
    )
    first, second, third, fourth = rows(tmp_path)
    assert first["test"] == second["test"] == 1
    assert third["test"] < 1
    assert fourth["folder"] == "program-seed0-2"
    assert load_program(tmp_path / "out" / second["folder"]) == load_program(tmp_path / "out" / fourth["folder"])
    assert f"{100 * fourth['test']:.2f}" in (tmp_path / "out" / "table.md").read_text()


def test_vectors_of_the_same_name_are_told_apart(study: Study, tmp_path: Path) -> None:
    file = tmp_path / "v.txt"
    assert study("--vectors", str(file)) == 0
    file.write_text(file.read_text().replace("Lima 4 1", "Lima 9 9"))
    assert study("--vectors", str(file)) == 0
    found = rows(tmp_path)
    assert [row["case"] for row in found] == ["unigram tag", "program", "program"]  # a baseline reads no vectors
    (one,), (other,) = ([part for part in row["settings"] if part.startswith("vectors ")] for row in found[1:])
    assert one != other
    assert one.startswith("vectors v.txt sha256:")


@pytest.mark.parametrize(
    ("keys", "settings"), [("digits = true", ""), ("vocabulary_size = 3", ""), ("", ', "reach=1"')]
)
def test_what_the_suite_says_tells_rows_apart(study: Study, tmp_path: Path, keys: str, settings: str) -> None:
    assert study("--only", "program") == study("--only", "program", keys=keys, settings=settings) == 0
    assert len(rows(tmp_path)) == 2


def test_gazetteers_tell_rows_apart(study: Study, tmp_path: Path) -> None:
    listed = f', "features=gazetteer={tmp_path / "l.txt"}"'
    assert study("--only", "program", settings=listed) == 0
    (tmp_path / "l.txt").write_text("Bern\n")
    assert study("--only", "program", settings=listed) == 0
    assert len(rows(tmp_path)) == 2


def test_rows_of_an_earlier_version_are_told_and_done_anew(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    old = {"suite": "tiny", "case": "unigram tag", "settings": [], "seed": 0, "share": 1.0, "test": 0.1, "measure": "x"}
    (tmp_path / "out" / "results.jsonl").write_text(json.dumps(old) + "\n")
    assert study("--only", "unigram") == 0
    assert "which did not keep all that it depends on" in capsys.readouterr().err
    assert [row["test"] for row in rows(tmp_path)] == [0.1, 1.0]
    assert study("--only", "unigram") == 0
    assert capsys.readouterr().err == ""


# --- what is wrong is told before anything is done ------------------------------------------------------------------


def test_a_broken_row_of_vectors(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "v.txt").write_text("saw 1 2\nLima 3 x\n")
    assert study("--vectors", str(tmp_path / "v.txt")) == 2
    assert "v.txt, line 2: got 'x'; expected a number" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("flags", "changes", "message"),
    [
        (["--only", "nosuchrow"], {}, "--only: got 'nosuchrow'; expected a part of one of 'unigram tag', 'program'"),
        (["--only", "unigram", "nosuchrow"], {}, "--only: got 'nosuchrow'"),
        (["--seeds", "3"], {}, "--seeds: got 3; expected at most 2, the study's"),
        (["--only", "unigram", "--vectors", "missing.txt"], {}, "missing.txt: got a file that cannot be read (No such"),
        ([], {"settings": ', "features=gazetteer=missing"'}, "missing: got a file that cannot be read (No such file"),
        ([], {"settings": ', "features=shapes"'}, "tiny, row 'program', features: got 'shapes'; expected shape, pref"),
        ([], {"settings": ', "classes=1"'}, "tiny, row 'program', classes: got '1'"),
        ([], {"settings": ', "least=0"'}, "tiny, row 'program', least: got 0; expected 1 or more"),
        ([], {"settings": ', "reach=-1"'}, "tiny, row 'program', reach: got -1; expected 0 or more"),
        ([], {"settings": ', "features=unseen"'}, "tiny, row 'program', features: got unseen; expected classification"),
        ([], {"keys": "max_length = 2"}, "train.conll: got only examples of more than 2 tokens"),
        ([], {"suite": SUITE + 'baseline = "transformer"'}, "settings, steps: got no such setting"),
        (
            [],
            {"suite": SUITE + '[[rows]]\nname = "t"\nbaseline = "transformer"\nsettings = ["width=3"]'},
            "width: got 3",
        ),
    ],
)
def test_what_cannot_be_done_is_told_first(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: list[str], changes: dict, message: str
) -> None:
    assert study(*flags, **changes) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_empty_gazetteer(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "l.txt").write_text("\n")
    assert study(settings=f', "features=gazetteer={tmp_path / "l.txt"}"') == 2
    assert "l.txt: got no entries" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_broken_line_of_the_test_file(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (tmp_path / "data" / "test.conll").open("a") as file:
        file.write("alone\n")
    assert study() == 2
    assert "test.conll, line 73: got 1 column(s)" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_place_that_is_no_folder(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("mine")
    assert study() == 2
    assert "out: got no folder can be made there" in capsys.readouterr().err
    assert (tmp_path / "out").read_text() == "mine"


# --- a study goes on ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [10, -1])
def test_a_last_line_that_was_cut(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str], kept: int) -> None:
    assert study() == 0
    whole = rows(tmp_path)
    file = tmp_path / "out" / "results.jsonl"
    first, second = file.read_bytes().splitlines()
    file.write_bytes(first + b"\n" + second[:kept])
    capsys.readouterr()
    assert study() == 0
    told = capsys.readouterr().err
    assert "results.jsonl: the last line was cut short and is left out; its run is done again" in told
    assert "unigram-tag" not in told
    assert [(row["case"], row["test"]) for row in rows(tmp_path)] == [(row["case"], row["test"]) for row in whole]
    assert study() == 0
    assert capsys.readouterr().err == ""


def test_a_cut_in_the_middle_of_a_letter(study: Study, tmp_path: Path) -> None:
    assert study("--only", "unigram") == 0
    file = tmp_path / "out" / "results.jsonl"
    file.write_bytes(file.read_bytes() + '{"suite": "é'.encode()[:-1])
    assert study("--only", "unigram") == 0


def test_a_damaged_line_before_the_last_is_an_error(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert study() == 0
    file = tmp_path / "out" / "results.jsonl"
    first, second = file.read_bytes().splitlines()
    file.write_bytes(first[:9] + b"\n" + second + b"\n")
    assert study() == 2
    assert "results.jsonl, line 1: got no row of a study" in capsys.readouterr().err


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_bytes(file.read_bytes()[:-9])])
def test_a_lost_program(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], object]
) -> None:
    assert study() == 0
    (kept,) = (tmp_path / "out").rglob("program.json")
    before = kept.read_bytes()
    damage(kept)
    capsys.readouterr()
    assert study("--only", "unigram") == 0  # does not need it
    assert capsys.readouterr().err == ""
    assert study() == 0
    assert "program.json is gone or damaged; program-seed0 is done again" in capsys.readouterr().err
    assert kept.read_bytes() == before
    assert len(rows(tmp_path)) == 2


def test_blank_results_are_none(tmp_path: Path) -> None:
    (tmp_path / "results.jsonl").write_text("\n")
    results = Results(tmp_path)
    assert (results.rows(), results.notes([])) == ([], [])


# --- what it leaves -------------------------------------------------------------------------------------------------


def test_the_printed_program_is_kept_beside_the_other(study: Study, tmp_path: Path) -> None:
    assert study("--only", "program") == 0
    (kept,) = (tmp_path / "out").rglob("program.json")
    printed = kept.with_name("program.py")
    assert read_python(printed.read_text()) == load_program(kept)
    printed.unlink()
    assert study("--only", "program") == 0
    assert read_python(printed.read_text()) == load_program(kept)


def test_rows_of_one_folder_name_have_two(study: Study, tmp_path: Path) -> None:
    twins = SUITE + '[[rows]]\nname = "program!"\nsettings = ["steps=1", "classes=3"]'
    assert study("--only", "program", suite=twins) == 0
    assert [row["folder"] for row in rows(tmp_path)] == ["program-seed0", "program-seed0-2"]


def test_long_sentences_are_counted(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = "Mara B-PER\nsaw O\nOslo B-LOC\nand O\nRiga B-LOC\nin O\n1950 O\n\n"
    for part, count in (("train", 3), ("test", 2)):
        with (tmp_path / "data" / f"{part}.conll").open("a") as file:
            file.write(long * count)
    assert study("--only", "unigram", keys="max_length = 5") == 0
    assert rows(tmp_path)[0]["left_out"] == {"train": 3, "validation": 0, "test": 2}
    note = "Sentences of more than 5 words are left out: train 3, validation 0, test 2"
    assert note in capsys.readouterr().out
    assert note in (tmp_path / "out" / "table.md").read_text()
    assert study("--only", "program") == 0
    assert "left out" not in capsys.readouterr().out


def test_a_split_off_validation_part_is_counted_with_training(study: Study, tmp_path: Path) -> None:
    with (tmp_path / "data" / "train.conll").open("a") as file:
        file.write("a O\n" * 6)
    suite = SUITE.replace('validation = "valid.conll"\n', "")
    assert study("--only", "unigram", keys="max_length = 5", suite=suite) == 0
    assert rows(tmp_path)[0]["left_out"] == {"train": 1, "test": 0}


def test_the_kept_program_gives_the_studys_number_on_the_raw_file(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test = tmp_path / "data" / "test.conll"
    test.write_text(
        test.read_text()
        + sentences(("Lima", "Mara"), ("MARA", "OSLO"), ("Tilotilo", "riga"))
        + "MARA O\nOSLO B-PER\n\n"
    )
    assert study("--only", "program", keys="lower = true\ndigits = true") == 0
    (row,) = rows(tmp_path)
    kept = tmp_path / "out" / row["folder"]
    capsys.readouterr()
    assert main(["eval", str(kept), "--data", str(test), "--kind", "tagging", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["token_accuracy"] == row["test_accuracy"] < 1
    assert told["entity_f1"] == row["test"] < 1
    one, other = Batch(load_program(kept)).predict(
        [("<s>", *words, "</s>") for words in (("OSLO", "7"), ("oslo", "19"))]
    )
    assert one == other


def test_no_limit_no_note() -> None:
    assert table([]) == "nothing was run"


def test_shipped_wikigold_beats_its_baselines_without_features(tmp_path: Path) -> None:
    """Words that training has not are `<unk>`; it has scores only where some training words are `<unk>`, too."""
    folder = Path(__file__).parents[2] / "examples" / "data" / "wikigold"
    runs = runs_of(load_study("wikigold"), folder, only=("unigram", "logistic", "word classes"), seeds=1)
    unigram, logistic, program = (run.perform() for run in runs)
    for part in ("validation", "test"):
        assert program[part] > max(unigram[part], logistic[part]) + 0.05
