"""Entities in IOB2 tags, as the strict scorer counts them: `B-X`, then every `I-X` that follows at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int

from transformer_programs.batch import best_paths

__all__ = ["constraints", "decode", "entity_f1", "is_iob2"]


def is_iob2(labels: Sequence[str]) -> bool:
    """Whether the labels are IOB2 tags: `O` and `B-X`, perhaps `I-X`.

    >>> is_iob2(["O", "B-PER", "I-PER"]), is_iob2(["O", "PER"])
    (True, False)
    """
    kinds = {label[2:] for label in labels if label[:2] == "B-"}
    others = [label for label in labels if label[:2] != "B-"]
    return bool(kinds) and all(label == "O" or (label[:2] == "I-" and label[2:]) for label in others)


Allowed = tuple[int | None, ...]


def constraints(labels: Sequence[str]) -> tuple[Allowed, tuple[Allowed, ...]]:
    """What may stand first and what may follow what in IOB2, as `Decode` has it: `I-X` only after `B-X` and `I-X`.

    >>> constraints(["O", "B-A", "I-A"])
    ((0, 0, None), ((0, 0, None), (0, 0, 0), (0, 0, 0)))
    """

    def after(left: str) -> Allowed:
        return tuple(None if label[:2] == "I-" and left[2:] != label[2:] else 0 for label in labels)

    return after("O"), tuple(map(after, labels))


def decode(
    labels: Sequence[str], scores: Int[np.ndarray, "position label"], first: Bool[np.ndarray, " position"]
) -> Int[np.ndarray, " position"]:
    """The best legal tags of sequences that lie end to end."""
    starts = np.flatnonzero(first)
    lengths = np.diff(np.append(starts, len(first)))
    guess = np.zeros(len(first), np.int64)
    for length in np.unique(lengths).tolist():
        rows = starts[lengths == length][:, None] + np.arange(length)
        guess[rows] = best_paths(scores[rows], *constraints(labels))
    return guess


def entity_f1(
    labels: Sequence[str],
    gold: Int[np.ndarray, " position"],
    guess: Int[np.ndarray, " position"],
    first: Bool[np.ndarray, " position"],
) -> float:
    """F1 of entities with the right ends and the right type (seqeval's strict mode for IOB2).

    Args:
        labels: IOB2 tags.
        gold, guess: indices of labels, sequences end to end.
        first: where a sequence begins.

    >>> tags = ["O", "B-A", "I-A"]
    >>> entity_f1(tags, np.array([1, 2, 0, 1]), np.array([1, 2, 0, 0]), np.array([True, False, False, False]))
    0.6666666666666666
    """
    right = _spans(labels, gold, first)
    found = _spans(labels, guess, first)
    return 2 * len(right & found) / max(len(right) + len(found), 1)


def _spans(labels: Sequence[str], codes: np.ndarray, first: np.ndarray) -> set[tuple[int, int, str]]:
    spans = set()
    tags = [labels[code] for code in codes.tolist()]
    starts = first.tolist()
    for begin in (i for i, tag in enumerate(tags) if tag[:2] == "B-"):
        kind = tags[begin][2:]
        end = begin + 1
        while end < len(tags) and not starts[end] and tags[end] == f"I-{kind}":
            end += 1
        spans.add((begin, end, kind))
    return spans
