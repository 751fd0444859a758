"""Prompts as people write them, read into codes: `1 2 3`, `#0 0 #1 7 + #0 0 #1 5`; START and `:` are added."""

from __future__ import annotations

from transformer_programs.errors import ConfigError
from transformer_programs.experiments.length.samples import FIRST, SEP, START, Format

__all__ = ["read_prompt"]


def read_prompt(task: Format, text: str, longest: int) -> list[int]:
    """Codes of a prompt, markers included.

    Args:
        task: what is asked.
        text: the prompt's symbols with spaces between them.
        longest: the length that the vocabulary is for.

    Raises:
        ConfigError: there is no such symbol or hint, the operands of a sum differ in their digits or hints, or the
            prompt is longer than samples of that length.

    >>> from transformer_programs.experiments.length.formats import FORMATS
    >>> read_prompt(FORMATS["addition"], "0 4 + 1 7", 4)
    [1, 4, 8, 14, 5, 11, 2]
    """
    place, words = f"prompt of {task.name}", text.split()
    codes = {name: code for code, name in enumerate(task.vocabulary(longest)) if code >= FIRST}
    for number, word in enumerate(words, 1):
        if word not in codes:
            raise ConfigError(
                place=f"{place}, token {number}",
                got=repr(word),
                expected=f"one of {_names([*codes])}",
                todo=HINTS_RUN_OUT if word.startswith("#") or word.isdecimal() else "",
            )
    if not words:
        raise ConfigError(place=place, got="nothing", expected="symbols with spaces between them")
    if "+" in codes:
        _equal_operands(place, words)
    found = [START, *(codes[word] for word in words), SEP]
    if len(found) >= task.size(longest):
        raise ConfigError(
            place=place,
            got=f"{len(found)} tokens, markers included",
            expected=f"less than {task.size(longest)}, a sample of length {longest} with its answer",
            todo="a longer --test-length makes room",
        )
    return found


HINTS_RUN_OUT = "symbols are made for the longest length tested: a longer --test-length makes more of them"


def _names(names: list[str]) -> str:
    """The names, the middle of long lists left out."""
    return " ".join(names if len(names) <= 30 else [*names[:16], "..", *names[-3:]])


def _equal_operands(place: str, words: list[str]) -> None:
    if words.count("+") != 1:
        raise ConfigError(place=place, got=f"{words.count('+')} times '+'", expected="two numbers with one '+' between")
    at = words.index("+")
    one, two = words[:at], words[at + 1 :]
    digits = [sum(word.isdecimal() for word in number) for number in (one, two)]
    if digits[0] != digits[1]:
        raise ConfigError(
            place=place,
            got=f"operands of {digits[0]} and {digits[1]} digits",
            expected="as many digits in both",
            todo="write leading zeros",
        )
    hints = [[word for word in number if word.startswith("#")] for number in (one, two)]
    if hints[0] != hints[1]:
        raise ConfigError(
            place=place,
            got=f"the hints {_names(hints[0]) or 'none'} and {_names(hints[1]) or 'none'}",
            expected="the same hints in both operands",
        )
