"""The constrained Transformer, relaxed: a distribution over programs, and its loss on a sample.

Every choice that makes a program is a row of logits: the gates (which variable a module reads), the predicates (which
key value a query value looks for), the embedding of factored tokens. Tables are small networks, evaluated on all
their inputs when the program is extracted ("Learning Transformer Programs", section 3), or rows of logits, one a cell.

Where sampling is hard (`Sampling.HARD`) a number is the one-hot of a count until the classifier reads it.

Axes: layer, read (one gate), variable (categorical), number (numerical), head, value (of a categorical variable),
position, batch, label. Activations are batch-minor, see `algebra`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from transformer_programs.learn.relaxed.algebra import fence, mix
from transformer_programs.learn.relaxed.attention import attend, prefer, total
from transformer_programs.learn.relaxed.config import Attention, Dimensions, Sampling, Tables
from transformer_programs.learn.relaxed.differences import closest, tally
from transformer_programs.learn.relaxed.draw import Draw
from transformer_programs.learn.relaxed.tables import Cells, Network, folded, looked_up, through_network

__all__ = ["Batch", "Model", "available", "initial", "logits", "loss", "numbers_available", "totals"]

Blocks = list[Float[Array, "some value position batch"]]
Numbers = list[Float[Array, "some position batch"]]

CLOSED = -1e9
"""Logit of a variable that a gate cannot read because it does not exist yet."""


class Model(eqx.Module):
    """Parameters. Gates of modules that come early have columns for variables that do not exist yet: never read.

    Args:
        embedding: of factored tokens; None where tokens are one-hot.
        gates: in each layer the heads' queries (categorical heads first), keys, the categorical heads' values, the
            categorical tables' inputs.
        number_gates: in each layer the numerical heads' values, the numerical tables' inputs.
        predicates: for each query value the logits of the key values; of score-based heads their scores.
        tables, number_tables: the two kinds of tables.
        scores, number_scores: the classifier; `ones` is its bias.
        dimensions: the sizes.
    """

    embedding: Float[Array, "token factor value"] | None
    gates: Float[Array, "layer read variable"]
    number_gates: Float[Array, "layer number_read number"]
    predicates: Float[Array, "layer head query_value key_value"]
    tables: Network | Cells
    number_tables: Network | Cells
    scores: Float[Array, "label variable value"]
    number_scores: Float[Array, "label number"]
    dimensions: Dimensions = eqx.field(static=True)


class Batch(eqx.Module):
    """Encoded examples, as in `tasks.Encoded`, with a weight a sequence (0: there only to fill up the batch)."""

    tokens: Int[Array, "batch position"]
    lengths: Int[Array, " batch"]
    labels: Int[Array, "batch answer"]
    weights: Float[Array, " batch"]


def available(d: Dimensions) -> Bool[np.ndarray, "layer read variable"]:
    """Which variables each gate can read."""
    rows = _reads(d)
    found = np.zeros((d.shape.layers, rows[-1], d.categorical), bool)
    for layer in range(d.shape.layers):
        found[layer, : rows[2], : d.seen(layer, by_tables=False)] = True
        found[layer, rows[2] :, : d.seen(layer, by_tables=True)] = True
    return found


def numbers_available(d: Dimensions) -> Bool[np.ndarray, "layer number_read number"]:
    """Which numbers each gate can read."""
    heads, inputs = d.shape.numerical_heads, d.shape.numerical_tables * d.shape.table_inputs
    found = np.zeros((d.shape.layers, heads + inputs, d.numbers), bool)
    for layer in range(d.shape.layers):
        found[layer, :heads, : d.counted(layer, by_tables=False)] = True
        found[layer, heads:, : d.counted(layer, by_tables=True)] = True
    return found


def _reads(d: Dimensions) -> tuple[int, int, int, int]:
    """Where, among a layer's gates, the queries, keys, values and table inputs end."""
    tables = d.shape.categorical_tables * d.shape.table_inputs
    values = 2 * d.heads + d.shape.categorical_heads
    return d.heads, 2 * d.heads, values, values + tables


