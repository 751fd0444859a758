"""The length laboratory: standard Transformers on tasks written as tokens, at lengths that they never saw."""

from transformer_programs.experiments.length.formats import FORMATS, format_named
from transformer_programs.experiments.length.interpolator import MinDegree, min_degree
from transformer_programs.experiments.length.model import Decoder, Positions, Size, initial
from transformer_programs.experiments.length.samples import Format
from transformer_programs.experiments.length.study import PRESETS, Lesson, lessons
from transformer_programs.experiments.length.training import Protocol, complete, exact_match, train_decoder

__all__ = [
    "FORMATS",
    "PRESETS",
    "Decoder",
    "Format",
    "Lesson",
    "MinDegree",
    "Positions",
    "Protocol",
    "Size",
    "complete",
    "exact_match",
    "format_named",
    "initial",
    "lessons",
    "min_degree",
    "train_decoder",
]
