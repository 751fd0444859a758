"""Properties that a user claims of a program, in a small language.

    permutation                         the answers are the tokens in some order
    sorted                              the answers never fall, in the order of the program's vocabulary
    never A after B                     no answer A at any place behind an answer B
    never A right after B               no answer A at the place behind an answer B
    label X only if token Y ...         answer X only at one of these tokens
    label X only if Y ... occurs        answer X only in inputs that hold one of these tokens
    label X only if Y ... occurs before answer X only behind one of these tokens

Words with blanks stand in quotes. Markers are not part of what a claim is about.
"""

from __future__ import annotations

import itertools
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from transformer_programs.errors import ConfigError

__all__ = ["Claim", "Never", "OnlyIf", "Permutation", "Sorted", "holds", "read_claim"]


@dataclass(frozen=True, slots=True)
class Permutation:
    """The answers are the tokens in some order."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """The answers never fall in this order; one that is not among these breaks it."""

    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Never:
    """No answer `label` behind an answer `earlier`, at the next place or anywhere."""

    label: str
    earlier: str
    adjacent: bool


@dataclass(frozen=True, slots=True)
class OnlyIf:
    """Answer `label` only where one of the tokens is: here, before here, or anywhere in the input."""

    label: str
    tokens: tuple[str, ...]
    where: str


Claim: TypeAlias = Permutation | Sorted | Never | OnlyIf


def holds(claim: Claim, word: Sequence[str], answers: Sequence[str]) -> bool:
    """Whether a claim holds of the answers to a word.

    >>> holds(Never("b", "a", adjacent=True), ["x", "y"], ["a", "b"])
    False
    """
    match claim:
        case Permutation():
            return Counter(word) == Counter(answers)
        case Sorted(order):
            place = {token: i for i, token in enumerate(order)}
            places = [place.get(answer, -1) for answer in answers]
            return -1 not in places and places == sorted(places)
        case Never(label, earlier, adjacent):
            last = max((i for i, answer in enumerate(answers) if answer == label), default=0)
            if adjacent:
                return all(pair != (earlier, label) for pair in itertools.pairwise(answers))
            return earlier not in answers[:last]
        case OnlyIf(label, tokens, where):
            for i, answer in enumerate(answers):
                seen = word[i : i + 1] if where == "here" else word[:i] if where == "before" else word
                if answer == label and not set(seen) & set(tokens):
                    return False
            return True


def read_claim(text: str, letters: tuple[str, ...]) -> Claim:
    """A claim from its words.

    Args:
        letters: the program's tokens in order, for `sorted` and to find misspelt ones.

    Raises:
        ConfigError: no such claim, or a token that the program does not know.

    >>> read_claim("never T after F", ("a",))
    Never(label='T', earlier='F', adjacent=False)
    """
    place = f"--spec {text!r}"
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ConfigError(place=place, got=str(error), expected="closed quotes") from error
    match words:
        case ["permutation"]:
            return Permutation()
        case ["sorted"]:
            return Sorted(letters)
        case ["never", label, "after", earlier]:
            return Never(label, earlier, adjacent=False)
        case ["never", label, "right", "after", earlier]:
            return Never(label, earlier, adjacent=True)
        case ["label", label, "only", "if", "token", *tokens] if tokens:
            claim = OnlyIf(label, tuple(tokens), "here")
        case ["label", label, "only", "if", *tokens, "occurs", "before"] if tokens:
            claim = OnlyIf(label, tuple(tokens), "before")
        case ["label", label, "only", "if", *tokens, "occurs"] if tokens:
            claim = OnlyIf(label, tuple(tokens), "anywhere")
        case _:
            expected = (
                "permutation, sorted, never A [right] after B, label X only if token Y ..., ... if Y occurs [before]"
            )
            raise ConfigError(place=place, got="words that are no claim", expected=expected)
    strange = [token for token in claim.tokens if token not in letters]
    if strange:
        raise ConfigError(place=place, got=f"token {strange[0]!r}", expected=f"one of {' '.join(letters[:20])}")
    return claim