def initial(d: Dimensions, seed: int, vectors: Float[np.ndarray, "token feature"] | None = None) -> Model:
    """Random parameters: normal, with the variances of the released code.

    Args:
        d: the sizes.
        seed: of the draw, which is NumPy's, so that it is the same on every device.
        vectors: pretrained word vectors, one a token of the vocabulary (0 for unknown words): the factored embedding
            starts from a random projection of them (paper, section 4.2).
    """
    rng = np.random.default_rng(seed)
    shape = d.shape

    def normal(*size: int, variance: float | np.ndarray) -> Array:
        return jnp.asarray((rng.standard_normal(size) * np.sqrt(variance)).astype(np.float32))

    def zeros(*size: int) -> Array:
        return jnp.asarray(np.zeros(size, np.float32))

    def network(tables: int, inputs: int, width: int) -> Network | Cells:
        sizes = (shape.layers, tables)
        if shape.tables is Tables.DIRECT:
            return Cells(normal(*sizes, width**shape.table_inputs, d.values, variance=1 / d.values))
        return Network(
            inner=normal(*sizes, shape.hidden, inputs, variance=1 / shape.hidden),
            inner_bias=zeros(*sizes, shape.hidden),
            outer=normal(*sizes, d.values, shape.hidden, variance=1 / d.values),
            outer_bias=zeros(*sizes, d.values),
        )

    def gates(can: Bool[np.ndarray, "layer read variable"]) -> Array:
        return normal(*can.shape, variance=can / can.sum(-1, keepdims=True).clip(1))

    return Model(
        embedding=_embedding(d, rng, vectors) if d.factors else None,
        gates=gates(available(d)),
        number_gates=gates(numbers_available(d)),
        predicates=normal(shape.layers, d.heads, d.values, d.values, variance=1 / d.values),
        tables=network(shape.categorical_tables, shape.table_inputs * d.values, d.values),
        number_tables=network(shape.numerical_tables, shape.table_inputs, d.graded),
        scores=normal(d.labels, d.categorical, d.values, variance=1 / d.labels),
        number_scores=normal(d.labels, d.numbers, variance=1 / d.labels),
        dimensions=d,
    )


def _embedding(d: Dimensions, rng: np.random.Generator, vectors: np.ndarray | None) -> Array:
    width = d.factors * d.values
    drawn = rng.standard_normal((d.vocabulary, width)) / math.sqrt(width)
    if vectors is not None:
        projection = rng.standard_normal((vectors.shape[1], width)) / math.sqrt(vectors.shape[1])
        known = np.abs(vectors).sum(1, keepdims=True) > 0
        drawn = np.where(known, vectors @ projection, drawn)
    return jnp.asarray(drawn.reshape(d.vocabulary, d.factors, d.values).astype(np.float32))


def logits(model: Model, tokens: Int[Array, "batch position"], lengths: Int[Array, " batch"], draw: Draw) -> Array:
    """Scores of the labels: (label, position, batch), or (label, batch) where pooled.

    Nothing at a position that is padding reaches any other position.
    """
    d = model.dimensions
    mask = jnp.arange(tokens.shape[1])[:, None] < lengths
    gates = draw.choose(0, jnp.where(available(d), model.gates, CLOSED), axis=-1)
    number_gates = draw.choose(1, jnp.where(numbers_available(d), model.number_gates, CLOSED), axis=-1)
    predicates = _predicates(model, draw)
    blocks: Blocks = [_inputs(model, tokens, draw)]
    numbers: Numbers = [jnp.ones((1, *mask.shape), jnp.float32)]
    hard = draw.relaxation.sampling is Sampling.HARD
    if hard:
        numbers = [jax.nn.one_hot(numbers[0].astype(int), d.length + 1, axis=1)]
    for layer in range(d.shape.layers):
        site = 8 + 8 * layer
        width, count = d.seen(layer, by_tables=False), d.counted(layer, by_tables=False)
        added, counted = _heads(
            d,
            gates[layer, :, :width],
            number_gates[layer, :, :count],
            predicates[layer],
            blocks,
            numbers,
            mask,
            draw,
            site,
        )
        blocks, numbers = blocks + added, numbers + counted
        width, count = d.seen(layer, by_tables=True), d.counted(layer, by_tables=True)
        blocks = blocks + _tables(
            model, layer, gates[layer, :, :width], number_gates[layer, :, :count], blocks, numbers, draw, site
        )
    if hard:
        numbers = [jnp.einsum("c,ncpb->npb", jnp.arange(d.length + 1.0), block) for block in numbers]
    found = _classified(model, blocks, numbers)
    if d.pooled:
        return jnp.where(mask, found, 0.0).sum(1) / lengths
    return found


