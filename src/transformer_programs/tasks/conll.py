"""CoNLL columns: a token a line with its label, a blank line after each sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from transformer_programs.errors import ConfigError, DataError
from transformer_programs.tasks.dataset import Kind
from transformer_programs.tasks.lines import numbered_lines
from transformer_programs.tasks.records import MAX_TOKENS, Columns, Record, make_record

__all__ = ["read_conll"]

# As in "# sent_id = 4": what some files put before a sentence. A token "#" has its label and no "=" behind it.
_COMMENT = re.compile(r"#\s*\S+\s*=\s")


def read_conll(path: Path, kind: Kind, columns: Columns) -> Iterator[Record]:
    """The sentences of a file. Columns end at tabs where a line has one, else at spaces; all lines have as many.

    `-DOCSTART-` lines and, before a sentence, comments such as `# sent_id = 4` are passed over.

    Raises:
        ConfigError: classification is asked of it, or columns without numbers.
        DataError: with file and line.
    """
    if kind is not Kind.TAGGING:
        raise ConfigError(place=str(path), got="CoNLL columns for classification", expected="JSONL, CSV or TSV")
    token_column, label_column = _number(columns.tokens, 0), _number(columns.labels, -1)
    width, width_line = 0, 0
    start, tokens, labels = 0, list[str](), list[str]()
    for number, line in numbered_lines(path):
        place = f"{path}, line {number}"
        if not line.strip():
            if tokens:
                yield make_record(start, tokens, labels, kind, f"{path}, line {start}")
            tokens, labels = [], []
            continue
        if line.startswith("-DOCSTART-") or (not tokens and _COMMENT.match(line)):
            continue
        cells = [cell.strip(" ") for cell in line.split("\t")] if "\t" in line else line.split()
        if not width:
            least = max(2, *(column + 1 if column >= 0 else -column for column in (token_column, label_column)))
            if len(cells) < least:
                expected = f"at least {least}: the token, ..., its label"
                raise DataError(place=place, got=f"{len(cells)} column(s)", expected=expected)
            width, width_line = len(cells), number
        if len(cells) != width:
            raise DataError(place=place, got=f"{len(cells)} column(s)", expected=f"{width}, as in line {width_line}")
        if not tokens:
            start = number
        tokens.append(cells[token_column])
        labels.append(cells[label_column])
        if len(tokens) > MAX_TOKENS:
            make_record(start, tokens, labels, kind, f"{path}, line {start}")
    if tokens:
        yield make_record(start, tokens, labels, kind, f"{path}, line {start}")


def _number(column: str | int | None, usual: int) -> int:
    if column is None:
        return usual
    try:
        return int(column)
    except ValueError as error:
        raise ConfigError(place="columns", got=repr(column), expected="a column's number, 0 the first") from error
