"""Fits that are left after a few steps: what goes on ends where it would have ended, and nothing else is lost."""

from __future__ import annotations

import numpy as np
import pytest

from transformer_programs.learn.design import Features, compress
from transformer_programs.learn.grow import Grow, fits
from transformer_programs.learn.lbfgs import Descent, minimise
from transformer_programs.learn.scores import predict, separate
from transformer_programs.program import dumps
from transformer_programs.tasks import make_task


def _valley(x: np.ndarray) -> tuple[float, np.ndarray]:
    scale = np.arange(1.0, len(x) + 1) ** 2
    return float((scale * (np.cosh(x - 1) - 1)).sum()), scale * np.sinh(x - 1)


def test_a_descent_that_was_left_goes_on_as_if_it_had_not_been() -> None:
    start = np.linspace(-1, 2, 7)
    whole, descent = minimise(_valley, start, steps=25), Descent()
    parts = [minimise(_valley, start, steps=steps, descent=descent) for steps in (3, 3, 10, 25)]
    assert (parts[-1] == whole).all()
    assert not (parts[0] == whole).all()
    assert (parts[0] == parts[1]).all()
    assert (start == np.linspace(-1, 2, 7)).all()


@pytest.mark.parametrize("name", ["double_hist", "most_freq"])
def test_leaving_fits_early_changes_no_program(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    task = make_task(name, vocabulary_size=6, max_length=6)
    data = task.dataset(size=300, seed=1)
    early, fitted, ended = Grow(modules=3)(data, seed=2), list[int](), fits.Fits._ended
    monkeypatch.setattr(fits.Fits, "_ended", lambda self, begun: fitted.append(1) or ended(self, begun))
    Grow(modules=3)(data, seed=2)
    some = len(fitted)
    monkeypatch.setattr(fits, "RISE", np.inf)
    assert dumps(Grow(modules=3)(data, seed=2)) == dumps(early)
    assert len(fitted) > 2 * some


def test_rows_are_merged_however_many_columns() -> None:
    """More combinations than 64 bits hold."""
    random = np.random.default_rng(0)
    codes = random.integers(0, 1000, (40, 9))[random.integers(0, 40, 200)]
    labels = random.integers(0, 3, 200)
    design = compress(Features(codes, (1000,) * 9, np.zeros((200, 0), int), labels), 3)
    rows, item = np.unique(codes, axis=0, return_inverse=True)
    assert (design.item == item.ravel()).all()
    assert (design.columns.reshape(-1, 10)[:, 1:] - np.cumsum([1, *(1000,) * 8]) == rows).all()
    assert design.counts.sum() == 200


def test_separation_seen_early_is_separation() -> None:
    random = np.random.default_rng(1)
    codes = random.integers(0, 5, (3000, 2))
    labels = (codes[:, 0] > codes[:, 1]).astype(int)
    design = compress(Features(codes, (5, 5), np.zeros((3000, 0), int), labels), 2)
    early = separate(design, early=True)
    assert early is not None
    assert (predict(design, early)[design.item] == labels).all()
    mixed = compress(Features(codes, (5, 5), np.zeros((3000, 0), int), (codes.sum(axis=1) % 2)), 2)
    assert separate(mixed, early=True) is None
