"""The loops of growing and of the scores against plain Python that says the same in the words of the docs."""

from __future__ import annotations

import numpy as np
import pytest

from transformer_programs.learn import score_kernels
from transformer_programs.learn.grow import kernels
from transformer_programs.learn.grow.rows import best_shift
from transformer_programs.learn.grow.tally import choose, gain_of, tally
from transformer_programs.program import semantics

KEYS, VALUES, QUERIES = 5, 6, 4


@pytest.fixture(params=range(4))
def columns(request: pytest.FixtureRequest) -> dict[str, np.ndarray]:
    random = np.random.default_rng(request.param)
    shape = (30, 7)
    return {
        "lengths": random.integers(1, shape[1] + 1, shape[0]).astype(np.int32),
        "query": random.integers(0, QUERIES, shape).astype(np.int32),
        "key": random.integers(0, KEYS, shape).astype(np.int32),
        "value": random.integers(0, VALUES, shape).astype(np.int32),
        "rows": random.integers(-1, KEYS, QUERIES).astype(np.int32),
    }


def _visible(length: int, i: int, causal: bool) -> range:
    return range(i + 1) if causal else range(length)


def _found(key: np.ndarray, wanted: int, length: int, i: int, causal: bool) -> int:
    matches = [[j for j in _visible(length, i, causal) if key[j] == wanted] for i in range(length)]
    return int(semantics.closest(matches, list(range(length)))[i])


@pytest.mark.parametrize("causal", [False, True])
def test_heads_and_counts(columns: dict[str, np.ndarray], causal: bool) -> None:
    lengths, query, key, value, rows = (columns[name] for name in ("lengths", "query", "key", "value", "rows"))
    head = kernels.head(query, key, rows, value, lengths, causal)
    width = kernels.width(query, key, rows, lengths, causal, KEYS)
    nearest = kernels.nearest(key, lengths, causal, KEYS)
    seen = kernels.seen(key, lengths, causal, KEYS)
    for s, length in enumerate(lengths):
        for i in range(length):
            wanted = rows[query[s, i]]
            assert head[s, i] == value[s, _found(key[s], wanted, length, i, causal)]
            assert width[s, i] == sum(key[s, j] == wanted for j in _visible(length, i, causal))
            assert nearest[s, i].tolist() == [_found(key[s], b, length, i, causal) for b in range(KEYS)] + [0]
            assert seen[s, i, :KEYS].tolist() == [
                sum(key[s, j] == b for j in _visible(length, i, causal)) for b in range(KEYS)
            ]
            assert seen[s, i, KEYS] == 0


def _gain(sums: np.ndarray, damping: float) -> float:
    classes = sums.shape[-1] // 2
    return float(0.5 * (sums[..., :classes] ** 2 / (sums[..., classes:] + damping)).sum())


@pytest.mark.parametrize("seed", range(3))
def test_rows_are_chosen_well(seed: int) -> None:
    """No other choice of one row is better, and the histogram is what the words say."""
    random = np.random.default_rng(seed)
    rows, choices, outputs, besides, classes = 120, 4, 3, 2, 2
    query = random.integers(0, QUERIES, rows).astype(np.int32)
    output = random.integers(0, outputs, (rows, choices)).astype(np.int16)
    beside = random.integers(0, besides, rows).astype(np.int32)
    force = random.normal(size=(rows, 2 * classes))
    force[:, classes:] = np.abs(force[:, classes:])
    found = tally(query, QUERIES, output, outputs, beside, besides, force)
    sums = np.zeros((QUERIES, choices, besides * outputs, 2 * classes))
    for r in range(rows):
        for b in range(choices):
            sums[query[r], b, beside[r] * outputs + output[r, b]] += force[r]
    for a in range(QUERIES):
        for b in range(choices):
            cells = slice(*found.starts[a * choices + b : a * choices + b + 2])
            assert found.output[cells].tolist() == np.flatnonzero(sums[a, b].any(axis=1)).tolist()
            assert np.allclose(found.sums[cells], sums[a, b, found.output[cells]])

    def worth(chosen: np.ndarray) -> float:
        return gain_of(found, chosen, 3.0) - 0.1 * float((chosen < choices - 1).sum())

    chosen, gain, nothing = choose(found, 3.0, 0.1, 20)
    assert nothing == gain_of(found, np.full(QUERIES, choices - 1), 3.0)
    assert gain == pytest.approx(gain_of(found, chosen, 3.0))
    assert gain == pytest.approx(_gain(sum(sums[a, b] for a, b in enumerate(chosen)), 3.0))
    for a in range(QUERIES):
        for b in range(choices):
            other = chosen.copy()
            other[a] = b
            assert worth(other) <= worth(chosen) + 1e-6


def test_pairs_gain_what_their_joint_variables_gain() -> None:
    random = np.random.default_rng(6)
    sizes, force = np.array([2, 5, 3]), random.normal(size=(60, 4))
    force[:, 2:] = np.abs(force[:, 2:])
    codes = np.stack([random.integers(0, size, 60) for size in sizes]).astype(np.int32)
    pairs = np.array([[1, 2], [0, 1], [2, 2], [0, 2]])
    found = kernels.pair_gains(codes, sizes, pairs, force, 3.0)
    for (a, b), gain in zip(pairs, found):
        joint = kernels.cells(codes[a] * sizes[b] + codes[b], int(sizes[a] * sizes[b]), force)
        assert gain == pytest.approx(_gain(joint, 3.0))


