"""The tasks of the length laboratory, and how they are written as tokens (Zhou et al., ICLR 2024, section 4).

The oracle is in the answer of every sample.
"""

from __future__ import annotations

import numpy as np

from transformer_programs.errors import ConfigError
from transformer_programs.experiments.length.samples import (
    FIRST,
    Format,
    Random,
    Sample,
    Witness,
    asked,
    hints,
    numbers,
)
from transformer_programs.experiments.length.sums import additions

__all__ = ["FORMATS", "format_named"]

# --- counting, copying, sorting, the most frequent ------------------------------------------------------------------


def _count(random: Random, length: int, symbols: int) -> Sample:
    low = FIRST + int(random.integers(symbols - length + 1))
    return asked((low, low + length - 1), range(low, low + length))


def _copy_distinct(random: Random, length: int, symbols: int) -> Sample:
    tokens = (FIRST + random.permutation(symbols)[:length]).tolist()
    return asked(tokens, tokens)


def _copy_repeated(random: Random, length: int, symbols: int) -> Sample:
    tokens = (FIRST + random.integers(symbols, size=length)).tolist()
    return asked(tokens, tokens)


def _sort(random: Random, length: int, symbols: int) -> Sample:
    tokens = (FIRST + random.permutation(symbols)[:length]).tolist()
    return asked(tokens, sorted(tokens))


LETTERS = ("a", "b", "c", "d", "e")


def _letters(random: Random, length: int) -> tuple[list[int], np.ndarray]:
    """Letters of which one is the most frequent alone, and how often each occurs."""
    while True:
        tokens = random.choice(len(LETTERS), size=length, p=random.dirichlet([1.0] * len(LETTERS)))
        times = np.bincount(tokens, minlength=len(LETTERS))
        if (times == times.max()).sum() == 1:
            return tokens.tolist(), times


def _mode(random: Random, length: int, symbols: int) -> Sample:
    tokens, times = _letters(random, length)
    return asked([FIRST + t for t in tokens], [FIRST + int(times.argmax())])


def _mode_scratchpad(random: Random, length: int, symbols: int) -> Sample:
    """Each letter after its count, the counts in increasing order; the last letter is the answer."""
    tokens, times = _letters(random, length)
    pad = [code for t in np.argsort(times, kind="stable") for code in (FIRST + len(LETTERS) + times[t], FIRST + t)]
    return asked([FIRST + t for t in tokens], [int(code) for code in pad])


# --- parity ---------------------------------------------------------------------------------------------------------

BITS = ("0", "1", "even", "odd")
EVEN, ODD = FIRST + 2, FIRST + 3


def _parity(random: Random, length: int, symbols: int) -> Sample:
    bits = random.integers(2, size=length)
    return asked([FIRST + int(bit) for bit in bits], [FIRST + int(bits.sum()) % 2])


def _parity_scratchpad(random: Random, length: int, symbols: int) -> Sample:
    """Each bit after its hint; the answer begins with `even`, then each 1's hint with the parity up to it."""
    bits = random.integers(2, size=length).tolist()
    first = FIRST + len(BITS) + int(random.integers(symbols - len(BITS) - length + 1))
    answer = [EVEN]
    for hint, bit in zip(range(first, first + length), bits):
        if bit:
            answer += [hint, ODD if answer[-1] == EVEN else EVEN]
    return asked(
        [code for hint, bit in zip(range(first, first + length), bits) for code in (hint, FIRST + bit)], answer
    )


FORMATS = {
    made.name: made
    for made in (
        Format(
            name="count",
            summary="START a b : a a+1 .. b END, a token a number",
            symbols=lambda longest: numbers(longest + 10),
            draw=_count,
            size=lambda length: length + 5,
            witness=Witness(name="count", nodes=15, lines=6),
            expected="generalises",
        ),
        Format(
            name="mode",
            summary="the most frequent of five letters, one alone",
            symbols=lambda longest: LETTERS,
            draw=_mode,
            size=lambda length: length + 4,
            witness=Witness(name="mode", nodes=12, lines=5),
            expected="generalises",
        ),
        Format(
            name="copy-distinct",
            summary="the same tokens again, all different",
            symbols=lambda longest: numbers(longest + 4),
            draw=_copy_distinct,
            size=lambda length: 2 * length + 3,
            witness=Witness(name="copy", nodes=11, lines=4),
            expected="generalises",
        ),
        Format(
            name="sort",
            summary="the tokens in ascending order, all different",
            symbols=lambda longest: numbers(longest + 4),
            draw=_sort,
            size=lambda length: 2 * length + 3,
            witness=Witness(name="sort", nodes=12, lines=8),
            expected="generalises",
        ),
        Format(
            name="copy-repeated",
            summary="the same tokens again, two symbols",
            symbols=lambda longest: ("a", "b"),
            draw=_copy_repeated,
            size=lambda length: 2 * length + 3,
            witness=None,
            expected="fails",
        ),
        *additions(10),
        *additions(3),
        Format(
            name="parity",
            summary="bits, then whether the number of ones is odd",
            symbols=lambda longest: ("0", "1"),
            draw=_parity,
            size=lambda length: length + 4,
            witness=None,
            expected="fails",
        ),
        Format(
            name="parity-scratchpad",
            summary="each bit after its hint; `even`, then the hint of each 1 with the parity up to it",
            symbols=lambda longest: (*BITS, *hints(longest)),
            draw=_parity_scratchpad,
            size=lambda length: 4 * length + 4,
            witness=Witness(name="parity", nodes=13, lines=10),
            expected="generalises",
        ),
        Format(
            name="mode-scratchpad",
            summary="the counts of five letters in increasing order, each with its letter",
            symbols=lambda longest: (*LETTERS, *numbers(longest + 1)),
            draw=_mode_scratchpad,
            size=lambda length: length + 13,
            witness=Witness(name="mode_scratchpad", nodes=54, lines=21),
            expected="worse",
        ),
    )
}
"""The formats of the paper's tables by name."""


def format_named(name: str) -> Format:
    """The format of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in FORMATS:
        raise ConfigError(place="task", got=repr(name), expected=f"one of {', '.join(FORMATS)}")
    return FORMATS[name]
