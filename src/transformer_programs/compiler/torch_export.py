"""Compiled weights as a plain `torch.nn.Module`, and as a state that TransformerLens loads. PyTorch is an extra.

Token numbers come from `model.encode`; the start token has to be put in front: number `len(vocabulary)`.
"""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any

from transformer_programs.compiler.model import CompiledModel
from transformer_programs.compiler.uniform import uniform
from transformer_programs.errors import ConfigError

__all__ = ["lens_config", "lens_state", "torch_module"]


def torch_module(model: CompiledModel, dtype: Any = None) -> Any:
    """A `torch.nn.Module` of (tokens [batch position], lengths [batch]) giving [batch position output].

    It uses `nn.Embedding` and `nn.Linear` layers only and puts the start token in front itself.

    Raises:
        ConfigError: PyTorch is not installed.
    """
    try:
        torch: Any = import_module("torch")
    except ImportError as error:
        raise ConfigError(
            place="export to PyTorch", got="no PyTorch", expected="the package torch", todo="pip install torch"
        ) from error

    nn = torch.nn
    kind = torch.float64 if dtype is None else dtype
    weights, causal = uniform(model.weights), model.config.causal

    def linear(matrix: Any, bias: Any) -> Any:
        layer = nn.Linear(matrix.shape[0], matrix.shape[1], dtype=kind)
        with torch.no_grad():
            layer.weight.copy_(torch.as_tensor(matrix.T.copy()))
            layer.bias.copy_(torch.as_tensor(bias))
        return layer

    def flat(matrix: Any) -> Any:
        """[head, residual, size] as [residual, head * size]."""
        return matrix.transpose(1, 0, 2).reshape(matrix.shape[1], -1)

    class Block(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, layer: Any) -> None:
            super().__init__()
            a, m = layer.attention, layer.mlp
            self.heads = len(a.query)
            self.query = linear(flat(a.query), a.query_bias.reshape(-1))
            self.key = linear(flat(a.key), a.key_bias.reshape(-1))
            self.value = linear(flat(a.value), a.value_bias.reshape(-1))
            self.out = linear(a.out.reshape(-1, a.out.shape[2]), a.out_bias)
            self.into = linear(m.into, m.into_bias)
            self.back = linear(m.out, m.out_bias)

        def forward(self, x: Any, visible: Any) -> Any:
            batch, longest, _ = x.shape
            query, key, value = (
                part(x).view(batch, longest, self.heads, -1).transpose(1, 2)
                for part in (self.query, self.key, self.value)
            )
            score = (query @ key.transpose(2, 3)).masked_fill(~visible[:, None], float("-inf"))
            mixed = (score.softmax(dim=3) @ value).transpose(1, 2).reshape(batch, longest, -1)
            x = x + self.out(mixed)
            return x + self.back(torch.relu(self.into(x)))

    class Compiled(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.tokens = nn.Embedding.from_pretrained(torch.as_tensor(weights.tokens, dtype=kind), freeze=False)
            self.positions = nn.Embedding.from_pretrained(torch.as_tensor(weights.positions, dtype=kind), freeze=False)
            self.blocks = nn.ModuleList([Block(layer) for layer in weights.layers])
            self.unembed = linear(weights.unembed, weights.unembed_bias)

        def forward(self, tokens: Any, lengths: Any) -> Any:
            batch, longest = tokens.shape
            start = torch.full((batch, 1), weights.tokens.shape[0] - 1, dtype=tokens.dtype, device=tokens.device)
            place = torch.arange(longest + 1, device=tokens.device)
            x = self.tokens(torch.cat([start, tokens], dim=1)) + self.positions(place)
            visible = (place[None, None, :] <= lengths[:, None, None]).expand(batch, longest + 1, longest + 1)
            if causal:
                visible = visible & (place[None, None, :] <= place[None, :, None])
            for block in self.blocks:
                x = block(x, visible)
            return self.unembed(x[:, 1:])

    return Compiled()


def lens_config(model: CompiledModel) -> dict[str, Any]:
    """Keyword arguments of TransformerLens's configuration.

    That is `HookedTransformerConfig` before its version 4 and `TransformerBridgeConfig` since.
    """
    sizes = model.sizes
    return {
        "n_layers": sizes.layers,
        "d_model": sizes.width,
        "n_ctx": model.config.max_length + 1,
        "d_head": max(sizes.head, 1),
        "n_heads": max(sizes.heads, 1),
        "d_mlp": max(sizes.hidden, 1),
        "d_vocab": len(model.config.vocabulary) + 1,
        "d_vocab_out": int(model.weights.unembed.shape[1]),
        "act_fn": "relu",
        "attention_dir": "causal" if model.config.causal else "bidirectional",
        "normalization_type": None,
        "use_attn_scale": True,
        "positional_embedding_type": "standard",
    }


def lens_state(model: CompiledModel) -> dict[str, Any]:
    """Arrays by the names of TransformerLens's `HookedTransformer`.

    Before version 4: `HookedTransformer(config).load_state_dict(state, strict=False)`. Since: `convert_tl_checkpoint`
    makes of them what `TransformerBridge.boot_native(config).load_state_dict` takes. The start token stands first in
    every row, and answers begin at the second position. TransformerLens divides attention scores by the square root of
    the size of a head, so queries are multiplied by it here.
    """
    weights = uniform(model.weights)
    scale = math.sqrt(max(model.sizes.head, 1))
    state = {"embed.W_E": weights.tokens, "pos_embed.W_pos": weights.positions}
    for number, layer in enumerate(weights.layers):
        a, m = layer.attention, layer.mlp
        for letter, name in (("Q", "query"), ("K", "key"), ("V", "value")):
            factor = scale if letter == "Q" else 1.0
            state[f"blocks.{number}.attn.W_{letter}"] = factor * getattr(a, name)
            state[f"blocks.{number}.attn.b_{letter}"] = factor * getattr(a, f"{name}_bias")
        state[f"blocks.{number}.attn.W_O"] = a.out
        state[f"blocks.{number}.attn.b_O"] = a.out_bias
        state[f"blocks.{number}.mlp.W_in"] = m.into
        state[f"blocks.{number}.mlp.b_in"] = m.into_bias
        state[f"blocks.{number}.mlp.W_out"] = m.out
        state[f"blocks.{number}.mlp.b_out"] = m.out_bias
    return {**state, "unembed.W_U": weights.unembed, "unembed.b_U": weights.unembed_bias}
