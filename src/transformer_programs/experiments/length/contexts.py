"""Contexts to train on: several samples in a row, from a random place on, so that every position is trained.

Samples do not see one another: attention is kept inside a sample, and a sample's place in the context is a random shift
of its positions (Zhou et al., appendix B).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int32

from transformer_programs.errors import ConfigError
from transformer_programs.experiments.length.samples import PAD, Format, Random, Sample

__all__ = ["Contexts", "pack", "placed", "training_contexts"]


@dataclass(frozen=True, slots=True)
class Contexts:
    """Rows of tokens.

    Args:
        tokens: codes; PAD where nothing is.
        sample: which sample of its row a token belongs to; 0: none.
        asked: whether the NEXT token is part of an answer: where the loss is.
    """

    tokens: Int32[np.ndarray, "row position"]
    sample: Int32[np.ndarray, "row position"]
    asked: Bool[np.ndarray, "row position"]

    @property
    def parts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Tokens, samples, and where the loss is."""
        return self.tokens, self.sample, self.asked


def _empty(rows: int, positions: int) -> Contexts:
    shape = (rows, positions)
    return Contexts(np.full(shape, PAD, np.int32), np.zeros(shape, np.int32), np.zeros(shape, bool))


def _put(contexts: Contexts, row: int, at: int, number: int, sample: Sample) -> int:
    """Writes a sample, as much of it as there is room for; where it ends."""
    prompt, answer = sample
    codes = [*prompt, *answer][: contexts.tokens.shape[1] - at]
    end = at + len(codes)
    contexts.tokens[row, at:end] = codes
    contexts.sample[row, at:end] = number
    contexts.asked[row, at + len(prompt) - 1 : end - 1] = True
    return end


def pack(samples: list[list[Sample]], positions: int, shifts: list[int]) -> Contexts:
    """A row for every list of samples, one after another from a shift on; the last one cut where the row ends."""
    contexts = _empty(len(samples), positions)
    for row, (several, shift) in enumerate(zip(samples, shifts)):
        at = shift
        for number, sample in enumerate(several, 1):
            if at < positions:
                at = _put(contexts, row, at, number, sample)
    return contexts


def training_contexts(task: Format, random: Random, *, rows: int, positions: int, longest: int, room: int) -> Contexts:
    """Random contexts full of samples of uniformly random lengths.

    Args:
        task: what is drawn.
        random: draws.
        rows: contexts.
        positions: tokens of each.
        longest: the greatest length trained.
        room: the length that the vocabulary is for.
    """
    samples, shifts = [], []
    for _ in range(rows):
        shift = int(random.integers(positions // 2))
        several: list[Sample] = []
        at = shift
        while at < positions:
            prompt, answer = task.sample(random, int(random.integers(1, longest + 1)), room, practice=True)
            several.append((prompt, answer))
            at += len(prompt) + len(answer)
        samples.append(several)
        shifts.append(shift)
    return pack(samples, positions, shifts)


def placed(samples: list[Sample], positions: int, random: Random) -> Contexts:
    """A row a sample, each at a random place where it fits whole: for tests.

    Raises:
        ConfigError: a sample is longer than the context.
    """
    longest = max(len(prompt) + len(answer) for prompt, answer in samples)
    if longest > positions:
        raise ConfigError(
            place="context",
            got=f"a sample of {longest} tokens",
            expected=f"at most {positions}, the positions of the model",
            todo="train with a longer test length: the context is made for it",
        )
    shifts = [int(random.integers(positions - len(prompt) - len(answer) + 1)) for prompt, answer in samples]
    return pack([[sample] for sample in samples], positions, shifts)
