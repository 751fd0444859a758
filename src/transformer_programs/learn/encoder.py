"""The encoder of `learn.standard` in JAX: its weights, its forward pass, its training."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from transformer_programs.errors import TrainingError
from transformer_programs.tasks import Dataset, Encoded, Kind, encode

if TYPE_CHECKING:
    from transformer_programs.learn.standard import Standard

__all__ = ["Encoder", "answers", "train"]

ROWS = 256
"""Sequences answered at a time."""


class Layer(eqx.Module):
    """x + attention(norm(x)), then x + mlp(norm(x))."""

    before_attention: eqx.nn.LayerNorm
    before_mlp: eqx.nn.LayerNorm
    projections: Float[Array, "width three_widths"]
    out: Float[Array, "width width"]
    wide: Float[Array, "width hidden"]
    narrow: Float[Array, "hidden width"]
    heads: int = eqx.field(static=True)

    def attend(self, stream: Float[Array, "row position width"], mask: Bool[Array, "row position"]) -> Array:
        """What attention adds."""
        rows, length, width = stream.shape
        parts = jnp.split(_each(self.before_attention, stream) @ self.projections, 3, axis=-1)
        query, key, value = (part.reshape(rows, length, self.heads, width // self.heads) for part in parts)
        scores = jnp.einsum("r q h c, r k h c -> r h q k", query, key) / query.shape[-1] ** 0.5
        weights = jax.nn.softmax(jnp.where(mask[:, None, None, :], scores, -1e9), axis=-1)
        return jnp.einsum("r h q k, r k h c -> r q h c", weights, value).reshape(stream.shape) @ self.out

    def think(self, stream: Float[Array, "row position width"]) -> Array:
        """What the MLP adds."""
        return jax.nn.gelu(_each(self.before_mlp, stream) @ self.wide) @ self.narrow


class Encoder(eqx.Module):
    """Scores of labels from tokens."""

    words: Float[Array, "token width"]
    places: Float[Array, "position width"]
    layers: list[Layer]
    last: eqx.nn.LayerNorm
    labels: Float[Array, "width label"]
    bias: Float[Array, " label"]

    def __call__(
        self,
        tokens: Int[Array, "row position"],
        mask: Bool[Array, "row position"],
        pooled: bool,
        drop: Callable[[Array], Array] = lambda stream: stream,
    ) -> Float[Array, "row answer label"]:
        """The scores.

        Args:
            tokens, mask: codes, and where there is a token.
            pooled: one answer a row, off the mean of its tokens.
            drop: dropout, in training.
        """
        # Positions beyond those of training have the vector of the last.
        places = self.places[np.minimum(np.arange(tokens.shape[1]), len(self.places) - 1)]
        stream = drop(self.words[tokens] + places)
        for layer in self.layers:
            stream = stream + drop(layer.attend(stream, mask))
            stream = stream + drop(layer.think(stream))
        stream = _each(self.last, stream)
        if pooled:
            stream = jnp.sum(stream * mask[..., None], axis=1, keepdims=True) / mask.sum(axis=1)[:, None, None]
        return stream @ self.labels + self.bias


def train(
    config: Standard,
    data: Dataset,
    vectors: Float[np.ndarray, "word width"],
    seed: int,
    measure: Callable[[Encoded, np.ndarray], float],
    report: Callable[[int, float], None],
) -> tuple[Encoder, int]:
    """The encoder of the epoch that validation (training, where there is none) likes best, and that epoch.

    Raises:
        TrainingError: the loss is not finite.
    """
    from transformer_programs.learn.standard import UNKNOWN, batches

    part, held = encode(data, data.train), encode(data, data.validation or data.train)
    pooled = data.kind is Kind.CLASSIFICATION
    unknown = data.vocabulary.index(UNKNOWN) if UNKNOWN in data.vocabulary else None
    model = _initial(config, vectors, part.tokens.shape[1], len(data.labels), jax.random.key(seed))
    adam = optax.adam(config.rate)
    state = adam.init(eqx.filter(model, eqx.is_array))
    rng = np.random.default_rng([seed, 1])
    key = jax.random.key(seed, impl="rbg")  # on CPUs several times as fast as the default

    @eqx.filter_jit(donate="all")
    def step(model: Encoder, state: optax.OptState, batch: tuple[Array, Array, Array], key: PRNGKeyArray) -> tuple:
        loss, gradient = eqx.filter_value_and_grad(_loss)(model, *batch, pooled, config.dropout, key)
        change, state = adam.update(gradient, state)
        return eqx.apply_updates(model, change), state, loss

    best, kept, chosen = -1.0, model, 0
    for epoch in range(1, config.epochs + 1):
        losses = []
        for rows, length in batches(part, config.batch, rng):
            key, now = jax.random.split(key)
            model, state, loss = step(model, state, _batch(part, rows, length, config, unknown, rng), now)
            losses.append(loss)
        if not np.isfinite(float(jnp.mean(jnp.stack(losses)))):
            raise TrainingError(
                place=f"epoch {epoch}", got="a loss that is not finite", expected="a smaller learning rate"
            )
        value = measure(held, answers(model, held, pooled))
        report(epoch, value)
        if value > best:
            best, chosen = value, epoch
            kept = jax.tree.map(lambda leaf: leaf.copy() if eqx.is_array(leaf) else leaf, model)
        elif epoch - chosen >= config.patience:
            break
    return kept, chosen


def answers(model: Encoder, part: Encoded, pooled: bool) -> Int[np.ndarray, "sequence answer"]:
    """The label at every place where one is asked, -1 elsewhere."""
    from transformer_programs.learn.standard import batches

    found = np.full_like(part.labels, -1)
    for rows, length in batches(part, ROWS):
        whole = np.resize(rows, ROWS)  # one shape a length: repeated rows are answered alike
        mask = np.arange(length) < part.lengths[whole, None]
        codes = np.asarray(_answer(model, jnp.asarray(_wide(part.tokens, whole, length)), jnp.asarray(mask), pooled))
        codes = codes[: len(rows), : found.shape[1]]
        found[rows, : codes.shape[1]] = codes
    return np.where(part.labels >= 0, found, -1)


@eqx.filter_jit
def _answer(model: Encoder, tokens: Array, mask: Array, pooled: bool) -> Array:
    return jnp.argmax(model(tokens, mask, pooled), axis=-1)


def _batch(
    part: Encoded,
    rows: Int[np.ndarray, " row"],
    length: int,
    config: Standard,
    unknown: int | None,
    rng: np.random.Generator,
) -> tuple[Array, Array, Array]:
    """Tokens, mask and labels, of `config.batch` rows: missing ones have no labels."""
    whole = np.resize(rows, config.batch)
    tokens, labels = _wide(part.tokens, whole, length), part.labels[whole]
    if labels.shape[1] > 1:
        labels = _wide(part.labels, whole, length, -1)
    labels[len(rows) :] = -1
    if unknown is not None:
        tokens[rng.random(tokens.shape) < config.unknown] = unknown
    return jnp.asarray(tokens), jnp.asarray(np.arange(length) < part.lengths[whole, None]), jnp.asarray(labels)


def _wide(table: np.ndarray, rows: np.ndarray, length: int, fill: int = 0) -> np.ndarray:
    """A copy of the first `length` columns, filled up where the table has fewer."""
    found = np.full((len(rows), length), fill, np.int32)
    part = table[rows, :length]
    found[:, : part.shape[1]] = part
    return found


def _loss(
    model: Encoder, tokens: Array, mask: Array, labels: Array, pooled: bool, dropout: float, key: PRNGKeyArray
) -> Array:
    keys = iter(jax.random.split(key, 1 + 2 * len(model.layers)))

    def drop(stream: Array) -> Array:
        if not dropout:
            return stream
        kept = jax.random.bernoulli(next(keys), 1 - dropout, stream.shape)
        return jnp.where(kept, stream / (1 - dropout), 0)

    scores = jax.nn.log_softmax(model(tokens, mask, pooled, drop), axis=-1)
    said = jnp.take_along_axis(scores, jnp.maximum(labels, 0)[..., None], axis=-1)[..., 0]
    asked = labels >= 0
    return -jnp.sum(said * asked) / jnp.maximum(asked.sum(), 1)


def _initial(config: Standard, vectors: np.ndarray, length: int, labels: int, key: PRNGKeyArray) -> Encoder:
    """Random weights but for the word vectors: normal, of deviation 1 / sqrt(inputs)."""
    width, hidden, keys = config.width, config.hidden, iter(jax.random.split(key, 2 + 4 * config.layers))

    def normal(*shape: int, scale: float = 1.0) -> Array:
        return scale * shape[0] ** -0.5 * jax.random.normal(next(keys), shape)

    small = (2 * config.layers) ** -0.5
    layers = [
        Layer(
            before_attention=eqx.nn.LayerNorm(width),
            before_mlp=eqx.nn.LayerNorm(width),
            projections=normal(width, 3 * width),
            out=normal(width, width, scale=small),
            wide=normal(width, hidden),
            narrow=normal(hidden, width, scale=small),
            heads=config.heads,
        )
        for _ in range(config.layers)
    ]
    places = 0.02 * jax.random.normal(next(keys), (length, width))
    last = eqx.nn.LayerNorm(width)
    return Encoder(jnp.asarray(vectors), places, layers, last, normal(width, labels, scale=0.1), jnp.zeros(labels))


def _each(norm: eqx.nn.LayerNorm, stream: Float[Array, "row position width"]) -> Array:
    return jax.vmap(jax.vmap(norm))(stream)
