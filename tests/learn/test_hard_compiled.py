"""What the hard learner's compiled code is made of: indices from zero, and tables looked up in registers or memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from transformer_programs.learn.hard import vectors as vec
from transformer_programs.learn.hard.compiled import entry


@entry
def item(data: Any, at: Any) -> Any:
    return data[at]


@entry
def add_item(data: Any, at: Any, value: Any) -> None:
    data[at] += value


@entry
def look_up(data: Any, base: Any, size: Any, codes: Any, found: Any) -> None:
    vec.store(found, 0, vec.gather(data, base, size, codes, 0))
    vec.store_wide(found, 8, vec.gather_wide(data, base, size, codes, 0))


@entry
def look_up_counts(data: Any, base: Any, size: Any, codes: Any, code: Any, times: Any, limit: Any, found: Any) -> None:
    counts = vec.no_counts()
    for _ in range(times):
        counts = vec.count_equal(codes, 0, code, counts)
    vec.store_wide(found, 0, vec.gather_counts(data, base, size, counts, limit))


def test_no_index_counts_from_the_end() -> None:
    whole = np.arange(6.0)
    rest = whole[2:]
    assert item(rest, 1) == 3
    assert item(rest, -1) == 1, "the element before the first, not the last: nothing tests whether it is negative"
    add_item(rest, -2, 10.0)
    assert whole.tolist() == [10, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("size", [8, 16, 24, 128])
def test_a_table_is_looked_up_as_numpy_does(size: int) -> None:
    random = np.random.default_rng(size)
    data = random.normal(size=300).astype(np.float32)
    for base in (0, 3, 100):
        codes = random.integers(0, size, 32).astype(np.uint8)
        found = np.zeros(24, np.float32)
        look_up(data, base, size, codes, found)
        assert found.tolist() == data[base + np.concatenate([codes[:8], codes[:16]]).astype(int)].tolist()


@pytest.mark.parametrize("size", [8, 16, 24])
def test_counts_above_the_limit_are_looked_up_there(size: int) -> None:
    data = np.arange(64, dtype=np.float32)
    codes = np.arange(32, dtype=np.uint8) % 3
    for times in range(2 * size):
        found = np.zeros(16, np.float32)
        look_up_counts(data, 5, size, codes, np.uint8(1), times, np.uint8(size - 2), found)
        assert found.tolist() == [5 + min(times, size - 2) * (code == 1) for code in codes[:16]]
