"""Exhaustion over all words with a causal program and an automaton of right labels, every prefix computed once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Int

from transformer_programs.program import Program
from transformer_programs.verify.automaton import Automaton
from transformer_programs.verify.prefix_code import translated
from transformer_programs.verify.prefix_kernel import KEPT, walk
from transformer_programs.verify.space import WordSpace

__all__ = ["PrefixCounts", "PrefixWalk", "prefix_walk"]

MOST_VALUES = 1 << 20
LANES = 1024
PARTS = 256
"""At most so many lanes and parts: the walk has enough work in a lane, the progress bar enough steps."""


@dataclass(slots=True, eq=False)
class PrefixCounts:
    """What has been counted so far, one row a position of the word; see `prefix_kernel.walk`."""

    wrong_answers: Int[np.ndarray, " position"]
    right_words: Int[np.ndarray, " position"]
    found: Int[np.ndarray, "position kept"]

    def add(self, other: PrefixCounts) -> None:
        """The counts of another part as well."""
        self.wrong_answers += other.wrong_answers
        self.right_words += other.right_words
        for mine, theirs in zip(self.found, other.found):
            codes = sorted({int(code) for code in (*mine, *theirs) if code >= 0})[:KEPT]
            mine[:] = [*codes, *[-1] * (KEPT - len(codes))]


@dataclass(frozen=True, slots=True, eq=False)
class PrefixWalk:
    """A program made ready for the walk.

    Args:
        space: all words that are judged.
        parts: the first letters of each part, after those in the lanes.
        run: judges one part; None where the program's tables have no answer for some prefix.
    """

    space: WordSpace
    across: int
    parts: tuple[tuple[int, ...], ...]
    run: Callable[[tuple[int, ...]], PrefixCounts | None]

    def zero(self) -> PrefixCounts:
        """Nothing counted."""
        n = self.space.longest
        return PrefixCounts(np.zeros(n, np.int64), np.zeros(n, np.int64), np.full((n, KEPT), -1, np.int64))

    def accuracy(self, counts: PrefixCounts) -> tuple[int, int, int, int]:
        """Inputs, answers, right answers, right inputs, of all words of the space's lengths."""
        base, lengths = len(self.space.letters), self.space.lengths
        answers = sum(length * base**length for length in lengths)
        wrong = 0
        for position, count in enumerate(counts.wrong_answers.tolist()):
            wrong += count * sum(base ** (length - position - 1) for length in lengths if length > position)
        right_inputs = sum(int(counts.right_words[length - 1]) for length in lengths)
        return self.space.count(), answers, answers - wrong, right_inputs

    def failing(self, counts: PrefixCounts) -> list[tuple[str, ...]]:
        """The first prefixes whose last answer is wrong and no earlier one, shortest first."""
        base, words = len(self.space.letters), []
        for position, row in enumerate(counts.found.tolist()):
            for code in row:
                if code >= 0:
                    digits = []
                    for _ in range(position + 1):
                        code, digit = divmod(code, base)
                        digits.append(digit)
                    words.append(tuple(self.space.letters[digit] for digit in reversed(digits)))
        return words

    def all(
        self,
        counts: PrefixCounts,
        start: int,
        threads: int,
        progress: Callable[[int, PrefixCounts], None] | None = None,
    ) -> bool:
        """Judges the parts from number `start` on, adding to `counts`; False where a table has no answer.

        Args:
            progress: called after each part, in order, with the number of parts done.
        """
        with ThreadPoolExecutor(threads) as pool:
            waiting = [pool.submit(self.run, part) for part in self.parts[start:]]
            try:
                for done, future in enumerate(waiting, start + 1):
                    part = future.result()
                    if part is None:
                        return False
                    counts.add(part)
                    if progress is not None:
                        progress(done, counts)
            finally:
                for future in waiting:
                    future.cancel()
        return True


def prefix_walk(program: Program, space: WordSpace, right: Automaton, labels: tuple[str, ...]) -> PrefixWalk | None:
    """The walk for a program; None where it does not take this one.

    It takes programs that are causal, answer once a position, and have byte code; words without a marker behind
    them, of at most 64 positions.

    Args:
        labels: what the automaton's labels stand for.
    """
    n = len(space.frame.before) + space.longest
    if not program.causal or space.frame.after or n > 64 or program.pooled:
        return None
    vocabulary = program.vocabulary or space.vocabulary
    if n > (program.max_length or n) or not set(space.vocabulary) <= set(vocabulary):
        return None
    code = translated(program, vocabulary, program.max_length or n)
    if code is None or len(code.values) > MOST_VALUES:
        return None
    index = {token: place for place, token in enumerate(vocabulary)}
    meant = {label: place for place, label in enumerate(labels)}
    meaning = np.array([meant.get(str(value), -1) for value in code.values], np.int32)
    sizes = np.array([code.columns, code.depth, code.labels, n], np.int64)
    markers = np.array([index[token] for token in space.frame.before], np.int64)
    letters = np.array([index[letter] for letter in space.letters], np.int64)
    across = _most_digits(len(letters), LANES, space.longest)
    split = _most_digits(len(letters), PARTS, max(space.longest - across - 4, 0))

    def run(part: tuple[int, ...]) -> PrefixCounts | None:
        counts = PrefixCounts(np.zeros(n, np.int64), np.zeros(n, np.int64), np.full((n, KEPT), -1, np.int64))
        good = walk(
            code.instructions, code.pool, sizes, markers, letters, across, np.array(part, np.int64),
            right.after, right.labels, meaning, counts.wrong_answers, counts.right_words, counts.found,
        )  # fmt: skip
        m = len(markers)
        return PrefixCounts(counts.wrong_answers[m:], counts.right_words[m:], counts.found[m:]) if good else None

    return PrefixWalk(space, across, tuple(product(range(len(letters)), repeat=split)), run)


def _most_digits(base: int, limit: int, most: int) -> int:
    digits = 0
    while digits < most and base ** (digits + 1) <= limit:
        digits += 1
    return digits
