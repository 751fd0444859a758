"""Who can say what is right: a task, another program, compiled weights, a function of the user's.

Every side answers a block of sequences of one length; the answers are compared as text, as they are printed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from jaxtyping import Int

from transformer_programs.batch import Batch
from transformer_programs.errors import ConfigError, DataError, TransformerProgramError
from transformer_programs.passes.closing import refuse_text
from transformer_programs.program import Program
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Task
from transformer_programs.verify.space import Space

__all__ = ["FunctionSide", "ProgramSide", "Side", "TaskSide", "Told", "WeightsSide", "aligned"]


ERROR = "error"


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """Answers to a block of sequences.

    Args:
        codes: places in `texts`, -1 where nothing is said; one answer in all where a program is pooled.
        texts: what they stand for.
    """

    codes: Int[np.ndarray, "sequence answer"]
    texts: Sequence[str]

    def row(self, at: int) -> tuple[str | None, ...]:
        """The answers to one sequence."""
        return tuple(None if code < 0 else self.texts[code] for code in self.codes[at].tolist())


class Side(Protocol):
    """Something that answers sequences."""

    def __call__(self, tokens: Int[np.ndarray, "sequence length"]) -> Told:
        """The answers to a block of sequences, as places in the space's vocabulary."""


def told(rows: Sequence[Sequence[str | None]], width: int) -> Told:
    """Answers given one by one."""
    index: dict[str | None, int] = {None: -1}
    codes = np.full((len(rows), width), -1, np.int32)
    for row, answers in zip(codes, rows):
        row[: len(answers)] = [index.setdefault(answer, len(index) - 1) for answer in answers]
    return Told(codes, [text for text in index if text is not None])


@dataclass(frozen=True, slots=True, eq=False)
class TaskSide:
    """The exact oracle of a task."""

    task: Task

    def __call__(self, tokens: Int[np.ndarray, "sequence length"]) -> Told:
        """Its labels; nothing at the markers."""
        return Told(self.task.solve(tokens), self.task.labels)


class ProgramSide:
    """A program's answers; where it fails on an input, the answers there are the error's text.

    Args:
        program: any.
        space: whose sequences are asked.
        frame: None: it is given the sequences as they are and answers at every place. Else the markers of the space
            are replaced by its own, and it answers for the letters between them only.
    """

    def __init__(self, program: Program, space: Space, *, reframe: bool = False, threads: int = 1) -> None:
        refuse_text(program, "a proof")
        self.program, self.space, self.reframe = program, space, reframe
        self._batch = Batch(program, threads=threads)
        self._interpreter = Interpreter(program)
        self.pooled = program.pooled
        frame = program.frame if reframe else space.frame
        words = space.vocabulary
        self._vocabulary = tuple(dict.fromkeys((*words, *frame.before, *frame.after)))
        self._before, self._after = (
            [self._vocabulary.index(token) for token in part] for part in (frame.before, frame.after)
        )

    def __call__(self, tokens: Int[np.ndarray, "sequence length"]) -> Told:
        """The answers."""
        given = tokens
        if self.reframe:
            own = self.space.frame.own(tokens.shape[1])
            word = tokens[:, own]
            count = len(word)
            given = np.concatenate(
                [np.tile(np.array(self._before, np.int32), (count, 1)), word,
                 np.tile(np.array(self._after, np.int32), (count, 1))], axis=1
            )  # fmt: skip
        answered = self._answers(given)
        if not self.reframe or self.program.pooled:
            return answered
        codes = np.full(tokens.shape, -1, np.int32)
        codes[:, own] = answered.codes[:, len(self._before) : given.shape[1] - len(self._after)]
        return Told(codes, answered.texts)

    def _answers(self, tokens: Int[np.ndarray, "sequence length"]) -> Told:
        try:
            answers = self._batch.run(tokens, np.full(len(tokens), tokens.shape[1], np.int32), self._vocabulary)
        except Exception:  # not swallowed: the error becomes the answer of the sequence that causes it
            width = 1 if self.program.pooled else tokens.shape[1]
            return told([self.one(tuple(self._vocabulary[code] for code in row)) for row in tokens.tolist()], width)
        if len(answers.values) > answers.codes.size:
            occurring, codes = np.unique(answers.codes, return_inverse=True)
            return Told(codes.reshape(answers.codes.shape), [str(answers.values[code]) for code in occurring.tolist()])
        return Told(answers.codes, [str(value) for value in answers.values])

    def one(self, tokens: tuple[str, ...]) -> tuple[str, ...]:
        """The answers to one sequence, given as it is."""
        try:
            return tuple(map(str, self._interpreter(tokens)))
        except Exception as error:  # an operator's own error, such as a division by zero, has no class of ours
            text = str(error) if isinstance(error, TransformerProgramError) else f"{type(error).__name__}: {error}"
            return (f"{ERROR} ({text})",) * (1 if self.program.pooled else len(tokens))


