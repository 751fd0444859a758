"""The relaxed model: its hard limit is the discretised model, padding is never seen, gradients are right."""

from __future__ import annotations

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from transformer_programs.errors import ConfigError
from transformer_programs.learn.relaxed import Attention, Embedding, Relaxation, Sampling, Schedule, Shape, Tie
from transformer_programs.learn.relaxed.algebra import choose, contract, mix
from transformer_programs.learn.relaxed.config import Dimensions
from transformer_programs.learn.relaxed.discrete import discretise
from transformer_programs.learn.relaxed.draw import Draw
from transformer_programs.learn.relaxed.model import Batch, Model, initial, logits, loss
from transformer_programs.learn.relaxed.noise import counted, gumbel, uniform
from transformer_programs.tasks import Dataset, Kind

SEED = jnp.array([1, 2], jnp.uint32)
QUICK = {"xla_backend_optimization_level": 0}


def data_of(**changes: Any) -> Dataset:
    found = Dataset(
        name="small",
        kind=Kind.TAGGING,
        vocabulary=("a", "b", "c"),
        labels=("P", "Q", "R"),
        max_length=5,
        train=(),
        validation=(),
        test=(),
    )
    return dataclasses.replace(found, **changes)


def sharpened(model: Model) -> Model:
    """Logits so far apart that neither noise nor temperature changes a choice."""
    model = eqx.tree_at(
        lambda m: (m.gates, m.number_gates, m.predicates),
        model,
        replace_fn=lambda x: 1e4 * x,
    )
    return model if model.embedding is None else eqx.tree_at(lambda m: m.embedding, model, replace_fn=lambda x: 1e4 * x)


@pytest.mark.parametrize(
    ("tie", "causal", "kind", "embedding", "attention"),
    [
        (Tie.LOG_BIAS, False, Kind.TAGGING, Embedding.ONE_HOT, Attention.PREDICATES),
        (Tie.PRODUCT, True, Kind.CLASSIFICATION, Embedding.ONE_HOT, Attention.PREDICATES),
        (Tie.NEAREST, True, Kind.TAGGING, Embedding.FACTORED, Attention.PREDICATES),
        (Tie.LOG_BIAS, False, Kind.TAGGING, Embedding.ONE_HOT, Attention.SCORES),
        (Tie.LOG_BIAS, True, Kind.CLASSIFICATION, Embedding.FACTORED, Attention.SCORES),
    ],
)
def test_the_hard_limit_is_the_discretised_model(
    tie: Tie, causal: bool, kind: Kind, embedding: Embedding, attention: Attention
) -> None:
    data = data_of(causal=causal, kind=kind)
    shape = Shape(
        layers=2,
        categorical_heads=2,
        numerical_heads=2,
        categorical_tables=1,
        numerical_tables=1,
        hidden=8,
        embedding=embedding,
        embedding_variables=2,
        cardinality=6,
        count_limit=7,
        attention=attention,
    )
    d = Dimensions.of(data, shape)
    model = sharpened(initial(d, 3))
    relaxation = Relaxation(sampling=Sampling.STRAIGHT_THROUGH, tie=tie, noisy_attention=False, noisy_tables=False)
    rng = np.random.default_rng(0)
    tokens = rng.integers(0, 3, (80, 5)).astype(np.int32)
    lengths = rng.integers(1, 6, 80).astype(np.int32)
    draw = Draw(SEED, jnp.float32(1.0), relaxation)
    found = np.asarray(jax.jit(logits, compiler_options=QUICK)(model, tokens, lengths, draw))
    discrete = discretise(model)
    stream = discrete.stream(tokens, lengths)
    scores = sum(table[codes] for table, codes in zip(discrete.scores, stream.codes))
    scores = scores + sum(row * x[..., None] for row, x in zip(discrete.number_scores, stream.numbers))
    mask = np.arange(5) < lengths[:, None]
    if d.pooled:
        np.testing.assert_allclose(found.T, (scores * mask[..., None]).sum(1) / lengths[:, None], atol=1e-4)
    else:
        np.testing.assert_allclose(found.transpose(2, 1, 0)[mask], scores[mask], atol=1e-4)
    assert np.ptp(scores[mask], axis=0).min() > 0.5


def test_padding_changes_neither_loss_nor_gradient() -> None:
    d = Dimensions.of(
        data_of(),
        Shape(layers=1, hidden=4, categorical_heads=1, numerical_heads=1, categorical_tables=1, numerical_tables=1),
    )
    model = initial(d, 0)
    rng = np.random.default_rng(1)
    tokens = rng.integers(0, 3, (30, 5))
    lengths = rng.integers(1, 5, 30)
    mask = np.arange(5) < lengths[:, None]
    labels = np.where(mask, rng.integers(0, 3, (30, 5)), -1)
    draw = Draw(SEED, jnp.float32(0.7), Relaxation(sampling=Sampling.SOFT, tie=Tie.LOG_BIAS, noisy_attention=True))
    both = jax.jit(jax.value_and_grad(loss), compiler_options=QUICK)

    def at(padded: int) -> Any:
        return both(model, Batch(np.where(mask, tokens, padded), lengths, labels, np.ones(30, np.float32)), draw)

    value, gradient = at(0)
    other, other_gradient = at(2)
    assert float(value) == float(other)
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), gradient, other_gradient))
    assert all(bool(jnp.abs(leaf).sum() > 0) for leaf in jax.tree.leaves(gradient))


