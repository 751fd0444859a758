"""The estimators keep scikit-learn's conventions, on real text."""

from __future__ import annotations

from pathlib import Path

import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from transformer_programs.errors import ConfigError, DataError
from transformer_programs.learn.estimators import TransformerProgramClassifier, TransformerProgramTagger
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


def test_a_tokenizer_of_ones_own() -> None:
    texts, labels = ["a|b", "b|a", "a|a", "b|b"] * 5, ["x", "y"] * 10
    classifier = TransformerProgramClassifier(tokenizer=lambda text: text.split("|")).fit(texts, labels)
    assert classifier.predict([["a", "b"]]).tolist() == classifier.predict(["a|b"]).tolist()


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
