"""How answers are scored: seqeval's strict entity F1 for IOB2 tags, else scikit-learn's accuracy; per class, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from transformer_programs.learn.text.entities import is_iob2
from transformer_programs.tasks import Dataset, Kind

__all__ = ["Scored", "scored"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Answers beside the right ones.

    Args:
        measure: "entity F1" or "accuracy".
        value: of it, 0 to 1.
        accuracy: share of right answers.
        per_class: precision, recall, F1 and support of every label, or of every type of entity.
    """

    measure: str
    value: float
    accuracy: float
    per_class: dict[str, dict[str, float]]


def scored(data: Dataset, gold: Sequence[Sequence[str]], guess: Sequence[Sequence[str]]) -> Scored:
    """The scores of answers, sequence by sequence.

    >>> data = Dataset(name="d", kind=Kind.TAGGING, vocabulary=("a",), labels=("B-X", "I-X", "O"), max_length=3,
    ...                train=(), validation=(), test=())
    >>> found = scored(data, [["B-X", "I-X", "O"], ["B-X"]], [["B-X", "I-X", "O"], ["O"]])
    >>> found.measure, round(found.value, 3), found.accuracy
    ('entity F1', 0.667, 0.75)
    """
    flat_gold = [label for row in gold for label in row]
    flat_guess = [label for row in guess for label in row]
    accuracy = sum(a == b for a, b in zip(flat_gold, flat_guess)) / max(len(flat_gold), 1)
    if data.kind is Kind.TAGGING and is_iob2(data.labels):
        from seqeval.metrics import classification_report
        from seqeval.scheme import IOB2

        report = classification_report(
            [list(row) for row in gold],
            [list(row) for row in guess],
            mode="strict",
            scheme=IOB2,
            output_dict=True,
            zero_division=0,
        )
        return Scored(
            measure="entity F1",
            value=float(report["micro avg"]["f1-score"]),
            accuracy=accuracy,
            per_class=_plain(report),
        )
    from sklearn.metrics import classification_report

    report = classification_report(flat_gold, flat_guess, output_dict=True, zero_division=0)
    return Scored(measure="accuracy", value=accuracy, accuracy=accuracy, per_class=_plain(report))


def _plain(report: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Plain numbers of the classes, without the averages but the micro one."""
    kept = {
        name: row
        for name, row in report.items()
        if isinstance(row, dict) and name not in ("macro avg", "weighted avg", "samples avg")
    }
    return {name: {key: float(value) for key, value in row.items()} for name, row in kept.items()}
