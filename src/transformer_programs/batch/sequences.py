"""Encoded sequences as a program takes them, with the interpreter's own checks (`run.admit`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NoReturn

import numpy as np
from jaxtyping import Int

from transformer_programs.errors import InputError
from transformer_programs.program import Program, spells
from transformer_programs.run import UNKNOWN, admit

__all__ = ["Sequences", "encode"]


@dataclass(frozen=True, slots=True, eq=False)
class Sequences:
    """Sequences for one program.

    Args:
        program: whose input they are.
        words: what the integers in `tokens` stand for.
        tokens: places in `words`; what stands past a length is not read.
        lengths: number of tokens.
        vocabulary: the program's own tokens; of an open program, those that `words` are read as.
        translation: for each word, by what the program reads it as, its place in the vocabulary; that of `<unk>` where
            it has none, or else -1.
    """

    program: Program
    words: tuple[str, ...]
    tokens: Int[np.ndarray, "sequence position"]
    lengths: Int[np.ndarray, " sequence"]
    vocabulary: tuple[str, ...]
    translation: Int[np.ndarray, " word"]

    @classmethod
    def of(
        cls,
        program: Program,
        tokens: Int[np.ndarray, "sequence position"],
        lengths: Int[np.ndarray, " sequence"],
        words: Sequence[str] | None,
    ) -> Sequences:
        """From arrays of any integer type; `words` None: the program's own vocabulary."""
        vocabulary = program.vocabulary
        known = tuple((vocabulary or ()) if words is None else words)
        read = known if program.reading.plain or known == vocabulary else tuple(map(program.reading, known))
        if vocabulary is None:
            vocabulary = read if read is known else tuple(dict.fromkeys(read))
        if read == vocabulary:
            translation = np.arange(len(known), dtype=np.int32)
        else:
            index = {token: place for place, token in enumerate(vocabulary)}
            unknown = index.get(UNKNOWN, -1)
            translation = np.array([index.get(token, unknown) for token in read], np.int32)
        tokens, lengths = (np.require(array, np.int32, ["C", "W"]) for array in (tokens, lengths))
        return cls(program, known, tokens, lengths, vocabulary, translation)

    @property
    def longest(self) -> int:
        """Most tokens that the program takes here."""
        width = self.tokens.shape[1]
        return width if self.program.max_length is None else self.program.max_length

    def check(self) -> None:
        """Raises InputError for the first sequence that the program does not take."""
        good = (self.lengths >= 1) & (self.lengths <= min(self.longest, self.tokens.shape[1]))
        known = (self.tokens >= 0) & (self.tokens < len(self.words))
        if len(self.words):
            known &= self.translation[np.clip(self.tokens, 0, len(self.words) - 1)] >= 0
        padding = np.arange(self.tokens.shape[1]) >= self.lengths[:, None]
        good &= (known | padding).all(axis=1)
        if not good.all():
            self.refuse(int(good.argmin()))

    def refuse(self, at: int) -> NoReturn:
        """Raises the InputError of a sequence that the program does not take."""
        n, width = int(self.lengths[at]), self.tokens.shape[1]
        if n > width:
            raise InputError(place=f"sequence {at}", got=f"length {n}", expected=f"at most {width}, the array's")
        for i, code in enumerate(self.tokens[at, : max(n, 0)].tolist()):
            if not 0 <= code < len(self.words):
                expected = f"a place among {len(self.words)} tokens"
                raise InputError(place=f"sequence {at}, position {i}", got=f"code {code}", expected=expected)
        admit(self.program, self.sequence(at))
        raise AssertionError(at)

    def sequence(self, at: int) -> list[str]:
        """One of them as tokens."""
        return [self.words[code] for code in self.tokens[at, : max(int(self.lengths[at]), 0)].tolist()]


def encode(program: Program, sequences: Sequence[Sequence[str]]) -> Sequences:
    """Sequences of tokens as arrays; where more of a word counts than its place in the vocabulary, the words
    stand for themselves.

    Raises:
        InputError: the first that the program does not take.
    """
    closed = (
        program.reading.plain and program.vocabulary is not None and not spells(step.node for step in program.steps)
    )
    words = (program.vocabulary or ()) if closed else tuple(dict.fromkeys(chain.from_iterable(sequences)))
    index = {token: place for place, token in enumerate(words)}
    unknown = index.get(UNKNOWN, -1)
    lengths = np.fromiter(map(len, sequences), np.int32, len(sequences))
    flat = np.fromiter((index.get(token, unknown) for token in chain.from_iterable(sequences)), np.int32)
    width = int(lengths.max(initial=0))
    if lengths.min(initial=1) < 1 or width > (program.max_length or width) or flat.min(initial=0) < 0:
        for sequence in sequences:
            admit(program, sequence)
    tokens = np.zeros((len(sequences), width), np.int32)
    tokens[np.arange(width) < lengths[:, None]] = flat
    return Sequences.of(program, tokens, lengths, words)
