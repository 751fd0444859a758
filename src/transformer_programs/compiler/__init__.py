"""From a program to the weights of an ordinary Transformer. Layer 3; NumPy and safetensors only.

Stages, one module each: `values` (value sets), `patterns` (selectors as heads can see them), `plan` with `codes`,
`constructions` and `readout` (what is written and read), `place` (layers and heads), `layout` (directions of the
residual stream), `assemble` (arrays), `model` (the forward pass), `look` (what is inside), `store` (files).
"""

from transformer_programs.compiler.compiling import compile_program
from transformer_programs.compiler.look import Look, look
from transformer_programs.compiler.margins import Margins, measure_margins
from transformer_programs.compiler.model import CompiledModel, Config, forward
from transformer_programs.compiler.store import load_model, save_model
from transformer_programs.compiler.weights import Sizes, Weights

__all__ = [
    "CompiledModel",
    "Config",
    "Look",
    "Margins",
    "Sizes",
    "Weights",
    "compile_program",
    "forward",
    "load_model",
    "look",
    "measure_margins",
    "save_model",
]
