"""Users' data: read, split, checked part against part, and given a vocabulary."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

from transformer_programs.config import MAX_VOCABULARY, at_least
from transformer_programs.errors import ConfigError, DataError
from transformer_programs.program import Reading
from transformer_programs.tasks.dataset import Dataset, Example, Kind, read_counts
from transformer_programs.tasks.hub import PREFIX, Hub
from transformer_programs.tasks.parts import check_tags, keep, labels_of, notes_of, split_off
from transformer_programs.tasks.records import MAX_TOKENS, Columns, Record
from transformer_programs.tasks.sampling import seeded
from transformer_programs.tasks.source import Source, file_source, hub_source, is_hub
from transformer_programs.tasks.task import UNKNOWN

__all__ = ["MAX_CELLS", "as_kind", "load_dataset"]

_COLUMNS, _READING = Columns(), Reading()

MAX_CELLS = 500_000_000
"""Most places in the padded array of all examples, which learners hold in memory (4 bytes each, twice)."""


def load_dataset(
    train: str | Path,
    *,
    kind: Kind | str,
    validation: str | Path | None = None,
    test: str | Path | None = None,
    format: str | None = None,
    columns: Columns = _COLUMNS,
    reading: Reading = _READING,
    limit: int | None = None,
    max_length: int | None = None,
    vocabulary_size: int = 10_000,
    min_count: int = 2,
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1),
    seed: int = 0,
    causal: bool = False,
    name: str | None = None,
    repair: bool = False,
) -> Dataset:
    """A data set from a user's files, read as streams: memory grows with what is kept.

    The parts that are not given are split from the training file at random; the first example of each label goes to
    training. The vocabulary is `<unk>` and the most frequent training words; rarer words become `<unk>`.

    Args:
        train: a file (JSONL, CoNLL columns, CSV or TSV, each also as .gz), or `hf:NAME` or `hf:NAME:CONFIGURATION`,
            whose own validation and test splits are used unless others are given.
        kind: tagging (a label a token) or classification (a label a sequence).
        validation, test: files likewise.
        format: `jsonl`, `conll`, `csv` or `tsv`, for all files; None: by their endings.
        columns: names of the columns, where they are not the usual ones.
        reading: how words become tokens: the data set and the program learned from it carry it, and whether the
            training file is running text.
        limit: most examples kept of each file, a random sample of it.
        max_length: longer sequences are left out and counted in `Dataset.notes`; None: the longest sets it.
        vocabulary_size: most words beside `<unk>`.
        min_count: a word that training has less often becomes `<unk>`, so that `<unk>` is learned too.
        fractions: of train, validation and test where parts must be split off.
        seed: of splits and samples.
        causal: whether an answer may depend on earlier tokens only.
        name: of the data set; None: the file's.
        repair: whether tags of entities that are not IOB2 (an `I-X` that goes on with nothing, as in IOB1) are made so;
            otherwise they are an error.

    Raises:
        DataError: with file and line.
        ConfigError: a setting that cannot be used.
    """
    kind = as_kind(kind)
    _check_settings(limit, max_length, vocabulary_size, min_count, fractions)
    rng = seeded(seed)
    files = {"train": train, "validation": validation, "test": test}
    parts = {
        part: keep(source, max_length, limit, Random(f"{part} {seed}"), repair)
        for part, source in _sources(files, kind, columns, format).items()
    }
    labels = labels_of(parts)
    if kind is Kind.TAGGING:
        check_tags(parts, labels, repair)
    elif repair:
        raise ConfigError(place="--repair", got="classification", expected="tags of tokens")
    notes = [*reading.notes, *notes_of(parts)]
    records = split_off(parts, fractions, rng)
    reading = replace(reading, text=all(record.text for record in records["train"]))
    longest = max(len(record.tokens) for part in records.values() for record in part)
    cells = longest * sum(map(len, records.values()))
    if cells > MAX_CELLS:
        got = f"{cells:,} places ({longest} tokens in the longest example)"
        todo = "set a maximum length, or limit the number of examples"
        raise DataError(place=str(train), got=got, expected=f"at most {MAX_CELLS:,}", todo=todo)
    vocabulary, words = _vocabulary(records["train"], reading, vocabulary_size, min_count)
    notes.append(f"{len(vocabulary) - 1:,} of {words:,} distinct training words kept, the others are {UNKNOWN}")
    train_part, validation_part, test_part = (
        tuple(Example(record.tokens, record.labels) for record in records[part]) for part in files
    )
    return Dataset(
        name=_name(train) if name is None else name,
        kind=kind,
        vocabulary=vocabulary,
        labels=labels,
        max_length=longest if max_length is None else max_length,
        causal=causal,
        reading=reading,
        notes=tuple(notes),
        train=train_part,
        validation=validation_part,
        test=test_part,
    )


def as_kind(kind: Kind | str) -> Kind:
    """The kind of that name.

    Raises:
        ConfigError: there is none.
    """
    try:
        return Kind(kind)
    except ValueError as error:
        expected = " or ".join(kind.value for kind in Kind)
        raise ConfigError(place="kind", got=repr(kind), expected=expected) from error


def _check_settings(
    limit: int | None,
    max_length: int | None,
    vocabulary_size: int,
    min_count: int,
    fractions: tuple[float, float, float],
) -> None:
    for flag, value, most in (
        ("limit", limit, math.inf),
        ("maximum length", max_length, MAX_TOKENS),
        ("vocabulary size", vocabulary_size, MAX_VOCABULARY),
        ("least count", min_count, math.inf),
    ):
        if value is None:
            continue
        at_least(flag, value, 1)
        if value > most:
            raise ConfigError(place=flag, got=f"{value:,}", expected=f"at most {most:,}")
    if len(fractions) != 3 or not all(0 < share < 1 for share in fractions) or abs(sum(fractions) - 1) > 1e-6:
        raise ConfigError(place="fractions", got=str(fractions), expected="three shares above 0 with sum 1")


def _sources(
    files: Mapping[str, str | Path | None], kind: Kind, columns: Columns, format: str | None
) -> dict[str, Source]:
    found: dict[str, Source] = {}
    train = files["train"]
    assert train is not None
    if is_hub(train):
        hub = Hub(str(train))
        found = {split: hub_source(hub, split, kind, columns) for split in ("train", *hub.splits)}
    for part, file in files.items():
        if file is not None and not is_hub(file):
            found[part] = file_source(file, kind, columns, format)
        elif file is not None and part != "train":
            raise ConfigError(place=part, got=str(file), expected="a file", todo="name the data set for training only")
    return found


def _vocabulary(records: Iterable[Record], reading: Reading, size: int, min_count: int) -> tuple[tuple[str, ...], int]:
    """`<unk>` and the most frequent words, equals in the order of the alphabet; and how many words there were."""
    counts = Counter(token for record in records for token in record.tokens)
    if not reading.plain:
        counts = read_counts(counts, reading)
    counts.pop(UNKNOWN, None)
    ranked = sorted((-count, word) for word, count in counts.items() if count >= min_count)
    return (UNKNOWN, *(word for _, word in ranked[:size])), len(counts)


def _name(train: str | Path) -> str:
    """A name for programs: words of letters and digits, joined by `-`; of the folder where the file is just "train"."""
    path = Path(train)
    stem = str(train).removeprefix(PREFIX) if is_hub(train) else path.name.split(".")[0]
    if stem == "train" and path.parent.name:
        stem = path.parent.name
    words = re.sub(r"\W+", "-", stem).strip("-")
    return words if words[:1].isalpha() else f"data-{words}".rstrip("-")
