"""The JAX, PyTorch and TransformerLens forms against the NumPy one; nothing heavy is imported without being asked."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from transformer_programs.compiler import compile_program, forward
from transformer_programs.compiler.jax_forward import jax_forward
from transformer_programs.compiler.sampling import some_inputs
from transformer_programs.compiler.torch_export import lens_config, lens_state, torch_module
from transformer_programs.compiler.uniform import uniform
from transformer_programs.errors import ConfigError
from transformer_programs.program import Program

from .library import LIBRARY

SOME = [program for program in LIBRARY if program.name in ("sort", "closest_causal", "learned_pooled", "with_itself")]
TORCH = importlib.util.find_spec("torch") is not None
LENS = importlib.util.find_spec("transformer_lens") is not None


@pytest.mark.parametrize("program", SOME, ids=[program.name for program in SOME])
def test_jax(program: Program) -> None:
    assert program.vocabulary is not None
    model = compile_program(program)
    inputs = some_inputs(program.vocabulary, model.config.max_length, 200)
    tokens, lengths = model.encode(inputs)
    outputs = np.asarray(jax_forward(model)(tokens, lengths))
    assert model.decode(outputs, lengths) == model.run(inputs)
    real = np.arange(tokens.shape[1]) < lengths[:, None]
    expected = forward(model.weights, tokens, lengths, model.config.causal)
    np.testing.assert_allclose(outputs[real], expected[real], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("program", SOME, ids=[program.name for program in SOME])
def test_uniform_layers_compute_the_same(program: Program) -> None:
    assert program.vocabulary is not None
    model = compile_program(program)
    same = uniform(model.weights)
    tokens, lengths = model.encode(some_inputs(program.vocabulary, model.config.max_length, 50))
    np.testing.assert_allclose(
        forward(same, tokens, lengths, model.config.causal),
        forward(model.weights, tokens, lengths, model.config.causal),
        atol=1e-12,
    )
    assert len({layer.mlp.into.shape for layer in same.layers}) <= 1
    if model.sizes.heads:
        assert sum(array.size for array in same.arrays().values()) == model.sizes.uniform


@pytest.mark.parametrize("program", SOME, ids=[program.name for program in SOME])
def test_lens_state_has_the_shapes_of_its_configuration(program: Program) -> None:
    model = compile_program(program)
    config, state = lens_config(model), lens_state(model)
    assert state["embed.W_E"].shape == (config["d_vocab"], config["d_model"])
    assert state["pos_embed.W_pos"].shape == (config["n_ctx"], config["d_model"])
    assert state["unembed.W_U"].shape == (config["d_model"], config["d_vocab_out"])
    for layer in range(config["n_layers"]):
        assert state[f"blocks.{layer}.attn.W_Q"].shape == (config["n_heads"], config["d_model"], config["d_head"])
        assert state[f"blocks.{layer}.attn.W_O"].shape == (config["n_heads"], config["d_head"], config["d_model"])
        assert state[f"blocks.{layer}.mlp.W_in"].shape == (config["d_model"], config["d_mlp"])


@pytest.mark.skipif(TORCH, reason="PyTorch is installed")
def test_without_torch_the_export_says_what_to_install() -> None:
    with pytest.raises(ConfigError, match="pip install torch"):
        torch_module(compile_program(SOME[0]))


@pytest.mark.skipif(not TORCH, reason="needs PyTorch")
@pytest.mark.parametrize("program", SOME, ids=[program.name for program in SOME])
def test_torch(program: Program) -> None:
    import torch

    assert program.vocabulary is not None
    model = compile_program(program)
    tokens, lengths = model.encode(some_inputs(program.vocabulary, model.config.max_length, 200))
    with torch.no_grad():
        outputs = torch_module(model)(torch.as_tensor(tokens), torch.as_tensor(lengths)).numpy()
    real = np.arange(tokens.shape[1]) < lengths[:, None]
    expected = forward(model.weights, tokens, lengths, model.config.causal)
    np.testing.assert_allclose(outputs[real], expected[real], atol=1e-9)


@pytest.mark.filterwarnings("ignore")  # of its own dependencies
@pytest.mark.skipif(not LENS, reason="needs TransformerLens")
@pytest.mark.parametrize("program", SOME, ids=[program.name for program in SOME])
def test_transformer_lens(program: Program) -> None:
    import torch

    assert program.vocabulary is not None
    model = compile_program(program)
    state = {name: torch.as_tensor(array) for name, array in lens_state(model).items()}
    hooked = loaded(lens_config(model), state, torch.float64)
    length = model.config.max_length
    inputs = [word for word in some_inputs(program.vocabulary, length, 200) if len(word) == length]
    tokens, lengths = model.encode(inputs)
    start = np.full((len(tokens), 1), len(program.vocabulary))
    with torch.no_grad():
        outputs = hooked(torch.as_tensor(np.concatenate([start, tokens], axis=1)))[:, 1:].numpy()
    np.testing.assert_allclose(outputs, forward(model.weights, tokens, lengths, model.config.causal), atol=1e-9)


def loaded(config: dict[str, Any], state: dict[str, Any], kind: Any) -> Any:
    """The model in TransformerLens, whose version 4 has another class for it."""
    try:
        from transformer_lens import HookedTransformer, HookedTransformerConfig
    except ImportError:
        from transformer_lens.config import TransformerBridgeConfig
        from transformer_lens.model_bridge.sources.native import boot
        from transformer_lens.utilities.tl_checkpoint_conversion import convert_tl_checkpoint

        made = TransformerBridgeConfig(**config, init_weights=False, dtype=kind)
        bridge = boot(made, dtype=kind)
        assert bridge.load_state_dict(convert_tl_checkpoint(state, made), strict=True).missing_keys == []
        return bridge
    hooked = HookedTransformer(HookedTransformerConfig(**config, dtype=kind))
    hooked.load_state_dict(state, strict=False)
    return hooked


def test_the_compiler_imports_no_framework() -> None:
    code = (
        "import sys, transformer_programs.compiler, transformer_programs.compiler.torch_export, "
        "transformer_programs.compiler.jax_forward; "
        "found = {'jax', 'torch', 'equinox', 'numba', 'lark'} & set(sys.modules); "
        "sys.exit(str(found) if found else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
