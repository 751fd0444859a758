"""JSON lines: one object a line, `tokens` and `labels` (tagging), `tokens` or `text` and `label` (classification)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from transformer_programs.errors import DataError
from transformer_programs.tasks.dataset import Kind
from transformer_programs.tasks.lines import numbered_lines
from transformer_programs.tasks.records import Columns, Record, choose, make_record
from transformer_programs.tasks.text import tokenize

__all__ = ["read_jsonl", "record_of"]


def read_jsonl(path: Path, kind: Kind, columns: Columns) -> Iterator[Record]:
    """The records of a file; blank lines are passed over.

    Raises:
        DataError: with file and line.
    """
    for number, line in numbered_lines(path):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            value = json.loads(line, object_pairs_hook=_once)
        except json.JSONDecodeError as error:
            got = f"broken JSON ({error.msg}, column {error.colno})"
            raise DataError(place=place, got=got, expected="one JSON object a line") from error
        except (ValueError, RecursionError) as error:
            got = f"JSON that is not of use ({error})"
            raise DataError(place=place, got=got, expected="an object of texts and lists") from error
        if not isinstance(value, dict):
            raise DataError(place=place, got=f"a JSON {type(value).__name__}", expected="a JSON object")
        yield record_of(value, number, kind, columns, place)


def record_of(value: dict[str, Any], number: int, kind: Kind, columns: Columns, place: str) -> Record:
    """The record of an object of named values.

    Raises:
        DataError: with the place.
    """
    tokens = value[choose(columns.token_names(), value, f"{place}, keys")]
    labels = value[choose(columns.label_names(), value, f"{place}, keys")]
    text = isinstance(tokens, str)
    if kind is Kind.TAGGING:
        for what, given in (("tokens", tokens), ("labels", labels)):
            if not isinstance(given, list):
                raise DataError(place=place, got=f"{what} that are a {type(given).__name__}", expected="a list")
    else:
        if isinstance(tokens, str):
            tokens = tokenize(tokens)
        elif not isinstance(tokens, list):
            raise DataError(place=place, got=f"a text that is a {type(tokens).__name__}", expected="a text or a list")
        labels = [labels]
    return make_record(number, tokens, labels, kind, place, text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"key {next(key for key in keys if keys.count(key) > 1)!a} twice")
    return value