class FunctionSide:
    """A Python function of the tokens between the markers that returns one answer a token (or one in a list)."""

    def __init__(self, function: Callable[[list[str]], Sequence[Any]], name: str, space: Space, pooled: bool) -> None:
        self._function, self._name, self._space, self._pooled = function, name, space, pooled

    def __call__(self, tokens: Int[np.ndarray, "sequence length"]) -> Told:
        """Its answers as text.

        Raises:
            DataError: it raises, or returns something else.
        """
        words, before, after = self._space.vocabulary, self._space.frame.before, self._space.frame.after
        rows: list[tuple[str | None, ...]] = []
        for row in tokens.tolist():
            word = [words[code] for code in row[len(before) : len(row) - len(after)]]
            place = f"{self._name} on {' '.join(word)}"
            try:
                answer = self._function(list(word))
            except Exception as error:
                got = f"{type(error).__name__}: {error}"
                raise DataError(place=place, got=got, expected="an answer: a specification must not raise") from error
            wanted = 1 if self._pooled else len(word)
            if isinstance(answer, str) or not hasattr(answer, "__len__") or len(answer) != wanted:
                raise DataError(place=place, got=repr(answer)[:60], expected=f"a list of {wanted} answers")
            texts = tuple(None if value is None else str(value) for value in answer)
            rows.append(texts if self._pooled else (*[None] * len(before), *texts, *[None] * len(after)))
        return told(rows, 1 if self._pooled else tokens.shape[1])


class WeightsSide:
    """Compiled weights, run in double precision."""

    def __init__(self, model: Any, space: Space) -> None:
        self._model, self._space = model, space

    def __call__(self, tokens: Int[np.ndarray, "sequence length"]) -> Told:
        """The answers."""
        words = self._space.vocabulary
        sequences = [[words[code] for code in row] for row in tokens.tolist()]
        try:
            rows = self._model.run(sequences)
        except TransformerProgramError:  # not swallowed: the error becomes the answer of the sequence that causes it
            rows = [self._one(sequence) for sequence in sequences]
        return told([tuple(map(str, row)) for row in rows], 1 if self._model.config.pooled else tokens.shape[1])

    def _one(self, sequence: list[str]) -> list[str]:
        try:
            return list(self._model(sequence))
        except TransformerProgramError as error:
            return [f"{ERROR} ({error})"] * (1 if self._model.config.pooled else len(sequence))


def aligned(left: Told, right: Told) -> tuple[Any, Any]:
    """Which answers of `left` are those of `right`, and where `right` asks for one: two arrays of truth values."""
    index: dict[str, int] = {}
    same = np.array([*(index.setdefault(_plain(text), code) for code, text in enumerate(right.texts)), -1], np.int32)
    meant = np.array([*(index.get(_plain(text), -2) for text in left.texts), -2], np.int32)
    if left.codes.shape != right.codes.shape:
        raise ConfigError(
            place="the two sides",
            got="one answer a sequence against one a token",
            expected="two of one kind",
        )
    return meant[left.codes] == same[right.codes], right.codes >= 0


def _plain(text: str) -> str:
    """Two sides that fail agree, however they say it."""
    return ERROR if text.startswith(f"{ERROR} (") else text