def test_contract_and_choose_have_the_gradient_of_what_they_compute() -> None:
    rng = np.random.default_rng(0)
    one = jnp.float32(1.0)
    left, right, weights = (jnp.asarray(rng.normal(size=(2, 3, 4, 5)), jnp.float32) for _ in range(3))
    spec = "hvqb,hvkb->hqkb"
    d = jnp.asarray(rng.normal(size=(2, 4, 4, 5)), jnp.float32)
    temperature = jnp.float32(0.3)

    def gradients(x: jax.Array, y: jax.Array) -> dict[str, Any]:
        plain = jax.grad(lambda x: (jax.nn.softmax(x / 0.3, axis=1) * weights).sum())(x)
        return {
            "contract": (
                jax.grad(lambda x, y: (contract(spec, x, y, one) * d).sum(), (0, 1))(x, y),
                jax.grad(lambda x, y: (jnp.einsum(spec, x, y) * d).sum(), (0, 1))(x, y),
            ),
            "soft": (jax.grad(lambda x: (choose(1, False, x, temperature) * weights).sum())(x), plain),
            "straight through": (jax.grad(lambda x: (choose(1, True, x, temperature) * weights).sum())(x), plain),
        }

    for mine, reference in jax.jit(gradients, compiler_options=QUICK)(left, right).values():
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5), mine, reference)
    hard = np.asarray(choose(1, True, left, temperature))
    assert (hard.argmax(1) == np.asarray(left).argmax(1)).all()
    assert hard.sum() == 2 * 4 * 5


def test_mix_reads_blocks_as_one() -> None:
    rng = np.random.default_rng(0)
    blocks = [jnp.asarray(rng.normal(size=(n, 2, 3)), jnp.float32) for n in (1, 3, 2)]
    gate = jnp.asarray(rng.normal(size=(4, 6)), jnp.float32)
    expected = jnp.einsum("rv,vab->rab", gate, jnp.concatenate(blocks))
    np.testing.assert_allclose(mix(gate, blocks), expected, rtol=1e-4, atol=1e-5)


def test_noise_is_gumbel_and_its_streams_are_apart() -> None:
    drawn = np.asarray(gumbel(SEED, 0, counted((40_000,))))
    assert abs(drawn.mean() - 0.5772) < 0.03
    assert abs(drawn.var() - np.pi**2 / 6) < 0.06
    streams = [
        np.asarray(uniform(jnp.array(s, jnp.uint32), site, counted((5000,))))
        for s in ([1, 2], [1, 3])
        for site in (0, 1)
    ]
    correlation = np.corrcoef(np.stack([*streams, np.roll(streams[0], 1)]))
    assert np.abs(correlation - np.eye(5)).max() < 0.06
    assert min(stream.min() for stream in streams) > 0.0
    assert max(stream.max() for stream in streams) < 1.0


@pytest.mark.parametrize(
    ("shape", "place"),
    [
        (Shape(layers=0), "shape.layers"),
        (Shape(cardinality=2), "shape.cardinality"),
        (Shape(table_inputs=30), "shape.categorical_tables"),
        (Shape(numerical_heads=-1), "shape.numerical_heads"),
        (Shape(cardinality=20_000, categorical_tables=0), "shape"),
    ],
)
def test_shapes_that_cannot_be(shape: Shape, place: str) -> None:
    with pytest.raises(ConfigError) as error:
        Dimensions.of(data_of(), shape)
    assert error.value.place == place
    assert error.value.expected


@pytest.mark.parametrize(
    "schedule",
    [Schedule(epochs=0), Schedule(rate=0.0), Schedule(rate=float("nan")), Schedule(cold=-1.0), Schedule(clip=0.0)],
)
def test_schedules_that_cannot_be(schedule: Schedule) -> None:
    with pytest.raises(ConfigError, match=r"schedule\."):
        schedule.check()


def test_counts_saturate_at_the_declared_range() -> None:
    d = Dimensions.of(data_of(), Shape(layers=3, numerical_heads=1, count_limit=9))
    assert d.limits == (1, 5, 9, 9)
    assert Dimensions.of(data_of(), Shape(layers=3, numerical_heads=1, count_limit=None)).limits == (1, 5, 25, 25)
    assert Dimensions.of(data_of(), Shape(layers=2, numerical_heads=1, sums=False)).limits == (1, 5, 5)
