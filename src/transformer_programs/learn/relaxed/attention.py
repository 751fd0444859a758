"""Relaxed heads: which key a query attends to, and what it brings back.

With one-hot queries, keys and predicate the score S of a pair is 1 where the key's value is the one that the
predicate gives the query's value. A categorical head takes the value at the closest match, a numerical head the
sum over all matches ("Learning Transformer Programs", sections 3.1, 3.3 and A.1). With scores in place of a predicate S
is the real score of the pair, and the head takes the value at the highest, the closest of equal ones.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from transformer_programs.learn.relaxed.algebra import contract, fence
from transformer_programs.learn.relaxed.config import Sampling, Tie
from transformer_programs.learn.relaxed.draw import Draw

__all__ = ["attend", "closeness", "prefer", "total"]

Heads = Float[Array, "head value position batch"]
Pattern = Float[Array, "head query key batch"]

NEVER = -1e30


def attend(
    queries: Heads, keys: Heads, values: Heads, mask: Bool[Array, "position batch"], causal: bool, draw: Draw, site: int
) -> Heads:
    """Categorical heads: the value at the closest match, or at position 0.

    Args:
        queries: already through the predicate: the key value that is looked for.
        keys: 0 at positions that are padding.
        values: what is brought back.
        mask: where there is a token.
        causal: whether only positions up to the query's own are seen.
        draw: the step's noise and temperature.
        site: of the noise.
    """
    scores = contract("hvqb,hvkb->hqkb", queries, keys, draw.one)
    if causal:
        scores = scores * _earlier(scores.shape[1])[:, :, None]
    if draw.relaxation.tie is Tie.NEAREST:
        pattern = _nearest(scores, draw)
    else:
        pattern = _sampled(scores, mask, causal, queries.shape[1], draw, site)
    return contract("hqkb,hvkb->hvqb", pattern, values, draw.one)


def prefer(
    queries: Heads, keys: Heads, values: Heads, mask: Bool[Array, "position batch"], causal: bool, draw: Draw, site: int
) -> Heads:
    """Score-based heads: the value at the key that scores highest, of equal ones at the closest.

    softmax((S + b + noise) / temperature) over the visible keys, b the bias of `Tie.LOG_BIAS`. The noise, one number a
    pair of positions, keeps a head from living on averages over equal keys, of which the program reads one (measured:
    docs/learning.md); it drives scores apart, and so far that the bias decides between equal keys alone.

    Args:
        queries: already through the scores: what each key value scores with the query.
        keys, values, mask, causal, draw, site: as of `attend`.
    """
    scores = contract("hvqb,hvkb->hqkb", queries, keys, draw.one)
    length = scores.shape[1]
    seen = mask[None] & (_earlier(length) > 0)[:, :, None] if causal else mask[None]
    near = _bias(length, Tie.LOG_BIAS)[:, :, None]
    logits = fence(jnp.where(seen, scores + near, NEVER), draw.one)
    pattern = draw.choose(site, logits, axis=2, noisy=draw.relaxation.noisy_attention)
    return contract("hqkb,hvkb->hvqb", pattern, values, draw.one)


def total(
    queries: Heads, keys: Heads, numbers: Float[Array, "head position batch"], causal: bool, draw: Draw
) -> Float[Array, "head position batch"]:
    """Numerical heads: the sum of the numbers over all matches.

    sum_k (q . k_k) x_k = q . (sum_k k_k x_k), so that no attention pattern is needed (a running sum where causal).
    """
    weighted = keys * numbers[:, None]
    summed = jnp.cumsum(weighted, axis=2) if causal else weighted.sum(2, keepdims=True)
    return (queries * fence(summed, draw.one)).sum(1)


def _earlier(length: int) -> Float[np.ndarray, "query key"]:
    return np.tri(length, dtype=np.float32)


def _sampled(
    scores: Pattern, mask: Bool[Array, "position batch"], causal: bool, values: int, draw: Draw, site: int
) -> Pattern:
    """Gumbel-softmax over the keys, of scores made graded by distance and divided by sqrt(k)."""
    length = scores.shape[1]
    # Nothing matches: position 0. No gradient through the test, which is a division by nearly 0 where it matters.
    found = jax.lax.stop_gradient(scores.sum(2))
    scores = scores.at[:, :, 0].add(jax.nn.relu(1.0 - found / (found + 1e-10)))
    bias = _bias(length, draw.relaxation.tie)[:, :, None]
    # Soft scores are never quite 0, hard ones are, where the logarithm has a slope of 1 / floor: then only as steep
    # as keeps any match (-2 at the least) before what does not match.
    floor = 1e-20 if draw.relaxation.sampling is Sampling.SOFT else 1e-2
    graded = jnp.log(scores + floor) + bias if draw.relaxation.tie is Tie.LOG_BIAS else scores * bias
    seen = mask[None] & (_earlier(length) > 0)[:, :, None] if causal else mask[None]
    logits = fence(jnp.where(seen, graded / float(np.sqrt(values)), NEVER), draw.one)
    return draw.choose(site, logits, axis=2, noisy=draw.relaxation.noisy_attention)


def _bias(length: int, tie: Tie) -> Float[np.ndarray, "query key"]:
    place = np.arange(length)
    distance = np.abs(place[:, None] - place)
    if tie is Tie.PRODUCT:
        far = np.where(distance == 0, length, distance)
        bias = 1.0 - (1.0 - 1.0 / length) * (far - 1) / max(length - 1, 1)
    else:
        bias = np.where(distance == 0, -2.0, -(distance - 1) / max(length - 2, 1))
    return bias.astype(np.float32)


def _nearest(scores: Pattern, draw: Draw) -> Pattern:
    """A_j = S_j * product over closer j' of (1 - S_j'); what is left over goes to position 0."""
    order = closeness(scores.shape[1])
    back = np.argsort(order, axis=1)
    free = 1.0 - jnp.clip(scores, 0.0, 1.0)
    sorted_free = jnp.take_along_axis(free, order[None, :, :, None], axis=2)
    left = fence(jnp.cumprod(sorted_free, axis=2), draw.one)
    before = jnp.concatenate([jnp.ones_like(left[:, :, :1]), left[:, :, :-1]], axis=2)
    pattern = scores * jnp.take_along_axis(before, back[None, :, :, None], axis=2)
    return pattern.at[:, :, 0].add(left[:, :, -1])


def closeness(length: int) -> np.ndarray:
    """For every query the key positions, the closest first: by distance, left before right, itself last."""
    return np.array(
        [sorted(range(length), key=lambda j: (j == i, abs(i - j), j)) for i in range(length)], dtype=np.int32
    )
