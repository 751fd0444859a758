"""Tables during training: a network for each, or a choice for every cell."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from transformer_programs.learn.relaxed.algebra import fence
from transformer_programs.learn.relaxed.draw import Draw

__all__ = ["Cells", "Network", "graded", "looked_up", "through_network"]


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
    cells: Float[Array, "table cell value"], reads: Float[Array, "read value position batch"]
) -> Float[Array, "table value position batch"]:
    """sum over cells of the cell's value times the product of the inputs' shares in it: linear in each of them.

    Args:
        cells: the choices.
        reads: the inputs of all tables, table after table.
    """
    inputs = reads.reshape(len(cells), -1, reads.shape[1], reads[0, 0].size)
    place = inputs[:, 0]
    for i in range(1, inputs.shape[1]):
        place = (place[:, :, None] * inputs[:, i, None]).reshape(len(cells), -1, place.shape[-1])
    return jnp.einsum("tcv,tcn->tvn", cells, place).reshape(len(cells), -1, *reads.shape[2:])


def graded(
    numbers: Float[Array, "some position batch"], limits: Float[np.ndarray, " some"], size: int
) -> Float[Array, "some value position batch"]:
    """Numbers, up to their limits, as weights of the whole numbers below `size`: 1 - |x - value| where that is positive."""
    clipped = jnp.minimum(numbers, limits[:, None, None])
    values = jnp.arange(size, dtype=numbers.dtype)[:, None, None]
    return jax.nn.relu(1.0 - jnp.abs(clipped[:, None] - values))
