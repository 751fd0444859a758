"""The standard Transformer that programs are measured beside: it learns, it chooses its epoch, it repeats."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from transformer_programs.errors import ConfigError, DataError
from transformer_programs.learn.standard import Standard, _vectors
from transformer_programs.tasks import Dataset, Example, Kind, encode, framed

SMALL = Standard(layers=1, heads=2, width=16, hidden=16, dropout=0.1, rate=1e-2, batch=16, epochs=12)


def sequences(kind: Kind, count: int, seed: int) -> tuple[Example, ...]:
    """Tags: whether the token left of this one is `b`. Classes: whether there is a `b`."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        tokens = tuple(rng.choice(["a", "b", "c", "d", "e", "f"], size=rng.integers(2, 9)).tolist())
        tags = tuple("yes" if left == "b" else "no" for left in ("", *tokens[:-1]))
        found.append(Example(tokens, tags if kind is Kind.TAGGING else ("yes" if "b" in tokens else "no",)))
    return tuple(found)


def data_of(kind: Kind) -> Dataset:
    parts = {
        name: sequences(kind, count, seed)
        for seed, (name, count) in enumerate([("train", 400), ("validation", 60), ("test", 61)])
    }
    vocabulary = ("<unk>", *"abcdef")
    return framed(Dataset(name="b", kind=kind, vocabulary=vocabulary, labels=("no", "yes"), max_length=8, **parts))


@pytest.mark.parametrize("kind", list(Kind))
def test_it_learns_what_needs_attention_and_order(kind: Kind) -> None:
    data = data_of(kind)
    told: list[float] = []
    trained = SMALL(data, seed=0, report=lambda epoch, value: told.append(value))
    gold, guess = encode(data, data.test).labels, trained.guesses("test")
    assert ((guess >= 0) == (gold >= 0)).all()
    assert np.mean((gold == guess)[gold >= 0]) > 0.95
    held = encode(data, data.validation).labels
    kept = np.mean((held == trained.guesses("validation"))[held >= 0])
    # The weights that were kept are those of the best epoch, the first of equals, not of the last.
    assert kept == pytest.approx(max(told)) == pytest.approx(told[trained.epoch - 1])
    assert trained.epoch == told.index(max(told)) + 1
    assert len(told) <= trained.epoch + SMALL.patience


def test_same_seed_same_answers_and_any_length() -> None:
    data = data_of(Kind.TAGGING)
    config = replace(SMALL, epochs=1)
    first, second = (config(data, seed=3).guesses("test") for _ in range(2))
    assert (first == second).all()
    long = Example(("<s>", *"abcdef" * 10, "</s>"), (None, *["no"] * 60, None))
    more = replace(data, test=(*data.test, long), max_length=62)
    answers = config(data, seed=3).guesses("test", more)
    assert (answers[:-1, : first.shape[1]] == first).all()
    assert (answers[-1] >= 0).sum() == 60


def test_words_begin_with_projected_vectors(tmp_path: Path) -> None:
    data = data_of(Kind.TAGGING)
    rows = {"a": [1.0, 0.0], "b": [1.0, 0.01], "c": [0.0, 1.0]}
    file = tmp_path / "v.npz"
    np.savez(file, words=np.array(list(rows)), vectors=np.array(list(rows.values())))
    table = dict(zip(data.vocabulary, _vectors(replace(SMALL, vectors=str(file)), data, seed=0)))
    near, far = (float(np.linalg.norm(table["a"] - table[word])) for word in ("b", "c"))
    assert near < 0.1 * far
    assert np.linalg.norm(table["d"]) > 0.3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"width": 15}, "width: got 15; expected a multiple of 2 heads"),
        ({"dropout": 1.0}, "dropout: got 1.0; expected from 0 to below 1"),
        ({"layers": 0}, "layers: got 0"),
    ],
)
def test_settings_that_are_none(wrong: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        replace(SMALL, **wrong)(data_of(Kind.TAGGING))


def test_nothing_to_learn_from() -> None:
    with pytest.raises(DataError, match="no training examples"):
        SMALL(replace(data_of(Kind.TAGGING), train=()))
