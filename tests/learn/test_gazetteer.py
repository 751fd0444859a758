"""Gazetteers: an entry of several words is a run of those words, in every executor; lists that are none are told."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from transformer_programs.batch import Batch
from transformer_programs.cli import main
from transformer_programs.emit.python import print_python, read_python
from transformer_programs.errors import DataError
from transformer_programs.learn.text.corpus import Corpus
from transformer_programs.learn.text.gazetteer import gazetteer
from transformer_programs.learn.text.variables import Written, steps_of
from transformer_programs.passes import simplify
from transformer_programs.program import Emit, Frame, Program, check, domains, dumps, loads
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Dataset, Example, Kind, tokenize

LETTERS = "abcd"


def listed(entries: set[tuple[str, ...]], words: tuple[str, ...]) -> list[str]:
    """What the variable is to say, by looking at every run of every place."""
    lowered, found = [word.lower() for word in words], []
    for i in range(len(words)):
        runs = ((len(e), begin) for e in entries for begin in range(i - len(e) + 1, i + 1) if begin >= 0)
        inside = [i - begin + 1 for size, begin in runs if tuple(lowered[begin : begin + size]) in entries]
        best = max(inside, default=0)
        plain = all(len(entry) == 1 for entry in entries)
        found.append("unlisted" if not best else "listed" if plain else f"listed_{best}")
    return found


def made(folder: Path, entries: set[tuple[str, ...]]) -> tuple[Any, Program]:
    file = folder / "list.txt"
    file.write_text("".join(" ".join(entry).title() + "\n\n" for entry in sorted(entries)))
    variable = gazetteer("gazetteer_1", file)
    program = Program(
        name="g",
        vocabulary=("<unk>", "<s>", "</s>"),
        max_length=None,
        frame=Frame(("<s>",), ("</s>",)),
        steps=steps_of([variable]),
        output=Emit("gazetteer_1"),
    )
    return variable, check(program)


@pytest.mark.parametrize("seed", range(12))
def test_runs_of_words_are_found_where_they_stand(seed: int, tmp_path: Path) -> None:
    rng = Random(seed)
    longest = 1 + seed % 5
    entries = {tuple(rng.choices(LETTERS, k=rng.randint(1, longest))) for _ in range(rng.randint(1, 9))}
    variable, program = made(tmp_path, entries)
    sentences = [tuple(rng.choices(LETTERS + "ABx", k=rng.randint(1, 9))) for _ in range(40)]
    framed = [("<s>", *words, "</s>") for words in sentences]
    expected = [["unlisted", *listed(entries, words), "unlisted"] for words in sentences]
    assert [list(map(str, Interpreter(program)(tokens))) for tokens in framed] == expected
    examples = tuple(Example(tokens, (None,) * len(tokens)) for tokens in framed)
    data = Dataset(
        name="g",
        kind=Kind.TAGGING,
        vocabulary=program.vocabulary or (),
        labels=("x", "y"),
        max_length=99,
        train=examples,
        validation=(),
        test=(),
    )
    codes = variable.codes(Corpus.of(data, examples)).tolist()
    assert [variable.values[code] for code in codes] == [value for row in expected for value in row]
    assert domains(program)["gazetteer_1"].values == variable.values
    assert Batch(program).predict(framed) == expected
    text = print_python(program)
    module: dict[str, Any] = {"__name__": "printed"}
    exec(compile(text, "program.py", "exec"), module)
    assert [module["run"](tokens) for tokens in framed] == expected
    assert read_python(text) == program == loads(dumps(program))
    assert Batch(simplify(program)).predict(framed) == expected


def test_words_with_a_plus_are_words(tmp_path: Path) -> None:
    entries = {("a+b", "c"), ("a", "b+c"), ("a", "b+c", "d")}
    _, program = made(tmp_path, entries)
    for words in (("a+b", "c", "d"), ("a", "b+c", "d"), ("a+b", "b+c"), ("a", "c")):
        assert Interpreter(program)(("<s>", *words, "</s>"))[1:-1] == listed(entries, words)


def test_a_list_of_single_words_is_a_dictionary(tmp_path: Path) -> None:
    variable, _ = made(tmp_path, {("oslo",), ("lima",)})
    assert isinstance(variable, Written)
    assert variable.values == ("listed", "unlisted")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "list.txt: got no entries; expected a list, an entry a line; or leave it out"),
        ("\n  \n", "list.txt: got no entries; expected a list, an entry a line; or leave it out"),
        ("a\nb c d e f g h i j\n", "list.txt, line 2: got 9 words; expected at most 8; shorten it; an entry is a line"),
        (
            "".join(f"first{i} last{i}\n" for i in range(1000)),
            "list.txt: got entries of several words that need tables of 1,002,001 cells; expected at most 1,000,000",
        ),
    ],
)
def test_a_list_that_is_none(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text(text)
    with pytest.raises(DataError) as error:
        gazetteer("gazetteer_1", file)
    assert message in str(error.value)


def test_what_may_follow_alike_is_one_state(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text("".join(f"town{i} city\ntown{i} county\nlake word{i}\n" for i in range(2000)))
    variable = gazetteer("gazetteer_1", file)
    assert sum(len(step.node.cells) for step in steps_of([variable]) if hasattr(step.node, "cells")) < 100


def test_entries_are_cut_as_the_data_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, names = tmp_path / "d.csv", tmp_path / "places.txt"
    data.write_text("text,label\n" + "go to St. Moritz!,place\ngo to Mr. Moritz!,person\n" * 8)
    names.write_text("St. Moritz\nSt. Gallen\n")
    out = tmp_path / "run"
    flags = ["--learner", "text", "--kind", "classification", "--out", str(out), "--json", "--set", "classes="]
    assert main(["train", "--data", str(data), *flags, "--set", f"features=gazetteer={names}"]) == 0
    capsys.readouterr()
    assert main(["run", str(out), "ST. gallen"]) == 0
    assert capsys.readouterr().out == "place\n"
    variable = gazetteer("g", names, tokenize)
    assert variable.values == ("listed_1", "listed_2", "listed_3", "unlisted")


def test_the_command_learns_with_a_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places, others = ["New Oslo", "Old Lima", "Bad Zug"], ["new plans", "old Oslo", "bad roads"]
    rows = [f"in O\n{a} B-LOC\n{b} I-LOC\n" for a, b in map(str.split, places)]
    rows += [f"in O\n{a} O\n{b} O\n" for a, b in map(str.split, others)]
    data, names = tmp_path / "train.conll", tmp_path / "places.txt"
    data.write_text("\n".join(rows * 6))
    names.write_text("\n".join([*places, "Far Bern"]))
    out = tmp_path / "run"
    command = ["train", "--learner", "text", "--data", str(data), "--kind", "tagging", "--out", str(out), "--json"]
    assert main([*command, "--set", "classes=", "--set", f"features=gazetteer={names}"]) == 0
    capsys.readouterr()
    assert main(["run", str(out), "in", "Far", "Bern"]) == 0
    assert capsys.readouterr().out == "O B-LOC I-LOC\n"
    names.write_text("\n")
    assert main([*command, "--force", "--set", f"features=gazetteer={names}"]) == 2
    assert "places.txt: got no entries" in capsys.readouterr().err
    assert main([*command, "--force", "--set", "features=gazetteer="]) == 2
    assert "features: got 'gazetteer='; expected gazetteer=FILE" in capsys.readouterr().err
