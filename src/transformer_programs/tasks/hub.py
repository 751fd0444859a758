"""Hugging Face data sets by name: `hf:NAME` or `hf:NAME:CONFIGURATION`, through the extra `huggingface`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transformer_programs.errors import ConfigError, DataError
from transformer_programs.tasks.dataset import Kind
from transformer_programs.tasks.jsonl import record_of
from transformer_programs.tasks.records import Columns, Record, choose

__all__ = ["PREFIX", "Hub"]

PREFIX = "hf:"


class Hub:
    """The splits of a data set, read as a stream: nothing is kept but what the caller keeps.

    Args:
        name: with its prefix.

    Raises:
        ConfigError: the extra is not installed.
        DataError: the data set cannot be had.
    """

    def __init__(self, name: str) -> None:
        try:
            import datasets
        except ImportError as error:
            raise ConfigError(
                place=name,
                got="no package `datasets`",
                expected="the extra `huggingface`",
                todo="pip install 'transformer-programs[huggingface]'",
            ) from error
        self.name = name
        path, _, configuration = name.removeprefix(PREFIX).partition(":")
        if not path:
            raise ConfigError(place="data", got=repr(name), expected=f"{PREFIX}NAME or {PREFIX}NAME:CONFIGURATION")
        try:
            found = datasets.load_dataset(path, configuration or None, streaming=True)
        except Exception as error:  # a library that goes over the network raises what its parts raise
            raise self._failure(error) from error
        self._splits: dict[str, Any] = dict(found)

    @property
    def splits(self) -> tuple[str, ...]:
        """Those of `train`, `validation` and `test` that it has."""
        return tuple(split for split in ("train", "validation", "test") if split in self._splits)

    def read(self, split: str, kind: Kind, columns: Columns) -> Iterator[Record]:
        """The rows of a split, numbered from 1; numbers of a class become its name.

        Raises:
            DataError: with split and row.
        """
        if split not in self._splits:
            raise DataError(place=self.name, got=f"splits {', '.join(self._splits)}", expected=split)
        features = self._splits[split].features or {}
        rows = iter(self._splits[split])
        number = 0
        while True:
            number += 1
            try:
                row = dict(next(rows))
            except StopIteration:
                return
            except Exception as error:  # as above
                raise self._failure(error) from error
            place = f"{self.name}, split {split}, row {number}"
            label = choose(columns.label_names(), row, f"{place}, columns")
            row[label] = _named(row[label], features.get(label), place)
            yield record_of(row, number, kind, columns, place)

    def _failure(self, error: Exception) -> DataError:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        return DataError(place=self.name, got=f"no data set ({reason})", expected="the name of one on the hub")


def _named(value: Any, feature: Any, place: str) -> Any:
    """Class numbers as class names; anything else as it is."""
    names = getattr(getattr(feature, "feature", feature), "names", None)
    if names is None:
        return value
    if isinstance(value, list):
        return [_named(item, feature, place) for item in value]
    if not isinstance(value, int) or not 0 <= value < len(names):
        raise DataError(place=place, got=f"label number {value!r}", expected=f"0 to {len(names) - 1}")
    return names[value]
