"""The data the project ships: readable, small, with its licence beside it; and the baselines on it and elsewhere."""

from pathlib import Path

import pytest

from transformer_programs.learn.baselines import majority, unigram
from transformer_programs.tasks import Dataset, Example, Kind, load_dataset

DATA = Path(__file__).parents[2] / "examples" / "data"


def load(name: str, ending: str, kind: str) -> Dataset:
    parts = {part: DATA / name / f"{file}.{ending}" for part, file in (("validation", "valid"), ("test", "test"))}
    return load_dataset(DATA / name / f"train.{ending}", kind=kind, **parts)


def test_wikigold():
    data = load("wikigold", "conll", "tagging")
    assert (data.name, len(data.train), len(data.validation), len(data.test)) == ("wikigold", 600, 150, 150)
    assert data.max_length == 40
    types = ("PER", "ORG", "LOC", "MISC")
    assert set(data.labels) == {"O", *(f"{mark}-{entity}" for mark in "BI" for entity in types)}
    for example in (*data.train, *data.validation, *data.test):
        for before, label in zip(("O", *example.labels), example.labels):
            assert not label.startswith("I-") or before in (label, f"B{label[1:]}")


def test_snips():
    data = load("snips", "jsonl", "classification")
    assert (data.name, len(data.train), len(data.validation), len(data.test)) == ("snips", 700, 280, 700)
    assert len(data.labels) == 7
    assert all(sum(example.labels == (label,) for example in data.train) == 100 for label in data.labels)
    held = {example.tokens for example in data.test}
    assert sum(example.tokens in held for example in data.train) <= 2


@pytest.mark.parametrize(
    ("name", "most", "licence"), [("wikigold", 150_000, "CC BY 4.0"), ("snips", 200_000, "CC0 1.0")]
)
def test_parts_are_small_and_say_their_licence(name, most, licence):
    files = list((DATA / name).iterdir())
    assert sum(file.stat().st_size for file in files) < most
    readme = (DATA / name / "README.md").read_text()
    assert licence in readme
    assert "Changed:" in readme


def test_baselines_of_the_shipped_data():
    # Measured; they must not change unless the data or the vocabulary rule do.
    wikigold, snips = load("wikigold", "conll", "tagging"), load("snips", "jsonl", "classification")
    assert [round(score(wikigold), 4) for score in (majority, unigram)] == [0.8129, 0.8294]
    assert [round(score(snips), 4) for score in (majority, unigram)] == [0.1429, 0.95]


def tagging(train, test) -> Dataset:
    def part(rows):
        return tuple(
            Example(tuple(words.split()), tuple(None if t == "_" else t for t in tags.split())) for words, tags in rows
        )

    return Dataset(
        name="d",
        kind=Kind.TAGGING,
        vocabulary=("<unk>", "a", "b", "c"),
        labels=("X", "Y"),
        max_length=4,
        train=part(train),
        validation=part(test),
        test=part(test),
    )


def test_baselines_by_hand():
    data = tagging(train=[("a a b", "Y Y X"), ("b c", "X _"), ("c", "X")], test=[("a b c z", "Y Y X X")])
    # Training has Y Y X X X: always X. By word: a is Y, b and c are X; z, unknown, takes the most common, X.
    assert majority(data) == 2 / 4
    assert unigram(data) == 3 / 4
    assert unigram(data, "train") == 1.0


def test_baselines_leave_out_what_is_not_asked():
    data = tagging(train=[("a b", "X _"), ("a", "Y"), ("a", "Y")], test=[("a b c", "Y _ _")])
    assert majority(data) == unigram(data) == 1.0


def test_unknown_words_have_a_majority_of_their_own():
    data = tagging(train=[("q r s", "Y Y Y"), ("a a a a", "X X X X")], test=[("t a", "Y X")])
    assert (majority(data), unigram(data)) == (0.5, 1.0)
