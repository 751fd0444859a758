"""The unembedding as text: labels on top, one row of integer scores a line, and the values that it is for.

    SCORES = \"\"\"
         T    P    F
         0   12  -13  tokens (
        -4    5    0  * count_1
         1    0    0  * 1
    \"\"\"

`tokens (` adds its row where `tokens` is "(", `* count_1` its row times that number, `* 1` is the bias. Rows of zeros
are left out, equal rows of a variable share a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from transformer_programs.emit.python.literals import WIDTH, filled, is_word
from transformer_programs.errors import ProgramError
from transformer_programs.program import Value

__all__ = ["Rows", "key_of", "needs_quotes", "print_scores", "quoted", "read_scores"]

Row = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """What one variable adds.

    Args:
        name: the local variable; "1" for the bias.
        values: for each of its values, as the text spells it, the scores; None: the row is times the number.
    """

    name: str
    values: Mapping[str, Row] | None
    row: Row = ()


def quoted(value: Value) -> str:
    """A value as one word, even if it holds blanks.

    >>> print(quoted("a b"), quoted(1))
    'a\\x20b' 1
    """
    return ascii(value).replace(" ", "\\x20")


def needs_quotes(domain: Iterable[Value]) -> bool:
    """Whether values of the domain are no words, or spelled alike.

    >>> needs_quotes(["a", "b"]), needs_quotes(["a b"]), needs_quotes([1, "1"])
    (False, True, True)
    """
    texts = [str(value) for value in domain]
    return len(set(texts)) < len(texts) or not all(map(is_word, texts))


def key_of(value: Value, quote: bool) -> str:
    """How the text spells a value."""
    return quoted(value) if quote else str(value)


def print_scores(labels: Sequence[str], parts: Sequence[Rows]) -> list[str]:
    """The lines of the text, not yet indented."""
    entries = [entry for part in parts for entry in _entries(part)]
    digits = [[str(score) for score in row] for row, _, _ in entries]
    widths = [max((len(row[o]) for row in digits), default=1) for o in range(len(labels))]
    wide = [max(width, len(label)) for width, label in zip(widths, labels)]
    if sum(wide) + 2 * len(wide) <= WIDTH - 20:
        widths = wide
    lines = ["  ".join(label.rjust(width) for label, width in zip(labels, widths))]
    for row, (_, name, values) in zip(digits, entries):
        left = "  ".join(digit.rjust(width) for digit, width in zip(row, widths)) + f"  {name} "
        room = max(WIDTH - 4 - len(left), 40)
        lines += [left + line for line in filled(values, room)]
    return lines


def _entries(part: Rows) -> Iterator[tuple[Row, str, list[str]]]:
    if part.values is None:
        yield part.row, "*", [part.name]
        return
    groups: dict[Row, list[str]] = {}
    for value, row in part.values.items():
        groups.setdefault(row, []).append(value)
    shown = {row: values for row, values in groups.items() if any(row)}
    if not shown:
        shown = {row: values[:1] for row, values in groups.items()}
    for row, values in shown.items():
        yield row, part.name, values


def read_scores(text: str, place: str, line: int) -> tuple[tuple[str, ...], list[Rows]]:
    """The labels and what the text says of each variable, in the order of its first line there.

    Args:
        text: as in a printed program.
        place, line: of its first line, for messages.

    Raises:
        ProgramError: no labels, or a line that is no row.
    """
    rows = [(number, words) for number, row in enumerate(text.splitlines(), line) if (words := row.split())]
    if not rows:
        raise ProgramError(place=f"{place} line {line}", got="no labels", expected="a line of labels, then scores")
    labels, parts = tuple(rows[0][1]), dict[tuple[str, str], Rows]()
    for number, words in rows[1:]:
        here = f"{place} line {number}"
        try:
            row = tuple(map(int, words[: len(labels)]))
        except ValueError:
            row = ()
        if len(row) != len(labels) or len(words) < len(labels) + 2:
            raise ProgramError(
                place=here, got=" ".join(words)[:60], expected=f"{len(labels)} whole numbers, a variable and values"
            )
        name, *values = words[len(labels) :]
        for value in values:
            if name == "*":
                fresh = parts.setdefault(("*", value), Rows(value, None, row)).row is row
            else:
                known = parts.setdefault((name, ""), Rows(name, {}, ())).values
                fresh = isinstance(known, dict) and known.setdefault(value, row) is row
            if not fresh:
                raise ProgramError(place=here, got=f"{name} {value} again", expected="one row for each value")
    return labels, list(parts.values())
