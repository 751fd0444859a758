"""Tables during training: a network for each, or a choice for every cell."""

from __future__ import annotations

import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from transformer_programs.learn.relaxed.algebra import fence
from transformer_programs.learn.relaxed.draw import Draw

__all__ = ["Cells", "Network", "folded", "looked_up", "through_network"]


class Network(eqx.Module):
    """The tables of one kind during training: per table a network of one hidden layer, log-softmax over the output.

    Args:
        inner: from what the table reads (its inputs below each other) to the hidden units.
        inner_bias, outer, outer_bias: the rest of it.
    """

    inner: Float[Array, "layer table hidden input"]
    inner_bias: Float[Array, "layer table hidden"]
    outer: Float[Array, "layer table value hidden"]
    outer_bias: Float[Array, "layer table value"]


class Cells(eqx.Module):
    """The tables of one kind during training: for every cell the logits of its values, a choice like any other.

    Args:
        logits: cells in order, the last input's value counting fastest.
    """

    logits: Float[Array, "layer table cell value"]


def through_network(
    network: Network, layer: int, reads: Float[Array, "read value position batch"], draw: Draw, site: int
) -> Float[Array, "table value position batch"]:
    """What the networks of a layer say about what they read."""
    inner, outer = network.inner[layer], network.outer[layer]
    inputs = reads.reshape(len(inner), inner.shape[-1], -1)
    hidden = jnp.einsum("thi,tin->thn", inner, inputs) + network.inner_bias[layer][:, :, None]
    hidden = draw.drop(site, fence(jax.nn.relu(hidden), draw.one))
    found = jnp.einsum("tvh,thn->tvn", outer, hidden) + network.outer_bias[layer][:, :, None]
    chosen = draw.choose(site + 1, found, axis=1, noisy=draw.relaxation.noisy_tables)
    return chosen.reshape(len(inner), -1, *reads.shape[2:])


def looked_up(
    cells: Cells, layer: int, reads: Float[Array, "read value position batch"], draw: Draw, site: int
) -> Float[Array, "table value position batch"]:
    """What the chosen cells of a layer say: linear in the cells and in each input, so that gradients are differences.

    Args:
        cells: the choices of all layers.
        layer: which one.
        reads: the inputs of all tables, table after table.
        draw: the step's noise and temperature.
        site: of the noise.
    """
    chosen = draw.choose(site, cells.logits[layer], axis=-1)
    inputs = reads.reshape(len(chosen), -1, reads.shape[1], math.prod(reads.shape[2:]))
    place = inputs[:, 0]
    for i in range(1, inputs.shape[1]):
        place = (place[:, :, None] * inputs[:, i, None]).reshape(len(chosen), -1, place.shape[-1])
    found = jnp.einsum("tcv,tcn->tvn", chosen, fence(place, draw.one))
    return fence(found.reshape(len(chosen), -1, *reads.shape[2:]), draw.one)


def folded(counts: Float[Array, "read count position batch"], size: int) -> Float[Array, "read value position batch"]:
    """One-hot counts with `size` values: larger counts are the last."""
    if counts.shape[1] == size:
        return counts
    return jnp.concatenate([counts[:, : size - 1], counts[:, size - 1 :].sum(1, keepdims=True)], axis=1)
