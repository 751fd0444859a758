"""The arrays of an ordinary Transformer, and their sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float

__all__ = ["Attention", "Layer", "Mlp", "Sizes", "Weights"]


@dataclass(frozen=True, slots=True, eq=False)
class Attention:
    """Heads of one layer: softmax(q k^T) v, with bias terms; scores are not scaled again."""

    query: Float[np.ndarray, "head residual size"]
    query_bias: Float[np.ndarray, "head size"]
    key: Float[np.ndarray, "head residual size"]
    key_bias: Float[np.ndarray, "head size"]
    value: Float[np.ndarray, "head residual size"]
    value_bias: Float[np.ndarray, "head size"]
    out: Float[np.ndarray, "head size residual"]
    out_bias: Float[np.ndarray, "residual"]


@dataclass(frozen=True, slots=True, eq=False)
class Mlp:
    """relu(x into + into_bias) out + out_bias."""

    into: Float[np.ndarray, "residual hidden"]
    into_bias: Float[np.ndarray, "hidden"]
    out: Float[np.ndarray, "hidden residual"]
    out_bias: Float[np.ndarray, "residual"]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Attention, then the MLP, each added to the residual stream."""

    attention: Attention
    mlp: Mlp


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large a model is.

    Args:
        layers: attention and MLP together are one.
        heads: most in a layer.
        width: of the residual stream.
        head: most dimensions of queries, keys or values of one head.
        hidden: most hidden units of an MLP.
        parameters: all numbers stored, embeddings and unembedding included.
        uniform: the same where every layer is given the size of the largest, as usual implementations want it.
    """

    layers: int
    heads: int
    width: int
    head: int
    hidden: int
    parameters: int
    uniform: int


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Embeddings, layers, unembedding. The last token and the first position are those of the start position."""

    tokens: Float[np.ndarray, "token residual"]
    positions: Float[np.ndarray, "position residual"]
    layers: tuple[Layer, ...]
    unembed: Float[np.ndarray, "residual output"]
    unembed_bias: Float[np.ndarray, "output"]

    def arrays(self) -> dict[str, np.ndarray]:
        """Every array by name, as in `model.safetensors`."""
        found = {"embed.tokens": self.tokens, "embed.positions": self.positions}
        for number, layer in enumerate(self.layers):
            for part in ("attention", "mlp"):
                block = getattr(layer, part)
                for field in fields(block):
                    found[f"layers.{number}.{part}.{field.name}"] = getattr(block, field.name)
        return {**found, "unembed.weight": self.unembed, "unembed.bias": self.unembed_bias}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, np.ndarray], layers: int) -> Weights:
        """The weights in named arrays.

        Raises:
            KeyError: one is missing.
        """
        built = []
        for number in range(layers):
            attention = Attention(*(arrays[f"layers.{number}.attention.{field.name}"] for field in fields(Attention)))
            mlp = Mlp(*(arrays[f"layers.{number}.mlp.{field.name}"] for field in fields(Mlp)))
            built.append(Layer(attention, mlp))
        return cls(
            arrays["embed.tokens"],
            arrays["embed.positions"],
            tuple(built),
            arrays["unembed.weight"],
            arrays["unembed.bias"],
        )

    def sizes(self) -> Sizes:
        """How large the model is."""
        heads = max((len(layer.attention.query) for layer in self.layers), default=0)
        head = max((layer.attention.query.shape[2] for layer in self.layers if len(layer.attention.query)), default=0)
        hidden = max((layer.mlp.into.shape[1] for layer in self.layers), default=0)
        width = self.tokens.shape[1]
        ends = self.tokens.size + self.positions.size + self.unembed.size + self.unembed_bias.size
        one = heads * (4 * width * head + 3 * head) + width + 2 * width * hidden + hidden + width
        return Sizes(
            layers=len(self.layers),
            heads=heads,
            width=width,
            head=head,
            hidden=hidden,
            parameters=sum(array.size for array in self.arrays().values()),
            uniform=ends + len(self.layers) * one,
        )
