"""CSV and TSV: a header line, then an example a row, tokens and tags separated by spaces inside their cell."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from transformer_programs.errors import DataError
from transformer_programs.tasks.dataset import Kind
from transformer_programs.tasks.lines import numbered_lines
from transformer_programs.tasks.records import Columns, Record, choose, make_record
from transformer_programs.tasks.text import tokenize

__all__ = ["read_csv", "read_tsv"]

_READY = ("tokens", "words")  # columns of ready tokens; any other is text


def read_csv(path: Path, kind: Kind, columns: Columns) -> Iterator[Record]:
    """The rows of a file separated by commas; a cell in double quotes may hold commas, quotes twice, and line ends.

    Raises:
        DataError: with file and line.
    """
    return _records(path, kind, columns, _csv_rows(path))


def read_tsv(path: Path, kind: Kind, columns: Columns) -> Iterator[Record]:
    """The rows of a file separated by tabs; quotes mean nothing, a line is a row.

    Raises:
        DataError: with file and line.
    """
    rows = ((number, line.split("\t")) for number, line in numbered_lines(path) if line.strip())
    return _records(path, kind, columns, rows)


def _csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line where each starts. Blank lines between rows are passed over."""
    line = 0

    def text() -> Iterator[str]:
        nonlocal line
        for line, content in numbered_lines(path):  # noqa: B007
            yield content + "\n"

    rows = csv.reader(text(), strict=True)
    while True:
        start = line + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            got = f"a row that cannot be read ({error})"
            raise DataError(place=f"{path}, line {start}", got=got, expected="commas and closed quotes") from error
        if row:
            yield start, row


def _records(path: Path, kind: Kind, columns: Columns, rows: Iterator[tuple[int, list[str]]]) -> Iterator[Record]:
    number, header = next(rows, (1, []))
    if not header:
        return
    place = f"{path}, line {number}"
    header = [name.strip() for name in header]
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise DataError(place=place, got=f"the header {twice[0]!r} twice", expected="a name of its own a column")
    token_name = choose(columns.token_names(), header, f"{place}, header")
    token_column = header.index(token_name)
    label_column = header.index(choose(columns.label_names(), header, f"{place}, header"))
    for number, row in rows:
        place = f"{path}, line {number}"
        if len(row) != len(header):
            raise DataError(place=place, got=f"{len(row)} column(s)", expected=f"{len(header)}, as in the header")
        text, label = row[token_column], row[label_column]
        if kind is Kind.TAGGING:
            yield make_record(number, text.split(), label.split(), kind, place)
        else:
            tokens = text.split() if token_name in _READY else tokenize(text)
            yield make_record(number, tokens, [label], kind, place, text=token_name not in _READY)
