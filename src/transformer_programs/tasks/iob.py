"""Tags of entities in running text: IOB2 (`B-X` begins one, `I-X` goes on with it, `O` is outside), and what is not.

In IOB1 `B-X` stands only where an entity of the same kind ended just before; all others begin with `I-X`.
Such tags, and those that a person got wrong, have an `I-X` that goes on with nothing: read as a beginning, it is IOB2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from transformer_programs.tasks.dataset import Label

__all__ = ["are_entity_tags", "stray", "to_iob2"]


def are_entity_tags(labels: Iterable[str]) -> bool:
    """Whether all labels are `O`, `B-X` or `I-X`, and one of them goes on with an entity.

    >>> are_entity_tags(["O", "I-PER"]), are_entity_tags(["O", "B-PER"]), are_entity_tags(["I-PER", "NOUN"])
    (True, False, False)
    """
    known = set(labels)
    return all(label == "O" or (label[:2] in ("B-", "I-") and label[2:]) for label in known) and any(
        label[:2] == "I-" for label in known
    )


def stray(labels: Sequence[Label]) -> int | None:
    """Where the first `I-X` stands that goes on with nothing; a label that is not asked goes on with anything.

    >>> stray(["O", "I-PER", "I-PER"]), stray(["B-PER", "I-ORG"]), stray(["B-PER", "I-PER", None, "I-ORG"])
    (1, 1, None)
    """
    pairs = enumerate(zip(labels, ("O", *labels)))
    return next((i for i, (label, before) in pairs if label is not None and _begins(label, before)), None)


def to_iob2(labels: Sequence[Label]) -> tuple[Label, ...]:
    """The tags with each `I-X` that goes on with nothing as `B-X`.

    >>> to_iob2(["I-PER", "I-PER", "B-PER", "I-ORG", "O"])
    ('B-PER', 'I-PER', 'B-PER', 'B-ORG', 'O')
    """
    pairs = zip(labels, ("O", *labels))
    return tuple(f"B-{label[2:]}" if label is not None and _begins(label, before) else label for label, before in pairs)


def _begins(label: str, before: Label) -> bool:
    return label[:2] == "I-" and before is not None and before[2:] != label[2:]
