"""Whether learning from a data set fits into this machine's memory: told before, not found out on the way."""

from __future__ import annotations

import os

from transformer_programs.errors import ConfigError
from transformer_programs.tasks import Dataset, Kind

__all__ = ["check_memory", "memory", "needed"]

COPIES = 4
"""Arrays of one number a label, for every token and for every answer, that a learner holds at once, at least."""

ANSWERS = 40_000
"""Answers that learners look at together, at most."""


def check_memory(data: Dataset, available: int | None = None) -> None:
    """Raises ConfigError where a learner would need more than there is.

    Args:
        data: what to learn from.
        available: bytes; None: this machine's memory.
    """
    available = memory() if available is None else available
    least = needed(data)
    if least > available:
        raise ConfigError(
            place=data.name,
            got=f"{len(data.vocabulary):,} tokens and {len(data.labels):,} labels, for which learning needs "
            f"{least / 2**30:,.1f} GiB or more",
            expected=f"at most {available / 2**30:,.1f} GiB, this machine's memory",
            todo="lower --vocabulary-size or --max-length, or give fewer labels",
        )


def needed(data: Dataset) -> int:
    """Bytes that every learner needs at least: scores for each token and each answer, and the examples themselves."""
    answers = sum(1 if data.kind is Kind.CLASSIFICATION else len(example.tokens) for example in data.train)
    scores = COPIES * 8 * len(data.labels) * (len(data.vocabulary) + min(answers, ANSWERS))
    examples = len(data.train) + len(data.validation) + len(data.test)
    return scores + 8 * examples * data.max_length


def memory() -> int:
    """Bytes of memory of this machine; as good as endless where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 2**62