def _predicates(model: Model, draw: Draw) -> Float[Array, "layer head query_value key_value"]:
    """For each query value a choice of a key value, or, of score-based heads, the scores of all."""
    if model.dimensions.shape.attention is Attention.PREDICATES:
        return draw.choose(2, model.predicates, axis=-1)
    split = model.dimensions.shape.categorical_heads
    return jnp.concatenate([model.predicates[:, :split], draw.choose(2, model.predicates[:, split:], axis=-1)], axis=1)


def _inputs(
    model: Model, tokens: Int[Array, "batch position"], draw: Draw
) -> Float[Array, "some value position batch"]:
    d = model.dimensions
    batch, length = tokens.shape
    place = jnp.minimum(jnp.arange(length), d.values - 1)
    positions = jnp.broadcast_to(jax.nn.one_hot(place, d.values, axis=0)[:, :, None], (d.values, length, batch))
    if model.embedding is None:
        return jnp.stack([jax.nn.one_hot(tokens.T, d.values, axis=0), positions])
    # Only the words of the batch are sampled; a word's noise hangs on the word, so that it has one sample a step.
    words = jnp.transpose(model.embedding[tokens], (2, 3, 1, 0))
    choice = jnp.arange(d.factors * d.values).reshape(d.factors, d.values, 1, 1)
    index = tokens.T.astype(jnp.uint32) * jnp.uint32(d.factors * d.values) + choice.astype(jnp.uint32)
    sampled = draw.choose(3, words, axis=1, index=index)
    return jnp.concatenate([sampled, positions[None]])


def _heads(
    d: Dimensions,
    gates: Float[Array, "read variable"],
    number_gates: Float[Array, "number_read number"],
    predicates: Float[Array, "head query_value key_value"],
    blocks: Blocks,
    numbers: Numbers,
    mask: Bool[Array, "position batch"],
    draw: Draw,
    site: int,
) -> tuple[Blocks, Numbers]:
    if d.heads == 0:
        return [], []
    ends = _reads(d)
    split = d.shape.categorical_heads
    queries = fence(mix(gates[: ends[0]], blocks), draw.one)
    wanted = jnp.einsum("hab,haqn->hbqn", predicates, queries)
    added: Blocks = []
    counted: Numbers = []
    if draw.relaxation.sampling is Sampling.HARD:
        keyed = gates[ends[0] : ends[1]]
        if split:
            values = fence(mix(gates[ends[1] : ends[2]], blocks), draw.one)
            added = [fence(closest(d.causal, wanted[:split], keyed[:split], blocks, values, mask), draw.one)]
        if d.shape.numerical_heads:
            counted = [fence(tally(d.causal, d.length + 1, wanted[split:], keyed[split:], blocks, mask), draw.one)]
        return added, counted
    keys = mix(gates[ends[0] : ends[1]], blocks) * mask
    if split:
        values = fence(mix(gates[ends[1] : ends[2]], blocks), draw.one)
        wanted_here, keys_here = fence(wanted[:split], draw.one), fence(keys[:split], draw.one)
        head = attend if d.shape.attention is Attention.PREDICATES else prefer
        found = head(wanted_here, keys_here, values, mask, d.causal, draw, site)
        added = [fence(draw.drop(site + 1, found), draw.one)]
    if d.shape.numerical_heads:
        summands = mix(number_gates[: d.shape.numerical_heads], _some(numbers, number_gates.shape[1]))
        wanted_here, keys_here = fence(wanted[split:], draw.one), fence(keys[split:], draw.one)
        found = total(wanted_here, keys_here, summands, d.causal, draw)
        counted = [fence(draw.drop(site + 2, found), draw.one)]
    return added, counted


