"""A compiled model on disk: `model.safetensors`, `config.json`, `residual.json`. Reading executes nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from transformer_programs.compiler.layout import Slot
from transformer_programs.compiler.model import CompiledModel, Config
from transformer_programs.compiler.weights import Weights
from transformer_programs.errors import OutputError, ProgramError
from transformer_programs.files import write_text
from transformer_programs.program import Frame, Reading

__all__ = ["FORMAT", "load_model", "save_model"]

FORMAT = "compiled-transformer-program"
VERSION = 1
FILES = ("model.safetensors", "config.json", "residual.json")


def save_model(model: CompiledModel, directory: Path, force: bool = False) -> None:
    """Writes the three files into a directory, which is made where there is none.

    Raises:
        OutputError: the directory holds such files already and `force` is off, or cannot be written.
    """
    taken = [name for name in FILES if (directory / name).exists()]
    if taken and not force:
        raise OutputError(
            place=str(directory), got=f"{taken[0]} there already", expected="a new place", todo="or use --force"
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            place=str(directory), got=f"a place that cannot be made a directory ({error.strerror})"
        ) from error
    arrays = {name: array.copy() for name, array in model.weights.arrays().items() if array.size}
    shapes = {name: list(array.shape) for name, array in model.weights.arrays().items()}
    config = {
        "format": FORMAT,
        "version": VERSION,
        **asdict(model.config),
        "reading": {name: flag for name, flag in asdict(model.config.reading).items() if flag or name != "text"},
        "layers": model.sizes.layers,
        "sizes": asdict(model.sizes),
        "architecture": {
            "normalisation": None,
            "activation": "relu",
            "attention_scale": 1.0,
            "start_token": len(model.config.vocabulary),
            "start_position": 0,
        },
        "shapes": shapes,
    }
    moments = "0 is the embedding, 2 l - 1 the attention of layer l, 2 l its MLP, the last one the unembedding"
    stream = {
        "format": FORMAT,
        "version": VERSION,
        "half_steps": moments,
        "directions": [asdict(slot) for slot in model.residual],
    }
    write_text(directory / "config.json", json.dumps(config, indent=1) + "\n")
    write_text(directory / "residual.json", json.dumps(stream, indent=1) + "\n")
    write_text(directory / "model.safetensors", save_arrays(arrays))


def load_model(directory: Path) -> CompiledModel:
    """The model in a directory.

    Raises:
        ProgramError: a file is missing, damaged, of another version, or does not fit the others.
    """
    import numpy as np

    config = _json(directory / "config.json")
    stream = _json(directory / "residual.json")
    try:
        arrays = load_arrays((directory / "model.safetensors").read_bytes())
    except (OSError, SafetensorError) as error:
        raise ProgramError(
            place=str(directory / "model.safetensors"), got=f"no weights ({error})", expected="a compiled model"
        ) from error
    try:
        shapes = {name: tuple(map(int, shape)) for name, shape in config["shapes"].items()}
        for name, shape in shapes.items():
            if 0 in shape:
                arrays.setdefault(name, np.zeros(shape))
            if arrays[name].shape != shape or arrays[name].dtype != np.float64:
                raise ValueError(f"{name} is {arrays[name].dtype} {arrays[name].shape}, config.json says {shape}")
        weights = Weights.of_arrays(arrays, int(config["layers"]))
        values = {field.name: config[field.name] for field in fields(Config) if field.name != "reading"}
        reading = Reading(**config.get("reading", {}))
        frame = Frame(tuple(values["frame"]["before"]), tuple(values["frame"]["after"]))
        made = Config(
            **{
                **values,
                "vocabulary": tuple(values["vocabulary"]),
                "values": tuple(values["values"]),
                "faults": tuple(values["faults"]),
                "reading": reading,
                "frame": frame,
            }
        )
        slots = tuple(Slot(**slot) for slot in stream["directions"])
        _check(made, weights)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProgramError(
            place=str(directory), got=f"files that do not fit together ({error})", expected="a compiled model"
        ) from error
    return CompiledModel(made, weights, slots)


def _check(config: Config, weights: Weights) -> None:
    """Raises ValueError where the arrays do not fit the configuration or each other."""
    width = weights.tokens.shape[1]
    outputs = len(config.faults) + (1 if config.kind == "number" else len(config.values))
    expected = [
        ("embed.tokens", weights.tokens.shape, (len(config.vocabulary) + 1, width)),
        ("embed.positions", weights.positions.shape, (config.max_length + 1, width)),
        ("unembed.weight", weights.unembed.shape, (width, outputs)),
        ("unembed.bias", weights.unembed_bias.shape, (outputs,)),
    ]
    for number, layer in enumerate(weights.layers):
        a, m = layer.attention, layer.mlp
        heads, _, size = a.query.shape
        hidden = m.into.shape[1]
        for name in ("query", "key", "value"):
            expected.append((f"layer {number} {name}", getattr(a, name).shape, (heads, width, size)))
            expected.append((f"layer {number} {name}_bias", getattr(a, f"{name}_bias").shape, (heads, size)))
        expected += [
            (f"layer {number} out", a.out.shape, (heads, size, width)),
            (f"layer {number} out_bias", a.out_bias.shape, (width,)),
            (f"layer {number} into", m.into.shape, (width, hidden)),
            (f"layer {number} into_bias", m.into_bias.shape, (hidden,)),
            (f"layer {number} mlp out", m.out.shape, (hidden, width)),
            (f"layer {number} mlp out_bias", m.out_bias.shape, (width,)),
        ]
    for name, got, wanted in expected:
        if tuple(got) != tuple(wanted):
            raise ValueError(f"{name} has shape {tuple(got)}, expected {tuple(wanted)}")
    if config.kind not in ("labels", "values", "number"):
        raise ValueError(f"kind {config.kind!r}")


def _json(path: Path) -> Any:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ProgramError(
            place=str(path), got=f"a file that cannot be read ({error})", expected="a compiled model"
        ) from error
    if not isinstance(body, dict) or body.get("format") != FORMAT or body.get("version") != VERSION:
        raise ProgramError(place=str(path), got="another format or version", expected=f"{FORMAT}, version {VERSION}")
    return body
