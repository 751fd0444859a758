"""Entities that a program or a baseline finds: strict precision, recall and F1, counted by seqeval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from transformer_programs.batch import Batch
from transformer_programs.learn.text.entities import is_iob2
from transformer_programs.program import Program, listed_labels
from transformer_programs.tasks import Dataset, Example, Kind

__all__ = ["EntityScores", "entities_of_codes", "entities_of_program", "entity_scores"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityScores:
    """How many entities have the right ends and the right type.

    Args:
        entities: how many there are in the data.
        entity_precision: share of those found that are right.
        entity_recall: share of those in the data that are found.
        entity_f1: the harmonic mean of both. All are 0 where nothing is right.
    """

    entities: int
    entity_precision: float
    entity_recall: float
    entity_f1: float


def entity_scores(gold: Sequence[Sequence[str]], guess: Sequence[Sequence[str]]) -> EntityScores:
    """Of IOB2 tags, sequence by sequence.

    >>> entity_scores([["B-X", "I-X", "O"], ["B-X"]], [["B-X", "I-X", "B-Y"], ["O"]])
    EntityScores(entities=2, entity_precision=0.5, entity_recall=0.5, entity_f1=0.5)
    """
    from seqeval.metrics.v1 import precision_recall_fscore_support
    from seqeval.scheme import IOB2

    rows = [list(row) for row in gold], [list(row) for row in guess]
    precision, recall, f1, entities = precision_recall_fscore_support(
        *rows, average="micro", scheme=IOB2, zero_division=0
    )
    return EntityScores(
        entities=int(entities),
        entity_precision=float(precision),
        entity_recall=float(recall),
        entity_f1=float(f1),
    )


def entities_of_program(program: Program, data: Dataset, examples: Sequence[Example]) -> EntityScores | None:
    """A program's, on some examples; None where its labels are not IOB2 tags."""
    if data.kind is not Kind.TAGGING or not is_iob2(listed_labels(program) or data.labels):
        return None
    answers = Batch(program).predict([example.tokens for example in examples])
    return entity_scores(*zip(*_asked(examples, [list(map(str, answer)) for answer in answers])))


def entities_of_codes(data: Dataset, examples: Sequence[Example], codes: Int[np.ndarray, "sequence position"]) -> float:
    """The F1 of answers that are places in `data.labels`, -1 where none is asked."""
    answers = [[data.labels[code] for code in row[: len(e.tokens)]] for e, row in zip(examples, codes.tolist())]
    return entity_scores(*zip(*_asked(examples, answers))).entity_f1


def _asked(examples: Sequence[Example], answers: Sequence[list[str]]) -> Iterator[tuple[list[str], list[str]]]:
    """For every example its labels and the answers, where one is asked."""
    for example, answer in zip(examples, answers):
        pairs = [(label, said) for label, said in zip(example.labels, answer) if label is not None]
        yield [label for label, _ in pairs], [said for _, said in pairs]
