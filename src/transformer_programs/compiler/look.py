"""Looking into a compiled model: the residual stream after every half-step, by the names of its map, and attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from transformer_programs.compiler.model import CompiledModel, half_steps

__all__ = ["Look", "look"]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What a model computed on one input; position 0 is the start position.

    Args:
        answer: the model's answer.
        residual: the stream after every half-step: 0 the embedding, 2 l - 1 the attention of layer l, 2 l its MLP.
        attention: the weights of each layer's heads.
        holds: for every half-step what is in each direction then; an empty text where nothing is.
    """

    answer: list[Any]
    residual: Float[np.ndarray, "half_step position direction"]
    attention: tuple[Float[np.ndarray, "head query key"], ...]
    holds: tuple[tuple[str, ...], ...]

    def named(self, half_step: int) -> dict[str, list[float]]:
        """The contents of the directions in use after a half-step, by name, one number a position."""
        columns = self.residual[half_step].T
        return {name: columns[i].tolist() for i, name in enumerate(self.holds[half_step]) if name}


def look(model: CompiledModel, tokens: Sequence[str]) -> Look:
    """Runs a model on one input and keeps everything.

    Raises:
        InputError: an input that the program does not take, or for which it has no answer.

    >>> from transformer_programs.compiler import compile_program
    >>> from transformer_programs.program import Compare, Emit, Program, Step, Width
    >>> count = Step("count", Width(Compare("tokens", "==", "tokens")))
    >>> hist = Program(name="hist", vocabulary=("a", "b"), max_length=4, steps=(count,), output=Emit("count"))
    >>> seen = look(compile_program(hist), ["a", "b", "a"])
    >>> seen.answer, seen.attention[0].shape
    ([2, 1, 2], (1, 4, 4))
    >>> [round(x, 3) for x in seen.named(1)["count (scalar)"]]
    [1.0, 0.333, 0.5, 0.333]
    """
    rows, lengths = model.encode([tokens])
    steps = list(half_steps(model.weights, rows, lengths, model.config.causal))
    holds = [["" for _ in range(model.sizes.width)] for _ in steps]
    for slot in model.residual:
        for step in range(slot.born, min(slot.last, len(steps) - 1) + 1):
            holds[step][slot.direction] = slot.holds
    return Look(
        answer=model(tokens),
        residual=np.stack([x[0] for x, _ in steps]),
        attention=tuple(np.zeros((0, 0, 0)) if weight is None else weight[0] for _, weight in steps[1::2]),
        holds=tuple(map(tuple, holds)),
    )
