"""The estimators keep scikit-learn's conventions, on real text."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline

from transformer_programs.errors import ConfigError, DataError, TransformerProgramError
from transformer_programs.learn.estimators import TransformerProgramClassifier, TransformerProgramTagger
from transformer_programs.learn.text import Text
from transformer_programs.tasks import load_dataset

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"


@pytest.fixture(scope="module")
def intents() -> tuple[list[str], list[str]]:
    data = load_dataset(EXAMPLES / "snips" / "train.jsonl", kind="classification", limit=240)
    return [" ".join(e.tokens) for e in data.train], [str(e.labels[0]) for e in data.train]


@pytest.fixture(scope="module")
def tags() -> tuple[list[list[str]], list[list[str]]]:
    data = load_dataset(EXAMPLES / "wikigold" / "train.conll", kind="tagging", limit=150)
    return [list(e.tokens) for e in data.train], [[str(label) for label in e.labels] for e in data.train]


def test_settings_have_the_learners_defaults() -> None:
    settings = TransformerProgramTagger().get_params()
    for field in fields(Text):
        assert settings[field.name] == field.default


def test_clone_keeps_the_settings_and_nothing_learned(intents: tuple[list[str], list[str]]) -> None:
    fitted = TransformerProgramClassifier(frequent=40, lower=True).fit(*intents)
    twin = clone(fitted)
    assert twin.get_params() == fitted.get_params()
    assert not hasattr(twin, "program_")
    assert twin.set_params(frequent=7).frequent == 7
    with pytest.raises(NotFittedError, match="has no program yet"):
        twin.predict(["play a song"])


def test_pipeline_and_grid_search_over_processes(intents: tuple[list[str], list[str]]) -> None:
    pipeline = Pipeline([("program", TransformerProgramClassifier(lower=True, steps=20))])
    grid = {"program__frequent": [0, 30]}
    search, alone = (GridSearchCV(pipeline, grid, cv=2, n_jobs=jobs).fit(*intents) for jobs in (2, 1))
    assert search.best_score_ > 0.6
    assert search.cv_results_["mean_test_score"].tolist() == alone.cv_results_["mean_test_score"].tolist()
    best = search.best_estimator_.named_steps["program"]
    assert best.program_ == alone.best_estimator_.named_steps["program"].program_
    assert best.program_.frame.before == ("<s>",)


def test_grid_search_of_a_tagger_over_processes(tags: tuple[list[list[str]], list[list[str]]]) -> None:
    tagger = TransformerProgramTagger(steps=20, decode=True)
    search = GridSearchCV(tagger, {"features": ["", "shape"]}, cv=2, n_jobs=2).fit(*tags)
    assert search.best_params_ == {"features": "shape"}
    assert search.best_score_ > 0.1


def test_save_and_load_give_the_same_answers(tags: tuple[list[list[str]], list[list[str]]], tmp_path: Path) -> None:
    tagger = TransformerProgramTagger(features="shape,suffix", decode=True, steps=30).fit(*tags)
    tagger.save(tmp_path / "tagger.json")
    again = TransformerProgramTagger.load(tmp_path / "tagger.json")
    unseen = [["Zyx", "visited", "New", "York", "."], ["lower"]]
    assert again.predict(unseen) == tagger.predict(unseen)
    assert [len(row) for row in tagger.predict(unseen)] == [5, 1]
    assert tagger.score(*tags) == again.score(*tags) > 0.5
    assert "O" in tagger.classes_
    with pytest.raises(DataError, match="a label a token; expected one for classification"):
        TransformerProgramClassifier.load(tmp_path / "tagger.json")


def test_a_tokenizer_of_ones_own(tmp_path: Path) -> None:
    texts, labels = ["a|b", "b|a", "a|a", "b|b"] * 5, ["x", "y"] * 10
    classifier = TransformerProgramClassifier(tokenizer=lambda text: text.split("|")).fit(texts, labels)
    answers = classifier.predict([["a", "b"]]).tolist()
    assert answers == classifier.predict(["a|b"]).tolist()
    classifier.save(tmp_path / "kept.json")
    again = TransformerProgramClassifier.load(tmp_path / "kept.json")
    assert again.predict([["a", "b"]]).tolist() == answers
    with pytest.raises(DataError, match=r"X\[0\]: got a text; expected a list of tokens, or the tokenizer"):
        again.predict(["a|b"])
    again = TransformerProgramClassifier.load(tmp_path / "kept.json", tokenizer=lambda text: text.split("|"))
    assert again.predict(["a|b"]).tolist() == answers


def test_how_words_are_read_is_kept(tmp_path: Path) -> None:
    texts, sides = two_sides()
    labels = ["yes" if side else "no" for side in sides]
    classifier = TransformerProgramClassifier(lower=True, digits=True, steps=20).fit(texts, labels)
    asked = ["GOOD a 12", "Bad b 7"]
    assert classifier.predict(asked).tolist() == ["yes", "no"]
    classifier.save(tmp_path / "kept.json")
    again = TransformerProgramClassifier.load(tmp_path / "kept.json")
    assert again.predict(asked).tolist() == ["yes", "no"]
    assert (again.lower, again.digits) == (True, True)
    with pytest.raises(ConfigError, match=r"lower: got False; expected True, as the program in .* reads words"):
        TransformerProgramClassifier.load(tmp_path / "kept.json", lower=False)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([], [], "X and y: got 0 and 0"),
        (["a"], [], "X and y: got 1 and 0"),
        ([["a", "b"]], [["X"]], r"y\[0\]: got 1 labels for 2 tokens"),
        ([["a"], []], [["X"], []], r"X\[1\]: got no tokens"),
    ],
)
def test_examples_that_do_not_pair_up(X: list, y: list, message: str) -> None:
    with pytest.raises(DataError, match=message):
        TransformerProgramTagger().fit(X, y)


def test_a_setting_that_is_none() -> None:
    with pytest.raises(ConfigError, match="features: got 'x'"):
        TransformerProgramTagger(features="x").fit([["a"], ["b"]], [["X"], ["Y"]])


def two_sides() -> tuple[list[str], list[bool]]:
    """Texts that one word decides."""
    return [f"{word} {other}" for word in ("good", "bad") for other in ("a", "b", "c", "d")] * 5, (
        [True] * 4 + [False] * 4
    ) * 5


@pytest.mark.parametrize("values", [(2, 10), (False, True), ("no", "yes")])
def test_labels_come_back_as_they_were(values: tuple[Any, Any], tmp_path: Path) -> None:
    texts, sides = two_sides()
    y = np.array([values[side] for side in sides])
    classifier = TransformerProgramClassifier(steps=20, validation=0.2).fit(texts, y)
    assert classifier.classes_.tolist() == list(values)
    assert classifier.classes_.dtype.kind == y.dtype.kind
    answers = classifier.predict(["good a", "bad b"])
    assert answers.dtype.kind == y.dtype.kind
    assert answers.tolist() == [values[1], values[0]]
    assert classifier.score(texts, y) == 1
    classifier.save(tmp_path / "kept.json")
    again = TransformerProgramClassifier.load(tmp_path / "kept.json")
    assert again.predict(["good a", "bad b"]).tolist() == answers.tolist()
    assert again.classes_.dtype.kind == y.dtype.kind
    assert cross_val_score(TransformerProgramClassifier(steps=10), texts, y, cv=2, error_score="raise").min() == 1
    search = GridSearchCV(TransformerProgramClassifier(steps=10), {"frequent": [0]}, cv=2, error_score="raise")
    assert search.fit(texts, y).best_score_ == 1


def test_tags_come_back_as_they_were() -> None:
    sentences, tags = [["a", "b"], ["b", "a"], ["a", "a"]] * 4, [[0, 1], [1, 0], [0, 0]] * 4
    tagger = TransformerProgramTagger(validation=0.3).fit(sentences, tags)
    assert tagger.predict([["b", "b", "a"]]) == [[1, 1, 0]]
    assert tagger.score(sentences, tags) == 1
    assert tagger.classes_.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a", None], r"y\[1\]: got label None; expected labels that are texts"),
        ([None, "a"], r"y\[0\]: got label None; expected labels that are all texts, all whole numbers"),
        ([1, True], r"y\[1\]: got label True; expected labels that are whole numbers"),
        ([1.5, 2.5], r"y\[0\]: got label 1.5"),
    ],
)
def test_labels_that_are_refused(y: list[Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        TransformerProgramClassifier().fit(["a", "b"], y)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"validation": 0.0}, "validation: got 0.0; expected a share above 0 and below 1"),
        ({"validation": 1}, "validation: got 1"),
        ({"min_count": 0}, "min_count: got 0"),
        ({"vocabulary_size": 0}, "vocabulary_size: got 0"),
        ({"seed": -1}, "seed: got -1"),
    ],
)
def test_settings_out_of_range(setting: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TransformerProgramTagger(**setting).fit([["a"], ["b"]], [["X"], ["Y"]])


def test_classes_of_the_training_text_itself(tags: tuple[list[list[str]], list[list[str]]]) -> None:
    tagger = TransformerProgramTagger(own=True, classes="8", pairs=8, steps=10).fit(*tags)
    assert any(step.name.startswith("class8") for step in tagger.program_.steps)


def test_a_tagger_is_no_classifier() -> None:
    assert is_classifier(TransformerProgramClassifier())
    assert not is_classifier(TransformerProgramTagger())


@pytest.mark.parametrize(
    ("texts", "settings", "message"),
    [
        ("good film", {}, "X: got a text; expected a list of texts"),
        ([b"good", b"bad"], {}, "X[0]: got bytes b'good'; expected a text or a list of tokens"),
        (["good", None], {}, "X[1]: got NoneType None"),
        ([["good"], ["bad", 3]], {}, "X[1]: got list ['bad', 3]"),
        (["good", "bad"], {"tokenizer": 5}, "tokenizer: got 5"),
        (["good", "bad"], {"lower": "yes"}, "lower: got 'yes'; expected True or False"),
    ],
)
def test_what_is_no_text_is_told(texts: object, settings: dict, message: str) -> None:
    with pytest.raises(TransformerProgramError, match=re.escape(message)):
        TransformerProgramClassifier(**settings).fit(texts, ["a", "b"])
