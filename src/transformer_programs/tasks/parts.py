"""The parts of a user's data: what is kept of each source, which labels there are, and what is split off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NoReturn

from transformer_programs.errors import ConfigError, DataError
from transformer_programs.tasks.dataset import Label
from transformer_programs.tasks.iob import are_entity_tags, stray, to_iob2
from transformer_programs.tasks.records import Record
from transformer_programs.tasks.source import Source

__all__ = ["MAX_LABELS", "Part", "check_tags", "keep", "labels_of", "notes_of", "refuse_stray", "split_off"]

MAX_LABELS = 10_000
"""Most distinct labels: more is taken for a column that does not hold labels."""


@dataclass(slots=True)
class Part:
    """What was kept of a source, and what was seen of it.

    Args:
        source: where it came from.
        records: those kept.
        labels: how often each label was seen, kept or not.
        total: how many records were seen, without those too long.
        too_long: how many were left out for their length.
        stray: the first record with a tag `I-X` that goes on with nothing, and where there.
        mended: how many such tags were made `B-X`.
    """

    source: Source
    records: list[Record]
    labels: Counter[str]
    total: int
    too_long: int
    stray: tuple[Record, int] | None = None
    mended: int = 0


def keep(source: Source, max_length: int | None, limit: int | None, rng: Random, repair: bool = False) -> Part:
    """The records of a source, or an even random sample of `limit` of them, in their order.

    Reservoir sampling (algorithm R): the n-th record replaces a random one of the kept with probability limit / n.

    Args:
        repair: whether tags are made IOB2.
    """
    part = Part(source, [], Counter(), 0, 0)
    for record in source.records():
        if max_length is not None and len(record.tokens) > max_length:
            part.too_long += 1
            continue
        part.total += 1
        at = stray(record.labels) if part.stray is None or repair else None
        if at is not None and repair:
            made = to_iob2(record.labels)
            part.mended += sum(new != old for new, old in zip(made, record.labels))
            record = Record(record.line, record.tokens, made)
        elif at is not None:
            part.stray = record, at
        part.labels.update(label for label in record.labels if label is not None)
        if len(part.labels) > MAX_LABELS:
            todo = "check which column holds the labels"
            got = f"more than {MAX_LABELS:,} labels"
            raise DataError(place=source.place(record), got=got, expected="a small set of labels", todo=todo)
        place = len(part.records) if limit is None or part.total <= limit else rng.randrange(part.total)
        if limit is not None and place >= limit:
            continue
        part.records[place : place + 1] = [record]
    if not part.records:
        got = "no examples" if not part.too_long else f"only examples of more than {max_length} tokens"
        raise DataError(place=source.name, got=got, expected="at least one example")
    part.records.sort(key=lambda record: record.line)
    return part


def check_tags(parts: Mapping[str, Part], labels: Sequence[str], repair: bool) -> None:
    """Whether tags of entities are IOB2.

    Raises:
        DataError: an `I-X` goes on with nothing, with its line.
        ConfigError: labels that are no such tags were to be made IOB2.
    """
    if repair:
        refuse_others(labels)
    if not are_entity_tags(label for part in parts.values() for label in part.labels):
        return
    for part in parts.values():
        if part.stray is not None:
            refuse_stray(part.source, *part.stray)


def refuse_others(labels: Iterable[Label]) -> None:
    """Raises ConfigError for a label that is no tag of an entity, so that it cannot be repaired."""
    other = next((label for label in labels if label not in (None, "O") and str(label)[:2] not in ("B-", "I-")), None)
    if other is not None:
        raise ConfigError(place="--repair", got=f"labels such as {other}", expected="tags O, B-X and I-X")


def refuse_stray(source: Source, record: Record, at: int) -> NoReturn:
    """Raises DataError for a tag that goes on with nothing."""
    label, before = record.labels[at], record.labels[at - 1] if at else None
    raise DataError(
        place=source.place(record, at),
        got=f"{label} " + (f"after {before}" if at else "at the beginning") + f" (token {record.tokens[at]!r})",
        expected=f"B-{(label or '')[2:]}, which begins an entity in IOB2",
        todo="correct it, or have such tags, all of them in IOB1, read as beginnings: --repair",
    )


def labels_of(parts: Mapping[str, Part]) -> tuple[str, ...]:
    """The labels of the training source, the most frequent first.

    Raises:
        DataError: fewer than two, or another part has one that training has not.
    """
    train = parts["train"]
    labels = tuple(label for label, _ in sorted(train.labels.items(), key=lambda item: (-item[1], item[0])))
    if len(labels) < 2:
        got = f"one label only, {labels[0]!r}" if labels else "no labels"
        raise DataError(place=train.source.name, got=got, expected="at least two labels to tell apart")
    for part in parts.values():
        strange = set(part.labels) - set(labels)
        if strange:
            _refuse(part.source, strange, labels)
    return labels


def _refuse(source: Source, strange: set[str], known: Sequence[str]) -> None:
    """Raises DataError at the first record of the source that has one of the strange labels."""
    shown = ", ".join(sorted(known)[:12]) + (", ..." if len(known) > 12 else "")
    for record in source.records():
        for label in record.labels:
            if label in strange:
                todo = "add examples of it to training, or take it out"
                raise DataError(
                    place=source.place(record),
                    got=f"label {label!r}",
                    expected=f"one that training has: {shown}",
                    todo=todo,
                )


def notes_of(parts: Mapping[str, Part]) -> list[str]:
    """What was left out, in words."""
    notes = []
    for name, part in parts.items():
        if part.too_long:
            notes.append(f"{part.too_long:,} examples of {name} left out, longer than the maximum length")
        if part.mended:
            notes.append(f"{part.mended:,} tags I-X of {name} that went on with nothing read as B-X")
        if len(part.records) < part.total:
            notes.append(f"{len(part.records):,} of the {part.total:,} examples of {name} kept, at random")
    return notes


def split_off(parts: Mapping[str, Part], fractions: tuple[float, float, float], rng: Random) -> dict[str, list[Record]]:
    """Every part's records; those of the missing parts taken from training, at random.

    Raises:
        DataError: training would have none left.
    """
    records = {name: part.records for name, part in parts.items()}
    shares = dict(zip(("train", "validation", "test"), fractions))
    missing = [name for name in shares if name not in records]
    if not missing:
        return records
    pool = records["train"]
    if len(pool) <= len(missing):
        got, expected = f"{len(pool)} example(s)", f"at least {len(missing) + 1} to split {' and '.join(missing)} off"
        raise DataError(place=parts["train"].source.name, got=got, expected=expected)
    rng.shuffle(pool)
    pool = _labels_first(pool)
    whole = shares["train"] + sum(shares[name] for name in missing)
    sizes = {name: max(1, int(len(pool) * shares[name] / whole + 1e-9)) for name in missing}
    while sum(sizes.values()) >= len(pool):  # a tiny file: training keeps one
        sizes[max(sizes, key=sizes.__getitem__)] -= 1
    for name, size in sizes.items():
        records[name] = pool[-size:]
        pool = pool[:-size]
    return records | {"train": pool}


def _labels_first(records: Iterable[Record]) -> list[Record]:
    """The same records, those in front that bring a label which none before them has."""
    known: set[str | None] = set()
    bringing, others = list[Record](), list[Record]()
    for record in records:
        (others if known.issuperset(record.labels) else bringing).append(record)
        known.update(record.labels)
    return bringing + others
