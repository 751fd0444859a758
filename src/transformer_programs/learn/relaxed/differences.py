"""Heads of programs that are discrete in every forward pass: backward, what each alternative would have changed.

All activations are one-hot or counts, exact. Let d be the slope of the loss in a head's output. Backward gives for every
alternative the difference that it makes to first order in the scores, all other choices as drawn: another key value
looked for, another variable as the keys, another value of one key. These are the differences of `learn/hard` (its
`backward` module), for whole batches at once; queries and values need no rule, as a head is linear in each of them.

Axes: head, value, position (query, key), batch; `variable` runs over all that the gate of the keys can read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

__all__ = ["closest", "tally"]

Heads = Float[Array, "head value position batch"]
Gate = Float[Array, "head variable"]
Blocks = Sequence[Float[Array, "some value position batch"]]
Mask = Bool[Array, "position batch"]
Match = Bool[Array, "*what query key batch"]


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def closest(causal: bool, queries: Heads, gate: Gate, blocks: Blocks, values: Heads, mask: Mask) -> Heads:
    """The value at the closest key that holds what is looked for, or at position 0 where none does.

    With e_j = d . value_j, the change if j were read: another key value or key variable changes the loss by e at its own
    closest match; a key nearer than the match, if it became one, by e_j - e_match; the match, if it were none, by
    e_next - e_match.

    Args:
        causal: whether only positions up to the query's own are seen.
        queries: the key value that each position looks for.
        gate: the variable that each head takes as its keys.
        blocks: the variables, in pieces.
        values: what is brought back.
        mask: where there is a token.
    """
    return _closest(causal, queries, gate, blocks, values, mask)[0]


def _closest(
    causal: bool, queries: Heads, gate: Gate, blocks: Blocks, values: Heads, mask: Mask
) -> tuple[Heads, Float[Array, "head query key batch"]]:
    wanted, keys = _codes(queries), _codes(blocks)[gate.argmax(1)]
    match = _seen(mask, causal) & (keys[:, None] == wanted[:, :, None])
    pattern = _nearest(match).astype(values.dtype)
    pattern = pattern.at[:, :, 0].add(1.0 - match.any(2))
    return jnp.einsum("hqkb,hvkb->hvqb", pattern, values), pattern


def _closest_forward(
    causal: bool, queries: Heads, gate: Gate, blocks: Blocks, values: Heads, mask: Mask
) -> tuple[Heads, tuple[Array, ...]]:
    found, pattern = _closest(causal, queries, gate, blocks, values, mask)
    return found, (queries, gate, blocks, values, mask, pattern)


def _closest_backward(
    causal: bool, kept: tuple[Heads, Gate, Blocks, Heads, Mask, Array], d: Heads
) -> tuple[Heads, Gate, Blocks, Heads, None]:
    queries, gate, blocks, values, mask, pattern = kept
    wanted, codes = _codes(queries), _codes(blocks)
    keys, seen = codes[gate.argmax(1)], _seen(mask, causal)
    read = jnp.einsum("hvqb,hvkb->hqkb", d, values)

    def at_match(match: Match, read: Array) -> Array:
        """`read` at the closest match, at position 0 where there is none."""
        chosen = jnp.where(_nearest(match), read, 0.0).sum(-2)
        return chosen + jnp.where(match.any(-2), 0.0, read[..., 0, :])

    match = seen & (keys[:, None] == wanted[:, :, None])
    of_values = seen & (keys[:, None, None] == jnp.arange(queries.shape[1])[:, None, None, None])
    of_variables = seen & (codes[:, None] == wanted[:, None, :, None])
    rank = _rank(mask.shape[0])[:, :, None]
    here = jnp.where(match, rank, rank.size).min(2, keepdims=True)
    flipped = jnp.where(rank < here, read - at_match(match, read)[:, :, None], 0.0)
    flipped = jnp.where(rank == here, read - at_match(match & (rank > here), read)[:, :, None], flipped)
    return (
        at_match(of_values, read[:, None]),
        at_match(of_variables, read[:, None]).sum((2, 3)),
        _to_keys(queries, jnp.where(seen, flipped, 0.0), gate, blocks),
        jnp.einsum("hqkb,hvqb->hvkb", pattern, d),
        None,
    )


closest.defvjp(_closest_forward, _closest_backward)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def tally(causal: bool, size: int, queries: Heads, gate: Gate, blocks: Blocks, mask: Mask) -> Heads:
    """How many keys hold what is looked for, as a one-hot of `size` values; larger counts are the last.

    Another key value or key variable changes the loss by d at its own count; a key that is no match by
    d[count + 1] - d[count], one that is by d[count] - d[count - 1].

    Args:
        causal, queries, gate, blocks, mask: as of `closest`.
        size: of the one-hot.
    """
    count = _matches(causal, queries, gate, blocks, mask).sum(2)
    return jax.nn.one_hot(jnp.minimum(count, size - 1), size, axis=1, dtype=queries.dtype)


def _matches(causal: bool, queries: Heads, gate: Gate, blocks: Blocks, mask: Mask) -> Match:
    keys = _codes(blocks)[gate.argmax(1)]
    return _seen(mask, causal) & (keys[:, None] == _codes(queries)[:, :, None])


def _tally_forward(
    causal: bool, size: int, queries: Heads, gate: Gate, blocks: Blocks, mask: Mask
) -> tuple[Heads, tuple[Heads, Gate, Blocks, Mask]]:
    return tally(causal, size, queries, gate, blocks, mask), (queries, gate, blocks, mask)


def _tally_backward(
    causal: bool, size: int, kept: tuple[Heads, Gate, Blocks, Mask], d: Heads
) -> tuple[Heads, Gate, Blocks, None]:
    queries, gate, blocks, mask = kept
    wanted, codes = _codes(queries), _codes(blocks)
    keys, seen = codes[gate.argmax(1)], _seen(mask, causal)

    def at_count(count: Array) -> Array:
        return jnp.take_along_axis(d, jnp.clip(count, 0, size - 1), axis=1)

    match = seen & (keys[:, None] == wanted[:, :, None])
    of_values = seen & (keys[:, None, None] == jnp.arange(queries.shape[1])[:, None, None, None])
    of_variables = seen & (codes[:, None] == wanted[:, None, :, None])
    count = match.sum(2)[:, None]
    now = at_count(count)
    more, less = at_count(count + 1) - now, now - at_count(count - 1)
    flipped = jnp.where(match, jnp.swapaxes(less, 1, 2), jnp.swapaxes(more, 1, 2))
    return (
        at_count(of_values.sum(3)),
        at_count(of_variables.sum(3)).sum((2, 3)),
        _to_keys(queries, jnp.where(seen, flipped, 0.0), gate, blocks),
        None,
    )


tally.defvjp(_tally_forward, _tally_backward)


def _codes(blocks: Blocks | Heads) -> Float[Array, "variable position batch"]:
    """The values of one-hot variables."""
    if isinstance(blocks, jax.Array):
        blocks = [blocks]
    places = jnp.arange(blocks[0].shape[1], dtype=jnp.float32)
    return jnp.concatenate([jnp.einsum("v,nvpb->npb", places, block) for block in blocks])


def _seen(mask: Mask, causal: bool) -> Bool[Array, "query key batch"]:
    length = mask.shape[0]
    visible = np.tri(length, dtype=bool) if causal else np.ones((length, length), bool)
    return jnp.asarray(visible)[:, :, None] & mask


def _rank(length: int) -> Float[np.ndarray, "query key"]:
    """For every query the rank of each key in closeness: by distance, left before right, itself last."""
    query, key = np.mgrid[:length, :length]
    return np.lexsort((key, np.abs(query - key), query == key), axis=1).argsort(1).astype(np.float32)


def _nearest(match: Match) -> Match:
    """The closest of the matches alone."""
    rank = _rank(match.shape[-2])[:, :, None]
    ranked = jnp.where(match, rank, rank.size)
    return match & (ranked == ranked.min(-2, keepdims=True))


def _to_keys(queries: Heads, flipped: Float[Array, "head query key batch"], gate: Gate, blocks: Blocks) -> Blocks:
    """What a key changes by holding the value that a query looks for, handed to the variable that the keys are."""
    change = jnp.einsum("hvqb,hqkb->hvkb", queries, flipped)
    found, start = [], 0
    for block in blocks:
        found.append(jnp.einsum("hn,hvkb->nvkb", gate[:, start : start + len(block)], change))
        start += len(block)
    return found
