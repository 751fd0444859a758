"""Users' data sets: split, checked part against part, given a vocabulary; and examples for a program there is."""

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from transformer_programs.errors import ConfigError, DataError
from transformer_programs.program import Classify, Frame, Program, Read, Reading, TableScore
from transformer_programs.tasks import Kind, encode, load_dataset, load_examples, make_task, task_for
from transformer_programs.tasks import load as load_module
from transformer_programs.tasks import parts as parts_module


def write(path: Path, rows) -> str:
    path.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows))
    return str(path)


def rows(count: int, labels="xyz"):
    return [(f"common word{i % 7} only{i}", labels[i % len(labels)]) for i in range(count)]


def texts(part):
    return [" ".join(example.tokens) for example in part]


def everything(data):
    return [*data.train, *data.validation, *data.test]


def test_one_file_is_split_by_the_seed(tmp_path):
    path = write(tmp_path / "d.jsonl", rows(100))
    data = load_dataset(path, kind="classification", seed=1)
    assert (data.kind, data.name, data.causal, data.frame) == (Kind.CLASSIFICATION, "d", False, Frame())
    assert [len(part) for part in (data.train, data.validation, data.test)] == [80, 10, 10]
    assert sorted(texts(everything(data))) == sorted(text for text, _ in rows(100))
    assert data == load_dataset(path, kind=Kind.CLASSIFICATION, seed=1)
    assert data.test != load_dataset(path, kind="classification", seed=2).test


def test_fractions(tmp_path):
    path = write(tmp_path / "d.jsonl", rows(100))
    data = load_dataset(path, kind="classification", fractions=(0.5, 0.3, 0.2))
    assert [len(part) for part in (data.train, data.validation, data.test)] == [50, 30, 20]


def test_only_the_missing_part_is_split_off(tmp_path):
    train = write(tmp_path / "train.jsonl", rows(90))
    held = write(tmp_path / "held.jsonl", rows(7))
    data = load_dataset(train, kind="classification", test=held)
    assert [len(part) for part in (data.train, data.validation, data.test)] == [80, 10, 7]
    assert texts(data.test) == [text for text, _ in rows(7)]
    data = load_dataset(train, kind="classification", validation=held)
    assert [len(part) for part in (data.train, data.validation, data.test)] == [80, 7, 10]
    data = load_dataset(train, kind="classification", validation=held, test=held)
    assert texts(data.train) == [text for text, _ in rows(90)]


@pytest.mark.parametrize("seed", range(5))
def test_a_rare_label_stays_in_training(tmp_path, seed):
    path = write(tmp_path / "d.jsonl", [*rows(50), ("one of a kind", "rare")])
    data = load_dataset(path, kind="classification", seed=seed)
    assert "rare" in {example.labels[0] for example in data.train}


def test_small_files_still_split(tmp_path):
    path = write(tmp_path / "d.jsonl", rows(3))
    data = load_dataset(path, kind="classification", fractions=(0.1, 0.45, 0.45))
    assert [len(part) for part in (data.train, data.validation, data.test)] == [1, 1, 1]
    with pytest.raises(DataError, match=re.escape("got 2 example(s); expected at least 3 to split")):
        load_dataset(write(tmp_path / "e.jsonl", rows(2)), kind="classification")


def test_the_vocabulary_is_the_frequent_training_words_and_unk(tmp_path):
    train = write(tmp_path / "t.jsonl", [("a b c", "x"), ("c b b", "y"), ("d <unk>", "x")])
    held = write(tmp_path / "h.jsonl", [("z z z b", "x")])
    data = load_dataset(train, kind="classification", validation=held, test=held, min_count=1)
    assert data.vocabulary == ("<unk>", "b", "c", "<", ">", "a", "d", "unk")
    data = load_dataset(train, kind="classification", validation=held, test=held)
    assert data.vocabulary == ("<unk>", "b", "c")
    assert "2 of 7 distinct training words kept, the others are <unk>" in data.notes
    assert encode(data, data.test).tokens.tolist() == [[0, 0, 0, 1]]
    data = load_dataset(train, kind="classification", validation=held, test=held, vocabulary_size=1)
    assert data.vocabulary == ("<unk>", "b")


def test_labels_come_the_most_frequent_first(tmp_path):
    path = tmp_path / "d.conll"
    path.write_text("a B\nb O\nc O\n\nd O\ne A\n\nf O\n\n")
    assert load_dataset(path, kind="tagging").labels == ("O", "A", "B")


