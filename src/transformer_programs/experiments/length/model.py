"""A decoder-only Transformer as everybody means it (Radford et al., 2019): pre-norm, GELU, tied embeddings.

Positions are learned vectors, rotations of queries and keys (Su et al., 2021), or none (Kazemnejad et al., 2023).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError

__all__ = ["Decoder", "Positions", "Size", "initial", "waves"]


class Positions(Enum):
    """How the model knows where a token stands."""

    LEARNED = "learned"
    NONE = "none"
    ROTARY = "rotary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a decoder is.

    Args:
        layers, heads: of attention; each layer has one MLP of four times the width.
        width: of the residual stream.
        positions: how positions are told.
        context: most tokens of a context.
        deviation: of the normal distribution of weights at the start. GPT-2's 0.02 is meant for a width of 768; at 64,
            width**-0.5 keeps what a layer reads and adds as large as there, and learning begins sooner.
        waves: whether learned positions begin as `waves` instead of as noise. A head that looks at the token before is
            then near at hand; from noise, it has to be found for each position alone.
    """

    layers: int = 2
    heads: int = 4
    width: int = 64
    positions: Positions = Positions.LEARNED
    context: int = 128
    deviation: float = 0.02
    waves: bool = False

    def __post_init__(self) -> None:
        for name in ("layers", "heads", "width", "context"):
            at_least(name, getattr(self, name), 1)
        if self.width % self.heads or (self.width // self.heads) % 2:
            raise ConfigError(
                place="width", got=f"{self.width} for {self.heads} heads", expected="an even number of channels a head"
            )
        if self.deviation <= 0:
            raise ConfigError(place="deviation", got=f"{self.deviation:g}", expected="more than 0")


class Block(eqx.Module):
    """One layer: x + attention(norm(x)), then x + mlp(norm(x))."""

    before_attention: eqx.nn.LayerNorm
    before_mlp: eqx.nn.LayerNorm
    projections: Float[Array, "width three_widths"]
    out: Float[Array, "width width"]
    wide: Float[Array, "width four_widths"]
    narrow: Float[Array, "four_widths width"]
    heads: int = eqx.field(static=True)

    def __call__(
        self,
        stream: Float[Array, "row position width"],
        visible: Bool[Array, "row query key"],
        turn: Float[Array, "position half"] | None,
    ) -> Float[Array, "row position width"]:
        """The stream after the layer."""
        normed = _each(self.before_attention, stream)
        query, key, value = jnp.split(_times(normed, self.projections), 3, axis=-1)
        query, key, value = (_heads(x, self.heads) for x in (query, key, value))
        if turn is not None:
            query, key = _turned(query, turn), _turned(key, turn)
        scores = jnp.einsum("r h q c, r h k c -> r h q k", query, key) / query.shape[-1] ** 0.5
        weights = jax.nn.softmax(jnp.where(visible[:, None], scores, -1e9), axis=-1)
        read = jnp.einsum("r h q k, r h k c -> r q h c", weights, value).reshape(stream.shape)
        stream = stream + _times(read, self.out)
        wide = jax.nn.gelu(_times(_each(self.before_mlp, stream), self.wide))
        return stream + _times(wide, self.narrow)


class Decoder(eqx.Module):
    """The model: logits of the next token from the tokens so far."""

    tokens: Float[Array, "token width"]
    places: Float[Array, "position width"] | None
    blocks: list[Block]
    last: eqx.nn.LayerNorm
    rotary: bool = eqx.field(static=True)

    def __call__(
        self, tokens: Int[Array, "row position"], sample: Int[Array, "row position"]
    ) -> Float[Array, "row position token"]:
        """Logits.

        Args:
            tokens: codes.
            sample: which sample a token belongs to; attention stays inside it, and on earlier tokens.

        Raises:
            ConfigError: more tokens than there are learned positions.
        """
        length = tokens.shape[1]
        if self.places is not None and length > len(self.places):
            raise ConfigError(
                place="context",
                got=f"{length} tokens",
                expected=f"at most {len(self.places)}: the model has no learned positions after these",
                todo="train with a longer test length, or with positions that are not absolute",
            )
        stream = self.tokens[tokens]
        if self.places is not None:
            stream = stream + self.places[:length]
        earlier = jnp.tril(jnp.ones((length, length), bool))
        visible = (sample[:, :, None] == sample[:, None, :]) & earlier
        turn = _angles(length, self.tokens.shape[1] // self.blocks[0].heads) if self.rotary else None
        for block in self.blocks:
            stream = block(stream, visible, turn)
        return _times(_each(self.last, stream), self.tokens.T)


def initial(size: Size, vocabulary: int, key: PRNGKeyArray) -> Decoder:
    """A decoder with random weights: normal, of the deviation set; less for what is added to the stream."""
    width, keys = size.width, iter(jax.random.split(key, 2 + 4 * size.layers))

    def normal(*shape: int, scale: float = 1.0) -> Array:
        return size.deviation * scale * jax.random.normal(next(keys), shape)

    small = (2 * size.layers) ** -0.5
    tokens = normal(vocabulary, width)
    places = normal(size.context, width) if size.positions is Positions.LEARNED else None
    if places is not None and size.waves:
        places = size.deviation * waves(size.context, width)
    blocks = [
        Block(
            before_attention=eqx.nn.LayerNorm(width),
            before_mlp=eqx.nn.LayerNorm(width),
            projections=normal(width, 3 * width),
            out=normal(width, width, scale=small),
            wide=normal(width, 4 * width),
            narrow=normal(4 * width, width, scale=small),
            heads=size.heads,
        )
        for _ in range(size.layers)
    ]
    return Decoder(tokens, places, blocks, eqx.nn.LayerNorm(width), size.positions is Positions.ROTARY)


SHORTEST_WAVE = 2.2
"""Tokens. Two would be the shortest that tells neighbours apart; its sine is 0 everywhere."""


def waves(context: int, width: int) -> Float[Array, "position width"]:
    """Sines, then cosines, of position over wavelengths between 2.2 tokens and twice the context, evenly by ratio.

    Neighbours then differ by two thirds of a vector's square (64 channels, 124 tokens). With the wavelengths of Vaswani
    et al. (2017), from 6.3 tokens to 63 thousand, they differ by a fifteenth.

    >>> waves(3, 4).shape
    (3, 4)
    """
    lengths = jnp.geomspace(SHORTEST_WAVE, 2 * context, width // 2)
    turns = 2 * jnp.pi * jnp.arange(context)[:, None] / lengths
    return jnp.concatenate([jnp.sin(turns), jnp.cos(turns)], axis=1)


def _times(stream: Float[Array, "row position one"], weights: Float[Array, "one two"]) -> Array:
    """The product, of two matrices: on a CPU, XLA's gradient of it takes two thirds of the time of a batch's."""
    flat = stream.reshape(-1, stream.shape[-1]) @ weights
    return flat.reshape(*stream.shape[:-1], weights.shape[1])


def _each(norm: eqx.nn.LayerNorm, stream: Array) -> Array:
    return jax.vmap(jax.vmap(norm))(stream)


def _heads(x: Float[Array, "row position width"], heads: int) -> Float[Array, "row head position channel"]:
    rows, length, width = x.shape
    return x.reshape(rows, length, heads, width // heads).swapaxes(1, 2)


def _angles(length: int, channels: int) -> Float[Array, "position half"]:
    rate = 10_000.0 ** (-jnp.arange(channels // 2) / (channels // 2))
    return jnp.arange(length)[:, None] * rate


def _turned(x: Float[Array, "row head position channel"], turn: Float[Array, "position half"]) -> Array:
    first, second = jnp.split(x, 2, axis=-1)
    cos, sin = jnp.cos(turn), jnp.sin(turn)
    return jnp.concatenate([first * cos - second * sin, first * sin + second * cos], axis=-1)
