"""Hugging Face data sets, with a stand-in for the package: the extra is not needed to test what we do with it."""

import re
import sys
from types import ModuleType, SimpleNamespace
from typing import ClassVar

import pytest

from transformer_programs.errors import ConfigError, DataError
from transformer_programs.tasks import Columns, load_dataset, load_examples
from transformer_programs.tasks.hub import Hub

NAMES = SimpleNamespace(names=["O", "B"])
TAGS = SimpleNamespace(feature=NAMES)


class Split(list):
    features: ClassVar = {"ner_tags": TAGS, "label": NAMES}


def stand_in(monkeypatch, found):
    asked = []

    def load(path, configuration=None, streaming=False):
        asked.append((path, configuration, streaming))
        if isinstance(found, Exception):
            raise found
        return found

    module = ModuleType("datasets")
    module.load_dataset = load
    monkeypatch.setitem(sys.modules, "datasets", module)
    return asked


def tagged(count):
    return Split({"id": i, "tokens": ["a", f"w{i}"], "ner_tags": [0, 1]} for i in range(count))


def test_splits_and_class_names(monkeypatch):
    asked = stand_in(monkeypatch, {"train": tagged(8), "validation": tagged(2), "test": tagged(3), "extra": tagged(9)})
    data = load_dataset("hf:someone/news:en", kind="tagging")
    assert asked == [("someone/news", "en", True)]
    assert (len(data.train), len(data.validation), len(data.test)) == (8, 2, 3)
    assert data.labels == ("B", "O")
    assert data.train[0].labels == ("O", "B")
    assert data.name == "someone-news-en"


def test_missing_splits_are_split_off_or_given_as_files(monkeypatch, tmp_path):
    stand_in(monkeypatch, {"train": tagged(10)})
    data = load_dataset("hf:news", kind="tagging")
    assert (len(data.train), len(data.validation), len(data.test)) == (8, 1, 1)
    (tmp_path / "test.conll").write_text("a O\n")
    assert load_dataset("hf:news", kind="tagging", test=tmp_path / "test.conll").test[0].tokens == ("a",)


def test_classification_by_columns_of_other_names(monkeypatch):
    rows = Split({"sentence": "Good film!", "label": i % 2} for i in range(10))
    stand_in(monkeypatch, {"train": rows})
    data = load_dataset("hf:films", kind="classification")
    assert data.train[0].tokens == ("Good", "film", "!")
    rows = Split({"review": "Good film!", "stars": str(i % 2)} for i in range(10))
    stand_in(monkeypatch, {"train": rows})
    data = load_dataset("hf:films", kind="classification", columns=Columns(tokens="review", labels="stars"))
    assert set(data.labels) == {"0", "1"}


def test_examples_are_the_test_split(monkeypatch):
    from transformer_programs.program import Classify, Program

    program = Program(name="p", vocabulary=("<unk>",), max_length=9, output=Classify(("O", "B"), (0, 0), ()))
    stand_in(monkeypatch, {"train": tagged(8), "test": tagged(3)})
    assert len(load_examples("hf:news", program, kind="tagging").test) == 3


def test_rows_that_cannot_be_used_are_named(monkeypatch):
    rows = tagged(3)
    rows[1]["ner_tags"] = [0, 7]
    stand_in(monkeypatch, {"train": rows})
    with pytest.raises(DataError, match=re.escape("hf:news, split train, row 2: got label number 7; expected 0 to 1")):
        load_dataset("hf:news", kind="tagging")
    stand_in(monkeypatch, {"test": tagged(3)})
    with pytest.raises(DataError, match="got splits test; expected train"):
        load_dataset("hf:news", kind="tagging")


def test_failures_of_the_library_become_ours(monkeypatch):
    stand_in(monkeypatch, ConnectionError("no way out\nand more"))
    with pytest.raises(DataError, match=re.escape("hf:news: got no data set (no way out)")):
        Hub("hf:news")

    class Breaking(Split):
        def __iter__(self):
            yield self[0]
            raise RuntimeError("connection lost")

    stand_in(monkeypatch, {"train": Breaking(tagged(3))})
    with pytest.raises(DataError, match="connection lost"):
        load_dataset("hf:news", kind="tagging")


def test_without_the_package_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ConfigError, match=re.escape("pip install 'transformer-programs[huggingface]'")):
        load_dataset("hf:news", kind="tagging")


def test_a_name_must_follow_the_prefix(monkeypatch):
    stand_in(monkeypatch, {})
    with pytest.raises(ConfigError, match=re.escape("expected hf:NAME or hf:NAME:CONFIGURATION")):
        Hub("hf:")
