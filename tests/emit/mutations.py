"""Damaged program files: what editors, transfers and people do to them."""

from __future__ import annotations

import random
import re

__all__ = ["mutated"]

PIECES = (
    "",
    "(",
    ")",
    "]",
    ":",
    "\n",
    "\\",
    '"',
    "0",
    "-1",
    "10**9",
    "99999999999",
    "1.5",
    "None",
    "True",
    "x",
    "tokens",
)
WORD = re.compile(r"\w+|[^\w\s]")


def mutated(text: str, rng: random.Random) -> str:
    """The text with one to four random changes to characters, words or lines."""
    for _ in range(rng.randint(1, 4)):
        change = rng.choice((_character, _word, _number, _number, _line, _cut))
        text = change(text, rng)
    return text


def _character(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(PIECES) + text[at + rng.randint(0, 2) :]


def _word(text: str, rng: random.Random) -> str:
    """One word becomes another of the file, or something else."""
    words = list(WORD.finditer(text))
    if not words:
        return text
    one, other = rng.choice(words), rng.choice(words).group()
    return text[: one.start()] + rng.choice((other, other, *PIECES)) + text[one.end() :]


def _number(text: str, rng: random.Random) -> str:
    """A number becomes another, or a name: the file still parses."""
    numbers = list(re.finditer(r"\b\d+\b", text))
    if not numbers:
        return text
    one = rng.choice(numbers)
    other = rng.choice(
        ("0", "1", "7", "-1", "True", "1.5", "'a'", "x", "None", "99999999999", "()", "(1, 2)", "{1: 2}")
    )
    return text[: one.start()] + other + text[one.end() :]


def _line(text: str, rng: random.Random) -> str:
    """A line is dropped, doubled, or moved."""
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    at = rng.randrange(len(lines))
    line = lines.pop(at)
    for _ in range(rng.choice((0, 1, 2))):
        lines.insert(rng.randrange(len(lines) + 1), line)
    return "".join(lines)


def _cut(text: str, rng: random.Random) -> str:
    return text[: rng.randrange(len(text) + 1)] if rng.random() < 0.3 else text
