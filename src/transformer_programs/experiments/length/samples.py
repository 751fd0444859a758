"""What a sample of the length laboratory is, and what a format of samples.

A sample is a prompt, from START to SEP, and its answer, up to END. Token codes are small integers: PAD, START, SEP,
END, then the symbols that the format names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from transformer_programs.errors import ConfigError

__all__ = [
    "END",
    "FIRST",
    "PAD",
    "SEP",
    "START",
    "Draw",
    "Format",
    "Random",
    "Sample",
    "Witness",
    "asked",
    "hints",
    "numbers",
]

PAD, START, SEP, END = range(4)
MARKERS = ("<pad>", "START", ":", "END")
FIRST = len(MARKERS)
"""The code of a format's first symbol."""

Random = np.random.Generator
Sample = tuple[list[int], list[int]]
"""Codes of a prompt and of its answer, markers included."""

Draw = Callable[[Random, int, int], Sample]


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A RASP-L program that writes the answer, in `examples/raspl`, and how long it is.

    Args:
        name: of the file.
        nodes, lines: its length, as `tprog rasp --rasp-l` measures it.
        base: of its numbers; the file has 10 and 9, which stand for the base and its greatest digit.
    """

    name: str
    nodes: int
    lines: int
    base: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A task, written as tokens.

    Args:
        name: of the format.
        summary: what is asked, and how it is written.
        symbols: the tokens beside the markers, for inputs up to a length.
        draw: a random sample of exactly this length; given the most symbols there are.
        practice: how samples to train on are drawn, where they are to be more diverse than those tested.
        size: most tokens of a sample of a length.
        witness: a short RASP-L program, where one is known.
        expected: what Zhou et al. saw: "generalises", "fails", or "worse" than without its scratchpad.
    """

    name: str
    summary: str
    symbols: Callable[[int], tuple[str, ...]]
    draw: Draw
    size: Callable[[int], int]
    witness: Witness | None
    expected: str
    practice: Draw | None = None

    def vocabulary(self, longest: int) -> tuple[str, ...]:
        """Names of all codes, for inputs of up to this length."""
        return (*MARKERS, *self.symbols(longest))

    def sample(self, random: Random, length: int, longest: int, *, practice: bool = False) -> Sample:
        """A random sample.

        Args:
            random: draws it.
            length: of the input: symbols, numbers counted, or digits of a number.
            longest: the length that the vocabulary is for.
            practice: to train on.

        Raises:
            ConfigError: the symbols or the hints run out at this length.
        """
        if not 1 <= length <= longest:
            raise ConfigError(
                place=f"{self.name} of length {length}",
                got=f"symbols for lengths 1 to {longest}",
                expected="a length for which there are symbols and hints",
                todo="set a longer test length before training: the vocabulary is made for it",
            )
        draw = self.practice if practice and self.practice is not None else self.draw
        return draw(random, length, len(self.symbols(longest)))

    def text(self, codes: Sequence[int], longest: int) -> str:
        """Codes for eyes.

        >>> from transformer_programs.experiments.length.formats import FORMATS
        >>> prompt, answer = FORMATS["copy-repeated"].sample(np.random.default_rng(0), 3, 3)
        >>> FORMATS["copy-repeated"].text([*prompt, *answer], 3)
        'START b b b : b b b END'
        """
        names = self.vocabulary(longest)
        return " ".join(names[code] for code in codes)


def asked(symbols: Sequence[int], answer: Sequence[int]) -> Sample:
    """A sample with its markers."""
    return [START, *symbols, SEP], [*answer, END]


def numbers(count: int) -> tuple[str, ...]:
    """The symbols `0`, `1` and so on."""
    return tuple(map(str, range(count)))


def hints(longest: int) -> tuple[str, ...]:
    """The symbols of index hints, a few more than the longest input needs: where they begin is random."""
    return tuple(f"#{i}" for i in range(longest + 2))
