"""The same forward pass in JAX, as one jitted function. JAX is imported when it is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from transformer_programs.compiler.model import CompiledModel

__all__ = ["jax_forward"]


def jax_forward(model: CompiledModel) -> Callable[[Any, Any], Any]:
    """A jitted function of (tokens [batch position], lengths [batch]) giving [batch position output].

    The arithmetic is float32 unless JAX has 64 bits enabled. Inputs are made by `model.encode`, answers read off by
    `model.decode`.

    >>> import numpy as np
    >>> from transformer_programs.compiler import compile_program
    >>> from transformer_programs.program import Emit, Program
    >>> model = compile_program(Program(name="p", vocabulary=("a", "b"), max_length=2, output=Emit("tokens")))
    >>> tokens, lengths = model.encode([("b", "a"), ("b",)])
    >>> model.decode(np.asarray(jax_forward(model)(tokens, lengths)), lengths)
    [['b', 'a'], ['b']]
    """
    import jax
    import jax.numpy as jnp

    weights = model.weights
    causal = model.config.causal

    @jax.jit
    def forward(tokens: Any, lengths: Any) -> Any:
        array = jnp.asarray
        batch, longest = tokens.shape
        start = jnp.full((batch, 1), weights.tokens.shape[0] - 1)
        numbers = jnp.concatenate([start, tokens], axis=1)
        x = array(weights.tokens)[numbers] + array(weights.positions)[: longest + 1]
        place = jnp.arange(longest + 1)
        visible = place[None, None, :] <= lengths[:, None, None]
        if causal:
            visible = visible & (place[None, None, :] <= place[None, :, None])
        for layer in weights.layers:
            a, m = layer.attention, layer.mlp
            if len(a.query):
                query, key, value = (
                    jnp.einsum("btd,hdk->bhtk", x, array(matrix), precision="highest") + array(bias)[:, None]
                    for matrix, bias in ((a.query, a.query_bias), (a.key, a.key_bias), (a.value, a.value_bias))
                )
                score = jnp.einsum("bhqk,bhjk->bhqj", query, key, precision="highest")
                weight = jax.nn.softmax(jnp.where(visible[:, None], score, -jnp.inf), axis=3)
                mixed = jnp.einsum("bhqj,bhjk->bhqk", weight, value, precision="highest")
                x = x + jnp.einsum("bhtk,hkd->btd", mixed, array(a.out), precision="highest")
            x = x + array(a.out_bias)
            hidden = jax.nn.relu(jnp.matmul(x, array(m.into), precision="highest") + array(m.into_bias))
            x = x + jnp.matmul(hidden, array(m.out), precision="highest") + array(m.out_bias)
        return jnp.matmul(x[:, 1:], array(weights.unembed), precision="highest") + array(weights.unembed_bias)

    return forward
