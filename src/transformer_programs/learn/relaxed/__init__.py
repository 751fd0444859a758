"""The paper's learner: a relaxed, constrained Transformer, discretised into a program. JAX, equinox, optax."""

from transformer_programs.learn.relaxed.agreement import Agreement, agreement
from transformer_programs.learn.relaxed.config import (
    Attention,
    Embedding,
    Relaxation,
    Sampling,
    Schedule,
    Shape,
    Tables,
    Tie,
)
from transformer_programs.learn.relaxed.learner import Learned, Relaxed
from transformer_programs.learn.relaxed.presets import PRESETS, preset_named

__all__ = [
    "PRESETS",
    "Agreement",
    "Attention",
    "Embedding",
    "Learned",
    "Relaxation",
    "Relaxed",
    "Sampling",
    "Schedule",
    "Shape",
    "Tables",
    "Tie",
    "agreement",
    "preset_named",
]
