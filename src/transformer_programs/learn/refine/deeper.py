"""Local search by the loss instead of by right answers, for programs of the learners' class (`learn.search`)."""

from __future__ import annotations

from transformer_programs.errors import TransformerProgramError
from transformer_programs.learn.search import Search
from transformer_programs.learn.search import refine as by_loss
from transformer_programs.program import Classify, Program
from transformer_programs.simplify.inputs import Inputs
from transformer_programs.tasks import Dataset, Example, Kind

__all__ = ["deeper"]

MOST = 20_000
"""Examples that it looks at."""


def deeper(program: Program, inputs: Inputs, rounds: int, seed: int) -> Program | None:
    """What it finds, right or wrong; None where the program holds parts that learning does not make."""
    output = program.output
    if not isinstance(output, Classify) or program.vocabulary is None or program.max_length is None:
        return None
    examples = tuple(_examples(inputs.first(MOST), output.pooled))
    cut = len(examples) - len(examples) // 10
    data = Dataset(
        name=program.name,
        kind=Kind.CLASSIFICATION if output.pooled else Kind.TAGGING,
        vocabulary=program.vocabulary,
        labels=output.labels,
        max_length=program.max_length,
        causal=program.causal,
        reading=program.reading,
        frame=program.frame,
        train=examples[:cut],
        validation=examples[cut:],
        test=(),
    )
    try:
        return by_loss(program, data, config=Search(rounds=rounds), seed=seed)
    except TransformerProgramError:
        return None


def _examples(inputs: Inputs, pooled: bool) -> list[Example]:
    assert inputs.right is not None
    found = []
    for tokens, n, labels in zip(inputs.tokens.tolist(), inputs.lengths.tolist(), inputs.right.tolist()):
        words = tuple(inputs.vocabulary[code] for code in tokens[:n])
        asked = labels[: 1 if pooled else n]
        found.append(Example(words, tuple(None if code < 0 else inputs.labels[code] for code in asked)))
    return found
