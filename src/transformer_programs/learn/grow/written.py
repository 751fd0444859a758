"""Words as they are written, also those that the vocabulary has not: what classes beyond the paper's class read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from transformer_programs.tasks import Dataset, Example, vector_words

__all__ = ["written_codes", "written_words"]

MOST = 20_000
"""Most words of each file of vectors."""


def written_words(data: Dataset, files: str) -> tuple[tuple[str, ...], int]:
    """Lower-cased words that have a code: of training (twice there), then of the files; how many are the former."""
    counts = Counter(token.lower() for example in data.train for token in example.tokens)
    common = [word for word, count in counts.most_common() if count > 1]
    names = filter(None, (name.strip() for name in files.split(",")))
    others = [word.lower() for name in names for word in vector_words(name, MOST)]
    return tuple(dict.fromkeys([*common, *others])), len(common)


def written_codes(
    data: Dataset, examples: Sequence[Example], words: Sequence[str]
) -> Int[np.ndarray, "sequence position"]:
    """The code of every word; one that is not among them has the next code."""
    place = {word: i for i, word in enumerate(words)}
    codes = np.full((len(examples), data.max_length), len(words), np.int32)
    for row, example in enumerate(examples):
        codes[row, : len(example.tokens)] = [place.get(token.lower(), len(words)) for token in example.tokens]
    return codes
