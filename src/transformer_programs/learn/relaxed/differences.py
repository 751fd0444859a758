"""Heads of programs that are discrete in every forward pass: backward, what each alternative would have changed.

All variables are one-hot, exactly. Let d be the slope of the loss in a head's output. Backward gives, for every
alternative, d times the difference that it makes to the output, all other choices as drawn: another key value that is
looked for, another variable as the keys, another value of one key. These are the differences of the learner `hard`
(its module `backward`), for whole batches at once; the values need no rule, as a head is linear in them.

Axes: head, value, position (query, key), batch; `variable` runs over all that the gate of the keys can read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from transformer_programs.learn.relaxed.attention import closeness

__all__ = ["closest", "tally"]

Heads = Float[Array, "head value position batch"]
Gate = Float[Array, "head variable"]
Blocks = Sequence[Float[Array, "some value position batch"]]
Mask = Bool[Array, "position batch"]
Match = Bool[Array, "*what query key batch"]


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def closest(causal: bool, queries: Heads, gate: Gate, blocks: Blocks, values: Heads, mask: Mask) -> Heads:
    """The value at the closest key that holds what is looked for, or at position 0 where none does.

    With e_j = d . value_j, the loss if j were read: another key value or key variable has e at its own closest match; a
    key that is or would be the closest match has e_j where it matches, e of the next match where it does not.

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
    wanted, keys = _codes([queries]), _read(gate, _codes(blocks))
    match = _seen(mask, causal) & (keys[:, None] == wanted[:, :, None])
    rank = closeness(len(mask)).argsort(1)[:, :, None]
    ranked = jnp.where(match, rank, rank.size)
    pattern = (match & (ranked == ranked.min(2, keepdims=True))).astype(values.dtype)
    pattern = pattern.at[:, :, 0].add(1.0 - match.any(2))
    return jnp.einsum("hqkb,hvkb->hvqb", pattern, values), pattern


def _closest_forward(
    causal: bool, queries: Heads, gate: Gate, blocks: Blocks, values: Heads, mask: Mask
) -> tuple[Heads, tuple[Heads, Gate, Blocks, Heads, Mask, Array]]:
    found, pattern = _closest(causal, queries, gate, blocks, values, mask)
    return found, (queries, gate, blocks, values, mask, pattern)


def _closest_backward(
    causal: bool, kept: tuple[Heads, Gate, Blocks, Heads, Mask, Array], d: Heads
) -> tuple[Heads, Gate, Blocks, Heads, None]:
    queries, gate, blocks, values, mask, pattern = kept
    codes = _codes(blocks)
    keys, wanted = _read(gate, codes), _codes([queries])
    read = jnp.einsum("hvqb,hvkb->hqkb", d, values)
    near, nothing = _nearest_first(read), read[:, :, 0]
    of_values = _ranked_matches(keys[:, None], jnp.arange(queries.shape[1])[:, None, None], mask, causal)
    of_variables = _ranked_matches(codes, wanted[:, None], mask, causal)
    each = [value[:, None] for value in near]
    flipped = _if_flipped(_ranked_matches(keys, wanted, mask, causal), near, nothing)
    return (
        _at_match(of_values, each, nothing[:, None]),
        _at_match(of_variables, each, nothing[:, None]).sum((2, 3)),
        _to_keys(queries, jnp.where(_seen(mask, causal), flipped, 0.0), gate, blocks),
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
    keys = _read(gate, _codes(blocks))
    return _seen(mask, causal) & (keys[:, None] == _codes([queries])[:, :, None])


def _tally_forward(
    causal: bool, size: int, queries: Heads, gate: Gate, blocks: Blocks, mask: Mask
) -> tuple[Heads, tuple[Heads, Gate, Blocks, Mask]]:
    return tally(causal, size, queries, gate, blocks, mask), (queries, gate, blocks, mask)


def _tally_backward(
    causal: bool, size: int, kept: tuple[Heads, Gate, Blocks, Mask], d: Heads
) -> tuple[Heads, Gate, Blocks, None]:
    queries, gate, blocks, mask = kept
    wanted, codes = _codes([queries]), _codes(blocks)
    keys, seen = _read(gate, codes), _seen(mask, causal)

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


def _codes(blocks: Blocks) -> Float[Array, "variable position batch"]:
    """The values of one-hot variables."""
    places = jnp.arange(blocks[0].shape[1], dtype=jnp.float32)
    return jnp.concatenate([jnp.einsum("v,nvpb->npb", places, block) for block in blocks])


def _read(gate: Gate, codes: Float[Array, "variable position batch"]) -> Float[Array, "head position batch"]:
    """The codes of the variable that each head takes."""
    return jnp.einsum("hn,npb->hpb", gate, codes)


def _seen(mask: Mask, causal: bool) -> Bool[Array, "query key batch"]:
    length = mask.shape[0]
    visible = np.tri(length, dtype=bool) if causal else np.ones((length, length), bool)
    return jnp.asarray(visible)[:, :, None] & mask


def _nearest_first(x: Float[Array, "some query key batch"]) -> list[Float[Array, "some query batch"]]:
    """For each rank of closeness what each query's key of that rank has."""
    order = closeness(x.shape[1])
    return [x[:, np.arange(len(order)), order[:, rank]] for rank in range(len(order))]


def _ranked_matches(codes: Array, wanted: Array, mask: Mask, causal: bool) -> list[Match]:
    """For each rank of closeness whether each query's key of that rank holds what is wanted.

    Args:
        codes: of the keys, with positions second to last.
        wanted: of the queries, in a form that goes with them.
    """
    seen = _nearest_first(_seen(mask, causal)[None])
    order = closeness(len(mask))
    return [(codes[..., order[:, rank], :] == wanted) & seen[rank] for rank in range(len(order))]


def _at_match(match: list[Match], near: list[Array], nothing: Array) -> Array:
    """What is read at the closest match, or where there is none."""
    found = nothing
    for here, value in zip(reversed(match), reversed(near)):
        found = jnp.where(here, value, found)
    return found


def _if_flipped(match: list[Match], near: list[Array], nothing: Array) -> Float[Array, "head query key batch"]:
    """What every key changes by becoming a match: with no nearer one, what it has less what the next one has."""
    behind = [nothing]
    for here, value in zip(reversed(match), reversed(near)):
        behind.append(jnp.where(here, value, behind[-1]))
    changes = []
    free = jnp.ones_like(match[0])
    for here, value, other in zip(match, near, behind[-2::-1]):
        changes.append(jnp.where(free, value - other, 0.0))
        free = free & ~here
    places = closeness(len(match)).argsort(1)
    return jnp.take_along_axis(jnp.stack(changes, 2), places[None, :, :, None], axis=2)


def _to_keys(queries: Heads, flipped: Float[Array, "head query key batch"], gate: Gate, blocks: Blocks) -> Blocks:
    """What a key changes by holding the value that a query looks for, handed to the variable that the keys are."""
    change = jnp.einsum("hvqb,hqkb->hvkb", queries, flipped)
    found, start = [], 0
    for block in blocks:
        found.append(jnp.einsum("hn,hvkb->nvkb", gate[:, start : start + len(block)], change))
        start += len(block)
    return found
