"""The inputs by which a shorter program is judged: every input of a domain, or a sample, or a user's data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from transformer_programs.batch import Batch
from transformer_programs.errors import DataError
from transformer_programs.program import Program, Ref, Value
from transformer_programs.tasks import Dataset, Encoded, Task, encoded_inputs, encoded_samples
from transformer_programs.tasks.dataset import encode
from transformer_programs.verify.space import WordSpace

__all__ = ["FIRST", "Column", "Inputs", "answers", "column", "data_inputs", "space_inputs", "task_inputs"]

FIRST = 4096
"""Inputs that are tried before the others: most wrong proposals fail here. They are a random choice."""

BLOCK = 65_536

Codes = Int[np.ndarray, "sequence answer"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Inputs:
    """Sequences, what is asked about them and, where known, the right answers; in a random order.

    Args:
        vocabulary: what the integers in `tokens` stand for.
        tokens: padded with 0.
        lengths: number of tokens.
        asked: where an answer counts: one column a position, or one in all for a pooled program.
        labels: what those in `right` stand for.
        right: the right answers, -1 where none is asked; None: not known, answers are compared with the old program's.
        complete: whether these are all inputs that there are.
        what: in words.
    """

    vocabulary: tuple[str, ...]
    tokens: Int[np.ndarray, "sequence position"]
    lengths: Int[np.ndarray, " sequence"]
    asked: Bool[np.ndarray, "sequence answer"]
    labels: tuple[str, ...]
    right: Codes | None
    complete: bool
    what: str

    def __len__(self) -> int:
        return len(self.lengths)

    def first(self, count: int) -> Inputs:
        """The first of them."""
        right = None if self.right is None else self.right[:count]
        return Inputs(
            vocabulary=self.vocabulary,
            tokens=self.tokens[:count],
            lengths=self.lengths[:count],
            asked=self.asked[:count],
            labels=self.labels,
            right=right,
            complete=False,
            what=self.what,
        )

    @property
    def mask(self) -> Bool[np.ndarray, "sequence position"]:
        """True where there is a token."""
        here: Bool[np.ndarray, "sequence position"] = np.arange(self.tokens.shape[1]) < self.lengths[:, None]
        return here


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A variable on all inputs: places in `values`, -1 in the padding."""

    codes: Codes
    values: Sequence[Value]


def answers(program: Program, inputs: Inputs) -> Column:
    """What the program answers."""
    found = Batch(program).run(inputs.tokens, inputs.lengths, inputs.vocabulary)
    if len(found.values) > found.codes.size:
        occurring, codes = np.unique(found.codes, return_inverse=True)
        codes = codes.reshape(found.codes.shape) - (occurring[0] < 0)
        return Column(codes, [found.values[code] for code in occurring.tolist() if code >= 0])
    return Column(found.codes, found.values)


def column(program: Program, ref: Ref, inputs: Inputs) -> Column:
    """The values of one variable."""
    return answers(program.up_to(ref), inputs)


def task_inputs(task: Task, most: int, seed: int = 0) -> Inputs:
    """Every input of a task with its right answers, or `most` random ones where there are more."""
    complete = task.count() <= most
    parts = encoded_inputs(task, BLOCK) if complete else encoded_samples(task, most, seed, BLOCK)
    what = f"every input of {task.name}" if complete else f"{most:,} random inputs of {task.name}"
    return _encoded(parts, task.vocabulary, task.labels, complete, what, seed)


def data_inputs(data: Dataset, seed: int = 0) -> Inputs:
    """The examples of a user's file."""
    part = data.test or data.train
    encoded = encode(data, part)
    if not len(encoded):
        raise DataError(place=data.name, got="no examples", expected="at least one")
    return _encoded([encoded], data.vocabulary, data.labels, False, f"{len(encoded):,} examples of {data.name}", seed)


def space_inputs(program: Program, space: WordSpace, most: int, seed: int = 0) -> Inputs:
    """Every word of a space, or `most` random ones; what the program answers for its own markers is not asked."""
    from random import Random

    complete = space.count() <= most
    blocks: Iterable[Int[np.ndarray, "sequence length"]]
    if complete:
        blocks = space.blocks(0, BLOCK)
    else:
        index, rng = {token: code for code, token in enumerate(space.vocabulary)}, Random(seed)
        blocks = (np.array([[index[token] for token in space.draw(rng)]], np.int32) for _ in range(most))
    blocks = list(blocks)
    width = max(block.shape[1] for block in blocks)
    tokens = np.concatenate([np.pad(block, ((0, 0), (0, width - block.shape[1]))) for block in blocks])
    lengths = np.concatenate([np.full(len(block), block.shape[1], np.int32) for block in blocks])
    if program.pooled:
        asked = np.ones((len(tokens), 1), bool)
    else:
        at = np.arange(width)
        asked = (at >= len(space.frame.before)) & (at < lengths[:, None] - len(space.frame.after))
    order = np.random.default_rng(seed).permutation(len(tokens))
    what = f"every word of up to {space.longest} tokens" if complete else f"{most:,} random words"
    return Inputs(
        vocabulary=space.vocabulary,
        tokens=tokens[order],
        lengths=lengths[order],
        asked=asked[order],
        labels=(),
        right=None,
        complete=complete,
        what=what,
    )


def _encoded(
    parts: Iterable[Encoded],
    vocabulary: Sequence[str],
    labels: Sequence[str],
    complete: bool,
    what: str,
    seed: int,
) -> Inputs:
    parts = list(parts)
    tokens, right = (
        np.concatenate([np.pad(a, ((0, 0), (0, width - a.shape[1])), constant_values=pad) for a in arrays])
        for arrays, width, pad in (
            ([part.tokens for part in parts], max(part.tokens.shape[1] for part in parts), 0),
            ([part.labels for part in parts], max(part.labels.shape[1] for part in parts), -1),
        )
    )
    lengths = np.concatenate([part.lengths for part in parts])
    order = np.random.default_rng(seed).permutation(len(tokens))
    return Inputs(
        vocabulary=tuple(vocabulary),
        tokens=tokens[order],
        lengths=lengths[order],
        asked=right[order] >= 0,
        labels=tuple(labels),
        right=right[order],
        complete=complete,
        what=what,
    )
