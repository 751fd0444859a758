"""The weights with every layer made as large as the largest, which is what usual implementations take.

Heads, dimensions and hidden units of zeros are added; a head of zeros attends equally and writes nothing, a hidden
unit of zeros is 0. So the outputs are the same.
"""

from __future__ import annotations

import numpy as np

from transformer_programs.compiler.weights import Attention, Layer, Mlp, Weights

__all__ = ["uniform"]


def uniform(weights: Weights) -> Weights:
    """The same function with equal shapes in all layers."""
    sizes = weights.sizes()
    heads, head, hidden, width = max(sizes.heads, 1), max(sizes.head, 1), max(sizes.hidden, 1), sizes.width
    layers = []
    for layer in weights.layers:
        a, m = layer.attention, layer.mlp
        attention = Attention(
            _fill(a.query, (heads, width, head)),
            _fill(a.query_bias, (heads, head)),
            _fill(a.key, (heads, width, head)),
            _fill(a.key_bias, (heads, head)),
            _fill(a.value, (heads, width, head)),
            _fill(a.value_bias, (heads, head)),
            _fill(a.out, (heads, head, width)),
            a.out_bias,
        )
        mlp = Mlp(
            _fill(m.into, (width, hidden)), _fill(m.into_bias, (hidden,)), _fill(m.out, (hidden, width)), m.out_bias
        )
        layers.append(Layer(attention, mlp))
    return Weights(weights.tokens, weights.positions, tuple(layers), weights.unembed, weights.unembed_bias)


def _fill(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    filled = np.zeros(shape)
    filled[tuple(slice(size) for size in array.shape)] = array
    return filled
