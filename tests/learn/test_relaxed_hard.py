"""`relaxed` with the preset `hard`: programs in every forward pass, differences as gradients, populations."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from transformer_programs.errors import ConfigError
from transformer_programs.learn.relaxed import (
    PRESETS,
    Attention,
    Relaxation,
    Schedule,
    Tables,
    Tie,
)
from transformer_programs.learn.relaxed.config import Dimensions
from transformer_programs.learn.relaxed.differences import closest, tally
from transformer_programs.learn.relaxed.discrete import discretise
from transformer_programs.learn.relaxed.draw import Draw
from transformer_programs.learn.relaxed.extract import extract
from transformer_programs.learn.relaxed.model import (
    CLOSED,
    Batch,
    Model,
    available,
    initial,
    logits,
    loss,
    numbers_available,
)
from transformer_programs.learn.relaxed.tables import Cells
from transformer_programs.learn.relaxed.training import Run, Steps
from transformer_programs.program import dumps
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Dataset, Kind, encode, make_task

HARD = PRESETS["hard"]
SHAPE = dataclasses.replace(
    HARD.shape, layers=2, categorical_heads=2, numerical_heads=2, categorical_tables=1, numerical_tables=1
)
SCHEDULE = dataclasses.replace(HARD.schedule, steps=250, batch=64, samples=4, evaluations=5)
SMALL = dataclasses.replace(HARD, shape=dataclasses.replace(SHAPE, layers=1), schedule=SCHEDULE, restarts=2)
QUICK = {"xla_backend_optimization_level": 0}
SEED = jnp.array([1, 2], jnp.uint32)


def drawn(model: Model, draw: Draw) -> Model:
    """The model whose largest logits are the choices of this draw."""

    def chosen(site: int, found: Any, can: Any = True) -> Any:
        return draw.choose(site, jnp.where(can, found, CLOSED), axis=-1)

    d = model.dimensions

    def tables(cells: Any, site: int) -> Cells:
        return Cells(jnp.stack([chosen(8 + 8 * layer + site, cells.logits[layer]) for layer in range(d.shape.layers)]))

    return eqx.tree_at(
        lambda m: (m.gates, m.number_gates, m.predicates, m.tables, m.number_tables),
        model,
        (
            chosen(0, model.gates, available(d)),
            chosen(1, model.number_gates, numbers_available(d)),
            chosen(2, model.predicates),
            tables(model.tables, 4),
            tables(model.number_tables, 6),
        ),
    )


@pytest.mark.parametrize(
    ("causal", "kind", "limit"),
    [(False, Kind.TAGGING, 64), (True, Kind.TAGGING, 2), (True, Kind.CLASSIFICATION, 64), (False, Kind.TAGGING, 1)],
)
def test_a_noisy_forward_pass_is_a_program_and_answers_as_it(causal: bool, kind: Kind, limit: int) -> None:
    data = Dataset(
        name="small",
        kind=kind,
        vocabulary=("a", "b", "c"),
        labels=("P", "Q", "R"),
        max_length=4,
        train=(),
        validation=(),
        test=(),
        causal=causal,
    )
    shape = dataclasses.replace(SHAPE, numerical_tables=2, cardinality=5, count_limit=limit)
    sequences = [list(word) for n in range(1, 5) for word in itertools.product(range(3), repeat=n)]
    lengths = np.array([len(word) for word in sequences])
    tokens = np.array([word + [0] * (4 - len(word)) for word in sequences], np.int32)
    forward = jax.jit(logits, compiler_options=QUICK)
    for seed in range(3):
        model = initial(Dimensions.of(data, shape), seed)
        # Whole-number scores, so that sums are exact and the answers can be compared one by one.
        model = eqx.tree_at(lambda m: (m.scores, m.number_scores), model, replace_fn=lambda x: jnp.round(40 * x))
        draw = Draw(SEED + seed, jnp.float32(1.0), HARD.relaxation, jnp.float32(1.0))
        scores = np.asarray(forward(model, tokens, lengths, draw))
        discrete = discretise(drawn(model, draw))
        discrete = dataclasses.replace(
            discrete,
            scores=discrete.scores.astype(np.int64),
            number_scores=discrete.number_scores.astype(np.int64),
        )
        run = Interpreter(extract(discrete, data))
        for word, length, found in zip(sequences, lengths, np.moveaxis(scores, -1, 0)):
            answers = [data.labels[code] for code in np.atleast_2d(found.argmax(0))[0]]
            expected = run([data.vocabulary[code] for code in word])
            assert answers[: 1 if discrete.dimensions.pooled else length] == expected
        assert (discretise(model).gates != discrete.gates).any(), "the noise chose another program"


def one_hot(rng: np.random.Generator, *size: int, values: int) -> np.ndarray:
    return np.moveaxis(np.eye(values, dtype=np.float32)[rng.integers(0, values, size)], -1, 1)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("head", ["closest", "tally"])
def test_gradients_are_the_differences_of_one_choice(head: str, causal: bool) -> None:
    rng = np.random.default_rng(0)
    length, values, heads, batch = 4, 3, 2, 6
    queries = one_hot(rng, heads, length, batch, values=values)
    blocks = [one_hot(rng, some, length, batch, values=values) for some in (2, 1)]
    taken = one_hot(rng, heads, length, batch, values=values)
    gate = np.eye(3, dtype=np.float32)[rng.integers(0, 3, heads)]
    mask = np.arange(length)[:, None] < rng.integers(1, length + 1, batch)
    size = values if head == "closest" else length + 1
    slope = np.asarray(rng.normal(size=(heads, size, length, batch)), np.float32) * mask

    def output(queries: Any, gate: Any, blocks: Any) -> Any:
        if head == "closest":
            return closest(causal, queries, gate, blocks, taken, mask)
        return tally(causal, size, queries, gate, blocks, mask)

    found = jax.grad(lambda *inputs: (output(*inputs) * slope).sum(), (0, 1, 2))(queries, gate, blocks)
    compiled = jax.jit(output, compiler_options=QUICK)
    now = np.asarray(compiled(queries, gate, blocks))
    assert set(np.unique(now)) == {0.0, 1.0}

    def gained(queries: Any, gate: Any, blocks: Any) -> float:
        return float(((np.asarray(compiled(queries, gate, blocks)) - now) * slope).sum())

    for h, variable in itertools.product(range(heads), range(3)):
        other = gate.copy()
        other[h] = np.eye(3)[variable]
        expected = gained(queries, other, blocks)
        assert found[1][h, variable] - found[1][h] @ gate[h] == pytest.approx(expected, abs=1e-4)
    for h, value, place, b in itertools.product(range(heads), range(values), range(length), range(batch)):
        if mask[place, b]:
            other = queries.copy()
            other[h, :, place, b] = np.eye(values)[value]
            slopes = found[0][h, :, place, b]
            expected = gained(other, gate, blocks)
            assert slopes[value] - slopes @ queries[h, :, place, b] == pytest.approx(expected, abs=1e-4)
    for part, value, place, b in itertools.product(range(2), range(values), range(length), range(batch)):
        others = [block.copy() for block in blocks]
        others[part][0, :, place, b] = np.eye(values)[value]
        slopes = found[2][part][0, :, place, b]
        before = slopes @ blocks[part][0, :, place, b]
        assert slopes[value] - before == pytest.approx(gained(queries, gate, others), abs=1e-4)


def test_every_kind_of_choice_is_moved() -> None:
    data = make_task("hist", 4, 4).dataset(size=60, seed=0)
    examples = encode(data, data.train)
    batch = Batch(
        jnp.asarray(examples.tokens),
        jnp.asarray(examples.lengths),
        jnp.asarray(examples.labels),
        jnp.ones(len(examples)),
    )
    model = initial(Dimensions.of(data, SMALL.shape), 0)
    gradient = jax.jit(jax.grad(loss), compiler_options=QUICK)(
        model, batch, Draw(SEED, jnp.float32(1.0), HARD.relaxation, jnp.float32(1.0))
    )
    for leaf in jax.tree.leaves(gradient):
        assert np.isfinite(leaf).all()
        assert np.abs(leaf).sum() > 0


@pytest.fixture(scope="module")
def hist() -> Dataset:
    return make_task("hist", 6, 5).dataset(size=340, seed=0)


def test_it_learns_and_repeats_itself(hist: Dataset) -> None:
    together = dataclasses.replace(SMALL, together=2)
    learned = together.learn(hist, seed=0)
    assert learned.agreement.differences == 0
    best = max(learned.restarts, key=lambda restart: restart.validation)
    assert best.validation > 0.95
    assert (learned.discrete.gates == best.discrete.gates).all(), "the best on validation is kept"
    assert dumps(together(hist, seed=0)) == dumps(learned.program)


def test_members_are_those_of_runs_of_one_up_to_rounding(hist: Dataset) -> None:
    """Same start, same examples, same draws. Sums of a batched product may be rounded otherwise, so not bit by bit."""
    examples, dimensions = encode(hist, hist.train), Dimensions.of(hist, SMALL.shape)

    def losses(*members: int) -> np.ndarray:
        steps = [Steps(examples=len(examples), schedule=SCHEDULE, seed=(0, member)) for member in members]
        models = [initial(dimensions, member) for member in members]
        run = Run(models, examples, HARD.relaxation, SCHEDULE, steps)
        return np.stack([run.advance(stop) for stop in (1, 4, 12)])

    both = losses(0, 1)
    np.testing.assert_allclose(losses(1)[:, 0], both[:, 1], rtol=1e-4)
    assert (np.abs(both[:, 0] - both[:, 1]) > 1e-3).all()


def test_samples_see_equal_shares_of_the_batch() -> None:
    schedule = dataclasses.replace(SCHEDULE, steps=2, batch=64, samples=16)
    steps = Steps(examples=50, schedule=schedule, seed=(0,))
    assert steps.batch == 48
    few = Steps(examples=10, schedule=schedule, seed=(0,))
    assert few.batch == 16
    assert few.rows(0)[1].sum() == 10


def test_the_schedule_falls_and_ends_still() -> None:
    steps = Steps(examples=1000, schedule=HARD.schedule, seed=(0,))
    assert steps.loudness(0) == 1.0
    assert steps.loudness(1200) == pytest.approx(0.05)
    assert steps.loudness(1499) == 0.0
    assert steps.temperature(1200) == pytest.approx(0.3)
    assert steps.pace(0) == 1.0
    assert steps.pace(1500) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"shape": dataclasses.replace(SHAPE, sums=True)}, "relaxation.sampling"),
        ({"shape": dataclasses.replace(SHAPE, attention=Attention.SCORES)}, "relaxation.sampling"),
        ({"shape": dataclasses.replace(SHAPE, tables=Tables.NETWORKS)}, "shape.tables"),
        ({"relaxation": Relaxation()}, "shape.tables"),
        ({"relaxation": dataclasses.replace(HARD.relaxation, dropout=0.1)}, "relaxation.sampling"),
        ({"relaxation": dataclasses.replace(HARD.relaxation, tie=Tie.PRODUCT)}, "relaxation.sampling"),
        ({"schedule": Schedule(batch=10, samples=3, split=True)}, "schedule.batch"),
        ({"schedule": Schedule(still=1.5)}, "schedule.still"),
        ({"schedule": Schedule(noise_end=0.0)}, "schedule.noise_end"),
    ],
)
def test_settings_that_do_not_go_together(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(ConfigError) as error:
        dataclasses.replace(SMALL, **changes)
    assert error.value.place == place