def test_words_are_read_as_asked_and_kept_as_they_are(tmp_path):
    path = write(tmp_path / "d.jsonl", [("Call 911", "x"), ("CALL 112", "y")] * 5)
    data = load_dataset(path, kind="classification", reading=Reading(lower=True, digits=True))
    assert data.vocabulary == ("<unk>", "0", "call")
    assert set(texts(everything(data))) == {"Call 911", "CALL 112"}
    assert {data.vocabulary[code] for code in encode(data, everything(data)).tokens.flat} == {"call", "0"}
    assert "words read in lower case" in data.notes


def test_long_examples_are_left_out_and_counted(tmp_path):
    path = write(tmp_path / "d.jsonl", [*rows(40), ("w " * 9, "x"), ("w " * 8, "y")])
    data = load_dataset(path, kind="classification", max_length=8)
    assert data.max_length == 8
    assert len(everything(data)) == 41
    assert "1 examples of train left out, longer than the maximum length" in data.notes
    assert load_dataset(path, kind="classification").max_length == 9
    with pytest.raises(DataError, match="got only examples of more than 2 tokens"):
        load_dataset(path, kind="classification", max_length=2)


def test_the_longest_of_any_part_sets_the_length(tmp_path):
    train = write(tmp_path / "t.jsonl", rows(20))
    held = write(tmp_path / "h.jsonl", [("w " * 30, "x")])
    assert load_dataset(train, kind="classification", test=held).max_length == 30


def test_a_limit_keeps_an_even_sample_in_order(tmp_path):
    path = write(tmp_path / "d.jsonl", rows(60))
    held = write(tmp_path / "h.jsonl", rows(3))
    seen: Counter[str] = Counter()
    for seed in range(200):
        data = load_dataset(path, kind="classification", validation=held, test=held, limit=20, seed=seed)
        kept = texts(data.train)
        numbers = [int(text.rsplit("only")[1]) for text in kept]
        assert len(kept) == 20
        assert numbers == sorted(numbers)
        seen.update(kept)
    # Each is kept with probability 1/3: 200 draws, standard deviation below 7.
    assert len(seen) == 60
    assert all(35 < count < 100 for count in seen.values())
    assert "20 of the 60 examples of train kept, at random" in data.notes


def test_labels_are_those_of_the_whole_file_also_under_a_limit(tmp_path):
    path = write(tmp_path / "d.jsonl", [*rows(50), ("one of a kind", "rare")])
    assert "rare" in load_dataset(path, kind="classification", limit=5).labels


def test_one_label_only(tmp_path):
    path = write(tmp_path / "d.jsonl", rows(20, labels="x"))
    with pytest.raises(DataError, match=re.escape(f"{path}: got one label only, 'x'; expected at least two")):
        load_dataset(path, kind="classification")
    path = tmp_path / "e.jsonl"
    path.write_text('{"tokens": ["a"], "labels": [null]}\n' * 5)
    with pytest.raises(DataError, match="got no labels"):
        load_dataset(path, kind="tagging")


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_label_that_training_never_has(tmp_path, part):
    train = write(tmp_path / "t.jsonl", rows(20))
    held = write(tmp_path / "h.jsonl", [*rows(4), ("a", "q"), ("b", "q")])
    message = f"{held}, line 5: got label 'q'; expected one that training has: x, y, z; add examples"
    with pytest.raises(DataError, match=re.escape(message)):
        load_dataset(train, kind="classification", **{part: held})


def test_empty_files(tmp_path):
    for name, content in (("a.jsonl", ""), ("b.conll", "\n\n"), ("c.csv", ""), ("d.tsv", "text\tlabel\n")):
        (tmp_path / name).write_text(content)
        kind = "tagging" if name.endswith("conll") else "classification"
        with pytest.raises(DataError, match="got no examples"):
            load_dataset(tmp_path / name, kind=kind)


def test_columns_that_do_not_hold_labels_end_before_the_memory_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr(parts_module, "MAX_LABELS", 10)
    path = write(tmp_path / "d.jsonl", [(f"a{i}", f"label{i}") for i in range(30)])
    with pytest.raises(DataError, match="line 11: got more than 10 labels"):
        load_dataset(path, kind="classification")


def test_arrays_that_do_not_fit_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(load_module, "MAX_CELLS", 100)
    path = write(tmp_path / "d.jsonl", [*rows(20), ("w " * 50, "x")])
    with pytest.raises(DataError, match=re.escape("got 1,050 places (50 tokens in the longest example)")):
        load_dataset(path, kind="classification")


