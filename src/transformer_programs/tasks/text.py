"""Text to tokens: a small tokenizer."""

from __future__ import annotations

import re

__all__ = ["tokenize"]

# A number with its inner marks (3, 1,000.5, 10:30), or a word with inner apostrophes (don't, 4x4), or one other sign.
_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*(?!\w)|\w+(?:['’]\w+)*|[^\w\s]")


def tokenize(text: str) -> list[str]:
    """Numbers, words and single punctuation marks, in order; white space is dropped.

    >>> tokenize("Don't wake me at 10:30, O.K.?")
    ["Don't", 'wake', 'me', 'at', '10:30', ',', 'O', '.', 'K', '.', '?']
    """
    return _TOKEN.findall(text)
