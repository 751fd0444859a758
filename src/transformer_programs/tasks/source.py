"""Where records come from: a file in one of the formats, or a split of a Hugging Face data set."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from transformer_programs.errors import ConfigError, DataError
from transformer_programs.tasks.conll import read_conll
from transformer_programs.tasks.dataset import Kind
from transformer_programs.tasks.hub import PREFIX, Hub
from transformer_programs.tasks.jsonl import read_jsonl
from transformer_programs.tasks.records import Columns, Record
from transformer_programs.tasks.tables import read_csv, read_tsv

__all__ = ["FORMATS", "Source", "file_source", "hub_source", "is_hub"]

Reader = Callable[[Path, Kind, Columns], Iterator[Record]]

FORMATS: Mapping[str, Reader] = MappingProxyType(
    {"jsonl": read_jsonl, "conll": read_conll, "csv": read_csv, "tsv": read_tsv}
)
"""Every format and its reader."""

_ENDINGS: Mapping[str, str] = MappingProxyType(
    {".jsonl": "jsonl", ".csv": "csv", ".tsv": "tsv", ".conll": "conll", ".txt": "conll", ".iob2": "conll"}
)


@dataclass(frozen=True, slots=True)
class Source:
    """Records, and what to call the place of one.

    Args:
        name: of the file or the split.
        unit: what a record's number counts.
        records: reads them anew.
        by_token: whether each token has a line of its own.
    """

    name: str
    unit: str
    records: Callable[[], Iterator[Record]]
    by_token: bool = False

    def place(self, record: Record, token: int = 0) -> str:
        """For errors: of a record, or of one of its tokens."""
        return f"{self.name}, {self.unit} {record.line + (token if self.by_token else 0)}"


def is_hub(name: str | Path) -> bool:
    """Whether a name means a Hugging Face data set."""
    return str(name).startswith(PREFIX)


def file_source(path: str | Path, kind: Kind, columns: Columns, format: str | None) -> Source:
    """A file, in the format told or the one that its ending means.

    Raises:
        ConfigError: neither says which.
        DataError: there is no file.
    """
    place = Path(path)
    if not os.path.exists(place):
        raise DataError(place=str(path), got="no such file", expected="a file of examples")
    if os.path.isdir(place):
        raise DataError(place=str(path), got="a directory", expected="a file of examples", todo="name a file in it")
    if format is None:
        ending = Path(place.name.lower().removesuffix(".gz")).suffix
        if ending not in _ENDINGS:
            expected = f"{', '.join(_ENDINGS)}, or one of these with .gz"
            todo = f"say which format it has: {', '.join(FORMATS)}"
            raise ConfigError(place=str(path), got=f"the ending {ending!r}", expected=expected, todo=todo)
        format = _ENDINGS[ending]
    if format not in FORMATS:
        raise ConfigError(place="format", got=repr(format), expected=", ".join(FORMATS))
    reader = FORMATS[format]
    return Source(str(path), "line", lambda: reader(place, kind, columns), by_token=format == "conll")


def hub_source(hub: Hub, split: str, kind: Kind, columns: Columns) -> Source:
    """A split of a Hugging Face data set."""
    return Source(f"{hub.name}, split {split}", "row", lambda: hub.read(split, kind, columns))
