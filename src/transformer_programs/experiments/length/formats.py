"""The tasks of the length laboratory, and how they are written as tokens (Zhou et al., ICLR 2024, section 4).

A sample is a prompt, from START to SEP, and its answer, up to END; the oracle is in the answer. Token codes are small
integers: PAD, START, SEP, END, then the symbols that the format names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from transformer_programs.errors import ConfigError

__all__ = ["END", "FIRST", "FORMATS", "PAD", "SEP", "START", "Format", "Sample", "Witness", "asked", "format_named"]

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
    """

    name: str
    nodes: int
    lines: int


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

        >>> prompt, answer = FORMATS["copy-repeated"].sample(np.random.default_rng(0), 3, 3)
        >>> FORMATS["copy-repeated"].text([*prompt, *answer], 3)
        'START b b b : b b b END'
        """
        names = self.vocabulary(longest)
        return " ".join(names[code] for code in codes)


def asked(symbols: Sequence[int], answer: Sequence[int]) -> Sample:
    """A sample with its markers."""
    return [START, *symbols, SEP], [*answer, END]


def _numbers(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


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


# --- addition -------------------------------------------------------------------------------------------------------

DIGITS = _numbers(10)
PLUS = FIRST + len(DIGITS)
HINT = PLUS + 1
"""The code of the first hint."""


Numbers = tuple[np.ndarray, np.ndarray]
"""The digits of two numbers, the most significant first."""


def _uniform(random: Random, length: int, below: int = 10) -> Numbers:
    """Two numbers with a leading zero, of digits below something."""
    one, two = (np.concatenate([[0], random.integers(below, size=length - 1)]) for _ in range(2))
    return one, two


def _operands(random: Random, length: int) -> Numbers:
    """A carry chain of random length is made in half of them: digits that add up to nine pass a carry on."""
    one, two = _uniform(random, length)
    if length > 2 and random.random() < 0.5:
        start, end = np.sort(random.choice(np.arange(1, length + 1), 2, replace=False))
        two[start:end] = 9 - one[start:end]
        if end < length:
            two[end] = random.integers(10 - one[end], 10) if one[end] else 9
    return one, two


def _practised(random: Random, length: int) -> Numbers:
    """Half of them of few digits, such as 0 and 1 alone.

    Where every digit is as likely as any other, that of a sum says nothing of that of one number, and nothing draws a
    model towards looking at either.
    """
    if random.random() < 0.5:
        return _uniform(random, length, int(random.integers(1, 11, size=2).min()))
    return _operands(random, length)


def _sum(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    total, carry = np.zeros(len(one), int), 0
    for i in range(len(one) - 1, -1, -1):
        carry, total[i] = divmod(one[i] + two[i] + carry, 10)
    return total


Operands = Callable[[Random, int], Numbers]


def _addition(operands: Operands, random: Random, length: int, symbols: int) -> Sample:
    one, two = operands(random, length)
    digits = [[FIRST + int(d) for d in number] for number in (one, two, _sum(one, two))]
    return asked([*digits[0], PLUS, *digits[1]], digits[2])


def _hinted(operands: Operands, random: Random, length: int, symbols: int) -> tuple[list[int], list[list[int]]]:
    """A prompt of hinted digits, and the pairs of hint and digit of the answer, the most significant first."""
    one, two = operands(random, length)
    first = HINT + int(random.integers(symbols - (HINT - FIRST) - length + 1))
    pairs = [[[first + i, FIRST + int(d)] for i, d in enumerate(number)] for number in (one, two, _sum(one, two))]
    return [*_flat(pairs[0]), PLUS, *_flat(pairs[1])], pairs[2]


def _addition_forward(operands: Operands, random: Random, length: int, symbols: int) -> Sample:
    prompt, answer = _hinted(operands, random, length, symbols)
    return asked(prompt, _flat(answer))


def _addition_reversed(operands: Operands, random: Random, length: int, symbols: int) -> Sample:
    prompt, answer = _hinted(operands, random, length, symbols)
    return asked(prompt, _flat(reversed(answer)))


def _flat(pairs: Iterable[list[int]]) -> list[int]:
    return [code for pair in pairs for code in pair]


def _hints(longest: int) -> tuple[str, ...]:
    return tuple(f"#{i}" for i in range(longest + 2))


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
            symbols=lambda longest: _numbers(longest + 10),
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
            symbols=lambda longest: _numbers(longest + 4),
            draw=_copy_distinct,
            size=lambda length: 2 * length + 3,
            witness=Witness(name="copy", nodes=11, lines=4),
            expected="generalises",
        ),
        Format(
            name="sort",
            summary="the tokens in ascending order, all different",
            symbols=lambda longest: _numbers(longest + 4),
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
        Format(
            name="addition",
            summary="two numbers and their sum, a digit a token, with a leading zero",
            symbols=lambda longest: (*DIGITS, "+"),
            draw=partial(_addition, _operands),
            practice=partial(_addition, _practised),
            size=lambda length: 3 * length + 4,
            witness=None,
            expected="fails",
        ),
        Format(
            name="addition-reversed-hints",
            summary="each digit after its hint; the sum with the same hints, least significant digit first",
            symbols=lambda longest: (*DIGITS, "+", *_hints(longest)),
            draw=partial(_addition_reversed, _operands),
            practice=partial(_addition_reversed, _practised),
            size=lambda length: 6 * length + 4,
            witness=Witness(name="addition_reversed", nodes=57, lines=20),
            expected="generalises",
        ),
        Format(
            name="addition-forward-hints",
            summary="each digit after its hint; the sum with the same hints, most significant digit first",
            symbols=lambda longest: (*DIGITS, "+", *_hints(longest)),
            draw=partial(_addition_forward, _operands),
            practice=partial(_addition_forward, _practised),
            size=lambda length: 6 * length + 4,
            witness=Witness(name="addition_forward", nodes=52, lines=22),
            expected="fails",
        ),
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
            symbols=lambda longest: (*BITS, *_hints(longest)),
            draw=_parity_scratchpad,
            size=lambda length: 4 * length + 4,
            witness=Witness(name="parity", nodes=13, lines=10),
            expected="generalises",
        ),
        Format(
            name="mode-scratchpad",
            summary="the counts of five letters in increasing order, each with its letter",
            symbols=lambda longest: (*LETTERS, *_numbers(longest + 1)),
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
