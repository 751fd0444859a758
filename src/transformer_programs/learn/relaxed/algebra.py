"""The few operations that a training step spends its time in, and how XLA is made to do them fast on a CPU.

Arrays are batch-minor, (variable, value, position, batch): a gate is then one matrix product, and everything else
runs along contiguous sequences. XLA's CPU backend recomputes cheap producers inside each consumer, once for every
element that reads them, and computes what feeds a matrix product in that product's flattened shape, one element at
a time. `fence` stops both: a branch is never fused into. Measured with bench/relaxed_step.py: a third of the step.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

__all__ = ["choose", "contract", "draw", "fence", "mix"]

UNROLLED = 16
"""Contractions over at most so many terms are written out."""


@jax.custom_vjp
def fence(x: Array, one: Array) -> Array:
    """The array itself, computed once and kept, in both directions. `one` is 1, in a way that XLA does not see."""
    return _kept(x, one)


def _kept(x: Array, one: Array) -> Array:
    if jax.default_backend() != "cpu":
        return x
    kept: Array = jax.lax.cond(one > 0.0, lambda y: y, lambda y: 2.0 * y, x)
    return kept


fence.defvjp(lambda x, one: (_kept(x, one), one), lambda one, d: (_kept(d, one), jnp.zeros_like(one)))


def mix(gate: Float[Array, "read variable"], blocks: Sequence[Float[Array, "some ..."]]) -> Float[Array, "read ..."]:
    """Reads variables through gates: sum over variables of gate * variable.

    Args:
        gate: one row a read, one column a variable of all blocks in order.
        blocks: the variables, in pieces; never concatenated, because the gradient of the whole would be.
    """
    total: Array | float = 0.0
    start = 0
    for block in blocks:
        part = gate[:, start : start + len(block)]
        total = total + jnp.dot(part, block.reshape(len(block), -1))
        start += len(block)
    assert isinstance(total, jax.Array)
    return total.reshape(len(gate), *blocks[0].shape[1:])


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def contract(spec: str, left: Array, right: Array, one: Array) -> Array:
    """An einsum over one short axis, such as "hvqb,hvkb->hqkb", written out as a sum of products and fenced."""
    return _kept(_contract(spec, left, right), one)


def _contract(spec: str, left: Array, right: Array) -> Array:
    inputs, out = spec.split("->")
    first, second = inputs.split(",")
    (summed,) = set(first) & set(second) - set(out)
    size = left.shape[first.index(summed)]
    if size > UNROLLED:
        return jnp.einsum(spec, left, right)
    terms = (_slice(left, first, summed, i, out) * _slice(right, second, summed, i, out) for i in range(size))
    return sum(terms, start=jnp.zeros((), left.dtype))


def _slice(x: Array, axes: str, summed: str, index: int, out: str) -> Array:
    x = jax.lax.index_in_dim(x, index, axes.index(summed), keepdims=False)
    axes = axes.replace(summed, "")
    x = jnp.transpose(x, [axes.index(axis) for axis in out if axis in axes])
    return jnp.expand_dims(x, [place for place, axis in enumerate(out) if axis not in axes])


def _contract_forward(spec: str, left: Array, right: Array, one: Array) -> tuple[Array, tuple[Array, Array, Array]]:
    return contract(spec, left, right, one), (left, right, one)


def _contract_backward(spec: str, kept: tuple[Array, Array, Array], d: Array) -> tuple[Array, Array, Array]:
    left, right, one = kept
    inputs, out = spec.split("->")
    first, second = inputs.split(",")
    d_left = _kept(_contract(f"{out},{second}->{first}", d, right), one)
    d_right = _kept(_contract(f"{out},{first}->{second}", d, left), one)
    return d_left, d_right, jnp.zeros_like(one)


contract.defvjp(_contract_forward, _contract_backward)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def choose(axis: int, hard: bool, logits: Array, temperature: Array) -> Array:
    """softmax(logits / temperature), or its argmax (the first of equals) as a one-hot with the same gradient.

    The derivative is written by the output alone: y * (d - sum(y * d)) / temperature.
    """
    return _one_hot(axis, logits) if hard else _softmax(axis, logits, temperature)


def _softmax(axis: int, logits: Array, temperature: Array) -> Array:
    shifted = (logits - logits.max(axis, keepdims=True)) / temperature
    weights = jnp.exp(shifted)
    return weights / weights.sum(axis, keepdims=True)


def _one_hot(axis: int, logits: Array) -> Array:
    return jax.nn.one_hot(logits.argmax(axis), logits.shape[axis], axis=axis, dtype=logits.dtype)


def _choose_forward(axis: int, hard: bool, logits: Array, temperature: Array) -> tuple[Array, tuple[Array, Array]]:
    soft = _softmax(axis, logits, temperature)
    return (_one_hot(axis, logits) if hard else soft), (soft, temperature)


def _choose_backward(axis: int, hard: bool, kept: tuple[Array, Array], d: Array) -> tuple[Array, Array]:
    soft, temperature = kept
    inner = soft * d
    d_logits = (inner - soft * inner.sum(axis, keepdims=True)) / temperature
    return d_logits, jnp.zeros_like(temperature)


choose.defvjp(_choose_forward, _choose_backward)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def draw(axis: int, logits: Array, noise: Array, temperature: Array) -> Array:
    """argmax(logits + noise) as a one-hot; backward as softmax(logits / temperature), in which there is no noise."""
    return _one_hot(axis, logits + noise)


def _draw_forward(axis: int, logits: Array, noise: Array, temperature: Array) -> tuple[Array, tuple[Array, Array]]:
    return _one_hot(axis, logits + noise), (_softmax(axis, logits, temperature), temperature)


def _draw_backward(axis: int, kept: tuple[Array, Array], d: Array) -> tuple[Array, Array, Array]:
    d_logits, d_temperature = _choose_backward(axis, True, kept, d)
    return d_logits, jnp.zeros_like(d), d_temperature


draw.defvjp(_draw_forward, _draw_backward)