@pytest.mark.parametrize("shift", [-2, 0, 3])
def test_rules_are_found_without_trying_every_row(shift: int) -> None:
    """What is to be read stands at the difference of two query values, and a shift: no other rule explains it."""
    random = np.random.default_rng(5)
    keys, size, rows = 9, 7, 400
    a, b = random.integers(0, size, (2, rows)).astype(np.int32)
    output = random.integers(0, 3, (rows, keys + 1)).astype(np.int16)
    output[:, keys] = 0
    wanted = a - b + shift
    label = output[np.arange(rows), np.where((wanted >= 0) & (wanted < keys), wanted, keys)]
    force = np.concatenate([np.eye(3)[label] - 1 / 3, np.full((rows, 3), 2 / 9)], axis=1)
    found = best_shift([a, b], (size, size), output, 3, force, 3.0)
    assert found is not None
    assert found.rule is not None
    assert found.rule == tuple(x - y + shift for x in range(size) for y in range(size))
    assert found.rows == tuple(row if 0 <= row < keys else -1 for row in found.rule)


@pytest.mark.parametrize(("price", "most"), [(0.5, 50), (0.0, 3), (1e9, 50)])
def test_merging_loses_least(price: float, most: int) -> None:
    """Each merger is the cheapest there is; it goes on while that costs less than the price, or too many are left."""
    random = np.random.default_rng(1)
    sums = random.normal(size=(12, 6))
    sums[:, 3:] = np.abs(sums[:, 3:])
    sums[4] = 0.0
    group, gain = kernels.merge(sums, 3.0, price, most)
    left = [[v] for v in range(12) if v != 4]

    def of(members: list[int]) -> float:
        return _gain(sums[members].sum(axis=0), 3.0)

    while len(left) > 1:
        pairs = [(of(a) + of(b) - of(a + b), i, j) for i, a in enumerate(left) for j, b in enumerate(left) if i < j]
        lost, i, j = min(pairs)
        if lost > price and len(left) <= most:
            break
        left[i] = left[i] + left.pop(j)
    assert group[4] == -1
    assert {frozenset(np.flatnonzero(group == g).tolist()) for g in range(group.max() + 1)} == set(map(frozenset, left))
    assert gain == pytest.approx(sum(of(members) for members in left))


def _design(random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Ten items of one to four entries."""
    starts = np.concatenate([[0], np.cumsum(random.integers(1, 5, 10))])
    columns = random.integers(0, 6, starts[-1]).astype(np.int32)
    values = random.integers(1, 4, starts[-1]).astype(np.int32)
    return starts, columns, values


def _dense(starts: np.ndarray, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    dense = np.zeros((10, 6))
    for i in range(10):
        for e in range(starts[i], starts[i + 1]):
            dense[i, columns[e]] += values[e]
    return dense


@pytest.mark.parametrize("labels", [2, 3, 8, 9, 17, 25])
@pytest.mark.parametrize("name", ["logistic", "hinge"])
def test_losses_and_their_gradients(name: str, labels: int) -> None:
    """The loss by its formula; the gradient by differences."""
    random = np.random.default_rng(3)
    starts, columns, values = _design(random)
    flat = random.normal(size=(6, labels))
    counts = np.eye(labels)[random.integers(0, labels, 10)] * 2.0
    dense = _dense(starts, columns, values)

    def loss(flat: np.ndarray) -> float:
        return getattr(score_kernels, name)(flat, starts, columns, values, counts, np.zeros_like(flat))

    scores = dense @ flat
    if name == "logistic":
        expected = float((counts * (np.log(np.exp(scores).sum(axis=1, keepdims=True)) - scores)).sum())
    else:
        own = scores[np.arange(10), counts.argmax(axis=1)][:, None]
        expected = float((np.maximum(0.0, 1.0 - own + scores) ** 2 * (counts == 0)).sum())
    assert loss(flat) == pytest.approx(expected)
    gradient = np.zeros_like(flat)
    getattr(score_kernels, name)(flat, starts, columns, values, counts, gradient)
    for place in np.ndindex(flat.shape):
        step = np.zeros_like(flat)
        step[place] = 1e-5
        assert gradient[place] == pytest.approx((loss(flat + step) - loss(flat - step)) / 2e-5, abs=1e-4)


@pytest.mark.parametrize("labels", [2, 3, 8, 9, 17, 25])
def test_answers_and_margins(labels: int) -> None:
    random = np.random.default_rng(4)
    starts, columns, values = _design(random)
    flat = random.integers(-2, 3, size=(6, labels))
    counts = np.eye(labels)[random.integers(0, labels, 10)]
    counts[2] = 0.0
    scores = _dense(starts, columns, values) @ flat
    answers = score_kernels.argmax(flat.astype(float), starts, columns, values)
    assert answers.tolist() == scores.argmax(axis=1).tolist(), "the first of equals"
    chances = score_kernels.probabilities(flat.astype(float), starts, columns, values)
    assert np.allclose(chances, np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True))
    margins = score_kernels.margins(flat.astype(float), starts, columns, values, counts)
    assert np.isinf(margins[2])
    for i in set(range(10)) - {2}:
        right = counts[i].argmax()
        assert margins[i] == scores[i, right] - np.delete(scores[i], right).max()


def test_the_perceptron_mends() -> None:
    starts, columns, values = np.arange(4), np.array([0, 1, 2], np.int32), np.ones(3, np.int32)
    flat = np.zeros((3, 2), np.int64)
    right = np.array([0, 1, 1])
    assert score_kernels.perceptron(flat, starts, columns, values, right, 5) == 0
    assert score_kernels.argmax(flat.astype(float), starts, columns, values).tolist() == right.tolist()