@pytest.mark.parametrize(
    "setting",
    [
        {"kind": "regression"},
        {"seed": -1},
        {"limit": 0},
        {"max_length": 0},
        {"max_length": 10**9},
        {"vocabulary_size": 0},
        {"vocabulary_size": 10**12},
        {"min_count": 0},
        {"fractions": (0.5, 0.5, 0.0)},
        {"fractions": (0.5, 0.4, 0.2)},
        {"fractions": (float("nan"), 0.1, 0.1)},
        {"validation": "hf:name"},
    ],
)
def test_settings_that_cannot_be_used(tmp_path, setting):
    path = write(tmp_path / "d.jsonl", rows(30))
    with pytest.raises(ConfigError):
        load_dataset(path, **{"kind": "classification", **setting})


@pytest.mark.parametrize(
    ("file", "name"),
    [("my data.v2.jsonl", "my-data"), ("2024.jsonl", "data-2024"), ("é.jsonl", "é"), ("---.jsonl", "data")],
)
def test_names(tmp_path, file, name):
    assert load_dataset(write(tmp_path / file, rows(20)), kind="classification").name == name
    assert load_dataset(tmp_path / file, kind="classification", name="mine").name == "mine"


def test_a_file_called_train_is_named_after_its_folder(tmp_path):
    (tmp_path / "intents").mkdir()
    assert load_dataset(write(tmp_path / "intents" / "train.jsonl", rows(20)), kind="classification").name == "intents"


START = Frame(("<s>",))


def tagger(vocabulary=("<s>", "a", "b"), frame=START, pooled=False) -> Program:
    scores = TableScore(Read("tokens"), tuple((i, 1) for i in range(len(vocabulary))))
    output = Classify(("X", "Y"), (0, 0), (scores,), pooled)
    return Program(name="tagger", vocabulary=vocabulary, max_length=4, frame=frame, output=output)


def test_examples_for_a_program_get_its_frame(tmp_path):
    path = tmp_path / "d.conll"
    path.write_text("a X\nb Y\n\n<s> X\na Y\n")
    data = load_examples(path, tagger(), kind="tagging")
    assert [(example.tokens, example.labels) for example in data.test] == [
        (("<s>", "a", "b"), (None, "X", "Y")),
        (("<s>", "a"), ("X", "Y")),
    ]
    assert (data.vocabulary, data.labels, data.max_length) == (("<s>", "a", "b"), ("X", "Y"), 4)
    assert np.array_equal(encode(data, data.test).labels, [[-1, 0, 1, -1], [0, 1, -1, -1]])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a X\n\nc X\n", "line 3: got token 'c'; expected one that tagger knows"),
        ("a X\n\nb Z\n", "line 3: got label 'Z'; expected one that tagger can give"),
        ("a X\na X\na X\na X\n", "line 1: got 5 tokens; expected at most 4"),
        ("\n", "got no examples"),
    ],
)
def test_examples_that_a_program_does_not_take(tmp_path, content, message):
    path = tmp_path / "d.conll"
    path.write_text(content)
    with pytest.raises(DataError, match=re.escape(message)):
        load_examples(path, tagger(), kind="tagging")


def test_unknown_tokens_pass_where_a_program_has_unk(tmp_path):
    path = tmp_path / "d.conll"
    path.write_text("c X\n")
    data = load_examples(path, tagger(("<unk>", "a"), Frame()), kind="tagging")
    assert encode(data, data.test).tokens[0, 0] == 0


def test_examples_of_another_kind(tmp_path):
    path = write(tmp_path / "d.jsonl", rows(5))
    with pytest.raises(ConfigError, match="got classification; expected what tagger answers: a label a token"):
        load_examples(path, tagger(), kind="classification")
    with pytest.raises(ConfigError, match="a label a sequence"):
        load_examples(path, tagger(pooled=True), kind="tagging")


def test_the_task_of_a_program():
    task = make_task("hist", 5, 6)
    program = tagger(task.vocabulary)
    assert task_for("hist", program, max_length=6) == task
    assert task_for("hist", program).max_length == 4
    with pytest.raises(ConfigError, match="got a program over <s> 0 1 2"):
        task_for("sort", program)
    with pytest.raises(ConfigError, match="the only one it has"):
        task_for("dyck2", tagger(("<s>", "(", ")")))
    with pytest.raises(ConfigError, match="expected one of"):
        task_for("nothing", program)
