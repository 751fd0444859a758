"""Text to tokens: a small tokenizer, and the changes to tokens that a user can ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Text", "tokenize"]

# A number with its inner marks (3, 1,000.5, 10:30), or a word with inner apostrophes (don't, 4x4), or one other sign.
_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*(?!\w)|\w+(?:['’]\w+)*|[^\w\s]")
_DIGITS = re.compile(r"\d+")


def tokenize(text: str) -> list[str]:
    """Numbers, words and single punctuation marks, in order; white space is dropped.

    >>> tokenize("Don't wake me at 10:30, O.K.?")
    ["Don't", 'wake', 'me', 'at', '10:30', ',', 'O', '.', 'K', '.', '?']
    """
    return _TOKEN.findall(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What happens to every token of a user's data; the tokens a program is run on must be treated alike.

    Args:
        lower: lower-case it.
        digits: put "0" for every run of digits, so that numbers share their entries in tables.

    >>> Text(lower=True, digits=True)("B2B-1999")
    'b0b-0'
    """

    lower: bool = False
    digits: bool = False

    def __call__(self, token: str) -> str:
        """The token as a program sees it."""
        if self.lower:
            token = token.lower()
        return _DIGITS.sub("0", token) if self.digits else token

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done, in words."""
        asked = ((self.lower, "tokens lower-cased"), (self.digits, 'every run of digits replaced by "0"'))
        return tuple(words for flag, words in asked if flag)