def _some(blocks: Sequence[Array], count: int) -> list[Array]:
    """The first variables of all blocks, as many as there are columns in a gate."""
    taken: list[Array] = []
    for block in blocks:
        if count <= 0:
            break
        taken.append(block[:count])
        count -= len(block)
    return taken


def _tables(
    model: Model,
    layer: int,
    gates: Float[Array, "read variable"],
    number_gates: Float[Array, "number_read number"],
    blocks: Blocks,
    numbers: Numbers,
    draw: Draw,
    site: int,
) -> Blocks:
    d = model.dimensions
    start, stop = _reads(d)[2:]
    made: Blocks = []
    if stop > start:
        reads = mix(gates[start:stop], blocks)
        if isinstance(model.tables, Cells):
            made.append(looked_up(model.tables, layer, reads, draw, site + 4))
        else:
            made.append(through_network(model.tables, layer, reads, draw, site + 3))
    if d.shape.numerical_tables and isinstance(model.number_tables, Cells):
        reads = folded(mix(number_gates[d.shape.numerical_heads :], numbers), d.graded)
        made.append(looked_up(model.number_tables, layer, reads, draw, site + 6))
    elif d.shape.numerical_tables and isinstance(model.number_tables, Network):
        clipped: list[Array] = []
        for block in numbers:
            first = sum(map(len, clipped))
            limits = np.array(d.limits[first : first + len(block)], np.float32)
            clipped.append(jnp.minimum(block, limits[:, None, None]))
        reads = mix(number_gates[d.shape.numerical_heads :], clipped)
        made.append(through_network(model.number_tables, layer, reads[:, None], draw, site + 5))
    return made


def _classified(model: Model, blocks: Blocks, numbers: Numbers) -> Float[Array, "label position batch"]:
    found = mix(model.number_scores, numbers)
    start = 0
    for block in blocks:
        part = model.scores[:, start : start + len(block)].reshape(model.scores.shape[0], -1)
        found = found + mix(part, [block.reshape(-1, *block.shape[2:])])
        start += len(block)
    return found


def loss(model: Model, batch: Batch, draw: Draw) -> Float[Array, ""]:
    """Mean over sequences of the mean cross-entropy per answer, in nats (paper, section 3.4)."""
    total, weight = totals(model, batch, draw)
    return total / jnp.maximum(weight, 1.0)


def totals(model: Model, batch: Batch, draw: Draw) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """The sum over sequences of that, and how many there are: what shares of a batch are put together from."""
    scores = logits(model, batch.tokens, batch.lengths, draw)
    answers = batch.labels[:, 0] if model.dimensions.pooled else batch.labels.T
    losses = jax.nn.logsumexp(scores, axis=0) - _picked(scores, answers)
    asked = answers >= 0
    losses = jnp.where(asked, losses, 0.0)
    if not model.dimensions.pooled:
        losses = losses.sum(0) / jnp.maximum(asked.sum(0), 1)
        asked = asked.any(0)
    weights = batch.weights * asked
    return (losses * weights).sum(), weights.sum()


def _picked(scores: Float[Array, "label ..."], answers: Int[Array, "..."]) -> Float[Array, "..."]:
    """The right label's score, by comparison: a gather has a slow gradient."""
    labels = jnp.arange(len(scores)).reshape(-1, *([1] * answers.ndim))
    return jnp.where(labels == answers, scores, 0.0).sum(0)
